"""Money that goes back in a life: asked for, decided, sent by the provider or on paper, confirmed or not."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.journeys import (
    PaidOut,
    RefundWish,
    approve_refund,
    confirm_by_statement,
    give_up_refund,
    hand_over_refund,
    reject_refund,
    request_proposed,
    request_refund,
    send_refunds,
)
from payments.model import RefundOutcome
from payments.money import Money
from payments.states import RefundState
from payments.store.refund_tables import RefundRoute, RefundRow
from tests.payments.journeys.lives.life import Life
from tests.payments.journeys.lives.world import ACCOUNT

NO_LIMIT = 10**15
STANDING = (RefundState.REQUESTED, RefundState.APPROVED, RefundState.SENT, RefundState.UNKNOWN)
PAYEE = {"name": "Nguyễn Thị Mẫu", "bank": "970436", "account": "1"}


def give_back(life: Life, fuse: int | None) -> None:
    """Asked for, decided and sent, one after the other; the machine stops in one of the four."""
    stops = life.dice.randrange(4)
    life.dice.choice([_request, _take_up])(life, fuse if stops == 0 else None)
    for number, deed in enumerate((_decide, _pay_back, _pay_back), 1):
        rows = _refunds(life, *STANDING)
        if not rows:
            return
        deed(life, rows, fuse if number == stops else None)


def _request(life: Life, fuse: int | None) -> None:
    route = life.dice.choice(list(RefundRoute))
    payee = PAYEE if route is RefundRoute.PAPER else {}
    amount = Money(life.dice.choice([1, 75_000, 120_000, 150_000]))
    wish = RefundWish(amount, "Thu thừa", "người một", route, life.dice.choice(["a", "b", "c"]), beneficiary=payee)
    life.do(request_refund, life.order_id, wish, day_limit_minor=NO_LIMIT, fuse=fuse)


def _take_up(life: Life, fuse: int | None) -> None:
    for row in _refunds(life, RefundState.PROPOSED):
        arguments = (row.id, "người một", RefundRoute.PAPER, PAYEE)
        life.do(request_proposed, *arguments, day_limit_minor=NO_LIMIT, fuse=fuse)


def _decide(life: Life, rows: list[RefundRow], fuse: int | None) -> None:
    for row in rows:
        if row.state != RefundState.REQUESTED:
            continue
        if life.dice.random() < 0.2:
            life.do(reject_refund, row.id, "người hai", "Không đúng", fuse=fuse)
        else:
            officer = life.dice.choice(["người một", "người hai", "người hai"])
            life.do(approve_refund, row.id, officer, day_limit_minor=NO_LIMIT, fuse=fuse)


def _pay_back(life: Life, rows: list[RefundRow], fuse: int | None) -> None:
    for row in rows:
        if row.state == RefundState.REQUESTED:
            continue
        life.world.provider.refund_answers[row.reference] = life.dice.choice([*RefundOutcome, RefundOutcome.SUCCEEDED])
        if row.route == RefundRoute.PAPER and row.state == RefundState.APPROVED:
            life.do(hand_over_refund, row.id, "người hai", "UNC-1", fuse=fuse)
        elif life.dice.random() < 0.15:
            life.do(give_up_refund, row.id, "người hai", "Ngân hàng trả lại", fuse=fuse)
        else:
            paid = PaidOut(row.transfer_reference, ACCOUNT, row.amount, row.id)
            life.paid_out.append(paid)
            life.do(confirm_by_statement, paid, fuse=fuse)
    with life.world.stopping_at(fuse):
        send_refunds(life.world.work, life.world.named, now=life.world.now)


def _refunds(life: Life, *states: RefundState) -> list[RefundRow]:
    query = select(RefundRow).where(RefundRow.order_id == life.order_id, RefundRow.state.in_(states))
    with Session(life.world.engine) as session:
        return list(session.scalars(query.order_by(RefundRow.id)))
