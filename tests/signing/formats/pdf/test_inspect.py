"""What an incoming file is, and what is refused and why."""

import random
import time

import pytest

from signing.errors.documents import DocumentNotSignable
from signing.formats.pdf.inspect import inspect_pdf
from signing.formats.pdf.prepare import PdfSignatureOrder, prepare_pdf
from signing.model import Invisible
from tests.signing.conftest import SIGNABLE
from tests.signing.formats.pdf.builder import minimal, pdf_of, stream, xref_stream_bomb, zeros_deflated
from tests.signing.judges import qpdf_problems

MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize("producer", [*SIGNABLE, "scan200dpi"])
def test_a_sound_document_may_be_signed(producer, document):
    found = inspect_pdf(document(producer))

    assert found.signable
    assert found.problem_code is None
    assert found.page_count >= 1
    assert found.pdf_version in {"1.4", "1.5", "1.6", "1.7"}
    assert (found.encrypted, found.signature_count, found.signed_fields) == (False, 0, ())


def test_signatures_are_counted_by_their_fields(document, person_step, seal_step, pki, tsa, sign_once, tmp_path):
    sign_once(document("objstm"), tmp_path / "1.pdf", person_step, pki.official, tsa)
    sign_once(tmp_path / "1.pdf", tmp_path / "2.pdf", seal_step, pki.seal, tsa)

    found = inspect_pdf(tmp_path / "2.pdf")

    assert found.signable
    assert (found.signature_count, found.signed_fields) == (2, ("Signature1", "Signature2"))


@pytest.mark.parametrize(
    ("producer", "code"),
    [
        ("encrypted-user", "document-encrypted"),
        ("encrypted-owner", "document-restricted"),
        ("truncated", "document-unreadable"),
        ("bad-startxref", "document-unreadable"),
    ],
)
def test_a_document_that_cannot_be_signed_says_why(producer, code, document):
    found = inspect_pdf(document(producer))

    assert (found.signable, found.problem_code) == (False, code)
    assert found.encrypted == producer.startswith("encrypted")


def _nested(depth: int) -> bytes:
    return minimal(b"[" * depth + b"]" * depth)


HOSTILE = {
    "empty": (b"", "document-empty"),
    "text": (b"Kinh gui phong mot cua", "document-not-pdf"),
    "zip": (b"PK\x03\x04" + bytes(2000), "document-not-pdf"),
    "header only": (b"%PDF-1.7\n", "document-unreadable"),
    "junk before the header": (b"\n" + minimal(), "document-not-pdf"),
    "no pages": (minimal(pages=b"<</Type/Pages/Kids[]/Count 0>>"), "document-unreadable"),
    "wrong count": (minimal(pages=b"<</Type/Pages/Kids[3 0 R]/Count 2>>"), "document-unreadable"),
    "pages in a loop": (minimal(pages=b"<</Type/Pages/Kids[2 0 R]/Count 1>>"), "document-unreadable"),
    "a page that is missing": (minimal(pages=b"<</Type/Pages/Kids[9 0 R]/Count 1>>"), "document-unreadable"),
    "a page that is none": (
        minimal(b"<</Type/Font>>", pages=b"<</Type/Pages/Kids[4 0 R]/Count 1>>"),
        "document-unreadable",
    ),
    "a catalogue that is none": (pdf_of([b"[]", b"[]"]), "document-unreadable"),
    "nested too deep": (_nested(20_000), "document-too-complex"),
    "a broken stream": (minimal(stream(b"\x78\x9cgarbage", b"/Filter/FlateDecode")), "document-unreadable"),
    "a dynamic form": (minimal(catalogue=b"/NeedsRendering true"), "document-dynamic-form"),
    "certified": (
        minimal(
            b"<</DocMDP 5 0 R>>",
            b"<</Type/Sig/Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]>>",
            catalogue=b"/Perms 4 0 R",
        ),
        "document-certified-against-changes",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_an_answer_and_never_an_error(name, tmp_path):
    content, code = HOSTILE[name]
    (tmp_path / "hostile.pdf").write_bytes(content)

    found = inspect_pdf(tmp_path / "hostile.pdf")

    assert (found.signable, found.problem_code) == (False, code)


def test_the_sound_twin_of_the_hostile_files_may_be_signed(tmp_path):
    (tmp_path / "sound.pdf").write_bytes(minimal(stream(zeros_deflated(MEBIBYTE), b"/Filter/FlateDecode")))

    assert inspect_pdf(tmp_path / "sound.pdf").signable


def test_a_file_that_is_not_there_is_unreadable(tmp_path):
    assert inspect_pdf(tmp_path / "nothing.pdf").problem_code == "document-unreadable"


def test_a_small_file_with_a_huge_cross_reference_stream_is_refused_fast(tmp_path):
    (tmp_path / "bomb.pdf").write_bytes(xref_stream_bomb(400 * MEBIBYTE))
    started = time.monotonic()

    found = inspect_pdf(tmp_path / "bomb.pdf")

    assert not found.signable
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("producer", ["libreoffice", "objstm", "weasyprint", "linearized"])
def test_a_cut_or_altered_document_is_signable_only_if_qpdf_finds_it_sound(producer, document, tmp_path):
    chance = random.Random(f"{producer}-2026")  # noqa: S311 - repeatable damage, no secret
    original = document(producer).read_bytes()
    damaged_file = tmp_path / "damaged.pdf"
    signable = 0
    for number in range(60):
        damaged = bytearray(original)
        at = chance.randrange(len(damaged) - 40)
        if number % 3 == 0:
            del damaged[at:]
        elif number % 3 == 1:
            del damaged[at : at + chance.randrange(1, 40)]
        else:
            damaged[at] ^= 1 << chance.randrange(8)
        damaged_file.write_bytes(damaged)
        if inspect_pdf(damaged_file).signable:
            signable += 1
            assert number % 3 == 2, "a file with bytes missing was found signable"
            assert qpdf_problems(damaged_file) == ""
    assert signable < 10


@pytest.mark.parametrize("name", HOSTILE)
def test_preparing_a_hostile_file_fails_as_inspecting_does_and_leaves_nothing(name, tmp_path, now):
    content, code = HOSTILE[name]
    (tmp_path / "hostile.pdf").write_bytes(content)
    order = PdfSignatureOrder(Invisible(), "Ai đó", now, "sha256", 4000)

    with pytest.raises(DocumentNotSignable) as caught:
        prepare_pdf(tmp_path / "hostile.pdf", tmp_path / "target.pdf", order)

    assert caught.value.code == code
    assert not (tmp_path / "target.pdf").exists()


def test_the_corpus_of_signed_and_hostile_files_raises_nothing(corpus):
    for path in sorted((corpus / "validation").glob("*.pdf")):
        found = inspect_pdf(path)
        assert found.signable == (found.problem_code is None)
