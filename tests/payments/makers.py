"""Orders, calls and a fake provider, as tests need them."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus

from config.secrets import SecretUnavailable
from payments.errors import CallbackNotAuthentic, CallbackUnreadable, ProviderUnavailable
from payments.events import DomainEvent
from payments.model import (
    Acknowledgement,
    CallbackCall,
    FeeItem,
    FeeKind,
    FeeOrderDraft,
    ProviderEvent,
    ProviderOutcome,
    RefundEvent,
    RefundOutcome,
    SettlementOutcome,
)
from payments.money import Money
from payments.providers.base import (
    PaymentRequest,
    QueryAnswer,
    QueryRequest,
    RefundAnswer,
    RefundRequest,
    StartedPayment,
    random_reference,
)
from payments.providers.vnpay.provider import VnpayAccount, VnpayProvider

UNIT = "unit-of-the-test"
SECRET = "a secret that only the tests know"
TMN_CODE = "TESTSHOP"
PHI = FeeItem(FeeKind.PHI, "Phí thẩm định hồ sơ", "1.004227", "423", "2716", "H13.01", Money(120_000))
LE_PHI = FeeItem(FeeKind.LE_PHI, "Lệ phí cấp giấy chứng nhận", "1.004227", "423", "2852", "H13.02", Money(30_000))


def draft(at: datetime, *, unit_id: str = UNIT, items: tuple[FeeItem, ...] = (PHI, LE_PHI)) -> FeeOrderDraft:
    """A fee order of 150,000 VND for one dossier."""
    return FeeOrderDraft(
        unit_id=unit_id,
        dossier_code="000.00.15.H13-261123-0001",
        purpose="Phí, lệ phí cấp giấy chứng nhận",
        payer_name="Nguyễn Thị Thử Nghiệm",
        items=items,
        expires_at=at + timedelta(days=3),
    )


class Secrets:
    """Holds the one secret of the tests."""

    def read(self, reference: str) -> str:
        if reference != "env:VNPAY_SECRET":
            raise SecretUnavailable("no such secret")
        return SECRET


def vnpay(api_url: str = "http://127.0.0.1:9/api", payment_url: str = "http://127.0.0.1:9/pay.html") -> VnpayProvider:
    """VNPAY's adapter with the tests' merchant."""
    return VnpayProvider(VnpayAccount(TMN_CODE, "env:VNPAY_SECRET", payment_url, api_url, 2), Secrets())


def ipn_fields(reference: str, amount_vnd: int, **changed: str) -> dict[str, str]:
    """The fields of an IPN that reports success, with some changed."""
    fields = {
        "vnp_Amount": str(amount_vnd * 100),
        "vnp_BankCode": "NCB",
        "vnp_BankTranNo": "VNP14422574",
        "vnp_CardType": "ATM",
        "vnp_OrderInfo": "Ho so 000.00.15.H13-261123-0001",
        "vnp_PayDate": "20261123100130",
        "vnp_ResponseCode": "00",
        "vnp_TmnCode": TMN_CODE,
        "vnp_TransactionNo": "14422574",
        "vnp_TransactionStatus": "00",
        "vnp_TxnRef": reference,
    }
    return {**fields, **{f"vnp_{name}": value for name, value in changed.items()}}


def signed(fields: dict[str, str], secret: str = SECRET) -> bytes:
    """A query string as VNPAY signs it."""
    content = "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in sorted(fields.items()) if value)
    checksum = hmac.new(secret.encode(), content.encode(), hashlib.sha512).hexdigest()
    return f"{content}&vnp_SecureHash={checksum}".encode()


def ipn(reference: str, amount_vnd: int = 150_000, **changed: str) -> CallbackCall:
    """An honest IPN call."""
    return CallbackCall("GET", signed(ipn_fields(reference, amount_vnd, **changed)), b"")


class FakeProvider:
    """A provider whose calls are JSON with a shared word as proof, and whose answers tests choose."""

    name = "fake"
    title = "Fake"
    page_origin = "http://127.0.0.1:9"
    proof_headers: frozenset[str] = frozenset()
    secret_headers: frozenset[str] = frozenset()
    returns_payer = True
    can_query = True
    can_refund = True

    def __init__(self) -> None:
        self.started: list[PaymentRequest] = []
        self.answers: dict[str, tuple[ProviderOutcome, str, int]] = {}
        self.refunds: dict[str, RefundRequest] = {}
        # What is said of refunds, by our reference of each; those that are not here are accepted.
        self.refund_answers: dict[str, RefundOutcome | Exception] = {}
        # Why nothing can be sent, if so: an error, or what gives one.
        self.unready: Exception | Callable[[], Exception] | None = None

    def new_reference(self, now: datetime) -> str:
        return random_reference(now)

    def start(self, payment: PaymentRequest) -> StartedPayment:
        self.started.append(payment)
        return StartedPayment(f"{self.page_origin}/pay/{payment.reference}")

    def refund(self, asked: RefundRequest, now: datetime) -> RefundAnswer:
        self._ensure_ready()
        self.refunds[asked.reference] = asked
        return self.query_refund(asked, now)

    def query_refund(self, asked: RefundRequest, now: datetime) -> RefundAnswer:
        self._ensure_ready()
        said = self.refund_answers.get(asked.reference, RefundOutcome.ACCEPTED)
        if isinstance(said, Exception):
            raise said
        return RefundAnswer(b"a refund", RefundEvent(self.name, asked.reference, "R1", asked.amount, said, said.value))

    def _ensure_ready(self) -> None:
        if self.unready is not None:
            raise self.unready if isinstance(self.unready, Exception) else self.unready()

    def read_callback(self, call: CallbackCall) -> ProviderEvent:
        try:
            told = json.loads(call.body)
        except ValueError:
            raise CallbackNotAuthentic("fake: not JSON") from None
        if told.get("proof") != SECRET:
            raise CallbackNotAuthentic("fake: no proof")
        try:
            amount, outcome = Money(told["amount"]), ProviderOutcome(told["outcome"])
        except (KeyError, ValueError) as error:
            raise CallbackUnreadable("fake: a field is missing") from error
        return ProviderEvent(self.name, told["reference"], told["transaction"], amount, outcome, outcome.value)

    def read_return(self, query: bytes) -> ProviderEvent:
        return self.read_callback(CallbackCall("GET", b"", query))

    def acknowledgement(self, outcome: SettlementOutcome, call: CallbackCall) -> Acknowledgement:
        return Acknowledgement(200, "text/plain", outcome.value.encode(), outcome.value[:20])

    def query(self, asked: QueryRequest, now: datetime) -> QueryAnswer:
        if asked.reference not in self.answers:
            raise ProviderUnavailable("fake: silent")
        outcome, transaction, amount = self.answers[asked.reference]
        event = ProviderEvent(self.name, asked.reference, transaction, Money(amount), outcome, outcome.value)
        return QueryAnswer(b"an answer", event)


def fake_call(
    reference: str, *, amount: int = 150_000, outcome: str = "succeeded", transaction: str = "T1", proof: str = SECRET
) -> CallbackCall:
    """A call of the fake provider."""
    told = {"reference": reference, "amount": amount, "outcome": outcome, "transaction": transaction, "proof": proof}
    return CallbackCall("POST", b"", json.dumps(told).encode())


class Recorded(list[DomainEvent]):
    """What journeys recorded; call it to record."""

    def __call__(self, event: DomainEvent) -> None:
        self.append(event)

    @property
    def types(self) -> list[str]:
        return [event.type for event in self]


LATER = datetime(2026, 11, 23, 3, 2, tzinfo=UTC)
