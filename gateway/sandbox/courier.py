"""Carries a provider's calls to the merchant: when, how often, and in what order is the payment's mode."""

import ipaddress
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import requests

from gateway.sandbox.base import Call, Proof, Simulator
from gateway.sandbox.book import Payment, PaymentState
from gateway.sandbox.modes import CallKind, Mode

TIMEOUT_SECONDS = 15
# How far a wrong amount is from the right one.
TOO_MUCH_VND = 1_000


@dataclass(frozen=True)
class CallResult:
    """One call as it was sent, and the answer: status 0 where nobody answered, code as the provider understands it."""

    call: Call
    status: int
    code: str
    message: str
    final: bool


@dataclass
class Courier:
    """Calls the merchant at `callbacks`/<provider>, or where a payment's request said.

    Attributes:
        retry_seconds: Pauses between repetitions of a call that is not confirmed.
    """

    callbacks: str
    retry_seconds: tuple[float, ...]
    _stopping: threading.Event = field(default_factory=threading.Event)
    _sent: dict[tuple[str, str], list[CallResult]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def announce(self, simulator: Simulator, payment: Payment) -> threading.Event:
        """Tell how a payment ended, in the background, as its mode has it; the event is set after the first answer."""
        answered = threading.Event()
        calls = _calls(simulator, payment)
        if not calls:
            answered.set()
            return answered
        target = self._carry_in_order if payment.mode is Mode.OUT_OF_ORDER else self._carry_at_once
        threading.Thread(target=target, args=(simulator, payment, calls, answered.set), daemon=True).start()
        return answered

    def send(self, simulator: Simulator, payment: Payment, call: Call) -> CallResult:
        """Call the merchant once."""
        address = payment.callback_url or f"{self.callbacks}/{simulator.name}"
        result = _sent(simulator, address, call)
        with self._lock:
            self._sent.setdefault((payment.provider, payment.reference), []).append(result)
        return result

    def sent(self, payment: Payment) -> list[CallResult]:
        """Return the calls about a payment that were answered or given up, oldest first."""
        with self._lock:
            return list(self._sent.get((payment.provider, payment.reference), ()))

    def wait(self, seconds: float) -> bool:
        """Wait; false where the sandbox stops meanwhile."""
        return not self._stopping.wait(seconds)

    def stop(self) -> None:
        """Repeat nothing any more."""
        self._stopping.set()

    def _carry_at_once(
        self, simulator: Simulator, payment: Payment, calls: list[Call], first_answered: Callable[[], None]
    ) -> None:
        copies = [
            threading.Thread(target=self._until_final, args=(simulator, payment, call, first_answered), daemon=True)
            for call in calls
        ]
        for copy in copies:
            copy.start()
        if payment.mode is Mode.DUPLICATE:
            for copy in copies:
                copy.join()
            self._until_final(simulator, payment, calls[0], first_answered)

    def _carry_in_order(
        self, simulator: Simulator, payment: Payment, calls: list[Call], first_answered: Callable[[], None]
    ) -> None:
        for call in calls:
            self._until_final(simulator, payment, call, first_answered)

    def _until_final(
        self, simulator: Simulator, payment: Payment, call: Call, first_answered: Callable[[], None]
    ) -> None:
        for pause in (*self.retry_seconds, None):
            result = self.send(simulator, payment, call)
            first_answered()
            if result.final or pause is None or payment.mode is Mode.FORGED or not self.wait(pause):
                return


def call_of_kind(simulator: Simulator, payment: Payment, kind: CallKind) -> Call | None:
    """Return a call about a payment, or one that pretends to be; None where the provider makes none of the kind."""
    match kind:
        case CallKind.HONEST | CallKind.REPLAYED:
            return simulator.callback(payment, Proof.GOOD)
        case CallKind.FORGED:
            return simulator.callback(payment.paid(), Proof.FORGED)
        case CallKind.UNSIGNED:
            return simulator.callback(payment.paid(), Proof.ABSENT)
        case CallKind.WRONG_AMOUNT:
            return simulator.callback(replace(payment.paid(), amount=payment.amount + TOO_MUCH_VND), Proof.GOOD)
        case CallKind.UNKNOWN_ORDER:
            return simulator.callback(replace(payment.paid(), reference=secrets.token_hex(8).upper()), Proof.GOOD)
        case CallKind.UNKNOWN_STATUS:
            return simulator.callback(replace(payment, state=PaymentState.PENDING), Proof.GOOD)


def _calls(simulator: Simulator, payment: Payment) -> list[Call]:
    """Return the calls that a payment's end causes, in the order in which they are sent."""
    kinds: tuple[CallKind, ...] = (CallKind.HONEST,)
    if payment.mode is Mode.LOST:
        kinds = ()
    elif payment.mode is Mode.FORGED:
        kinds = (CallKind.FORGED,)
    elif payment.mode is Mode.OUT_OF_ORDER:
        kinds = (CallKind.HONEST, CallKind.UNKNOWN_STATUS)
    elif payment.mode is Mode.DUPLICATE:
        # Copies of one call are the same bytes, so it is made once.
        call = call_of_kind(simulator, payment, CallKind.HONEST)
        return [call, call] if call else []
    made = (call_of_kind(simulator, payment, kind) for kind in kinds)
    return [call for call in made if call is not None]


def _sent(simulator: Simulator, address: str, call: Call) -> CallResult:
    if not is_loopback(urlsplit(address).hostname or ""):
        return CallResult(call, 0, "", "the sandbox calls loopback addresses only", final=True)
    try:
        response = requests.request(
            call.method,
            f"{address}?{call.query}" if call.query else address,
            data=call.body or None,
            headers=dict(call.headers),
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        return CallResult(call, 0, "", type(error).__name__, final=False)
    answer = simulator.read_answer(response.status_code, response.content)
    return CallResult(call, response.status_code, answer.code, answer.message, answer.final)


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
