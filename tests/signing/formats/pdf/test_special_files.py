"""Unusual but sound PDFs, made by others' tools: hybrid, encrypted in every way; and damaged ones, told from them."""

import dataclasses
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from config.confinement import InProcess
from signing.errors.documents import DocumentEncrypted, DocumentRestricted, DocumentUnreadable
from signing.errors.files import EarlierSignatureBroken
from signing.journeys import sign_pdf
from signing.model import Certification, Invisible, Level, PageRectangle, SignatureStep, SignedRevision
from signing.validation.document import validate_pdf
from signing.validation.policy import ValidationPolicy
from tests.signing.conftest import DOCUMENTS, key_of
from tests.signing.formats.pdf.builder import stream
from tests.signing.judges import assert_sound, pdfsig_verdicts, qpdf_problems
from tests.signing.pki import Pki

PLAIN = DOCUMENTS / "quyet-dinh.chromium.pdf"
PLACE = PageRectangle(1, 20, 20, 120, 120)
Sign = Callable[..., SignedRevision]
ENCRYPTIONS = {
    "RC4 40": ["40"],
    "RC4 128": ["128", "--use-aes=n"],
    "AES 128": ["128", "--use-aes=y"],
    "AES 256": ["256"],
}


@pytest.fixture
def sign(seal_step: SignatureStep, pki: Pki) -> Sign:
    def run(source: Path, target: Path, placement=PLACE, *, certification=None, **more) -> SignedRevision:
        profile = dataclasses.replace(
            seal_step.profile, level=Level.B_B, placement=placement, certification=certification
        )
        step = dataclasses.replace(seal_step, profile=profile)
        now = datetime.now(UTC)
        return sign_pdf(source, target, step, key=key_of(pki.seal), tsa=None, confined=InProcess(), now=now, **more)

    return run


def qpdf(*arguments: object) -> None:
    done = subprocess.run(["qpdf", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode in {0, 3}, done.stderr


@pytest.mark.parametrize("password", ["owner", "user"])
@pytest.mark.parametrize("kind", ENCRYPTIONS)
def test_every_encryption_is_signed_by_either_password_and_stays(kind, password, sign, pki, tmp_path):
    source, target = tmp_path / "encrypted.pdf", tmp_path / "signed.pdf"
    qpdf("--allow-weak-crypto", "--encrypt", "user", "owner", *ENCRYPTIONS[kind], "--", PLAIN, source)

    sign(source, target, password=password)

    assert target.read_bytes().startswith(source.read_bytes())
    assert pdfsig_verdicts(target, "owner") == ["Signature is Valid."]
    assert qpdf_problems(target, "owner") == ""
    with target.open("rb") as file:
        reader = PdfFileReader(file)
        reader.decrypt(password)
        context = ValidationContext(trust_roots=[x509.Certificate.load(pki.root.der)], allow_fetching=False)
        assert validate_pdf_signature(reader.embedded_regular_signatures[0], context).bottom_line
    (found,) = validate_pdf(target, ValidationPolicy(tuple(pki.anchors())), datetime.now(UTC), password).signatures
    assert found.intact


@pytest.mark.parametrize("kind", ENCRYPTIONS)
def test_no_encryption_is_signed_without_its_password(kind, sign, tmp_path):
    read_only, closed, target = tmp_path / "owner.pdf", tmp_path / "user.pdf", tmp_path / "signed.pdf"
    for path, reader in ((read_only, ""), (closed, "user")):
        qpdf("--allow-weak-crypto", "--encrypt", reader, "owner", *ENCRYPTIONS[kind], "--", PLAIN, path)

    for source, password, refusal in (
        (read_only, None, DocumentRestricted),
        (closed, None, DocumentEncrypted),
        (closed, "other", DocumentEncrypted),
    ):
        with pytest.raises(refusal):
            sign(source, target, password=password)
        assert not target.exists()


def hybrid(target: Path) -> Path:
    """Write a hybrid-reference file: a table for old readers, and a stream that adds an object they do not see.

    Source: ISO 32000-2:2020, 7.5.8.4.
    """
    out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    member = b"<</Hidden true>>"
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R/PieceInfo 4 0 R>>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
        5: stream(b"4 0 " + member, b"/Type/ObjStm/N 1/First 4"),
    }
    offsets = {}
    for number, content in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    hidden = len(out)
    entry = b"\x02\x00\x05\x00"
    out += b"6 0 obj\n%b\nendobj\n" % stream(entry, b"/Type/XRef/W[1 2 1]/Index[4 1]/Size 7/Root 1 0 R")
    table = len(out)
    out += b"xref\n0 7\n0000000004 65535 f \n"
    for number in range(1, 7):
        if number in offsets:
            out += b"%010d 00000 n \n" % offsets[number]
        else:
            out += b"0000000000 00000 f \n" if number == 4 else b"%010d 00000 n \n" % hidden
    out += b"trailer\n<</Size 7/Root 1 0 R/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n" % (hidden, table)
    target.write_bytes(out)
    assert qpdf_problems(target) == ""
    return target


@pytest.mark.parametrize("placement", [Invisible(), PLACE], ids=["invisible", "visible"])
def test_a_hybrid_file_is_signed_and_old_and_new_readers_find_it_good(placement, sign, pki, tmp_path):
    target = tmp_path / "signed.pdf"

    sign(hybrid(tmp_path / "hybrid.pdf"), target, placement)

    assert pdfsig_verdicts(target) == ["Signature is Valid."]
    assert qpdf_problems(target) == ""
    (found,) = validate_pdf(target, ValidationPolicy(tuple(pki.anchors())), datetime.now(UTC)).signatures
    assert (found.intact, found.covers_whole_document) == (True, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--linearize"],
        ["--object-streams=generate"],
        ["--object-streams=disable", "--compress-streams=n"],
        ["--linearize", "--object-streams=generate"],
        ["--qdf", "--object-streams=disable"],
        ["--rotate=+90:1"],
        ["--force-version=1.3"],
        ["--coalesce-contents", "--decode-level=all"],
    ],
    ids=" ".join,
)
def test_what_qpdf_makes_of_a_document_is_signed_twice_and_certified(arguments, sign, pki, tmp_path):
    source, once, twice = (tmp_path / f"{name}.pdf" for name in ("source", "once", "twice"))
    qpdf(*arguments, PLAIN, source)

    sign(source, once, certification=Certification.ALSO_ANNOTATIONS)
    sign(once, twice, Invisible())

    assert_sound(twice, pki, signatures=2, stamped=False)


@pytest.mark.parametrize("name", ["bad-startxref", "truncated"])
def test_a_damaged_file_is_refused_and_its_repaired_copy_is_signed(name, sign, pki, tmp_path):
    """A repair changes the document: whoever sends it makes it and looks at it, and we sign nothing that we guessed."""
    damaged, repaired, target = DOCUMENTS / f"quyet-dinh.{name}.pdf", tmp_path / "repaired.pdf", tmp_path / "signed.pdf"
    with pytest.raises(DocumentUnreadable):
        sign(damaged, target)
    assert not target.exists()
    if name == "bad-startxref":
        qpdf(damaged, repaired)
        sign(repaired, target)
        assert_sound(target, pki, signatures=1, stamped=False)


def broken(target: Path, sign: Sign, how: str) -> Path:
    """Sign, and change something afterwards."""
    sign(PLAIN, target)
    data = bytearray(target.read_bytes())
    if how == "content":
        data[12] ^= 1
    elif how == "value":
        at = data.index(b"/Contents") + data[data.index(b"/Contents") :].index(b"<") + 2000
        data[at : at + 2] = b"00" if data[at : at + 2] != b"00" else b"11"
    target.write_bytes(data)
    return target


@pytest.mark.parametrize("how", ["content", "value"])
def test_beside_a_broken_signature_is_signed_only_when_asked_to(how, sign, tmp_path):
    source, target = broken(tmp_path / "broken.pdf", sign, how), tmp_path / "signed.pdf"

    with pytest.raises(EarlierSignatureBroken, match="Signature1"):
        sign(source, target)
    assert not target.exists()

    assert sign(source, target, over_broken=True).field_name == "Signature2"
    assert pdfsig_verdicts(target)[-1] == "Signature is Valid."
