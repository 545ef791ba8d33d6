"""A trusted list as it comes from outside: read and its signature checked, offline, in the child process."""

from datetime import datetime

from certs.algorithms import AlgorithmTable, AlgorithmUse, shipped_algorithms
from certs.errors import TrustedListMalformed, TrustedListNotSigned
from certs.model import SubIndication
from certs.trusted_lists.model import SignedList
from certs.trusted_lists.names import tsl
from certs.trusted_lists.reading import read_list
from signing.errors.xml import XmlForbidden, XmlTooLarge, XmlUnreadable
from signing.formats.xml.names import ds
from signing.formats.xml.parsing import Element, parse_xml
from signing.validation.xades import check_signature

# A list is trusted by its signer's certificate itself, so that one need not be named by a signed property.
_GOOD = (None, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)


def read_signed_list(data: bytes, at: datetime, algorithms: AlgorithmTable | None = None) -> SignedList:
    """Return what a list says and who signed it; whether that one may is the caller's to check.

    Args:
        data: Of any content; hostile ones give errors, and nothing is fetched.
        at: Aware; algorithms: What may be relied on until which day, judged at that time; None takes the shipped table.
    Raises:
        TrustedListMalformed: No XML that is read here, or no trusted list.
        TrustedListNotSigned: The signature does not hold, uses an algorithm past its day, or does not cover the
            whole list.
        MemoryError: The limit of this process does not suffice for it.
    Source: ETSI TS 119 612 V2.3.1, 5.7 and annex B; XML Signature 1.1.
    """
    try:
        root = parse_xml(data)
    except (XmlForbidden, XmlTooLarge, XmlUnreadable) as error:
        raise TrustedListMalformed(str(error)) from None
    if root.tag != tsl("TrustServiceStatusList"):
        raise TrustedListMalformed("the file is not a trusted list")
    signer_der = _signer(_signature(root), at, algorithms or shipped_algorithms())
    return SignedList(read_list(root), signer_der)


def _signature(root: Element) -> Element:
    """Return the list's own signature: the last child, where readers look, and the only one in the file."""
    everywhere = list(root.iter(ds("Signature")))
    if len(everywhere) != 1 or everywhere[0].getparent() is not root:
        raise TrustedListNotSigned(f"the list has {len(everywhere)} signatures, or one that is not its own")
    return everywhere[0]


def _signer(signature: Element, at: datetime, algorithms: AlgorithmTable) -> bytes:
    findings = check_signature(signature)
    signer_der = findings.signer_der
    if signer_der is None or findings.intact is not True or findings.sub_indication not in _GOOD:
        raise TrustedListNotSigned(f"the signature does not hold: {findings.sub_indication} {findings.unsupported}")
    refused = algorithms.refusal(findings.algorithms, AlgorithmUse.DOCUMENT, at)
    if refused is not None:
        raise TrustedListNotSigned(f"the signature cannot be relied on: {refused.fact}")
    if not findings.covers_whole_document:
        raise TrustedListNotSigned("the signature does not cover the whole list")
    return signer_der
