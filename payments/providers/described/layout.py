"""The messages of one provider as its description gives them, checked as a whole when they are loaded."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from payments.errors import ProviderDescriptionUnusable
from payments.providers.described.checksum import Checksum
from payments.providers.described.part import Part
from payments.providers.described.templates import faults
from payments.providers.described.values import ANSWER_NAMES, NAMES


class Outgoing(Part):
    """A message of ours.

    Attributes:
        fields: As templates.py says, in the order in which they are sent. The checksum comes last.
        numbers: Fields whose text goes out as a JSON number; nested ones by their dotted name.
    """

    fields: dict[str, Any]
    numbers: tuple[str, ...] = ()
    checksum: Checksum | None = None


class Requirement(Part):
    """Where a field has this value, others must not be empty."""

    field: str
    value: str
    needs: tuple[str, ...]


class StartAnswer(Part):
    """The answer to a start: the values with which it was accepted, and where the payer's address stands."""

    accepted: dict[str, tuple[str, ...]]
    url: str
    checksum: Checksum | None = None


class Start(Outgoing):
    """How a payment begins: posted to the partner, who answers with an address, or taken along by the browser."""

    by: Literal["post", "redirect"]
    requirements: tuple[Requirement, ...] = ()
    answer: StartAnswer | None = None

    @model_validator(mode="after")
    def _has_its_answer(self) -> Self:
        if (self.by == "post") != (self.answer is not None):
            raise ValueError("a posted start has an answer; a redirect has none")
        return self


class Report(Part):
    """Which field of an incoming message says what; names of nested fields are joined by dots.

    Attributes:
        carrier: Where the message is: the body as JSON or as a form, or the query.
        expected: Values without which the message is not meant for us; `{partner}` and the like are filled in.
        accepted: Values without which it says nothing about the payment (of answers to our questions).
        paid, failed, not_found: What the field `code` says; any other word is unknown, and asked about.
    """

    carrier: Literal["json", "form", "query"]
    reference: str
    amount: str
    code: str
    transaction: str
    currency: str | None = None
    paid_at: str | None = None
    expected: dict[str, str] = Field(default_factory=dict)
    accepted: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    paid: tuple[str, ...] = Field(min_length=1)
    failed: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()
    checksum: Checksum | None = None


class Answer(Outgoing):
    """What a caller is told; accepted and refused are the values of `{code}`."""

    accepted: str
    refused: str


class Question(Outgoing):
    """A question of ours about an attempt, and how its answer is read; one for a receipt is answered by a PDF."""

    answer: Report | None = None


class Messages(Part):
    """All messages of one provider.

    Attributes:
        callback: The provider's call. browser_return: What the payer's browser brings back, to be shown and not booked.
        kinds: The partner's words for the two kinds of fee.
    """

    start: Start
    callback: Report
    browser_return: Report | None = None
    answer: Answer
    query: Question | None = None
    receipt: Question | None = None
    kinds: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        found = list(self._faults())
        if found:
            raise ValueError("; ".join(found))
        return self

    def _faults(self) -> Iterator[str]:
        asked = (("start", self.start, NAMES), ("answer", self.answer, ANSWER_NAMES), *self._questions())
        for name, message, known in asked:
            yield from (f"{name}.fields.{fault}" for fault in faults(message.fields, known))
            if message.checksum is not None and self._unknown_in_order(message):
                yield f"{name}.checksum.order: {', '.join(self._unknown_in_order(message))} is no field of the message"
        if self.callback.checksum is None:
            yield "callback.checksum: without one nothing proves a call"
        if self.query is not None and self.query.answer is None:
            yield "query.answer: an answer must be read"

    def _questions(self) -> Iterator[tuple[str, Outgoing, frozenset[str]]]:
        for name, question in (("query", self.query), ("receipt", self.receipt)):
            if question is not None:
                yield name, question, NAMES

    @staticmethod
    def _unknown_in_order(message: Outgoing) -> list[str]:
        covered = message.checksum.order if message.checksum else ()
        return [name for name in covered if name not in message.fields]


def load_messages(shipped: Path, own: Path | None) -> Messages:
    """Return a provider's messages: the shipped ones, where each table of the operator's file takes a table's place.

    Raises:
        ProviderDescriptionUnusable: Names the file and every fault in it.
    """
    told = tomllib.loads(shipped.read_text(encoding="utf-8"))
    if own is not None:
        told.update(_own_tables(own))
    try:
        return Messages.model_validate(told)
    except ValidationError as error:
        lines = (f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors())
        raise ProviderDescriptionUnusable("\n".join(f"{own or shipped.name}: {line}" for line in lines)) from None


def _own_tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProviderDescriptionUnusable(f"cannot read {path}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProviderDescriptionUnusable(f"{path} is not valid TOML: {error}") from None
