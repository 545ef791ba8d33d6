"""Reads XML that nobody vouches for: no DTD, no entities, no network, nothing huge. For the confined child."""

from lxml import etree

from signing.errors.xml import XmlForbidden, XmlTooLarge, XmlUnreadable

Element = etree._Element

MAX_SIZE_BYTES = 20 * 1024 * 1024
MAX_ELEMENTS = 500_000
ID_NAMES = ("Id", "ID", "id", "{http://www.w3.org/XML/1998/namespace}id")
# What we write into a file is ASCII, so that any encoding of which ASCII is a part will do.
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")


def parse_xml(data: bytes) -> Element:
    """Return the document element; comments, white space and processing instructions are kept.

    Raises:
        XmlTooLarge: More than MAX_SIZE_BYTES or MAX_ELEMENTS, or beyond libxml2's own limits.
        XmlForbidden: There is a document type declaration.
        XmlUnreadable: Not well-formed, or in an encoding that is no superset of ASCII.
    """
    if len(data) > MAX_SIZE_BYTES:
        raise XmlTooLarge(f"the XML is larger than {MAX_SIZE_BYTES} bytes")
    if data.startswith(_WIDE_MARKS):
        raise XmlUnreadable("the XML is not in an encoding that extends ASCII, such as UTF-8")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise XmlUnreadable(f"line {error.lineno}: not well-formed XML, or beyond what is read") from None
    except LookupError:
        raise XmlUnreadable("the XML names an encoding that is not known") from None
    except ValueError:
        raise XmlUnreadable("the XML cannot be read") from None
    tree = root.getroottree()
    if tree.docinfo.internalDTD is not None or tree.docinfo.doctype:
        raise XmlForbidden("the XML has a document type declaration")
    if sum(1 for _ in root.iter(etree.Element)) > MAX_ELEMENTS:
        raise XmlTooLarge(f"the XML has more than {MAX_ELEMENTS} elements")
    return root


def find_by_id(root: Element, value: str) -> list[Element]:
    """Return every element that may be meant by an identifier, in document order.

    Without a DTD or schema, which attribute is an identifier is a convention: Id, ID, id and xml:id are looked at,
    because another reader may take any of them. More than one element means that readers may disagree.
    """
    return [element for element in root.iter(etree.Element) if any(element.get(name) == value for name in ID_NAMES)]


def text_of(element: Element) -> str:
    """Return all text inside an element: lxml's own .text ends at the first comment."""
    return str(element.xpath("string()"))
