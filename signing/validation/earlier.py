"""Looks at the signatures that a PDF carries before one more is added: beside a broken one it would lend it weight."""

from datetime import datetime
from mmap import ACCESS_READ, mmap
from pathlib import Path

from certs.model import Indication
from signing.errors.files import EarlierSignatureBroken
from signing.validation.document import validate_pdf
from signing.validation.policy import ValidationPolicy

# Every signature has it in plain bytes: it is written last, over a gap that waits for it (ISO 32000-2:2020, 12.8.1).
_MARK = b"/ByteRange"


def may_be_signed(path: Path) -> bool:
    """Say whether a file may carry signatures. Quick, for files that mostly carry none."""
    if path.stat().st_size == 0:
        return False
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        return content.find(_MARK) >= 0


def refuse_broken(path: Path, at: datetime, password: str | None = None) -> None:
    """Refuse a PDF in which a signature does not hold, or was followed by changes that it forbids.

    Whether its signer is trusted is not asked. In the child for untrusted files.

    Raises:
        EarlierSignatureBroken: Names the first one.
    """
    for found in validate_pdf(path, ValidationPolicy(), at, password).signatures:
        if found.indication is Indication.FAILED:
            raise EarlierSignatureBroken(f"the signature in the field {found.field_name!r} does not hold")
