"""Which digests and keys may be relied on, for what and until which day: a table of data, judged at a stated time.

Source: ETSI TS 119 312 V1.5.1; ETSI EN 319 102-1 V1.3.1, 5.2.8 (cryptographic verification is apart from constraints).
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from certs.errors import AlgorithmTableUnusable
from certs.key_descriptions import UsedAlgorithms, UsedKey, shown_digest

SHIPPED = Path(__file__).with_name("algorithms.toml")
NO_END, NEVER, ALL = "no end", "never", "all"


class AlgorithmUse(StrEnum):
    """What an algorithm protects."""

    CERTIFICATE = "certificate"
    REVOCATION = "revocation"
    DOCUMENT = "document"
    TIMESTAMP = "timestamp"


_PLACES = {
    AlgorithmUse.CERTIFICATE: "in a certificate of the path",
    AlgorithmUse.REVOCATION: "in an answer about revocation",
    AlgorithmUse.DOCUMENT: "for signing documents",
    AlgorithmUse.TIMESTAMP: "in a time-stamp",
}


@dataclass(frozen=True)
class AlgorithmRefusal:
    """An algorithm or key size that may not be relied on at the time asked about."""

    algorithm: str
    """As an operator knows it: SHA-1, RSA 1024."""
    use: AlgorithmUse
    until: date | None
    """The last day on which it was acceptable; None where it never was."""

    @property
    def fact(self) -> str:
        """One plain English sentence."""
        ended = f"was acceptable until {self.until.isoformat()}" if self.until else "is not acceptable"
        return f"{self.algorithm} {ended} {_PLACES[self.use]}"


@dataclass(frozen=True)
class Lifetime:
    """How long one digest or size of key is acceptable for each use: a last day, or `no end`, or `never`."""

    ends: Mapping[AlgorithmUse, date | str]

    def refusal(self, shown: str, use: AlgorithmUse, at: datetime) -> AlgorithmRefusal | None:
        """Return why it may not be relied on at a time, or None where it may."""
        end = self.ends[use]
        if isinstance(end, date):
            return AlgorithmRefusal(shown, use, end) if at.astimezone(UTC).date() > end else None
        return None if end == NO_END else AlgorithmRefusal(shown, use, None)


@dataclass(frozen=True)
class KeyStep:
    """Keys of a family from so many bits on, up to the next step."""

    from_bits: int
    lifetime: Lifetime


@dataclass(frozen=True)
class AlgorithmTable:
    """The whole table; what it does not name is refused."""

    digests: Mapping[str, Lifetime]
    keys: Mapping[str, tuple[KeyStep, ...]]
    """By family, the shortest first."""

    @cached_property
    def sha256(self) -> str:
        """A digest over all of the table, for what is remembered under it."""
        return hashlib.sha256(repr(self).encode()).hexdigest()

    def refusal(self, used: UsedAlgorithms, use: AlgorithmUse, at: datetime) -> AlgorithmRefusal | None:
        """Return the first of these algorithms that may not be relied on at a time, or None where all may.

        Args:
            at: Aware: the time for which the signature is proved, not the one that it claims.
        """
        for name in used.digests:
            lifetime = self.digests.get(name)
            refused = lifetime.refusal(shown_digest(name), use, at) if lifetime else _never(shown_digest(name), use)
            if refused is not None:
                return refused
        return None if used.key is None else self._key_refusal(used.key, use, at)

    def last_day(self, used: UsedAlgorithms, use: AlgorithmUse) -> date | None:
        """Return the last day on which all of these may be relied on; None where no day is set.

        What the table refuses always, or does not name, has ended long ago.
        """
        lifetimes = [self.digests.get(name) for name in used.digests]
        if used.key is not None:
            bits = used.key.bits
            reached = [step.lifetime for step in self.keys.get(used.key.family, ()) if step.from_bits <= bits]
            lifetimes.append(reached[-1] if reached else None)
        ends = [NEVER if lifetime is None else lifetime.ends[use] for lifetime in lifetimes]
        days = [end if isinstance(end, date) else date.min for end in ends if end != NO_END]
        return min(days, default=None)

    def _key_refusal(self, key: UsedKey, use: AlgorithmUse, at: datetime) -> AlgorithmRefusal | None:
        reached = [step for step in self.keys.get(key.family, ()) if step.from_bits <= key.bits]
        return reached[-1].lifetime.refusal(key.shown, use, at) if reached else _never(key.shown, use)


def _never(shown: str, use: AlgorithmUse) -> AlgorithmRefusal:
    return AlgorithmRefusal(shown, use, None)


@cache
def shipped_algorithms() -> AlgorithmTable:
    """Return the table that comes with the gateway."""
    return parse_algorithms(SHIPPED.read_bytes())


def load_algorithms(override: Path | None) -> AlgorithmTable:
    """Return the table in force: the shipped one, and over it what the operator's file names.

    Raises:
        AlgorithmTableUnusable: The file cannot be read, or has a fault; the message names it.
    """
    shipped = shipped_algorithms()
    if override is None:
        return shipped
    try:
        given = parse_algorithms(override.read_bytes())
    except OSError as error:
        raise AlgorithmTableUnusable(f"cannot read {override}: {error.strerror}") from None
    return AlgorithmTable({**shipped.digests, **given.digests}, {**shipped.keys, **given.keys})


def parse_algorithms(content: bytes) -> AlgorithmTable:
    """Read a table in TOML; certs/algorithms.toml describes the shape.

    Raises:
        AlgorithmTableUnusable: Not TOML, or a name, a day or a number of bits is not what it must be.
    """
    try:
        tables = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AlgorithmTableUnusable(f"not valid TOML: {error}") from None
    unknown = set(tables) - {"digest", "key"}
    if unknown:
        raise AlgorithmTableUnusable(f"no such tables: {', '.join(sorted(unknown))}")
    digests = _tables(tables.get("digest", {}), "digest")
    return AlgorithmTable(
        {name: _lifetime(f"digest.{name}", values) for name, values in digests.items()},
        {family: _steps(family, steps) for family, steps in _tables(tables.get("key", {}), "key").items()},
    )


def _steps(family: str, steps: Any) -> tuple[KeyStep, ...]:
    if not isinstance(steps, list) or not steps:
        raise AlgorithmTableUnusable(f"key.{family}: write [[key.{family}]], once for each size")
    made = []
    for step in steps:
        values = dict(_tables(step, f"key.{family}"))
        bits = values.pop("from_bits", None)
        if not isinstance(bits, int) or isinstance(bits, bool) or bits < 1:
            raise AlgorithmTableUnusable(f"key.{family}: from_bits must be a positive number")
        made.append(KeyStep(bits, _lifetime(f"key.{family} from {bits} bits", values)))
    return tuple(sorted(made, key=lambda step: step.from_bits))


def _lifetime(place: str, values: Any) -> Lifetime:
    given = _tables(values, place)
    unknown = set(given) - {ALL, *AlgorithmUse}
    if unknown:
        raise AlgorithmTableUnusable(f"{place}: no such uses: {', '.join(sorted(unknown))}")
    ends: dict[AlgorithmUse, date | str] = {}
    for use in AlgorithmUse:
        end = given.get(use.value, given.get(ALL))
        dated = isinstance(end, date) and not isinstance(end, datetime)
        if not dated and end not in {NO_END, NEVER}:
            raise AlgorithmTableUnusable(f"{place}: {use.value} needs a day, {NO_END!r} or {NEVER!r}")
        ends[use] = end
    return Lifetime(ends)


def _tables(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise AlgorithmTableUnusable(f"{place} must be a table")
    return value
