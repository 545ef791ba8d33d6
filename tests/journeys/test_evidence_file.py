"""The evidence of a signed document: packed, sealed, checked by others, and refused while there is none."""

import hashlib
import json
import subprocess
import zipfile
from datetime import datetime
from pathlib import Path

from asn1crypto import cms

from gateway.db.audit import AuditFact, entry_sha256
from gateway.devpki.model import ANCHOR, SEAL, DevPki
from tests.journeys.city import City
from tests.journeys.test_steps import act, ask, person, seal


def evidence_path(request: dict, index: int = 0) -> str:
    document = request["documents"][index]["original_document_id"]
    return f"/v1/signing-requests/{request['id']}/documents/{document}/evidence"


def test_evidence_tells_who_approved_what_was_signed_and_is_sealed_by_the_unit(
    city: City, pki: DevPki, tmp_path: Path
) -> None:
    request = ask(city, person(city, needs_approval=True, signer_role="chu-tich"), seal(city)).get_json()
    act(city, request, 0, "approve", comment="Đồng ý")
    city.work()
    early = city.get(evidence_path(request))

    asked = city.post(evidence_path(request), None)
    city.work()
    answer = city.get(evidence_path(request))

    assert (early.status_code, early.get_json()["code"]) == (409, "evidence-not-ready")
    assert asked.status_code == 202, asked.get_json()
    assert answer.status_code == 200, answer.get_json()
    container = tmp_path / "evidence.asice"
    container.write_bytes(answer.data)
    with zipfile.ZipFile(container) as packed:
        names = packed.namelist()
        packed.extractall(tmp_path / "out")
    assert names[0] == "mimetype"
    assert {"original.pdf", "signed.pdf", "evidence.json", "validation.json"} <= set(names)
    record = json.loads((tmp_path / "out" / "evidence.json").read_text())
    signed = (tmp_path / "out" / "signed.pdf").read_bytes()
    assert record["revisions"][-1]["sha256"] == hashlib.sha256(signed).hexdigest()
    assert len(record["revisions"]) == 3
    assert signed.startswith((tmp_path / "out" / "original.pdf").read_bytes())
    assert [found["step"] for found in record["signatures"]] == [0, 1]
    (approval,) = record["acts"]
    assert (approval["act"], approval["actor"], approval["from_address"], approval["text"]) == (
        "approve",
        "nguyen.van.vi.du",
        "10.1.2.3",
        "Đồng ý",
    )
    assert json.loads((tmp_path / "out" / "validation.json").read_text())["overall"] == "TOTAL_PASSED"
    _assert_audit_holds(record["audit"])
    _assert_sealed(tmp_path / "out", pki)


def _assert_audit_holds(entries: list[dict]) -> None:
    assert {"signing-request.created", "signing-step.approve", "document.signed"} <= {e["action"] for e in entries}
    for entry in entries:
        moment = datetime.fromisoformat(entry["occurred_at"])
        fact = AuditFact(
            entry["unit_id"], entry["actor"], entry["action"], entry["subject_id"], moment, entry["details"]
        )
        assert entry_sha256(entry["sequence"], fact, entry["previous_sha256"]) == entry["sha256"]


def _assert_sealed(folder: Path, pki: DevPki) -> None:
    """Have openssl check the seal over the manifest, and compare each file with the manifest's digests."""
    (signature,) = (folder / "META-INF").glob("*.p7s")
    (manifest,) = (folder / "META-INF").glob("ASiCManifest*.xml")
    root = folder / "root.pem"
    command = ["openssl", "x509", "-inform", "DER", "-out", str(root)]
    subprocess.run(command, input=pki.certificate_der(ANCHOR), check=True, capture_output=True)
    files = ["-in", str(signature), "-content", str(manifest), "-CAfile", str(root), "-out", "/dev/null"]
    verify = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", *files]
    done = subprocess.run(verify, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    text = manifest.read_text()
    for name in ("original.pdf", "signed.pdf", "evidence.json", "validation.json"):
        assert f'URI="{name}"' in text
    certificates = cms.ContentInfo.load(signature.read_bytes())["content"]["certificates"]
    assert pki.certificate_der(SEAL) in [choice.chosen.dump() for choice in certificates]


def test_evidence_waits_for_a_unit_without_a_seal_and_goes_on_when_it_has_one(city: City) -> None:
    request = ask(city, person(city)).get_json()
    city.work()
    with city.services.unit_of_work() as work:
        work.certificates.hold(city.seed.certificates[SEAL], "held-by-decision", datetime.now().astimezone())
        work.commit()
    city.post(evidence_path(request), None)

    city.work()
    waiting = city.get(evidence_path(request))
    with city.services.unit_of_work() as work:
        work.certificates.release(city.seed.certificates[SEAL], "operator:test", datetime.now().astimezone())
        work.commit()
    city.later()

    assert waiting.get_json()["code"] == "evidence-not-ready"
    assert "unit-has-no-seal" in waiting.get_json()["fact"]
    assert city.get(evidence_path(request)).status_code == 200


def test_what_is_not_signed_has_no_evidence(city: City) -> None:
    request = ask(city, person(city, needs_approval=True)).get_json()
    other = {**request, "documents": [{"original_document_id": "none"}]}

    assert city.post(evidence_path(request), None).get_json()["code"] == "not-signed-yet"
    assert city.post(evidence_path(other), None).get_json()["code"] == "document-not-found"
