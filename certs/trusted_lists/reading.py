"""From the parsed XML of a trusted list to its content; every step goes down by name, so nothing is read elsewhere.

Source: ETSI TS 119 612 V2.3.1, 5.
"""

import base64
import binascii
from collections.abc import Iterator
from datetime import UTC, datetime

from lxml import etree

from certs.errors import TrustedListMalformed
from certs.names import shown
from certs.trusted_lists.model import ListPointer, StatusPeriod, TrustedList, TrustService
from certs.trusted_lists.names import tsl

Element = etree._Element

VERSIONS = frozenset({5, 6})
MAX_SERVICES = 20_000
MAX_POINTERS = 200
MAX_PERIODS = 200
MAX_CERTIFICATES = 50
MAX_TERRITORY_CHARACTERS = 16
_MIME_TYPE = "{http://uri.etsi.org/02231/v2/additionaltypes#}MimeType"


def read_list(root: Element) -> TrustedList:
    """Return what a list says; its signature was checked, and root is its own element.

    Raises:
        TrustedListMalformed: Of a version that is not known, or a part of it is missing, unreadable or
            beyond any sensible number.
    """
    scheme = _child(root, "SchemeInformation")
    version = _number(scheme, "TSLVersionIdentifier")
    if version not in VERSIONS:
        raise TrustedListMalformed(f"the list is of version {version}, which is not known here")
    return TrustedList(
        version=version,
        sequence_number=_number(scheme, "TSLSequenceNumber"),
        type_uri=_text(_child(scheme, "TSLType")),
        operator_name=_name(scheme, "SchemeOperatorName"),
        territory=_territory(scheme),
        issued_at=_time(_text(_child(scheme, "ListIssueDateTime"))),
        next_update=_next_update(scheme),
        information_uris=tuple(_text(uri) for uri in scheme.findall(f"{tsl('SchemeInformationURI')}/{tsl('URI')}")),
        pointers=tuple(_pointers(scheme)),
        services=tuple(_services(root)),
    )


def _pointers(scheme: Element) -> Iterator[ListPointer]:
    found = scheme.findall(f"{tsl('PointersToOtherTSL')}/{tsl('OtherTSLPointer')}")
    if len(found) > MAX_POINTERS:
        raise TrustedListMalformed("the list points to too many others")
    for pointer in found:
        said = pointer.findall(f"{tsl('AdditionalInformation')}/{tsl('OtherInformation')}")
        facts = {child.tag: _text(child) for other in said for child in other if isinstance(child.tag, str)}
        identities = pointer.findall(f"{tsl('ServiceDigitalIdentities')}/{tsl('ServiceDigitalIdentity')}")
        yield ListPointer(
            location=_text(_child(pointer, "TSLLocation")),
            territory=facts.get(tsl("SchemeTerritory"), ""),
            type_uri=facts.get(tsl("TSLType"), ""),
            mime_type=facts.get(_MIME_TYPE, ""),
            signer_ders=tuple(der for identity in identities for der in _certificates(identity)),
        )


def _services(root: Element) -> Iterator[TrustService]:
    providers = root.findall(f"{tsl('TrustServiceProviderList')}/{tsl('TrustServiceProvider')}")
    count = 0
    for provider in providers:
        provider_name = _name(_child(provider, "TSPInformation"), "TSPName")
        for service in provider.findall(f"{tsl('TSPServices')}/{tsl('TSPService')}"):
            count += 1
            if count > MAX_SERVICES:
                raise TrustedListMalformed("the list has too many services")
            yield _service(provider_name, service)


def _service(provider_name: str, service: Element) -> TrustService:
    current = _child(service, "ServiceInformation")
    past = service.findall(f"{tsl('ServiceHistory')}/{tsl('ServiceHistoryInstance')}")
    if len(past) >= MAX_PERIODS:
        raise TrustedListMalformed("a service has too long a history")
    periods = (_period(current), *(_period(instance) for instance in past))
    return TrustService(
        provider_name=provider_name,
        name=_name(current, "ServiceName"),
        certificates_der=tuple(_certificates(_child(current, "ServiceDigitalIdentity"))),
        periods=tuple(sorted(periods, key=lambda period: period.starts_at, reverse=True)),
    )


def _period(element: Element) -> StatusPeriod:
    extensions = element.findall(f"{tsl('ServiceInformationExtensions')}/{tsl('Extension')}")
    marks = (one for held in extensions for one in held.findall(f"{tsl('AdditionalServiceInformation')}/{tsl('URI')}"))
    return StatusPeriod(
        type_uri=_text(_child(element, "ServiceTypeIdentifier")),
        status_uri=_text(_child(element, "ServiceStatus")),
        starts_at=_time(_text(_child(element, "StatusStartingTime"))),
        marks=frozenset(_text(mark) for mark in marks),
    )


def _certificates(identity: Element) -> list[bytes]:
    found = identity.findall(f"{tsl('DigitalId')}/{tsl('X509Certificate')}")
    if len(found) > MAX_CERTIFICATES:
        raise TrustedListMalformed("a service is known by too many certificates")
    try:
        return [base64.b64decode("".join(_text(one).split()), validate=True) for one in found]
    except (binascii.Error, ValueError):
        raise TrustedListMalformed("a certificate in the list is no base64") from None


def _next_update(scheme: Element) -> datetime | None:
    element = scheme.find(f"{tsl('NextUpdate')}/{tsl('dateTime')}")
    return None if element is None else _time(_text(element))


def _child(parent: Element, name: str) -> Element:
    found = parent.findall(tsl(name))
    if len(found) != 1:
        raise TrustedListMalformed(f"the list has {len(found)} {name} where it must have one")
    return found[0]


def _text(element: Element) -> str:
    """Return all text inside an element: lxml's own .text ends at the first comment."""
    return str(element.xpath("string()")).strip()


def _territory(scheme: Element) -> str:
    """Return the country's code, or EU. Source: TS 119 612, 5.3.10."""
    element = scheme.find(tsl("SchemeTerritory"))
    text = "" if element is None else shown(_text(element))
    if len(text) > MAX_TERRITORY_CHARACTERS:
        raise TrustedListMalformed("the territory is no code")
    return text


def _number(parent: Element, name: str) -> int:
    text = _text(_child(parent, name))
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise TrustedListMalformed(f"{name} is not a number")
    return int(text)


def _name(parent: Element, name: str) -> str:
    """Return a name in English, else in whatever language comes first."""
    names = _child(parent, name).findall(tsl("Name"))
    english = (one for one in names if one.get("{http://www.w3.org/XML/1998/namespace}lang", "").lower() == "en")
    chosen = next(english, names[0] if names else None)
    return "" if chosen is None else shown(_text(chosen))


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise TrustedListMalformed("a time in the list is unreadable") from None
