"""Finds one page of a page tree, with what it inherits.

Source: ISO 32000-2:2020, 7.7.3.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from signing.formats.pdf.direct.doubt import Doubt
from signing.formats.pdf.direct.objects import PdfFile
from signing.formats.pdf.direct.tokens import Dictionary, Reference, numbers_in
from signing.formats.pdf.geometry import PageView
from signing.model import Rectangle

# A place further inside a tree than this is looked for by the library.
MAXIMUM_NODES = 1024
MAXIMUM_DEPTH = 32
_BOXES = (b"MediaBox", b"CropBox")


@dataclass(frozen=True)
class PageLeaf:
    """A page of the tree.

    Attributes:
        page_index: From 0.
        view: How it is cropped and turned for the eye.
    """

    reference: Reference
    dictionary: Dictionary
    page_index: int
    view: PageView


def find_page(file: PdfFile, catalogue: Dictionary, page: int | Literal["last"]) -> PageLeaf:
    """Return a page counted from 1, or the last one.

    Raises:
        Doubt: There is no such page, or the way to it is unusual or long.
    """
    root = file.dictionary(catalogue.needed_reference(b"Pages"))
    count = root.integer(b"Count")
    if root.name(b"Type") != b"/Pages":
        raise Doubt("the page tree is unusual")
    if page == "last":
        reference, nodes = _last(file, root)
        index = count - 1
    else:
        reference, nodes = _nth(file, root, page)
        index = page - 1
    leaf = nodes[0]
    if leaf.name(b"Type") != b"/Page" or b"UserUnit" in leaf or index >= count:
        raise Doubt("a page is unusual")
    return PageLeaf(reference, leaf, index, _view(file, nodes))


def _last(file: PdfFile, root: Dictionary) -> tuple[Reference, list[Dictionary]]:
    """Return the last leaf's reference; the leaf and what stands above it, nearest first."""
    nodes = [root]
    while len(nodes) < MAXIMUM_DEPTH:
        kids = nodes[0].references(b"Kids")
        if not kids:
            break
        nodes.insert(0, file.dictionary(kids[-1]))
        if nodes[0].name(b"Type") != b"/Pages":
            return kids[-1], nodes
    raise Doubt("the page tree is unusual")


def _nth(file: PdfFile, root: Dictionary, page: int) -> tuple[Reference, list[Dictionary]]:
    found = next(islice(_leaves(file, root), page - 1, None), None) if page >= 1 else None
    if found is None:
        raise Doubt("the page is not found")
    return found


def list_leaves(file: PdfFile, catalogue: Dictionary) -> list[Reference]:
    """Return every page in order.

    Raises:
        Doubt: The tree is unusual or large.
    """
    return [reference for reference, _ in _leaves(file, file.dictionary(catalogue.needed_reference(b"Pages")))]


def _leaves(file: PdfFile, root: Dictionary) -> Iterator[tuple[Reference, list[Dictionary]]]:
    """Walk the leaves in order, each with what stands above it; the counts of inner nodes are not believed."""
    waiting = [(kid, [root]) for kid in reversed(root.references(b"Kids"))]
    for _ in range(MAXIMUM_NODES):
        if not waiting:
            return
        reference, above = waiting.pop()
        nodes = [file.dictionary(reference), *above]
        if nodes[0].name(b"Type") == b"/Pages" and len(above) < MAXIMUM_DEPTH:
            waiting += [(kid, nodes) for kid in reversed(nodes[0].references(b"Kids"))]
        else:
            yield reference, nodes
    raise Doubt("the page tree is large")


def _view(file: PdfFile, nodes: list[Dictionary]) -> PageView:
    """Return the view from the page's own attributes and those it inherits, nearest first."""
    boxes = {}
    for key in _BOXES:
        holder = next((node for node in nodes if key in node), None)
        if holder is not None:
            boxes[key] = _box(file, holder, key)
    media = boxes.get(b"MediaBox")
    if media is None:
        raise Doubt("a page has no MediaBox")
    seen = boxes.get(b"CropBox", media)
    if seen.x0 < media.x0 or seen.y0 < media.y0 or seen.x1 > media.x1 or seen.y1 > media.y1:
        raise Doubt("a page's CropBox reaches outside its MediaBox")
    turned = next((node for node in nodes if b"Rotate" in node), None)
    rotation = turned.integer(b"Rotate") if turned is not None else 0
    if rotation not in {0, 90, 180, 270}:
        raise Doubt("a page is turned in an unusual way")
    return PageView(seen, rotation)


def _box(file: PdfFile, holder: Dictionary, key: bytes) -> Rectangle:
    reference = holder.reference(key)
    corners = numbers_in(file.array(reference)) if reference else holder.numbers(key)
    if len(corners) != 4 or corners[0] >= corners[2] or corners[1] >= corners[3]:
        raise Doubt("a page's box is unusual")
    return Rectangle(*corners)
