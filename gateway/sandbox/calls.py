"""Calls to the merchant's IPN address: repeated until it answers 00 or 02, a bounded number of times."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import requests

from gateway.sandbox.book import Transaction
from gateway.sandbox.checksum import signed_query

FINAL_ANSWERS = frozenset({"00", "02"})
TIMEOUT_SECONDS = 15


class CallKind(StrEnum):
    """Honest calls, and the dishonest ones that a merchant must withstand."""

    HONEST = "honest"
    FORGED = "forged"
    UNSIGNED = "unsigned"
    WRONG_AMOUNT = "wrong-amount"
    UNKNOWN_ORDER = "unknown-order"
    UNKNOWN_STATUS = "unknown-status"


class Delivery(StrEnum):
    """What becomes of the calls that a payment causes."""

    PROMPT = "prompt"
    TWICE = "twice"
    LOST = "lost"


@dataclass(frozen=True)
class CallResult:
    """One call as it was sent, and the answer: code is RspCode, or empty where none could be read."""

    query: str
    status: int
    code: str
    message: str


class IpnCaller:
    """Calls one merchant."""

    def __init__(self, ipn_url: str, tmn_code: str, secret: bytes, retry_seconds: tuple[float, ...]) -> None:
        self._ipn_url = ipn_url
        self._tmn_code = tmn_code
        self._secret = secret
        self._retry_seconds = retry_seconds
        self._stopping = threading.Event()
        self._sent: dict[str, str] = {}
        self.delivery = Delivery.PROMPT

    def query_for(self, transaction: Transaction, kind: CallKind = CallKind.HONEST) -> str:
        """Return the query string that tells of a transaction, or that pretends to."""
        fields = self._fields(transaction)
        key = self._secret
        if kind is not CallKind.HONEST and transaction.is_open:
            paid = {"vnp_ResponseCode": "00", "vnp_TransactionStatus": "00", "vnp_TransactionNo": "99999999"}
            fields.update(paid)
        if kind is CallKind.FORGED:
            key = secrets.token_bytes(32)
        elif kind is CallKind.WRONG_AMOUNT:
            fields["vnp_Amount"] = str(int(transaction.amount) + 100_000)
        elif kind is CallKind.UNKNOWN_ORDER:
            fields["vnp_TxnRef"] = secrets.token_hex(8)
        elif kind is CallKind.UNKNOWN_STATUS:
            fields.update({"vnp_ResponseCode": "07", "vnp_TransactionStatus": "07"})
        query = signed_query(fields, key)
        return query.rpartition("&vnp_SecureHash=")[0] if kind is CallKind.UNSIGNED else query

    def announce(self, transaction: Transaction) -> threading.Event:
        """Tell the merchant how a transaction ended, in the background; the event is set after the first answer."""
        answered = threading.Event()
        if self.delivery is Delivery.LOST:
            answered.set()
            return answered
        query = self.query_for(transaction)
        self._sent[transaction.txn_ref] = query
        times = 2 if self.delivery is Delivery.TWICE else 1
        for _ in range(times):
            threading.Thread(target=self._until_confirmed, args=(query, answered.set), daemon=True).start()
        return answered

    def send(self, query: str) -> CallResult:
        """Call the merchant once."""
        try:
            response = requests.get(f"{self._ipn_url}?{query}", timeout=TIMEOUT_SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            return CallResult(query, 0, "", type(error).__name__)
        try:
            answer = response.json()
            return CallResult(query, response.status_code, str(answer["RspCode"]), str(answer["Message"]))
        except (ValueError, KeyError, TypeError):
            return CallResult(query, response.status_code, "", "the answer is not VNPAY's JSON")

    def find_sent(self, txn_ref: str) -> str | None:
        """Return the last honest call about a reference, byte for byte."""
        return self._sent.get(txn_ref)

    def stop(self) -> None:
        """Repeat nothing any more."""
        self._stopping.set()

    def _until_confirmed(self, query: str, first_answered: Callable[[], None]) -> None:
        for pause in (*self._retry_seconds, None):
            result = self.send(query)
            first_answered()
            if result.code in FINAL_ANSWERS or pause is None or self._stopping.wait(pause):
                return

    def _fields(self, transaction: Transaction) -> dict[str, str]:
        return {
            "vnp_Amount": transaction.amount,
            "vnp_BankCode": "NCB",
            "vnp_BankTranNo": f"VNP{transaction.number}" if transaction.number != "0" else "",
            "vnp_CardType": "ATM",
            "vnp_OrderInfo": transaction.order_info,
            "vnp_PayDate": transaction.pay_date or transaction.create_date,
            "vnp_ResponseCode": transaction.response_code,
            "vnp_TmnCode": self._tmn_code,
            "vnp_TransactionNo": transaction.number,
            "vnp_TransactionStatus": transaction.transaction_status,
            "vnp_TxnRef": transaction.txn_ref,
        }
