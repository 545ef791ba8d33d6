"""VNPAY's calls over HTTP: the honest one books once; every other one changes nothing and is answered in its codes."""

import hashlib
import hmac
import threading
from urllib.parse import parse_qsl, quote_plus, urlsplit

import pytest
from flask import Flask

from gateway.services import Services
from payments.store.tables import ProviderCallbackRow
from tests.gateway.api.conftest import Machine
from tests.gateway.api.test_idempotency import ORDER

SECRET = b"a provider secret for tests only"


def _signed(fields: dict[str, str], secret: bytes = SECRET) -> str:
    """Sign as VNPAY does; written here from the protocol's description, not from the adapter."""
    query = "&".join(f"{quote_plus(key)}={quote_plus(fields[key])}" for key in sorted(fields) if fields[key])
    return f"{query}&vnp_SecureHash={hmac.new(secret, query.encode(), hashlib.sha512).hexdigest()}"


@pytest.fixture
def order(machine: Machine) -> dict[str, str]:
    made: dict[str, str] = machine.post("/v1/fee-orders", ORDER).get_json()
    return made


@pytest.fixture
def fields(machine: Machine, order: dict[str, str]) -> dict[str, str]:
    """What VNPAY would say of a successful payment of the order."""
    started = machine.post(f"/v1/fee-orders/{order['id']}/attempts", {"provider": "vnpay"}).get_json()
    sent = dict(parse_qsl(urlsplit(started["redirect_url"]).query))
    return {
        "vnp_Amount": sent["vnp_Amount"],
        "vnp_BankCode": "NCB",
        "vnp_OrderInfo": sent["vnp_OrderInfo"],
        "vnp_PayDate": "20261124080000",
        "vnp_ResponseCode": "00",
        "vnp_TmnCode": sent["vnp_TmnCode"],
        "vnp_TransactionNo": "14422574",
        "vnp_TransactionStatus": "00",
        "vnp_TxnRef": sent["vnp_TxnRef"],
    }


def _state(machine: Machine, order: dict[str, str]) -> str:
    return str(machine.get(f"/v1/fee-orders/{order['id']}").get_json()["state"])


def _paid_entries(machine: Machine) -> int:
    entries = machine.get("/v1/ledger/entries").get_json()["items"]
    return sum(entry["kind"] == "order-paid" for entry in entries)


def test_our_redirect_carries_a_signature_that_vnpay_would_accept(machine: Machine, order: dict[str, str]) -> None:
    started = machine.post(f"/v1/fee-orders/{order['id']}/attempts", {"provider": "vnpay"}).get_json()

    query = urlsplit(started["redirect_url"]).query
    sent = dict(parse_qsl(query))
    given = sent.pop("vnp_SecureHash")
    assert _signed(sent).endswith(given)
    assert sent["vnp_Amount"] == "5000000"


def test_an_honest_call_books_once_and_its_replay_changes_nothing(
    app: Flask, machine: Machine, order: dict[str, str], fields: dict[str, str]
) -> None:
    query = _signed(fields)

    answers = [app.test_client().get(f"/callbacks/vnpay?{query}").get_json() for _ in range(2)]

    assert [answer["RspCode"] for answer in answers] == ["00", "02"]
    assert _state(machine, order) == "paid"
    assert _paid_entries(machine) == 1
    assert machine.get("/v1/ledger/trial-balance").get_json()["holds"] is True


def test_fifty_copies_at_once_book_once(
    app: Flask, machine: Machine, order: dict[str, str], fields: dict[str, str]
) -> None:
    query = _signed(fields)
    codes: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: codes.append(app.test_client().get(f"/callbacks/vnpay?{query}").get_json()["RspCode"])
        )
        for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == ["00"] + ["02"] * 49
    assert _paid_entries(machine) == 1


@pytest.mark.parametrize("name", ["vnp_Amount", "vnp_ResponseCode", "vnp_TransactionNo", "vnp_TxnRef", "vnp_TmnCode"])
def test_every_field_altered_after_signing_is_a_bad_checksum(
    app: Flask, machine: Machine, order: dict[str, str], fields: dict[str, str], name: str
) -> None:
    query = _signed(fields).replace(f"{name}={fields[name]}", f"{name}={fields[name]}1")

    assert app.test_client().get(f"/callbacks/vnpay?{query}").get_json()["RspCode"] == "97"
    assert _state(machine, order) == "open"


@pytest.mark.parametrize(
    ("change", "code"),
    [({"vnp_Amount": "5000100"}, "04"), ({"vnp_TxnRef": "NOSUCHREFERENCE2"}, "01")],
)
def test_a_signed_call_about_other_money_or_another_order_changes_nothing(
    app: Flask, machine: Machine, order: dict[str, str], fields: dict[str, str], change: dict[str, str], code: str
) -> None:
    answer = app.test_client().get(f"/callbacks/vnpay?{_signed({**fields, **change})}")

    assert answer.get_json()["RspCode"] == code
    assert (_state(machine, order), _paid_entries(machine)) == ("open", 0)


def test_a_call_without_a_hash_or_with_a_strangers_is_refused_but_kept_byte_for_byte(
    app: Flask, machine: Machine, order: dict[str, str], fields: dict[str, str], services: Services
) -> None:
    bare = _signed(fields).rpartition("&vnp_SecureHash=")[0]
    forged = _signed(fields, b"another secret")

    codes = [app.test_client().get(f"/callbacks/vnpay?{query}").get_json()["RspCode"] for query in (bare, forged)]

    assert codes == ["97", "97"]
    with services.unit_of_work(read_only=True) as work:
        kept = [row.query for row in work.session.query(ProviderCallbackRow).order_by(ProviderCallbackRow.id)]
    assert kept == [bare.encode(), forged.encode()]
    assert _state(machine, order) == "open"


def test_a_failed_payment_is_noted_and_the_order_stays_open(
    app: Flask, machine: Machine, order: dict[str, str], fields: dict[str, str]
) -> None:
    failed = {**fields, "vnp_ResponseCode": "24", "vnp_TransactionStatus": "02", "vnp_TransactionNo": "0"}

    answer = app.test_client().get(f"/callbacks/vnpay?{_signed(failed)}")

    assert answer.get_json()["RspCode"] == "00"
    found = machine.get(f"/v1/fee-orders/{order['id']}").get_json()
    assert (found["state"], found["attempts"][0]["state"]) == ("open", "failed")


def test_a_payment_after_cancelling_goes_to_suspense_and_never_to_income(
    app: Flask, machine: Machine, order: dict[str, str], fields: dict[str, str]
) -> None:
    machine.post(f"/v1/fee-orders/{order['id']}/cancel", {"reason": "Người dân rút hồ sơ"})

    answer = app.test_client().get(f"/callbacks/vnpay?{_signed(fields)}")

    assert answer.get_json()["RspCode"] == "00"
    balances = {
        row["account"].split(":")[0]: row["balance_minor"]
        for row in machine.get("/v1/ledger/trial-balance").get_json()["accounts"]
    }
    assert balances["suspense"] == -50000
    assert "income" not in balances
    assert _state(machine, order) == "cancelled"


@pytest.mark.parametrize("query", ["", "%", "a=b", "vnp_Amount=1", "vnp_SecureHash=", "vnp_SecureHash=%00", "x" * 5000])
def test_nonsense_is_answered_in_vnpays_words(app: Flask, machine: Machine, query: str) -> None:
    answer = app.test_client().get(f"/callbacks/vnpay?{query}")

    assert (answer.status_code, answer.get_json()["RspCode"]) == (200, "97")
