"""Signing into the document's own fields, certifying, locking: what each allows, and each refusal by its name."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    SeedSignatureType,
    SigCertConstraintFlags,
    SigCertConstraints,
    SigFieldSpec,
    SigSeedSubFilter,
    SigSeedValFlags,
    SigSeedValueSpec,
    append_signature_field,
)

from signing.errors.documents import (
    CertificationNotFirst,
    DocumentCertifiedAgainstChanges,
    FieldAlreadySigned,
    FieldLocked,
    FieldMissing,
    SeedValueNotMet,
)
from signing.errors.stamps import PictureUnusable
from signing.model import Certification, FieldLock, InField, Invisible, Level, SignatureStep
from tests.signing.conftest import DOCUMENTS
from tests.signing.judges import assert_sound

DECISION = DOCUMENTS / "quyet-dinh.libreoffice.pdf"
Form = Callable[..., Path]


@pytest.fixture
def form(tmp_path: Path) -> Form:
    """A decision with empty signature fields, as its author's form designer made it."""

    def make(*fields: SigFieldSpec, source: Path = DECISION) -> Path:
        writer = IncrementalPdfFileWriter(BytesIO(source.read_bytes()))
        for spec in fields:
            append_signature_field(writer, spec)
        target = tmp_path / "form.pdf"
        with target.open("wb") as stream:
            writer.write(stream)
        return target

    return make


@pytest.fixture
def at(person_step: SignatureStep) -> Callable[..., SignatureStep]:
    """The official's step at B-B, invisible unless told otherwise."""

    def make(placement=None, **profile) -> SignatureStep:
        values = {"level": Level.B_B, "placement": placement or Invisible(), **profile}
        return replace(person_step, profile=replace(person_step.profile, **values))

    return make


BOX = (300, 150, 500, 210)


@pytest.mark.parametrize("combined", [True, False])
def test_an_existing_field_is_signed_where_it_stands(form, at, sign_once, pki, tmp_path, combined):
    source = form(SigFieldSpec("Lãnh đạo", on_page=0, box=BOX, combine_annotation=combined), SigFieldSpec("Khác"))
    target = tmp_path / "signed.pdf"

    signed = sign_once(source, target, at(InField("Lãnh đạo")), pki.official)

    assert (signed.field_name, signed.page_index) == ("Lãnh đạo", 0)
    assert_sound(target, pki, signatures=1, stamped=False)
    assert blue_in(target, BOX) > blue_in(source, BOX) == 0


def blue_in(path: Path, box: tuple[int, int, int, int]) -> int:
    """Count the blue points of the rendered page inside a box."""
    with pypdfium2.PdfDocument(path) as document:
        document.init_forms()
        page = document[0]
        image = page.render(scale=1, may_draw_forms=True).to_pil().convert("RGB")
        height = page.get_height()
        page.close()
    x0, y0, x1, y1 = box
    cut = image.crop((x0, round(height - y1), x1, round(height - y0)))
    points = cut.tobytes()
    return sum(1 for red, blue in zip(points[::3], points[2::3], strict=True) if blue > red + 60)


def test_an_existing_field_that_shows_nothing_needs_no_picture(form, at, sign_once, pki, tmp_path):
    step = replace(at(InField("Ẩn")), image_png=None)

    signed = sign_once(form(SigFieldSpec("Ẩn")), tmp_path / "signed.pdf", step, pki.official)

    assert signed.rectangle is None
    assert_sound(tmp_path / "signed.pdf", pki, signatures=1, stamped=False)


def test_a_visible_field_needs_a_picture(form, at, sign_once, pki, tmp_path):
    step = replace(at(InField("Lãnh đạo")), image_png=None)

    with pytest.raises(PictureUnusable):
        sign_once(form(SigFieldSpec("Lãnh đạo", box=BOX)), tmp_path / "signed.pdf", step, pki.official)


def test_a_field_that_is_missing_or_signed_is_refused_by_name(form, at, sign_once, pki, tmp_path):
    source, once = form(SigFieldSpec("Lãnh đạo")), tmp_path / "once.pdf"
    sign_once(source, once, at(InField("Lãnh đạo")), pki.official)

    with pytest.raises(FieldAlreadySigned):
        sign_once(once, tmp_path / "twice.pdf", at(InField("Lãnh đạo")), pki.official)
    with pytest.raises(FieldMissing):
        sign_once(source, tmp_path / "twice.pdf", at(InField("Không có")), pki.official)
    with pytest.raises(FieldMissing):
        sign_once(DECISION, tmp_path / "twice.pdf", at(InField("Lãnh đạo")), pki.official)
    assert not (tmp_path / "twice.pdf").exists()


@pytest.mark.parametrize("level", list(Certification))
def test_a_certification_says_what_it_allows_and_others_see_it(at, sign_once, pki, tmp_path, level):
    target = tmp_path / "certified.pdf"

    sign_once(DECISION, target, at(certification=level), pki.official)

    found = PdfFileReader(BytesIO(target.read_bytes())).embedded_regular_signatures[0]
    assert found.docmdp_level.value == level
    assert_sound(target, pki, signatures=1, stamped=False)


def test_after_a_certification_only_what_it_allows_is_signed(form, at, sign_once, pki, tmp_path):
    source = form(SigFieldSpec("Lãnh đạo", box=BOX))
    closed, open_ = tmp_path / "closed.pdf", tmp_path / "open.pdf"
    sign_once(source, closed, at(certification=Certification.NO_CHANGES), pki.official)
    sign_once(source, open_, at(certification=Certification.FORMS_AND_SIGNATURES), pki.official)
    target = tmp_path / "target.pdf"

    for placement in (Invisible(), InField("Lãnh đạo")):
        with pytest.raises(DocumentCertifiedAgainstChanges):
            sign_once(closed, target, at(placement), pki.official)
    with pytest.raises(CertificationNotFirst):
        sign_once(open_, target, at(certification=Certification.NO_CHANGES), pki.official)

    sign_once(open_, target, at(InField("Lãnh đạo")), pki.official)
    assert_sound(target, pki, signatures=2, stamped=False)


@pytest.mark.parametrize(
    ("lock", "free"),
    [
        (FieldLock("all"), False),
        (FieldLock("include", ("Hai",)), False),
        (FieldLock("exclude", ("Hai", "Signature1")), True),
        (FieldLock("include", ("Ba",)), True),
    ],
)
def test_a_signature_locks_the_fields_that_its_profile_names(form, at, sign_once, pki, tmp_path, lock, free):
    source, once, twice = form(SigFieldSpec("Một"), SigFieldSpec("Hai")), tmp_path / "1.pdf", tmp_path / "2.pdf"
    sign_once(source, once, at(InField("Một"), lock=lock), pki.official)
    assert_sound(once, pki, signatures=1, stamped=False)

    if free:
        sign_once(once, twice, at(InField("Hai")), pki.official)
        assert_sound(twice, pki, signatures=2, stamped=False)
        return
    with pytest.raises(FieldLocked):
        sign_once(once, twice, at(InField("Hai")), pki.official)


def test_the_lock_that_a_field_carries_is_obeyed_and_binds_the_next(form, at, sign_once, pki, tmp_path):
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, ["Hai"])
    source, once = form(SigFieldSpec("Một", field_mdp_spec=lock), SigFieldSpec("Hai")), tmp_path / "1.pdf"

    sign_once(source, once, at(InField("Một")), pki.official)

    found = PdfFileReader(BytesIO(once.read_bytes())).embedded_regular_signatures[0]
    assert found.fieldmdp == lock
    with pytest.raises(FieldLocked):
        sign_once(once, tmp_path / "2.pdf", at(InField("Hai")), pki.official)
    signed = sign_once(once, tmp_path / "2.pdf", at(), pki.official)
    assert signed.field_name == "Signature1"
    assert_sound(tmp_path / "2.pdf", pki, signatures=2, stamped=False)


FLAGS = SigSeedValFlags


@pytest.mark.parametrize(
    ("seed", "words"),
    [
        (SigSeedValueSpec(FLAGS.SUBFILTER, subfilters=[SigSeedSubFilter.ADOBE_PKCS7_DETACHED]), "format"),
        (SigSeedValueSpec(FLAGS.DIGEST_METHOD, digest_methods=["sha512"]), "digest"),
        (SigSeedValueSpec(FLAGS.REASONS, reasons=["Phê duyệt"]), "reason"),
        (SigSeedValueSpec(timestamp_server_url="https://tsa.example", timestamp_required=True), "time-stamp"),
        (SigSeedValueSpec(seed_signature_type=SeedSignatureType(None)), ""),
    ],
)
def test_what_a_field_demands_is_met_or_refused(form, at, sign_once, pki, tmp_path, seed, words):
    source, target = form(SigFieldSpec("Một", seed_value_dict=seed)), tmp_path / "signed.pdf"

    if words:
        with pytest.raises(SeedValueNotMet, match=words):
            sign_once(source, target, at(InField("Một")), pki.official)
        assert not target.exists()
        return
    sign_once(source, target, at(InField("Một")), pki.official)
    assert_sound(target, pki, signatures=1, stamped=False)


def test_a_field_may_demand_its_signer_its_issuer_or_a_reason(form, at, sign_once, pki, tmp_path):
    official, issuing = (x509.Certificate.load(holder.der) for holder in (pki.official, pki.issuing))
    constraints = SigCertConstraints(
        SigCertConstraintFlags.SUBJECT | SigCertConstraintFlags.ISSUER, subjects=[official], issuers=[issuing]
    )
    seed = SigSeedValueSpec(FLAGS.REASONS, reasons=["Phê duyệt", "Đồng ý"], cert=constraints)
    source, target = form(SigFieldSpec("Một", seed_value_dict=seed)), tmp_path / "signed.pdf"
    step = replace(at(InField("Một")), reason="Đồng ý")

    with pytest.raises(SeedValueNotMet, match="signer"):
        sign_once(source, target, replace(step, certificate_der=pki.seal.der), pki.seal)
    sign_once(source, target, step, pki.official)

    assert_sound(target, pki, signatures=1, stamped=False)
