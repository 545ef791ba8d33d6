"""Looks at an incoming PDF and says whether it can be signed, and why not."""

from dataclasses import dataclass
from pathlib import Path

from signing.errors.documents import DocumentCertifiedAgainstChanges, DocumentEncrypted, DocumentRestricted
from signing.formats.pdf.signed_fields import certification_level, signed_fields
from signing.formats.pdf.structure import as_refusal, check_whole, open_strictly


@dataclass(frozen=True)
class PdfInspection:
    """What a PDF is.

    Attributes:
        page_count: 0 where it could not be learnt.
        pdf_version: As "1.7"; empty where it could not be learnt.
        encrypted: A password is set, for opening or only for changing.
        signature_count: Signatures of signers; document time-stamps are not counted.
        signed_fields: Their field names in the order of signing.
        signable: True if a signature may be added.
        problem_code: Why not: the code of a DocumentNotSignable; else None.
    """

    page_count: int
    pdf_version: str
    encrypted: bool
    signature_count: int
    signed_fields: tuple[str, ...]
    signable: bool
    problem_code: str | None


def inspect_pdf(path: Path) -> PdfInspection:
    """Read the whole file and say what it is; a bad file is an answer, never an error.

    A file that opens without a password but carries an owner's password is refused as well (document-restricted):
    its author forbade changes, and archives must not depend on a password.
    """
    try:
        return _inspect(path)
    except Exception as error:  # noqa: BLE001 - a hostile file makes the parsers raise anything
        refusal = as_refusal(error)
        encrypted = isinstance(refusal, DocumentEncrypted | DocumentRestricted)
        return PdfInspection(0, "", encrypted, 0, (), signable=False, problem_code=refusal.code)


def _inspect(path: Path) -> PdfInspection:
    with path.open("rb") as stream:
        reader = open_strictly(stream)
        page_count = check_whole(reader, path)
        major, minor = reader.input_version
        # Plain text: pyHanko's own holds on to its reader, which cannot leave the child process.
        names = tuple(str(field.name) for field in signed_fields(reader) if not field.is_timestamp)
        problem = DocumentCertifiedAgainstChanges.code if certification_level(reader) == 1 else None
        return PdfInspection(
            page_count=page_count,
            pdf_version=f"{major}.{minor}",
            encrypted=False,
            signature_count=len(names),
            signed_fields=names,
            signable=problem is None,
            problem_code=problem,
        )
