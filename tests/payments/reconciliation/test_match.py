"""Which movements are which payments, and what every other difference is called."""

import random
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.reconciliation.model import MatchRule, ProposalKind
from tests.payments.reconciliation.makers import DAY, PAID_AT, booked, detail, kinds, matched, pairs, payment, reference


def test_the_payment_the_unknown_credit_and_the_missing_payment_are_one_match_and_two_breaks():
    entries = [booked("e1", 150_000, f"NGUYEN VAN A nop phi {reference(1)}"), booked("e2", 77_000, "CHUYEN TIEN")]

    found = matched(entries, [payment(1), payment(2, 30_000)])

    assert pairs(found) == {("e1", 0, "payment-1")}
    assert kinds(found) == {"e2": "unknown-credit", "payment-2": "missing-in-statement"}
    unknown, missing = found.breaks
    assert unknown.vi == (
        "Khoản ghi có 77.000 đồng ngày 23/11/2026 không mang mã tham chiếu nào của hệ thống, nội dung: “CHUYEN TIEN”."
    )
    assert unknown.en == "The credit of VND 77,000 of 2026-11-23 carries no reference of ours, text: “CHUYEN TIEN”."
    assert missing.vi == (
        f"Khoản thanh toán 30.000 đồng của hồ sơ H13-0002 (mã {reference(2)}), ghi nhận ngày 23/11/2026,"
        " chưa thấy trong sao kê ngân hàng."
    )
    assert missing.en.endswith("booked on 2026-11-23, is not in the bank's statement.")
    assert (missing.difference_minor, missing.age_days, unknown.age_days) == (-30_000, 2, 2)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "MBVCB.123456.{}.CT tu 001 NGUYEN VAN A toi 002",
        "{lower}",
        "{spaced}",
        "nop phi{}ho so",
        "IBFT {dashed} ND khac",
    ],
)
def test_a_reference_is_found_in_what_banks_make_of_it(text):
    code = reference(1)
    text = text.format(code, lower=code.lower(), spaced=" ".join(code), dashed=f"{code[:5]}-{code[5:]}")

    assert pairs(matched([booked("e1", 150_000, text)], [payment(1)])) == {("e1", 0, "payment-1")}


def test_a_reference_that_the_bank_cut_in_two_texts_is_found():
    code = reference(1)
    entry = booked("e1", 150_000, "x")
    halves = replace(entry.entry, texts=(f"NGUYEN VAN A {code[:6]}", f"{code[6:]} NOP PHI"))

    assert pairs(matched([replace(entry, entry=halves)], [payment(1)])) == {("e1", 0, "payment-1")}


@pytest.mark.parametrize(
    ("references", "text"), [(("14422574",), ""), ((), "VNPAY TT GD 14422574 23/11"), (("vn 1442 2574",), "")]
)
def test_a_providers_transaction_is_recognised_as_a_whole_word(references, text):
    expected = [payment(1, transaction="14422574" if references != ("vn 1442 2574",) else "VN14422574")]

    found = matched([booked("e1", 150_000, text, references=references)], expected)

    assert [match.rule for match in found.matches] == [MatchRule.PROVIDER_TRANSACTION]


@pytest.mark.parametrize("text", ["GD 144225740", "GD 1442257", "GD X14422574", ""])
def test_part_of_a_providers_transaction_is_not_the_transaction(text):
    assert not matched([booked("e1", 150_000, text)], [payment(1, transaction="14422574")]).matches


def test_a_short_providers_number_is_never_found_by_chance():
    assert not matched([booked("e1", 150_000, "NOP 12345 DONG")], [payment(1, transaction="12345")]).matches


def test_the_same_amount_without_a_reference_is_proposed_and_not_matched():
    found = matched([booked("e1", 150_000, "NOP PHI")], [payment(1)])

    assert not found.matches
    assert kinds(found) == {"e1": "unknown-credit", "payment-1": "missing-in-statement"}
    (proposal,) = found.breaks[0].proposals
    assert (proposal.kind, proposal.payment_ids) == (ProposalKind.SAME_AMOUNT, ("payment-1",))


def test_a_reference_with_one_wrong_character_is_proposed_and_not_matched():
    code = reference(1)
    wrong = code[:6] + ("2" if code[6] != "2" else "3") + code[7:]

    found = matched([booked("e1", 150_000, wrong)], [payment(1), payment(2)])

    assert not found.matches
    assert found.breaks[0].proposals[0].kind is ProposalKind.REFERENCE_MISTYPED
    assert found.breaks[0].proposals[0].payment_ids == ("payment-1",)


def test_a_reference_of_ours_that_nobody_awaits_is_named():
    found = matched([booked("e1", 150_000, reference(7))], [])

    assert reference(7) in found.breaks[0].vi
    assert "no payment with it is awaited" in found.breaks[0].en


@pytest.mark.parametrize(
    ("amount", "difference", "word"), [(149_999, -1, "thiếu 1 đồng"), (200_000, 50_000, "thừa 50.000 đồng")]
)
def test_another_amount_is_a_break_and_the_payment_is_not_missing_besides(amount, difference, word):
    found = matched([booked("e1", amount, reference(1))], [payment(1)])

    assert not found.matches
    assert kinds(found) == {"e1": "amount-differs"}
    assert found.breaks[0].difference_minor == difference
    assert word in found.breaks[0].vi


def test_another_currency_is_a_break():
    found = matched([booked("e1", 150_000, reference(1), currency="USD")], [payment(1)])

    assert kinds(found) == {"e1": "amount-differs"}
    assert found.breaks[0].en.endswith("but in another currency.")


def test_a_second_credit_for_one_payment_is_a_duplicate_whatever_its_amount():
    entries = [
        booked("e1", 150_000, reference(1)),
        booked("e2", 150_000, reference(1), days=1),
        booked("e3", 10_000, reference(1)),
    ]

    found = matched(entries, [payment(1)])

    assert pairs(found) == {("e1", 0, "payment-1")}
    assert kinds(found) == {"e2": "duplicate-credit", "e3": "duplicate-credit"}


def test_a_payment_settled_before_is_not_matched_again():
    settled = {("e0", 0): "payment-1"}

    found = matched([booked("e1", 150_000, reference(1))], [payment(1)], settled=settled)

    assert not found.matches
    assert kinds(found) == {"e1": "duplicate-credit"}


def test_a_movement_settled_before_is_left_alone():
    found = matched([booked("e1", 150_000, reference(1))], [payment(1)], settled={("e1", 0): "payment-1"})

    assert not found.matches
    assert not found.breaks


def test_two_credits_that_pay_one_order_together_are_proposed():
    entries = [booked("e1", 100_000, reference(1)), booked("e2", 50_000, reference(1))]

    found = matched(entries, [payment(1)])

    assert not found.matches
    assert kinds(found) == {"e1": "amount-differs", "e2": "amount-differs"}
    (proposal,) = found.breaks[0].proposals
    assert proposal.kind is ProposalKind.SUM_OF_CREDITS
    assert set(proposal.movements) == {("e1", 0), ("e2", 0)}


def test_one_credit_that_names_two_payments_is_proposed_for_both():
    entries = [booked("e1", 180_000, f"{reference(1)} {reference(2)}")]

    found = matched(entries, [payment(1), payment(2, 30_000)])

    assert not found.matches
    assert kinds(found) == {"e1": "several-payments"}
    assert found.breaks[0].proposals[0].payment_ids == ("payment-1", "payment-2")
    assert "H13-0001, H13-0002" in found.breaks[0].vi


def test_one_credit_that_names_two_payments_and_pays_neither_leaves_both_missing():
    found = matched([booked("e1", 100, f"{reference(1)} {reference(2)}")], [payment(1), payment(2)])

    assert kinds(found) == {
        "e1": "several-payments",
        "payment-1": "missing-in-statement",
        "payment-2": "missing-in-statement",
    }


def test_a_days_payments_paid_out_in_one_sum_are_proposed():
    found = matched([booked("e1", 330_000, "VNPAY SETTLEMENT", days=1)], [payment(1), payment(2), payment(3, 30_000)])

    (proposal,) = next(each for each in found.breaks if each.movement).proposals
    assert (proposal.kind, len(proposal.payment_ids)) == (ProposalKind.SUM_OF_DAY, 3)


def test_a_batch_is_matched_transfer_by_transfer():
    details = (detail(150_000, reference(1)), detail(30_000, reference(2)), detail(5_000, "khác"))

    found = matched([booked("e1", 185_000, details=details)], [payment(1), payment(2, 30_000)])

    assert pairs(found) == {("e1", 1, "payment-1"), ("e1", 2, "payment-2")}
    (unknown,) = found.breaks
    assert (unknown.movement, unknown.amount_minor) == (("e1", 3), 5_000)


def test_a_batch_that_does_not_add_up_is_never_taken_apart():
    details = (detail(150_000, reference(1)), detail(30_000, reference(2)))

    found = matched([booked("e1", 170_000, details=details)], [payment(1), payment(2, 30_000)])

    assert not found.matches
    assert kinds(found)["e1"] == "several-payments"


def test_an_open_order_is_matched_when_a_transfer_pays_it_and_never_missed():
    found = matched([booked("e1", 150_000, reference(1))], [payment(1, paid_at=None), payment(2, paid_at=None)])

    assert pairs(found) == {("e1", 0, "payment-1")}
    assert not found.breaks


def test_another_reference_of_the_same_payment_names_it_too():
    order = replace(payment(1), our_reference="TXN0000001", other_references=(reference(5),))

    assert pairs(matched([booked("e1", 150_000, reference(5))], [order])) == {("e1", 0, "payment-1")}
    assert pairs(matched([booked("e1", 150_000, "gd txn0000001")], [order])) == {("e1", 0, "payment-1")}


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (booked("e1", -150_000, "phí duy trì"), "debit-unexplained"),
        (booked("e1", -150_000, reference(1), reversal=True), "credit-taken-back"),
        (booked("e1", -150_000, f"hoan {reference(1)}"), "credit-taken-back"),
        (booked("e1", 11_000, "hoàn phí", reversal=True), "debit-returned"),
    ],
)
def test_debits_and_reversals_are_breaks_of_their_own(entry, kind):
    found = matched([entry], [payment(1, paid_at=None)])

    assert not found.matches
    assert kinds(found) == {"e1": kind}
    assert found.breaks[0].vi
    assert found.breaks[0].en


def test_a_reversed_credit_keeps_its_match_and_the_reversal_is_told():
    entries = [booked("e1", 150_000, reference(1)), booked("e2", -150_000, reference(1), days=1, reversal=True)]

    found = matched(entries, [payment(1)])

    assert pairs(found) == {("e1", 0, "payment-1")}
    assert kinds(found) == {"e2": "credit-taken-back"}


def test_an_entry_of_nothing_is_neither_matched_nor_a_break():
    assert not matched([booked("e1", 0, reference(1))], []).breaks


CREDITS = st.tuples(st.integers(0, 7), st.sampled_from([150_000, 30_000, -150_000]), st.booleans(), st.integers(0, 3))


@given(credits_=st.lists(CREDITS, max_size=12), owed=st.sets(st.integers(0, 7)), seed=st.integers(0, 1000))
def test_nothing_is_matched_twice_nothing_is_lost_and_order_does_not_matter(credits_, owed, seed):
    entries = [
        booked(f"e{place}", amount, reference(number) if named else "", days=days)
        for place, (number, amount, named, days) in enumerate(credits_)
    ]
    expected = [payment(number) for number in sorted(owed)]

    found = matched(entries, expected)

    assert len({match.movement for match in found.matches}) == len(found.matches)
    assert len({match.payment_id for match in found.matches}) == len(found.matches)
    assert len({each.key for each in found.breaks}) == len(found.breaks)
    told = {match.movement[0] for match in found.matches} | {each.movement[0] for each in found.breaks if each.movement}
    assert told == {entry.id for entry in entries}
    matched_payments = {match.payment_id for match in found.matches}
    assert {each.id for each in expected} - matched_payments <= {each.payment_id for each in found.breaks}
    shuffled = random.Random(seed)  # noqa: S311 - a repeatable order
    shuffled.shuffle(entries)
    shuffled.shuffle(expected)
    again = matched(entries, expected)
    assert (set(again.matches), {each.key for each in again.breaks}) == (
        set(found.matches),
        {each.key for each in found.breaks},
    )


def test_ages_count_vietnams_days():
    found = matched([booked("e1", 1_000)], [])

    assert (found.breaks[0].occurred_on, found.breaks[0].age_days) == (DAY, 2)


def test_equal_amounts_of_the_nearest_days_are_proposed_first_and_few():
    expected = [payment(number, paid_at=PAID_AT + timedelta(days=number - 4)) for number in range(8)]

    found = matched([booked("e1", 150_000, "NOP PHI")], expected)

    proposed = [proposal.payment_ids for proposal in found.breaks[0].proposals]
    assert proposed == [("payment-4",), ("payment-3",), ("payment-5",), ("payment-2",), ("payment-6",)]


def test_thousands_of_equal_fees_do_not_make_matching_slow():
    expected = [
        replace(payment(1), id=f"payment-{number}", our_reference=f"TXN{number:09d}") for number in range(3_000)
    ]
    entries = [booked(f"e{number}", 150_000, "NOP PHI") for number in range(3_000)]
    started = time.monotonic()

    found = matched(entries, expected)

    assert len(found.breaks) == 6_000
    assert time.monotonic() - started < 10
