"""Money at the counter in a life, and the cash of all lives on its way from one drawer to the bank."""

from payments.journeys import (
    CounterTaking,
    book_arrivals,
    cancel_deposit,
    hand_over_deposit,
    prepare_deposit,
    take_at_counter,
    void_counter_payment,
)
from payments.money import Money
from payments.reconciliation.model import Match, MatchRule
from payments.store.counter_tables import CounterMethod
from tests.payments.journeys.lives.life import Life
from tests.payments.journeys.lives.world import ACCOUNT

CASHIER, CONTROLLER = "thu ngân", "kiểm soát"


def at_the_counter(life: Life, fuse: int | None) -> None:
    method = life.dice.choice([CounterMethod.CASH, CounterMethod.CASH, CounterMethod.POS])
    # Slips of all lives: some are entered twice.
    slip = {"terminal": "T1", "slip_number": str(life.dice.randint(1, 60))} if method is CounterMethod.POS else {}
    amount = life.amount - (life.dice.random() < 0.1)
    taking = CounterTaking(method, Money(amount), CASHIER, **slip)
    row = life.do(take_at_counter, life.order_id, taking, fuse=fuse)
    if row is not None:
        life.at_counter[row.id] = method
        life.taken["counter", row.id] = amount
        if method is CounterMethod.CASH:
            life.world.cash.drawer += amount
        if life.dice.random() < 0.3:
            taken_back(life, None)


def taken_back(life: Life, fuse: int | None) -> None:
    """Entered wrongly: the money is given back over the counter, if it may be."""
    for payment_id, method in list(life.at_counter.items()):
        officer = life.dice.choice([CASHIER, CONTROLLER, CONTROLLER])
        if life.do(void_counter_payment, payment_id, officer, "Nhập nhầm", fuse=fuse) is not None:
            del life.at_counter[payment_id]
            amount = life.taken.pop(("counter", payment_id))
            if method == CounterMethod.CASH:
                life.world.cash.drawer -= amount
                assert life.world.cash.drawer >= 0, "more was given back than the drawer held"


def to_the_bank(life: Life, fuse: int | None) -> None:
    """Cash of the drawer: counted out, handed over, shown by a statement or brought back; it may stop anywhere."""
    world, cash = life.world, life.world.cash
    stops = life.dice.randrange(3)
    wanted = life.dice.choice([cash.drawer, 50_000, 150_000, cash.drawer + 1])
    row = (
        life.do(prepare_deposit, world.unit, Money(wanted), ACCOUNT, CASHIER, fuse=fuse if stops == 0 else None)
        if wanted
        else None
    )
    if row is not None:
        world.pay_ins[row.id] = wanted
    for deposit_id, amount in list(world.pay_ins.items()):
        officer = life.dice.choice([CASHIER, CONTROLLER, CONTROLLER, CONTROLLER])
        slip = f"GNT {life.dice.randint(1, 30)}"
        if life.do(hand_over_deposit, deposit_id, slip, officer, fuse=fuse if stops == 1 else None) is not None:
            cash.drawer -= amount
            assert cash.drawer >= 0, "more was handed over than the drawer held"
            cash.on_its_way += amount
        _goes_on(life, deposit_id, amount, fuse if stops == 2 else None)


def _goes_on(life: Life, deposit_id: str, amount: int, fuse: int | None) -> None:
    world, cash = life.world, life.world.cash
    if life.dice.random() < 0.2:
        row = life.do(cancel_deposit, deposit_id, CASHIER, "Ngân hàng trả lại", fuse=fuse)
        if row is not None:
            del world.pay_ins[deposit_id]
            if row.handed_over_at is not None:
                cash.on_its_way -= amount
                cash.drawer += amount
    elif life.do(book_arrivals, ACCOUNT, [arrival(deposit_id, amount)], fuse=fuse) is not None:
        world.arrived[deposit_id] = world.pay_ins.pop(deposit_id)
        cash.on_its_way -= amount
        cash.in_the_bank += amount


def arrival(deposit_id: str, amount: int) -> Match:
    """The credit of a statement that is a pay-in; here the entry has the pay-in's id."""
    return Match((deposit_id, 0), deposit_id, MatchRule.OUR_REFERENCE, amount, "VND")
