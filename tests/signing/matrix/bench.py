"""Makes the signature of one line: key files and a token with the same keys, an authority, and the document."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from signing.files.asic import ContainerKind, sign_asic
from signing.files.asic_xades import sign_asic_xades
from signing.files.cades import countersign, sign_cades, sign_in_parallel
from signing.files.jades import sign_jades, sign_jades_in_parallel
from signing.files.model import FileSigner, Means, Packaging
from signing.files.xades import (
    countersign_xades,
    sign_xades_detached,
    sign_xades_enveloped,
    sign_xades_enveloping,
)
from signing.formats.jades.structure import Serialisation
from signing.formats.xml.enveloped import ElementPlace
from signing.journeys import sign_pdf
from signing.key_sources.base import KeySource
from signing.key_sources.fake import FakeKeySource
from signing.model import (
    Certification,
    Invisible,
    Level,
    SignatureAlgorithm,
    SignatureStep,
    SignerRole,
    SigningProfile,
)
from signing.validation.policy import ValidationPolicy
from tests.certs.authority import Holder
from tests.signing.augmentation.bench import City
from tests.signing.conftest import DOCUMENTS
from tests.signing.matrix.cells import Cell
from tests.signing.softhsm import PIN

RECEIPT = """<?xml version="1.0" encoding="UTF-8"?>
<HDon xmlns="urn:bienlai"><DLHDon Id="data"><Ten>Nguyễn Văn Ví Dụ</Ten></DLHDon><DSCKS><NBan/></DSCKS></HDon>
""".encode()
NAME = "hồ sơ.xml"
SELLER = ElementPlace("/r:HDon/r:DSCKS/r:NBan", (("r", "urn:bienlai"),))


@dataclass(frozen=True)
class Keys:
    """Holders by the name of their key, and their key sources by kind of source and name."""

    holders: dict[str, Holder]
    opened: dict[tuple[str, str], KeySource]
    first: Holder


@dataclass(frozen=True)
class Made:
    """A signed file.

    Attributes:
        beside: The file that a detached signature signs.
        count: Signatures in it; the cell's is the last one.
    """

    cell: Cell
    path: Path
    beside: dict[str, Path]
    holder: Holder
    count: int


def new_key(name: str) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey:
    if name.startswith("rsa-"):
        bits = name.removeprefix("rsa-")
        return rsa.generate_private_key(65537, int(bits) if bits.isdigit() else 2048)
    if name == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1() if name == "p256" else ec.SECP384R1())


def write_p12(path: Path, holder: Holder) -> None:
    encryption = BestAvailableEncryption(PIN.encode())
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"k", holder.key, holder.certificate, None, encryption))


class Bench:
    """Signs in one folder, with one city's authority and keys."""

    def __init__(self, city: City, keys: Keys) -> None:
        self.city, self.keys, self.folder = city, keys, city.folder
        self.now = datetime.now(UTC)
        policy = ValidationPolicy(tuple(city.anchors()))
        self.means = Means(city.confined, policy, city.tsa(), city.tools())
        self.source = self.folder / NAME
        self.source.write_bytes(RECEIPT)

    def make(self, cell: Cell) -> Made:
        """Make the cell's signature; the first signer of a second, parallel or counter-signature signs at B-B."""
        holder, target = self.keys.holders[cell.key], self.folder / f"{cell}.signed"
        detached = cell.packaging == "detached" or (cell.format == "cades" and cell.packaging != "attached")
        makers: dict[str, Callable[[Cell, Path], int]] = {
            "pades": self._pades,
            "cades": self._cades,
            "xades": self._xades,
            "jades": self._jades,
            "jades-compact": self._jades,
        }
        count = makers.get(cell.format, self._asic)(cell, target)
        return Made(cell, target, {NAME: self.source} if detached else {}, holder, count)

    def _signer(self, cell: Cell) -> FileSigner:
        preferred = SignatureAlgorithm.RSASSA_PSS_SHA256 if cell.key == "rsa-pss" else None
        key = self.keys.opened[cell.source, cell.key]
        return FileSigner(self.keys.holders[cell.key].der, key, self._chain, preferred)

    @property
    def _chain(self) -> tuple[bytes, ...]:
        return (self.city.authority.issuing.der,)

    @property
    def _first(self) -> FileSigner:
        return FileSigner(self.keys.first.der, FakeKeySource(self.keys.first.key), self._chain)

    def _pades(self, cell: Cell, target: Path) -> int:
        source, certification = DOCUMENTS / "quyet-dinh.libreoffice.pdf", None
        if cell.packaging == "second":
            source, _ = self.city.sign(source, self.keys.first, Level.B_B)
        if cell.packaging == "certification":
            certification = Certification.FORMS_AND_SIGNATURES
        signer = self._signer(cell)
        profile = SigningProfile("test", SignerRole.PERSON, Level(cell.level), Invisible(), None)
        profile = replace(profile, prefer_pss=cell.key == "rsa-pss", certification=certification)
        sign_pdf(
            source,
            target,
            SignatureStep(profile, "Nguyễn Văn Ví Dụ", signer.certificate_der, signer.chain_ders),
            key=signer.key,
            tsa=self.means.tsa,
            confined=self.means.confined,
            now=self.now,
            materials=self.city.materials,
        )
        return 2 if cell.packaging == "second" else 1

    def _cades(self, cell: Cell, target: Path) -> int:
        first, level, rest = self.folder / "first.p7m", Level(cell.level), (self.means, self.now)
        if cell.packaging in {"attached", "detached"}:
            sign_cades(self.source, target, self._signer(cell), level, Packaging(cell.packaging), *rest)
            return 1
        sign_cades(self.source, first, self._first, Level.B_B, Packaging.DETACHED, *rest)
        join = countersign if cell.packaging == "counter" else sign_in_parallel
        join(first, self.source, target, self._signer(cell), level, *rest)
        return 2

    def _xades(self, cell: Cell, target: Path) -> int:
        signer, level, rest = self._signer(cell), Level(cell.level), (self.means, self.now)
        if cell.packaging == "enveloping":
            sign_xades_enveloping(self.source, target, signer, level, *rest)
        elif cell.packaging == "detached":
            sign_xades_detached({NAME: self.source}, target, signer, level, *rest)
        elif cell.packaging == "element":
            sign_xades_enveloped(self.source, target, signer, level, *rest, reference_id="data", place=SELLER)
        elif cell.packaging == "enveloped":
            sign_xades_enveloped(self.source, target, signer, level, *rest)
        else:
            first = self.folder / "first.xml"
            made = sign_xades_enveloped(self.source, first, self._first, Level.B_B, *rest)
            if cell.packaging == "counter":
                countersign_xades(first, target, made.signature_id, signer, level, *rest)
            else:
                sign_xades_enveloped(first, target, signer, level, *rest)
            return 2
        return 1

    def _jades(self, cell: Cell, target: Path) -> int:
        files, level, rest = [(NAME, self.source)], Level(cell.level), (self.means, self.now)
        if cell.packaging == "parallel":
            first = self.folder / "first.json"
            form = Serialisation.FLATTENED
            sign_jades(files, first, self._first, Level.B_B, Packaging.ATTACHED, form, *rest)
            sign_jades_in_parallel(first, files, target, self._signer(cell), level, *rest)
            return 2
        form = Serialisation.COMPACT if cell.format == "jades-compact" else Serialisation.FLATTENED
        sign_jades(files, target, self._signer(cell), level, Packaging(cell.packaging), form, *rest)
        return 1

    def _asic(self, cell: Cell, target: Path) -> int:
        second = self.folder / "phụ lục.txt"
        second.write_text("Phụ lục", encoding="utf-8")
        kind = ContainerKind(cell.format)
        files = [(NAME, self.source)] + ([("Hồ sơ/phụ lục.txt", second)] if kind is ContainerKind.EXTENDED else [])
        sign = sign_asic if cell.packaging == "cades" else sign_asic_xades
        sign(files, target, self._signer(cell), kind, Level(cell.level), self.means, self.now)
        return 1
