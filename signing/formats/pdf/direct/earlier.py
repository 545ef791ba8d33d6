"""The signatures that a plain file carries already: where they stand, in the order of signing."""

from signing.formats.pdf.direct.doubt import Doubt
from signing.formats.pdf.direct.form import Form
from signing.formats.pdf.direct.objects import PdfFile
from signing.formats.pdf.direct.pages import list_leaves
from signing.formats.pdf.direct.tokens import Dictionary, Reference
from signing.formats.pdf.signed_fields import SignedField
from signing.model import Rectangle


def earlier_signatures(file: PdfFile, catalogue: Dictionary, form: Form) -> list[SignedField]:
    """Return the signed fields that stand on a page.

    Raises:
        Doubt: One of them is written in an unusual way.
    """
    leaves = list_leaves(file, catalogue)
    found = []
    for name, (own, field) in form.fields.items():
        if field.name(b"FT") != b"/Sig" or b"V" not in field:
            continue
        signature = file.dictionary(field.needed_reference(b"V"))
        covered = signature.numbers(b"ByteRange")
        if len(covered) != 4:
            raise Doubt("an earlier signature is unusual")
        page = field.needed_reference(b"P")
        if page not in leaves or own not in _annotations(file, file.dictionary(page)):
            raise Doubt("an earlier signature stands on no page")
        stamp = signature.name(b"SubFilter") == b"/ETSI.RFC3161"
        until = int(covered[2] + covered[3])
        found.append(SignedField(name.decode("ascii"), leaves.index(page), _rectangle(field), until, stamp))
    return sorted(found, key=lambda signed: signed.signed_until)


def _annotations(file: PdfFile, page: Dictionary) -> list[Reference]:
    reference = page.reference(b"Annots")
    return page.references(b"Annots") if reference is None else file.references(reference)


def _rectangle(field: Dictionary) -> Rectangle | None:
    corners = field.numbers(b"Rect")
    if len(corners) != 4:
        raise Doubt("a field's rectangle is unusual")
    x0, x1 = sorted(corners[::2])
    y0, y1 = sorted(corners[1::2])
    return Rectangle(x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None
