"""The inventory over the API: a key proves itself before its certificate is used, and people decide by name."""

import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.db.audit import find_faults
from gateway.db.tables.documents import DocumentRow
from gateway.services import Services
from tests.certs.authority import Authority, running_authority
from tests.gateway.api.conftest import Machine
from tests.gateway.api.inventory import body, events, key_file, moment, pem, taken_in, work_off

on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    with running_authority(moment()) as (made, _):
        yield made


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def test_a_certificate_is_held_until_its_key_has_proved_itself_and_then_takes_over(
    machine: Machine, services: Services, authority: Authority, tmp_path: Path
) -> None:
    old = taken_in(machine, services, authority, tmp_path, "cũ")
    assert (old["state"], old["self_check_code"]) == ("active", None)
    assert old["self_checked_at"]

    holder = authority.leaf("mới")
    uri = key_file(tmp_path, holder, "mới")
    request = body(authority, holder, uri, replaces=old["id"], allowed_profiles=["person"], label="Chủ tịch")
    made = machine.post("/v1/certificates", request, key="once").get_json()
    again = machine.post("/v1/certificates", request, key="once")
    assert (made["state"], made["hold_code"]) == ("held", "key-not-proved")
    assert again.get_json() == made and again.headers["Idempotent-Replayed"] == "true"
    assert machine.get(f"/v1/certificates/{old['id']}").get_json()["state"] == "active"

    work_off(services)

    new, replaced = (machine.get(f"/v1/certificates/{one}").get_json() for one in (made["id"], old["id"]))
    assert (new["state"], new["allowed_profiles"], new["label"]) == ("active", ["person"], "Chủ tịch")
    assert (replaced["state"], replaced["replaced_by"]) == ("withdrawn", new["id"])
    assert events(services, "certificate.withdrawn") == [{"replaced_by": new["id"]}]
    listed = machine.get("/v1/certificates?state=active").get_json()["items"]
    assert [item["id"] for item in listed] == [new["id"]]
    with services.unit_of_work(read_only=True) as work:
        assert list(find_faults(work.session)) == []


@on_one_database
def test_another_key_than_the_certificates_never_gets_into_use(
    machine: Machine, services: Services, authority: Authority, tmp_path: Path
) -> None:
    one, other = authority.leaf("một"), authority.leaf("hai")
    made = machine.post("/v1/certificates", body(authority, one, key_file(tmp_path, other))).get_json()
    work_off(services)

    kept = machine.get(f"/v1/certificates/{made['id']}").get_json()
    assert (kept["state"], kept["hold_code"], kept["self_check_code"]) == (
        "held",
        "key-not-proved",
        "signature-value-wrong",
    )
    assert events(services, "certificate.self-check-failed") == [{"code": "signature-value-wrong"}]
    path = f"/v1/certificates/{made['id']}"
    assert _code(machine.post(f"{path}/release", {"actor": "Bình"})) == (409, "certificate-state-conflict")

    # The operator puts the right key in its place and asks for another look.
    key_file(tmp_path, one)
    assert machine.post(f"{path}/self-check", {"actor": "Bình"}).status_code == 202
    work_off(services)
    assert machine.get(path).get_json()["state"] == "active"


@on_one_database
def test_a_persons_hold_is_lifted_by_another_person_however_the_name_is_written(
    machine: Machine, services: Services, authority: Authority, tmp_path: Path
) -> None:
    path = f"/v1/certificates/{taken_in(machine, services, authority, tmp_path, 'giữ')['id']}"
    decision = {"actor": "Nguyễn Văn An", "reason": "người ký nghỉ phép"}

    held = machine.post(f"{path}/hold", decision).get_json()
    assert (held["state"], held["hold_code"], held["held_by"]) == ("held", "held-by-decision", "Nguyễn Văn An")
    assert _code(machine.post(f"{path}/hold", decision)) == (409, "certificate-state-conflict")
    assert _code(machine.post(f"{path}/self-check", {"actor": "An"})) == (409, "certificate-state-conflict")
    for same in ("Nguyễn Văn An", "  NGUYỄN  văn an ", unicodedata.normalize("NFD", "Nguyễn Văn An")):
        refused = machine.post(f"{path}/release", {"actor": same})
        assert _code(refused) == (409, "release-needs-second-person")

    released = machine.post(f"{path}/release", {"actor": "Trần Thị Bình"}).get_json()
    assert (released["state"], released["held_by"]) == ("active", None)
    assert _code(machine.post(f"{path}/release", {"actor": "Trần Thị Bình"})) == (409, "certificate-state-conflict")
    assert machine.post(f"{path}/withdraw", decision).get_json()["state"] == "withdrawn"
    assert _code(machine.post(f"{path}/withdraw", decision)) == (409, "certificate-state-conflict")


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    (
        {"certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"},
        422,
        "certificate-unreadable",
    ),
    ({"certificate": "-----BEGIN CERTIFICATE-----\nAAA"}, 422, "certificate-unreadable"),
    ({"certificate": "no certificate"}, 422, "certificate-unreadable"),
    ({"key_source": "pkcs11:token=a;object=b?pin-value=12345678"}, 422, "key-source-uri-invalid"),
    ({"key_source": "/etc/passwd"}, 422, "key-source-uri-invalid"),
    ({"allowed_profiles": ["no-such"]}, 422, "profile-unknown"),
    ({"allowed_profiles": ["organisation"]}, 422, "certificate-wrong-role"),
    ({"replaces": "no-such"}, 404, "certificate-not-found"),
    ({"actor": "  "}, 422, "request-invalid"),
    ({"pin": "12345678"}, 422, "request-invalid"),
    ({"role": "citizen"}, 422, "request-invalid"),
]


@on_one_database
def test_what_cannot_be_taken_in_is_refused_with_its_reason_and_nothing_is_kept(
    machine: Machine, authority: Authority
) -> None:
    good = body(authority, authority.leaf("bị từ chối"), "desk:serial=5404")
    for change, status, code in REFUSED:
        answer = machine.post("/v1/certificates", {**good, **change})

        assert _code(answer) == (status, code), change
        assert "12345678" not in answer.get_data(as_text=True)
    assert machine.get("/v1/certificates").get_json()["items"] == []


@on_one_database
def test_other_units_certificates_do_not_exist_for_a_caller(
    machine: Machine, stranger: Machine, services: Services, authority: Authority, tmp_path: Path
) -> None:
    mine = taken_in(machine, services, authority, tmp_path, "của tôi")["id"]
    theirs = taken_in(stranger, services, authority, tmp_path, "của họ")["id"]
    by = {"actor": "Kẻ Lạ"}
    why = {**by, "reason": "thử"}
    for certificate_id in (mine, "no-such-id"):
        path = f"/v1/certificates/{certificate_id}"
        answers = [
            stranger.get(path),
            stranger.get(f"/v1/revocation/certificates/{certificate_id}"),
            *(stranger.post(f"{path}/{verb}", why) for verb in ("hold", "withdraw")),
            *(stranger.post(f"{path}/{verb}", by) for verb in ("release", "self-check")),
            stranger.post(f"{path}/profiles", {**by, "allowed_profiles": []}),
            stranger.post(f"/v1/revocation/certificates/{certificate_id}/refresh", by),
            stranger.post(f"/v1/certificates/{theirs}/withdraw", {**why, "replaced_by": certificate_id}),
        ]
        assert {_code(answer) for answer in answers} == {(404, "certificate-not-found")}
    assert [item["id"] for item in stranger.get("/v1/certificates").get_json()["items"]] == [theirs]
    assert [item["id"] for item in stranger.get("/v1/certificates/expiring?days=3650").get_json()["items"]] == [theirs]


@on_one_database
def test_reading_needs_one_scope_and_deciding_another(machine: Machine) -> None:
    machine.sign_in("certificates:read")

    assert machine.get("/v1/certificates").status_code == 200
    refused = machine.post("/v1/certificates/x/release", {"actor": "An"})
    assert (refused.status_code, refused.get_json()["fact"]) == (403, "the token lacks the scope certificates:write")
    assert machine.get("/v1/trust-anchors").status_code == 403


@on_one_database
def test_what_expires_is_listed_the_most_urgent_first(machine: Machine, authority: Authority) -> None:
    for days in (40, 5, 200):
        holder = authority.leaf(f"còn {days} ngày", ends=timedelta(days=days))
        machine.post("/v1/certificates", body(authority, holder, f"desk:serial={days}"))

    def listed(days: int) -> list[str]:
        found = machine.get(f"/v1/certificates/expiring?days={days}").get_json()["items"]
        return [item["holder_name"] for item in found]

    assert listed(90) == ["còn 5 ngày", "còn 40 ngày"]
    assert listed(30) == ["còn 5 ngày"]
    assert machine.get("/v1/certificates/expiring?days=-1").status_code == 422


@on_one_database
def test_lists_go_on_by_cursor_and_filter_by_role(machine: Machine, authority: Authority) -> None:
    for number in range(3):
        role = "organisation" if number == 1 else "person"
        holder = authority.leaf(f"số {number}")
        machine.post("/v1/certificates", body(authority, holder, f"desk:serial={number}", role=role))

    first = machine.get("/v1/certificates?limit=2").get_json()
    rest = machine.get(f"/v1/certificates?limit=2&cursor={first['next_cursor']}").get_json()
    assert [item["holder_name"] for item in first["items"] + rest["items"]] == ["số 2", "số 1", "số 0"]
    (seal,) = machine.get("/v1/certificates?role=organisation").get_json()["items"]
    assert (seal["holder_name"], seal["key_source"]) == ("số 1", "desk:serial=1")


@on_one_database
def test_a_profile_that_a_certificate_is_not_kept_for_and_a_key_at_a_desk_are_refused_before_anything_is_signed(
    machine: Machine, services: Services, authority: Authority, tmp_path: Path
) -> None:
    ours = taken_in(machine, services, authority, tmp_path, "máy chủ")["id"]
    holder = authority.leaf("bàn làm việc")
    at_desk = machine.post("/v1/certificates", body(authority, holder, "desk:serial=1")).get_json()
    document = machine.upload("/v1/documents", b"any bytes").get_json()
    assert at_desk["state"] == "active"
    profiles = machine.post(f"/v1/certificates/{ours}/profiles", {"actor": "An", "allowed_profiles": ["person"]})
    assert profiles.get_json()["allowed_profiles"] == ["person"]
    # Written past the API, as a release that drops a profile would leave it.
    with services.unit_of_work() as work:
        work.certificates.get(ours).allowed_profiles = ["another"]
        work.commit()

    def refused(certificate_id: str) -> tuple[int, str]:
        step = {"profile": "person", "certificate_id": certificate_id}
        request = {"dossier_code": "HS-1", "title": "QĐ", "document_ids": [document["id"]], "steps": [step]}
        with services.unit_of_work() as work:
            # Not a document worth signing; the certificate is refused before anybody looks into it again.
            work.session.get_one(DocumentRow, document["id"]).inspection = {"signable": True}
            work.commit()
        return _code(machine.post("/v1/signing-requests", request))

    assert refused(ours) == (422, "certificate-not-for-profile")
    assert refused(at_desk["id"]) == (422, "key-source-not-served-yet")
    machine.post(f"/v1/certificates/{ours}/withdraw", {"actor": "An", "reason": "đổi", "replaced_by": at_desk["id"]})
    assert refused(ours) == (422, "certificate-withdrawn")


@on_one_database
def test_an_anchor_counts_when_a_second_person_has_the_same_fingerprint(
    machine: Machine, stranger: Machine, services: Services, authority: Authority
) -> None:
    root = authority.root
    made = machine.post(
        "/v1/trust-anchors", {"purpose": "official", "certificate": pem(root), "actor": "Nguyễn Văn An"}
    ).get_json()
    path, right = f"/v1/trust-anchors/{made['id']}", made["sha256"]
    colons = ":".join(right[at : at + 2] for at in range(0, 64, 2)).upper()

    def confirm(actor: str, fingerprint: str, by: Machine = machine) -> Any:
        return by.post(f"{path}/confirm", {"actor": actor, "fingerprint": fingerprint})

    def counted() -> int:
        with services.unit_of_work(read_only=True) as work:
            return len(work.certificates.anchors(at=moment() + timedelta(seconds=2)))

    assert _code(confirm("nguyễn văn  AN", colons)) == (409, "anchor-needs-second-person")
    assert _code(confirm("Trần Thị Bình", "0" * 64)) == (422, "anchor-fingerprint-wrong")
    assert _code(confirm("Trần Thị Bình", colons, stranger)) == (404, "anchor-unknown")
    assert counted() == 0
    assert confirm("Trần Thị Bình", colons).get_json()["confirmed_by"] == "Trần Thị Bình"
    assert counted() == 1

    end = {"actor": "Nguyễn Văn An", "reason": "CA ngừng dịch vụ"}
    assert stranger.post(f"{path}/end", end).status_code == 404
    assert stranger.get("/v1/trust-anchors").get_json()["items"] == []
    assert machine.post(f"{path}/end", end).get_json()["trusted_until"]
    assert counted() == 0
    assert events(services, "anchor.ended") == [{"purpose": "official", "sha256": right}]
    assert machine.post("/v1/trust-anchors", {"purpose": "official", "certificate": "x", "actor": "A"}).get_json()[
        "code"
    ] == ("certificate-unreadable")


@on_one_database
def test_the_status_is_told_from_kept_answers_with_source_and_age_and_is_unknown_before_anybody_asked(
    machine: Machine, services: Services, authority: Authority, tmp_path: Path
) -> None:
    made = machine.post(
        "/v1/trust-anchors", {"purpose": "official", "certificate": pem(authority.root), "actor": "An"}
    ).get_json()
    machine.post(f"/v1/trust-anchors/{made['id']}/confirm", {"actor": "Bình", "fingerprint": made["sha256"]})
    with services.unit_of_work() as work:
        work.certificates.list_anchors()[0].trusted_from = moment() - timedelta(days=1)
        work.commit()
    holder = authority.leaf("hỏi trạng thái")
    row = machine.post("/v1/certificates", body(authority, holder, "desk:serial=1")).get_json()
    path = f"/v1/revocation/certificates/{row['id']}"

    before = machine.get(path).get_json()
    assert (before["status"], before["source"], before["age_seconds"]) == ("unknown", None, None)
    assert machine.get("/v1/revocation/answers").get_json()["items"] == []

    assert machine.post(f"{path}/refresh", {"actor": "An"}).status_code == 202
    work_off(services)
    good = machine.get(path).get_json()
    assert (good["status"], good["source"], good["indication"]) == ("good", "ocsp", "TOTAL_PASSED")
    assert 290 <= good["age_seconds"] < 900

    kept = machine.get("/v1/revocation/answers?limit=1").get_json()
    more = machine.get(f"/v1/revocation/answers?limit=10&cursor={kept['next_cursor']}").get_json()
    found = kept["items"] + more["items"]
    assert {item["kind"] for item in found} == {"ocsp", "crl"} and len(found) == 2
    assert all(0 <= item["age_seconds"] < 60 and item["size_bytes"] > 100 for item in found)

    authority.revoke(holder, moment() - timedelta(hours=1))
    machine.post(f"{path}/refresh", {"actor": "An"})
    work_off(services)
    bad = machine.get(path).get_json()
    assert (bad["status"], bad["sub_indication"], bad["revocation_reason"]) == (
        "revoked",
        "REVOKED_NO_POE",
        "keyCompromise",
    )
    assert bad["revoked_at"]
