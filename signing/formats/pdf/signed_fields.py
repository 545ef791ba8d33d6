"""The signatures that a PDF carries already: where they stand, and what they forbid."""

from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from signing.formats.pdf.structure import entry, pages, resolved
from signing.model import Rectangle

_DOCUMENT_TIMESTAMP = "/ETSI.RFC3161"


@dataclass(frozen=True)
class SignedField:
    """A signature field that holds a signature.

    Attributes:
        page_index: From 0; None where the field stands on no page.
        rectangle: In the page's own coordinates; None when invisible.
        signed_until: Offset behind the last byte that the signature covers.
    """

    name: str
    page_index: int | None
    rectangle: Rectangle | None
    signed_until: int
    is_timestamp: bool


def signed_fields(reader: PdfFileReader) -> list[SignedField]:
    """Return the filled signature fields in the order of signing."""
    if "/AcroForm" not in reader.root:
        return []
    places: dict[tuple[int, int], int] | None = None
    found = []
    value: Any
    for name, value, field in enumerate_sig_fields(reader, filled_status=True):
        if places is None:
            places = _annotation_places(reader)
        signature = value.get_object()
        byte_range = [int(number) for number in resolved(signature["/ByteRange"])]
        page_index, rectangle = _widget_place(field, places)
        is_timestamp = entry(signature, "/SubFilter") == _DOCUMENT_TIMESTAMP
        found.append(SignedField(name, page_index, rectangle, byte_range[2] + byte_range[3], is_timestamp))
    return sorted(found, key=lambda signed: signed.signed_until)


def _annotation_places(reader: PdfFileReader) -> dict[tuple[int, int], int]:
    places = {}
    for index, page in enumerate(pages(reader)):
        annotations = entry(page.get_object(), "/Annots")
        for position in range(len(annotations or ())):
            annotation = annotations.raw_get(position)
            if isinstance(annotation, generic.IndirectObject):
                places[annotation.idnum, annotation.generation] = index
    return places


def widget_place(reader: PdfFileReader, reference: Any) -> tuple[int | None, Rectangle | None]:
    """Return on which page a field's widget stands and where, in the page's own coordinates; see SignedField."""
    return _widget_place(reference, _annotation_places(reader))


def _widget_place(reference: Any, places: dict[tuple[int, int], int]) -> tuple[int | None, Rectangle | None]:
    widget = reference.get_object()
    if "/Rect" not in widget and entry(widget, "/Kids"):
        reference = widget["/Kids"].raw_get(0)
        widget = reference.get_object()
    page_index = places.get((reference.idnum, reference.generation))
    corners = [float(number) for number in resolved(entry(widget, "/Rect")) or (0, 0, 0, 0)]
    rectangle = Rectangle(
        min(corners[0], corners[2]),
        min(corners[1], corners[3]),
        max(corners[0], corners[2]),
        max(corners[1], corners[3]),
    )
    visible = page_index is not None and rectangle.width > 0 and rectangle.height > 0
    return page_index, rectangle if visible else None


def certification_level(reader: PdfFileReader) -> int | None:
    """Return what a certification signature allows: 1 nothing, 2 forms and signing, 3 also annotations; or None.

    Source: ISO 32000-2:2020, 12.8.2.2 (DocMDP), table 257.
    """
    signature = entry(entry(reader.root, "/Perms"), "/DocMDP")
    if signature is None:
        return None
    for reference in resolved(entry(signature, "/Reference")):
        if entry(reference, "/TransformMethod") == "/DocMDP":
            return int(entry(entry(reference, "/TransformParams"), "/P") or 2)
    return 2
