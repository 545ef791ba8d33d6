"""Raises the level of a CAdES file by unsigned attributes and by material; it runs where untrusted files are read.

Everything that is there keeps its bytes. Source: ETSI EN 319 122-1 V1.3.1, 5.3, 5.5 and 6.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from signing.formats.cades.addition import check_content
from signing.formats.cades.archive import archive_attribute, archive_imprint, make_hash_index
from signing.formats.cades.attributes import SIGNATURE_TIME_STAMP
from signing.formats.cades.material import with_material
from signing.formats.cades.sign import content_digest
from signing.formats.cades.structure import SignedDataParts, attribute, read_signed_data, write_signed_data
from signing.formats.mapped import map_file, write_pieces
from signing.formats.material import ValidationMaterial


@dataclass(frozen=True)
class ArchiveOrder:
    """What an archive time-stamp over one signer has to be about.

    Attributes:
        imprint: The digest to be stamped. index: The ATSHashIndexV3 that goes into the token.
    """

    signer_index: int
    imprint: bytes
    index: bytes


def signature_values(path: Path) -> tuple[bytes, ...]:
    """Return what a signature time-stamp of each signer is about."""
    return tuple(signer.signature_value for signer in read_signed_data(map_file(path)).signers)


def add_signature_stamps(source: Path, target: Path, tokens: Mapping[int, bytes]) -> None:
    """Write the file with a time-stamp token over the values of some signers, counted from 0."""
    kinds = {index: attribute(SIGNATURE_TIME_STAMP, token) for index, token in tokens.items()}
    _write(target, _with_unsigned(read_signed_data(map_file(source)), kinds))


def add_material(source: Path, target: Path, material: ValidationMaterial) -> bool:
    """Write the file with further certificates and revocation answers; False where it holds them all already."""
    parts = read_signed_data(map_file(source))
    raised = with_material(parts, material)
    _write(target, raised)
    return (raised.certificates, raised.crls) != (parts.certificates, parts.crls)


def archive_orders(path: Path, content: Path | None, digest_algorithm: str) -> tuple[ArchiveOrder, ...]:
    """Return what the archive time-stamps of all signers have to be about.

    Raises:
        SignedContentMissing: The signature is detached, and no content was given.
        SignedContentDiffers: It is about other content.
    """
    parts = read_signed_data(map_file(path))
    orders = []
    for number, signer in enumerate(parts.signers):
        check_content(parts, signer, content)
        index = make_hash_index(parts, signer, digest_algorithm)
        digest = content_digest(parts, content, digest_algorithm)
        imprint = archive_imprint(parts, signer, digest, index, digest_algorithm)
        orders.append(ArchiveOrder(number, imprint, index))
    return tuple(orders)


def add_archive_stamps(source: Path, target: Path, stamps: tuple[tuple[ArchiveOrder, bytes], ...]) -> None:
    """Write the file with the tokens over what archive_orders returned for this very file."""
    kinds = {order.signer_index: archive_attribute(token, order.index) for order, token in stamps}
    _write(target, _with_unsigned(read_signed_data(map_file(source)), kinds))


def _with_unsigned(parts: SignedDataParts, added: Mapping[int, bytes]) -> SignedDataParts:
    signers = (
        signer.with_unsigned(added[number]) if number in added else signer
        for number, signer in enumerate(parts.signers)
    )
    return replace(parts, signers=tuple(signers))


def _write(target: Path, parts: SignedDataParts) -> None:
    write_pieces(target, write_signed_data(parts))
