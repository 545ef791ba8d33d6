"""A provider whose messages are described, behind the Provider Protocol."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

from config.secrets import SecretProvider
from payments.errors import (
    CallbackNotAuthentic,
    CallbackUnreadable,
    PaymentNotPossible,
    ProviderAnswerNotAuthentic,
    ProviderUnavailable,
)
from payments.model import Acknowledgement, CallbackCall, ProviderEvent, ProviderOutcome, SettlementOutcome
from payments.money import VND
from payments.providers.base import (
    PaymentRequest,
    QueryAnswer,
    QueryRequest,
    StartedPayment,
    WithoutRefunds,
    origin_of,
    random_reference,
)
from payments.providers.described.acknowledging import acknowledgement
from payments.providers.described.checksum import AmbiguousContent
from payments.providers.described.fields import json_fields
from payments.providers.described.layout import Messages, Report, StartAnswer
from payments.providers.described.reading import carried_fields, prove, read_event
from payments.providers.described.templates import uses
from payments.providers.described.values import RETURN_URL, payment_values, query_values
from payments.providers.described.writing import as_json, as_query, composed, unmet
from payments.providers.lgsp import Lgsp, unwrapped


@dataclass(frozen=True)
class DescribedAccount:
    """An account at a provider whose messages are described; the secret is only named here.

    Attributes:
        names: What fills in `{partner}`, `{service}` and `{access_key}`.
        start_url: Posted to, or the page for the browser. query_url: None where nobody can be asked.
        page_origin: Of the pages to which payers are sent, where the start's answer names them.
        networks: From where calls may come; empty for anywhere.
        query_above_minor: A success above this amount counts only once the provider says so when asked; None: never.
    """

    name: str
    title: str
    secret_reference: str
    names: Mapping[str, str]
    start_url: str
    query_url: str | None
    page_origin: str | None
    networks: tuple[IPv4Network | IPv6Network, ...] = field(default=())
    query_above_minor: int | None = None


class DescribedProvider(WithoutRefunds):
    """Takes payments by the messages of a description; reads the secret at each use and keeps it nowhere."""

    proof_headers: frozenset[str] = frozenset()
    secret_headers: frozenset[str] = frozenset()

    def __init__(self, account: DescribedAccount, messages: Messages, lgsp: Lgsp, secrets: SecretProvider) -> None:
        self._account = account
        self._messages = messages
        self._lgsp = lgsp
        self._secrets = secrets

    @property
    def name(self) -> str:
        return self._account.name

    @property
    def title(self) -> str:
        return self._account.title

    @property
    def page_origin(self) -> str | None:
        if self._messages.start.by == "post":
            return self._account.page_origin
        return origin_of(self._account.start_url)

    @property
    def returns_payer(self) -> bool:
        return uses(self._messages.start.fields, RETURN_URL)

    @property
    def can_query(self) -> bool:
        return self._messages.query is not None and self._account.query_url is not None

    def new_reference(self, now: datetime) -> str:
        return random_reference(now)

    def start(self, payment: PaymentRequest) -> StartedPayment:
        start = self._messages.start
        if payment.amount.currency != VND or not payment.amount.is_positive:
            raise PaymentNotPossible(f"{self.title} takes positive amounts of VND")
        values, items = payment_values(payment, self._account.names, self._messages.kinds)
        try:
            message = composed(start, values, self._secret(), items)
        except AmbiguousContent as error:
            raise PaymentNotPossible(f"{self.title} cannot be told of this payment: {error}") from None
        missing = list(unmet(message, start.requirements))
        if missing:
            raise PaymentNotPossible(f"{self.title} needs in the order's metadata: {', '.join(missing)}")
        if start.answer is None:
            return StartedPayment(f"{self._account.start_url}?{as_query(message)}")
        raw = unwrapped(self._lgsp.post(self._account.start_url, as_json(message, start.numbers)))
        return StartedPayment(self._page_url(raw, start.answer))

    def _page_url(self, raw: bytes, answer: StartAnswer) -> str:
        fields = self._answer_fields(raw)
        if answer.checksum is not None and not answer.checksum.proves(fields, self._secret()):
            raise ProviderAnswerNotAuthentic(f"{self.name}: the answer's checksum is absent or wrong")
        _ensure_accepted(fields, answer.accepted, self.name)
        url = fields.get(answer.url, "")
        parts = urlsplit(url)
        # The payer's browser is sent there: nowhere but to the partner's own pages.
        if parts.scheme not in {"http", "https"} or f"{parts.scheme}://{parts.netloc}" != self._account.page_origin:
            raise ProviderUnavailable(f"{self.name}: the answer's address is none of the provider's pages")
        return url

    def read_callback(self, call: CallbackCall) -> ProviderEvent:
        if not self._may_call(call.client_address):
            raise CallbackNotAuthentic(f"{self.name}: calls from this address are not taken")
        event = self._proved(call, self._messages.callback)
        limit = self._account.query_above_minor
        large = limit is not None and event.amount.amount_minor > limit
        return replace(event, needs_query=large and event.outcome is ProviderOutcome.SUCCEEDED)

    def read_return(self, query: bytes) -> ProviderEvent:
        if self._messages.browser_return is None:
            raise CallbackNotAuthentic(f"{self.name}: a browser brings nothing back")
        return self._proved(CallbackCall("GET", query, b""), self._messages.browser_return)

    def acknowledgement(self, outcome: SettlementOutcome, call: CallbackCall) -> Acknowledgement:
        """Answer as described. Nothing is signed for a call that proved nothing, nor where our own side fails."""
        signed = outcome not in (SettlementOutcome.NOT_AUTHENTIC, SettlementOutcome.OUR_FAULT)
        secret = self._secret() if signed else None
        return acknowledgement(self._messages, outcome, call, self._account.names, secret)

    def query(self, asked: QueryRequest, now: datetime) -> QueryAnswer:
        question = self._messages.query
        if question is None or question.answer is None or self._account.query_url is None:
            raise ProviderUnavailable(f"{self.name}: nobody can be asked")
        secret = self._secret()
        message = composed(question, query_values(asked, self._account.names), secret)
        report = question.answer
        raw = self._lgsp.post(
            self._account.query_url,
            as_json(message, question.numbers),
            is_refusal=lambda content: _code(content, report) in {*report.failed, *report.not_found},
        )
        fields = self._answer_fields(unwrapped(raw))
        try:
            prove(fields, report, self._account.names, secret, self.name)
            _ensure_accepted(fields, report.accepted, self.name)
            event = self._answered(fields, report, asked)
        except CallbackNotAuthentic as error:
            raise ProviderAnswerNotAuthentic(str(error)) from None
        except CallbackUnreadable as error:
            raise ProviderUnavailable(str(error)) from None
        return QueryAnswer(raw, event)

    def _answered(self, fields: Mapping[str, str], report: Report, asked: QueryRequest) -> ProviderEvent:
        if fields.get(report.reference) != asked.reference:
            raise CallbackNotAuthentic(f"{self.name}: the answer is about another attempt")
        if fields.get(report.code, "") in report.not_found:
            return ProviderEvent(
                self.name, asked.reference, "0", asked.amount, ProviderOutcome.NOT_FOUND, fields[report.code]
            )
        return read_event(fields, report, self.name)

    def _proved(self, call: CallbackCall, report: Report) -> ProviderEvent:
        fields = carried_fields(call, report, self.name)
        prove(fields, report, self._account.names, self._secret(), self.name)
        return read_event(fields, report, self.name)

    def _answer_fields(self, raw: bytes) -> dict[str, str]:
        try:
            return json_fields(raw)
        except ValueError:
            raise ProviderUnavailable(f"{self.name}: the answer cannot be read") from None

    def _may_call(self, address: str) -> bool:
        if not self._account.networks:
            return True
        try:
            given = ip_address(address)
        except ValueError:
            return False
        return any(given in network for network in self._account.networks)

    def _secret(self) -> str:
        return self._secrets.read(self._account.secret_reference)


def _code(raw: bytes, report: Report) -> str:
    """Return an answer's code; empty where there is none, as in an error of a proxy's."""
    try:
        return json_fields(unwrapped(raw)).get(report.code, "")
    except (ValueError, ProviderUnavailable):
        return ""


def _ensure_accepted(fields: Mapping[str, str], accepted: Mapping[str, tuple[str, ...]], name: str) -> None:
    for field_name, values in accepted.items():
        if fields.get(field_name, "") not in values:
            raise ProviderUnavailable(f"{name}: the answer says {field_name} {fields.get(field_name, '')[:20]!r}")
