"""Files seen as memory, so that a large one is read piece by piece and never copied whole."""

import mmap
import os
from collections.abc import Iterable
from pathlib import Path


def map_file(path: Path) -> memoryview:
    """Return a file's bytes; the mapping lives as long as a view of it does. The file must not be cut meanwhile."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def write_pieces(target: Path, pieces: Iterable[bytes | memoryview]) -> None:
    """Write a file piece by piece; whatever fails, there is no file."""
    try:
        with target.open("wb") as file:
            for piece in pieces:
                file.write(piece)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
