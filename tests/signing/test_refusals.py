"""What goes wrong while a document is signed: nothing half done stays, and the same call succeeds afterwards."""

import importlib
import os
import pickle
import pkgutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest

import signing.errors
from certs.algorithms import AlgorithmTable, parse_algorithms, shipped_algorithms
from config.confinement import ConfinedTooSlow, InProcess
from signing.errors.keys import PinIncorrect, SignatureValueWrong
from signing.errors.signatures import AlgorithmNotAllowed, RevisionAltered, SignatureDoesNotFit
from signing.errors.timestamps import TimestampNotTrustworthy, TimestampUnavailable
from signing.formats.pdf.complete import check_prepared, complete_pdf
from signing.formats.pdf.direct.revision import PlannedRevision
from signing.formats.pdf.prepare import PdfSignatureOrder, PreparedRevision, prepare_pdf
from signing.journeys import sign_pdf
from signing.key_sources.fake import FakeKeySource
from signing.model import Certification, Invisible, Level
from tests.signing.judges import assert_sound


@pytest.fixture
def sign(document, person_step, pki, tsa, tmp_path):
    """Signs the decision with the official's key; single parts can be replaced."""

    def run(**parts):
        given = {
            "step": person_step,
            "key": FakeKeySource(pki.official.key),
            "tsa": tsa,
            "confined": InProcess(),
            "now": datetime.now(UTC),
            **parts,
        }
        return sign_pdf(document("libreoffice"), tmp_path / "signed.pdf", given.pop("step"), **given)

    return run


def test_a_failing_key_leaves_no_file_and_asks_no_authority(sign, authority, pki, tmp_path):
    key = FakeKeySource(pki.official.key, failure=PinIncorrect("the token refused the PIN"))
    with pytest.raises(PinIncorrect):
        sign(key=key)

    assert not (tmp_path / "signed.pdf").exists()
    assert (key.uses, authority.calls) == (1, 0)
    key.failure = None
    sign(key=key)
    assert_sound(tmp_path / "signed.pdf", pki, signatures=1, stamped=True)


def test_a_value_of_another_key_is_never_embedded(sign, authority, pki, tmp_path):
    with pytest.raises(SignatureValueWrong):
        sign(key=FakeKeySource(pki.seal.key))

    assert not (tmp_path / "signed.pdf").exists()
    assert authority.calls == 0


@pytest.mark.parametrize(
    ("behaviour", "error"), [("error-500", TimestampUnavailable), ("wrong-imprint", TimestampNotTrustworthy)]
)
def test_without_a_good_time_stamp_there_is_no_b_t_signature(behaviour, error, sign, authority, pki, tmp_path):
    authority.behaviour = behaviour
    with pytest.raises(error):
        sign()
    assert not (tmp_path / "signed.pdf").exists()

    authority.behaviour = "good"
    assert sign().level is Level.B_T
    assert_sound(tmp_path / "signed.pdf", pki, signatures=1, stamped=True)


def test_b_t_without_an_authority_does_not_use_the_key(sign, pki):
    key = FakeKeySource(pki.official.key)
    with pytest.raises(TimestampUnavailable):
        sign(tsa=None, key=key)

    assert key.uses == 0


def test_a_key_that_is_too_short_is_not_used(sign, person_step, pki):
    key = FakeKeySource(pki.short.key)
    with pytest.raises(AlgorithmNotAllowed):
        sign(step=replace(person_step, certificate_der=pki.short.der), key=key)

    assert key.uses == 0


class TooSlow:
    def run(self, function, *args):
        raise ConfinedTooSlow("not done within 30 s")


class Altering:
    """A child that a hostile file has taken over: it answers with something else than it was asked for."""

    def __init__(self, alter, answer=PreparedRevision) -> None:
        self.alter, self.answer = alter, answer

    def run(self, function, *args):
        answer = function(*args)
        return self.alter(answer) if isinstance(answer, self.answer) else answer


def overwrite(offset: int, content: bytes):
    def alter(prepared):
        with prepared.path.open("r+b") as file:
            file.seek(offset, os.SEEK_SET if offset >= 0 else os.SEEK_END)
            file.write(content)
        return prepared

    return alter


def test_a_child_that_was_ended_leaves_no_file_and_an_unused_key(sign, pki, tmp_path):
    key = FakeKeySource(pki.official.key)
    with pytest.raises(ConfinedTooSlow):
        sign(confined=TooSlow(), key=key)

    assert key.uses == 0
    assert not (tmp_path / "signed.pdf").exists()


@pytest.mark.parametrize(
    "alter",
    [
        lambda prepared: replace(prepared, digest=bytes(32)),
        lambda prepared: replace(prepared, gap_start=prepared.gap_start - 2),
        lambda prepared: replace(prepared, gap_end=prepared.gap_end + 2),
        lambda prepared: replace(prepared, gap_start=10, gap_end=500),
        overwrite(1000, b"other content"),
        overwrite(-20, b"x"),
    ],
    ids=["digest", "gap start", "gap end", "gap in the original", "original altered", "revision altered"],
)
def test_the_key_signs_only_the_original_followed_by_one_revision(alter, sign, person_step, pki, tmp_path):
    # Only the library certifies: the direct way prepares no file.
    profile = replace(person_step.profile, certification=Certification.FORMS_AND_SIGNATURES)
    key = FakeKeySource(pki.official.key)
    with pytest.raises(RevisionAltered):
        sign(step=replace(person_step, profile=profile), confined=Altering(alter), key=key)

    assert key.uses == 0
    assert not (tmp_path / "signed.pdf").exists()


@pytest.mark.parametrize(
    "alter",
    [
        lambda planned: replace(planned, original_size=planned.original_size - 10),
        lambda planned: replace(planned, gap_size=planned.gap_size + 2),
        lambda planned: replace(planned, before_gap=b"other content"),
        lambda planned: replace(planned, after_gap=planned.after_gap + b"more"),
    ],
    ids=["size", "gap", "before the gap", "behind the gap"],
)
def test_the_key_signs_only_what_a_plan_says_truly(alter, sign, person_step, pki, tmp_path):
    invisible = replace(person_step, profile=replace(person_step.profile, placement=Invisible()))
    key = FakeKeySource(pki.official.key)
    with pytest.raises(RevisionAltered):
        sign(step=invisible, confined=Altering(alter, PlannedRevision), key=key)

    assert key.uses == 0
    assert not (tmp_path / "signed.pdf").exists()


@pytest.fixture
def prepared(document, tmp_path, now):
    order = PdfSignatureOrder(Invisible(), "Ai đó", now, "sha256", 2000)
    return prepare_pdf(document("chromium"), tmp_path / "prepared.pdf", order)


def test_a_prepared_revision_crosses_to_another_process_and_back(prepared, document):
    assert pickle.loads(pickle.dumps(prepared)) == prepared  # noqa: S301 - our own dataclass
    check_prepared(document("chromium"), prepared)


def test_a_cms_that_is_too_large_changes_nothing(prepared):
    before = prepared.path.read_bytes()
    with pytest.raises(SignatureDoesNotFit):
        complete_pdf(prepared, b"0" * 2001)

    assert prepared.path.read_bytes() == before
    complete_pdf(prepared, b"0" * 2000)


def test_a_revision_is_completed_once(prepared):
    complete_pdf(prepared, b"\x30\x00")

    with pytest.raises(RevisionAltered):
        complete_pdf(prepared, b"\x30\x01\x00")


def every_error() -> list[type[signing.errors.SigningError]]:
    names = [module.name for module in pkgutil.iter_modules(signing.errors.__path__, "signing.errors.")]
    classes = [one for name in names for one in vars(importlib.import_module(name)).values() if isinstance(one, type)]
    found = {one for one in classes if issubclass(one, signing.errors.SigningError)} | {signing.errors.SigningError}
    return sorted(found, key=lambda one: one.__name__)


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.__name__)
def test_every_error_has_its_own_code_and_crosses_processes(error):
    copy = pickle.loads(pickle.dumps(error("a plain fact")))  # noqa: S301 - our own error

    assert type(copy) is error
    assert str(copy) == "a plain fact"
    assert [other for other in every_error() if other.code == error.code] == [error]


def test_errors_of_key_sources_leave_the_pin_out(person_step):
    assert "pin" not in {name.lower() for name in vars(person_step)}
    assert not [e for e in every_error() if "pin=" in (e.__doc__ or "").lower()]


def test_an_algorithm_that_is_not_acceptable_today_is_refused_before_the_key_is_used(sign, authority, pki, tmp_path):
    shipped = shipped_algorithms()
    ended = parse_algorithms(b"[[key.rsa]]\nfrom_bits = 2048\nall = 2026-01-01\n")
    key = FakeKeySource(pki.official.key)

    with pytest.raises(AlgorithmNotAllowed, match=r"RSA 2048 was acceptable until 2026-01-01"):
        sign(key=key, algorithms=AlgorithmTable(shipped.digests, {**shipped.keys, **ended.keys}))

    assert (key.uses, authority.calls) == (0, 0)
    assert not (tmp_path / "signed.pdf").exists()
