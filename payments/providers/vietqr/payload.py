"""VietQR payloads: EMVCo merchant-presented QR with NAPAS' account field.

Source: NAPAS, QR format for transfers, version 1.0 of 09/2021; EMVCo QRCPS merchant-presented mode 1.1.
"""

import binascii
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from payments.errors import QrTextUnsound
from payments.money import VND, Money

NAPAS: Final = "A000000727"
CRC_HEAD: Final = "6304"
MOST_PURPOSE_CHARACTERS: Final = 25
BANK_BIN = re.compile(r"[0-9]{6}")
ACCOUNT = re.compile(r"[0-9A-Za-z]{1,19}")
PLAIN = re.compile(r"[ -~]*")


class Service(StrEnum):
    """Whether the number names an account or a card."""

    ACCOUNT = "QRIBFTTA"
    CARD = "QRIBFTTC"


@dataclass(frozen=True)
class TransferQr:
    """What a payer's bank app reads from the code.

    Attributes:
        amount: None makes a static code, into which the payer types the amount.
        purpose: ASCII, at most 25 characters; it comes back in the statement's text.
    Raises:
        QrTextUnsound: A field does not fit the format.
    """

    bank_bin: str
    account_number: str
    amount: Money | None = None
    purpose: str = ""
    bill_number: str = ""
    service: Service = Service.ACCOUNT

    def __post_init__(self) -> None:
        if not BANK_BIN.fullmatch(self.bank_bin) or not ACCOUNT.fullmatch(self.account_number):
            raise QrTextUnsound("a bank is six digits and an account up to 19 letters and digits")
        if self.amount is not None and (self.amount.currency != VND or not self.amount.is_positive):
            raise QrTextUnsound("an amount in the code is VND and more than zero")
        for text in (self.purpose, self.bill_number):
            if len(text) > MOST_PURPOSE_CHARACTERS or not PLAIN.fullmatch(text):
                raise QrTextUnsound("purpose and bill number are ASCII of at most 25 characters")


def transfer_qr_text(qr: TransferQr) -> str:
    """Return the payload, byte for byte as banks read it."""
    account = _field("00", qr.bank_bin) + _field("01", qr.account_number)
    merchant = _field("00", NAPAS) + _field("01", account) + _field("02", qr.service.value)
    extra = _optional("01", qr.bill_number) + _optional("08", qr.purpose)
    body = "".join(
        [
            _field("00", "01"),
            _field("01", "11" if qr.amount is None else "12"),
            _field("38", merchant),
            _field("53", "704"),
            _optional("54", "" if qr.amount is None else str(qr.amount.amount_minor)),
            _field("58", "VN"),
            _optional("62", extra),
            CRC_HEAD,
        ]
    )
    return body + crc(body)


def crc(text: str) -> str:
    """Return CRC-16 (polynomial 0x1021, first value 0xFFFF) over UTF-8 bytes, as four capital hex digits."""
    return f"{binascii.crc_hqx(text.encode(), 0xFFFF):04X}"


def parse_qr_text(text: str) -> dict[str, str]:
    """Return the top fields of an EMVCo payload whose checksum holds.

    Raises:
        QrTextUnsound: The checksum is wrong, a length runs past the end, or a field stands twice.
    """
    if text[-8:-4] != CRC_HEAD or crc(text[:-4]) != text[-4:]:
        raise QrTextUnsound("the code's checksum is absent or wrong")
    return parse_fields(text)


def parse_fields(text: str) -> dict[str, str]:
    """Return the fields of one level: two digits of tag, two of length in characters, the value.

    Raises:
        QrTextUnsound: A length is no number or runs past the end, or a field stands twice.
    """
    fields: dict[str, str] = {}
    position = 0
    while position < len(text):
        head = text[position : position + 4]
        if not (len(head) == 4 and head.isascii() and head.isdigit()):
            raise QrTextUnsound("a field does not start with its tag and length")
        tag, length = head[:2], int(head[2:])
        value = text[position + 4 : position + 4 + length]
        if len(value) != length or tag in fields:
            raise QrTextUnsound("a field runs past the end or stands twice")
        fields[tag] = value
        position += 4 + length
    return fields


def _field(tag: str, value: str) -> str:
    if len(value) > 99:
        raise QrTextUnsound("a field holds at most 99 characters")
    return f"{tag}{len(value):02d}{value}"


def _optional(tag: str, value: str) -> str:
    return _field(tag, value) if value else ""
