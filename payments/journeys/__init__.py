"""The verbs of payments, which the gateway calls with a store of its transaction; none of them commits."""

from payments.journeys.attempts import StartedAttempt, Visitor, start_attempt
from payments.journeys.bank_days import book_arrivals, expected_payments, settle_transfers
from payments.journeys.callbacks import keep_callback, settle_callback
from payments.journeys.orders import cancel_order, expire_orders, open_order
from payments.journeys.queries import StaleAttempt, query_stale
from payments.journeys.receipts import SealedReceipt, draw_sealed_receipt, issue_receipts, mark_delivered, record_sealed
from payments.journeys.settlement import settle_event
from payments.journeys.transfers import settle_transfer
from payments.journeys.work import PaymentWork

__all__ = [
    "PaymentWork",
    "SealedReceipt",
    "StaleAttempt",
    "StartedAttempt",
    "Visitor",
    "book_arrivals",
    "cancel_order",
    "draw_sealed_receipt",
    "expected_payments",
    "expire_orders",
    "issue_receipts",
    "keep_callback",
    "mark_delivered",
    "open_order",
    "query_stale",
    "record_sealed",
    "settle_callback",
    "settle_event",
    "settle_transfer",
    "settle_transfers",
    "start_attempt",
]
