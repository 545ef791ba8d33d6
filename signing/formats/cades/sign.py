"""One CAdES signature: prepare the attributes, have them signed elsewhere, complete the SignerInfo and the file."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from signing.errors.files import SignedContentMissing
from signing.formats import der
from signing.formats.cades.attributes import SIGNATURE_TIME_STAMP, signed_attributes
from signing.formats.cades.structure import (
    DATA_OID,
    VERSION_1,
    Buffer,
    SignedDataParts,
    SignerParts,
    attribute,
    encapsulated,
    joined,
)
from signing.formats.cms import signer_fields
from signing.model import SignatureAlgorithm


@dataclass(frozen=True)
class PreparedSigner:
    """A signature that waits for its value.

    Attributes:
        data_to_be_signed: The signed attributes; the key signs these bytes.
    """

    data_to_be_signed: bytes
    certificate_der: bytes
    algorithm: SignatureAlgorithm


def prepare_signer(
    content_digest: bytes,
    certificate_der: bytes,
    algorithm: SignatureAlgorithm,
    claimed_at: datetime,
    *,
    content_type: bytes | None = DATA_OID,
) -> PreparedSigner:
    """Return what a key must sign. content_digest is by the algorithm's digest; see attributes.signed_attributes."""
    fields = signer_fields(certificate_der, algorithm)
    attributes = signed_attributes(content_digest, fields.signing_certificate, claimed_at, content_type=content_type)
    return PreparedSigner(attributes, certificate_der, algorithm)


def complete_signer(prepared: PreparedSigner, value: bytes, timestamp_token: bytes | None = None) -> SignerParts:
    """Return the SignerInfo around a value that was checked, with a time-stamp over it where there is one."""
    fields = signer_fields(prepared.certificate_der, prepared.algorithm)
    stamped = () if timestamp_token is None else (attribute(SIGNATURE_TIME_STAMP, timestamp_token),)
    return SignerParts(
        version=VERSION_1,
        sid=fields.sid,
        digest_algorithm=fields.digest_algorithm,
        # RFC 5652, 5.4: signed as SET OF, sent as [0] IMPLICIT.
        signed_attributes=b"\xa0" + prepared.data_to_be_signed[1:],
        signature_algorithm=fields.signature_algorithm,
        signature=der.octet_string(value),
        unsigned_attributes=stamped,
    )


def digest_file(path: Path, digest_algorithm: str) -> bytes:
    """Return the digest of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, digest_algorithm).digest()


def digest_pieces(pieces: Iterable[Buffer], digest_algorithm: str) -> bytes:
    """Return the digest of content that lies in pieces."""
    digest = hashlib.new(digest_algorithm)
    for piece in pieces:
        digest.update(piece)
    return digest.digest()


def new_signed_data(content: Buffer | None, signer: SignerParts, certificates: Sequence[bytes]) -> SignedDataParts:
    """Return a SignedData with one signer; content None leaves it detached."""
    return SignedDataParts(
        version=VERSION_1,
        digest_algorithms=(signer.digest_algorithm,),
        content_type=DATA_OID,
        content=None if content is None else encapsulated(content),
        content_pieces=() if content is None else (content,),
        certificates=tuple(dict.fromkeys(certificates)),
        crls=(),
        signers=(signer,),
    )


def content_digest(parts: SignedDataParts, content: Path | None, digest_algorithm: str) -> bytes:
    """Return the digest of what a SignedData signs: the content inside, or the file beside it.

    Raises:
        SignedContentMissing: Detached, and no file was given.
    """
    if not parts.detached:
        return digest_pieces(parts.content_pieces, digest_algorithm)
    if content is None:
        raise SignedContentMissing("the signature is detached; the file that it signs is needed, too")
    return digest_file(content, digest_algorithm)


def with_signer(parts: SignedDataParts, signer: SignerParts, certificates: Sequence[bytes]) -> SignedDataParts:
    """Return a SignedData with one more signer in parallel; the others keep every byte."""
    return replace(
        parts,
        digest_algorithms=joined(parts.digest_algorithms, (signer.digest_algorithm,)),
        certificates=joined(parts.certificates, certificates),
        signers=(*parts.signers, signer),
    )
