"""Checks of a statement against itself and against the one before: findings only, nothing is ever adjusted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from payments.statements.currencies import amount_en, amount_vi
from payments.statements.model import Balance, Entry, Finding, Severity, Statement


@dataclass(frozen=True, slots=True)
class PreviousStatement:
    """What is kept of the last statement of the same account and currency."""

    identification: str
    sequence_number: int | None
    closing_minor: int | None
    closing_day: date | None


def check_statement(statement: Statement) -> tuple[Finding, ...]:
    """Return what the statement says about itself that does or does not hold."""
    findings = [_check_balance(statement), *_check_totals(statement)]
    left_out = len(statement.entries) - len(statement.booked)
    if left_out:
        findings.append(
            Finding(
                "entries-not-booked",
                Severity.NOTICE,
                f"{left_out} bút toán chưa được ngân hàng hạch toán và không được tính.",
                f"{left_out} entries are not booked yet and were left out.",
            )
        )
    odd = [entry.position for entry in statement.booked if not details_add_up(entry)]
    if odd:
        findings.append(
            Finding(
                "details-do-not-add-up",
                Severity.WARNING,
                f"Chi tiết của bút toán số {_listed(odd)} cộng lại không bằng số tiền của bút toán.",
                f"The details of entry {_listed(odd)} do not add up to the entry's amount.",
            )
        )
    if not statement.last_page:
        findings.append(
            Finding(
                "more-pages-follow",
                Severity.NOTICE,
                "Sao kê này còn trang sau ở tệp khác.",
                "More pages of this statement follow in other files.",
            )
        )
    return tuple(findings)


def details_add_up(entry: Entry) -> bool:
    """Return whether the details can stand for the entry: all have amounts in its currency and their sum is its own.

    An entry with one detail or none is never in doubt: its own amount counts.
    """
    amounts = [detail.amount_minor for detail in entry.details if detail.currency == entry.currency]
    if len(entry.details) < 2:
        return True
    known = [amount for amount in amounts if amount is not None]
    return len(known) == len(entry.details) and sum(known) == entry.amount_minor


def check_continuity(statement: Statement, previous: PreviousStatement | None) -> tuple[Finding, ...]:
    """Return whether the statement goes on where the last one of its account ended."""
    if previous is None:
        return (
            Finding(
                "first-statement",
                Severity.NOTICE,
                "Đây là sao kê đầu tiên của tài khoản, chưa có số dư trước để so.",
                "This is the account's first statement; there is no earlier balance to compare with.",
            ),
        )
    return (*_check_opening(statement, previous), *_check_sequence(statement, previous))


def _check_balance(statement: Statement) -> Finding:
    currency = statement.currency
    opening, closing = statement.find_opening(), statement.find_closing()
    if currency is None or any(entry.currency != currency for entry in statement.booked):
        return Finding(
            "currencies-mixed",
            Severity.WARNING,
            "Sao kê lẫn nhiều loại tiền, không kiểm được số dư.",
            "The statement mixes currencies, so its balances cannot be checked.",
        )
    if opening is None or closing is None:
        return _balance_missing(opening, closing)
    booked_minor = sum(entry.amount_minor for entry in statement.booked)
    expected_minor = opening.amount_minor + booked_minor
    if expected_minor == closing.amount_minor:
        return Finding(
            "balances-agree",
            Severity.GOOD,
            "Số dư đầu kỳ cộng các bút toán bằng số dư cuối kỳ.",
            "The opening balance plus the entries equals the closing balance.",
        )

    def said(amount: Callable[[int, str], str]) -> tuple[str, ...]:
        off_by = closing.amount_minor - expected_minor
        return tuple(
            amount(each, currency)
            for each in (opening.amount_minor, booked_minor, expected_minor, closing.amount_minor, off_by)
        )

    return Finding(
        "balances-differ",
        Severity.WARNING,
        "Số dư đầu kỳ {} cộng các bút toán {} là {}, nhưng ngân hàng ghi số dư cuối kỳ {} (lệch {}).".format(
            *said(amount_vi)
        ),
        "The opening balance {} plus the entries {} makes {}, but the bank's closing balance is {} (off by {}).".format(
            *said(amount_en)
        ),
    )


def _balance_missing(opening: Balance | None, closing: Balance | None) -> Finding:
    vi, en = ("số dư đầu kỳ", "opening") if opening is None else ("số dư cuối kỳ", "closing")
    if opening is None and closing is None:
        vi, en = "số dư đầu kỳ và cuối kỳ", "opening and no closing"
    return Finding(
        "balance-missing",
        Severity.WARNING,
        f"Sao kê không ghi {vi} bằng tiền của tài khoản, nên không kiểm được.",
        f"The statement has no {en} balance in the account's currency, so it cannot be checked.",
    )


def _check_totals(statement: Statement) -> list[Finding]:
    counted = {
        "entries": (statement.declared.entries, len(statement.entries)),
        "credit": (statement.declared.credit_minor, _total(statement, 1)),
        "debit": (statement.declared.debit_minor, _total(statement, -1)),
    }
    wrong = [name for name, (declared, found) in counted.items() if declared is not None and declared != found]
    if not wrong:
        return []
    words = {"entries": "số bút toán", "credit": "tổng ghi có", "debit": "tổng ghi nợ"}
    return [
        Finding(
            "totals-differ",
            Severity.WARNING,
            f"Bảng cộng của ngân hàng không khớp với các bút toán: {', '.join(words[name] for name in wrong)}.",
            f"The bank's own totals differ from the entries: {', '.join(wrong)}.",
        )
    ]


def _total(statement: Statement, sign: int) -> int:
    """Return the credits or the debits as the bank's summary counts them: all statuses, without a sign."""
    return sum(abs(entry.amount_minor) for entry in statement.entries if entry.amount_minor * sign > 0)


def _check_opening(statement: Statement, previous: PreviousStatement) -> list[Finding]:
    opening = statement.find_opening()
    if opening is None or previous.closing_minor is None:
        return []
    if opening.amount_minor == previous.closing_minor:
        return [
            Finding(
                "continues-previous",
                Severity.GOOD,
                "Số dư đầu kỳ bằng số dư cuối kỳ của sao kê trước.",
                "The opening balance equals the closing balance of the statement before.",
            )
        ]
    here, there = opening.amount_minor, previous.closing_minor
    return [
        Finding(
            "opening-differs-from-previous",
            Severity.WARNING,
            f"Số dư đầu kỳ {amount_vi(here, opening.currency)} khác số dư cuối kỳ"
            f" {amount_vi(there, opening.currency)} của sao kê trước ({previous.identification}): có thể thiếu sao kê.",
            f"The opening balance {amount_en(here, opening.currency)} is not the {amount_en(there, opening.currency)}"
            f" that the statement before ({previous.identification}) closed with: a statement may be missing.",
        )
    ]


def _check_sequence(statement: Statement, previous: PreviousStatement) -> list[Finding]:
    here, there = statement.sequence_number, previous.sequence_number
    # Banks begin again at 1 each year, so only a step forward by more than one tells of a gap.
    if here is None or there is None or here <= there + 1:
        return []
    return [
        Finding(
            "sequence-gap",
            Severity.WARNING,
            f"Số thứ tự sao kê nhảy từ {there} lên {here}: có thể thiếu sao kê.",
            f"The statement number goes from {there} to {here}: a statement may be missing.",
        )
    ]


def _listed(positions: list[int]) -> str:
    shown = ", ".join(map(str, positions[:10]))
    return shown if len(positions) <= 10 else f"{shown}…"
