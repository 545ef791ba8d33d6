"""Signing plain documents the direct way, judged by others and by our own validation."""

import hashlib
from dataclasses import astuple, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from certs.model import SubIndication
from signing.formats.pdf import signed_revision
from signing.formats.pdf.direct.doubt import NotSure
from signing.formats.pdf.direct.proved import ProvedDocuments
from signing.formats.pdf.prepare import PdfSignatureOrder, prepare_pdf
from signing.journeys import sign_pdf
from signing.key_sources.fake import FakeKeySource
from signing.model import FieldLock, Invisible, Level, NewPage, PageRectangle
from signing.validation.document import validate_pdf
from signing.validation.policy import ValidationPolicy
from signing.validation.report import Modifications
from tests.signing.conftest import SIGNABLE, key_of
from tests.signing.judges import assert_sound
from tests.signing.pki import Holder, issue, rsa_key


class Watching:
    """Runs functions here and remembers their names: the library's way would run prepare_pdf."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def run(self, function, *args):
        self.ran.append(function.__name__)
        return function(*args)


def placed(step, placement, level=Level.B_B):
    return replace(step, profile=replace(step.profile, level=level, placement=placement))


@pytest.fixture
def sign(tmp_path):
    """Signs and demands that the library had nothing to do."""

    def run(source: Path, step, holder: Holder, tsa=None, name: str = "signed.pdf"):
        watching = Watching()
        signed = sign_pdf(
            source, tmp_path / name, step, key=key_of(holder), tsa=tsa, confined=watching, now=datetime.now(UTC)
        )
        assert watching.ran == ["plan_revision"]
        return signed

    return run


SOMEWHERE = PageRectangle("last", 60, 100, 210, 150)


@pytest.mark.parametrize("placement", [Invisible(), SOMEWHERE], ids=["invisible", "visible"])
@pytest.mark.parametrize("producer", [*SIGNABLE, "scan200dpi"])
def test_every_producers_document_is_signed_directly_and_is_good_to_others(
    producer, placement, document, person_step, pki, sign, tmp_path
):
    signed = sign(document(producer), placed(person_step, placement), pki.official)

    content = (tmp_path / "signed.pdf").read_bytes()
    assert content.startswith(document(producer).read_bytes())
    assert (signed.sha256, signed.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (signed.rectangle is None) == (placement == Invisible())
    assert_sound(tmp_path / "signed.pdf", pki, signatures=1, stamped=False, strict=producer != "scan200dpi")


@pytest.mark.parametrize("producer", ["libreoffice", "objstm"])
def test_a_time_stamp_comes_with_the_direct_way_too(producer, document, person_step, pki, tsa, sign, tmp_path):
    signed = sign(document(producer), placed(person_step, SOMEWHERE, Level.B_T), pki.official, tsa)

    assert signed.level is Level.B_T
    assert_sound(tmp_path / "signed.pdf", pki, signatures=1, stamped=True)


def test_what_only_the_library_can_do_goes_its_way(document, person_step, pki, tmp_path):
    watching = Watching()

    sign_pdf(
        document("chromium"),
        tmp_path / "signed.pdf",
        placed(person_step, NewPage(140, 60)),
        key=key_of(pki.official),
        tsa=None,
        confined=watching,
        now=datetime.now(UTC),
    )

    assert watching.ran == ["plan_revision", "prepare_pdf"]
    assert_sound(tmp_path / "signed.pdf", pki, signatures=1, stamped=False)


@pytest.mark.parametrize("producer", SIGNABLE)
def test_person_and_seal_stand_where_the_library_puts_them(
    producer, document, person_step, seal_step, pki, sign, tmp_path
):
    person, seal = placed(person_step, person_step.profile.placement), placed(seal_step, seal_step.profile.placement)
    first = sign(document(producer), person, pki.official, name="1.pdf")
    second = sign(tmp_path / "1.pdf", seal, pki.seal, name="2.pdf")

    order = PdfSignatureOrder(
        seal.profile.placement, "Con dấu", datetime.now(UTC), "sha256", 4000, image_png=seal.image_png
    )
    prepared = prepare_pdf(tmp_path / "1.pdf", tmp_path / "library.pdf", order)
    assert (second.page_index, first.page_index) == (prepared.page_index, prepared.page_index)
    assert astuple(second.rectangle) == pytest.approx(astuple(prepared.rectangle), abs=1e-3)
    assert_sound(tmp_path / "2.pdf", pki, signatures=2, stamped=False)


@pytest.fixture(scope="module")
def signers(pki) -> list[Holder]:
    """Keys of each kind that pdfsig knows, each one's own."""
    kinds = (lambda: ec.generate_private_key(ec.SECP256R1()), rsa_key, lambda: ec.generate_private_key(ec.SECP384R1()))
    return [issue(f"Người ký {n}", kinds[n % 3](), pki.issuing) for n in range(25)]


def assert_all_agree(path: Path, pki, count: int) -> None:
    """Demand that pdfsig, qpdf, pyHanko and we find every signature good, and the later ones allowed."""
    assert_sound(path, pki, signatures=count, stamped=False)
    report = validate_pdf(path, ValidationPolicy(tuple(pki.anchors())), datetime.now(UTC))
    assert [found.intact for found in report.signatures] == [True] * count
    expected = [Modifications.PERMITTED] * (count - 1) + [Modifications.NONE]
    assert [found.modifications_after for found in report.signatures] == expected
    # These certificates name nobody who could be asked about revocation; all else is sound.
    assert {found.sub_indication for found in report.signatures} == {SubIndication.TRY_LATER}


def test_many_signatures_by_keys_of_different_kinds_never_break_each_other(
    document, person_step, pki, signers, sign, tmp_path
):
    source = document("chromium")
    for number, holder in enumerate(signers):
        at = 20 + 20 * number
        placement = Invisible() if number % 2 else PageRectangle(1, at, 20, at + 18, 38)
        profile = replace(person_step.profile, level=Level.B_B, placement=placement, prefer_pss=number % 2 == 0)
        signer = {"profile": profile, "certificate_der": holder.der, "signer_name": f"Người ký {number}"}
        signed = sign(source, replace(person_step, **signer), holder, name=f"{number}.pdf")
        assert signed.field_name == f"Signature{number + 1}"
        source = tmp_path / f"{number}.pdf"
        if number + 1 in {1, 2, 5, 25}:
            assert_all_agree(source, pki, number + 1)


def test_the_librarys_and_the_direct_way_follow_each_other(document, person_step, seal_step, pki, tsa, sign, tmp_path):
    first, second, third = tmp_path / "1.pdf", tmp_path / "2.pdf", tmp_path / "3.pdf"
    library = Watching()
    between = {"confined": library, "tsa": tsa, "now": datetime.now(UTC)}
    locking = replace(person_step.profile, placement=Invisible(), lock=FieldLock("include", ("Another",)))
    paged = replace(person_step.profile, placement=NewPage(140, 60))
    sign_pdf(document("objstm"), first, replace(person_step, profile=paged), key=key_of(pki.official), **between)
    sign(first, placed(seal_step, Invisible(), Level.B_T), pki.seal, tsa, name="2.pdf")
    sign_pdf(second, third, replace(person_step, profile=locking), key=key_of(pki.official), **between)

    assert library.ran == ["plan_revision", "prepare_pdf"] * 2
    assert_sound(third, pki, signatures=3, stamped=True)


def test_signatures_of_others_are_judged_alike_after_either_way(corpus, person_step, pki, tmp_path, monkeypatch):
    """Signed, shadowed and spoofed files: what the direct way adds may hide nothing and break nothing."""
    step, policy = placed(person_step, Invisible()), ValidationPolicy(tuple(pki.anchors()))

    def judged(source: Path, watching: Watching) -> list[tuple[str, bool, Modifications]]:
        target, now = tmp_path / "signed.pdf", datetime.now(UTC)
        sign_pdf(source, target, step, key=key_of(pki.official), tsa=None, confined=watching, now=now, over_broken=True)
        found = validate_pdf(target, policy, now).signatures
        return [(one.field_name, one.intact, one.modifications_after) for one in found]

    directly, compared = signed_revision.plan_revision, 0
    for source in sorted((corpus / "validation").glob("*.pdf")):
        order = PdfSignatureOrder(Invisible(), "Ai", datetime.now(UTC), "sha256", 1000)
        if source.stat().st_size > 100_000 or isinstance(directly(source, order, False), NotSure):
            continue
        ours = judged(source, Watching())
        with monkeypatch.context() as patch:
            patch.setattr(signed_revision, "plan_revision", lambda *_: NotSure("asked not to be"))
            library = Watching()
            assert judged(source, library) == ours, source.name
            assert library.ran[-1] == "prepare_pdf"
        compared += len(ours) > 1
    assert compared > 0


def test_a_document_is_proved_once_and_what_is_made_of_it_needs_no_proof(
    document, person_step, pki, tmp_path, monkeypatch
):
    proofs = []
    prove = "signing.formats.pdf.direct.plan.prove_whole"
    monkeypatch.setattr(prove, lambda file: proofs.append(len(file.data)))
    source = tmp_path / "source.pdf"
    source.write_bytes(document("libreoffice").read_bytes().replace(b"/Lang(en-US)", b"/Lang(vi-VN)"))
    step = placed(person_step, Invisible())
    common = {"key": FakeKeySource(pki.official.key), "tsa": None, "confined": Watching(), "now": datetime.now(UTC)}

    for read, written in ((source, "1.pdf"), (source, "2.pdf"), (tmp_path / "1.pdf", "3.pdf")):
        sign_pdf(read, tmp_path / written, step, **common)
    assert proofs == [source.stat().st_size]

    with (tmp_path / "2.pdf").open("ab") as file:
        file.write(b"\n")
    sign_pdf(tmp_path / "2.pdf", tmp_path / "4.pdf", step, **common)
    assert len(proofs) == 2


def test_the_oldest_proof_is_forgotten_first():
    known = ProvedDocuments(most=2)
    for name in (b"1", b"2", b"1", b"3"):
        known.remember(name)

    assert [known.knows(name) for name in (b"1", b"2", b"3")] == [True, False, True]
