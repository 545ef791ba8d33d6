"""What goes into one XAdES signature. Plain values: they cross the confined child and may be kept between steps."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from signing.formats.xml.names import XPATH
from signing.model import SignatureAlgorithm


@dataclass(frozen=True)
class Transform:
    """One step between what a reference names and the octets that are digested; xpath where it needs one."""

    algorithm: str
    xpath: str | None = None


# Leaves out every signature, so that a later one beside it breaks nothing; the plain enveloped-signature transform
# leaves out only its own. Both are written, because some readers know only the plain one.
NO_SIGNATURES = Transform(XPATH, "not(ancestor-or-self::ds:Signature)")


@dataclass(frozen=True)
class DataReference:
    """One thing that is signed, with its digest.

    Attributes:
        uri: "" for the document around the signature, "#…" for an element, else a file's name percent-encoded.
        digest: Over the octets that come out of the transforms.
        kind: The reference's Type, where it has one.
        mime_type: What the signer says it is; None says nothing.
    """

    uri: str
    digest: bytes
    transforms: tuple[Transform, ...] = ()
    kind: str | None = None
    mime_type: str | None = None


@dataclass(frozen=True)
class SignaturePolicy:
    """The policy that a signature is made under.

    Attributes:
        oid: In dotted form. digest: Over the policy's document, with the signature's own digest algorithm.
        address: Where that document lies.
    """

    oid: str
    digest: bytes
    address: str | None = None


@dataclass(frozen=True)
class XadesSigner:
    """Who signs, how, and when by the signer's own account.

    Attributes:
        chain_ders: Certificates above the signer's, nearest first; kept in ds:KeyInfo.
        claimed_at: Aware.
        signature_id: The Id of the ds:Signature, unique in its file; the Ids inside derive from it.
    """

    certificate_der: bytes
    algorithm: SignatureAlgorithm
    claimed_at: datetime
    chain_ders: tuple[bytes, ...] = ()
    policy: SignaturePolicy | None = None
    signature_id: str = field(default_factory=lambda: f"xades-{uuid.uuid4()}")
