"""Unsigned properties: time-stamps, certificates and revocation answers that come to a signature after its value.

Source: ETSI EN 319 132-1 V1.2.1, 5.3 to 5.5; ETSI TS 101 903 V1.4.2, 7.
"""

import uuid

from signing.formats.xml.names import EXC_C14N
from signing.formats.xml.text import base64_text, element


def signature_timestamp(token_der: bytes) -> str:
    """Return xades:SignatureTimeStamp over the exclusive canonical ds:SignatureValue."""
    return _timestamp("xades:SignatureTimeStamp", token_der)


def _timestamp(name: str, token_der: bytes) -> str:
    return element(
        name,
        element("ds:CanonicalizationMethod", attributes={"Algorithm": EXC_C14N}),
        element("xades:EncapsulatedTimeStamp", base64_text(token_der)),
        attributes={"Id": f"timestamp-{uuid.uuid4()}"},
    )
