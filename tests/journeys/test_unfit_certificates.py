"""What does not fit is refused with its reason before its PIN is even read; what is revoked midway stops there."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from sqlalchemy import update

from certs.model import CertificateRole, Purpose
from certs.store import RevocationCacheRow
from config.secrets import Secret, SecretKinds
from gateway.blobs import Blob
from gateway.callers import add_unit
from gateway.certificate_care import refresh_revocation
from gateway.certificate_inventory import Decider, withdraw
from gateway.db.tables.documents import SignaturePictureRow
from gateway.devpki.model import OFFICIAL, SEAL
from gateway.jobs.handlers import signing
from signing.model import SignedRevision
from tests.certs.authority import Authority, Holder, running_authority
from tests.journeys.city import DECISION, City

# What the gateway knows of the certificate by itself, and what has to be found out about it by a worker.
WHEN_ASKED = {
    "of another unit": "certificate-unknown",
    "of the other role": "certificate-wrong-role",
    "kept for other profiles": "certificate-not-for-profile",
    "withdrawn": "certificate-withdrawn",
    "expired": "certificate-expired",
}
WHEN_TRIED = {
    "revoked": "certificate-revoked",
    "wrong-usage": "certificate-not-for-signing",
    "not-yet-valid": "certificate-not-yet-valid",
    "stranger": "certificate-not-trusted",
    "weak": "algorithm-refused",
    "weak-digest": "algorithm-refused",
}


@pytest.fixture
def pins_read() -> Iterator[list[str]]:
    """The places of PINs and pass phrases that are read, by whoever."""
    read: list[str] = []
    open_secret = SecretKinds.open

    def noted(self: SecretKinds, reference: str) -> Secret:
        if "/signers/" in reference:
            read.append(reference)
        return open_secret(self, reference)

    with patch.object(SecretKinds, "open", noted):
        yield read


def spoil(city: City) -> dict[str, str]:
    """Make, of good certificates, each that the gateway itself knows not to fit; returns their ids."""
    now = datetime.now(UTC)
    ids = {"expired": city.seed.certificates["expired"], "of the other role": city.seed.certificates[SEAL]}
    with city.services.unit_of_work() as work:
        other = add_unit(work, "H13.KHAC", "UBND phường Khác", "", now)
        good = work.certificates.get(city.seed.certificates[OFFICIAL])
        foreign = work.certificates.add(
            unit_id=other.id,
            label="x",
            role=CertificateRole.PERSON,
            certificate_der=good.certificate_der,
            chain_ders=(),
            key_source_uri=good.key_source_uri,
            now=now,
        )
        good.allowed_profiles = ["another"]
        ended = withdraw(work, city.seed.certificates["citizen"], None, Decider("operator", "An"), "thôi việc", now)
        ids |= {"of another unit": foreign.id, "kept for other profiles": good.id, "withdrawn": ended.id}
        work.commit()
    return ids


@pytest.mark.parametrize("format_name", ["pades", "cades", "asic-e"])
def test_whatever_does_not_fit_is_refused_by_name_and_no_pin_is_read(
    city: City, pins_read: list[str], format_name: str
) -> None:
    document = city.upload(DECISION).get_json()["id"]

    def ask(certificate_id: str) -> tuple[int, dict[str, str]]:
        step = {"profile": "person", "certificate_id": certificate_id}
        body = {"dossier_code": "HS-1", "title": "QĐ", "document_ids": [document], "steps": [step]}
        answer = city.post("/v1/signing-requests", {**body, "format": format_name})
        return answer.status_code, answer.get_json()

    unfit = spoil(city)
    refused = {name: ask(unfit[name]) for name in WHEN_ASKED}
    taken = {name: ask(city.seed.certificates[name]) for name in WHEN_TRIED}
    city.work()
    city.later()

    assert {name: body["code"] for name, (_, body) in refused.items()} == WHEN_ASKED
    assert {status for status, _ in refused.values()} == {422}
    assert all(body["title"] and body["detail"] for _, body in refused.values())
    requests = {name: city.request(body) for name, (_, body) in taken.items()}
    assert {name: request["problem_code"] for name, request in requests.items()} == WHEN_TRIED
    assert {request["state"] for request in requests.values()} == {"failed"}
    assert all(request["problem_detail"] for request in requests.values())
    assert pins_read == []


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    with running_authority(datetime.now(UTC).replace(microsecond=0)) as (made, _):
        yield made


def employ(city: City, authority: Authority, holder: Holder) -> str:
    """Trust an authority in the city, and take one of its officials in."""
    now, path = datetime.now(UTC), city.plan.folder / "revocable.p12"
    encryption = BestAvailableEncryption(b"mat khau thu")
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"k", holder.key, holder.certificate, [authority.issuing.certificate], encryption
        )
    )
    Path(f"{path}.pass").write_bytes(b"mat khau thu")
    with city.services.unit_of_work() as work:
        anchor = work.certificates.install_anchor(
            unit_id=city.seed.unit_id,
            purpose=Purpose.OFFICIAL,
            certificate_der=authority.root.der,
            installed_by="an",
            trusted_from=now - timedelta(days=400),
            now=now,
        )
        work.certificates.confirm_anchor(anchor.id, "bình", now)
        row = work.certificates.add(
            unit_id=city.seed.unit_id,
            label="x",
            role=CertificateRole.PERSON,
            certificate_der=holder.der,
            chain_ders=[authority.issuing.der],
            key_source_uri=f"pkcs12:{path}?pin-source=file:{path}.pass",
            now=now,
        )
        picture = work.session.get_one(SignaturePictureRow, city.seed.certificates[OFFICIAL]).sha256
        work.session.add(
            SignaturePictureRow(certificate_id=row.id, unit_id=city.seed.unit_id, sha256=picture, set_at=now)
        )
        work.commit()
        return row.id


def told_by_an_operator(city: City, certificate_id: str) -> None:
    refresh_revocation(city.services, datetime.now(UTC), certificate_id)


def found_by_the_next_look(city: City, certificate_id: str) -> None:
    """Let time pass until kept answers are looked for again."""
    with city.services.unit_of_work() as work:
        work.session.execute(update(RevocationCacheRow).values(fetched_at=datetime.now(UTC) - timedelta(minutes=11)))
        work.commit()


@pytest.mark.parametrize("learn", [told_by_an_operator, found_by_the_next_look])
def test_a_certificate_revoked_in_the_middle_of_a_request_signs_nothing_more(
    city: City, authority: Authority, learn: Callable[[City, str], None]
) -> None:
    holder = authority.leaf("Nguyễn Văn Ví Dụ")
    certificate_id = employ(city, authority, holder)
    documents = [city.upload(DECISION).get_json()["id"] for _ in range(3)]
    city.services.key_sources.close_all()
    sign, signed = signing.sign_kept_document, []

    def then_revoked(*arguments: object) -> tuple[SignedRevision, Blob]:
        made = sign(*arguments)  # type: ignore[arg-type]
        signed.append(made)
        if len(signed) == 1:
            authority.revoke(holder, authority.now - timedelta(minutes=6))
            learn(city, certificate_id)
        return made

    step = {"profile": "person", "certificate_id": certificate_id}
    body = {"dossier_code": "HS-1", "title": "QĐ", "document_ids": documents, "steps": [step]}
    asked = city.post("/v1/signing-requests", body)
    assert asked.status_code == 201, asked.get_json()
    with patch.object(signing, "sign_kept_document", then_revoked):
        city.work()
        city.later()

    stopped = city.request(asked.get_json())
    assert (stopped["state"], stopped["problem_code"]) == ("failed", "certificate-revoked")
    assert len(signed) == 1
    assert len(city.audited("document.signed")) == 1
