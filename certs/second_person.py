"""Rules that need two persons: whether two named actors are the same one.

Until people sign in with their own identity, a name is what a command or a caller gives; another spelling of it is the
same person.
"""

import unicodedata


def same_person(one: str, other: str) -> bool:
    """Say whether two names mean one person: case, spaces around and between, and ways of composing letters aside."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
