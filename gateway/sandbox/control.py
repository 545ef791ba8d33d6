"""The control interface: modes, single calls, payments without a page; JSON, for whoever has the control token."""

import hmac
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from gateway.sandbox.book import Payment
from gateway.sandbox.courier import CallResult, call_of_kind
from gateway.sandbox.modes import CallKind, Mode
from gateway.sandbox.pages import DECISIONS, FIRST_ANSWER_SECONDS, Counter, mode_named, set_mode


@dataclass
class ModeChoice:
    """How each provider's next payments go; honestly where nothing was chosen."""

    chosen: dict[str, Mode] = field(default_factory=dict)

    def of(self, provider: str) -> Mode:
        """Return the mode in which a payment opens now."""
        return self.chosen.get(provider, Mode.HONEST)


def control(counter: Counter, choice: ModeChoice, token: str) -> Blueprint:
    """Return the control interface."""
    blueprint = Blueprint("control", __name__, url_prefix="/control")

    @blueprint.before_request
    def guard() -> None:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            abort(401)

    @blueprint.put("/modes")
    def choose_mode() -> ResponseReturnValue:
        """Choose the mode of one payment (`reference`), or of all that a provider opens from now on."""
        wish = _wish(counter)
        if "reference" in wish:
            return jsonify(_shown(set_mode(counter, _payment(counter, wish), wish.get("mode"))))
        mode = mode_named(counter, wish["provider"], wish.get("mode"))
        choice.chosen[wish["provider"]] = mode
        return jsonify(provider=wish["provider"], mode=mode)

    @blueprint.post("/payments")
    def open_payment() -> ResponseReturnValue:
        """Open a payment that the merchant never asked for by message, as a bank transfer, and have it paid."""
        wish = _wish(counter)
        amount = wish.get("amount")
        if not isinstance(wish.get("reference"), str) or not isinstance(amount, int) or amount <= 0:
            abort(400)
        desk = counter.desks[wish["provider"]]
        opened = desk.open(wish["reference"], amount, str(wish.get("purpose", "")), asked=wish.get("asked") or {})
        return jsonify(_shown(counter.decide(opened, DECISIONS["pay"]))), 201

    @blueprint.post("/decisions")
    def decide() -> ResponseReturnValue:
        """Decide in the payer's stead: pay, cancel or fail; a slow payment that is pending ends at once."""
        wish = _wish(counter)
        payment = _payment(counter, wish)
        decision = DECISIONS.get(str(wish.get("decision"))) or abort(400)
        answered = counter.finish(payment, decision)
        if answered is None:
            counter.decide(payment, decision)
        else:
            answered.wait(FIRST_ANSWER_SECONDS)
        return jsonify(_shown(_payment(counter, wish)))

    @blueprint.post("/calls")
    def call_merchant() -> ResponseReturnValue:
        """Send one call of a chosen kind about a payment, or the last confirmed one byte for byte (`replayed`)."""
        wish = _wish(counter)
        payment = _payment(counter, wish)
        if wish.get("kind") not in set(CallKind):
            abort(400)
        kind, simulator = CallKind(wish["kind"]), counter.simulators[payment.provider]
        if kind is CallKind.REPLAYED:
            confirmed = [result.call for result in counter.courier.sent(payment) if result.final]
            call = confirmed[-1] if confirmed else None
        else:
            call = call_of_kind(simulator, payment, kind)
        return jsonify(_told(counter.courier.send(simulator, payment, call or abort(409))))

    @blueprint.get("/payments/<provider>/<reference>")
    def show_payment(provider: str, reference: str) -> ResponseReturnValue:
        """Show what the sandbox remembers of a payment, and the calls about it with their answers."""
        payment = counter.book.find(provider, reference) or abort(404)
        return jsonify({**_shown(payment), "calls": [_told(result) for result in counter.courier.sent(payment)]})

    return blueprint


def _wish(counter: Counter) -> dict[str, Any]:
    wish = request.get_json(silent=True)
    if not isinstance(wish, dict) or wish.get("provider") not in counter.simulators:
        abort(400)
    return wish


def _payment(counter: Counter, wish: dict[str, Any]) -> Payment:
    return counter.book.find(str(wish["provider"]), str(wish.get("reference"))) or abort(404)


def _shown(payment: Payment) -> dict[str, Any]:
    return {
        "provider": payment.provider,
        "reference": payment.reference,
        "amount": payment.amount,
        "mode": payment.mode,
        "state": payment.state,
        "number": payment.number,
        "refunds": [{"key": refund.key, "amount": refund.amount, "state": refund.state} for refund in payment.refunds],
    }


def _told(result: CallResult) -> dict[str, Any]:
    return {
        "query": result.call.query,
        "body": result.call.body.decode("utf-8", "replace"),
        "status": result.status,
        "code": result.code,
        "message": result.message,
    }
