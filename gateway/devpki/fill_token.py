"""Gives one fresh SoftHSM2 token its PINs, key and certificate; provision_token starts this as a child process.

`SOFTHSM2_CONF=… python -m gateway.devpki.fill_token --folder F --module M --holder official|seal`
"""

import argparse
import secrets
from pathlib import Path
from typing import Any

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from pkcs11 import Attribute
from pkcs11.util.rsa import decode_rsa_private_key, decode_rsa_public_key
from pkcs11.util.x509 import decode_x509_certificate

from gateway.devpki.build import write_secret
from gateway.devpki.model import KEY_LABEL, TOKEN_LABELS, DevPki, load_pki
from gateway.devpki.tokens import FIRST_PIN

_OBJECT_ID = b"\x01"


def fill_token(pki: DevPki, module: Path, holder: str) -> None:
    """Change the first PINs for random ones, then import key and certificate."""
    token = pkcs11.lib(str(module)).get_token(token_label=TOKEN_LABELS[holder])
    with token.open(rw=True, so_pin=FIRST_PIN) as session:
        # Nobody needs the security officer again: a spoilt token is made anew.
        session.set_pin(FIRST_PIN, secrets.token_hex(8))
    pin = f"{secrets.randbelow(10**8):08}"
    write_secret(pki.pin_file(holder), pin.encode())
    with token.open(rw=True, user_pin=FIRST_PIN) as session:
        session.set_pin(FIRST_PIN, pin)
    key, certificate = _read_pkcs12(pki, holder)
    with token.open(rw=True, user_pin=pin) as session:
        for attributes in _objects(key, certificate):
            session.create_object(attributes)


def _read_pkcs12(pki: DevPki, holder: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    pass_phrase = pki.pass_phrase_file(holder).read_bytes()
    key, certificate, _ = pkcs12.load_key_and_certificates(pki.pkcs12_file(holder).read_bytes(), pass_phrase)
    if not isinstance(key, rsa.RSAPrivateKey) or certificate is None:
        raise TypeError("the PKCS#12 file holds no RSA key with its certificate")
    return key, certificate


def _objects(key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> list[dict[Attribute, Any]]:
    """Return the token's objects as a card issuer lays them: the key cannot be read or leave."""
    der, pkcs1 = serialization.Encoding.DER, serialization.PublicFormat.PKCS1
    private = key.private_bytes(der, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    common: dict[Attribute, Any] = {
        Attribute.LABEL: KEY_LABEL,
        Attribute.ID: _OBJECT_ID,
        Attribute.TOKEN: True,
    }
    kept: dict[Attribute, Any] = {Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
    return [
        {**decode_rsa_private_key(private), **common, **kept},
        {**decode_rsa_public_key(key.public_key().public_bytes(der, pkcs1)), **common},
        {**decode_x509_certificate(certificate.public_bytes(der)), **common},
    ]


def main() -> None:
    """Fill one token."""
    parser = argparse.ArgumentParser(prog="python -m gateway.devpki.fill_token")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--module", type=Path, required=True)
    parser.add_argument("--holder", choices=sorted(TOKEN_LABELS), required=True)
    arguments = parser.parse_args()
    fill_token(load_pki(arguments.folder), arguments.module, arguments.holder)


if __name__ == "__main__":
    main()
