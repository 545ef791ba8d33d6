"""Vietnamese text for systems that take only ASCII."""

import re
import unicodedata

BARRED_D = str.maketrans({"đ": "d", "Đ": "D"})
UNSAFE = re.compile(r"[^A-Za-z0-9 .:/-]+")


def ascii_text(text: str, most_characters: int) -> str:
    """Return text without accents and without signs that banks drop, shortened at a word where that is possible."""
    bare = unicodedata.normalize("NFD", text.translate(BARRED_D)).encode("ascii", "ignore").decode()
    plain = " ".join(UNSAFE.sub(" ", bare).split())
    if len(plain) <= most_characters:
        return plain
    cut = plain[:most_characters]
    return cut.rsplit(" ", 1)[0] if " " in cut else cut
