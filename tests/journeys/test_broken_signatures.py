"""A PDF with a signature that does not hold: refused before a key is used, and signed for whoever asks knowingly."""

from pathlib import Path

import pytest

from gateway.devpki.model import OFFICIAL
from signing.key_sources.pkcs12 import Pkcs12KeySource
from tests.journeys.city import City
from tests.signing.judges import pdfsig_verdicts


@pytest.fixture
def broken(city: City, tmp_path: Path) -> bytes:
    """A signed decision with another byte in what was signed."""
    request = city.ask((OFFICIAL,))
    city.work()
    data = bytearray(city.signed_file(request).read_bytes())
    data[12] ^= 1
    return bytes(data)


def ask(city: City, document_id: str, **more: object):
    step = {"profile": "person", "certificate_id": city.seed.certificates[OFFICIAL], "placement": {"kind": "invisible"}}
    body = {"dossier_code": "HS-1", "title": "Quyết định", "document_ids": [document_id], "steps": [step], **more}
    return city.post("/v1/signing-requests", body)


def test_it_is_signed_only_when_asked_to(
    city: City, broken: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    document = city.upload(broken).get_json()["id"]
    with monkeypatch.context() as patch:
        patch.setattr(Pkcs12KeySource, "sign", lambda *_: pytest.fail("the key was used"))
        refused = ask(city, document).get_json()
        city.work()
    found = city.request(refused)
    assert (found["state"], found["documents"][0]["problem_code"]) == ("failed", "earlier-signature-broken")

    asked = ask(city, document, over_broken=True)
    city.work()

    assert asked.get_json()["over_broken"] is True
    assert city.request(asked.get_json())["state"] == "completed"
    assert pdfsig_verdicts(city.signed_file(asked.get_json())) == ["Digest Mismatch.", "Signature is Valid."]
