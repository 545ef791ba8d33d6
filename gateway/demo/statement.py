"""Writes the camt.053 statement that a bank would send, for the demonstration and for tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lxml import etree

from payments.statements.currencies import DECIMALS

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
# Bank transaction codes: received and issued domestic credit transfer.
_CREDIT_FAMILY, _DEBIT_FAMILY = "RCDT", "ICDT"


@dataclass(frozen=True)
class BankTransfer:
    """One transfer as the bank booked it.

    Attributes:
        amount_minor: Positive when it came in, negative when it went out.
        text: What the payer wrote, as the bank passes it on.
        bank_reference: The bank's own reference; None leaves it out.
        end_to_end: The payer's reference; None is written as NOTPROVIDED, as banks do.
    """

    amount_minor: int
    text: str
    bank_reference: str | None = None
    end_to_end: str | None = None
    counterparty_name: str | None = None
    counterparty_account: str | None = None


@dataclass(frozen=True)
class BankEntry:
    """One booked entry: a transfer, or several that the bank booked as one sum."""

    transfers: tuple[BankTransfer, ...]
    bank_reference: str | None = None
    reversal: bool = False

    @property
    def amount_minor(self) -> int:
        """What the entry does to the balance."""
        return sum(transfer.amount_minor for transfer in self.transfers)


def entry(amount_minor: int, text: str, bank_reference: str | None = None, *, reversal: bool = False) -> BankEntry:
    """Return an entry of one transfer."""
    return BankEntry((BankTransfer(amount_minor, text),), bank_reference, reversal)


def camt053_document(
    *,
    account: str,
    day: date,
    opening_minor: int,
    entries: Sequence[BankEntry],
    created_at: datetime,
    closing_minor: int | None = None,
    currency: str = "VND",
    sequence_number: int = 1,
    identification: str | None = None,
    bank_name: str = "Ngân hàng Ví Dụ",
) -> bytes:
    """Return a camt.053.001.08 message with one statement of one day.

    Args:
        account: Account number as the bank writes it (not an IBAN, which Vietnam does not use).
        created_at: Aware.
        closing_minor: The closing balance to state; by default the right one.
    """
    document = etree.Element(f"{{{NAMESPACE}}}Document", nsmap={None: NAMESPACE})  # type: ignore[dict-item]  # The stubs forget the default namespace.
    message = _add(document, "BkToCstmrStmt")
    header = _add(message, "GrpHdr")
    name = identification or f"STMT-{account}-{day:%Y%m%d}-{sequence_number}"
    _add(header, "MsgId", f"MSG-{day:%Y%m%d}-{sequence_number}")
    _add(header, "CreDtTm", created_at.isoformat(timespec="seconds"))
    statement = _add(message, "Stmt")
    _add(statement, "Id", name)
    _add(statement, "ElctrncSeqNb", str(sequence_number))
    _add(statement, "CreDtTm", created_at.isoformat(timespec="seconds"))
    _add_account(statement, account, currency, bank_name)
    booked_minor = sum(each.amount_minor for each in entries)
    closing = opening_minor + booked_minor if closing_minor is None else closing_minor
    _add_balance(statement, "OPBD", opening_minor, currency, day)
    _add_balance(statement, "CLBD", closing, currency, day)
    summary = _add(_add(statement, "TxsSummry"), "TtlNtries")
    _add(summary, "NbOfNtries", str(len(entries)))
    for each in entries:
        _add_entry(statement, each, currency, day)
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    element.text = text
    return element


def _add_account(statement: etree._Element, account: str, currency: str, bank_name: str) -> None:
    element = _add(statement, "Acct")
    _add(_add(_add(element, "Id"), "Othr"), "Id", account)
    _add(element, "Ccy", currency)
    _add(_add(_add(element, "Svcr"), "FinInstnId"), "Nm", bank_name)


def _add_balance(statement: etree._Element, code: str, amount_minor: int, currency: str, day: date) -> None:
    balance = _add(statement, "Bal")
    _add(_add(_add(balance, "Tp"), "CdOrPrtry"), "Cd", code)
    _add_amount(balance, amount_minor, currency)
    _add(_add(balance, "Dt"), "Dt", day.isoformat())


def _add_amount(parent: etree._Element, amount_minor: int, currency: str) -> None:
    """Add the amount without its sign, and the sign as an indicator of credit or debit."""
    decimals = DECIMALS[currency]
    digits = str(abs(amount_minor)).rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    _add(parent, "Amt", text).set("Ccy", currency)
    _add(parent, "CdtDbtInd", "CRDT" if amount_minor >= 0 else "DBIT")


def _add_entry(statement: etree._Element, booked: BankEntry, currency: str, day: date) -> None:
    element = _add(statement, "Ntry")
    _add_amount(element, booked.amount_minor, currency)
    if booked.reversal:
        _add(element, "RvslInd", "true")
    _add(_add(element, "Sts"), "Cd", "BOOK")
    _add(_add(element, "BookgDt"), "Dt", day.isoformat())
    _add(_add(element, "ValDt"), "Dt", day.isoformat())
    if booked.bank_reference:
        _add(element, "AcctSvcrRef", booked.bank_reference)
    domain = _add(_add(element, "BkTxCd"), "Domn")
    _add(domain, "Cd", "PMNT")
    family = _add(domain, "Fmly")
    _add(family, "Cd", _CREDIT_FAMILY if booked.amount_minor >= 0 else _DEBIT_FAMILY)
    _add(family, "SubFmlyCd", "DMCT")
    details = _add(element, "NtryDtls")
    if len(booked.transfers) > 1:
        _add(_add(details, "Btch"), "NbOfTxs", str(len(booked.transfers)))
    for transfer in booked.transfers:
        _add_transfer(details, transfer, currency)


def _add_transfer(details: etree._Element, transfer: BankTransfer, currency: str) -> None:
    element = _add(details, "TxDtls")
    references = _add(element, "Refs")
    if transfer.bank_reference:
        _add(references, "AcctSvcrRef", transfer.bank_reference)
    _add(references, "EndToEndId", transfer.end_to_end or "NOTPROVIDED")
    _add_amount(element, transfer.amount_minor, currency)
    if transfer.counterparty_name or transfer.counterparty_account:
        _add_parties(element, transfer)
    # An unstructured text holds 140 characters; a longer one goes on in the next.
    remittance = _add(element, "RmtInf")
    for start in range(0, max(len(transfer.text), 1), 140):
        _add(remittance, "Ustrd", transfer.text[start : start + 140] or "-")


def _add_parties(element: etree._Element, transfer: BankTransfer) -> None:
    parties = _add(element, "RltdPties")
    role = "Dbtr" if transfer.amount_minor >= 0 else "Cdtr"
    if transfer.counterparty_name:
        _add(_add(_add(parties, role), "Pty"), "Nm", transfer.counterparty_name)
    if transfer.counterparty_account:
        _add(_add(_add(_add(parties, f"{role}Acct"), "Id"), "Othr"), "Id", transfer.counterparty_account)
