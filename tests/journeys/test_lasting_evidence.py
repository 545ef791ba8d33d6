"""Documents are raised, stamped, archived and stamped again; who is silent costs time and nothing else."""

import base64
import hashlib
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from gateway.archive import release_archived
from gateway.cli import app
from gateway.db.tables.evidence import ArchivedDocumentRow
from gateway.devpki.model import ANCHOR, OFFICIAL, SEAL
from signing.model import Level
from tests.journeys.city import DECISION, DOCUMENTS, City
from tests.journeys.outages import Gate, Stamper


def signed_document(city: City, level: Level | None = None) -> str:
    """Return the id of a decision signed by the official, at the profile's level or another."""
    if level is not None:
        city.services.profiles["person"] = replace(city.services.profiles["person"], level=level)
    request = city.ask((OFFICIAL,))
    city.work()
    done = city.request(request)
    assert done["state"] == "completed", done
    return str(done["documents"][0]["current_document_id"])


def raise_document(city: City, document_id: str, level: str) -> dict[str, Any]:
    made = city.post("/v1/augmentations", {"document_id": document_id, "level": level})
    assert made.status_code == 202, made.get_json()
    city.work()
    return augmentation(city, made.get_json()["id"])


def augmentation(city: City, augmentation_id: str) -> dict[str, Any]:
    found: dict[str, Any] = city.get(f"/v1/augmentations/{augmentation_id}").get_json()
    return found


def levels(city: City, document_id: str) -> list[str]:
    made = city.post("/v1/validations", {"document_id": document_id}).get_json()
    city.work()
    report = city.get(f"/v1/validations/{made['id']}").get_json()["report"]
    assert report["overall"] == "TOTAL_PASSED"
    return [found["level"] for found in report["signatures"]]


def archived(city: City) -> list[ArchivedDocumentRow]:
    with city.services.unit_of_work(read_only=True) as work:
        return list(work.session.scalars(select(ArchivedDocumentRow)))


def make_due(city: City, until: timedelta = timedelta(days=30)) -> None:
    """Let the archive's clock reach the day of the next stamp."""
    now = datetime.now(UTC)
    with city.services.unit_of_work() as work:
        for row in work.session.scalars(select(ArchivedDocumentRow)):
            row.renew_at, row.provable_until = now - timedelta(seconds=1), now + until
        work.commit()


def test_a_signed_document_is_raised_to_each_level_as_a_new_revision(city: City) -> None:
    signed = signed_document(city)

    provable = raise_document(city, signed, "B-LT")
    lasting = raise_document(city, provable["result_document_id"], "B-LTA")

    assert (provable["state"], lasting["state"]) == ("completed", "completed")
    assert levels(city, provable["result_document_id"]) == ["PAdES-B-LT"]
    assert levels(city, lasting["result_document_id"]) == ["PAdES-B-LTA"]
    revision = city.get(f"/v1/documents/{lasting['result_document_id']}").get_json()
    assert revision["previous_id"] == provable["result_document_id"]
    assert [event.data["level"] for event in city.events("augmentation.completed")] == ["B-LT", "B-LTA"]
    assert len(city.audited("augmentation.completed")) == 2


@pytest.mark.parametrize("level", [Level.B_LT, Level.B_LTA])
def test_a_profile_at_a_lasting_level_signs_at_it(city: City, level: Level) -> None:
    document_id = signed_document(city, level)

    assert levels(city, document_id) == [f"PAdES-{level}"]
    assert [row.document_id for row in archived(city)] == ([document_id] if level is Level.B_LTA else [])


@pytest.mark.parametrize(
    ("document", "level", "code"),
    [
        (DECISION, "B-LT", "nothing-to-augment"),
        (DOCUMENTS / "quyet-dinh.encrypted-user.pdf", "B-LT", "document-encrypted"),
        (b"just text", "B-T", "format-not-augmentable"),
    ],
)
def test_what_cannot_be_raised_fails_with_its_reason(city: City, document: Path | bytes, level: str, code: str) -> None:
    uploaded = city.upload(document).get_json()["id"]

    failed = raise_document(city, uploaded, level)

    assert (failed["state"], failed["problem_code"], failed["result_document_id"]) == ("failed", code, None)
    assert [event.data["problem_code"] for event in city.events("augmentation.failed")] == [code]


def test_a_level_that_is_reached_already_fails_and_other_levels_are_refused(city: City) -> None:
    signed = signed_document(city)

    assert raise_document(city, signed, "B-T")["problem_code"] == "already-at-level"
    for body in ({"document_id": signed, "level": "B-B"}, {"document_id": signed}, {"level": "B-T"}):
        assert city.post("/v1/augmentations", body).status_code == 422
    unknown = city.post("/v1/augmentations", {"document_id": "x", "level": "B-T"})
    assert unknown.get_json()["code"] == "document-not-found"
    assert city.get("/v1/augmentations/x").get_json()["code"] == "augmentation-not-found"


def test_a_silent_authority_delays_an_augmentation_and_says_so(city: City, stamper: Stamper) -> None:
    signed = signed_document(city)
    stamper.behaviour = "out-of-order"

    waiting = raise_document(city, signed, "B-LTA")
    assert (waiting["state"], waiting["problem_code"]) == ("waiting", "timestamp-unavailable")

    stamper.behaviour = "good"
    city.later()
    done = augmentation(city, waiting["id"])
    assert (done["state"], done["problem_code"]) == ("completed", None)


def test_a_document_and_a_digest_are_stamped_and_openssl_verifies_the_tokens(
    city: City, pki: Any, tmp_path: Path
) -> None:
    uploaded = city.upload(DECISION).get_json()
    digest = hashlib.sha512(b"a file that stays where it is").hexdigest()
    asked = [
        city.post("/v1/timestamps", {"document_id": uploaded["id"]}).get_json(),
        city.post("/v1/timestamps", {"document_id": uploaded["id"], "digest_algorithm": "sha384"}).get_json(),
        city.post("/v1/timestamps", {"digest": digest.upper(), "digest_algorithm": "sha512"}).get_json(),
    ]
    assert city.get(f"/v1/timestamps/{asked[0]['id']}/token").get_json()["code"] == "timestamp-not-ready"

    city.work()

    assert asked[1]["digest"] == hashlib.sha384(DECISION.read_bytes()).hexdigest()
    for stamp, algorithm in zip(asked, ("sha256", "sha384", "sha512"), strict=True):
        done = city.get(f"/v1/timestamps/{stamp['id']}").get_json()
        token = city.get(f"/v1/timestamps/{stamp['id']}/token")
        assert done["state"] == "completed"
        assert base64.b64decode(done["token"]) == token.data
        assert token.mimetype == "application/vnd.etsi.timestamp-token"
        path = tmp_path / f"{algorithm}.tst"
        path.write_bytes(token.data)
        assert openssl_verifies(path, done["digest"], pki, tmp_path)
        assert not openssl_verifies(path, "00" * (len(done["digest"]) // 2), pki, tmp_path)
    assert len(city.events("timestamp.completed")) == 3


def openssl_verifies(token: Path, digest: str, pki: Any, folder: Path) -> bool:
    anchor, chain = folder / "anchor.der", folder / "anchor.pem"
    anchor.write_bytes(pki.certificate_der(ANCHOR))
    subprocess.run(["openssl", "x509", "-inform", "DER", "-in", anchor, "-out", chain], check=True, timeout=30)
    command = ["openssl", "ts", "-verify", "-token_in", "-in", token, "-digest", digest, "-CAfile", chain]
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"digest": "ab"},
        {"digest": "zz" * 32},
        {"digest": "00" * 32, "digest_algorithm": "sha512"},
        {"digest": "00" * 20, "digest_algorithm": "sha1"},
        {"digest": "00" * 32, "document_id": "x"},
        {"document_id": "x", "digest_algorithm": "md5"},
    ],
)
def test_what_is_no_digest_is_not_stamped(city: City, body: dict[str, str]) -> None:
    assert city.post("/v1/timestamps", body).status_code == 422


def test_an_archived_document_is_stamped_again_before_its_last_stamp_ends(city: City) -> None:
    first = signed_document(city, Level.B_LTA)
    (row,) = archived(city)
    assert row.provable_until > row.renew_at > datetime.now(UTC)
    city.later()
    assert city.events("archive.renewed") == []

    make_due(city)
    city.later()

    (renewed,) = archived(city)
    assert (renewed.id, renewed.state) == (row.id, "kept")
    assert renewed.document_id != first
    assert renewed.renew_at > datetime.now(UTC)
    assert levels(city, renewed.document_id) == ["PAdES-B-LTA"]
    assert city.get(f"/v1/documents/{renewed.document_id}").get_json()["previous_id"] == first
    assert [event.data["result_document_id"] for event in city.events("archive.renewed")] == [renewed.document_id]


def test_a_further_signature_at_b_lta_takes_the_place_of_the_earlier_revision_in_the_archive(city: City) -> None:
    city.services.profiles["person"] = replace(city.services.profiles["person"], level=Level.B_LTA)
    city.services.profiles["organisation"] = replace(city.services.profiles["organisation"], level=Level.B_LTA)
    request = city.ask((OFFICIAL, SEAL))
    city.work()

    (row,) = archived(city)
    assert row.document_id == city.request(request)["documents"][0]["current_document_id"]


def test_a_renewal_that_waits_is_told_once_and_goes_through_later(city: City, stamper: Stamper) -> None:
    signed_document(city, Level.B_LTA)
    stamper.behaviour = "out-of-order"
    make_due(city)
    for _ in range(3):
        city.later()

    (row,) = archived(city)
    assert (row.state, row.problem_code) == ("kept", "timestamp-unavailable")
    assert len(city.events("archive.delayed")) == 1

    stamper.behaviour = "good"
    city.later()
    (row,) = archived(city)
    assert (row.problem_code, len(city.events("archive.renewed"))) == (None, 1)


def test_a_renewal_that_comes_too_late_lapses_and_a_person_may_try_again(city: City, stamper: Stamper) -> None:
    signed_document(city, Level.B_LTA)
    stamper.behaviour = "out-of-order"
    make_due(city, until=timedelta(seconds=-1))
    city.later()

    (row,) = archived(city)
    assert row.state == "lapsed"
    assert [event.data["problem_code"] for event in city.events("archive.lapsed")] == ["timestamp-unavailable"]
    stamper.behaviour = "good"
    city.later()
    assert archived(city)[0].state == "lapsed"

    with city.services.unit_of_work() as work:
        release_archived(work, row.id, "operator:test", datetime.now(UTC))
        work.commit()
    city.work()
    assert archived(city)[0].state == "kept"
    assert len(city.events("archive.renewed")) == 1


def test_an_archived_document_that_cannot_be_stamped_is_held_until_a_person_releases_it(
    city: City, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    signed = signed_document(city, Level.B_LTA)
    unsigned = city.upload(DECISION).get_json()["id"]
    make_due(city)
    show(city, unsigned)
    city.later()
    (row,) = archived(city)
    assert (row.state, row.problem_code) == ("held", "nothing-to-augment")
    assert len(city.events("archive.held")) == 1

    show(city, signed)
    monkeypatch.setenv("GATEWAY_PROFILE_FILE", str(city.plan.profile))
    cli = CliRunner()
    listed = cli.invoke(app, ["archive", "list", "--state", "held"])
    released = cli.invoke(app, ["archive", "release", row.id, "--actor", "operator:1"])
    unknown = cli.invoke(app, ["archive", "release", "x", "--actor", "operator:1"])
    city.work()

    assert row.id in listed.output
    assert (released.exit_code, unknown.exit_code) == (0, 1)
    assert [entry.actor for entry in city.audited("archive.released")] == ["operator:1"]
    assert (archived(city)[0].state, len(city.events("archive.renewed"))) == ("kept", 1)


def show(city: City, document_id: str) -> None:
    with city.services.unit_of_work() as work:
        work.session.execute(update(ArchivedDocumentRow).values(document_id=document_id))
        work.commit()


def test_what_a_file_holds_already_is_not_asked_for_again(city: City, gate: Gate) -> None:
    signed = signed_document(city, Level.B_LT)
    gate.down = ("/testing",)

    assert raise_document(city, signed, "B-LTA")["state"] == "completed"
