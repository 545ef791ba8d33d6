"""A certificate that may not sign stops its request before the key is used; one whose status is unknown waits."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest

from gateway.certificate_care import refresh_revocation
from gateway.devpki.model import OFFICIAL
from signing.key_sources.pkcs12 import Pkcs12KeySource
from tests.journeys.city import City, good_signatures
from tests.journeys.outages import Gate

OCSP, CRLS = "/dev/ocsp", "/dev/crls"


@pytest.fixture
def key_uses() -> Iterator[list[str]]:
    """Counts every use of a private key."""
    used: list[str] = []
    sign = Pkcs12KeySource.sign

    def counted(self: Pkcs12KeySource, *arguments: object) -> bytes:
        used.append("used")
        return sign(self, *arguments)  # type: ignore[arg-type]

    with patch.object(Pkcs12KeySource, "sign", counted):
        yield used


@pytest.mark.parametrize(
    ("signer", "code"),
    [
        ("revoked", "certificate-revoked"),
        ("wrong-usage", "certificate-not-for-signing"),
        ("not-yet-valid", "certificate-not-yet-valid"),
        ("stranger", "certificate-not-trusted"),
    ],
)
def test_a_certificate_that_may_not_sign_fails_its_request_with_the_reason_and_its_key_is_not_used(
    city: City, key_uses: list[str], signer: str, code: str
) -> None:
    request = city.ask((signer,))

    city.work()
    city.later()

    failed = city.request(request)
    assert (failed["state"], failed["problem_code"], failed["steps"][0]["state"]) == ("failed", code, "failed")
    assert failed["problem_detail"]
    assert key_uses == []
    assert [event.subject_id for event in city.events("signing-request.failed")] == [request["id"]]


def test_a_key_that_is_too_weak_fails_its_request_and_is_not_used(city: City, key_uses: list[str]) -> None:
    request = city.ask(("weak",))

    city.work()

    failed = city.request(request)
    assert failed["state"] == "failed"
    assert failed["problem_code"] == "algorithm-refused"
    assert "RSA 1024 was acceptable until 2013-12-31" in failed["problem_detail"]
    assert key_uses == []


def test_an_expired_certificate_is_refused_when_it_is_asked_for_in_both_languages(city: City) -> None:
    vietnamese, english = (city.try_to_ask(("expired",), language=language) for language in ("vi", "en"))

    assert (vietnamese.status_code, vietnamese.get_json()["code"]) == (422, "certificate-expired")
    assert vietnamese.mimetype == "application/problem+json"
    assert vietnamese.get_json()["title"] == "Chứng thư số đã hết hạn"
    assert english.get_json()["title"] == "The certificate has expired"


def test_a_certificate_that_expires_between_asking_and_signing_fails_its_request(
    city: City, key_uses: list[str]
) -> None:
    with city.services.unit_of_work() as work:
        work.certificates.get(city.seed.certificates["expired"]).valid_until = datetime.now(UTC) + timedelta(days=1)
        work.commit()
    request = city.ask(("expired",))

    city.work()

    assert city.request(request)["problem_code"] == "certificate-expired"
    assert key_uses == []


def test_an_official_who_fails_leaves_the_seal_unused(city: City, key_uses: list[str]) -> None:
    request = city.ask(("revoked", "seal"))

    city.work()

    failed = city.request(request)
    assert [step["state"] for step in failed["steps"]] == ["failed", "cancelled"]
    assert key_uses == []


def test_nobody_who_can_say_whether_it_is_revoked_makes_the_request_wait(
    city: City, gate: Gate, key_uses: list[str]
) -> None:
    gate.down = (OCSP, CRLS)
    request = city.ask()
    city.work()

    waiting = city.request(request)
    assert (waiting["state"], waiting["problem_code"]) == ("waiting", "revocation-unknown")
    assert key_uses == []

    gate.down = ()
    city.later()
    done = city.request(request)
    assert done["state"] == "completed"
    assert good_signatures(city.signed_file(done)) == 2


def test_the_crl_stands_in_where_the_ocsp_responder_is_down(city: City, gate: Gate) -> None:
    gate.down = (OCSP,)
    request = city.ask((OFFICIAL,))

    city.work()

    assert city.request(request)["state"] == "completed"


def test_a_revoked_certificate_is_found_through_the_crl_alone_too(city: City, gate: Gate, key_uses: list[str]) -> None:
    gate.down = (OCSP,)
    request = city.ask(("revoked",))

    city.work()

    assert city.request(request)["problem_code"] == "certificate-revoked"
    assert key_uses == []


def test_a_revocation_that_was_fetched_beforehand_stops_the_signature_though_nobody_answers_now(
    city: City, gate: Gate, key_uses: list[str]
) -> None:
    refresh_revocation(city.services, datetime.now(UTC), city.seed.certificates["revoked"])
    gate.down = (OCSP, CRLS)
    request = city.ask(("revoked",))

    city.work()

    failed = city.request(request)
    assert (failed["state"], failed["problem_code"]) == ("failed", "certificate-revoked")
    assert key_uses == []


def test_a_certificate_that_was_kept_for_another_profile_meanwhile_fails_its_request_before_its_key_is_used(
    city: City, key_uses: list[str]
) -> None:
    request = city.ask((OFFICIAL,))
    with city.services.unit_of_work() as work:
        work.certificates.get(city.seed.certificates[OFFICIAL]).allowed_profiles = ["another"]
        work.commit()

    city.work()

    assert city.request(request)["problem_code"] == "certificate-not-for-profile"
    assert key_uses == []


def test_responders_that_go_down_after_the_key_was_used_make_the_request_wait_and_not_fail(
    city: City, gate: Gate, key_uses: list[str]
) -> None:
    request = city.ask((OFFICIAL,))
    from gateway import signing_engine

    check = signing_engine.check_may_sign

    def then_down(*arguments: object) -> object:
        result = check(*arguments)  # type: ignore[arg-type]
        gate.down = (OCSP, CRLS)
        return result

    with patch.object(signing_engine, "check_may_sign", then_down):
        city.work()
    assert city.request(request)["state"] in {"waiting", "completed"}

    gate.down = ()
    city.later()
    assert city.request(request)["state"] == "completed"
    assert len(city.audited("document.signed")) == 1
