"""How a fee is worked out, written so that the official who answers for it can read it.

flat 50000                                       one amount
per-page 2000 max 200000                         for each page, never more than so much
per-copy 8000                                    for each copy
tiers pages each 1-2:2000 3-:1000 max 200000 times copies
                                                 each page by the tier it falls in; the sum for each copy
tiers value whole 1-60000000:100000 60000001-:300000
                                                 one amount, by the tier in which the whole quantity falls
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from payments.errors import FeeCatalogueUnsound

MOST_MINOR: Final = 10**15
MOST_QUANTITY: Final = 10**15
COUNTED: Final = {"per-page": "pages", "per-copy": "copies"}
QUANTITY: Final = re.compile(r"[a-z][a-z_]{0,29}")
_TIER: Final = re.compile(r"(\d{1,16})-(\d{1,16})?:(\d{1,16})")


@dataclass(frozen=True)
class Tier:
    """One band of a quantity, both ends in it; last is None for the band without an end."""

    first: int
    last: int | None
    amount_minor: int


@dataclass(frozen=True)
class Formula:
    """A fee's formula.

    Attributes:
        kind: `flat`, `per-page`, `per-copy` or `tiers`. amount_minor: Of one; 0 for tiers.
        of: The quantity that tiers divide. each: Every unit pays its own tier, else one tier pays for all.
        at_most_minor: The cap, before `times`. times: A second quantity by which the whole is multiplied.
    """

    kind: str
    amount_minor: int = 0
    of: str = ""
    each: bool = False
    tiers: tuple[Tier, ...] = ()
    at_most_minor: int | None = None
    times: str = ""

    @property
    def quantities(self) -> tuple[str, ...]:
        """The names of the quantities that it needs."""
        return tuple(name for name in (COUNTED.get(self.kind, self.of), self.times) if name)

    def amount(self, quantities: Mapping[str, int]) -> int:
        """Return what the fee comes to, in whole VND.

        Raises:
            FeeCatalogueUnsound: A quantity is missing, not asked for, below one, or in no tier.
        """
        needed = self.quantities
        if set(quantities) != set(needed):
            wanted = ", ".join(needed) or "none"
            raise FeeCatalogueUnsound(f"the formula {self} needs these quantities: {wanted}")
        if any(type(count) is not int or not 0 < count <= MOST_QUANTITY for count in quantities.values()):
            raise FeeCatalogueUnsound("a quantity is a whole number from 1")
        total = self._before_times(quantities)
        if self.at_most_minor is not None:
            total = min(total, self.at_most_minor)
        total *= quantities[self.times] if self.times else 1
        if total > MOST_MINOR:
            raise FeeCatalogueUnsound("the fee comes to more than can be charged")
        return total

    def _before_times(self, quantities: Mapping[str, int]) -> int:
        if self.kind == "flat":
            return self.amount_minor
        if self.kind in COUNTED:
            return self.amount_minor * quantities[COUNTED[self.kind]]
        count = quantities[self.of]
        if not self.each:
            return next(tier.amount_minor for tier in self.tiers if tier.last is None or count <= tier.last)
        return sum(
            (min(count, count if tier.last is None else tier.last) - tier.first + 1) * tier.amount_minor
            for tier in self.tiers
            if count >= tier.first
        )

    def __str__(self) -> str:
        words = [self.kind]
        if self.kind == "tiers":
            words += [self.of, "each" if self.each else "whole"]
            words += [
                f"{tier.first}-{'' if tier.last is None else tier.last}:{tier.amount_minor}" for tier in self.tiers
            ]
        else:
            words.append(str(self.amount_minor))
        words += ["max", str(self.at_most_minor)] if self.at_most_minor is not None else []
        words += ["times", self.times] if self.times else []
        return " ".join(words)


def parse_formula(text: str) -> Formula:
    """Return the formula that a text spells; `str` of it is that text with single spaces.

    Raises:
        FeeCatalogueUnsound: It spells none.
    """
    words = text.split()
    times = _option(words, "times")
    at_most = _option(words, "max")
    if times and not QUANTITY.fullmatch(times):
        raise FeeCatalogueUnsound(f"formula {text!r}: {times!r} is no name of a quantity")
    more: dict[str, Any] = {"at_most_minor": _amount(at_most, text) if at_most else None, "times": times}
    match words:
        case [("flat" | "per-page" | "per-copy") as kind, amount]:
            formula = Formula(kind, _amount(amount, text), **more)
        case ["tiers", of, ("each" | "whole") as how, _, *_] if QUANTITY.fullmatch(of):
            formula = Formula("tiers", of=of, each=how == "each", tiers=_tiers(words[3:], text), **more)
        case _:
            raise FeeCatalogueUnsound(
                f"formula {text!r}: write flat N, per-page N, per-copy N or tiers NAME each|whole FIRST-LAST:N …"
            )
    if len(set(formula.quantities)) != len(formula.quantities):
        raise FeeCatalogueUnsound(f"formula {text!r}: one quantity counts twice")
    return formula


def _option(words: list[str], name: str) -> str:
    """Take `name VALUE` out of the words; empty where it is not among them."""
    if name not in words[1:-1]:
        return ""
    place = words.index(name, 1)
    value = words[place + 1]
    del words[place : place + 2]
    return value


def _amount(text: str, formula: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= MOST_MINOR:
        raise FeeCatalogueUnsound(f"formula {formula!r}: {text!r} is no whole amount of VND above zero")
    return int(text)


def _tiers(words: list[str], formula: str) -> tuple[Tier, ...]:
    tiers: list[Tier] = []
    for word in words:
        found = _TIER.fullmatch(word)
        if found is None:
            raise FeeCatalogueUnsound(f"formula {formula!r}: {word!r} is no tier; write FIRST-LAST:AMOUNT")
        first, last = int(found[1]), int(found[2]) if found[2] else None
        follows = tiers[-1].last + 1 if tiers and tiers[-1].last is not None else 1
        if (tiers and tiers[-1].last is None) or first != follows or (last is not None and last < first):
            raise FeeCatalogueUnsound(f"formula {formula!r}: tiers follow each other from 1, without gaps")
        tiers.append(Tier(first, last, int(found[3])))
    if tiers[-1].last is not None:
        raise FeeCatalogueUnsound(f"formula {formula!r}: the last tier has no end, as in 3-:1000")
    return tuple(tiers)
