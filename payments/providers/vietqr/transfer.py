"""What a payer needs for a bank transfer that books itself."""

from dataclasses import dataclass

from payments.money import Money
from payments.providers.vietqr.payload import TransferQr, transfer_qr_text


@dataclass(frozen=True)
class TransferInstruction:
    """Account, amount and text of the transfer, and the code that fills them in; qr_text is what the picture holds."""

    bank_bin: str
    bank_name: str
    account_number: str
    account_name: str
    amount: Money
    transfer_content: str
    qr_text: str


def transfer_instruction(
    *, bank_bin: str, bank_name: str, account_number: str, account_name: str, amount: Money, reference: str
) -> TransferInstruction:
    """Return the instruction; the transfer's text is the reference alone, so that nothing pushes it out.

    Raises:
        QrTextUnsound: The account is not one that a code can carry.
    """
    qr_text = transfer_qr_text(TransferQr(bank_bin, account_number, amount, reference))
    return TransferInstruction(bank_bin, bank_name, account_number, account_name, amount, reference, qr_text)
