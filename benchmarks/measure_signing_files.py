"""Signing files of other kinds at each level: against the bare key, and against openssl and signxml where they can.

Every result was checked by our own validation before it left, which is in the figures; openssl and signxml check
nothing. The first CAdES and XAdES results must be accepted by openssl and xmlsec1.
"""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree
from signxml import CanonicalizationMethod, SignatureMethod, methods
from signxml.xades import XAdESSigner

from benchmarks.frame import Comparison, benchmark
from benchmarks.signers import SigningBench, make_bench, processor_seconds
from certs.revocation.model import RevocationEvidence
from config.confinement import InProcess
from signing.files.model import FileSigner, Means, Packaging
from signing.files.registry import FileOrder, sign_files
from signing.key_sources.fake import FakeKeySource
from signing.model import Level
from signing.validation.policy import ValidationPolicy

SIGNATURES = 5
SECONDS = 4.0
RAW = "bare RSA-2048 signatures"
TEXT = "Quyết định số 12/QĐ-UBND\r\n".encode() * 400
LINES = "".join(f"<dong so='{number}'>Phí thẩm định</dong>" for number in range(100))
XML = f"<bien-lai>{LINES}</bien-lai>"
# JAdES is made up to B-T here.
LEVELS = {
    "cades": tuple(Level),
    "xades": tuple(Level),
    "asic-e": tuple(Level),
    "asic-e-xades": (Level.B_B, Level.B_T),
    "jades": (Level.B_B, Level.B_T),
}


class FileBench:
    """Signs one file in one format, again and again."""

    def __init__(self, folder: Path, format_name: str, level: Level = Level.B_B) -> None:
        self.bench: SigningBench = make_bench(folder)
        city, official = self.bench.city, self.bench.official
        self.chain = (city.authority.issuing.der,)
        self.signer = FileSigner(official.der, FakeKeySource(self.bench.key), self.chain)
        tools = city.tools()
        # From B-LT on the file itself must hold the evidence.
        evidence = RevocationEvidence() if level.has_material else city.evidence(datetime.now(UTC))
        policy = ValidationPolicy(tuple(city.anchors()), evidence)
        self.means = Means(InProcess(), policy, tools.tsa, tools)
        self.source = folder / ("bien-lai.xml" if "xades" in format_name else "quyet-dinh.txt")
        self.source.write_bytes(XML.encode() if "xades" in format_name else TEXT)
        self.format_name, self.level = format_name, level

    def sign(self, packaging: Packaging | None = None) -> Path:
        target = self.bench.target(".signed")
        order = FileOrder(((self.source.name, self.source),), self.level, packaging)
        sign_files(self.format_name, order, target, self.signer, self.means, datetime.now(UTC))
        return target

    def many(self) -> Callable[[], int]:
        """Return what signs so many times; what a first signature needs is at hand by then."""
        self.sign()
        return lambda: sum(self.sign().stat().st_size > 0 for _ in range(SIGNATURES))


@dataclass(frozen=True)
class BesideTheKey:
    """Prepares one format at one level beside the bare key."""

    format_name: str
    level: Level

    def __call__(self, folder: Path) -> Comparison:
        made = FileBench(folder, self.format_name, self.level)
        return Comparison(SIGNATURES, made.many(), RAW, made.bench.raw(SIGNATURES), clock=process_time)


for _format, _levels in LEVELS.items():
    for _level in _levels:
        benchmark(f"{_format}-{_level.lower()}", unit="signatures", seconds=SECONDS)(BesideTheKey(_format, _level))


@benchmark("cades-b-b-openssl", unit="signatures", seconds=SECONDS)
def cades_beside_openssl(folder: Path) -> Comparison:
    """Detached; openssl is a process each time, as scripts call it."""
    made = FileBench(folder, "cades")
    key, certificate, root = folder / "key.pem", folder / "certificate.pem", folder / "root.pem"
    private = made.bench.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key.write_bytes(private)
    certificate.write_bytes(made.bench.official.certificate.public_bytes(Encoding.PEM))
    root.write_bytes(made.bench.city.authority.root.certificate.public_bytes(Encoding.PEM))
    found = made.sign(Packaging.DETACHED)
    content = ["-content", str(made.source), "-binary", "-purpose", "any"]
    _openssl("-verify", "-cades", "-inform", "DER", "-in", str(found), *content, "-CAfile", str(root))
    wanted = ["-in", str(made.source), "-outform", "DER", "-signer", str(certificate), "-inkey", str(key), "-binary"]

    def theirs() -> int:
        for _ in range(SIGNATURES):
            _openssl("-sign", "-cades", *wanted, "-out", str(made.bench.target(".p7s")))
        return SIGNATURES

    return Comparison(
        SIGNATURES, made.many(), "openssl cms -sign -cades, one process each", theirs, clock=processor_seconds
    )


@benchmark("xades-b-b-signxml", unit="signatures", seconds=SECONDS)
def xades_beside_signxml(folder: Path) -> Comparison:
    """Enveloped; signxml with the key object kept."""
    made = FileBench(folder, "xades")
    root = folder / "root.pem"
    root.write_bytes(made.bench.city.authority.root.certificate.public_bytes(Encoding.PEM))
    _run("xmlsec1", "--verify", "--trusted-pem", str(root), "--id-attr:Id", "SignedProperties", str(made.sign()))
    signer = XAdESSigner(
        method=methods.enveloped,
        signature_algorithm=SignatureMethod.RSA_SHA256,
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_1,
    )
    certificates = [made.bench.official.certificate]

    def theirs() -> int:
        for _ in range(SIGNATURES):
            document = etree.fromstring(XML.encode())
            signed = signer.sign(document, key=made.bench.key, cert=certificates)
            made.bench.target(".xml").write_bytes(etree.tostring(signed))
        return SIGNATURES

    return Comparison(SIGNATURES, made.many(), "signxml with a key object", theirs, clock=process_time)


def _openssl(*arguments: str) -> None:
    _run("openssl", "cms", *arguments)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise ValueError(f"{command[0]} says {done.stderr.decode(errors='replace').strip()[-200:]}")
