"""What single PKCS#11 modules and tokens want otherwise, as data; see quirks.toml."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_type_hints

SHIPPED = Path(__file__).with_name("quirks.toml")
MOST_PROCESSES = 16

Often = Literal["once", "each-signature"]


class QuirksUnusable(ValueError):
    """The table of quirks cannot be read; the message names the entry."""


@dataclass(frozen=True)
class ModuleQuirks:
    """How a module wants to be used.

    Attributes:
        file: Its file's name.
        processes: How many processes, with a session each, serve one token.
    """

    file: str = "*"
    processes: int = 1


@dataclass(frozen=True)
class TokenQuirks:
    """How a token wants to be used.

    Attributes:
        manufacturer, model: As the token says.
        hashing: Who hashes: this side, or the token with the mechanism that names the digest.
        ecdsa_value: r and s after each other (PKCS#11), or as DER already.
        login: How long a login serves.
        authorise: each-signature where a key wants its PIN again for each use without saying so.
    """

    manufacturer: str = "*"
    model: str = "*"
    hashing: Literal["here", "token"] = "here"
    ecdsa_value: Literal["raw", "der"] = "raw"
    login: Often = "once"
    authorise: Often = "once"


@dataclass(frozen=True)
class QuirkTable:
    """All quirks; the first entry that agrees counts."""

    modules: tuple[ModuleQuirks, ...] = ()
    tokens: tuple[TokenQuirks, ...] = ()

    def of_module(self, module: Path) -> ModuleQuirks:
        """Return how a module wants to be used."""
        return next((entry for entry in self.modules if fnmatchcase(module.name, entry.file)), ModuleQuirks())

    def of_token(self, manufacturer: str, model: str) -> TokenQuirks:
        """Return how a token wants to be used."""
        for entry in self.tokens:
            if fnmatchcase(manufacturer, entry.manufacturer) and fnmatchcase(model, entry.model):
                return entry
        return TokenQuirks()


@cache
def shipped_quirks() -> QuirkTable:
    """Return the table that comes with the gateway."""
    return parse_quirks(SHIPPED.read_bytes())


def load_quirks(path: Path | None) -> QuirkTable:
    """Return the shipped table behind an operator's, if there is one.

    Raises:
        QuirksUnusable: The operator's cannot be read.
    """
    shipped = shipped_quirks()
    if path is None:
        return shipped
    try:
        given = parse_quirks(path.read_bytes())
    except OSError as error:
        raise QuirksUnusable(f"{path} cannot be read ({error.strerror})") from None
    return QuirkTable(given.modules + shipped.modules, given.tokens + shipped.tokens)


def parse_quirks(content: bytes) -> QuirkTable:
    """Read a table in TOML.

    Raises:
        QuirksUnusable: Not TOML, or an entry is not what it must be.
    """
    try:
        tables = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise QuirksUnusable(f"not valid TOML: {error}") from None
    if unknown := set(tables) - {"module", "token"}:
        raise QuirksUnusable(f"no such tables: {', '.join(sorted(unknown))}")
    modules = _entries(ModuleQuirks, "module", tables.get("module", []))
    for entry in modules:
        if not 1 <= entry.processes <= MOST_PROCESSES:
            raise QuirksUnusable(f"module {entry.file}: processes is 1 to {MOST_PROCESSES}")
    return QuirkTable(modules, _entries(TokenQuirks, "token", tables.get("token", [])))


Q = TypeVar("Q", ModuleQuirks, TokenQuirks)


def _entries(kind: type[Q], name: str, written: Any) -> tuple[Q, ...]:
    if not isinstance(written, list) or not all(isinstance(entry, Mapping) for entry in written):
        raise QuirksUnusable(f"write [[{name}]], once for each")
    return tuple(_entry(kind, name, entry) for entry in written)


def _entry(kind: type[Q], name: str, written: Mapping[str, Any]) -> Q:
    types = get_type_hints(kind)
    if unknown := set(written) - {field.name for field in fields(kind)}:
        raise QuirksUnusable(f"{name}: no such keys: {', '.join(sorted(unknown))}")
    for key, value in written.items():
        allowed: Iterable[object] = get_args(types[key])
        if (allowed and value not in allowed) or (not allowed and type(value) is not types[key]):
            wanted = " or ".join(map(str, allowed)) if allowed else types[key].__name__
            raise QuirksUnusable(f"{name}: {key} is {wanted}")
    return kind(**written)
