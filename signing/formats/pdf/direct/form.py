"""The form's signature fields: how the next one is called, and whether an earlier one forbids it.

Source: ISO 32000-2:2020, 12.7.3 and 12.7.5.5.
"""

import re
from dataclasses import dataclass

from signing.formats.pdf.direct.doubt import Doubt
from signing.formats.pdf.direct.objects import PdfFile
from signing.formats.pdf.direct.tokens import Dictionary, Reference

MAXIMUM_FIELDS = 256
# Of another form (XFA, calculations, viewers asked to draw the fields anew) the library knows what signing changes.
_PLAIN_KEYS = {b"Fields", b"SigFlags", b"DA", b"DR", b"Type"}
_PLAIN_NAME = re.compile(rb"\(([A-Za-z0-9_ -]{1,100})\)")
_VALUES_WITHOUT_LOCKS = {b"/Tx", b"/Btn", b"/Ch"}
_FLAGS = re.compile(rb"[0-3]")


@dataclass(frozen=True)
class Form:
    """The interactive form.

    Attributes:
        reference: The form's own object; None where it stands inside the catalogue or there is none.
        dictionary: None where there is none.
        fields: The fields, by name, with their own objects.
    """

    reference: Reference | None
    dictionary: Dictionary | None
    fields: dict[bytes, tuple[Reference, Dictionary]]

    def free_name(self) -> str:
        """Return the name of the next signature field."""
        number = 1
        while b"Signature%d" % number in self.fields:
            number += 1
        return f"Signature{number}"


def read_form(file: PdfFile, catalogue: Dictionary) -> Form:
    """Return the form.

    Raises:
        Doubt: It is more than a list of plain fields, or a field locks or certifies something.
    """
    if b"AcroForm" not in catalogue:
        return Form(None, None, {})
    reference = catalogue.reference(b"AcroForm")
    if reference is not None:
        dictionary = file.dictionary(reference)
    else:
        dictionary = Dictionary(catalogue.data, catalogue.places[b"AcroForm"][0])
    if not set(dictionary.places) <= _PLAIN_KEYS or not _FLAGS.fullmatch(dictionary.raw(b"SigFlags") or b"0"):
        raise Doubt("the form is more than a list of fields")
    fields = dictionary.references(b"Fields") if b"Fields" in dictionary else []
    if len(fields) > MAXIMUM_FIELDS:
        raise Doubt("the form has very many fields")
    named = [(field, file.dictionary(field)) for field in fields]
    return Form(reference, dictionary, {_field_name(file, field): (place, field) for place, field in named})


def _field_name(file: PdfFile, field: Dictionary) -> bytes:
    name = _PLAIN_NAME.fullmatch(field.raw(b"T") or b"")
    if name is None or b"Lock" in field or b"SV" in field or b"Kids" in field:
        raise Doubt("a field is unusual")
    if b"V" in field and field.name(b"FT") not in _VALUES_WITHOUT_LOCKS:
        value = file.dictionary(field.needed_reference(b"V"))
        if b"Reference" in value:
            raise Doubt("an earlier signature certifies or locks something")
    return name[1]
