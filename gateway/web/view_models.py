"""What all pages' view-models share. Each page's own stand beside it, in *_views.py.

They are plain frozen values; a template reads nothing else. Amounts are whole VND (`amount_minor`), times are aware.
Words that depend on data come as `Text` in both languages; words that depend only on a state or a kind are the pages'
own (gateway/web/wording.py).
"""

from dataclasses import dataclass
from typing import IO


@dataclass(frozen=True)
class Text:
    """One sentence in the two languages of the pages."""

    vi: str
    en: str


@dataclass(frozen=True)
class FileLink:
    """A stored file: a document's revision, a signed receipt, a validation report, a statement."""

    file_id: str
    name: str
    size_bytes: int
    sha256: str
    revision: int | None = None


@dataclass(frozen=True)
class Download:
    """A file to hand out; the response closes content."""

    file_name: str
    media_type: str
    content: IO[bytes]
    sha256: str
