"""What an operator does with a token by hand: see its certificates, make a key with a certificate request.

Each call loads the PKCS#11 module in a process of its own, within a time limit. Source: PKCS#11 2.40; RFC 2986.
"""

import contextlib
import multiprocessing
import os
import resource
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from asn1crypto import algos, csr, keys, x509
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11 import exceptions as p11
from pkcs11.util.rsa import encode_rsa_public_key

from config.secrets import SecretProvider, SecretUnavailable
from signing.errors.keys import KeySourceError, KeySourceTimedOut, KeySourceUnavailable
from signing.key_sources.pkcs11_uri import TokenAddress
from signing.key_sources.token_child import find_token, load_library, token_errors

KEY_BITS = (2048, 3072, 4096)


class KeyAlreadyThere(KeySourceError):
    """The token has a key under that name: a new one would make both unusable by name."""

    code = "key-already-there"


@dataclass(frozen=True)
class TokenCertificate:
    """A certificate object in a token, with the names under which its key is found."""

    label: str
    key_id: bytes
    certificate_der: bytes


@dataclass(frozen=True)
class CertificateRequest:
    """A request for a certificate over a key that was just made and cannot leave its token."""

    request_der: bytes
    label: str
    key_id: bytes


class TokenSetup:
    """One token, by its address, with the module that the settings name."""

    def __init__(self, module: Path, address: TokenAddress, secrets: SecretProvider, timeout_seconds: float) -> None:
        self._module = module
        self._address = address
        self._secrets = secrets
        self._timeout_seconds = timeout_seconds

    def list_certificates(self) -> tuple[TokenCertificate, ...]:
        """Return the certificates that anybody may read, without a PIN.

        Raises:
            KeySourceError: As its kinds say.
        """
        found: tuple[TokenCertificate, ...] = self._in_child(_list_certificates, ())
        return found

    def make_request(
        self, pin_source: str, label: str, subject: Mapping[str, str], *, key_bits: int = 3072
    ) -> CertificateRequest:
        """Make an RSA key in the token and a request for its certificate, signed by it (RSA with SHA-256).

        Args:
            subject: By asn1crypto's names, such as common_name, organization_name, country_name.
            key_bits: 2048, 3072 or 4096.
        Raises:
            KeyAlreadyThere: A key has that label.
            PinIncorrect: Tried once; the caller holds back until a person has looked.
            KeySourceError: Anything else.
        """
        if key_bits not in KEY_BITS:
            raise KeySourceUnavailable("a key has 2048, 3072 or 4096 bits")
        try:
            pin = self._secrets.read(pin_source)
        except SecretUnavailable as error:
            raise KeySourceUnavailable(str(error)) from None
        arguments = (pin, label, dict(subject), key_bits)
        try:
            made: CertificateRequest = self._in_child(_make_request, arguments)
        finally:
            # Whoever keeps an error keeps the frames it came through: none of them may hold the PIN by then.
            del pin, arguments
        return made

    def _in_child(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve_once, args=(theirs,), name="token-setup", daemon=True)
        process.start()
        theirs.close()
        try:
            # Through the pipe and not with the start: nothing of the PIN goes where a process's arguments go.
            ours.send((function, self._module, self._address, arguments))
            if not ours.poll(self._timeout_seconds):
                raise KeySourceTimedOut(f"the token gave no answer within {self._timeout_seconds:g} s")
            answer = ours.recv()
        except (EOFError, OSError):
            raise KeySourceUnavailable("the token's module crashed") from None
        finally:
            del arguments
            ours.close()
            with contextlib.suppress(ValueError):
                process.kill()
                process.join(2.0)
                process.close()
        if isinstance(answer, KeySourceError):
            raise answer
        return answer


def _serve_once(connection: Connection) -> None:
    # A core file would hold the PIN.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    function, module, address, arguments = connection.recv()
    try:
        with token_errors():
            answer = function(find_token(load_library(module), address), *arguments)
    except KeySourceError as error:
        answer = type(error)(str(error))
    except Exception as error:  # noqa: BLE001 - whatever a module does, the answer must name a fact and no PIN
        answer = KeySourceUnavailable(f"the token's module failed ({type(error).__name__})")
    connection.send(answer)
    connection.close()
    # Some modules crash in their own clean-up; the answer has gone out.
    os._exit(0)


def _list_certificates(token: Any) -> tuple[TokenCertificate, ...]:
    with token.open() as session:
        found = session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
        return tuple(
            TokenCertificate(_label(one), bytes(one[Attribute.ID]), bytes(one[Attribute.VALUE])) for one in found
        )


def _label(item: Any) -> str:
    try:
        return str(item[Attribute.LABEL])
    except p11.AttributeTypeInvalid:
        return ""


def _make_request(token: Any, pin: str, label: str, subject: dict[str, str], key_bits: int) -> CertificateRequest:
    with token.open(rw=True, user_pin=pin) as session:
        if list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: label})):
            raise KeyAlreadyThere("the token has a private key of that name; choose another one")
        key_id = secrets.token_bytes(8)
        public, private = session.generate_keypair(
            KeyType.RSA,
            key_bits,
            id=key_id,
            label=label,
            store=True,
            private_template={
                Attribute.PRIVATE: True,
                Attribute.SENSITIVE: True,
                Attribute.EXTRACTABLE: False,
                Attribute.SIGN: True,
                Attribute.DECRYPT: False,
                Attribute.UNWRAP: False,
            },
        )
        info = _request_info(encode_rsa_public_key(public), subject)
        value = private.sign(info.dump(), mechanism=Mechanism.SHA256_RSA_PKCS)
    request = csr.CertificationRequest(
        {
            "certification_request_info": info,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
            "signature": value,
        }
    )
    return CertificateRequest(request.dump(), label, key_id)


def _request_info(rsa_public_key: bytes, subject: dict[str, str]) -> csr.CertificationRequestInfo:
    """Return the part that is signed; it asks for what a document signer's certificate needs."""
    public = keys.PublicKeyInfo.wrap(keys.RSAPublicKey.load(rsa_public_key), "rsa")
    usage = x509.Extension(
        {
            "extn_id": "key_usage",
            "critical": True,
            "extn_value": x509.KeyUsage({"digital_signature", "non_repudiation"}),
        }
    )
    wanted = csr.CRIAttribute({"type": "extension_request", "values": [x509.Extensions([usage])]})
    info = csr.CertificationRequestInfo(
        {"version": "v1", "subject": x509.Name.build(subject, use_printable=False), "subject_pk_info": public}
    )
    info["attributes"] = csr.CRIAttributes([wanted])
    return info
