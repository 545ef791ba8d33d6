"""Archive manifests: a time-stamp over all that a container holds. It runs where untrusted files are read.

Source: ETSI EN 319 162-1 V1.1.1, 4.4.4 and A.7: the newest has a fixed name, the one before it is renamed and listed.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from signing.formats.asic.container import MIMETYPE, open_container, rewrite_container
from signing.formats.asic.layout import NEWEST_ARCHIVE, next_number, read_layout
from signing.formats.asic.manifest import TIMESTAMP_TYPE, Manifest, Reference, write_manifest


@dataclass(frozen=True)
class ArchivePlan:
    """A manifest that waits for its time-stamp.

    Attributes:
        imprint: The digest to be stamped.
        renamed: The name under which the archive manifest of before lives on; None where there was none.
    """

    manifest: bytes
    imprint: bytes
    timestamp_name: str
    renamed: str | None


def plan_archive(path: Path, digest_algorithm: str) -> ArchivePlan:
    """List all that is in a container, with digests.

    Raises:
        SignatureFileUnreadable, ContainerUnsafe, ContainerNameUnusable: See open_container.
    """
    with open_container(path) as container:
        renamed = None
        if NEWEST_ARCHIVE in container.names:
            renamed = f"META-INF/ASiCArchiveManifest{next_number(container, 'ASiCArchiveManifest'):03}.xml"
        references = tuple(
            Reference(
                renamed if renamed and name == NEWEST_ARCHIVE else name,
                digest_algorithm,
                container.digest(name, digest_algorithm),
                root=name == NEWEST_ARCHIVE,
            )
            for name in container.names
            if name != MIMETYPE
        )
        timestamp_name = f"META-INF/timestamp{next_number(container, 'timestamp'):03}.tst"
    manifest = write_manifest(Manifest(timestamp_name, TIMESTAMP_TYPE, references))
    return ArchivePlan(manifest, hashlib.new(digest_algorithm, manifest).digest(), timestamp_name, renamed)


def write_archive(source: Path, target: Path, plan: ArchivePlan, token: bytes) -> None:
    """Write the container with the manifest and its time-stamp."""
    changes = {NEWEST_ARCHIVE: plan.manifest, plan.timestamp_name: token}
    if plan.renamed is not None:
        with open_container(source) as container:
            changes[plan.renamed] = container.read(NEWEST_ARCHIVE)
    rewrite_container(source, target, changes)


def newest_stamp(path: Path) -> str | None:
    """Return the file that holds the newest archive time-stamp; None where there is none."""
    with open_container(path) as container:
        layout = read_layout(container)
        return layout.manifests[layout.archives[-1]].subject if layout.archives else None
