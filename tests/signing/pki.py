"""A small PKI made on each run: root, issuing CA, official, seal, time-stamping authority, and wrong ones."""

import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certs.model import Purpose, TrustAnchor

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
NAME = "Nguyễn Văn Ví Dụ"


@dataclass(frozen=True)
class Holder:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_der(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def p12(self, passphrase: str) -> bytes:
        encryption = serialization.BestAvailableEncryption(passphrase.encode())
        return pkcs12.serialize_key_and_certificates(b"key", self.key, self.certificate, None, encryption)


@dataclass(frozen=True)
class Pki:
    """Everyone whom the tests need."""

    root: Holder
    issuing: Holder
    official: Holder
    seal: Holder
    official_p256: Holder
    official_p384: Holder
    official_ed25519: Holder
    short: Holder
    authority: Holder
    authority_without_usage: Holder
    expired_authority: Holder
    foreign_root: Holder
    foreign_authority: Holder

    @property
    def chain(self) -> tuple[bytes, ...]:
        return (self.issuing.der, self.root.der)

    def anchors(self) -> list[TrustAnchor]:
        start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        return [TrustAnchor(self.root.der, purpose, start) for purpose in Purpose]


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def _name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "UBND phường Ví Dụ (THỬ NGHIỆM)"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


def _usage(*names: str) -> x509.KeyUsage:
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: name in names for name in every})


def issue(
    name: str,
    key: Key,
    issuer: Holder | None,
    *,
    ca: bool = False,
    stamping: bool = False,
    critical: bool = True,
    days_left: int = 365,
) -> Holder:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer.certificate.subject if issuer else _name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=30))
        .not_valid_after(now + dt.timedelta(days=days_left))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    usage = ("key_cert_sign", "crl_sign") if ca else ("digital_signature", "content_commitment")
    builder = builder.add_extension(_usage(*usage), critical=True)
    if issuer:
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False
        )
    if stamping:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=critical)
    return Holder(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def build_pki() -> Pki:
    root = issue("Gốc THỬ NGHIỆM", rsa_key(), None, ca=True)
    issuing = issue("CA THỬ NGHIỆM", rsa_key(), root, ca=True)
    foreign_root = issue("Gốc LẠ", rsa_key(), None, ca=True)
    return Pki(
        root=root,
        issuing=issuing,
        official=issue(NAME, rsa_key(), issuing),
        seal=issue("UBND phường Ví Dụ", rsa_key(), issuing),
        official_p256=issue(NAME, ec.generate_private_key(ec.SECP256R1()), issuing),
        official_p384=issue(NAME, ec.generate_private_key(ec.SECP384R1()), issuing),
        official_ed25519=issue(NAME, ed25519.Ed25519PrivateKey.generate(), issuing),
        short=issue(NAME, rsa_key(1024), issuing),
        authority=issue("TSA THỬ NGHIỆM", rsa_key(), issuing, stamping=True),
        authority_without_usage=issue("TSA sai", rsa_key(), issuing, stamping=True, critical=False),
        expired_authority=issue("TSA hết hạn", rsa_key(), issuing, stamping=True, days_left=-1),
        foreign_root=foreign_root,
        foreign_authority=issue("TSA LẠ", rsa_key(), foreign_root, stamping=True),
    )
