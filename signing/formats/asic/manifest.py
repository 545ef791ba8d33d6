"""ASiCManifest: the list of files that one signature or time-stamp is about, each with its digest.

Source: ETSI EN 319 162-1 V1.1.1, 4.4.3, A.4 and A.7.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote
from xml.sax.saxutils import quoteattr

from signing.errors.files import SignatureFileUnreadable
from signing.errors.xml import XmlForbidden, XmlTooLarge, XmlUnreadable
from signing.formats.xml.names import DIGEST_URIS, DS, ds
from signing.formats.xml.parsing import Element, parse_xml, text_of

NAMESPACE = "http://uri.etsi.org/02918/v1.2.1#"
SIGNATURE_TYPE = "application/pkcs7-signature"
TIMESTAMP_TYPE = "application/vnd.etsi.timestamp-token"
_ALGORITHMS = {uri: name for name, uri in DIGEST_URIS.items()}


@dataclass(frozen=True)
class Reference:
    """One file that a manifest lists.

    Attributes:
        digest_algorithm: As hashlib names it; None where it is one that proves nothing today.
        root: Marks the file from which to begin, such as the previous archive manifest.
    """

    name: str
    digest_algorithm: str | None
    digest: bytes
    root: bool = False


@dataclass(frozen=True)
class Manifest:
    """What a manifest says.

    Attributes:
        subject: The file in META-INF that holds the signature or time-stamp over this manifest.
        subject_type: Its media type.
    """

    subject: str
    subject_type: str
    references: tuple[Reference, ...]


def write_manifest(manifest: Manifest) -> bytes:
    """Return the manifest as XML; the same manifest, the same bytes.

    Raises:
        KeyError: A reference's algorithm is none that we write.
    """
    lines = [
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>',
        f'<asic:ASiCManifest xmlns:asic="{NAMESPACE}" xmlns:ds="{DS}">',
        f"<asic:SigReference URI={_uri(manifest.subject)} MimeType={quoteattr(manifest.subject_type)}/>",
        *(_written(reference) for reference in manifest.references),
        "</asic:ASiCManifest>",
    ]
    return "\n".join(lines).encode()


def read_manifest(data: bytes) -> Manifest:
    """Read a manifest that anybody may have written.

    Raises:
        SignatureFileUnreadable: It is no ASiCManifest, has a DTD, or lists a file twice.
    """
    try:
        root = parse_xml(data)
    except (XmlUnreadable, XmlForbidden, XmlTooLarge) as error:
        raise SignatureFileUnreadable(f"a manifest in the container cannot be read: {error}") from None
    if root.tag != _asic("ASiCManifest"):
        raise SignatureFileUnreadable("a manifest in the container is of another kind")
    subjects = root.findall(_asic("SigReference"))
    if len(subjects) != 1:
        raise SignatureFileUnreadable("a manifest names one signature or time-stamp")
    references = tuple(_read_reference(element) for element in root.findall(_asic("DataObjectReference")))
    if len({reference.name for reference in references}) != len(references):
        raise SignatureFileUnreadable("a manifest lists a file twice")
    return Manifest(_name(subjects[0]), subjects[0].get("MimeType") or "", references)


def names_covered(manifests: Iterable[Manifest]) -> frozenset[str]:
    """Return all files that some manifests list."""
    return frozenset(reference.name for manifest in manifests for reference in manifest.references)


def _written(reference: Reference) -> str:
    algorithm = DIGEST_URIS[reference.digest_algorithm or ""]
    root = ' Rootfile="true"' if reference.root else ""
    value = base64.b64encode(reference.digest).decode("ascii")
    return (
        f"<asic:DataObjectReference URI={_uri(reference.name)}{root}>"
        f'<ds:DigestMethod Algorithm="{algorithm}"/><ds:DigestValue>{value}</ds:DigestValue>'
        "</asic:DataObjectReference>"
    )


def _read_reference(element: Element) -> Reference:
    method, value = element.find(ds("DigestMethod")), element.find(ds("DigestValue"))
    if method is None or value is None:
        raise SignatureFileUnreadable("a manifest lists a file without its digest")
    try:
        digest = base64.b64decode("".join(text_of(value).split()), validate=True)
    except (binascii.Error, ValueError):
        raise SignatureFileUnreadable("a digest in a manifest cannot be read") from None
    algorithm = _ALGORITHMS.get(method.get("Algorithm") or "")
    return Reference(_name(element), algorithm, digest, root=element.get("Rootfile") in {"true", "1"})


def _name(element: Element) -> str:
    """Return the file's name: a URI relative to the container's root, however often "./" stands before it."""
    uri = element.get("URI")
    if not uri:
        raise SignatureFileUnreadable("a manifest has a reference without a name")
    return unquote(uri, errors="replace").removeprefix("./").removeprefix("/")


def _uri(name: str) -> str:
    return quoteattr(quote(name, safe="/-._~()"))


def _asic(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
