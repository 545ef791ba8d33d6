"""A wrong PIN is tried once, ever; a token that is gone is waited for; the same request goes through afterwards."""

import hashlib
import io
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import update

from certs.errors import KeySourceHeld
from certs.model import CertificateState
from gateway.db.tables.work import OutboxRow
from gateway.devpki.model import OFFICIAL, SEAL
from gateway.jobs.handlers import signing
from tests.journeys.city import DECISION, City, Tokens, good_signatures
from tests.journeys.paying import pay, receipts
from tests.journeys.token_workers import CountingSecrets, new_worker


def test_keys_in_tokens_sign_and_each_pin_is_read_once(token_city: City, pins: CountingSecrets) -> None:
    first, second = token_city.ask(), token_city.ask()

    token_city.work()

    assert [token_city.request(request)["state"] for request in (first, second)] == ["completed"] * 2
    assert sorted(pins.read_of.values()) == [1, 1]
    assert good_signatures(token_city.signed_file(token_city.request(first))) == 2


def test_a_batch_takes_one_login_and_a_worker_that_dies_in_it_signs_nothing_twice(
    token_city: City, pins: CountingSecrets
) -> None:
    copies = [DECISION.read_bytes() + b"\n" * number for number in range(5)]
    documents = [token_city.upload(copy).get_json()["id"] for copy in copies]
    step = {"profile": "person", "certificate_id": token_city.seed.certificates[OFFICIAL]}
    asked = {"dossier_code": "HS-5", "title": "Năm quyết định", "document_ids": documents, "steps": [step]}
    request = token_city.post("/v1/signing-requests", asked).get_json()

    keep, kept = signing._keep, []

    def dies_with_the_third_in_its_hands(*arguments: Any) -> None:
        kept.append(arguments)
        if len(kept) == 3:
            raise KeyboardInterrupt
        keep(*arguments)

    with (
        patch("gateway.jobs.handlers.signing._keep", dies_with_the_third_in_its_hands),
        pytest.raises(KeyboardInterrupt),
    ):
        token_city.work()
    assert list(pins.read_of.values()) == [1]
    assert len(token_city.audited("document.signed")) == 2

    new_worker(token_city, pins)
    with token_city.services.unit_of_work() as work:
        # The dead worker's lease has run out.
        work.session.execute(update(OutboxRow).values(leased_until=datetime(2026, 1, 1, tzinfo=UTC)))
        work.commit()
    token_city.work()

    assert token_city.request(request)["state"] == "completed"
    assert list(pins.read_of.values()) == [2]
    made = [row.details["input_sha256"] for row in token_city.audited("document.signed")]
    assert sorted(made) == sorted(hashlib.sha256(copy).hexdigest() for copy in copies)
    for number, document in enumerate(documents):
        answer = token_city.get(f"/v1/signing-requests/{request['id']}/documents/{document}/signed")
        (token_city.plan.folder / f"{number}.pdf").write_bytes(answer.data)
        assert answer.data.startswith(copies[number])
        assert good_signatures(token_city.plan.folder / f"{number}.pdf") == 1


def test_a_wrong_pin_is_tried_once_and_holds_the_key_until_it_is_released(
    token_city: City, tokens: Tokens, pins: CountingSecrets
) -> None:
    tokens.set_pin(OFFICIAL, "99999999")
    request = token_city.ask()

    token_city.work()

    waiting = token_city.request(request)
    assert (waiting["state"], waiting["problem_code"]) == ("waiting", "pin-incorrect")
    assert [step["state"] for step in waiting["steps"]] == ["held", "pending"]
    held = token_city.certificate(OFFICIAL)
    assert (held.state, held.hold_code) == ("held", "pin-incorrect")
    assert [event.subject_id for event in token_city.events("certificate.held")] == [held.id]
    assert sum(pins.read_of.values()) == 1

    # Another worker, a further round and a further request: nobody touches the PIN again.
    new_worker(token_city, pins)
    second = token_city.ask((OFFICIAL,))
    token_city.later()
    token_city.later()
    assert sum(pins.read_of.values()) == 1
    assert (token_city.request(second)["state"], token_city.request(second)["problem_code"]) == (
        "waiting",
        "key-source-held",
    )

    tokens.set_pin(OFFICIAL)
    assert token_city.release(OFFICIAL) == 2
    token_city.work()

    done = token_city.request(request)
    assert (done["state"], done["problem_code"]) == ("completed", None)
    assert token_city.request(second)["state"] == "completed"
    assert good_signatures(token_city.signed_file(done)) == 2
    assert len(token_city.audited("certificate.released")) == 1


def test_a_pin_that_stays_wrong_after_a_release_costs_one_more_try_and_no_further(
    token_city: City, tokens: Tokens, pins: CountingSecrets
) -> None:
    tokens.set_pin(OFFICIAL, "99999999")
    request = token_city.ask((OFFICIAL,))
    token_city.work()

    token_city.release(OFFICIAL)
    token_city.later()
    token_city.later()

    assert token_city.request(request)["problem_code"] == "pin-incorrect"
    assert token_city.certificate(OFFICIAL).state == CertificateState.HELD
    assert sum(pins.read_of.values()) == 2


def test_a_pin_that_is_mended_in_the_token_works_after_the_release_without_anew_worker(
    token_city: City, tokens: Tokens
) -> None:
    # The place of the PIN stays as it is; what its issuer resets is the token.
    tokens.set_pin(OFFICIAL, "99999999")
    request = token_city.ask((OFFICIAL,))
    token_city.work()
    assert token_city.request(request)["problem_code"] == "pin-incorrect"

    _reset_pin(tokens, OFFICIAL, "99999999")
    token_city.release(OFFICIAL)
    token_city.work()

    assert token_city.request(request)["state"] == "completed"


def test_a_wrong_pin_holds_every_certificate_of_the_same_token_and_one_release_frees_those_of_the_same_pin(
    token_city: City, tokens: Tokens, pins: CountingSecrets
) -> None:
    # Three keys in the official's token: two with the PIN that is wrong, one whose PIN stands elsewhere.
    token_city.use_key("expired", tokens.uri(OFFICIAL).replace("object=signing", "object=older"))
    token_city.use_key("stranger", tokens.uri(SEAL, token=OFFICIAL))
    tokens.set_pin(OFFICIAL, "99999999")
    request = token_city.ask((OFFICIAL,))

    token_city.work()

    states = {name: token_city.certificate(name).state for name in token_city.seed.certificates}
    assert {name for name, state in states.items() if state == "held"} == {OFFICIAL, "expired", "stranger"}
    assert len(token_city.audited("certificate.held")) == 3

    tokens.set_pin(OFFICIAL)
    token_city.release(OFFICIAL)
    token_city.work()

    assert token_city.request(request)["state"] == "completed"
    assert token_city.certificate("expired").state == CertificateState.ACTIVE
    assert token_city.certificate("stranger").state == CertificateState.HELD


def test_a_key_that_is_held_while_a_signature_is_being_prepared_is_not_used(
    token_city: City, pins: CountingSecrets
) -> None:
    request = token_city.ask((OFFICIAL,))
    from gateway import signing_engine

    check = signing_engine.check_may_sign

    def held_meanwhile(*arguments: object) -> object:
        result = check(*arguments)  # type: ignore[arg-type]
        with token_city.services.unit_of_work() as work:
            work.certificates.hold(token_city.seed.certificates[OFFICIAL], "pin-incorrect", datetime.now(UTC))
            work.commit()
        return result

    with patch.object(signing_engine, "check_may_sign", held_meanwhile):
        token_city.work()

    assert pins.read_of == {}
    assert token_city.request(request)["problem_code"] == "key-source-held"


def test_a_release_between_finding_the_hold_and_noting_it_leaves_no_step_behind(token_city: City) -> None:
    request = token_city.ask((OFFICIAL,))
    # The hold was found, and lifted before the worker could write that the step waits for it.
    with patch("gateway.jobs.handlers.signing.sign_kept_document", side_effect=KeySourceHeld("the key is on hold")):
        token_city.work()
    token_city.later()

    assert token_city.request(request)["state"] == "completed"


def test_a_wrong_pin_of_the_seal_holds_receipts_and_its_release_seals_them_at_once(
    token_city: City, tokens: Tokens, pins: CountingSecrets
) -> None:
    tokens.set_pin(SEAL, "99999999")
    order = pay(token_city)

    token_city.work()

    assert [receipt["state"] for receipt in receipts(token_city, order)] == ["numbered"]
    assert (token_city.certificate(SEAL).state, token_city.certificate(SEAL).hold_code) == ("held", "pin-incorrect")
    assert sum(pins.read_of.values()) == 1
    number = receipts(token_city, order)[0]["number"]

    new_worker(token_city, pins)
    token_city.later()
    token_city.later()
    assert sum(pins.read_of.values()) == 1

    tokens.set_pin(SEAL)
    token_city.release(SEAL)
    token_city.work()

    sealed = receipts(token_city, order)
    assert [(receipt["state"], receipt["number"]) for receipt in sealed] == [("sealed", number)]


def test_a_token_that_is_gone_is_waited_for(token_city: City, tokens: Tokens) -> None:
    tokens.take_away()
    request = token_city.ask()
    token_city.work()

    waiting = token_city.request(request)
    assert (waiting["state"], waiting["problem_code"]) == ("waiting", "token-absent")
    assert token_city.certificate(OFFICIAL).state == CertificateState.ACTIVE

    tokens.put_back()
    token_city.later()

    done = token_city.request(request)
    assert done["state"] == "completed"
    assert good_signatures(token_city.signed_file(done)) == 2


def test_a_token_that_is_pulled_out_between_two_signatures_is_waited_for(token_city: City, tokens: Tokens) -> None:
    first = token_city.ask()
    token_city.work()
    assert token_city.request(first)["state"] == "completed"

    tokens.take_away()
    request = token_city.ask()
    token_city.work()
    state = token_city.request(request)["state"]
    tokens.put_back()
    token_city.later()

    # SoftHSM2 may go on from its memory, where a real token could not.
    assert state in {"waiting", "completed"}
    assert token_city.request(request)["state"] == "completed"


def test_a_pin_that_cannot_be_read_is_waited_for_and_holds_nothing(token_city: City, tokens: Tokens) -> None:
    tokens.pin_file(OFFICIAL).unlink()
    request = token_city.ask((OFFICIAL,))
    token_city.work()

    assert token_city.request(request)["problem_code"] == "key-source-unavailable"
    assert token_city.certificate(OFFICIAL).state == CertificateState.ACTIVE

    tokens.set_pin(OFFICIAL)
    token_city.later()
    assert token_city.request(request)["state"] == "completed"


def test_no_pin_stands_in_any_answer_event_audit_entry_or_log(
    token_city: City, tokens: Tokens, log: io.StringIO
) -> None:
    tokens.set_pin(OFFICIAL, "87654321")
    request = token_city.ask()
    token_city.work()

    told = [str(token_city.request(request))]
    told += [str(row.details) for row in token_city.audited("certificate.held")]
    told += [str(row.data) for row in token_city.events("certificate.held")]
    assert "pin-incorrect" in log.getvalue()
    told += [log.getvalue(), (tokens.folder.parent / "gateway.db").read_bytes().decode("latin-1")]
    for text in told:
        assert "87654321" not in text


def _reset_pin(tokens: Tokens, holder: str, pin: str) -> None:
    """Give the token another PIN, as its issuer does."""
    import subprocess
    import sys

    from gateway.devpki.model import TOKEN_LABELS

    script = (
        "import sys, pkcs11\nmodule, label, old, new = sys.argv[1:]\n"
        "with pkcs11.lib(module).get_token(token_label=label).open(rw=True, user_pin=old) as session:\n"
        "    session.set_pin(old, new)\n"
    )
    arguments = [str(tokens.module), TOKEN_LABELS[holder], tokens.pins[holder], pin]
    subprocess.run([sys.executable, "-c", script, *arguments], check=True)
