"""What the direct path makes of plain files, beside what the library makes of them; and where it is not sure."""

import dataclasses
import pickle
import subprocess
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from pyhanko.pdf_utils.generic import PdfObject
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.appearance.draw import StampContent, draw_stamp
from signing.appearance.style import DrawnStamp
from signing.formats.pdf.direct import drawing, plan
from signing.formats.pdf.direct.append import append_revision, read_original, revision_digest
from signing.formats.pdf.direct.doubt import NotSure
from signing.formats.pdf.direct.plan import plan_revision
from signing.formats.pdf.direct.revision import PlannedRevision
from signing.formats.pdf.prepare import PdfSignatureOrder, prepare_pdf
from signing.model import (
    BesideText,
    BetweenText,
    Certification,
    FieldLock,
    InField,
    Invisible,
    NewPage,
    PageCorner,
    PageRectangle,
)
from signing.profiles import load_profiles
from tests.signing.conftest import SIGNABLE
from tests.signing.formats.pdf.builder import PAGE, minimal, pdf_of
from tests.signing.judges import qpdf_problems
from tests.signing.pki import NAME

CMS = b"\x30\x00"
PICTURED = {
    "invisible": Invisible(),
    "first page": PageRectangle(1, 60, 500, 210, 600),
    "last page": PageRectangle("last", 60.5, 100.25, 260, 200),
    "between texts": BetweenText("CHỦ TỊCH", NAME, "last", "last", 140, 60),
}
DRAWN = {
    "drawn in a rectangle": PageRectangle(1, 60, 30, 320, 90),
    "drawn in a corner": PageCorner("last", "bottom-right", 30, 20, avoid_text=True),
    "drawn at a text": BesideText(NAME, "last", None, "below", dx_pt=4),
}
PLACES = PICTURED | DRAWN


@pytest.fixture(scope="module")
def drawn(handwriting) -> DrawnStamp:
    """A card with text, a picture and a QR code."""
    style = load_profiles()["card"].stamp
    content = StampContent(("Ký bởi: Nguyễn Văn Ví Dụ", "Thời gian: 24.11.2026 10:04:05 +07:00"), handwriting)
    return draw_stamp(style, content, Path("/usr/share/fonts/truetype/liberation2"))


@pytest.fixture
def order(handwriting, drawn, now):
    def make(placement) -> PdfSignatureOrder:
        stamp = drawn if placement in DRAWN.values() else None
        return PdfSignatureOrder(
            placement, "Nguyễn Văn (A)", now, "sha256", 2000, image_png=handwriting, stamp=stamp, reason="lý do"
        )

    return make


def directly(source, target, order: PdfSignatureOrder) -> PlannedRevision:
    """Write what the direct path plans, with an empty CMS in it."""
    planned = plan_revision(source, order, False)
    assert isinstance(planned, PlannedRevision), planned
    original = read_original(source, order.digest_algorithm)
    revision_digest(original, planned)
    append_revision(original, planned, CMS, target)
    return planned


def plain(value) -> object:
    """Return a PDF value without its references: nested dictionaries, lists, texts and numbers."""
    value = value.get_object()
    if isinstance(value, dict):
        # Whose widget, and on which page, is compared apart.
        return {key: plain(value[key]) for key in value if key not in {"/P", "/Contents", "/ByteRange", "/Resources"}}
    if isinstance(value, list):
        return [plain(value[index]) for index in range(len(value))]
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def written(value: PdfObject) -> bytes:
    stream = BytesIO()
    value.write_to_stream(stream, None)
    return stream.getvalue()


def field_of(path) -> tuple[object, dict[str, object], int]:
    """Return the signature field and the catalogue as plain values, and the page whose annotation the field is."""
    with path.open("rb") as stream:
        reader = PdfFileReader(stream)
        form = reader.root["/AcroForm"]
        (field,) = list(form["/Fields"])
        pages, places = reader.root["/Pages"]["/Count"], []
        for index in range(pages):
            page = reader.find_page_for_modification(index)[0].get_object()
            if "/Annots" in page and field in list(page["/Annots"]):
                places.append(index)
        (page_index,) = places
        catalogue = {key: written(reader.root.raw_get(key)) for key in reader.root if key != "/AcroForm"}
        return plain(field), {**catalogue, "flags": int(form["/SigFlags"])}, page_index


def picture_of(path, page_index: int) -> bytes:
    with pypdfium2.PdfDocument(path) as document:
        document.init_forms()
        return document[page_index].render(scale=0.5, may_draw_forms=True).to_pil().tobytes()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("producer", SIGNABLE)
def test_it_makes_what_the_library_makes(producer, place, document, order, tmp_path):
    ours, theirs = tmp_path / "ours.pdf", tmp_path / "theirs.pdf"

    planned = directly(document(producer), ours, order(PLACES[place]))
    prepared = prepare_pdf(document(producer), theirs, order(PLACES[place]))

    assert field_of(ours) == field_of(theirs)
    assert (planned.field_name, planned.page_index) == (prepared.field_name, prepared.page_index)
    if planned.rectangle is None or prepared.rectangle is None:
        assert planned.rectangle is prepared.rectangle
    else:
        expected = pytest.approx(dataclasses.astuple(prepared.rectangle), abs=1e-3)
        assert dataclasses.astuple(planned.rectangle) == expected
        assert picture_of(ours, planned.page_index) == picture_of(theirs, prepared.page_index)
    assert qpdf_problems(ours) == ""
    assert ours.read_bytes().startswith(document(producer).read_bytes())


REWRITTEN = {
    "plain": ["--object-streams=disable", "--newline-before-endstream"],
    "packed": ["--object-streams=generate", "--recompress-flate"],
    "for editing": ["--qdf"],
    "unpacked": ["--stream-data=uncompress", "--normalize-content=y"],
    "fast web view": ["--linearize", "--object-streams=generate"],
    "without an identifier's past": ["--deterministic-id", "--min-version=2.0"],
}


@pytest.mark.parametrize("way", REWRITTEN)
@pytest.mark.parametrize("producer", ["libreoffice", "chromium", "ghostscript14"])
def test_it_makes_what_the_library_makes_however_a_file_was_written(producer, way, document, order, tmp_path):
    source, ours, theirs = tmp_path / "source.pdf", tmp_path / "ours.pdf", tmp_path / "theirs.pdf"
    # Three is its code for warnings about the original.
    done = subprocess.run(["qpdf", *REWRITTEN[way], str(document(producer)), str(source)], check=False)
    assert done.returncode in {0, 3}
    wanted = order(DRAWN["drawn in a rectangle"])

    planned = plan_revision(source, wanted, False)
    prepare_pdf(source, theirs, wanted)
    if isinstance(planned, NotSure):
        # qpdf explains in comments what it writes for editing.
        assert way == "for editing", planned
        return
    directly(source, ours, wanted)

    made = [field_of(ours), field_of(theirs)]
    if b"%PDF-2.0" in source.read_bytes()[:10]:
        # From 2.0 on the library notes in XMP that it was here; see DECISIONS.
        for _, catalogue, _ in made:
            catalogue.pop("/Metadata", None)
    assert made[0] == made[1]
    assert picture_of(ours, 0) == picture_of(theirs, 0)
    assert qpdf_problems(ours) == ""


BOXES = {
    "inherited": (b"/MediaBox[0 0 300 400]", b""),
    "cropped": (b"", b"/MediaBox[0 0 300 400]/CropBox[20 30 280 390]"),
    "turned": (b"/Rotate 90", b"/MediaBox[0 0 300 400]"),
    "cropped and turned": (b"/Rotate 270", b"/MediaBox[10 20 300 400]/CropBox[20 30 280 390]"),
    "upside down": (b"", b"/MediaBox[0 0 300 400]/Rotate 180"),
}


@pytest.mark.parametrize("name", BOXES)
def test_the_picture_stands_where_the_library_puts_it_on_pages_of_every_kind(name, order, tmp_path):
    above, own = BOXES[name]
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1%b>>" % above,
        b"<</Type/Page/Parent 2 0 R/Resources<<>>%b>>" % own,
    ]
    source, ours, theirs = tmp_path / "source.pdf", tmp_path / "ours.pdf", tmp_path / "theirs.pdf"
    source.write_bytes(pdf_of(objects))
    wanted = order(PageRectangle(1, 40, 50, 160, 90))

    directly(source, ours, wanted)
    prepare_pdf(source, theirs, wanted)

    assert picture_of(ours, 0) == picture_of(theirs, 0)
    assert len(set(picture_of(ours, 0))) > 2


def with_form(form: bytes, *objects: bytes) -> bytes:
    return minimal(*objects, catalogue=b"/AcroForm" + form)


ODD = {
    "a form of Adobe's XML": with_form(b"<</Fields[]/XFA 4 0 R>>", b"[]"),
    "a form whose fields viewers draw anew": with_form(b"<</Fields[]/NeedAppearances true>>"),
    "a field with a lock": with_form(b"<</Fields[4 0 R]>>", b"<</FT/Sig/T(a)/Lock 5 0 R>>", b"<</Action/All>>"),
    "a field with a strange name": with_form(b"<</Fields[4 0 R]>>", b"<</FT/Sig/T<FEFF0041>>>"),
    "a certification": minimal(b"<<>>", catalogue=b"/Perms 4 0 R"),
    "a dynamic form": minimal(catalogue=b"/NeedsRendering true"),
    "a hidden spelling": minimal(catalogue=b"/Acro#46orm 4 0 R"),
    "a key twice": minimal(catalogue=b"/Lang(a)/Lang(b)"),
    "a comment": minimal(catalogue=b"%note\n"),
    "a hybrid": pdf_of([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", PAGE], b"/XRefStm 9"),
    "an encrypted file": minimal().replace(b"/Root 1 0 R", b"/Root 1 0 R/Encrypt<<>>"),
    "a loop in the chain": minimal().replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev 000"),
    "a page of another size": minimal(pages=b"<</Type/Pages/Kids[3 0 R]/Count 1/UserUnit 2>>").replace(
        b"/MediaBox", b"/UserUnit 2/MediaBox"
    ),
    "junk behind the end": minimal() + b"junk",
    "an empty file": b"",
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_not_plain_is_left_to_the_library_with_a_reason(name, order, tmp_path):
    (tmp_path / "odd.pdf").write_bytes(ODD[name])

    answer = plan_revision(tmp_path / "odd.pdf", order(Invisible()), False)

    assert isinstance(answer, NotSure)
    assert answer.reason


@pytest.mark.parametrize("producer", ["encrypted-user", "encrypted-owner", "truncated", "bad-startxref"])
def test_damaged_and_encrypted_documents_are_left_to_the_library(producer, document, order):
    assert isinstance(plan_revision(document(producer), order(Invisible()), False), NotSure)


def test_a_plain_form_is_gone_on_with_and_its_names_are_not_used_again(order, tmp_path):
    form = b"<</Fields[4 0 R]/SigFlags 1/DA(/Helv 0 Tf)>>"
    source = tmp_path / "source.pdf"
    source.write_bytes(with_form(form, b"<</FT/Tx/T(Signature1)/V(text)>>"))

    planned = directly(source, tmp_path / "signed.pdf", order(Invisible()))

    assert planned.field_name == "Signature2"
    with (tmp_path / "signed.pdf").open("rb") as stream:
        form = PdfFileReader(stream).root["/AcroForm"]
        assert [field.get_object()["/T"] for field in form["/Fields"]] == ["Signature1", "Signature2"]
        assert (form["/SigFlags"], form["/DA"]) == (3, "/Helv 0 Tf")


@pytest.mark.parametrize("annotations", [b"[4 0 R]", b"5 0 R"], ids=["in the page", "in an array of its own"])
def test_the_pages_other_annotations_stay(annotations, order, tmp_path):
    note = b"<</Type/Annot/Subtype/Text/Rect[0 0 10 10]/Contents(note)>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        PAGE[:-2] + b"/Annots " + annotations + b">>",
        note,
        b"[4 0 R]",
    ]
    (tmp_path / "source.pdf").write_bytes(pdf_of(objects))

    directly(tmp_path / "source.pdf", tmp_path / "signed.pdf", order(Invisible()))

    with (tmp_path / "signed.pdf").open("rb") as stream:
        page = PdfFileReader(stream).find_page_for_modification(0)[0].get_object()
        assert [one.get_object()["/Subtype"] for one in page["/Annots"]] == ["/Text", "/Widget"]


@pytest.mark.parametrize(
    "placement", [PageRectangle(9, 0, 0, 10, 10), PageRectangle(1, 0, 0, 9999, 10), PageRectangle(1, 5, 5, 5, 9)]
)
def test_a_place_that_is_not_there_is_refused_by_the_library_alone(placement, document, order):
    assert isinstance(plan_revision(document("libreoffice"), order(placement), False), NotSure)


def test_wishes_that_only_the_library_fulfils_are_left_to_it(document, order):
    wishes = {
        "certification": dataclasses.replace(order(Invisible()), certification=Certification.NO_CHANGES),
        "lock": dataclasses.replace(order(Invisible()), lock=FieldLock("all")),
        "password": dataclasses.replace(order(Invisible()), password="x"),
    }
    for name, wish in wishes.items():
        assert plan_revision(document("libreoffice"), wish, False) == NotSure(f"the order has {name}")
    for placement in (NewPage(), InField("Signature1")):
        assert isinstance(plan_revision(document("libreoffice"), order(placement), False), NotSure)


def test_every_part_of_an_order_is_known_here_or_left_to_the_library(document, order):
    """A new wish must not be passed over in silence."""
    known = {field.name for field in dataclasses.fields(PdfSignatureOrder)}

    assert known == plan._KNOWN | {"certification", "lock", "password"}


def test_a_stamp_is_taken_apart_once_for_all_documents(document, order, monkeypatch):
    source, wanted = document("libreoffice"), order(DRAWN["drawn in a rectangle"])
    first = plan_revision(source, wanted, False)
    monkeypatch.setattr(drawing, "PdfFileReader", None)

    # The same stamp comes from another process with every document, equal and not identical.
    again = dataclasses.replace(wanted, stamp=pickle.loads(pickle.dumps(wanted.stamp)))  # noqa: S301 - our own bytes
    second = plan_revision(source, again, False)

    assert isinstance(first, PlannedRevision)
    assert isinstance(second, PlannedRevision)
    assert len(first.before_gap) == len(second.before_gap)
