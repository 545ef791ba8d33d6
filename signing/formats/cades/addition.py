"""Adds signatures to a CAdES file that others made; it runs where untrusted files are read."""

from dataclasses import dataclass, replace
from pathlib import Path

from asn1crypto import algos

from signing.errors.files import SignatureNotFound, SignedContentDiffers
from signing.formats.ber import children, octets, read_element
from signing.formats.cades.attributes import COUNTER_SIGNATURE, MESSAGE_DIGEST
from signing.formats.cades.sign import content_digest, digest_pieces, with_signer
from signing.formats.cades.structure import (
    SignedDataParts,
    SignerParts,
    attribute,
    joined,
    read_attribute,
    read_signed_data,
    values_of,
    write_signed_data,
)
from signing.formats.mapped import map_file, write_pieces


@dataclass(frozen=True)
class SignedContent:
    """What a further signature has to be about.

    Attributes:
        content_type: The content's type as an OID element.
    """

    digest: bytes
    content_type: bytes


def parallel_digest(signature: Path, content: Path | None, digest_algorithm: str) -> SignedContent:
    """Return what a parallel signature signs, after seeing that the signatures there are about the same.

    Raises:
        SignatureFileUnreadable: No SignedData.
        SignatureNotFound: It has no signer, so that nothing says what was signed.
        SignedContentMissing: Detached, and content is None.
        SignedContentDiffers: A signer there signed something else.
    """
    parts = read_signed_data(map_file(signature))
    if not parts.signers:
        raise SignatureNotFound("the file holds no signature")
    for signer in parts.signers:
        check_content(parts, signer, content)
    return SignedContent(content_digest(parts, content, digest_algorithm), parts.content_type)


def check_content(parts: SignedDataParts, signer: SignerParts, content: Path | None) -> None:
    """See that a signer's message digest is that of the content.

    Raises:
        SignedContentMissing: Detached, and content is None.
        SignedContentDiffers: It is not, or its digest is one that we do not know.
    """
    stated = stated_digest(signer)
    algorithm = algos.DigestAlgorithm.load(signer.digest_algorithm)["algorithm"].native
    try:
        actual = content_digest(parts, content, algorithm)
    except (ValueError, TypeError):
        raise SignedContentDiffers("a signature there uses a digest that is not known here") from None
    if stated is not None and stated != actual:
        raise SignedContentDiffers("a signature there is about other content")


def stated_digest(signer: SignerParts) -> bytes | None:
    """Return the message digest that a signer signed; None where it signs the content directly."""
    if signer.signed_attributes is None:
        return None
    for one in children(read_element(signer.signed_attributes)):
        kind, values = read_attribute(one.raw)
        if kind == MESSAGE_DIGEST and len(values) == 1:
            return b"".join(octets(read_element(values[0])))
    raise SignedContentDiffers("a signature there does not say what it is about")


def add_signer(signature: Path, target: Path, signer: SignerParts, certificates: tuple[bytes, ...]) -> str:
    """Write the file with one more signer; return the name that a validation gives it."""
    parts = with_signer(read_signed_data(map_file(signature)), signer, certificates)
    write_pieces(target, write_signed_data(parts))
    return f"#{len(parts.signers)}"


def countersigned_value(signature: Path, signer_index: int, digest_algorithm: str) -> bytes:
    """Return the digest of the signature value that a counter-signature signs.

    Raises:
        SignatureFileUnreadable, SignatureNotFound: There is no such signer.
    """
    signer = _signer_at(read_signed_data(map_file(signature)), signer_index)
    return digest_pieces([signer.signature_value], digest_algorithm)


def add_counter_signature(
    signature: Path, target: Path, signer_index: int, counter: SignerParts, certificates: tuple[bytes, ...]
) -> str:
    """Write the file with a counter-signature on one of its signers; return the name that a validation gives it."""
    parts = read_signed_data(map_file(signature))
    signer = _signer_at(parts, signer_index).with_unsigned(attribute(COUNTER_SIGNATURE, counter.encoded()))
    signers = (*parts.signers[:signer_index], signer, *parts.signers[signer_index + 1 :])
    raised = replace(parts, signers=signers, certificates=joined(parts.certificates, certificates))
    write_pieces(target, write_signed_data(raised))
    return f"#{signer_index + 1}.{len(values_of(signer.unsigned_attributes, COUNTER_SIGNATURE))}"


def _signer_at(parts: SignedDataParts, index: int) -> SignerParts:
    if not 0 <= index < len(parts.signers):
        raise SignatureNotFound(f"the file has {len(parts.signers)} signatures, not one numbered {index + 1}")
    return parts.signers[index]
