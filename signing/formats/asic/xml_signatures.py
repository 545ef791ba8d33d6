"""XAdES signatures inside a container: their files, and the list of contents that goes with them.

Source: ETSI EN 319 162-1 V1.1.1, 4.3.3.2 (2), 4.4.3.2, A.5 and A.6; OpenDocument 1.2, part 3, 3 (manifest.xml).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from mimetypes import MimeTypes
from pathlib import Path
from xml.sax.saxutils import quoteattr

from signing.errors.evidence import NothingToAugment
from signing.errors.files import ContainerUnsafe, SignatureFileUnreadable
from signing.formats.asic.container import open_container
from signing.formats.asic.layout import next_number, read_layout
from signing.formats.asic.manifest import NAMESPACE
from signing.formats.xml.parsing import parse_xml
from signing.formats.xml.positions import Place, place_at_end

SIMPLE_SIGNATURES = "META-INF/signatures.xml"
FIRST_SIGNATURES = "META-INF/signatures001.xml"
CONTENTS = "META-INF/manifest.xml"
EMPTY = f'<?xml version="1.0" encoding="UTF-8"?>\n<asic:XAdESSignatures xmlns:asic="{NAMESPACE}">'.encode()
END = b"</asic:XAdESSignatures>"
PLACE = Place(len(EMPTY), len(EMPTY))
MAX_FILE_BYTES = 128 * 1024 * 1024
_OPENDOCUMENT = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
# Those that come with Python: what a machine knows besides would change what is signed.
_TYPES = MimeTypes(filenames=())


@dataclass(frozen=True)
class ContainerFiles:
    """Reads the files of a container, as references name them from its root. It crosses into the child."""

    path: Path

    def __call__(self, name: str) -> bytes | None:
        """Return a file's content, or None where there is no such file.

        Raises:
            SignatureFileUnreadable, ContainerUnsafe, ContainerNameUnusable: See open_container; or larger than a
                signature may have it here.
        """
        with open_container(self.path) as container:
            plain = name.removeprefix("./").removeprefix("/")
            if plain not in container.names:
                return None
            if container.size_bytes(plain) > MAX_FILE_BYTES:
                raise ContainerUnsafe("a signed file in the container is larger than is read here")
            with container.open(plain) as stream:
                return stream.read()


@dataclass(frozen=True)
class XmlSignaturePlan:
    """Where one more XAdES signature goes.

    Attributes:
        name: The signature file's. data: It, without the new signature.
        digests: Of the files to sign, in their order.
    """

    name: str
    data: bytes
    place: Place
    digests: tuple[tuple[str, bytes], ...]


def mime_type_of(name: str) -> str:
    """Return the media type that a file's name stands for."""
    return _TYPES.guess_type(name)[0] or "application/octet-stream"


def contents(mimetype: str, names: Sequence[str]) -> bytes:
    """Return META-INF/manifest.xml: what is in the container, and of what type."""
    entries = [("/", mimetype), *((name, mime_type_of(name)) for name in names)]
    lines = [
        f"  <manifest:file-entry manifest:full-path={quoteattr(name)} manifest:media-type={quoteattr(kind)}/>"
        for name, kind in entries
    ]
    opening = f'<manifest:manifest xmlns:manifest="{_OPENDOCUMENT}" manifest:version="1.2">'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', opening, *lines, "</manifest:manifest>", ""]).encode()


def plan_xml_signature(path: Path, digest_algorithm: str) -> XmlSignaturePlan:
    """Return where one more signature over all files of a container goes: a file of its own, in an ASiC-S the same.

    Raises:
        SignatureFileUnreadable, ContainerUnsafe, ContainerNameUnusable: See open_container; or there is nothing to
            sign, or an ASiC-S does not hold one file and one signature file.
    """
    with open_container(path) as container:
        names = container.data_names
        if not names:
            raise SignatureFileUnreadable("the container holds no file to sign")
        digests = tuple((name, container.digest(name, digest_algorithm)) for name in names)
        layout = read_layout(container)
        if not layout.simple:
            number = next_number(container, "signatures")
            return XmlSignaturePlan(f"META-INF/signatures{number:03}.xml", EMPTY + END, PLACE, digests)
        if len(names) != 1 or len(layout.xml_signatures) != 1:
            raise SignatureFileUnreadable("an ASiC-S holds one file and one signature file")
        (name,) = layout.xml_signatures
        data = container.read(name)
        return XmlSignaturePlan(name, data, place_at_end(data, parse_xml(data)), digests)


def signature_files(path: Path) -> dict[str, bytes]:
    """Return the XAdES signature files of a container.

    Raises:
        SignatureFileUnreadable, ContainerUnsafe, ContainerNameUnusable: See open_container.
        NothingToAugment: There is none.
    """
    with open_container(path) as container:
        found = {name: container.read(name) for name in read_layout(container).xml_signatures}
    if not found:
        raise NothingToAugment("the container holds no XAdES signature")
    return found


def is_signed_with_xml(path: Path) -> bool:
    """Say whether a container's signatures are XAdES and none is CAdES. Errors as open_container."""
    with open_container(path) as container:
        layout = read_layout(container)
        return bool(layout.xml_signatures) and not layout.signatures
