"""What the sandbox remembers: transactions by the merchant's reference, in memory, for as long as it runs."""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone

GMT7 = timezone(timedelta(hours=7))


@dataclass(frozen=True)
class Transaction:
    """One payment as the merchant asked for it, and how it ended; codes are VNPAY's."""

    txn_ref: str
    amount: str
    order_info: str
    return_url: str
    create_date: str
    expire_date: str
    page_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    number: str = "0"
    response_code: str = ""
    transaction_status: str = "01"
    pay_date: str = ""
    # Requests to pay back that were taken: request id and amount as vnp_Amount; and where the last one stands.
    refunds: tuple[tuple[str, int], ...] = ()
    refund_status: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the payer has not decided yet."""
        return self.response_code == ""

    @property
    def amount_vnd(self) -> int:
        """The amount in whole VND."""
        return int(self.amount) // 100

    @property
    def refunded(self) -> int:
        """What was taken to be paid back, as vnp_Amount."""
        return sum(amount for _, amount in self.refunds)


def gmt7_now() -> str:
    """Return the moment as VNPAY writes it."""
    return datetime.now(UTC).astimezone(GMT7).strftime("%Y%m%d%H%M%S")


class Book:
    """All transactions; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_reference: dict[str, Transaction] = {}

    def open(self, fields: Mapping[str, str]) -> Transaction:
        """Return the transaction of a payment address; the same reference is the same transaction."""
        with self._lock:
            known = self._by_reference.get(fields["vnp_TxnRef"])
            if known is not None:
                return known
            made = Transaction(
                txn_ref=fields["vnp_TxnRef"],
                amount=fields["vnp_Amount"],
                order_info=fields["vnp_OrderInfo"],
                return_url=fields["vnp_ReturnUrl"],
                create_date=fields["vnp_CreateDate"],
                expire_date=fields.get("vnp_ExpireDate", ""),
            )
            self._by_reference[made.txn_ref] = made
            return made

    def find(self, txn_ref: str) -> Transaction | None:
        """Return a transaction by the merchant's reference."""
        with self._lock:
            return self._by_reference.get(txn_ref)

    def all(self) -> list[Transaction]:
        """Return all transactions, oldest first."""
        with self._lock:
            return list(self._by_reference.values())

    def end(self, page_token: str, response_code: str, transaction_status: str) -> tuple[Transaction, bool] | None:
        """End the open transaction behind a page; the flag says whether this call ended it."""
        with self._lock:
            found = next((t for t in self._by_reference.values() if t.page_token == page_token), None)
            if found is None:
                return None
            if not found.is_open:
                return found, False
            ended = replace(
                found,
                number=str(10_000_000 + secrets.randbelow(90_000_000)) if response_code == "00" else "0",
                response_code=response_code,
                transaction_status=transaction_status,
                pay_date=gmt7_now(),
            )
            self._by_reference[ended.txn_ref] = ended
            return ended, True

    def refund(self, txn_ref: str, request_id: str, amount: int) -> str:
        """Take a request to pay back; returns VNPAY's code for it."""
        with self._lock:
            found = self._by_reference.get(txn_ref)
            if found is None:
                return "91"
            if found.transaction_status != "00":
                return "95"
            if request_id in {known for known, _ in found.refunds}:
                return "94"
            if found.refunded + amount > int(found.amount):
                return "02"
            self._by_reference[txn_ref] = replace(
                found, refunds=(*found.refunds, (request_id, amount)), refund_status="05"
            )
            return "00"

    def settle_refund(self, txn_ref: str, status: str) -> bool:
        """Say how the last refund of a transaction stands: 05 at VNPAY, 06 at the bank, 00 paid back, 09 refused."""
        with self._lock:
            found = self._by_reference.get(txn_ref)
            if found is None or not found.refunds:
                return False
            self._by_reference[txn_ref] = replace(found, refund_status=status)
            return True
