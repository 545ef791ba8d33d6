"""Where the parts of a container stand, and what they are about. Source: ETSI EN 319 162-1 V1.1.1, 4.3 and 4.4."""

import re
from dataclasses import dataclass

from signing.errors.files import SignatureFileUnreadable
from signing.formats.asic.container import ASIC_E, ASIC_S, Container
from signing.formats.asic.manifest import Manifest, read_manifest

SIMPLE_SIGNATURE = "META-INF/signature.p7s"
SIMPLE_TIMESTAMP = "META-INF/timestamp.tst"
NEWEST_ARCHIVE = "META-INF/ASiCArchiveManifest.xml"
_SIGNATURE = re.compile(r"META-INF/[^/]*signature[^/]*\.p7[sm]", re.IGNORECASE)
_XML_SIGNATURE = re.compile(r"META-INF/[^/]*signatures[^/]*\.xml", re.IGNORECASE)
_TIMESTAMP = re.compile(r"META-INF/[^/]*timestamp[^/]*\.tst", re.IGNORECASE)
_MANIFEST = re.compile(r"META-INF/ASiCManifest[^/]*\.xml", re.IGNORECASE)
_ARCHIVE = re.compile(r"META-INF/ASiCArchiveManifest(\d*)\.xml", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """What is in a container.

    Attributes:
        simple: It is an ASiC-S: one file, signed directly.
        manifests: Those that can be read, by name. archives: The archive manifests, oldest first.
        unreadable: Manifests that cannot be read.
    """

    simple: bool
    signatures: tuple[str, ...]
    xml_signatures: tuple[str, ...]
    timestamps: tuple[str, ...]
    manifests: dict[str, Manifest]
    archives: tuple[str, ...]
    unreadable: tuple[str, ...]

    def manifest_of(self, subject: str) -> str | None:
        """Return the one manifest that names a signature or time-stamp; None where there is none or several."""
        found = [name for name, manifest in self.manifests.items() if manifest.subject == subject]
        return found[0] if len(found) == 1 else None


def read_layout(container: Container) -> Layout:
    """Sort a container's files by what they are for.

    Raises:
        ContainerUnsafe, SignatureFileUnreadable: A manifest is too large or damaged as a file.
    """
    names = container.names
    manifests: dict[str, Manifest] = {}
    unreadable: list[str] = []
    for name in names:
        if _MANIFEST.fullmatch(name) or _ARCHIVE.fullmatch(name):
            try:
                manifests[name] = read_manifest(container.read(name))
            except SignatureFileUnreadable:
                unreadable.append(name)
    signatures = tuple(name for name in names if _SIGNATURE.fullmatch(name))
    return Layout(
        simple=_is_simple(container, manifests, unreadable),
        signatures=signatures,
        xml_signatures=tuple(name for name in names if _XML_SIGNATURE.fullmatch(name)),
        timestamps=tuple(name for name in names if _TIMESTAMP.fullmatch(name)),
        manifests=manifests,
        archives=tuple(sorted((name for name in manifests if _ARCHIVE.fullmatch(name)), key=_age)),
        unreadable=tuple(unreadable),
    )


def next_number(container: Container, stem: str) -> int:
    """Return the first number that no file META-INF/<stem>NNN has yet."""
    taken = {
        int(found.group(1)) for name in container.names if (found := re.match(rf"META-INF/{stem}(\d{{1,6}})\.", name))
    }
    return max(taken, default=0) + 1


def _is_simple(container: Container, manifests: dict[str, Manifest], unreadable: list[str]) -> bool:
    stated = container.mimetype
    if stated in {ASIC_S, ASIC_E}:
        return stated == ASIC_S
    return not manifests and not unreadable


def _age(name: str) -> tuple[bool, int]:
    """The newest archive manifest has no number; the others count up."""
    number = _ARCHIVE.sub(r"\1", name)
    return (not number, int(number or 0))
