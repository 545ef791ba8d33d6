"""The receipt as XML, for systems: element names are data, so that each receiver's own can be had without code."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from lxml import etree

from payments.errors import ReceiptFormUnsound
from payments.local_time import HANOI
from payments.receipts.document import TITLES, ReceiptFacts
from payments.receipts.seal import XmlSealPlace

SHIPPED: Final = Path(__file__).with_name("xml_form.toml")
VERSION: Final = "1.0"
FACTS: Final = frozenset(
    {
        *("version", "title", "form_code", "series", "number", "issued_on", "issued_at", "currency", "payment_method"),
        *("paid_at", "dossier_code", "replaces_number", "receipt_url", "unit_name", "payer_name", "payer_number"),
        *("payer_address", "amount", "amount_in_words"),
    }
)
ITEM_FACTS: Final = frozenset({"line", "name", "chapter", "sub_item", "amount"})
_PREFIX: Final = "r"


@dataclass(frozen=True)
class XmlForm:
    """Where each fact of a receipt stands; paths are below the root.

    Attributes:
        facts, item_facts: Paths and the facts that they hold; those of items below the item's own element.
        sealed, sealed_id: The element under the seal, and its identifier. seal: Where the signature goes.
    """

    root: str
    namespace: str
    sealed: str
    sealed_id: str
    seal: str
    item: str
    facts: Mapping[str, str]
    item_facts: Mapping[str, str]

    @property
    def seal_place(self) -> XmlSealPlace:
        """The place of the seal, as the sealing side wants it."""
        mark = f"{_PREFIX}:" if self.namespace else ""
        path = "".join(f"/{mark}{name}" for name in (self.root, *self.seal.split("/")))
        return XmlSealPlace(self.sealed_id, path, ((_PREFIX, self.namespace),) if self.namespace else ())


def load_xml_form(path: Path | None = None) -> XmlForm:
    """Return the form in a file; the shipped one by default.

    Raises:
        ReceiptFormUnsound: The file cannot be read, names a fact that there is not, or is no form.
    """
    try:
        told = tomllib.loads((path or SHIPPED).read_text(encoding="utf-8"))
        form = XmlForm(**told)
        _check(form)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ReceiptFormUnsound(f"the form of receipts in XML: {error}") from None
    return form


def _check(form: XmlForm) -> None:
    if unknown := {*form.facts.values()} - FACTS | {*form.item_facts.values()} - ITEM_FACTS:
        raise ValueError(f"there are no facts called {', '.join(sorted(unknown))}")
    for path in (*form.facts, *form.item_facts, form.root, form.sealed, form.seal, form.item):
        for name in path.split("/"):
            etree.QName(name)
    if form.seal == form.sealed or f"{form.seal}/".startswith(f"{form.sealed}/"):
        raise ValueError("the seal stands outside what it seals")
    if not form.sealed_id.isidentifier():
        raise ValueError("sealed_id is an XML identifier")


def receipt_xml(facts: ReceiptFacts, receipt_url: str, form: XmlForm) -> bytes:
    """Return the receipt's XML without its seal; what is not known of a receipt has no element."""
    space = form.namespace or None
    root = etree.Element(_tag(space, form.root), nsmap=cast("dict[str, str]", {None: space}) if space else None)
    told = _facts(facts, receipt_url)
    for path, name in form.facts.items():
        if told[name]:
            _at(root, path, space).text = told[name]
    *above, repeated = form.item.split("/")
    parent = _at(root, "/".join(above), space) if above else root
    for number, line in enumerate(facts.lines, 1):
        element = etree.SubElement(parent, _tag(space, repeated))
        values = {
            "line": str(number),
            "name": line.name,
            "chapter": line.chapter,
            "sub_item": line.sub_item,
            "amount": str(line.amount.amount_minor),
        }
        for path, name in form.item_facts.items():
            _at(element, path, space).text = _printable(values[name])
    _at(root, form.sealed, space).set("Id", form.sealed_id)
    _at(root, form.seal, space)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _facts(facts: ReceiptFacts, receipt_url: str) -> dict[str, str]:
    issued, paid = facts.issued_at.astimezone(HANOI), facts.paid_at.astimezone(HANOI)
    told = {
        "version": VERSION,
        "title": TITLES[facts.kind],
        "form_code": facts.form_code,
        "series": facts.series,
        "number": facts.printed_number,
        "issued_on": f"{issued:%Y-%m-%d}",
        "issued_at": issued.isoformat(timespec="seconds"),
        "currency": facts.amount.currency,
        "payment_method": facts.payment_method,
        "paid_at": paid.isoformat(timespec="seconds"),
        "dossier_code": facts.dossier_code,
        "replaces_number": facts.replaces_number or "",
        "receipt_url": receipt_url,
        "unit_name": facts.unit_name,
        "payer_name": facts.payer_name,
        "payer_number": facts.payer_number or "",
        "payer_address": facts.payer_address or "",
        "amount": str(facts.amount.amount_minor),
        "amount_in_words": facts.amount_in_words,
    }
    return {name: _printable(value) for name, value in told.items()}


def _printable(text: str) -> str:
    """Return text without the signs that XML 1.0 cannot hold."""
    return "".join(
        sign
        for sign in text
        if sign in "\t\n" or (sign >= " " and not "\ud800" <= sign <= "\udfff" and sign not in "\ufffe\uffff")
    )


def _tag(space: str | None, name: str) -> str:
    return f"{{{space}}}{name}" if space else name


def _at(root: etree._Element, path: str, space: str | None) -> etree._Element:
    """Return the element at a path below root, made where it is missing."""
    element = root
    for name in path.split("/"):
        tag = _tag(space, name)
        found = element.find(tag)
        element = etree.SubElement(element, tag) if found is None else found
    return element
