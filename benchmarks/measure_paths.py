"""Paths with their revocation status, when the same CAs are met again: against the library that we build them with."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext

from benchmarks.frame import Comparison, benchmark
from certs.model import Purpose, TrustAnchor
from certs.path import check_path
from certs.revocation.model import EvidenceItem, RevocationEvidence

CHECKS, UNSEEN, LISTED = 200, 10, 1_000
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
NOW = datetime.now(UTC).replace(microsecond=0)


@benchmark("path-check-warm", unit="paths")
def path_check_warm(folder: Path) -> Comparison:
    """One signer below an issuing CA and a root, all RSA-2048, the status of both by list."""
    keys = [rsa.generate_private_key(65537, 2048) for _ in range(3)]
    root, issuing, signer = (_certificate(level, keys) for level in range(3))
    lists = [_list(level, keys) for level in range(2)]
    ders = [one.public_bytes(Encoding.DER) for one in (root, issuing, signer)]
    anchors = (TrustAnchor(ders[0], Purpose.OFFICIAL, NOW - timedelta(days=99)),)
    evidence = RevocationEvidence(tuple(EvidenceItem("crl", der, "benchmark") for der in lists))

    def ours() -> int:
        done = [check_path(ders[2], [ders[1]], anchors, evidence, NOW, Purpose.OFFICIAL) for _ in range(CHECKS)]
        return sum(result.passed and result.revocation.status == "good" for result in done)

    def theirs() -> int:
        async def check() -> int:
            for _ in range(CHECKS):
                parsed = [asn1_x509.Certificate.load(der) for der in ders]
                context = ValidationContext(
                    trust_roots=[parsed[0]], other_certs=[parsed[1]], crls=lists, moment=NOW, revocation_mode="require"
                )
                await CertificateValidator(parsed[2], validation_context=context).async_validate_path()
            return CHECKS

        return asyncio.run(check())

    # 500 a second are asked for of one core, on which the library alone does about 200.
    return Comparison(CHECKS, ours, "pyhanko-certvalidator called directly", theirs, 0.4, process_time)


@benchmark("path-check-listed", unit="paths")
def path_check_listed(folder: Path) -> Comparison:
    """Signers never met before, with a thousand authorities of trusted lists among the anchors."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    root, issuing = (_certificate(level, keys).public_bytes(Encoding.DER) for level in range(2))
    listed = [_certificate(0, keys, f"Listed {number}").public_bytes(Encoding.DER) for number in range(LISTED)]
    alone, among = ((root,), (*listed, root))
    unseen: list[bytes] = []

    def issue() -> None:
        unseen[:] = [_certificate(2, keys, f"Signer {n}").public_bytes(Encoding.DER) for n in range(2 * UNSEEN)]

    def check(ders: tuple[bytes, ...], signers: slice) -> int:
        anchors = [TrustAnchor(der, Purpose.OFFICIAL, NOW - timedelta(days=99)) for der in ders]
        found = [check_path(der, [issuing], anchors, None, NOW, Purpose.OFFICIAL) for der in unseen[signers]]
        return sum(result.passed for result in found)

    issue()
    check(among, slice(1))
    return Comparison(
        UNSEEN,
        lambda: check(among, slice(UNSEEN)),
        "the same with one anchor",
        lambda: check(alone, slice(UNSEEN, None)),
        2.0,
        process_time,
        issue,
    )


def _name(level: int, name: str | None = None) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name or f"Benchmark {level}")])


def _certificate(level: int, keys: Sequence[Key], name: str | None = None) -> x509.Certificate:
    above = max(0, level - 1)
    usages = "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign "
    used = {"key_cert_sign", "crl_sign"} if level < 2 else {"digital_signature"}
    names = (usages + "crl_sign encipher_only decipher_only").split()
    return (
        x509.CertificateBuilder()
        .subject_name(_name(level, name))
        .issuer_name(_name(above, name if level == 0 else None))
        .public_key(keys[level].public_key())
        .serial_number(level + 1 if name is None else x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(x509.BasicConstraints(level < 2, None), critical=True)
        .add_extension(x509.KeyUsage(**{name: name in used for name in names}), critical=True)
        .sign(keys[above], hashes.SHA256())
    )


def _list(level: int, keys: list[rsa.RSAPrivateKey]) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(_name(level))
    builder = builder.last_update(NOW - timedelta(hours=1)).next_update(NOW + timedelta(days=1))
    return builder.sign(keys[level], hashes.SHA256()).public_bytes(Encoding.DER)
