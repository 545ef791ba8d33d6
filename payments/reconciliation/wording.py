"""Breaks in words, Vietnamese and English, for the finance officer who has to act on them."""

from datetime import date

from payments.reconciliation.model import ExpectedPayment, Movement, PaymentKind
from payments.statements.currencies import amount_en, amount_vi

MOST_QUOTED_CHARACTERS = 100
CREDIT, DEBIT = ("ghi có", "credit"), ("ghi nợ", "debit")
KINDS = {
    PaymentKind.CASH: ("lần nộp tiền mặt", "cash paid in"),
    PaymentKind.PAYOUT: ("lần nhà cung cấp chi trả", "a provider's payout"),
    PaymentKind.PROVIDER_FEE: ("phí dịch vụ của nhà cung cấp", "a provider's fee"),
    PaymentKind.REMITTANCE: ("lần nộp kho bạc", "a remittance to the treasury"),
}


def unknown_credit(movement: Movement, foreign: tuple[str, ...]) -> tuple[str, str]:
    """Money came in and nothing says what for."""
    vi, en = _movement(movement)
    if foreign:
        return (
            f"Khoản ghi có {vi} mang mã {foreign[0]}, nhưng không có khoản nào đang chờ thu với mã này.",
            f"The credit of {en} carries the reference {foreign[0]}, but no payment with it is awaited.",
        )
    quoted_vi, quoted_en = _quoted(movement)
    return (
        f"Khoản ghi có {vi} không mang mã tham chiếu nào của hệ thống{quoted_vi}.",
        f"The credit of {en} carries no reference of ours{quoted_en}.",
    )


def missing(payment: ExpectedPayment, day: date) -> tuple[str, str]:
    """We booked a payment and the bank shows none."""
    vi, en = _payment(payment)
    return (
        f"Khoản thanh toán {vi}, ghi nhận ngày {day:%d/%m/%Y}, chưa thấy trong sao kê ngân hàng.",
        f"The payment of {en}, booked on {day.isoformat()}, is not in the bank's statement.",
    )


def amount_differs(movement: Movement, payment: ExpectedPayment) -> tuple[str, str]:
    """The right reference with the wrong money."""
    vi, en = _movement(movement)
    owed_vi, owed_en = _payment(payment)
    what_vi, what_en = CREDIT if movement.is_credit else DEBIT
    if movement.currency != payment.currency:
        return (
            f"Khoản {what_vi} {vi} mang mã của khoản {owed_vi}, nhưng khác loại tiền.",
            f"The {what_en} of {en} carries the reference of {owed_en}, but in another currency.",
        )
    off_by = abs(movement.amount_minor) - abs(payment.amount_minor)
    size_vi, size_en = amount_vi(abs(off_by), movement.currency), amount_en(abs(off_by), movement.currency)
    return (
        f"Khoản {what_vi} {vi} mang mã của khoản {owed_vi}: {'thừa' if off_by > 0 else 'thiếu'} {size_vi}.",
        f"The {what_en} of {en} carries the reference of {owed_en}:"
        f" {size_en} too {'much' if off_by > 0 else 'little'}.",
    )


def duplicate_credit(movement: Movement, payment: ExpectedPayment) -> tuple[str, str]:
    """The money came a second time."""
    vi, en = _movement(movement)
    owed_vi, owed_en = _payment(payment)
    return (
        f"Khoản ghi có {vi} mang mã của khoản {owed_vi}, đã khớp với bút toán khác: có thể người nộp chuyển hai lần.",
        f"The credit of {en} carries the reference of {owed_en}, which another entry has paid already:"
        " the payer may have paid twice.",
    )


def several_payments(movement: Movement, dossiers: list[str]) -> tuple[str, str]:
    """One credit names more than one payment."""
    vi, en = _movement(movement)
    listed = ", ".join(dossiers[:5]) + ("…" if len(dossiers) > 5 else "")
    return (
        f"Khoản ghi có {vi} mang mã của nhiều khoản thanh toán (hồ sơ {listed}).",
        f"The credit of {en} carries the references of several payments (dossiers {listed}).",
    )


def credit_taken_back(movement: Movement, payment: ExpectedPayment) -> tuple[str, str]:
    """The bank took money back that had paid something."""
    vi, en = _movement(movement)
    owed_vi, owed_en = _payment(payment)
    return (
        f"Ngân hàng ghi nợ {vi} với mã của khoản {owed_vi}: tiền đã thu có thể đã bị trả lại.",
        f"The bank debited {en} under the reference of {owed_en}: money received may have been given back.",
    )


def duplicate_debit(movement: Movement, payment: ExpectedPayment) -> tuple[str, str]:
    """Money left a second time."""
    vi, en = _movement(movement)
    owed_vi, owed_en = _payment(payment)
    return (
        f"Tài khoản bị ghi nợ {vi} với mã của khoản {owed_vi}, đã khớp với bút toán khác: có thể đã trả hai lần.",
        f"The account was debited {en} under the reference of {owed_en}, which another entry has paid already.",
    )


def sent_back(movement: Movement, payment: ExpectedPayment) -> tuple[str, str]:
    """Money that was to leave came in under the same reference."""
    vi, en = _movement(movement)
    owed_vi, owed_en = _payment(payment)
    return (
        f"Khoản ghi có {vi} mang mã của khoản {owed_vi}, vốn là tiền đi: có thể đã bị trả về.",
        f"The credit of {en} carries the reference of {owed_en}, which was to leave: it may have been sent back.",
    )


def debit_returned(movement: Movement) -> tuple[str, str]:
    """The bank undid a debit."""
    vi, en = _movement(movement)
    quoted_vi, quoted_en = _quoted(movement)
    return (
        f"Ngân hàng đảo một khoản ghi nợ trước đó, trả lại {vi}{quoted_vi}.",
        f"The bank reversed an earlier debit and gave {en} back{quoted_en}.",
    )


def debit_unexplained(movement: Movement) -> tuple[str, str]:
    """Money left the account."""
    vi, en = _movement(movement)
    quoted_vi, quoted_en = _quoted(movement)
    return (
        f"Tài khoản bị ghi nợ {vi}, không ứng với khoản nào của hệ thống{quoted_vi}.",
        f"The account was debited {en}, which nothing of ours explains{quoted_en}.",
    )


def _movement(movement: Movement) -> tuple[str, str]:
    size, day = abs(movement.amount_minor), movement.booking_date
    return (
        f"{amount_vi(size, movement.currency)} ngày {day:%d/%m/%Y}",
        f"{amount_en(size, movement.currency)} of {day.isoformat()}",
    )


def _payment(payment: ExpectedPayment) -> tuple[str, str]:
    vi, en = KINDS.get(payment.kind) or (f"hồ sơ {payment.dossier}", f"dossier {payment.dossier}")
    size, reference = abs(payment.amount_minor), payment.our_reference
    if payment.kind in (PaymentKind.PAYOUT, PaymentKind.PROVIDER_FEE):
        reference = payment.provider_transaction or reference
    return (
        f"{amount_vi(size, payment.currency)} của {vi} (mã {reference})",
        f"{amount_en(size, payment.currency)} for {en} (reference {reference})",
    )


def _quoted(movement: Movement) -> tuple[str, str]:
    text = " ".join(" ".join(movement.texts).split())
    if not text:
        return "", ""
    short = text if len(text) <= MOST_QUOTED_CHARACTERS else text[: MOST_QUOTED_CHARACTERS - 1] + "…"
    return f", nội dung: “{short}”", f", text: “{short}”"
