"""People as money knows them: named, so that two of them are two."""

import unicodedata

from payments.errors import RefundUnsound

MOST_CHARACTERS = 120


def officer_name(given: str) -> str:
    """Return a person's name or account as it is kept and compared: composed, single spaces, in lower case.

    Raises:
        RefundUnsound: Nobody is named, or the name is too long or holds signs that cannot be printed.
    """
    name = " ".join(unicodedata.normalize("NFC", given).split()).lower()
    if not 0 < len(name) <= MOST_CHARACTERS or not name.isprintable():
        raise RefundUnsound("a refund names the person who acts, in at most 120 characters")
    return name
