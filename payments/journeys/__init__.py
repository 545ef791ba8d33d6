"""The verbs of payments, which the gateway calls with a store of its transaction; none of them commits."""

from payments.journeys.attempts import StartedAttempt, Visitor, start_attempt
from payments.journeys.bank_days import book_arrivals, expected_payments, settle_refund_debits, settle_transfers
from payments.journeys.books import check_books
from payments.journeys.callbacks import settle_arrived, settle_callback
from payments.journeys.cash_deposits import cancel_deposit, hand_over_deposit, prepare_deposit
from payments.journeys.counter import CounterTaking, take_at_counter, void_counter_payment
from payments.journeys.expected_transfers import approve_transfer, cancel_transfer, reverse_transfer
from payments.journeys.fee_catalogue import FeeWish, Imported, import_catalogue, price_fee
from payments.journeys.kept_calls import keep_callback
from payments.journeys.orders import cancel_order, change_order, expire_orders, open_order
from payments.journeys.queries import StaleAttempt, query_stale
from payments.journeys.receipt_documents import (
    Press,
    SealedReceipt,
    draw_copy,
    draw_sealed_receipt,
    mark_delivered,
    receipt_facts,
    record_sealed,
)
from payments.journeys.receipt_ends import RightPayer, cancel_receipt, close_series, close_year, replace_receipt
from payments.journeys.receipts import issue_receipts
from payments.journeys.refund_outcomes import PaidOut, confirm_by_statement, give_up_refund, hand_over_refund
from payments.journeys.refund_sending import send_refunds
from payments.journeys.refunds import RefundWish, approve_refund, reject_refund, request_proposed, request_refund
from payments.journeys.settlement import settle_event
from payments.journeys.transfer_wishes import (
    TransferWish,
    announce_transfer,
    payout_wish,
    provider_fee_wish,
    remittance_wish,
)
from payments.journeys.transfers import settle_transfer
from payments.journeys.treasury import confirm_by_treasury, keep_at_treasury
from payments.journeys.work import PaymentWork

__all__ = [
    "CounterTaking",
    "FeeWish",
    "Imported",
    "PaidOut",
    "PaymentWork",
    "Press",
    "RefundWish",
    "RightPayer",
    "SealedReceipt",
    "StaleAttempt",
    "StartedAttempt",
    "TransferWish",
    "Visitor",
    "announce_transfer",
    "approve_refund",
    "approve_transfer",
    "book_arrivals",
    "cancel_deposit",
    "cancel_order",
    "cancel_receipt",
    "cancel_transfer",
    "change_order",
    "check_books",
    "close_series",
    "close_year",
    "confirm_by_statement",
    "confirm_by_treasury",
    "draw_copy",
    "draw_sealed_receipt",
    "expected_payments",
    "expire_orders",
    "give_up_refund",
    "hand_over_deposit",
    "hand_over_refund",
    "import_catalogue",
    "issue_receipts",
    "keep_at_treasury",
    "keep_callback",
    "mark_delivered",
    "open_order",
    "payout_wish",
    "prepare_deposit",
    "price_fee",
    "provider_fee_wish",
    "query_stale",
    "receipt_facts",
    "record_sealed",
    "reject_refund",
    "remittance_wish",
    "replace_receipt",
    "request_proposed",
    "request_refund",
    "reverse_transfer",
    "send_refunds",
    "settle_arrived",
    "settle_callback",
    "settle_event",
    "settle_refund_debits",
    "settle_transfer",
    "settle_transfers",
    "start_attempt",
    "take_at_counter",
    "void_counter_payment",
]
