"""Where a form field of the document's own stands, so that a signature can take its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.errors.documents import DocumentTooComplex
from signing.formats.pdf.signed_fields import widget_place
from signing.formats.pdf.structure import entry
from signing.model import Rectangle

MAXIMUM_DEPTH = 32


@dataclass(frozen=True)
class FormField:
    """A field by its full name.

    Attributes:
        kind: /Sig, /Tx, /Btn or /Ch; None where it says nothing.
        page_index: From 0; None where it stands on no page.
        rectangle: In the page's own coordinates; None when it shows nothing.
        filled: It has a value.
    """

    kind: str | None
    page_index: int | None
    rectangle: Rectangle | None
    filled: bool


def find_form_field(reader: PdfFileReader, name: str) -> FormField | None:
    """Return the field of a full name ("cha.con" for a child), or None.

    Raises:
        DocumentTooComplex: The form's tree is deeper than any form is.
    Source: ISO 32000-2:2020, 12.7.4.2.
    """
    fields = entry(entry(reader.root, "/AcroForm"), "/Fields")
    found = next((one for full, one in _fields(fields, "", None, 0) if full == name), None)
    if found is None:
        return None
    reference, kind = found
    page_index, rectangle = widget_place(reader, reference)
    value = entry(reference.get_object(), "/V")
    return FormField(kind, page_index, rectangle, value not in (None, "", "/Off"))


def _fields(array: Any, above: str, kind: str | None, depth: int) -> Iterator[tuple[str, tuple[Any, str | None]]]:
    if depth > MAXIMUM_DEPTH:
        raise DocumentTooComplex("the form's fields are nested too deeply")
    for position in range(len(array or ())):
        reference = array.raw_get(position)
        if not isinstance(reference, generic.IndirectObject):
            continue
        value: Any = reference
        field = value.get_object()
        part = entry(field, "/T")
        if part is None:
            continue
        full = f"{above}.{part}" if above else str(part)
        own = entry(field, "/FT") or kind
        yield full, (reference, own)
        yield from _fields(entry(field, "/Kids"), full, own, depth + 1)
