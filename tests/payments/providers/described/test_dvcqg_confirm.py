"""CONFIRM: proved by checksum and address, compared with the order, booked once; each known mistake is a refusal."""

import json

import pytest

from payments.errors import CallbackNotAuthentic, CallbackUnreadable
from payments.model import ProviderOutcome, SettlementOutcome
from payments.money import Money
from tests.payments.makers import UNIT
from tests.payments.providers.described.conftest import PARTNER, SECRET, as_call, confirm_fields, sha256


@pytest.fixture
def started(desk, platform, lgsp_server):
    """An order of 150,000 VND with an attempt at the platform; returns the order's id and the reference."""
    page = {"MaLoi": "00", "UrlThanhToan": "https://thanhtoan.dichvucong.example/1"}
    lgsp_server.answer = lambda _: json.dumps(page).encode()
    order_id = desk.open()
    return order_id, desk.start(order_id, platform)


def test_an_honest_call_pays_the_order_once_and_its_copy_is_answered_alike(desk, platform, started):
    order_id, reference = started
    assert reference.isalnum()
    first, second = (desk.call(as_call(confirm_fields(reference)), platform) for _ in range(2))
    assert (first.outcome, second.outcome) == ("booked", "duplicate")
    assert desk.order_state(order_id) == "paid"
    assert desk.balance().balance_minor("clearing:dvcqg") == 150_000
    for settlement in (first, second):
        told = json.loads(settlement.acknowledgement.body)
        assert (told["MaLoi"], told["MaDoiTac"], told["MaThamChieu"]) == ("00", PARTNER, reference)
        assert told["MaXacThuc"] == sha256(f"00|{told['MoTaLoi']}|{PARTNER}|{reference}|{told['ThoiGianGD']}|{SECRET}")


@pytest.mark.parametrize("name", [name for name in confirm_fields("R") if name != "MaXacThuc"])
def test_any_altered_field_is_refused_and_never_ignored(desk, platform, started, name):
    order_id, reference = started
    fields = confirm_fields(reference)
    fields[name] = 149_000 if name == "SoTien" else f"{fields[name]}1"
    settlement = desk.call(as_call(fields), platform)
    assert settlement.outcome == "not-authentic"
    answer = json.loads(settlement.acknowledgement.body)
    # Nothing is signed for somebody who proved nothing.
    assert (answer["MaLoi"], answer["MaXacThuc"]) == ("99", "")
    assert desk.order_state(order_id) == "open"


@pytest.mark.parametrize("proof", [None, "", "0" * 64, "upper"])
def test_a_missing_or_wrong_checksum_is_refused(platform, proof):
    fields = confirm_fields("ABCDEFGH23456789")
    fields["MaXacThuc"] = fields["MaXacThuc"].upper() if proof == "upper" else proof
    with pytest.raises(CallbackNotAuthentic):
        platform.read_callback(as_call(fields))


@pytest.mark.parametrize("address", ["198.51.100.9", "", "not an address", "2001:db8::1"])
def test_a_call_from_another_address_is_refused_although_its_checksum_is_right(platform, address):
    with pytest.raises(CallbackNotAuthentic, match="address"):
        platform.read_callback(as_call(confirm_fields("ABCDEFGH23456789"), address))


@pytest.mark.parametrize("changed", [{"LoaiBanTin": "INIT"}, {"MaDoiTac": "OTHER"}])
def test_a_proved_message_of_another_kind_or_for_another_partner_is_refused(platform, changed):
    with pytest.raises(CallbackNotAuthentic):
        platform.read_callback(as_call(confirm_fields("ABCDEFGH23456789", **changed)))


@pytest.mark.parametrize("changed", [{"SoTien": 149_999}, {"MaTienTe": "USD"}])
def test_another_amount_or_currency_than_the_orders_books_nothing(desk, platform, started, changed):
    order_id, reference = started
    settlement = desk.call(as_call(confirm_fields(reference, **changed)), platform)
    assert settlement.outcome == "amount-mismatch"
    assert json.loads(settlement.acknowledgement.body)["MaLoi"] == "99"
    assert desk.order_state(order_id) == "open"


def test_an_unknown_reference_is_refused_by_code_in_a_signed_answer(desk, platform, started):
    settlement = desk.call(as_call(confirm_fields("ZZZZZZZZ22222222")), platform)
    told = json.loads(settlement.acknowledgement.body)
    assert (settlement.outcome, told["MaLoi"]) == ("attempt-not-found", "99")
    assert told["MaXacThuc"] == sha256(f"99|{told['MoTaLoi']}|{PARTNER}|ZZZZZZZZ22222222|{told['ThoiGianGD']}|{SECRET}")
    assert settlement.acknowledgement.status == 200


def test_a_dossiers_code_is_no_reference(desk, platform, started):
    """One integration looks for the dossier when the reference is unknown; a payment then lands on a guess."""
    order_id, _ = started
    settlement = desk.call(as_call(confirm_fields("000.00.15.H13-261123-0001")), platform)
    assert settlement.outcome == "attempt-not-found"
    assert desk.order_state(order_id) == "open"


def test_a_code_other_than_paid_is_asked_about_and_never_a_success(desk, platform, started):
    order_id, reference = started
    assert desk.call(as_call(confirm_fields(reference, MaLoi="07", MaGiaoDich="")), platform).outcome == "unknown-noted"
    assert desk.attempt_states(order_id) == ["unknown"]


def test_a_number_is_hashed_as_it_was_written(platform):
    fields = confirm_fields("ABCDEFGH23456789", amount=150_000.0)
    assert b"150000.0" in as_call(fields).body
    assert platform.read_callback(as_call(fields)).amount == Money(150_000)


@pytest.mark.parametrize("amount", [150_000.5, 0, -150_000, "1e5", "", "150 000", 10**16])
def test_an_amount_that_is_no_whole_dong_is_not_guessed(platform, amount):
    fields = confirm_fields("ABCDEFGH23456789", amount=amount)
    with pytest.raises(CallbackUnreadable):
        platform.read_callback(as_call(fields))


@pytest.mark.parametrize("changed", [{"ThoiGianGD": "20261323150500"}, {"ThoiGianGD": "2026"}, {"MaGiaoDich": ""}])
def test_a_proved_call_with_a_malformed_field_is_unreadable(platform, changed):
    with pytest.raises(CallbackUnreadable):
        platform.read_callback(as_call(confirm_fields("ABCDEFGH23456789", **changed)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff{}",
        b"[" * 60_000,
        b'{"MaLoi": NaN}',
        b'{"MaLoi": "00", "MaLoi": "00"}',
        b'{"a": {"b": 1}, "a.b": 2}',
        b" " * 70_000,
    ],
)
def test_what_is_no_message_proves_nothing_and_is_answered(desk, platform, body):
    call = as_call({})
    settlement = desk.call(type(call)("POST", b"", body, client_address=call.client_address), platform)
    assert settlement.outcome == "not-authentic"
    assert json.loads(settlement.acknowledgement.body)["MaLoi"] == "99"


def test_our_own_fault_makes_the_platform_call_again_and_needs_no_secret(platform, monkeypatch):
    monkeypatch.delenv("DVCQG_SECRET")
    told = platform.acknowledgement(SettlementOutcome.OUR_FAULT, as_call(confirm_fields("ABCDEFGH23456789")))
    assert (told.status, told.code) == (503, "99")


def test_an_afternoon_hour_is_read_on_a_24_hour_clock(platform):
    event = platform.read_callback(as_call(confirm_fields("ABCDEFGH23456789", ThoiGianGD="20261123150500")))
    assert event.paid_at.isoformat() == "2026-11-23T08:05:00+00:00"
    assert event.outcome is ProviderOutcome.SUCCEEDED
    assert not event.needs_query


def test_the_unit_of_the_test_holds(desk, platform, started):
    _, reference = started
    desk.call(as_call(confirm_fields(reference)), platform)
    with desk.open_store() as store:
        assert list(store.books.differences(UNIT)) == []
