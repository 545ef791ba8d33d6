"""Canonical XML of a document or of one element in its place, with signatures left out where a transform says so.

Sources: Canonical XML 1.0 and 1.1, Exclusive XML Canonicalization 1.0 (W3C).
"""

from collections.abc import Iterable, Sequence

from lxml import etree

from signing.errors.xml import XmlTransformUnsupported
from signing.formats.xml.names import (
    C14N,
    C14N11,
    C14N11_COMMENTS,
    C14N_COMMENTS,
    EXC_C14N,
    EXC_C14N_COMMENTS,
    XML,
    ds,
)
from signing.formats.xml.parsing import Element

METHODS = frozenset({C14N, C14N_COMMENTS, C14N11, C14N11_COMMENTS, EXC_C14N, EXC_C14N_COMMENTS})
_EXCLUSIVE = frozenset({EXC_C14N, EXC_C14N_COMMENTS})
_VERSION_11 = frozenset({C14N11, C14N11_COMMENTS})
_COMMENTS = frozenset({C14N_COMMENTS, C14N11_COMMENTS, EXC_C14N_COMMENTS})


def canonical(element: Element, method: str, *, prefixes: Sequence[str] = (), keep_comments: bool = False) -> bytes:
    """Return the canonical form of an element where it stands, or of the whole document for its root.

    Args:
        method: One of METHODS.
        prefixes: The InclusiveNamespaces prefix list of exclusive canonicalisation; "#default" for none.
        keep_comments: Whether the node-set has its comments; they also need a method "with comments".
    Raises:
        XmlTransformUnsupported: Another method, or xml:base that Canonical XML 1.1 would have to join.
    """
    if method not in METHODS:
        raise XmlTransformUnsupported(f"the canonicalisation {method[:100]} is not supported")
    whole = element.getparent() is None
    apex = element.getroottree() if whole else _in_scope(element, method)
    return etree.tostring(
        apex,
        method="c14n",
        exclusive=method in _EXCLUSIVE,
        with_comments=keep_comments and method in _COMMENTS,
        inclusive_ns_prefixes=list(prefixes) or None,
    )


def _in_scope(element: Element, method: str) -> Element:
    """Return a copy that has the namespaces and, where they count, the xml: attributes of what it stands in."""
    # lxml's serialisation of an element writes all namespaces in scope; its canonicalisation keeps only those used.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    copy = etree.fromstring(etree.tostring(element, encoding="utf-8", with_tail=False), parser)
    if method in _EXCLUSIVE:
        return copy
    prefix = f"{{{XML}}}"
    for ancestor in element.iterancestors():
        for name, value in ancestor.items():
            text = str(name)
            if not text.startswith(prefix) or text in copy.attrib or (method in _VERSION_11 and text == f"{prefix}id"):
                continue
            if method in _VERSION_11 and text == f"{prefix}base":
                raise XmlTransformUnsupported("xml:base above a signed element is not supported")
            copy.set(text, str(value))
    return copy


def without(element: Element, left_out: Iterable[Element]) -> Element:
    """Return a copy of the element's whole document less some elements; what is returned stands in that copy.

    Raises:
        XmlTransformUnsupported: The element itself is left out.
    """
    tree = element.getroottree()
    paths = [tree.getelementpath(one) for one in left_out]
    here = tree.getelementpath(element)
    copy = _copy_document(tree)
    found = copy.find(here) if here != "." else copy.getroot()
    # All are found before the first goes, because their paths count siblings.
    going = [copy.find(path) if path != "." else copy.getroot() for path in paths]
    for one in going:
        if one is None or one.getparent() is None:
            raise XmlTransformUnsupported("a transform leaves nothing of what is signed")
        _remove(one)
    if found is None or found.getroottree().getroot() is not copy.getroot():
        raise XmlTransformUnsupported("a transform leaves nothing of what is signed")
    return found


def _copy_document(tree: etree._ElementTree) -> etree._ElementTree:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    return etree.ElementTree(etree.fromstring(etree.tostring(tree, encoding="utf-8"), parser))


def _remove(element: Element) -> None:
    """Take an element out and leave the text behind it, which lxml would take along."""
    parent = element.getparent()
    if parent is None:
        return
    tail, before = element.tail or "", element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(element)


def outermost_signatures(element: Element) -> list[Element]:
    """Return the signatures in an element that stand in no other signature."""
    name = ds("Signature")
    return [
        one for one in element.iter(name) if one is not element and not any(a.tag == name for a in one.iterancestors())
    ]
