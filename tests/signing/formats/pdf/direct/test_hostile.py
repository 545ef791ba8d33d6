"""Files altered at random: the direct path is not sure, or its result is sound to others and to the strict reader."""

import dataclasses
import io
import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from config.settings import LimitSettings
from gateway.confinement import ChildProcesses
from signing.formats.pdf.direct.append import append_revision, read_original
from signing.formats.pdf.direct.doubt import NotSure
from signing.formats.pdf.direct.plan import plan_revision
from signing.formats.pdf.direct.revision import PlannedRevision
from signing.formats.pdf.inspect import inspect_pdf
from signing.formats.pdf.prepare import PdfSignatureOrder
from signing.model import Invisible, PageCorner
from tests.signing.formats.pdf.builder import minimal
from tests.signing.judges import qpdf_problems

PRODUCERS = ("libreoffice", "ghostscript14", "weasyprint", "linearized", "objstm", "rotated", "chromium")
LANDMARKS = (b"obj", b"endobj", b"xref", b"trailer", b"/Kids", b"/Root", b"/Parent", b"/Length", b"stream", b"/Size")
WORDS = (b"/Type", b"endobj", b"(", b"<<", b">>", b"0 R", b"%", b"#41", b" ", b"9", b"\x00", b"/Prev 1", b"stream")
SOUND_TO_OTHERS = 12


@pytest.fixture
def order(now) -> PdfSignatureOrder:
    return PdfSignatureOrder(Invisible(), "Ai", now, "sha256", 1000)


def altered(original: bytes, chance: random.Random) -> bytes:
    """Alter one place, near a word that matters as a rule."""
    content = bytearray(original)
    at = chance.randrange(len(content) - 40)
    found = content.find(chance.choice(LANDMARKS), at) if chance.random() < 0.7 else -1
    if found >= 0:
        at = min(len(content) - 41, found + chance.randrange(30))
    word = chance.choice(WORDS)
    match chance.randrange(6):
        case 0:
            content[at] ^= 1 << chance.randrange(8)
        case 1:
            content[at] = chance.randrange(48, 58)
        case 2:
            del content[at : at + chance.randrange(1, 40)]
        case 3:
            del content[at:]
        case 4:
            content[at : at + len(word)] = word
        case _:
            content[at:at] = word
    return bytes(content)


def sure_of(original: bytes, chance: random.Random, order, folder, tries: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield each altered file that the direct path is sure of, with what it makes of it."""
    source, target = folder / "altered.pdf", folder / "signed.pdf"
    for _ in range(tries):
        content = altered(original, chance)
        source.write_bytes(content)
        planned = plan_revision(source, order, False)
        if isinstance(planned, NotSure):
            assert planned.reason
        elif content != original:
            append_revision(read_original(source, "sha256"), planned, b"\x30\x00", target)
            yield content, target.read_bytes()


@pytest.mark.parametrize("producer", PRODUCERS)
def test_an_altered_document_is_left_to_the_library_or_its_result_is_sound(producer, document, order, tmp_path):
    chance = random.Random(f"{producer}-direct")  # noqa: S311 - repeatable damage, no secret
    original = document(producer).read_bytes()
    checked = 0
    for content, result in sure_of(original, chance, order, tmp_path, tries=400):
        assert result.startswith(content)
        if checked < SOUND_TO_OTHERS:
            checked += 1
            (tmp_path / "signed.pdf").write_bytes(result)
            assert inspect_pdf(tmp_path / "signed.pdf").signable
            assert qpdf_problems(tmp_path / "signed.pdf") == ""


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200), at=st.integers(0, 600), cut=st.integers(0, 40))
def test_any_bytes_get_an_answer_and_never_an_error(content, at, cut, order, tmp_path):
    base = minimal()
    (tmp_path / "any.pdf").write_bytes(base[:at] + content + base[at + cut :])

    assert isinstance(plan_revision(tmp_path / "any.pdf", order, False), NotSure | PlannedRevision)


def test_in_its_child_no_altered_document_costs_more_than_an_answer(document, order, tmp_path):
    """No limit of the child is reached: a hostile file must not be able to slow the others down."""
    chance = random.Random("confined-direct")  # noqa: S311 - repeatable damage, no secret
    children = ChildProcesses(LimitSettings(parser_timeout_seconds=5, parser_processes=1))
    wanted = dataclasses.replace(order, placement=PageCorner("last", "bottom-right", 9, 9, 90, 30), image_png=a_png())
    try:
        for number in range(150):
            content = altered(document(PRODUCERS[number % len(PRODUCERS)]).read_bytes(), chance)
            (tmp_path / "altered.pdf").write_bytes(content)
            planned = children.run(plan_revision, tmp_path / "altered.pdf", (order, wanted)[number % 2], False)
            assert isinstance(planned, NotSure | PlannedRevision)
    finally:
        children.close()


def a_png() -> bytes:
    stream = io.BytesIO()
    Image.new("RGBA", (6, 2), (0, 0, 160, 255)).save(stream, "PNG")
    return stream.getvalue()


def test_a_file_that_is_not_there_gets_an_answer_too(order, tmp_path):
    assert isinstance(plan_revision(tmp_path / "nothing.pdf", order, False), NotSure)


def test_the_corpus_of_signed_and_hostile_files_is_left_to_the_library_where_that_refuses(corpus, order, tmp_path):
    sure = 0
    for path in sorted((corpus / "validation").glob("*.pdf")):
        planned = plan_revision(path, order, False)
        if isinstance(planned, PlannedRevision):
            sure += 1
            assert inspect_pdf(path).signable, path.name
            append_revision(read_original(path, "sha256"), planned, b"\x30\x00", tmp_path / "signed.pdf")
            assert inspect_pdf(tmp_path / "signed.pdf").signable, path.name
    assert sure > 0
