"""Reads `pkcs11:` addresses as RFC 7512 has them: every attribute, in any order, percent-encoded where needed.

Of the query, pin-source is read and module-name and module-path choose among the modules that the settings allow. A PIN
in the address (pin-value) and a program that would print one (pin-source=|…) are refused. Vendors' own attributes
(x-…) are passed over, as section 2.3 asks.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from signing.errors.keys import KeySourceUriInvalid

_PATH = {
    "token",
    "serial",
    "manufacturer",
    "model",
    "library-manufacturer",
    "library-description",
    "library-version",
    "slot-id",
    "slot-description",
    "slot-manufacturer",
}
_OBJECT = {"object", "id", "type"}
_QUERY = {"pin-source", "module-name", "module-path"}
# Readers differ in what they want encoded beyond the separators; half an escape is a fault for all of them.
_VALUE = re.compile(r"(?:[^%\x00-\x1f\x7f]|%[0-9A-Fa-f]{2})*")
_VERSION = re.compile(r"(\d{1,3})(?:\.(\d{1,3}))?")
_NUMBER = re.compile(r"\d{1,10}")
# "x-" begins the names that vendors give. Source: RFC 7512, 2.3.
_VENDOR = re.compile(r"x-[A-Za-z0-9\-_]+")


@dataclass(frozen=True)
class TokenAddress:
    """Which token: every attribute given must agree; None agrees with any.

    Attributes:
        slot_id: A number that may change when readers are plugged in anew: a name is better.
        library_version: Major and minor.
        module_name, module_path: Which of the settings' modules; None for the first one.
    """

    token: str | None = None
    serial: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    library_manufacturer: str | None = None
    library_description: str | None = None
    library_version: tuple[int, int] | None = None
    slot_id: int | None = None
    slot_description: str | None = None
    slot_manufacturer: str | None = None
    module_name: str | None = None
    module_path: str | None = None


@dataclass(frozen=True)
class ReadPkcs11Uri:
    """An address taken apart.

    Attributes:
        kind: Of the object: private, cert and so on; None where it is not said.
        pin_source: As written; None where there is none.
    """

    token: TokenAddress
    label: str | None
    key_id: bytes | None
    kind: str | None
    pin_source: str | None


def read_pkcs11_uri(rest: str) -> ReadPkcs11Uri:
    """Read what follows `pkcs11:`.

    Raises:
        KeySourceUriInvalid: Not as RFC 7512 has it, no token is named, or a PIN stands in it. The message never
            repeats a value.
    """
    written, _, query = rest.partition("?")
    path, asked = split_attributes(written, ";"), split_attributes(query, "&")
    if "pin-value" in asked:
        raise KeySourceUriInvalid("a PIN must not stand in an address; name its place with pin-source")
    _refuse_unknown(path, _PATH | _OBJECT)
    _refuse_unknown(asked, _QUERY)
    found = {name: _text(value) for name, value in {**path, **asked}.items() if name in _PATH | _QUERY}
    if not _PATH & set(found):
        raise KeySourceUriInvalid("a pkcs11 address names the token")
    names = (_PATH | _QUERY) - {"pin-source", "library-version", "slot-id"}
    texts = {name.replace("-", "_"): value for name, value in found.items() if name in names}
    token = TokenAddress(
        library_version=_version(found.get("library-version")), slot_id=_slot(found.get("slot-id")), **texts
    )
    return ReadPkcs11Uri(
        token,
        _text(path["object"]) if "object" in path else None,
        unquote_to_bytes(path["id"]) if "id" in path else None,
        path.get("type"),
        found.get("pin-source"),
    )


def split_attributes(text: str, separator: str) -> dict[str, str]:
    """Return the attributes of an address as written.

    Raises:
        KeySourceUriInvalid: One has no value, a control character or half an escape, or comes twice.
    """
    found: dict[str, str] = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if not equals or name in found:
            raise KeySourceUriInvalid("an address has an attribute without a value, or one twice")
        if not _VALUE.fullmatch(value):
            raise KeySourceUriInvalid(f"{name} holds a character that has to be percent-encoded")
        found[name] = value
    return found


def _refuse_unknown(found: dict[str, str], known: set[str]) -> None:
    unknown = sorted(name for name in set(found) - known if not _VENDOR.fullmatch(name))
    if unknown:
        raise KeySourceUriInvalid(f"a pkcs11 address with {', '.join(unknown)} is not supported")


def _text(value: str) -> str:
    try:
        return unquote_to_bytes(value).decode("utf-8")
    except UnicodeDecodeError:
        raise KeySourceUriInvalid("an address holds what is not UTF-8") from None


def _version(value: str | None) -> tuple[int, int] | None:
    if value is None:
        return None
    read = _VERSION.fullmatch(value)
    if read is None:
        raise KeySourceUriInvalid("library-version is a number, or two with a point between them")
    return int(read[1]), int(read[2] or 0)


def _slot(value: str | None) -> int | None:
    if value is not None and not _NUMBER.fullmatch(value):
        raise KeySourceUriInvalid("slot-id is a number")
    return None if value is None else int(value)
