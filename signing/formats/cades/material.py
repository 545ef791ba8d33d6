"""Certificates and revocation answers inside a SignedData. Source: RFC 5652, 10.2; RFC 5940, 2; EN 319 122-1, 6.3."""

from dataclasses import replace

from asn1crypto import core, ocsp

from signing.errors.files import SignatureFileUnreadable
from signing.formats import der
from signing.formats.ber import children, read_element
from signing.formats.cades.attributes import oid
from signing.formats.cades.structure import VERSION_5, SignedDataParts, joined
from signing.formats.material import ValidationMaterial

_OTHER_FORMAT = 0xA1
_OCSP_RESPONSE = oid("1.3.6.1.5.5.7.16.2")
# What older software wrote instead: the basic response without the shell that says "successful".
_OCSP_BASIC = oid("1.3.6.1.5.5.7.48.1.1")
_CERTIFICATE = 0x30


def with_material(parts: SignedDataParts, material: ValidationMaterial) -> SignedDataParts:
    """Return a SignedData with further certificates and revocation answers after those that are there."""
    answers = [*material.crls, *(_other(response) for response in material.ocsps)]
    crls = joined(parts.crls, answers)
    # RFC 5652, 5.1: a revocation answer in another format than a CRL makes it version 5.
    other = any(one[:1] == bytes((_OTHER_FORMAT,)) for one in crls)
    version = VERSION_5 if other else parts.version
    return replace(parts, version=version, certificates=joined(parts.certificates, material.certificates), crls=crls)


def read_material(parts: SignedDataParts) -> ValidationMaterial:
    """Return what is there; answers in formats that we do not know are left out.

    Raises:
        SignatureFileUnreadable: A revocation answer is malformed.
    """
    crls = [one for one in parts.crls if one[0] == _CERTIFICATE]
    others = [one for one in parts.crls if one[0] == _OTHER_FORMAT]
    responses = [response for one in others if (response := _response(one)) is not None]
    certificates = tuple(one for one in parts.certificates if one[0] == _CERTIFICATE)
    return ValidationMaterial(certificates, tuple(crls), tuple(responses))


def _other(response: bytes) -> bytes:
    return der.tagged(_OTHER_FORMAT, _OCSP_RESPONSE + response)


def _response(choice: bytes) -> bytes | None:
    fields = children(read_element(choice))
    if len(fields) != 2:
        raise SignatureFileUnreadable("a revocation answer has other fields than it may")
    kind, value = fields[0].der, fields[1].der
    if kind not in {_OCSP_RESPONSE, _OCSP_BASIC}:
        return None
    if children(fields[1])[0].tag == core.Enumerated.tag:
        return value
    shell = ocsp.OCSPResponse({"response_status": "successful"})
    shell["response_bytes"] = {"response_type": "basic_ocsp_response", "response": value}
    encoded: bytes = shell.dump()
    return encoded
