"""Who signs in the benchmarks: an authority that answers about revocation, a time-stamping one, and an official.

All of it runs in the benchmark's own process, on one core, for us and for the baseline alike.
"""

import asyncio
import itertools
import os
import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, signers
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.stamp import BaseStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing.model import Level
from tests.certs.authority import Authority, Holder, running_authority
from tests.signing.augmentation.bench import City
from tests.signing.judges import pdfsig_verdicts, qpdf_problems

RESERVED_BYTES = 16_384
DOCUMENT = Path(__file__).parents[1] / "tests" / "documents" / "quyet-dinh.libreoffice.pdf"


def use_one_core() -> None:
    """Bind this process, with every thread that it starts, to one core."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def processor_seconds() -> float:
    """Return the processor time of this process and of the children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


class KeptKeySigner(signers.SimpleSigner):
    """pyHanko's signer with the key object kept: reading the key anew takes a hundred times as long as signing."""

    key: rsa.RSAPrivateKey

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())


@dataclass
class SigningBench:
    """The city that signs, its official with an RSA-2048 key, and the folder for results.

    Attributes:
        running: Keeps the authority's server until the process ends.
    """

    city: City
    official: Holder
    key: rsa.RSAPrivateKey
    folder: Path
    running: object = field(repr=False)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def target(self, suffix: str = ".pdf") -> Path:
        """Return a path that is not taken: to cut an old file costs more than to make a new one."""
        return self.folder / f"signed-{next(self.numbers)}{suffix}"

    def raw(self, count: int) -> Callable[[], int]:
        """Return what makes so many bare signatures with the official's key."""
        data = os.urandom(120)

        def sign() -> int:
            return sum(len(self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())) == 256 for _ in range(count))

        return sign

    def pyhanko(self, count: int, level: Level, style: BaseStampStyle | None = None) -> Callable[[], int]:
        """Return what makes so many signatures with pyHanko called directly, as fast as it can be called."""
        authority, stamping = self.city.authority, self.city.stamping
        above = SimpleCertificateStore.from_certs([asn1_x509.Certificate.load(authority.issuing.der)])
        signer = KeptKeySigner(
            signing_cert=asn1_x509.Certificate.load(self.official.der),
            signing_key=keys.PrivateKeyInfo.load(self.official.key_der),
            cert_registry=above,
        )
        signer.key = self.key
        stamper = DummyTimeStamper(
            asn1_x509.Certificate.load(stamping.der), keys.PrivateKeyInfo.load(stamping.key_der), above
        )
        content = DOCUMENT.read_bytes()
        box = (60, 100, 210, 150) if style is not None else None

        def sign() -> int:
            for _ in range(count):
                metadata = PdfSignatureMetadata(
                    field_name="Signature1",
                    md_algorithm="sha256",
                    subfilter=SigSeedSubFilter.PADES,
                    embed_validation_info=level.has_material,
                    use_pades_lta=level is Level.B_LTA,
                    validation_context=self._context() if level.has_material else None,
                )
                made = PdfSigner(
                    metadata,
                    signer,
                    timestamper=stamper if level.has_timestamp else None,
                    stamp_style=style,
                    new_field_spec=SigFieldSpec("Signature1", on_page=-1, box=box),
                )
                with self.target().open("w+b") as output:
                    writer = IncrementalPdfFileWriter(BytesIO(content))
                    made.sign_pdf(writer, bytes_reserved=RESERVED_BYTES, output=output)
            return count

        return sign

    def assert_accepted(self, path: Path, *, stamps: int = 0) -> None:
        """Demand that pdfsig, qpdf and pyHanko find the one signature good.

        Args:
            stamps: How many document time-stamps there are; pdfsig shows them and cannot judge them.
        Raises:
            ValueError: One of them does not.
        """
        verdicts = pdfsig_verdicts(path)
        if verdicts != ["Signature is Valid."] + ["Signature has not yet been verified."] * stamps:
            raise ValueError(f"pdfsig says {verdicts}")
        if problems := qpdf_problems(path):
            raise ValueError(f"qpdf says {problems}")
        with path.open("rb") as file:
            reader = PdfFileReader(file)
            (signature,) = reader.embedded_regular_signatures
            status = asyncio.run(async_validate_pdf_signature(signature, self._context(), self._context()))
        if not status.bottom_line:
            raise ValueError(f"pyHanko says {status.summary()}")

    def _context(self) -> ValidationContext:
        authority = self.city.authority
        return ValidationContext(
            trust_roots=[asn1_x509.Certificate.load(authority.root.der)],
            other_certs=[asn1_x509.Certificate.load(authority.issuing.der)],
            crls=[authority.crl(authority.root), authority.crl(authority.issuing)],
            allow_fetching=False,
            revocation_mode="require",
        )


def make_bench(folder: Path) -> SigningBench:
    """Start the authority and bind to one core; all of it ends with the process."""
    use_one_core()
    running = running_authority(datetime.now(UTC).replace(microsecond=0))
    authority, server = running.__enter__()
    key = rsa.generate_private_key(65537, 2048)
    official = _known(authority, server.issued, authority.leaf("Nguyễn Văn Ví Dụ", addresses=("crl",), key=key))
    stamping = _known(authority, server.issued, authority.tsa(addresses=("crl",)))
    return SigningBench(City(authority, server, stamping, folder), official, key, folder, running)


def _known(authority: Authority, issued: dict[int, object], holder: Holder) -> Holder:
    issued[holder.certificate.serial_number] = holder.certificate
    return holder
