"""Signature values and the public keys that they are checked with."""

from asn1crypto import algos, keys
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_VALIDATION_CONTEXT,
    DefaultSignatureValidator,
    SignatureValidationContext,
)


class ValueCheck(DefaultSignatureValidator):
    """Checks a signature value, also with an RSA modulus that was written without its leading zero byte.

    National identity cards of the years up to 2015 carry such certificates by the hundred thousand. As a signed
    INTEGER the modulus is negative, which no key is; only one reading is left.
    """

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: keys.PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        """Return where the value holds; raise the library's InvalidSignature or a ValueError elsewhere."""
        super().validate_signature(
            signature, signed_data, with_unsigned_modulus(public_key_info), signature_algorithm, context
        )


def with_unsigned_modulus(public_key: keys.PublicKeyInfo) -> keys.PublicKeyInfo:
    """Return the key, its RSA modulus read as the unsigned number that it stands for."""
    if public_key.algorithm != "rsa":
        return public_key
    parts = public_key["public_key"].parsed
    modulus = parts["modulus"].native
    if modulus >= 0:
        return public_key
    unsigned = int.from_bytes(parts["modulus"].contents, "big")
    plain = keys.RSAPublicKey({"modulus": unsigned, "public_exponent": parts["public_exponent"].native})
    return keys.PublicKeyInfo({"algorithm": public_key["algorithm"], "public_key": plain})
