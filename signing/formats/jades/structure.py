"""JSON Web Signatures taken apart and written in their three forms. Source: RFC 7515, 3 and 7; RFC 7797 (b64)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from signing.errors.files import SignatureFileUnreadable
from signing.formats.jades.encoding import b64url, from_b64url, read_json_object, write_json

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_SIGNATURES = 64
ETSI_U = "etsiU"


class Serialisation(StrEnum):
    """How a JWS is written down."""

    COMPACT = "compact"
    FLATTENED = "flattened"
    GENERAL = "general"


@dataclass(frozen=True)
class JwsSignature:
    """One signature.

    Attributes:
        protected: The protected header as base64url: the very text that is signed.
        header: The unprotected header.
        value: The signature value's octets.
    """

    protected: str
    value: bytes
    header: dict[str, Any]

    @property
    def protected_header(self) -> dict[str, Any]:
        """The protected header, read.

        Raises:
            SignatureFileUnreadable: It is no JSON object.
        """
        return read_json_object(from_b64url(self.protected))

    @property
    def unsigned(self) -> tuple[Any, ...]:
        """The entries of etsiU as they stand: base64url texts or objects."""
        entries = self.header.get(ETSI_U, [])
        return tuple(entries) if isinstance(entries, list) else ()

    def with_unsigned(self, member: dict[str, Any]) -> "JwsSignature":
        """Return it with one more entry in etsiU, in the form of those that are there. Source: TS 119 182-1, 5.3.1."""
        clear = any(isinstance(entry, dict) for entry in self.unsigned)
        entry = member if clear else b64url(write_json(member))
        return replace(self, header={**self.header, ETSI_U: [*self.unsigned, entry]})


@dataclass(frozen=True)
class Jws:
    """A file of signatures over one payload.

    Attributes:
        payload: As it stands in the file; None where it is not in it.
    """

    serialisation: Serialisation
    payload: str | None
    signatures: tuple[JwsSignature, ...]


def signing_input(protected: str, payload: str) -> bytes:
    """Return what a key signs. Source: RFC 7515, 5.1."""
    return f"{protected}.{payload}".encode()


def read_jws(data: bytes) -> Jws:
    """Read a JWS in any of its forms.

    Raises:
        SignatureFileUnreadable: It is none, is too large, or says two things at once.
    """
    if len(data) > MAX_FILE_BYTES:
        raise SignatureFileUnreadable("the file is larger than a JSON signature may be")
    text = data.removeprefix(b"\xef\xbb\xbf").strip()
    if not text.startswith(b"{"):
        return _read_compact(text)
    members = read_json_object(text)
    payload = members.get("payload")
    if payload is not None and not isinstance(payload, str):
        raise SignatureFileUnreadable("the payload is no text")
    if "signatures" not in members:
        return Jws(Serialisation.FLATTENED, payload, (_read_signature(members),))
    entries = members["signatures"]
    if {"signature", "protected", "header"} & members.keys() or not isinstance(entries, list) or not entries:
        raise SignatureFileUnreadable("the JSON is neither one signature nor a list of them")
    if len(entries) > MAX_SIGNATURES:
        raise SignatureFileUnreadable("there are more signatures than one file may have")
    return Jws(Serialisation.GENERAL, payload, tuple(_read_signature(entry) for entry in entries))


def write_jws(jws: Jws) -> bytes:
    """Return the JWS in its form; the compact one takes no unprotected header."""
    if jws.serialisation is Serialisation.COMPACT:
        (only,) = jws.signatures
        return f"{only.protected}.{jws.payload or ''}.{b64url(only.value)}".encode()
    payload = {} if jws.payload is None else {"payload": jws.payload}
    written = [_written(signature) for signature in jws.signatures]
    if jws.serialisation is Serialisation.FLATTENED and len(written) == 1:
        return write_json({**payload, **written[0]})
    return write_json({**payload, "signatures": written})


def read_jws_file(path: Path) -> Jws:
    """Read a JWS from a file; see read_jws. A larger file than may be is refused without being read."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise SignatureFileUnreadable("the file is larger than a JSON signature may be")
    return read_jws(path.read_bytes())


def with_signatures(jws: Jws, signatures: Sequence[JwsSignature]) -> Jws:
    """Return the JWS with other signatures; several make it general, whatever it was."""
    form = jws.serialisation if len(signatures) == 1 else Serialisation.GENERAL
    return replace(jws, serialisation=form, signatures=tuple(signatures))


def _read_compact(text: bytes) -> Jws:
    parts = text.decode("ascii", "replace").split(".")
    if len(parts) != 3 or not parts[0] or not parts[2]:
        raise SignatureFileUnreadable("this is no JSON Web Signature")
    signature = JwsSignature(parts[0], from_b64url(parts[2]), {})
    return Jws(Serialisation.COMPACT, parts[1] or None, (signature,))


def _read_signature(members: object) -> JwsSignature:
    if not isinstance(members, dict):
        raise SignatureFileUnreadable("a signature is no JSON object")
    protected, header = members.get("protected"), members.get("header", {})
    if not isinstance(protected, str) or not isinstance(header, dict):
        raise SignatureFileUnreadable("a signature lacks its protected header")
    signature = JwsSignature(protected, from_b64url(members.get("signature")), header)
    if signature.protected_header.keys() & header.keys():
        raise SignatureFileUnreadable("a header parameter stands in both headers")
    return signature


def _written(signature: JwsSignature) -> dict[str, Any]:
    header = {"header": signature.header} if signature.header else {}
    return {"protected": signature.protected, **header, "signature": b64url(signature.value)}
