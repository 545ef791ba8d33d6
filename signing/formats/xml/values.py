"""Signature values as XML writes them. Source: RFC 9231, 2.3; XML Signature 1.1, 6.4."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from signing.errors.keys import SignatureValueWrong


def xml_signature_value(value: bytes, certificate_der: bytes) -> bytes:
    """Return what a key source returned as XML holds it: ECDSA as r and s side by side, all others unchanged.

    Raises:
        SignatureValueWrong: An ECDSA value that is not DER.
    """
    key = x509.load_der_x509_certificate(certificate_der).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return value
    size = (key.curve.key_size + 7) // 8
    try:
        r, s = decode_dss_signature(value)
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    except (ValueError, OverflowError):
        raise SignatureValueWrong("the value returned is no ECDSA signature") from None


def der_of_ecdsa(value: bytes, key: ec.EllipticCurvePublicKey) -> bytes | None:
    """Return r and s side by side as DER, or None where the length is not the curve's."""
    size = (key.curve.key_size + 7) // 8
    if len(value) != 2 * size:
        return None
    return encode_dss_signature(int.from_bytes(value[:size], "big"), int.from_bytes(value[size:], "big"))
