"""ISO 20022 bank-to-customer statements (camt.053), and their siblings camt.052 and camt.054, versions 02 to 13.

The file is read once, entry by entry, and forgotten as it is read. Source: ISO 20022 message definitions
BankToCustomerStatement, BankToCustomerAccountReport, BankToCustomerDebitCreditNotification.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

from lxml import etree

from payments.statements.camt_entry import EntryFields
from payments.statements.errors import StatementEmpty, StatementTooLarge, StatementUnreadable, StatementXmlForbidden
from payments.statements.fields import Element, Fields
from payments.statements.model import Balance, DeclaredTotals, Entry, Statement, StatementKind
from payments.statements.sniff import CamtFormat

CHUNK_BYTES = 64 * 1024
CONTAINERS = {
    StatementKind.STATEMENT: "Stmt",
    StatementKind.REPORT: "Rpt",
    StatementKind.NOTIFICATION: "Ntfctn",
}


@dataclass(frozen=True, slots=True)
class StatementLimits:
    """Bounds on one file; depth (256) and the length of one text (10 MB) are libxml2's own."""

    size_bytes: int = 200 * 1024 * 1024
    statements: int = 10_000
    entries: int = 2_000_000
    details: int = 4_000_000


def parse_camt(path: Path, camt: CamtFormat, limits: StatementLimits) -> tuple[Statement, ...]:
    """Return the statements of one file, in the file's order.

    Raises:
        StatementUnreadable: Anything in any statement cannot be read; the message names the line and the field.
        StatementTooLarge: The file exceeds a limit.
    """
    if path.stat().st_size > limits.size_bytes:
        raise StatementTooLarge(f"the file is larger than {limits.size_bytes} bytes")
    reading = _Reading(camt, limits)
    for element in _elements(path, reading.tags):
        reading.take(element)
    if not reading.statements:
        raise StatementEmpty(f"the {camt.name} message holds no statement")
    return tuple(reading.statements)


def _elements(path: Path, tags: list[str]) -> Iterator[Element]:
    """Yield each element of interest when its end is read."""
    parser = etree.XMLPullParser(
        events=("end",),
        tag=tags,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                parser.feed(chunk)
                for _, element in parser.read_events():
                    yield cast(Element, element)
        root = parser.close()
    except etree.XMLSyntaxError as error:
        raise StatementUnreadable(f"line {error.lineno}: not well-formed XML: {error.msg}") from None
    except LookupError:
        raise StatementUnreadable("the XML names an encoding that is not known") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise StatementXmlForbidden("the XML has a document type declaration")


class _Reading:
    """Collects entries until their statement ends."""

    def __init__(self, camt: CamtFormat, limits: StatementLimits) -> None:
        self.statements: list[Statement] = []
        self._camt = camt
        self._limits = limits
        self._fields = Fields(camt.namespace)
        self._container = self._fields.tag(CONTAINERS[camt.kind])
        self._entry = self._fields.tag("Ntry")
        self._entry_fields = EntryFields(self._fields)
        self._entries: list[Entry] = []
        self._entries_left = limits.entries
        self._details_left = limits.details

    @property
    def tags(self) -> list[str]:
        """Entries and statements under any namespace, so that those of another message are seen and refused."""
        return ["{*}Ntry", *("{*}" + name for name in CONTAINERS.values())]

    def take(self, element: Element) -> None:
        """Read one entry, or the statement that has just ended."""
        if element.tag == self._entry:
            self._take_entry(element)
        elif element.tag == self._container:
            self._take_statement(element)
        else:
            raise StatementUnreadable(
                f"line {element.sourceline}: {etree.QName(element).localname} is of another message"
                f" than {self._camt.name}"
            )

    def _take_entry(self, element: Element) -> None:
        self._fields.place = f"statement {len(self.statements) + 1}, entry {len(self._entries) + 1}"
        parent = element.getparent()
        if parent is None or parent.tag != self._container:
            raise self._fields.refuse(element, "Ntry", "stands outside a statement")
        entry = self._entry_fields.read(element, len(self._entries) + 1)
        self._entries.append(entry)
        self._entries_left -= 1
        self._details_left -= len(entry.details)
        if min(self._entries_left, self._details_left) < 0:
            raise StatementTooLarge(
                f"the file holds more than {self._limits.entries} entries or {self._limits.details} transfers"
            )
        # What is read is forgotten: the element stays behind empty, its predecessor goes.
        self._fields.forget()
        element.clear()
        before = element.getprevious()
        if before is not None and before.tag == self._entry:
            parent.remove(before)

    def _take_statement(self, element: Element) -> None:
        self._fields.place = f"statement {len(self.statements) + 1}"
        if len(self.statements) == self._limits.statements:
            raise StatementTooLarge(f"the file holds more than {self._limits.statements} statements")
        nested = next((parent for parent in element.iterancestors(self._container)), None)
        if nested is not None:
            raise self._fields.refuse(element, etree.QName(element).localname, "stands inside another statement")
        self.statements.append(self._statement(element))
        self._entries = []
        self._fields.forget()
        element.clear()

    def _statement(self, element: Element) -> Statement:
        fields = self._fields
        balances = tuple(self._balance(child) for child in fields.all_of(element, "Bal"))
        currency = self._currency(element, balances)
        page, last_page = self._page(element)
        return Statement(
            kind=self._camt.kind,
            format=self._camt.name,
            identification=self._required(element, "Id"),
            sequence_number=fields.find_number(element, "ElctrncSeqNb"),
            created_at=fields.find_moment(element, "CreDtTm"),
            period_from=self._period_day(element, "FrDt"),
            period_to=self._period_day(element, "ToDt"),
            copy=fields.find_text(element, "CpyDplctInd") is not None,
            page=page,
            last_page=last_page,
            account=self._account(element),
            currency=currency,
            balances=balances,
            declared=self._declared(element, currency),
            entries=tuple(self._entries),
        )

    def _account(self, element: Element) -> str:
        iban = self._fields.find_identifier(element, "Acct", "Id", "IBAN")
        account = iban or self._required(element, "Acct", "Id", "Othr", "Id")
        return "".join(account.split())

    def _required(self, element: Element, *path: str) -> str:
        identifier = self._fields.find_identifier(element, *path)
        if identifier is None:
            raise self._fields.refuse(element, "/".join(path), "is missing")
        return identifier

    def _currency(self, element: Element, balances: tuple[Balance, ...]) -> str | None:
        """Return the account's currency; else the one that its balances or entries agree on."""
        named = self._fields.find_text(element, "Acct", "Ccy")
        if named:
            return named
        seen = {balance.currency for balance in balances} or {entry.currency for entry in self._entries}
        return seen.pop() if len(seen) == 1 else None

    def _period_day(self, element: Element, name: str) -> date | None:
        period = self._fields.find_one(element, "FrToDt")
        if period is None:
            return None
        moment = self._fields.find_moment(period, f"{name}Tm")
        return moment.date() if moment else None

    def _page(self, element: Element) -> tuple[int | None, bool]:
        fields = self._fields
        pages = next(
            (
                found
                for name in ("StmtPgntn", "RptPgntn", "NtfctnPgntn")
                if (found := fields.find_one(element, name)) is not None
            ),
            None,
        )
        if pages is None:
            return None, True
        return fields.find_number(pages, "PgNb"), fields.find_boolean(pages, "LastPgInd") is not False

    def _balance(self, element: Element) -> Balance:
        fields = self._fields
        code = fields.find_text(element, "Tp", "CdOrPrtry", "Cd")
        amount_minor, currency = fields.get_amount(element)
        day = fields.find_day(element, "Dt")
        if day is None:
            raise fields.refuse(element, "Bal/Dt", "is missing")
        return Balance(
            code=code or fields.get_text(element, "Tp", "CdOrPrtry", "Prtry"),
            interim=fields.find_text(element, "Tp", "SubTp", "Cd") == "INTM",
            amount_minor=fields.get_sign(element) * amount_minor,
            currency=currency,
            day=day,
        )

    def _declared(self, element: Element, currency: str | None) -> DeclaredTotals:
        fields = self._fields
        return DeclaredTotals(
            entries=fields.find_number(element, "TxsSummry", "TtlNtries", "NbOfNtries"),
            credit_minor=self._declared_sum(element, "TtlCdtNtries", currency),
            debit_minor=self._declared_sum(element, "TtlDbtNtries", currency),
        )

    def _declared_sum(self, element: Element, name: str, currency: str | None) -> int | None:
        total = self._fields.find_one(element, "TxsSummry", name, "Sum")
        if total is None or currency is None:
            return None
        return self._fields.amount_of(total, f"TxsSummry/{name}/Sum", currency)[0]
