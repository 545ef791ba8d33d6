"""Writes a damaged but readable PDF anew, as a file that can be signed. Runs in the child for untrusted files."""

import mmap
from pathlib import Path

import pypdfium2
from pypdfium2 import PdfiumError
from pypdfium2 import raw as pdfium

from signing.errors.documents import DocumentBeyondRepair, RepairWouldBreakSignatures
from signing.formats.pdf.inspect import PdfInspection, inspect_pdf


def repair_pdf(source: Path, target: Path) -> PdfInspection:
    """Write the pages that PDFium finds in source to target, as a whole new file, and look at the result.

    Lost cross-reference tables are built anew from the objects; what the file no longer holds cannot come back, so a
    person has to look at the result before it is signed.

    Raises:
        RepairWouldBreakSignatures: There is a signature in the file, which only holds over the bytes as they are.
        DocumentBeyondRepair: No pages can be read, or the result could not be signed either.
    """
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find(b"/ByteRange") != -1:
            raise RepairWouldBreakSignatures("the file speaks of a signature")
    try:
        with pypdfium2.PdfDocument(source) as document:
            if pdfium.FPDF_GetSignatureCount(document.raw) > 0:
                raise RepairWouldBreakSignatures("the file holds a signature")
            page_count = len(document)
            for page in document:
                page.get_size()
                page.close()
            document.save(target)
    except PdfiumError:
        raise DocumentBeyondRepair("no pages can be read from the file") from None
    found = inspect_pdf(target)
    if not found.signable or found.page_count != page_count or page_count == 0:
        target.unlink(missing_ok=True)
        raise DocumentBeyondRepair(f"what can be read makes no whole document ({found.problem_code})")
    return found
