"""One entry (Ntry) of a camt message, with the transfers inside it (TxDtls)."""

from collections.abc import Iterator
from datetime import date

from payments.statements.fields import Element, Fields, line_of
from payments.statements.model import Entry, EntryDetail, EntryStatus

STATUSES = {
    "BOOK": EntryStatus.BOOKED,
    "PDNG": EntryStatus.PENDING,
    "INFO": EntryStatus.INFORMATION,
    "FUTR": EntryStatus.FUTURE,
}
# What banks write where the payer gave no reference.
NO_REFERENCE = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOREF"})
_COUNTERPARTY = {1: ("Dbtr", "DbtrAcct"), -1: ("Cdtr", "CdtrAcct")}


class EntryFields:
    """Reads entries of one message."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._proprietary_tag = fields.tag("Prtry")

    def read(self, element: Element, position: int) -> Entry:
        """Return the entry.

        CdtDbtInd says what the entry does to the account, also for a reversal (RvslInd), so it alone gives the sign.
        """
        fields = self._fields
        amount_minor, currency = fields.get_amount(element)
        sign = fields.get_sign(element)
        status = self._status(element)
        bank_reference = _meaningful(fields.find_identifier(element, "AcctSvcrRef"))
        return Entry(
            position=position,
            amount_minor=sign * amount_minor,
            currency=currency,
            reversal=fields.find_boolean(element, "RvslInd") or False,
            status=status,
            booking_date=self._booking_date(element, status),
            value_date=fields.find_day(element, "ValDt"),
            bank_reference=bank_reference,
            references=_distinct(bank_reference, fields.find_identifier(element, "NtryRef")),
            texts=tuple(fields.texts(element, "AddtlNtryInf")),
            details=tuple(self._details(element, sign)),
            line=line_of(element),
        )

    def _status(self, element: Element) -> EntryStatus:
        """Read Sts, which is a code until version 06 and holds Cd or Prtry since."""
        status = self._fields.find_one(element, "Sts")
        if status is None:
            raise self._fields.refuse(element, "Sts", "is missing")
        code = self._fields.get_text(status, "Cd") if len(status) else self._fields.text_of(status, "Sts")
        if code not in STATUSES:
            raise self._fields.refuse(status, "Sts", "is not BOOK, PDNG, INFO or FUTR")
        return STATUSES[code]

    def _booking_date(self, element: Element, status: EntryStatus) -> date | None:
        day = self._fields.find_day(element, "BookgDt")
        if day is None and status is EntryStatus.BOOKED:
            raise self._fields.refuse(element, "BookgDt", "is missing from a booked entry")
        return day

    def _details(self, element: Element, entry_sign: int) -> Iterator[EntryDetail]:
        for group in self._fields.all_of(element, "NtryDtls"):
            for detail in self._fields.all_of(group, "TxDtls"):
                yield self._detail(detail, entry_sign)

    def _detail(self, element: Element, entry_sign: int) -> EntryDetail:
        fields = self._fields
        sign = fields.find_sign(element) or entry_sign
        amount = self._detail_amount(element)
        party, account = _COUNTERPARTY[sign]
        parties = fields.find_one(element, "RltdPties")
        return EntryDetail(
            amount_minor=None if amount is None else sign * amount[0],
            currency=None if amount is None else amount[1],
            references=self._references(element),
            texts=self._texts(element),
            counterparty_name=None if parties is None else self._party_name(parties, party),
            counterparty_account=None if parties is None else self._party_account(parties, account),
        )

    def _detail_amount(self, element: Element) -> tuple[int, str] | None:
        """Read what the transfer moved on this account: Amt since version 03, AmtDtls/TxAmt before."""
        if self._fields.find_one(element, "Amt") is not None:
            return self._fields.get_amount(element)
        moved = self._fields.find_one(element, "AmtDtls", "TxAmt")
        return None if moved is None else self._fields.get_amount(moved)

    def _references(self, element: Element) -> tuple[str, ...]:
        """Read every identifier in Refs: of the bank, the payer, the clearing, and proprietary ones."""
        found: list[str | None] = []
        for group in self._fields.all_of(element, "Refs"):
            for child in group:
                if child.tag == self._proprietary_tag:
                    found.append(self._fields.find_identifier(child, "Ref"))
                else:
                    found.append(self._fields.identifier_of(child, "Refs"))
        return _distinct(*found)

    def _texts(self, element: Element) -> tuple[str, ...]:
        fields = self._fields
        found: list[str] = []
        remittance = fields.find_one(element, "RmtInf")
        if remittance is not None:
            found += fields.texts(remittance, "Ustrd")
            for structured in fields.all_of(remittance, "Strd"):
                found += self._structured(structured)
        return (*found, *fields.texts(element, "AddtlTxInf"))

    def _structured(self, element: Element) -> list[str]:
        fields = self._fields
        documents = [
            number for document in fields.all_of(element, "RfrdDocInf") if (number := fields.find_text(document, "Nb"))
        ]
        reference = fields.find_text(element, "CdtrRefInf", "Ref")
        return [*documents, *([reference] if reference else []), *fields.texts(element, "AddtlRmtInf")]

    def _party_name(self, parties: Element, party: str) -> str | None:
        """Read the other side's name, which moved into Pty with version 08."""
        fields = self._fields
        return fields.find_text(parties, party, "Nm") or fields.find_text(parties, party, "Pty", "Nm")

    def _party_account(self, parties: Element, account: str) -> str | None:
        fields = self._fields
        identified = fields.find_one(parties, account, "Id")
        if identified is None:
            return None
        return fields.find_identifier(identified, "IBAN") or fields.find_identifier(identified, "Othr", "Id")


def _meaningful(reference: str | None) -> str | None:
    return None if reference is None or reference.upper() in NO_REFERENCE else reference


def _distinct(*references: str | None) -> tuple[str, ...]:
    """Return the references that say something, each once, in their order."""
    return tuple(dict.fromkeys(found for reference in references if (found := _meaningful(reference))))
