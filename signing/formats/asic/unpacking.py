"""Takes signatures out of a container and puts them back. It runs where untrusted files are read."""

from dataclasses import dataclass
from pathlib import Path

from signing.errors.evidence import NothingToAugment
from signing.errors.files import SignatureFileUnreadable
from signing.formats.asic.container import Container, open_container, rewrite_container
from signing.formats.asic.layout import SIMPLE_SIGNATURE, Layout, next_number, read_layout
from signing.formats.asic.manifest import SIGNATURE_TYPE, Manifest, Reference, write_manifest


@dataclass(frozen=True)
class UnpackedSignature:
    """A CAdES file of a container and what it signs, each in a file of its own.

    Attributes:
        name: In the container.
    """

    name: str
    signature: Path
    content: Path


@dataclass(frozen=True)
class Unpacked:
    """What was taken out.

    Attributes:
        simple: The container is an ASiC-S. archived: It has archive time-stamps over all that is in it.
    """

    simple: bool
    archived: bool
    signatures: tuple[UnpackedSignature, ...]


@dataclass(frozen=True)
class NewSignature:
    """Where one more signature goes in an ASiC-E, and the manifest that it signs."""

    signature_name: str
    manifest_name: str
    manifest: bytes


def unpack_signatures(path: Path, folder: Path) -> Unpacked:
    """Write every CAdES signature of a container, and what it signs, to a folder under names of our own.

    Raises:
        SignatureFileUnreadable, ContainerUnsafe, ContainerNameUnusable: See open_container; or a signature is about
            nothing that the container names.
        NothingToAugment: It holds no CAdES signature.
    """
    with open_container(path) as container:
        layout = read_layout(container)
        if not layout.signatures:
            raise NothingToAugment("the container holds no CAdES signature")
        found = []
        for number, name in enumerate(layout.signatures):
            signature, content = folder / f"{number}.p7s", folder / f"{number}.content"
            container.extract(name, signature)
            container.extract(_signed_name(container, layout, name), content)
            found.append(UnpackedSignature(name, signature, content))
        return Unpacked(layout.simple, bool(layout.archives), tuple(found))


def repack(source: Path, target: Path, files: dict[str, Path]) -> None:
    """Write the container with some of its files replaced, or further ones added."""
    rewrite_container(source, target, {name: path.read_bytes() for name, path in files.items()})


def extract_one(path: Path, name: str, target: Path) -> None:
    """Write one file of a container to a path."""
    with open_container(path) as container:
        container.extract(name, target)


def plan_signature(path: Path, digest_algorithm: str) -> NewSignature | None:
    """Return where one more signature over all files of an ASiC-E goes; None for an ASiC-S, which has only one file.

    Raises:
        SignatureFileUnreadable, ContainerUnsafe, ContainerNameUnusable: See open_container; or nothing to sign.
    """
    with open_container(path) as container:
        if read_layout(container).simple:
            return None
        digests = [(name, container.digest(name, digest_algorithm)) for name in container.data_names]
        number = max(next_number(container, "signature"), next_number(container, "ASiCManifest"))
    if not digests:
        raise SignatureFileUnreadable("the container holds no file to sign")
    return new_signature(digests, digest_algorithm, number)


def new_signature(digests: list[tuple[str, bytes]], digest_algorithm: str, number: int = 1) -> NewSignature:
    """Return the manifest of some files, with the names that belong to it."""
    name = f"META-INF/signature{number:03}.p7s"
    references = tuple(Reference(file, digest_algorithm, digest) for file, digest in digests)
    manifest = write_manifest(Manifest(name, SIGNATURE_TYPE, references))
    return NewSignature(name, f"META-INF/ASiCManifest{number:03}.xml", manifest)


def _signed_name(container: Container, layout: Layout, signature_name: str) -> str:
    named = layout.manifest_of(signature_name)
    if layout.simple and named is None and len(container.data_names) == 1 and len(layout.signatures) == 1:
        return container.data_names[0]
    if named is None or layout.simple:
        raise SignatureFileUnreadable(f"what {SIMPLE_SIGNATURE} or its like signs cannot be told")
    return named
