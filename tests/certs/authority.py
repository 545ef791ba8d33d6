"""A small certificate authority for tests, and a server that answers for it well or badly.

Every status address has the behaviour in its path: http://127.0.0.1:PORT/<behaviour>/ocsp or .../root.crl and so on.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID, ObjectIdentifier

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
HUGE_SIZE_BYTES = 20_000_000
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")


@dataclass(frozen=True)
class Holder:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_der(self) -> bytes:
        return self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def key_usage(**used: bool) -> x509.KeyUsage:
    names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign "
        "crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{name: used.get(name, False) for name in names.split()})


SIGNING_USAGE = key_usage(digital_signature=True, content_commitment=True)
CA_USAGE = key_usage(key_cert_sign=True, crl_sign=True)


@dataclass
class Authority:
    """A root, an issuing CA under it, and what they have revoked."""

    now: datetime
    base_url: str
    root: Holder = field(init=False)
    issuing: Holder = field(init=False)
    stranger: Holder = field(init=False)
    responder: Holder = field(init=False)
    revoked: dict[int, tuple[datetime, x509.ReasonFlags]] = field(default_factory=dict)
    tsa_key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048), repr=False)

    def __post_init__(self) -> None:
        self.root = self._ca("Test Root", None, "fine/root.crl")
        self.issuing = self._ca("Test Issuing CA", self.root, "fine/root.crl")
        self.stranger = self._ca("Test Issuing CA", None, "fine/root.crl")
        self.responder = self.leaf(
            "Test OCSP Responder",
            usage=key_usage(digital_signature=True),
            extended=[ExtendedKeyUsageOID.OCSP_SIGNING],
            addresses=None,
            more=[x509.OCSPNoCheck()],
        )

    def _ca(self, name: str, issuer: Holder | None, crl_path: str) -> Holder:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(name, key, issuer, self.now - timedelta(days=3650), self.now + timedelta(days=3650))
        builder = builder.add_extension(x509.BasicConstraints(True, None), True).add_extension(CA_USAGE, True)
        if issuer is not None:
            builder = builder.add_extension(_crl_point(f"{self.base_url}/{crl_path}"), False)
        return Holder(builder.sign((issuer.key if issuer else key), hashes.SHA256()), key)

    def leaf(
        self,
        name: str,
        *,
        behaviour: str = "fine",
        addresses: tuple[str, ...] | None = ("ocsp", "crl"),
        starts: timedelta = timedelta(days=-365),
        ends: timedelta = timedelta(days=365),
        usage: x509.KeyUsage = SIGNING_USAGE,
        extended: list[ObjectIdentifier] | None = None,
        extended_critical: bool = False,
        issuer: Holder | None = None,
        key: Key | None = None,
        more: list[Any] | None = None,
    ) -> Holder:
        """Issue an end-entity certificate whose status addresses behave as named."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        issuer = issuer or self.issuing
        builder = self._builder(name, key, issuer, self.now + starts, self.now + ends)
        builder = builder.add_extension(x509.BasicConstraints(False, None), True).add_extension(usage, True)
        if extended:
            builder = builder.add_extension(x509.ExtendedKeyUsage(extended), extended_critical)
        if addresses and "ocsp" in addresses:
            place = x509.UniformResourceIdentifier(f"{self.base_url}/{behaviour}/ocsp")
            access = [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)]
            builder = builder.add_extension(x509.AuthorityInformationAccess(access), False)
        if addresses and "crl" in addresses:
            builder = builder.add_extension(_crl_point(f"{self.base_url}/{behaviour}/issuing.crl"), False)
        for extension in more or []:
            builder = builder.add_extension(extension, False)
        return Holder(builder.sign(issuer.key, hashes.SHA256()), key)

    def tsa(self, **changes: Any) -> Holder:
        """Issue a time-stamp authority's certificate; RSA, as pyHanko's test authority demands."""
        settings = (
            {"key": self.tsa_key}
            | {"extended": [ExtendedKeyUsageOID.TIME_STAMPING], "extended_critical": True}
            | changes
        )
        return self.leaf("Test TSA", usage=key_usage(digital_signature=True), **settings)

    def revoke(self, holder: Holder, at: datetime, reason: x509.ReasonFlags = x509.ReasonFlags.key_compromise) -> None:
        self.revoked[holder.certificate.serial_number] = (at, reason)

    def _builder(
        self, name: str, key: Key, issuer: Holder | None, starts: datetime, ends: datetime
    ) -> x509.CertificateBuilder:
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "UBND phường Thử Nghiệm"),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        issuer_key = issuer.key if issuer else key
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(starts)
            .not_valid_after(ends)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
        )

    def crl(
        self, signer: Holder | None = None, *, at: datetime | None = None, lasts: timedelta = timedelta(days=7)
    ) -> bytes:
        """Return a list by the issuing CA (or another signer) as of a time."""
        signer, at = signer or self.issuing, at or self.now - timedelta(minutes=5)
        builder = x509.CertificateRevocationListBuilder().issuer_name(signer.certificate.subject)
        builder = builder.last_update(at).next_update(at + lasts).add_extension(x509.CRLNumber(7), False)
        for serial, (when, reason) in self.revoked.items():
            if when <= at:
                entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when)
                builder = builder.add_revoked_certificate(entry.add_extension(x509.CRLReason(reason), False).build())
        return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def ocsp(
        self,
        certificate: x509.Certificate,
        *,
        signer: Holder | None = None,
        at: datetime | None = None,
        lasts: timedelta = timedelta(hours=12),
    ) -> bytes:
        """Return the delegated responder's answer (or another signer's) as of a time."""
        signer, at = signer or self.responder, at or self.now - timedelta(minutes=5)
        when, reason = self.revoked.get(certificate.serial_number, (None, None))
        bad = when is not None and when <= at
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=certificate,
            issuer=self.issuing.certificate,
            algorithm=hashes.SHA1(),  # noqa: S303
            cert_status=ocsp.OCSPCertStatus.REVOKED if bad else ocsp.OCSPCertStatus.GOOD,
            this_update=at,
            next_update=at + lasts,
            revocation_time=when if bad else None,
            revocation_reason=reason if bad else None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        builder = builder.certificates([signer.certificate])
        return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _crl_point(address: str) -> x509.CRLDistributionPoints:
    names = [x509.UniformResourceIdentifier(address)]
    return x509.CRLDistributionPoints([x509.DistributionPoint(names, None, None, None)])


class StatusServer(ThreadingHTTPServer):
    """Answers OCSP and CRL requests; calls are counted by path, and hanging ones end with the server."""

    daemon_threads = True
    authority: Authority

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.issued: dict[int, x509.Certificate] = {}
        self.calls: list[str] = []
        self.closing = threading.Event()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet: clients of the hanging answers go away on purpose."""


class _Handler(BaseHTTPRequestHandler):
    server: StatusServer

    def do_POST(self) -> None:
        request = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(self._ocsp(request) if self.path.endswith("/ocsp") else b"")

    def do_GET(self) -> None:
        authority = self.server.authority
        signer = authority.root if self.path.endswith("root.crl") else authority.issuing
        if self.path.startswith("/stranger/"):
            signer = authority.stranger
        self._answer(authority.issuing.der if self.path.endswith(".cer") else authority.crl(signer))

    def _ocsp(self, request: bytes) -> bytes:
        authority = self.server.authority
        asked = ocsp.load_der_ocsp_request(request).serial_number
        certificate = authority.issuing.certificate if self.path.startswith("/other-serial/") else None
        signer = authority.stranger if self.path.startswith("/stranger/") else None
        named = certificate or self.server.issued.get(asked) or _with_serial(authority, asked)
        return authority.ocsp(named, signer=signer)

    def _answer(self, body: bytes) -> None:
        self.server.calls.append(self.path)
        behaviour = self.path.split("/")[1]
        if behaviour == "hang":
            self.server.closing.wait(30)
            return
        if behaviour == "drip":
            self._drip()
            return
        if behaviour == "redirect":
            self.send_response(302)
            self.send_header("Location", self.path.replace("/redirect/", "/fine/"))
            self.end_headers()
            return
        self.send_response(503 if behaviour == "down" else 200)
        self.end_headers()
        self.wfile.write(b"\x30" * HUGE_SIZE_BYTES if behaviour == "huge" else b"" if behaviour == "down" else body)

    def _drip(self) -> None:
        """Send a header line for ever, one byte at a time: each byte starts a read timeout anew."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.server.closing.is_set():
            self.wfile.write(b"a")
            self.wfile.flush()
            time.sleep(0.05)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


def _with_serial(authority: Authority, serial: int) -> x509.Certificate:
    """Return a stand-in with a serial number: an OCSP answer names nothing else of the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(authority.issuing.certificate.subject)
    builder = builder.public_key(key.public_key()).serial_number(serial)
    builder = builder.not_valid_before(authority.now).not_valid_after(authority.now + timedelta(days=1))
    return builder.sign(authority.issuing.key, hashes.SHA256())


@contextmanager
def running_authority(now: datetime) -> Iterator[tuple[Authority, StatusServer]]:
    """An authority and its status server on loopback."""
    with StatusServer() as server:
        server.authority = Authority(now, server.base_url)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server.authority, server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join(5)
