"""What a ds:Reference refers to: the octets that its digest is over, and which part of the file they are.

Only transforms are computed whose effect can be told from their name: an XPath expression or stylesheet of the file's
own could leave out what a reader sees, so a signature that uses one is not judged by it.
Sources: XML Signature 1.1, 4.4.3 and 6.6; XML-Signature XPath Filter 2.0.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from signing.errors.xml import XmlReferenceUnsound, XmlTransformUnsupported
from signing.formats.mapped import map_file
from signing.formats.xml.canonical import METHODS, canonical, outermost_signatures, without
from signing.formats.xml.names import BASE64, C14N, DS, ENVELOPED, EXC_C14N, XPATH, XPATH_FILTER_2, ds
from signing.formats.xml.parsing import Element, find_by_id, parse_xml, text_of

ExternalFile = Callable[[str], bytes | memoryview | None]
"""The content of a file beside the signature by its name; None where there is none."""

MAX_TRANSFORMS = 8
_WHOLE = re.compile(r"#xpointer\(/\)")
_POINTER = re.compile(r"#xpointer\(id\((['\"])([^'\"]+)\1\)\)")
_NOT_SIGNATURES = re.compile(r"\s*not\s*\(\s*ancestor-or-self::([\w.-]+):Signature\s*\)\s*")
_ALL_SIGNATURES = re.compile(r"\s*(?:/descendant::|//)([\w.-]+):Signature\s*")
_FILTER_2_XPATH = f"{{{XPATH_FILTER_2}}}XPath"
_INCLUSIVE = f"{{{EXC_C14N}}}InclusiveNamespaces"


def no_external_file(_name: str) -> bytes | memoryview | None:
    """There are no files beside the signature."""
    return None


@dataclass(frozen=True)
class FilesBeside:
    """Reads the files beside a signature file, by the names that references give them. It crosses into the child."""

    files: Mapping[str, Path]

    def __call__(self, name: str) -> memoryview | None:
        """Return a file's content, or None where no file of that name was given."""
        return map_file(self.files[name]) if name in self.files else None


@dataclass(frozen=True)
class Referred:
    """What one reference refers to.

    Attributes:
        octets: What is digested; None where an external file is not at hand.
        element: The element in this file, the document element for all of it; None for an external file.
        external: The external file's name.
    """

    octets: bytes | memoryview | None
    element: Element | None = None
    external: str | None = None


@dataclass(frozen=True)
class _NodeSet:
    """An element with all in it, less some elements in it."""

    element: Element
    comments: bool
    left_out: tuple[Element, ...] = ()


def refer(
    reference: Element, signature: Element, external_file: ExternalFile, *, node_set_method: str = C14N
) -> Referred:
    """Follow one ds:Reference.

    Args:
        signature: The ds:Signature that it belongs to.
        node_set_method: How nodes become octets where no transform says so.
    Raises:
        XmlReferenceUnsound: It leads nowhere, or to several elements, or its transforms do not fit together.
        XmlTransformUnsupported: It uses a transform that is not computed here.
    """
    uri = reference.get("URI")
    if uri is None:
        raise XmlReferenceUnsound("a reference says not what it refers to")
    start = _same_document(uri, reference)
    if start is None:
        name = unquote(uri)
        content = external_file(name)
        octets = None if content is None else _transformed(content, reference, signature, node_set_method)
        return Referred(octets, external=name)
    return Referred(_transformed(start, reference, signature, node_set_method), start.element)


def _same_document(uri: str, reference: Element) -> _NodeSet | None:
    """Return what a reference into the same file means; without XPointer, comments are no part of it."""
    root = reference.getroottree().getroot()
    if uri == "":
        return _NodeSet(root, comments=False)
    if not uri.startswith("#"):
        return None
    if _WHOLE.fullmatch(uri):
        return _NodeSet(root, comments=True)
    pointer = _POINTER.fullmatch(uri)
    identifier = pointer[2] if pointer else unquote(uri[1:])
    found = find_by_id(root, identifier)
    if len(found) != 1:
        raise XmlReferenceUnsound(f"{len(found)} elements go by the identifier of a reference, not one")
    return _NodeSet(found[0], comments=pointer is not None)


def _transformed(
    start: _NodeSet | bytes | memoryview, reference: Element, signature: Element, last_method: str
) -> bytes | memoryview:
    transforms = reference.findall(f"{ds('Transforms')}/{ds('Transform')}")
    if len(transforms) > MAX_TRANSFORMS:
        raise XmlTransformUnsupported("a reference has too many transforms")
    at = start
    for transform in transforms:
        at = _apply(transform, at, signature)
    return at if isinstance(at, (bytes, memoryview)) else _octets(at, last_method, ())


def _apply(transform: Element, given: _NodeSet | bytes | memoryview, signature: Element) -> _NodeSet | bytes:
    at = bytes(given) if isinstance(given, memoryview) else given
    algorithm = transform.get("Algorithm", "")
    if algorithm in METHODS:
        nodes = _NodeSet(parse_xml(at), comments=True) if isinstance(at, bytes) else at
        return _octets(nodes, algorithm, inclusive_prefixes(transform))
    if algorithm == BASE64:
        return _decoded(at if isinstance(at, bytes) else text_of(at.element).encode())
    if isinstance(at, bytes):
        raise XmlTransformUnsupported(f"the transform {algorithm[:100]} is not supported after octets")
    if algorithm == ENVELOPED:
        return _less(at, [signature])
    if algorithm in {XPATH, XPATH_FILTER_2}:
        _check_leaves_out_signatures(transform)
        if any(one.tag == ds("Signature") for one in (at.element, *at.element.iterancestors())):
            raise XmlReferenceUnsound("a transform leaves nothing of what is signed")
        return _less(at, outermost_signatures(at.element))
    raise XmlTransformUnsupported(f"the transform {algorithm[:100]} is not supported")


def _less(nodes: _NodeSet, elements: Sequence[Element]) -> _NodeSet:
    inside = [one for one in elements if any(ancestor is nodes.element for ancestor in one.iterancestors())]
    return replace(nodes, left_out=(*nodes.left_out, *(one for one in inside if one not in nodes.left_out)))


def _check_leaves_out_signatures(transform: Element) -> None:
    """Let only those expressions pass that mean: everything but signatures."""
    plain, filters = transform.findall(ds("XPath")), transform.findall(_FILTER_2_XPATH)
    if len(plain) == 1 and not filters:
        expression, pattern = plain[0], _NOT_SIGNATURES
    elif len(filters) == 1 and not plain and filters[0].get("Filter") == "subtract":
        expression, pattern = filters[0], _ALL_SIGNATURES
    else:
        raise XmlTransformUnsupported("an XPath transform of another kind than leaving out signatures")
    found = pattern.fullmatch(text_of(expression))
    if found is None or expression.nsmap.get(found[1]) != DS:
        raise XmlTransformUnsupported("an XPath transform of another kind than leaving out signatures")


def _octets(nodes: _NodeSet, method: str, prefixes: Sequence[str]) -> bytes:
    element = without(nodes.element, nodes.left_out) if nodes.left_out else nodes.element
    return canonical(element, method, prefixes=prefixes, keep_comments=nodes.comments)


def inclusive_prefixes(transform: Element) -> tuple[str, ...]:
    """Return the prefixes that exclusive canonicalisation shall treat as inclusive does."""
    found = transform.find(_INCLUSIVE)
    return () if found is None else tuple(str(found.get("PrefixList", "")).split())


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error:
        raise XmlReferenceUnsound("what a reference takes for base64 is none") from None
