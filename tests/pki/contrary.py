"""The development PKI's services, made to stop, to dawdle and to lie, path by path."""

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import ocsp

from gateway.devpki import DevPki
from tests.certs.test_lists import scope
from tests.pki.running import running_pki

OCSP, LIST, ROOT_LIST, STAMPS = "/dev/ocsp/", "/dev/crls/issuing/", "/dev/crls/root/", "/dev/tsa/"
HUGE_SIZE_BYTES = 2_000_000
TIMES = {
    "yesterday": -timedelta(hours=20),
    "last month": -timedelta(days=30),
    "tomorrow": timedelta(days=1),
}
UNKNOWN_CRITICAL = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.2"), b"\5\0")


@dataclass
class Contrary:
    """Stands before certomancer's application; `says` names the behaviour of each service that is not honest."""

    pki: DevPki
    honest: Any
    says: dict[str, str] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    closing: threading.Event = field(default_factory=threading.Event)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        service = next((one for one in (OCSP, LIST, ROOT_LIST, STAMPS) if path.startswith(one)), path)
        self.calls[service] += 1
        behaviour = self.says.get(service, "honest")
        if behaviour in TIMES:
            environ["HTTP_X_CERTOMANCER_FAKE_TIME"] = (datetime.now(UTC) + TIMES[behaviour]).isoformat()
        if behaviour == "honest" or behaviour in TIMES:
            return self.honest(environ, start_response)
        if behaviour == "stopped":
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError
        if behaviour == "silent":
            self.closing.wait(5)
        if behaviour == "broken":
            start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"out of order"]
        kind = "application/timestamp-reply" if service == STAMPS else "application/octet-stream"
        start_response("200 OK", [("Content-Type", kind)])
        if behaviour == "dripping":
            return self._drops()
        return [self._lie(service, behaviour, environ)]

    def _drops(self) -> Iterator[bytes]:
        while not self.closing.wait(0.05):
            yield b"\x30"

    def _lie(self, service: str, behaviour: str, environ: dict[str, Any]) -> bytes:
        fixed = {"huge": b"\x30" * HUGE_SIZE_BYTES, "garbage": b"\x30\x82\xff\xff garbage", "empty": b""}
        if behaviour in fixed:
            return fixed[behaviour]
        if service == OCSP:
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            return self._answer(behaviour, ocsp.load_der_ocsp_request(body))
        return self._list(behaviour)

    def _answer(self, behaviour: str, asked: ocsp.OCSPRequest) -> bytes:
        """Sign an answer that is false in one way."""
        if behaviour == "try later":
            built = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
            return built.public_bytes(Encoding.DER)
        signer = {"by a stranger": "stranger-root", "by a colleague": "tsa"}.get(behaviour, "ocsp")
        status = {
            "revoked": ocsp.OCSPCertStatus.REVOKED,
            "unknown": ocsp.OCSPCertStatus.UNKNOWN,
        }.get(behaviour, ocsp.OCSPCertStatus.GOOD)
        now = datetime.now(UTC).replace(microsecond=0)
        revoked = status is ocsp.OCSPCertStatus.REVOKED
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number + (behaviour == "about another"),
            algorithm=asked.hash_algorithm,
            cert_status=status,
            this_update=now,
            next_update=now + timedelta(minutes=10),
            revocation_time=now - timedelta(hours=1) if revoked else None,
            revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
        )
        certificate = self._certificate(signer)
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, certificate).certificates([certificate])
        if behaviour not in {"without nonce", "replayed"}:
            builder = builder.add_extension(asked.extensions.get_extension_for_class(x509.OCSPNonce).value, False)
        if behaviour == "replayed":
            builder = builder.add_extension(x509.OCSPNonce(bytes(32)), False)
        return builder.sign(self._key(signer), hashes.SHA256()).public_bytes(Encoding.DER)

    def _list(self, behaviour: str) -> bytes:
        """Sign a list that names nobody and counts for nothing."""
        signer = "stranger-root" if behaviour == "by a stranger" else "issuing"
        now = datetime.now(UTC).replace(microsecond=0)
        issuer = self._certificate("root" if behaviour == "in the root's name" else "issuing").subject
        builder = x509.CertificateRevocationListBuilder().issuer_name(issuer).last_update(now)
        builder = builder.next_update(now + timedelta(hours=1)).add_extension(x509.CRLNumber(9), False)
        extension = {
            "about CAs": scope(only_contains_ca_certs=True),
            "some reasons": scope(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})),
            "delta alone": x509.DeltaCRLIndicator(3),
            "unknown critical": UNKNOWN_CRITICAL,
        }.get(behaviour)
        if extension is not None:
            builder = builder.add_extension(extension, True)
        return builder.sign(self._key(signer), hashes.SHA256()).public_bytes(Encoding.DER)

    def _certificate(self, name: str) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.pki.certificate_der(name))

    def _key(self, name: str) -> rsa.RSAPrivateKey:
        return _loaded((self.pki.folder / "keys" / f"{name}.pem").read_bytes())


@cache
def _loaded(key_pem: bytes) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(key_pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@contextmanager
def contrary_pki(folder: Path) -> Iterator[Contrary]:
    """Serve a development PKI whose services do as they are told."""
    made: list[Contrary] = []

    def stand_before(pki: DevPki, honest: Any) -> Contrary:
        made.append(Contrary(pki, honest))
        return made[0]

    with running_pki(folder, stand_before):
        try:
            yield made[0]
        finally:
            made[0].closing.set()
