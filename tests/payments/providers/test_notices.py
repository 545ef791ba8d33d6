"""Casso's and SePay's notices: proven ones name a transfer or nothing, all others are refused."""

import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from config.settings import SepaySettings
from payments.errors import CallbackNotAuthentic, CallbackUnreadable, PaymentNotPossible, ProviderUnavailable
from payments.model import BankTransfer, CallbackCall, NothingToSettle, SettlementOutcome
from payments.money import Money
from payments.providers.casso.callback import proof_of
from payments.providers.registry import ProviderRegistry
from payments.providers.sepay.provider import sepay_from_settings
from payments.providers.vietqr.reference import reference_of
from tests.payments.providers.notice_makers import (
    ACCOUNT,
    AT,
    KEY,
    NoticeSecrets,
    casso,
    casso_call,
    casso_data,
    sepay,
    sepay_call,
    sepay_data,
    signed_sepay_call,
    signing_sepay,
)
from tests.payments.providers.payos_makers import payos

REFERENCE = reference_of("ABCDEFGH2")
TEXT = f"MBVCB.3278907687.{REFERENCE.lower()} CT tu 0071000 NGUYEN VAN A"
EACH = [
    pytest.param(casso, casso_data, casso_call, id="casso"),
    pytest.param(sepay, sepay_data, sepay_call, id="sepay"),
    pytest.param(signing_sepay, sepay_data, signed_sepay_call, id="signing-sepay"),
]


def test_cassos_published_proof_comes_out(corpus):
    lines = (corpus / "psp" / "vectors.jsonl").read_text(encoding="utf-8").splitlines()
    (vector,) = [vector for vector in map(json.loads, lines) if vector["psp"] == "Casso"]
    assert proof_of(vector["input"], "1727948258788", vector["secret"]) == vector["expected"]


@pytest.mark.parametrize(("provider", "data", "call"), EACH)
def test_a_credit_names_its_order(provider, data, call):
    found = provider().read_callback(call(data(TEXT)))
    assert isinstance(found, BankTransfer)
    assert (found.transfer_reference, found.account_number, found.amount) == (REFERENCE, ACCOUNT, Money(150_000))
    assert found.received_at == datetime(2026, 11, 23, 3, 1, 30, tzinfo=UTC)
    assert found.provider == provider().name
    assert found.key in {"7700001", "92704"}
    assert found.bank_reference in {"FT26327001", "MBVCB.3278907687"}


@pytest.mark.parametrize(("provider", "data", "call"), EACH)
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("chuyen tien", "no order"),
        ("", "no order"),
        (REFERENCE[:5] + ("2" if REFERENCE[5] != "2" else "3") + REFERENCE[6:], f"would be {REFERENCE}"),
        (f"{REFERENCE} {reference_of('222222223')}", "several orders"),
    ],
)
def test_a_text_that_names_no_order_for_sure_settles_nothing(provider, data, call, text, reason):
    found = provider().read_callback(call(data(text)))
    assert isinstance(found, NothingToSettle)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("provider", "call"),
    [
        (casso, casso_call(casso_data(TEXT, -150_000))),
        (casso, casso_call(casso_data(TEXT, 0))),
        (casso, casso_call(None)),
        (casso, casso_call([])),
        (sepay, sepay_call(sepay_data(TEXT, transferType="out"))),
        (sepay, sepay_call(sepay_data(TEXT, transferType="IN"))),
    ],
)
def test_only_money_that_came_in_counts(provider, call):
    assert isinstance(provider().read_callback(call), NothingToSettle)


@pytest.mark.parametrize(("provider", "data", "call"), EACH)
@pytest.mark.parametrize("amount", [1.5, "150000", None, True, 2**60])
def test_an_amount_that_is_no_whole_number_is_refused(provider, data, call, amount):
    if amount == 2**60 and provider is casso:
        pytest.skip("JavaScript cannot write this number, so Casso cannot sign it")
    with pytest.raises(CallbackUnreadable):
        provider().read_callback(call(data(TEXT, amount)))


@pytest.mark.parametrize(
    ("provider", "call"),
    [
        *(
            (casso, casso_call(casso_data(TEXT, **changed)))
            for changed in ({"id": None}, {"id": "x" * 41}, {"id": 1.5})
        ),
        (casso, casso_call(casso_data(TEXT, transactionDateTime="soon"))),
        (casso, casso_call(casso_data(TEXT, accountNumber=5))),
        (casso, casso_call({"id": 1})),
        *((sepay, sepay_call(sepay_data(TEXT, **changed))) for changed in ({"id": ""}, {"content": 5})),
        (sepay, sepay_call(sepay_data(TEXT, transactionDate="23/11/2026"))),
        (sepay, sepay_call(sepay_data(TEXT, 0))),
        (sepay, sepay_call([])),
        (sepay, sepay_call({})),
    ],
)
def test_a_proven_notice_with_a_field_that_cannot_be_read_is_refused(provider, call):
    with pytest.raises(CallbackUnreadable):
        provider().read_callback(call)


def test_every_altered_field_breaks_cassos_proof():
    honest = casso_call(casso_data(TEXT))
    for name, value in casso_data(TEXT).items():
        told = {"error": 0, "data": {**casso_data(TEXT), name: value + 1 if isinstance(value, int) else f"{value}1"}}
        with pytest.raises(CallbackNotAuthentic):
            casso().read_callback(replace(honest, body=json.dumps(told).encode()))


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24])
def test_a_notice_of_another_time_is_not_believed(minutes):
    with pytest.raises(CallbackNotAuthentic, match="another time"):
        casso().read_callback(casso_call(casso_data(TEXT), sent_at=AT - timedelta(minutes=minutes)))


def test_a_call_whose_time_nobody_knows_is_not_believed():
    with pytest.raises(CallbackNotAuthentic):
        casso().read_callback(casso_call(casso_data(TEXT), received_at=None))


def test_the_signed_time_cannot_be_moved():
    honest = casso_call(casso_data(TEXT), sent_at=AT - timedelta(hours=1))
    old, proof = honest.headers["x-casso-signature"].split(",")
    moved = f"t={int(old[2:]) + 3_600_000},{proof}"
    with pytest.raises(CallbackNotAuthentic, match="wrong"):
        casso().read_callback(replace(honest, headers={"x-casso-signature": moved}))


@pytest.mark.parametrize(
    "header",
    ["", "t=1", "v1=00", "t=1,v1=zz", f"t=,v1={'0' * 128}", f"t={'9' * 40},v1={'0' * 128}", f"t=1,v1={'0' * 128}", "é"],
)
def test_a_malformed_signature_proves_nothing(header):
    with pytest.raises(CallbackNotAuthentic):
        casso().read_callback(replace(casso_call(casso_data(TEXT)), headers={"x-casso-signature": header}))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"\xff", b'{"a":1,"a":1}', b"[" * 50_000, b'{"a":' * 700 + b"1" + b"}" * 700]
)
def test_what_is_no_json_proves_nothing(body):
    with pytest.raises(CallbackNotAuthentic):
        casso().read_callback(replace(casso_call(casso_data(TEXT)), body=body))


@pytest.mark.parametrize("key", [None, "", "another", KEY.upper()])
def test_another_api_key_proves_nothing(key):
    with pytest.raises(CallbackNotAuthentic):
        sepay().read_callback(sepay_call(sepay_data(TEXT), key))


def test_the_api_key_itself_in_place_of_its_digest_proves_nothing():
    call = CallbackCall("POST", b"", json.dumps(sepay_data(TEXT)).encode(), {"authorization": f"Apikey {KEY}"})
    with pytest.raises(CallbackNotAuthentic):
        sepay().read_callback(call)


@pytest.mark.parametrize(("provider", "data", "call"), EACH)
def test_a_bank_that_gives_no_reference_or_a_long_one_still_has_one(provider, data, call):
    name = "reference" if provider is casso else "referenceCode"
    without = provider().read_callback(call(data(TEXT, **{name: None})))
    assert without.bank_reference == without.notice
    first, second = (provider().read_callback(call(data(TEXT, **{name: "F" * 60 + end}))) for end in "12")
    assert len(first.bank_reference) == 40
    assert first.bank_reference != second.bank_reference


@pytest.mark.parametrize(("provider", "data", "call"), EACH)
@pytest.mark.parametrize("outcome", SettlementOutcome)
def test_every_outcome_is_answered_and_only_what_another_try_may_mend_is_refused(provider, data, call, outcome):
    answer = provider().acknowledgement(outcome, call(data(TEXT)))
    taken = outcome not in {"not-authentic", "unreadable", "our-fault"}
    assert (answer.status == 200) == taken
    told = json.loads(answer.body)
    assert (told["error"] == 0) is taken if provider is casso else told["success"] is taken


@pytest.mark.parametrize("provider", [casso, sepay])
def test_no_payer_can_choose_what_only_tells(provider):
    registry = ProviderRegistry([payos(), provider()])
    assert [each.name for each in registry.payable] == ["payos"]
    with pytest.raises(PaymentNotPossible):
        provider().new_reference(AT)
    with pytest.raises(ProviderUnavailable):
        provider().query(None, AT)
    assert KEY not in repr(vars(provider()))


def test_sepays_signature_is_what_openssl_makes_of_time_and_body(tmp_path):
    body = json.dumps(sepay_data(TEXT), ensure_ascii=False).encode()
    stamp = str(int(AT.timestamp()))
    (tmp_path / "signed").write_bytes(f"{stamp}.".encode() + body)
    command = ["openssl", "dgst", "-sha256", "-hmac", KEY, str(tmp_path / "signed")]
    proof = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout.split()[-1]
    headers = {"x-sepay-signature": f"sha256={proof}", "x-sepay-timestamp": stamp}
    told = signing_sepay().read_callback(CallbackCall("POST", b"", body, headers, received_at=AT))
    assert (told.amount.amount_minor, told.notice) == (150_000, "92704")


SIGNED = signed_sepay_call(sepay_data(TEXT))


@pytest.mark.parametrize(
    "call",
    [
        replace(SIGNED, body=SIGNED.body + b" "),
        replace(SIGNED, body=SIGNED.body.replace(b"150000", b"950000")),
        replace(SIGNED, body=b""),
        replace(SIGNED, headers={}),
        replace(SIGNED, headers={**SIGNED.headers, "x-sepay-timestamp": str(int(AT.timestamp()) + 1)}),
        replace(SIGNED, headers={**SIGNED.headers, "x-sepay-timestamp": ""}),
        replace(SIGNED, headers={**SIGNED.headers, "x-sepay-timestamp": "-1"}),
        replace(SIGNED, headers={**SIGNED.headers, "x-sepay-timestamp": "9" * 40}),
        replace(SIGNED, headers={**SIGNED.headers, "x-sepay-signature": SIGNED.headers["x-sepay-signature"][7:]}),
        replace(SIGNED, headers={**SIGNED.headers, "x-sepay-signature": "sha256="}),
        replace(SIGNED, headers={**SIGNED.headers, "x-sepay-signature": "é"}),
        signed_sepay_call(sepay_data(TEXT), key="another"),
        signed_sepay_call(sepay_data(TEXT), received_at=None),
        signed_sepay_call(sepay_data(TEXT), sent_at=AT - timedelta(minutes=6)),
        signed_sepay_call(sepay_data(TEXT), sent_at=AT + timedelta(minutes=6)),
        sepay_call(sepay_data(TEXT)),
    ],
)
def test_what_sepay_did_not_sign_just_now_is_not_believed(call):
    with pytest.raises(CallbackNotAuthentic):
        signing_sepay().read_callback(call)


def test_a_signature_does_not_stand_for_an_api_key():
    with pytest.raises(CallbackNotAuthentic):
        sepay().read_callback(SIGNED)


@pytest.mark.parametrize("given", [{}, {"api_key": "env:A", "signing_key": "env:B"}])
def test_sepay_is_set_up_with_one_proof(given):
    with pytest.raises(ValidationError, match="either signing_key or api_key"):
        SepaySettings(**given)


def test_the_settings_choose_the_proof():
    made = (
        sepay_from_settings(SimpleNamespace(sepay=SepaySettings(**given)), NoticeSecrets())
        for given in ({"api_key": "env:KEY"}, {"signing_key": "env:KEY"})
    )
    by_key, by_signature = made
    assert by_key.read_callback(sepay_call(sepay_data(TEXT))).amount.amount_minor == 150_000
    assert by_signature.read_callback(SIGNED).amount.amount_minor == 150_000
    assert (by_key.secret_headers, by_signature.secret_headers) == ({"authorization"}, frozenset())
