"""What can go wrong with payments: each error names a fact and carries a stable code."""

from typing import ClassVar


class PaymentsError(Exception):
    """Base of every error that payments raises on purpose."""

    code: ClassVar[str] = "payments"


class MoneyUnsound(PaymentsError):
    """Something that should be an amount of money is none."""

    code = "money-unsound"


class CurrencyMismatch(PaymentsError):
    """Amounts of two currencies were put together."""

    code = "currency-mismatch"


class FeeOrderUnsound(PaymentsError):
    """The fee order as asked for cannot stand: no items, an amount that is not positive, a malformed budget code."""

    code = "fee-order-unsound"


class FeeOrderNotFound(PaymentsError):
    """There is no such fee order."""

    code = "fee-order-not-found"


class FeeOrderAlreadyPaid(PaymentsError):
    """The fee order is paid."""

    code = "fee-order-already-paid"


class FeeOrderCancelled(PaymentsError):
    """The fee order was cancelled."""

    code = "fee-order-cancelled"


class FeeOrderExpired(PaymentsError):
    """The fee order's time to pay is over."""

    code = "fee-order-expired"


class FeeOrderNotPaid(PaymentsError):
    """The fee order is not paid, so there is nothing to receipt."""

    code = "fee-order-not-paid"


class TransitionNotAllowed(PaymentsError):
    """The transition table has no such move."""

    code = "payment-transition-not-allowed"


class AttemptNotFound(PaymentsError):
    """No attempt has this reference."""

    code = "attempt-not-found"


class ProviderUnknown(PaymentsError):
    """No payment provider of this name is set up."""

    code = "provider-unknown"


class ProviderDescriptionUnusable(PaymentsError):
    """The description of a provider's messages has faults, all of which are listed; told at start, to the operator."""


class ProviderUnavailable(PaymentsError):
    """The provider did not answer in time or in a form that can be read; ask again later."""

    code = "provider-unavailable"


class ProviderAnswerNotAuthentic(PaymentsError):
    """The provider's answer carries no signature or a wrong one; it was not used."""

    code = "provider-answer-not-authentic"


class CallbackNotFound(PaymentsError):
    """There is no such kept callback."""

    code = "callback-not-found"


class CallbackNotAuthentic(PaymentsError):
    """The callback's signature is absent or wrong; nothing in it was believed."""

    code = "callback-not-authentic"


class CallbackUnreadable(PaymentsError):
    """The callback is authentic, but a field that we need is missing or malformed."""

    code = "callback-unreadable"


class JournalEntryUnsound(PaymentsError):
    """A journal entry as composed cannot be posted."""

    code = "journal-entry-unsound"


class JournalEntryNotFound(PaymentsError):
    """There is no such journal entry."""

    code = "journal-entry-not-found"


class QrTextUnsound(PaymentsError):
    """A payload for a payment QR code cannot be made or read."""

    code = "qr-text-unsound"


class ReceiptNotFound(PaymentsError):
    """There is no such receipt."""

    code = "receipt-not-found"


class ReceiptSeriesUnsound(PaymentsError):
    """The configured form code or series of receipts cannot be used."""

    code = "receipt-series-unsound"


class PaymentNotPossible(PaymentsError):
    """The provider takes no such amount or currency."""

    code = "payment-not-possible"


class RefundNotPossible(PaymentsError):
    """The provider cannot or will not pay this back; nothing was sent, or it was refused for good."""

    code = "refund-not-possible"


class RefundUnsound(PaymentsError):
    """The refund as asked for cannot stand: no reason, nobody named, an amount that is not positive, no beneficiary."""

    code = "refund-unsound"


class RefundNotFound(PaymentsError):
    """There is no such refund."""

    code = "refund-not-found"


class RefundTooLarge(PaymentsError):
    """More than was paid less what is refunded or asked to be refunded already."""

    code = "refund-too-large"


class RefundKeyReused(PaymentsError):
    """The action key names another refund of this order."""

    code = "refund-key-reused"


class SamePersonTwice(PaymentsError):
    """Whoever asks for a refund does not approve it: that takes a second person."""

    code = "same-person-twice"


class OfficerLimitReached(PaymentsError):
    """The person has asked for or approved as much today as one person may."""

    code = "officer-limit-reached"


class FeeOrderPaymentUnderWay(PaymentsError):
    """A payment of the fee order may be under way, so what it comes to cannot change now."""

    code = "fee-order-payment-under-way"


class FeeCatalogueUnsound(PaymentsError):
    """An entry of the catalogue of fees, or the quantities given for it, cannot be used."""

    code = "fee-catalogue-unsound"


class FeeNotInCatalogue(PaymentsError):
    """The catalogue has no fee for this procedure on this day."""

    code = "fee-not-in-catalogue"


class CounterPaymentUnsound(PaymentsError):
    """A payment at the counter, or taking one back, cannot stand as entered."""

    code = "counter-payment-unsound"


class CounterAmountDiffers(PaymentsError):
    """What was received at the counter is not what the order comes to."""

    code = "counter-amount-differs"


class CounterPaymentNotFound(PaymentsError):
    """There is no such payment at the counter."""

    code = "counter-payment-not-found"


class CounterVoidTooLate(PaymentsError):
    """The day on which the payment was received is over; it can only be refunded."""

    code = "counter-void-too-late"


class SlipAlreadyUsed(PaymentsError):
    """The terminal's slip proves another payment."""

    code = "slip-already-used"


class CashDepositUnsound(PaymentsError):
    """A pay-in of cash cannot stand as entered."""

    code = "cash-deposit-unsound"


class CashDepositNotFound(PaymentsError):
    """There is no such pay-in of cash."""

    code = "cash-deposit-not-found"


class DrawerHoldsLess(PaymentsError):
    """The drawer does not hold the cash, or it is promised to a pay-in."""

    code = "drawer-holds-less"


class DepositSlipAlreadyUsed(PaymentsError):
    """The bank's slip proves another pay-in."""

    code = "deposit-slip-already-used"


class ReceiptEnded(PaymentsError):
    """The receipt was cancelled or replaced."""

    code = "receipt-ended"


class ReceiptSeriesClosed(PaymentsError):
    """The series was closed and numbers nothing any more."""

    code = "receipt-series-closed"


class ReceiptYearNotOver(PaymentsError):
    """The year whose series should be closed is not over, or no series names it."""

    code = "receipt-year-not-over"


class ReceiptFormUnsound(PaymentsError):
    """The file that names the elements of receipts in XML cannot be used."""

    code = "receipt-form-unsound"


class ReceiptSeriesNotFound(PaymentsError):
    """There is no such series."""

    code = "receipt-series-not-found"


class ExpectedTransferUnsound(PaymentsError):
    """A payout, a provider's fee or a remittance cannot stand as entered."""

    code = "expected-transfer-unsound"


class ExpectedTransferNotFound(PaymentsError):
    """There is no such payout, provider's fee or remittance."""

    code = "expected-transfer-not-found"


class TransferReferenceUsed(PaymentsError):
    """The document's number stands for another payout, fee or remittance."""

    code = "transfer-reference-used"


class ProviderNeverUsed(PaymentsError):
    """The unit has never taken money through a provider of this name."""

    code = "provider-never-used"


class ClearingHoldsLess(PaymentsError):
    """By the books a provider holds less than it is said to have paid out."""

    code = "clearing-holds-less"


class AccountHoldsLess(PaymentsError):
    """By the books an account holds less than is to leave it."""

    code = "account-holds-less"


class StatementEntryUnfit(PaymentsError):
    """The statement's entry is not this transfer: another account or amount, or it is matched already."""

    code = "statement-entry-unfit"


class PayoutPaymentsUnfit(PaymentsError):
    """The payments listed are not what a provider paid out: unknown, paid out before, or of another sum."""

    code = "payout-payments-unfit"
