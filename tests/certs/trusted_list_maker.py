"""Trusted lists for tests, in the shape of ETSI TS 119 612, signed by signxml."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml import methods
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.xades import XAdESSigner

from tests.certs.authority import Holder

TYPES = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/"
SERVICES = "http://uri.etsi.org/TrstSvc/Svctype/"
STATUS = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"
OLD_STATUS = "http://uri.etsi.org/TrstSvc/Svcstatus/"
FOR = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/"


@dataclass(frozen=True)
class Period:
    starts_at: datetime
    status: str = f"{STATUS}granted"
    kind: str = f"{SERVICES}CA/QC"
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """A service of a list: its certificates and periods, the newest first."""

    certificates: tuple[bytes, ...]
    periods: tuple[Period, ...]
    provider: str = "Trung tâm chứng thực Ví Dụ"


@dataclass(frozen=True)
class Pointer:
    location: str
    territory: str
    signers: tuple[bytes, ...]
    kind: str = f"{TYPES}CCgeneric"


@dataclass(frozen=True)
class ListOrder:
    """What a list is to say."""

    issued_at: datetime
    sequence_number: int = 1
    territory: str = "VN"
    kind: str = f"{TYPES}VNgeneric"
    version: str = "5"
    services: Sequence[Service] = ()
    pointers: Sequence[Pointer] = ()
    information: Sequence[str] = ("https://ca.example.vn/tsl",)
    lasts: timedelta | None = timedelta(days=180)
    extra: dict[str, str] = field(default_factory=dict)


def list_xml(order: ListOrder) -> bytes:
    """Return the list without a signature."""
    information = "".join(f'<URI xml:lang="en">{escape(uri)}</URI>' for uri in order.information)
    next_update = "" if order.lasts is None else f"<dateTime>{_time(order.issued_at + order.lasts)}</dateTime>"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#" xmlns:add="http://uri.etsi.org/02231/v2/additionaltypes#"
 TSLTag="http://uri.etsi.org/19612/TSLTag" Id="tsl">
<SchemeInformation>
<TSLVersionIdentifier>{order.version}</TSLVersionIdentifier>
<TSLSequenceNumber>{order.sequence_number}</TSLSequenceNumber>
<TSLType>{order.kind}</TSLType>
<SchemeOperatorName>
<Name xml:lang="vi">Cơ quan quản lý Ví Dụ</Name><Name xml:lang="en">Example Supervisor</Name>
</SchemeOperatorName>
<SchemeInformationURI>{information}</SchemeInformationURI>
<SchemeTerritory>{order.territory}</SchemeTerritory>
<HistoricalInformationPeriod>65535</HistoricalInformationPeriod>
<PointersToOtherTSL>{"".join(map(_pointer, order.pointers))}</PointersToOtherTSL>
<ListIssueDateTime>{_time(order.issued_at)}</ListIssueDateTime>
<NextUpdate>{next_update}</NextUpdate>
</SchemeInformation>
<TrustServiceProviderList>{"".join(map(_provider, order.services))}</TrustServiceProviderList>
</TrustServiceStatusList>""".encode()


def sign_list(xml: bytes, signer: Holder) -> bytes:
    """Return the list with an enveloped XAdES signature by signxml."""
    by = XAdESSigner(
        method=methods.enveloped,
        signature_algorithm=SignatureMethod.ECDSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
    )
    pem = signer.certificate.public_bytes(Encoding.PEM).decode()
    signed = by.sign(etree.fromstring(xml), key=signer.key, cert=pem, always_add_key_value=False)
    return bytes(etree.tostring(signed, xml_declaration=True, encoding="UTF-8"))


def signed_list(order: ListOrder, signer: Holder) -> bytes:
    return sign_list(list_xml(order), signer)


def _provider(service: Service) -> str:
    current, *past = service.periods
    history = "".join(f"<ServiceHistoryInstance>{_information(service, one)}</ServiceHistoryInstance>" for one in past)
    return (
        f'<TrustServiceProvider><TSPInformation><TSPName><Name xml:lang="en">{escape(service.provider)}</Name>'
        f"</TSPName></TSPInformation><TSPServices><TSPService><ServiceInformation>{_information(service, current)}"
        f"</ServiceInformation><ServiceHistory>{history}</ServiceHistory></TSPService></TSPServices>"
        "</TrustServiceProvider>"
    )


def _information(service: Service, period: Period) -> str:
    marks = "".join(
        f"<Extension Critical='true'><AdditionalServiceInformation><URI xml:lang='en'>{mark}</URI>"
        "</AdditionalServiceInformation></Extension>"
        for mark in period.marks
    )
    return (
        f"<ServiceTypeIdentifier>{period.kind}</ServiceTypeIdentifier>"
        f'<ServiceName><Name xml:lang="en">Service</Name></ServiceName>{_identity(service.certificates)}'
        f"<ServiceStatus>{period.status}</ServiceStatus><StatusStartingTime>{_time(period.starts_at)}"
        f"</StatusStartingTime><ServiceInformationExtensions>{marks}</ServiceInformationExtensions>"
    )


def _pointer(pointer: Pointer) -> str:
    return (
        f"<OtherTSLPointer><ServiceDigitalIdentities>{_identity(pointer.signers)}</ServiceDigitalIdentities>"
        f"<TSLLocation>{escape(pointer.location)}</TSLLocation><AdditionalInformation>"
        f"<OtherInformation><TSLType>{pointer.kind}</TSLType></OtherInformation>"
        f"<OtherInformation><SchemeTerritory>{pointer.territory}</SchemeTerritory></OtherInformation>"
        "<OtherInformation><add:MimeType>application/vnd.etsi.tsl+xml</add:MimeType></OtherInformation>"
        "</AdditionalInformation></OtherTSLPointer>"
    )


def _identity(certificates: Sequence[bytes]) -> str:
    digits = "".join(
        f"<DigitalId><X509Certificate>{base64.b64encode(der).decode()}</X509Certificate></DigitalId>"
        for der in certificates
    )
    return f"<ServiceDigitalIdentity>{digits}</ServiceDigitalIdentity>"


def _time(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
