"""Remembers which bytes were found good, so that a document is looked at once and not at every signature."""

import threading
from collections import OrderedDict


class ProvedDocuments:
    """The SHA-256 of documents of which something was proved; the oldest is forgotten first. Safe for threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def remember(self, sha256: bytes) -> None:
        """Note that it was proved of these bytes."""
        with self._lock:
            self._known[sha256] = None
            self._known.move_to_end(sha256)
            if len(self._known) > self._most:
                self._known.popitem(last=False)

    def knows(self, sha256: bytes) -> bool:
        """Say whether it was proved of these bytes."""
        with self._lock:
            return sha256 in self._known


# 32 bytes each with their bookkeeping: about 2 MB each.
PROVED = ProvedDocuments(most=10_000)
"""Whole documents."""
UNBROKEN = ProvedDocuments(most=10_000)
"""Documents in which every signature holds."""
