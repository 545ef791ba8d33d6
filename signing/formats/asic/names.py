"""The names that files may have inside a container: those that mean the same on every system."""

import unicodedata
from collections.abc import Iterable

from signing.errors.files import ContainerNameUnusable

MAX_NAME_BYTES = 512
_RESERVED = frozenset('<>:"|?*')


def check_name(name: str) -> None:
    """See that a name leads to one place below the container's root, whoever unpacks it.

    Raises:
        ContainerNameUnusable: Absolute, with a drive, a backslash, "." or "..", control or bidirectional characters,
            an empty part, or too long.
    """
    parts = name.split("/")
    if not name or len(name.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES:
        raise ContainerNameUnusable("a file in a container needs a name of a reasonable length")
    if "\\" in name or _RESERVED & set(name):
        raise ContainerNameUnusable("a file name has characters that some systems read as a path")
    if any(part in {"", ".", ".."} or part != part.strip() or part.endswith(".") for part in parts):
        raise ContainerNameUnusable("a file name is no plain path below the container's root")
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for letter in name):
        raise ContainerNameUnusable("a file name has characters that cannot be seen")


def check_distinct(names: Iterable[str]) -> None:
    """See that no two names are the same file on a system that folds case or composes accents, or on any.

    Raises:
        ContainerNameUnusable: Two are; or one is a folder of another.
    """
    seen: set[str] = set()
    folders: set[str] = set()
    for name in names:
        folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        if folded in seen:
            raise ContainerNameUnusable("two files in the container have the same name")
        seen.add(folded)
        parts = folded.split("/")
        folders.update("/".join(parts[:count]) for count in range(1, len(parts)))
    if seen & folders:
        raise ContainerNameUnusable("a name in the container is both a file and a folder")
