"""What a simulated provider writes itself; pages, when and how often it calls, and what goes wrong are the frame's."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from flask import Blueprint

from gateway.sandbox.book import Payment
from gateway.sandbox.desk import Desk
from gateway.sandbox.modes import Mode

# Of providers that pay nothing back by message, and of those that tell of paid money only: no payment goes these ways.
NO_REFUNDS: Final[Mapping[Mode, str]] = dict.fromkeys(
    (Mode.REFUND_FAILING, Mode.REFUND_REFUSED, Mode.REFUND_UNANSWERED), "it pays nothing back by message"
)
PAID_ONLY: Final[Mapping[Mode, str]] = {
    Mode.OUT_OF_ORDER: "it tells of paid money only, so that no older call comes late"
}


class Proof(StrEnum):
    """How a call proves itself: rightly, with a key that is not the merchant's, or not at all."""

    GOOD = "good"
    FORGED = "forged"
    ABSENT = "absent"

    def key(self, secret: bytes) -> bytes:
        """Return the key to sign with."""
        return secret if self is Proof.GOOD else secrets.token_hex(16).encode()


@dataclass(frozen=True)
class Call:
    """One HTTP request to the merchant: query is what stands behind the question mark."""

    method: str
    query: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """A merchant's answer as the provider understands it: final ends the repetitions."""

    code: str
    message: str
    final: bool


class Simulator(Protocol):
    """One simulated provider, made from the merchant's account with it.

    Attributes:
        name: Stands in addresses; the gateway's own name for the provider. title: Shown to payers.
        without: Modes that have no meaning for it, each with the reason.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def without(self) -> Mapping[Mode, str]: ...

    def blueprint(self, desk: Desk) -> Blueprint:
        """Return the provider's own interface (create, query, refund); it is served under /<name>."""
        ...

    def callback(self, payment: Payment, proof: Proof) -> Call | None:
        """Return the call that tells of a payment as it stands; None where the provider tells nothing of that."""
        ...

    def read_answer(self, status: int, body: bytes) -> Answer:
        """Say what the merchant's answer means to the provider."""
        ...

    def return_address(self, payment: Payment) -> str:
        """Return where the payer's browser goes when the payment has ended; empty where it stays."""
        ...
