"""What a file is told to be by its first bytes, with other files inside it or not."""

import io
import zipfile

import pytest

from signing.files.model import Packaging
from signing.files.registry import FORMATS, FileOrder, sign_files
from signing.formats.sniff import SignedFormat, sniff_format
from signing.model import Level
from signing.validation.registry import validate_signed_file
from signing.validation.report import Overall

PDF = b"%PDF-1.7\nas it were"


def stored(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, b"application/vnd.etsi.asic-e+zip" if name == "mimetype" else PDF)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (PDF, SignedFormat.PADES),
        (b"\n\n" + PDF, SignedFormat.PADES),
        (stored("mimetype", "a.pdf"), SignedFormat.ASIC),
        (stored("a.pdf", "META-INF/signatures.xml", "mimetype"), SignedFormat.ASIC),
        (stored(*(f"{n}.pdf" for n in range(300)), "META-INF/signatures.xml"), SignedFormat.ASIC),
        (stored("[Content_Types].xml", "word/document.xml"), SignedFormat.OOXML),
        (stored("a.pdf"), None),
        (b"<a>%PDF-1.7</a>", SignedFormat.XADES),
        (b'{"payload": "%PDF-1.7"}', SignedFormat.JADES),
        (b"", None),
        (b"PK\x03\x04", None),
        (b"plain", None),
    ],
)
def test_a_file_is_told_by_what_holds_it_and_not_by_what_it_holds(content, found, tmp_path):
    (tmp_path / "file").write_bytes(content)

    assert sniff_format(tmp_path / "file") is found


@pytest.mark.parametrize("name", FORMATS)
def test_a_signed_pdf_of_every_format_is_found_good_and_not_taken_for_a_pdf(
    name, signer, means, policy, source, document, tmp_path
):
    file = document("chromium") if not name.startswith("xades") else source
    source.write_text("<a>%PDF-1.7</a>")
    target = tmp_path / "signed"
    inside = Packaging.ATTACHED if FORMATS[name].packagings else None
    order = FileOrder((("a.pdf", file),), Level.B_B, inside)

    signed = sign_files(name, order, target, signer("official_p256"), means, means.clock())

    assert signed.number == 1
    assert validate_signed_file(target, {}, policy, means.clock()).overall is Overall.PASSED
