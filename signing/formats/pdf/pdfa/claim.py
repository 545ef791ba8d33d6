"""Reads whether a PDF says of itself that it is PDF/A, and of which part and conformance.

Source: ISO 19005-1:2005, 6.7.11; ISO 19005-2:2011, 6.6.4; ISO 19005-3:2012, 6.6.4; ISO 19005-4:2020, 6.7.3.
"""

from dataclasses import dataclass
from typing import Any

from lxml import etree
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.formats.pdf.structure import entry

_PDFAID = "http://www.aiim.org/pdfa/ns/id/"
MAXIMUM_XMP_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class PdfaClaim:
    """What a file claims: part 1 to 4; conformance A, B, U, E, F, or empty in part 4."""

    part: int
    conformance: str

    def __str__(self) -> str:
        return f"PDF/A-{self.part}{self.conformance.lower()}"


def read_claim(reader: PdfFileReader) -> PdfaClaim | None:
    """Return the claim in the document's metadata; None without one, or where it cannot be read."""
    metadata = entry(reader.root, "/Metadata")
    data: Any = getattr(metadata, "data", None)
    if not isinstance(data, bytes) or len(data) > MAXIMUM_XMP_BYTES:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    part, conformance = _value(root, "part"), _value(root, "conformance") or ""
    if part not in {"1", "2", "3", "4"} or len(conformance) > 1:
        return None
    return PdfaClaim(int(part), conformance.upper())


def _value(root: Any, name: str) -> str | None:
    """Return a property, written as an element or as an attribute."""
    key = f"{{{_PDFAID}}}{name}"
    for element in root.iter(etree.Element):
        if element.tag == key and element.text:
            return str(element.text).strip()
        if element.get(key):
            return str(element.get(key)).strip()
    return None
