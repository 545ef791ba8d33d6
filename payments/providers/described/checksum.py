"""Checksums as a description names them: which fields in which order, how joined, and where the secret goes."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from payments.providers.described.part import Part


class AmbiguousContent(ValueError):
    """A value holds the separator, so that two different messages would have this checksum."""


class Checksum(Part):
    """One checksum.

    Attributes:
        field: Where it stands in the message.
        order: The fields that it covers, in order; one that is absent counts as nothing.
        algorithm: hmac- has the secret as its key; the plain hashes have it joined to the fields, first or last.
        pairs: Whether name=value is joined, or the values alone.
        free_text: The one field that may hold the separator; any other that does is refused.
    """

    field: str = Field(min_length=1)
    order: tuple[str, ...] = Field(min_length=1)
    algorithm: Literal[
        "hmac-sha256",
        "hmac-sha512",
        "sha256-secret-first",
        "sha256-secret-last",
        "sha512-secret-first",
        "sha512-secret-last",
    ]
    separator: str = Field("|", min_length=1)
    pairs: bool = False
    encoding: Literal["hex", "upper-hex", "base64"] = "hex"
    free_text: str | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if len(set(self.order)) != len(self.order):
            raise ValueError("order names a field twice")
        if self.field in self.order:
            raise ValueError("a checksum does not cover itself")
        if self.free_text is not None and self.free_text not in self.order:
            raise ValueError("free_text is one of the fields in order")
        return self

    def of(self, fields: Mapping[str, str], secret: str) -> str:
        """Return the checksum of a message.

        Raises:
            AmbiguousContent: A value other than the free text holds the separator.
        """
        for name in self.order:
            if name != self.free_text and self.separator in fields.get(name, ""):
                raise AmbiguousContent(f"{name} holds the separator")
        values = [f"{name}={fields.get(name, '')}" if self.pairs else fields.get(name, "") for name in self.order]
        if self.algorithm.startswith("hmac-"):
            content = self.separator.join(values).encode()
            digest = hmac.digest(secret.encode(), content, self.algorithm.removeprefix("hmac-"))
        else:
            name, _, end = self.algorithm.partition("-secret-")
            parts = (secret, *values) if end == "first" else (*values, secret)
            digest = hashlib.new(name, self.separator.join(parts).encode()).digest()
        return self._encoded(digest)

    def proves(self, fields: Mapping[str, str], secret: str) -> bool:
        """Whether a message carries its own checksum, compared in constant time; none is a wrong one."""
        try:
            expected = self.of(fields, secret)
        except AmbiguousContent:
            return False
        return hmac.compare_digest(fields.get(self.field, "").encode("utf-8", "replace"), expected.encode())

    def _encoded(self, digest: bytes) -> str:
        if self.encoding == "base64":
            return base64.b64encode(digest).decode()
        return digest.hex().upper() if self.encoding == "upper-hex" else digest.hex()
