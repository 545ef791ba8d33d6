"""What kind of file this is, from its first bytes, before anything in it is believed."""

import re
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from payments.statements.errors import (
    StatementEmpty,
    StatementFormatUnknown,
    StatementUnreadable,
    StatementXmlForbidden,
)
from payments.statements.model import StatementKind

HEAD_BYTES = 64 * 1024
KINDS = {"052": StatementKind.REPORT, "053": StatementKind.STATEMENT, "054": StatementKind.NOTIFICATION}
VERSIONS = range(2, 14)
_MESSAGE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(?P<name>[a-z]{4}\.[0-9]{3}\.[0-9]{3}\.[0-9]{2})")
# Envelopes that carry a message: the business application header and the file header.
_ENVELOPES = ("head.", "nvlp.")
_MT_TAG = re.compile(rb"^\s*(\{1:|:20:)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class CamtFormat:
    """A camt message that is read here.

    Attributes:
        name: Such as camt.053.001.08. namespace: Of all its elements.
    """

    kind: StatementKind
    name: str
    namespace: str


class _Found(Exception):
    """Ends the reading of the head as soon as the message's first element is there."""


class _Head:
    """lxml parser target: looks at namespaces until the message is known.

    The document type declaration is reported before its contents are read, so no entity is ever declared.
    """

    def __init__(self) -> None:
        self.namespace: str | None = None

    def doctype(self, name: str | None, public_id: str | None, system_url: str | None) -> None:
        raise StatementXmlForbidden("the XML has a document type declaration")

    def start(self, tag: str, attributes: object) -> None:
        namespace = tag[1:].partition("}")[0] if tag.startswith("{") else ""
        message = _MESSAGE.fullmatch(namespace)
        if message and not message["name"].startswith(_ENVELOPES):
            self.namespace = namespace
            raise _Found

    def close(self) -> None:
        return None


def sniff_statement(path: Path) -> CamtFormat:
    """Return which statement format the file is in.

    Raises:
        StatementEmpty: 0 bytes.
        StatementXmlForbidden: A document type declaration.
        StatementUnreadable: XML that is not well-formed from the beginning.
        StatementFormatUnknown: Anything else than camt.052, .053 or .054 in versions 02 to 13; the message says what.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip():
        raise StatementEmpty("the file is empty")
    if _MT_TAG.search(head[:2048]):
        raise StatementFormatUnknown("the file looks like a SWIFT MT statement; send ISO 20022 camt.053")
    namespace = _message_namespace(head)
    if namespace is None:
        raise StatementFormatUnknown("the file does not begin as an ISO 20022 message")
    name = namespace.rpartition(":")[2]
    business_area, message, variant, version = name.split(".")
    if business_area != "camt" or message not in KINDS or variant != "001":
        raise StatementFormatUnknown(f"{name} is an ISO 20022 message, but not a bank statement")
    if int(version) not in VERSIONS:
        raise StatementFormatUnknown(f"{name} is a version that is not read; camt.{message}.001.02 to .13 are")
    return CamtFormat(KINDS[message], name, namespace)


def _message_namespace(head: bytes) -> str | None:
    target = _Head()
    parser = etree.XMLParser(
        target=target,  # type: ignore[arg-type]  # The stubs ask for callbacks that lxml treats as optional.
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    try:
        parser.feed(head)
    except _Found:
        return target.namespace
    except etree.XMLSyntaxError as error:
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise StatementUnreadable(f"line {error.lineno}: not well-formed XML") from None
    except LookupError:
        raise StatementUnreadable("the XML names an encoding that is not known") from None
    return None
