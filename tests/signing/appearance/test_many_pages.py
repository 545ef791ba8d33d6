"""One signature whose mark stands on many pages, upright on each, and marks that take the place of a form's field."""

import dataclasses
import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageChops
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.errors.documents import FieldMissing
from signing.errors.stamps import PageNotFound, PlacementCoversText, PlacementInvalid, StampNotRepeatable
from signing.model import InField, Level, PageCorner, PageRectangle, Placement, SignatureStep
from signing.profiles import parse_placement
from tests.signing.formats.pdf.builder import pdf_of
from tests.signing.judges import assert_sound

CORNER = {"kind": "page-corner", "page": 1, "corner": "top-right", "margin_x_mm": 10, "margin_y_mm": 10}
CORNER |= {"width_mm": 25, "height_mm": 25, "repeat_on": "all"}
Make = Callable[..., SignatureStep]


@pytest.fixture
def sealing(seal_step: SignatureStep) -> Make:
    """The seal's step at B-B, at a place."""

    def make(placement: Placement, **profile: object) -> SignatureStep:
        changed = dataclasses.replace(seal_step.profile, level=Level.B_B, placement=placement, **profile)
        return dataclasses.replace(seal_step, profile=changed)

    return make


def odd_pages(source: Path, target: Path) -> Path:
    """Write a document with a plain, a turned, a cropped, a landscape, and a turned and cropped page."""
    with pypdfium2.PdfDocument(source) as document, pypdfium2.PdfDocument.new() as made:
        made.import_pages(document, [0, 0, 0, 0, 0])
        made[1].set_rotation(90)
        made[2].set_cropbox(100, 200, 500, 700)
        made[3].set_mediabox(0, 0, 842, 595)
        made[4].set_rotation(270)
        made[4].set_cropbox(100, 200, 500, 700)
        made.save(target)
    return target


def pages_of(path: Path) -> list[Image.Image]:
    """Return the pages as Poppler shows them, cropped as a reader sees them."""
    folder = path.with_suffix(".pages")
    folder.mkdir()
    subprocess.run(["pdftoppm", "-r", "72", "-png", "-cropbox", path, folder / "page"], check=True)
    return [Image.open(one).convert("RGB") for one in sorted(folder.iterdir())]


def red_box(page: Image.Image) -> tuple[int, int, int, int] | None:
    """Return what the seal's red covers."""
    red, green, _ = page.split()
    return ImageChops.subtract(red, green).point(lambda value: 255 if value > 90 else 0).getbbox()


def test_a_seal_stands_upright_in_the_same_corner_of_every_page(document, sealing, sign_once, pki, tmp_path):
    source, target = odd_pages(document("libreoffice"), tmp_path / "odd.pdf"), tmp_path / "signed.pdf"

    signed = sign_once(source, target, sealing(parse_placement(CORNER)), pki.seal)

    assert_sound(target, pki, signatures=1, stamped=False)
    assert signed.page_index == 0
    side, margin = 25 * 72 / 25.4, 10 * 72 / 25.4
    pictures = []
    for page in pages_of(target):
        box = red_box(page)
        assert box == pytest.approx(
            (page.width - margin - side, margin, page.width - margin, margin + side), abs=2.5
        ), page.size
        pictures.append(page.crop((page.width - 99, 28, page.width - 28, 99)))
    for other in pictures[1:]:
        # Page text may show through; the star would differ everywhere if the seal were turned.
        difference = ImageChops.difference(red_mask(pictures[0]), red_mask(other))
        assert sum(difference.histogram()[128:]) < 0.12 * difference.width * difference.height


def red_mask(picture: Image.Image) -> Image.Image:
    red, green, _ = picture.split()
    return ImageChops.subtract(red, green).point(lambda value: 255 if value > 60 else 0)


def test_the_picture_is_in_the_file_once_and_there_is_one_signature_field(document, sealing, sign_once, pki, tmp_path):
    target = tmp_path / "signed.pdf"
    once = parse_placement(CORNER | {"repeat_on": []})
    alone = sign_once(document("libreoffice"), target, sealing(once), pki.seal).size_bytes

    many = sign_once(document("libreoffice"), target, sealing(parse_placement(CORNER)), pki.seal).size_bytes

    reader = PdfFileReader(io.BytesIO(target.read_bytes()))
    assert len(reader.root["/AcroForm"]["/Fields"]) == 1
    kinds = [
        (annotation["/Subtype"], int(annotation["/F"]))
        for page in reader.root["/Pages"]["/Kids"]
        for annotation in (one.get_object() for one in page.get_object()["/Annots"])
    ]
    assert kinds == [("/Widget", 132)] + [("/Stamp", 708)] * (len(kinds) - 1)
    assert len(kinds) == 5
    assert many < alone + 4 * 1500


def test_a_named_page_repeats_and_a_later_signature_leaves_all_of_it_good(document, sealing, sign_once, pki, tmp_path):
    once, twice = tmp_path / "1.pdf", tmp_path / "2.pdf"
    sign_once(document("libreoffice"), once, sealing(PageRectangle("last", 10, 10, 80, 80, repeat_on=(2, 2))), pki.seal)

    sign_once(once, twice, sealing(PageRectangle(1, 10, 10, 80, 80)), pki.seal)

    assert_sound(twice, pki, signatures=2, stamped=False)
    assert [red_box(page) is not None for page in pages_of(twice)] == [True, True, False, False, True]


def test_marks_that_could_not_stand_are_refused(document, sealing, sign_once, pki, tmp_path):
    once, target = tmp_path / "1.pdf", tmp_path / "2.pdf"
    sign_once(document("libreoffice"), once, sealing(PageRectangle(1, 10, 10, 80, 80)), pki.seal)
    everywhere = PageRectangle(1, 10, 10, 80, 80, repeat_on="all")

    for source, placement, error in (
        (once, everywhere, StampNotRepeatable),
        (document("libreoffice"), dataclasses.replace(everywhere, repeat_on=(6,)), PageNotFound),
        (document("libreoffice"), PageRectangle(1, 60, 60, 400, 700, True, "all"), PlacementCoversText),
        (document("libreoffice"), PageCorner(1, "top-left", 0, 0, 900, 900, repeat_on="all"), PageNotFound),
    ):
        with pytest.raises(error):
            sign_once(source, target, sealing(placement), pki.seal)
        assert not target.exists()


@pytest.mark.parametrize("pages", ["some", [0], [True], [1.5], {"1": 2}, 3])
def test_pages_are_numbers_from_1(pages):
    with pytest.raises(PlacementInvalid):
        parse_placement(CORNER | {"repeat_on": pages})


def form(target: Path, field: bytes) -> Path:
    """Write a form of one page, turned, with a field in a group."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]/Annots[5 0 R]/Rotate 90>>",
        b"<</T(don)/FT/Tx/Kids[5 0 R]>>",
        b"<</Type/Annot/Subtype/Widget/F 4/Parent 4 0 R/T(ky)/Rect[100 200 220 320]%b>>" % field,
    ]
    target.write_bytes(pdf_of(objects))
    return target


def test_a_text_field_lends_its_place(sealing, sign_once, pki, tmp_path):
    source, target = form(tmp_path / "form.pdf", b""), tmp_path / "signed.pdf"

    signed = sign_once(source, target, sealing(InField("don.ky")), pki.seal)

    assert signed.field_name == "Signature1"
    assert_sound(target, pki, signatures=1, stamped=False)
    (page,) = pages_of(target)
    # Turned by 90 degrees: 200 to 320 from the left edge of what is seen, 100 to 220 from its top.
    assert red_box(page) == pytest.approx((200, 100, 320, 220), abs=2.5)


@pytest.mark.parametrize(
    ("field", "name", "error"),
    [
        (b"/V(Nguyen)", "don.ky", PlacementCoversText),
        (b"", "don.khac", FieldMissing),
        (b"", "ky", FieldMissing),
    ],
)
def test_a_field_that_is_filled_in_or_missing_lends_nothing(field, name, error, sealing, sign_once, pki, tmp_path):
    with pytest.raises(error):
        sign_once(form(tmp_path / "form.pdf", field), tmp_path / "signed.pdf", sealing(InField(name)), pki.seal)
    assert not (tmp_path / "signed.pdf").exists()
