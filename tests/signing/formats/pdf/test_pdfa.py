"""PDF/A stays PDF/A: what our rules find before a signature and after it, and what is refused for their sake."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import ImageCms
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.appearance.draw import StampContent, draw_stamp
from signing.appearance.style import StampStyle
from signing.errors.documents import PdfaNotKept
from signing.formats.pdf.pdfa.check import output_intent, pdfa_findings
from signing.formats.pdf.pdfa.claim import PdfaClaim, read_claim
from signing.model import Invisible, Level, NewPage, PageCorner, PageRectangle, SignatureStep
from tests.signing.appearance.test_many_pages import pages_of, red_box
from tests.signing.appearance.test_stamps import FONTS
from tests.signing.formats.pdf.builder import pdf_of, stream
from tests.signing.judges import assert_sound

PRODUCED = {"pdfa3b": PdfaClaim(3, "B"), "libreoffice-pdfa2b": PdfaClaim(2, "B")}
XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>%d</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PLACE = PageRectangle(1, 20, 20, 120, 120)


def archival(
    target: Path, part: int, *more: bytes, page: bytes = b"", catalogue: bytes = b"", intent: bool = True
) -> Path:
    """Write a PDF/A of one page by hand, with further objects from number 6."""
    intents = b"/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)"
    intents += b"/DestOutputProfile 5 0 R>>]"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Metadata 4 0 R%b%b>>" % (intents if intent else b"", catalogue),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]%b>>" % page,
        stream((XMP % part).encode(), b"/Type/Metadata/Subtype/XML"),
        stream(SRGB, b"/N 3"),
        *more,
    ]
    target.write_bytes(pdf_of(objects, b"/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]"))
    return target


def findings(path: Path) -> dict[str, int]:
    with path.open("rb") as file:
        reader = PdfFileReader(file)
        claim = read_claim(reader)
        assert claim is not None
        return dict(pdfa_findings(reader, claim))


@pytest.fixture
def at(seal_step: SignatureStep) -> Callable[..., SignatureStep]:
    def make(placement, **changes) -> SignatureStep:
        profile = dataclasses.replace(seal_step.profile, level=Level.B_B, placement=placement)
        return dataclasses.replace(seal_step, profile=profile, **changes)

    return make


@pytest.mark.parametrize("producer", PRODUCED)
def test_others_files_are_known_for_what_they_claim_and_nothing_is_found(producer, document):
    with document(producer).open("rb") as file:
        reader = PdfFileReader(file)
        assert read_claim(reader) == PRODUCED[producer]
        assert output_intent(reader) == "RGB"
    assert findings(document(producer)) == {}


def test_a_file_that_claims_nothing_is_no_pdfa(document):
    for producer in ("libreoffice", "chromium", "weasyprint"):
        with document(producer).open("rb") as file:
            assert read_claim(PdfFileReader(file)) is None


@pytest.mark.parametrize(
    "placement",
    [Invisible(), PLACE, PageCorner(1, "top-right", 10, 10, 60, 60, repeat_on="all"), NewPage(100, 100)],
    ids=["invisible", "picture", "many pages", "new page"],
)
@pytest.mark.parametrize("producer", [*PRODUCED, 1, 2])
def test_signatures_leave_pdfa_as_it_was(producer, placement, document, at, sign_once, pki, tmp_path):
    made = isinstance(producer, int)
    source = archival(tmp_path / "a.pdf", producer) if made else document(producer)
    once, twice = tmp_path / "1.pdf", tmp_path / "2.pdf"

    sign_once(source, once, at(placement), pki.seal)
    sign_once(once, twice, at(PLACE), pki.seal)

    assert findings(once) == findings(twice) == {}
    assert_sound(twice, pki, signatures=2, stamped=False)


@pytest.mark.parametrize("part", [1, 2])
def test_stamps_of_text_leave_pdfa_as_it_was(part, at, sign_once, pki, tmp_path):
    stamp = draw_stamp(
        StampStyle(("SAO Y; UBND phường Ví Dụ",), qr_mm=10), StampContent(("SAO Y",), verify_url="x"), FONTS
    )
    target = tmp_path / "signed.pdf"

    sign_once(archival(tmp_path / "a.pdf", part), target, at(PLACE, image_png=None, stamp=stamp), pki.seal)

    assert findings(target) == {}


def test_a_part_1_document_gets_a_mask_in_the_place_of_transparency_and_looks_the_same(at, sign_once, pki, tmp_path):
    words = b"BT /F 10 Tf ET 0.5 g 0 0 300 300 re f"
    page = b"/Contents 6 0 R"
    shown = []
    for part in (1, 2):
        source, target = tmp_path / f"{part}.pdf", tmp_path / f"{part}-signed.pdf"
        sign_once(archival(source, part, stream(words), page=page), target, at(PLACE), pki.seal)
        shown.append(pages_of(target)[0])
        assert (b"/SMask" in target.read_bytes()) == (part == 2)
    assert red_box(shown[0]) == pytest.approx(red_box(shown[1]), abs=1.5)
    # Between the rings the paper's grey shows through in both.
    points = [image.getpixel((70, 300 - 50)) for image in shown]
    assert points[0] == pytest.approx(points[1], abs=40)
    assert [image.getpixel((24, 300 - 24)) for image in shown] == [(128, 128, 128)] * 2


def test_what_would_not_stay_pdfa_is_refused_before_the_key_is_used(at, sign_once, pki, seal_image, tmp_path):
    content = StampContent(("a",), seal_image)
    half_clear = draw_stamp(StampStyle(("a",), picture="left"), content, FONTS)
    without = archival(tmp_path / "b.pdf", 2, intent=False)
    target = tmp_path / "signed.pdf"

    with pytest.raises(PdfaNotKept, match="output intent"):
        sign_once(without, target, at(PLACE), pki.seal)
    with pytest.raises(PdfaNotKept, match="transparent"):
        sign_once(archival(tmp_path / "a.pdf", 1), target, at(PLACE, image_png=None, stamp=half_clear), pki.seal)
    assert not target.exists()
    sign_once(without, target, at(Invisible()), pki.seal)
    assert findings(target) == {}


def test_faults_that_were_there_are_nobodys_reason_to_refuse(at, sign_once, pki, tmp_path):
    source = archival(tmp_path / "a.pdf", 2, b"<</Type/Font/Subtype/TrueType/BaseFont/Arial>>")

    sign_once(source, tmp_path / "signed.pdf", at(PLACE), pki.seal)

    assert findings(tmp_path / "signed.pdf") == findings(source) == {"the font /Arial is not embedded": 1}


ANNOTATION = b"<</Type/Annot/Subtype/%b/Rect[0 0 9 9]/F %d%b>>"


@pytest.mark.parametrize(
    ("part", "broken", "words"),
    [
        (2, b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", "not embedded"),
        (2, stream(b"x", b"/Filter/LZWDecode"), "LZW"),
        (2, stream(b"x", b"/F(other)"), "outside the file"),
        (2, stream(b"x", b"/Subtype/Image/Interpolate true"), "interpolated"),
        (2, stream(b"x", b"/Subtype/Image/ColorSpace/DeviceCMYK"), "DeviceCMYK"),
        (2, stream(b"x", b"/Subtype/PS"), "PostScript"),
        (2, b"<</Type/Action/S/JavaScript/JS(x)>>", "JavaScript"),
        (2, b"<</X<</Y[<</Type/Action/S/Launch>>]>>>>", "Launch"),
        (2, ANNOTATION % (b"Square", 2, b"/AP<</N 5 0 R>>"), "hidden"),
        (2, ANNOTATION % (b"Square", 0, b"/AP<</N 5 0 R>>"), "not printed"),
        (2, ANNOTATION % (b"Square", 4, b""), "without an appearance"),
        (2, ANNOTATION % (b"Square", 4, b"/AP<</N 5 0 R/D 5 0 R>>"), "other appearances"),
        (2, ANNOTATION % (b"Movie", 4, b"/AP<</N 5 0 R>>"), "Movie"),
        (2, ANNOTATION % (b"Widget", 4, b"/AP<</N 5 0 R>>/AA<<>>"), "field with an action"),
        (2, b"<</Type/ExtGState/TR/Identity>>", "transfer"),
        (1, b"<</Type/ExtGState/ca 0.5>>", "transparent"),
        (1, b"<</Type/ExtGState/BM/Multiply>>", "transparent"),
        (1, b"<</Group<</S/Transparency>>>>", "transparency group"),
        (1, stream(b"x", b"/Subtype/Image/SMask 5 0 R/ColorSpace/DeviceRGB"), "transparent image"),
        (1, ANNOTATION % (b"Square", 4, b"/CA 0.5"), "transparent annotation"),
        (1, ANNOTATION % (b"FileAttachment", 4, b""), "FileAttachment"),
    ],
)
def test_each_rule_finds_its_fault_and_only_in_the_parts_that_have_it(part, broken, words, tmp_path):
    (found,) = findings(archival(tmp_path / "a.pdf", part, broken))

    assert words in found
    assert part != 1 or findings(archival(tmp_path / "b.pdf", 2, broken)).keys() != {found}


@pytest.mark.parametrize(
    ("catalogue", "words"),
    [
        (b"/AA<<>>", "additional actions"),
        (b"/AcroForm<</Fields[]/NeedAppearances true>>", "NeedAppearances"),
        (b"/AcroForm<</Fields[]/XFA[]>>", "XFA"),
    ],
)
def test_the_whole_document_is_looked_at(catalogue, words, tmp_path):
    (found,) = findings(archival(tmp_path / "a.pdf", 2, catalogue=catalogue))

    assert words in found


def test_a_missing_file_identifier_is_found(tmp_path):
    path = archival(tmp_path / "a.pdf", 2)
    path.write_bytes(path.read_bytes().replace(b"/ID[", b"/XX["))

    assert findings(path) == {"no file identifier": 1}


@pytest.mark.parametrize(
    "metadata",
    [b"", b"<a", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', (XMP % 9).encode(), b"<a>" * 100_000],
)
def test_metadata_that_says_nothing_claims_nothing(metadata, tmp_path):
    path = tmp_path / "a.pdf"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Metadata 4 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        stream(metadata, b"/Type/Metadata"),
    ]
    path.write_bytes(pdf_of(objects))
    with path.open("rb") as file:
        assert read_claim(PdfFileReader(file)) is None
