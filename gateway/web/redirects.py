"""Where a page may send the browser next."""

from urllib.parse import urlsplit


def local_path(target: str | None, default: str) -> str:
    """Return target if it is a path of this site, else default.

    Browsers read a backslash as a slash and drop control characters, so either could turn a path into another host.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return default
    if "\\" in target or any(ord(character) < 0x21 or ord(character) == 0x7F for character in target):
        return default
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else default
