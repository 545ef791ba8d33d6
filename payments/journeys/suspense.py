"""Money that no open order was waiting for, as a break that finance staff see until it went back."""

from datetime import datetime
from typing import Final

from config.identifiers import new_id
from payments.ledger.accounts import OWN_ACCOUNTS, Account
from payments.local_time import HANOI
from payments.money import Money
from payments.reconciliation.model import BreakKind
from payments.store.settling import OrderFacts
from payments.store.statement_tables import BreakRow, BreakState

WHY: Final = {
    "order-paid": ("khoản thu đã được trả trước đó", "the order had been paid before"),
    "order-cancelled": ("khoản thu đã huỷ", "the order was cancelled"),
    "order-expired": ("khoản thu đã hết hạn", "the order's time was over"),
    "order-exempt": ("khoản thu được miễn", "the order is exempt"),
    "paid-twice": ("lần trả này báo thành công hai lần", "this attempt succeeded twice"),
    "amount-differs": ("số tiền khác với khoản thu", "the amount is not the order's"),
}


def suspense_break(
    order: OrderFacts, money: Money, received_on: Account, reason: str, entry_id: str, now: datetime
) -> BreakRow:
    """Return the break that tells of money in suspense; its key is the journal entry that booked it."""
    vi, en = WHY[reason]
    amount = f"{money.amount_minor:,}".replace(",", ".")
    account = received_on.qualifier if received_on.kind in OWN_ACCOUNTS else received_on.code
    return BreakRow(
        id=new_id(),
        unit_id=order.unit_id,
        account=account,
        break_key=entry_id,
        kind=BreakKind.MONEY_IN_SUSPENSE,
        state=BreakState.OPEN,
        amount_minor=money.amount_minor,
        currency=money.currency,
        difference_minor=money.amount_minor,
        occurred_on=now.astimezone(HANOI).date(),
        explanation_vi=f"{amount} đồng về cho hồ sơ {order.dossier_code} khi {vi}; đã đề xuất trả lại người nộp.",
        explanation_en=f"{money.amount_minor:,} VND came for dossier {order.dossier_code} although {en};"
        " paying it back is proposed.",
        proposals=[],
        found_at=now,
    )
