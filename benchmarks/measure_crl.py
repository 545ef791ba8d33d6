"""A list of 200,000 entries: loading it, and finding one certificate in it, against cryptography's own reader."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from benchmarks.frame import Comparison, benchmark
from certs.revocation.crl import Crl

ENTRIES = 200_000
LOOKED_UP = 50
FIRST_SERIAL = 10**37
STEP = 7


@benchmark("crl-load", unit="lists")
def crl_load(folder: Path) -> Comparison:
    """Read, verify and index the whole list, against loading and verifying it: theirs reads entries when asked."""
    der, key = _signed_list()
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    sizes: list[int] = []

    def ours() -> int:
        crl = Crl(der, hashlib.sha256(der).hexdigest())
        found = crl.signed_by(info) and crl.find(FIRST_SERIAL, crl.head.issuer)
        sizes.append(crl.size_bytes)
        return int(bool(found))

    def theirs() -> int:
        return int(x509.load_der_x509_crl(der).is_signature_valid(key))

    def note() -> str:
        return f"{ENTRIES:,} entries: {len(der) / 1e6:.1f} MB, in memory with the index {sizes[-1] / 1e6:.1f} MB"

    return Comparison(1, ours, "load_der_x509_crl and its signature, no index", theirs, clock=process_time, note=note)


@benchmark("crl-lookup", unit="look-ups")
def crl_lookup(folder: Path) -> Comparison:
    """Find certificates spread over the list, which is loaded."""
    der, _ = _signed_list()
    ours, theirs = Crl(der, "benchmark"), x509.load_der_x509_crl(der)
    wanted = [FIRST_SERIAL + STEP * number for number in range(0, ENTRIES, ENTRIES // LOOKED_UP)]
    ours.find(wanted[0], ours.head.issuer)

    def count(find: Callable[[int], object]) -> Callable[[], int]:
        return lambda: sum(find(number) is not None for number in wanted)

    return Comparison(
        LOOKED_UP,
        count(lambda number: ours.find(number, ours.head.issuer)),
        "get_revoked_certificate_by_serial_number",
        count(theirs.get_revoked_certificate_by_serial_number),
        # A look-up is to take milliseconds at most; theirs walks through the list.
        0.05,
        process_time,
    )


def _signed_list() -> tuple[bytes, ec.EllipticCurvePublicKey]:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Benchmark CA")])
    reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=name,
        last_update=now,
        next_update=now + timedelta(days=1),
        revoked_certificates=[
            x509.RevokedCertificateBuilder()
            .serial_number(FIRST_SERIAL + STEP * number)
            .revocation_date(now)
            .add_extension(reason, critical=False)
            .build()
            for number in range(ENTRIES)
        ],
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER), key.public_key()
