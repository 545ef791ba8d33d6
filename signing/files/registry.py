"""The formats in which files are signed, under the names that the command line and callers use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from signing.errors.files import ContainerFilesUnfit, PackagingUnfit
from signing.files.asic import ContainerKind, sign_asic
from signing.files.asic_xades import sign_asic_xades
from signing.files.cades import sign_cades
from signing.files.jades import sign_jades
from signing.files.model import FileSigner, Means, Packaging, SignedFile
from signing.files.xades import sign_xades_detached, sign_xades_enveloped
from signing.formats.jades.structure import Serialisation
from signing.model import Level

ATTACHED, DETACHED = Packaging.ATTACHED, Packaging.DETACHED


@dataclass(frozen=True)
class FileOrder:
    """One signature over some files.

    Attributes:
        files: Each with the name under which it is signed.
        packaging: None takes what the format has by nature, or else the first that it offers.
    """

    files: tuple[tuple[str, Path], ...]
    level: Level
    packaging: Packaging | None = None


@dataclass(frozen=True)
class FileFormat:
    """A format that files can be signed in.

    Attributes:
        suffix: What the signed file's name ends in.
        packagings: Those it offers, the usual one first; empty for containers, which always hold the files.
        several: Whether one signature can be over several files.
    """

    suffix: str
    packagings: tuple[Packaging, ...]
    several: bool
    sign: Callable[[FileOrder, Path, FileSigner, Means, datetime], SignedFile]


def sign_files(
    format_name: str, order: FileOrder, target: Path, signer: FileSigner, means: Means, now: datetime
) -> SignedFile:
    """Sign files in a format of this registry; see the format's own function for its errors.

    Raises:
        PackagingUnfit: The format is unknown or does not offer the packaging.
        ContainerFilesUnfit: No file, or several where the format signs one.
    """
    chosen = FORMATS.get(format_name)
    if chosen is None:
        raise PackagingUnfit(f"the format {format_name!r} is none of {', '.join(FORMATS)}")
    if order.packaging is not None and order.packaging not in chosen.packagings:
        raise PackagingUnfit(f"the format {format_name} is not made {order.packaging}")
    if not order.files or (len(order.files) > 1 and not chosen.several):
        raise ContainerFilesUnfit(f"the format {format_name} signs {'files' if chosen.several else 'one file'}")
    return chosen.sign(order, target, signer, means, now)


def _cades(order: FileOrder, target: Path, signer: FileSigner, means: Means, now: datetime) -> SignedFile:
    return sign_cades(order.files[0][1], target, signer, order.level, order.packaging or DETACHED, means, now)


def _container(
    kind: ContainerKind, order: FileOrder, target: Path, signer: FileSigner, means: Means, now: datetime
) -> SignedFile:
    return sign_asic(order.files, target, signer, kind, order.level, means, now)


def _xml_container(
    kind: ContainerKind, order: FileOrder, target: Path, signer: FileSigner, means: Means, now: datetime
) -> SignedFile:
    return sign_asic_xades(order.files, target, signer, kind, order.level, means, now)


def _xades(order: FileOrder, target: Path, signer: FileSigner, means: Means, now: datetime) -> SignedFile:
    if order.packaging is DETACHED:
        return sign_xades_detached(dict(order.files), target, signer, order.level, means, now)
    return sign_xades_enveloped(_only(order.files), target, signer, order.level, means, now)


def _jades(
    form: Serialisation, order: FileOrder, target: Path, signer: FileSigner, means: Means, now: datetime
) -> SignedFile:
    packaging = order.packaging or (ATTACHED if len(order.files) == 1 else DETACHED)
    return sign_jades(order.files, target, signer, order.level, packaging, form, means, now)


def _only(files: Sequence[tuple[str, Path]]) -> Path:
    if len(files) != 1:
        raise ContainerFilesUnfit("an enveloped signature is in one XML file")
    return files[0][1]


_SIMPLE, _EXTENDED = ContainerKind.SIMPLE, ContainerKind.EXTENDED
FORMATS: Mapping[str, FileFormat] = {
    "cades": FileFormat(".p7m", (DETACHED, ATTACHED), False, _cades),
    "xades": FileFormat(".xml", (ATTACHED, DETACHED), True, _xades),
    "jades": FileFormat(".json", (ATTACHED, DETACHED), True, partial(_jades, Serialisation.FLATTENED)),
    "jades-compact": FileFormat(".jws", (ATTACHED, DETACHED), True, partial(_jades, Serialisation.COMPACT)),
    "asic-s": FileFormat(".asics", (), False, partial(_container, _SIMPLE)),
    "asic-e": FileFormat(".asice", (), True, partial(_container, _EXTENDED)),
    "asic-s-xades": FileFormat(".asics", (), False, partial(_xml_container, _SIMPLE)),
    "asic-e-xades": FileFormat(".asice", (), True, partial(_xml_container, _EXTENDED)),
}
