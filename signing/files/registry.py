"""The formats in which files are signed, under the names that the command line and callers use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from signing.errors.files import ContainerFilesUnfit, PackagingUnfit, SerialisationUnfit
from signing.files.asic import ContainerKind, sign_asic, sign_in_container
from signing.files.asic_xades import sign_asic_xades, sign_in_container_xades
from signing.files.cades import sign_cades, sign_in_parallel
from signing.files.jades import sign_jades, sign_jades_in_parallel
from signing.files.model import FileSigner, Means, Packaging, SignedFile
from signing.files.xades import sign_xades_detached, sign_xades_enveloped
from signing.formats.asic.container import ASIC_E, ASIC_S
from signing.formats.jades.structure import Serialisation
from signing.model import Level

ATTACHED, DETACHED = Packaging.ATTACHED, Packaging.DETACHED


@dataclass(frozen=True)
class FileOrder:
    """One signature over some files.

    Attributes:
        files: Each with the name under which it is signed.
        packaging: None takes what the format has by nature, or else the first that it offers.
        joins: A signed file of the format, over whose content the new signature goes beside those that are there;
            files are then the content, where it is detached.
    """

    files: tuple[tuple[str, Path], ...]
    level: Level
    packaging: Packaging | None = None
    joins: Path | None = None


Signing = Callable[[FileOrder, Path, FileSigner, Means, datetime], SignedFile]
Joining = Callable[[Path, FileOrder, Path, FileSigner, Means, datetime], SignedFile]


@dataclass(frozen=True)
class FileFormat:
    """A format that files can be signed in.

    Attributes:
        suffix: What the signed file's name ends in.
        media_type: Of the signed file with its content inside.
        packagings: Those it offers, the usual one first; empty for containers, which always hold the files.
        several: Whether one signature can be over several files.
        join: Makes the second and later signatures; None where a file has one.
        levels: Those it offers.
    """

    suffix: str
    media_type: str
    packagings: tuple[Packaging, ...]
    several: bool
    sign: Signing
    join: Joining | None
    levels: tuple[Level, ...] = tuple(Level)


def sign_files(
    format_name: str, order: FileOrder, target: Path, signer: FileSigner, means: Means, now: datetime
) -> SignedFile:
    """Sign files in a format of this registry; see the format's own function for its errors.

    Raises:
        PackagingUnfit: The format is unknown or does not offer the packaging.
        ContainerFilesUnfit: No file, or several where the format signs one.
        SerialisationUnfit: The format has one signature in a file, and another was to join it.
    """
    chosen = FORMATS.get(format_name)
    if chosen is None:
        raise PackagingUnfit(f"the format {format_name!r} is none of {', '.join(FORMATS)}")
    if order.packaging is not None and order.packaging not in chosen.packagings:
        raise PackagingUnfit(f"the format {format_name} is not made {order.packaging}")
    if order.joins is not None:
        if chosen.join is None:
            raise SerialisationUnfit(f"the format {format_name} has one signature in a file")
        return chosen.join(order.joins, order, target, signer, means, now)
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


def _join_cades(
    there: Path, order: FileOrder, target: Path, signer: FileSigner, means: Means, now: datetime
) -> SignedFile:
    content = _only(order.files) if order.files else None
    return sign_in_parallel(there, content, target, signer, order.level, means, now)


def _join_xades(
    there: Path, order: FileOrder, target: Path, signer: FileSigner, means: Means, now: datetime
) -> SignedFile:
    return sign_xades_enveloped(there, target, signer, order.level, means, now)


def _join_jades(
    there: Path, order: FileOrder, target: Path, signer: FileSigner, means: Means, now: datetime
) -> SignedFile:
    return sign_jades_in_parallel(there, order.files, target, signer, order.level, means, now)


def _join_container(
    there: Path, order: FileOrder, target: Path, signer: FileSigner, means: Means, now: datetime
) -> SignedFile:
    return sign_in_container(there, target, signer, order.level, means, now)


def _join_xml_container(
    there: Path, order: FileOrder, target: Path, signer: FileSigner, means: Means, now: datetime
) -> SignedFile:
    return sign_in_container_xades(there, target, signer, order.level, means, now)


def _only(files: Sequence[tuple[str, Path]]) -> Path:
    if len(files) != 1:
        raise ContainerFilesUnfit("one file is signed here")
    return files[0][1]


_SIMPLE, _EXTENDED = ContainerKind.SIMPLE, ContainerKind.EXTENDED
_FLATTENED, _COMPACT = Serialisation.FLATTENED, Serialisation.COMPACT
_FILE_FIRST, _SIGNATURE_FIRST = (ATTACHED, DETACHED), (DETACHED, ATTACHED)
UP_TO_T = (Level.B_B, Level.B_T)
FORMATS: Mapping[str, FileFormat] = {
    "cades": FileFormat(".p7m", "application/pkcs7-mime", _SIGNATURE_FIRST, False, _cades, _join_cades),
    "xades": FileFormat(".xml", "application/xml", _FILE_FIRST, True, _xades, _join_xades),
    "jades": FileFormat(
        ".json", "application/jose+json", _FILE_FIRST, True, partial(_jades, _FLATTENED), _join_jades, UP_TO_T
    ),
    "jades-compact": FileFormat(
        ".jws", "application/jose", _FILE_FIRST, True, partial(_jades, _COMPACT), None, (Level.B_B,)
    ),
    "asic-s": FileFormat(".asics", ASIC_S, (), False, partial(_container, _SIMPLE), _join_container),
    "asic-e": FileFormat(".asice", ASIC_E, (), True, partial(_container, _EXTENDED), _join_container),
    "asic-s-xades": FileFormat(".asics", ASIC_S, (), False, partial(_xml_container, _SIMPLE), _join_xml_container),
    "asic-e-xades": FileFormat(".asice", ASIC_E, (), True, partial(_xml_container, _EXTENDED), _join_xml_container),
}
