"""Reads the addresses of key sources: `pkcs11:` as RFC 7512 has it, `pkcs12:` for key files, `desk:` and `csc:`.

A PIN never stands in an address; `pin-source` says where it is read from when it is needed. Keys at a desk or with a
remote service have none here: whoever signs gives it there.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from signing.errors.keys import KeySourceUriInvalid
from signing.key_sources.pkcs11_uri import ReadPkcs11Uri, TokenAddress, read_pkcs11_uri, split_attributes

_SERIAL = re.compile(r"[0-9A-Za-z-]{1,64}")
# As the settings name a service.
_SERVICE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_CREDENTIAL_CHARACTERS = 255


@dataclass(frozen=True)
class Pkcs11Address:
    """A private key in a token.

    Attributes:
        label, key_id: CKA_LABEL and CKA_ID; at least one is given.
        pin_source: `env:NAME`, `file:/path` or `vault:path#field`.
    """

    token: TokenAddress
    label: str | None
    key_id: bytes | None
    pin_source: str


@dataclass(frozen=True)
class Pkcs12Address:
    """A key file, and where its pass phrase is read from."""

    path: Path
    pin_source: str


@dataclass(frozen=True)
class DeskAddress:
    """A token at an official's desk, by its serial number; its PIN never leaves the desk."""

    serial: str


@dataclass(frozen=True)
class CscAddress:
    """A key with a remote signing service, by the credential's id there. Source: CSC API 2.0, 11.4."""

    service: str
    credential: str


KeySourceAddress = Pkcs11Address | Pkcs12Address | DeskAddress | CscAddress


def is_server_side(uri: str) -> bool:
    """Say whether the gateway itself can use the key: without an official at a desk or a remote service's consent."""
    return isinstance(parse_key_source_uri(uri), Pkcs11Address | Pkcs12Address)


def parse_key_source_uri(uri: str) -> KeySourceAddress:
    """Read the address of a key source.

    Raises:
        KeySourceUriInvalid: Of another kind, incomplete, or with a PIN in it. The message never repeats a value.
    """
    scheme, separator, rest = uri.partition(":")
    path, _, query = rest.partition("?")
    if not separator or scheme not in {"pkcs11", "pkcs12", "desk", "csc"}:
        raise KeySourceUriInvalid("a key source's address begins with pkcs11:, pkcs12:, desk: or csc:")
    if scheme == "desk":
        return _desk(rest)
    if scheme == "csc":
        return _csc(rest)
    if scheme == "pkcs11":
        return _pkcs11(read_pkcs11_uri(rest))
    queries = split_attributes(query, "&")
    if "pin-value" in queries:
        raise KeySourceUriInvalid("a PIN must not stand in an address; name its place with pin-source")
    unknown = set(queries) - {"pin-source"}
    if unknown:
        raise KeySourceUriInvalid(f"an address may not set {', '.join(sorted(unknown))}; settings do")
    return _pkcs12(path, _pin_source(unquote(queries.get("pin-source", ""))))


def parse_token_uri(uri: str) -> tuple[TokenAddress, str | None, bytes | None]:
    """Read a `pkcs11:` address that may name no object and needs no PIN: token, CKA_LABEL, CKA_ID.

    Raises:
        KeySourceUriInvalid: Of another kind, without a token, or with a PIN in it.
    """
    scheme, _, rest = uri.partition(":")
    if scheme != "pkcs11":
        raise KeySourceUriInvalid("a token's address begins with pkcs11:")
    read = read_pkcs11_uri(rest)
    return read.token, read.label, read.key_id


def _pin_source(written: str) -> str:
    if not written.startswith(("env:", "file:/", "vault:")):
        raise KeySourceUriInvalid("pin-source is env:NAME, file:/absolute/path or vault:path#field")
    return written


def _desk(rest: str) -> DeskAddress:
    attributes = split_attributes(rest, ";")
    if set(attributes) != {"serial"} or not _SERIAL.fullmatch(attributes["serial"]):
        raise KeySourceUriInvalid("a token at a desk is named as desk:serial=…, and by nothing else")
    return DeskAddress(attributes["serial"])


def _csc(rest: str) -> CscAddress:
    service, separator, following = rest.partition(";")
    attributes = split_attributes(following, ";")
    if not separator or not _SERVICE.fullmatch(service) or set(attributes) != {"credential"}:
        raise KeySourceUriInvalid("a remote key is named as csc:SERVICE;credential=…, and by nothing else")
    credential = unquote(attributes["credential"])
    if not credential or len(credential) > _CREDENTIAL_CHARACTERS or not credential.isprintable():
        raise KeySourceUriInvalid("a remote key's credential is 1 to 255 printable characters")
    return CscAddress(service, credential)


def _pkcs12(path: str, pin_source: str) -> Pkcs12Address:
    place = Path(unquote(path))
    if not place.is_absolute():
        raise KeySourceUriInvalid("a pkcs12 address names an absolute path")
    return Pkcs12Address(place, pin_source)


def _pkcs11(read: ReadPkcs11Uri) -> Pkcs11Address:
    if read.kind not in {None, "private"}:
        raise KeySourceUriInvalid("a key source is a private key")
    if read.label is None and read.key_id is None:
        raise KeySourceUriInvalid("a pkcs11 address names the key by object or id")
    return Pkcs11Address(read.token, read.label, read.key_id, _pin_source(read.pin_source or ""))
