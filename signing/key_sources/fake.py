"""A key that lives only in memory: for tests and for trying things out."""

from signing.key_sources.software import SoftwareKey, sign_in_software
from signing.model import SignatureAlgorithm


class FakeKeySource:
    """Signs with the key that it was given; can be told to fail."""

    def __init__(self, key: SoftwareKey, failure: Exception | None = None) -> None:
        self._key = key
        self.failure = failure
        self.uses = 0

    def sign(self, data: bytes, algorithm: SignatureAlgorithm) -> bytes:
        self.uses += 1
        if self.failure is not None:
            raise self.failure
        return sign_in_software(self._key, data, algorithm)

    def close(self) -> None:
        """There is nothing to let go of."""
