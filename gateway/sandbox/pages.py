"""The payer's page and decision, the same for every provider; what follows a decision is the payment's mode."""

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from gateway.sandbox.base import Simulator
from gateway.sandbox.book import Book, Payment, PaymentState
from gateway.sandbox.courier import TOO_MUCH_VND, Courier
from gateway.sandbox.desk import Desk
from gateway.sandbox.modes import Mode

DECISIONS = {"pay": PaymentState.PAID, "cancel": PaymentState.CANCELLED, "fail": PaymentState.FAILED}
FIRST_ANSWER_SECONDS = 5
# To payers whose provider does not send them back.
STAYS = "Bạn có thể đóng trang này. Kết quả hiện trên trang thanh toán của hồ sơ."


@dataclass(frozen=True)
class Counter:
    """Takes payers' decisions for all providers.

    Attributes:
        slow_seconds: How long a payment in SLOW mode stays pending.
    """

    book: Book
    courier: Courier
    simulators: dict[str, Simulator]
    desks: dict[str, Desk]
    slow_seconds: float

    def decide(self, payment: Payment, decision: PaymentState) -> Payment:
        """End an open payment, or leave one that has ended as it is; returns it as it stands then.

        The provider calls the merchant's server on its own; waiting here for the first answer only spares the payer a
        reload.
        """
        before, after = self.book.change(payment.provider, payment.reference, lambda known: _decided(known, decision))
        if before.state is not PaymentState.OPEN:
            return after
        if after.state is PaymentState.PENDING:
            threading.Thread(target=self._finish_later, args=(after, decision), daemon=True).start()
        else:
            self.courier.announce(self.simulators[after.provider], after).wait(FIRST_ANSWER_SECONDS)
        return after

    def finish(self, payment: Payment, decision: PaymentState) -> threading.Event | None:
        """End a pending payment; None where it is not pending."""
        before, after = self.book.change(
            payment.provider,
            payment.reference,
            lambda known: _ended(known, decision) if known.state is PaymentState.PENDING else known,
        )
        if before.state is not PaymentState.PENDING:
            return None
        return self.courier.announce(self.simulators[after.provider], after)

    def _finish_later(self, payment: Payment, decision: PaymentState) -> None:
        if self.courier.wait(self.slow_seconds):
            self.finish(payment, decision)


def _decided(payment: Payment, decision: PaymentState) -> Payment:
    if payment.state is not PaymentState.OPEN:
        return payment
    if payment.mode is Mode.SLOW:
        return replace(payment, state=PaymentState.PENDING, decided_at=datetime.now(UTC))
    return _ended(payment, decision)


def _ended(payment: Payment, decision: PaymentState) -> Payment:
    if decision is not PaymentState.PAID:
        return replace(payment, state=decision, decided_at=datetime.now(UTC))
    if payment.mode is Mode.FORGED:
        # Only the forger says that it was paid.
        return replace(payment, state=PaymentState.FAILED, decided_at=datetime.now(UTC))
    amount = payment.amount + TOO_MUCH_VND if payment.mode is Mode.WRONG_AMOUNT else payment.amount
    return replace(payment, amount=amount).paid()


def pages(counter: Counter) -> Blueprint:
    """Return the notice that the sandbox is up, and the payer's page."""
    blueprint = Blueprint("pages", __name__)

    @blueprint.get("/")
    def home() -> ResponseReturnValue:
        return render_template("sandbox/notice.html", title="Cổng thanh toán mô phỏng", text="Máy chủ đang chạy.")

    @blueprint.get("/pay/<page_token>")
    def show(page_token: str) -> ResponseReturnValue:
        payment = _payment(counter, page_token)
        return counter.desks[payment.provider].page(payment)

    @blueprint.post("/pay/<page_token>")
    def decide(page_token: str) -> ResponseReturnValue:
        payment = _payment(counter, page_token)
        decision = DECISIONS.get(request.form.get("decision", "")) or abort(400)
        wished = request.form.get("mode")
        if wished and counter.desks[payment.provider].may_choose:
            payment = set_mode(counter, payment, wished)
        ended = counter.decide(payment, decision)
        back = counter.simulators[payment.provider].return_address(ended)
        if not back:
            return render_template("sandbox/notice.html", title="Đã ghi nhận", text=STAYS)
        return redirect(back, 303)

    return blueprint


def mode_named(counter: Counter, provider: str, wished: object) -> Mode:
    """Return a mode; 400 for one that there is not, 409 with the reason for one without meaning for the provider."""
    if wished not in set(Mode):
        abort(400)
    mode = Mode(str(wished))
    reason = counter.simulators[provider].without.get(mode)
    if reason is not None:
        abort(409, f"{provider} has no mode {mode}: {reason}.")
    return mode


def set_mode(counter: Counter, payment: Payment, wished: object) -> Payment:
    """Choose how one payment goes on. Refuses as mode_named does."""
    mode = mode_named(counter, payment.provider, wished)
    return counter.book.change(payment.provider, payment.reference, lambda known: replace(known, mode=mode))[1]


def _payment(counter: Counter, page_token: str) -> Payment:
    return counter.book.find_where(lambda known: known.page_token == page_token) or abort(404)
