"""References for bank transfers: short, without look-alike characters, found again in what banks make of them.

A reference is the prefix, nine random characters and three that check them: a Reed-Solomon code over GF(32), so that
any one or two wrong characters, and any two that changed places, are noticed, and a single wrong one can be named.
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

# No 0 and O, no 1 and I: 32 characters, one for each element of the field.
ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
PREFIX: Final = "PQ"
# What hurried eyes make of the prefix; it is not checked by itself, so this only proposes.
LIKE_PREFIX: Final = ("PO", "P0")
RANDOM_LENGTH: Final = 9
CHECK_LENGTH: Final = 3
BODY_LENGTH: Final = RANDOM_LENGTH + CHECK_LENGTH
VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}
NOT_ALPHANUMERIC = re.compile(r"[^0-9A-Z]+")
MOST_TEXT_CHARACTERS: Final = 2000


def _powers() -> tuple[tuple[int, ...], dict[int, int]]:
    powers, value = [], 1
    for _ in range(31):
        powers.append(value)
        value <<= 1
        if value & 32:
            value ^= 0b100101  # x^5 + x^2 + 1, primitive over GF(2)
    return tuple(powers), {power: exponent for exponent, power in enumerate(powers)}


EXP, LOG = _powers()


def _times(left: int, right: int) -> int:
    return 0 if 0 in (left, right) else EXP[(LOG[left] + LOG[right]) % 31]


def _generator() -> tuple[int, ...]:
    """Return the coefficients, highest first, of (x - 1)(x - a)(x - a^2)."""
    coefficients = [1]
    for exponent in range(CHECK_LENGTH):
        shifted = [*coefficients, 0]
        scaled = [0, *(_times(value, EXP[exponent]) for value in coefficients)]
        coefficients = [high ^ low for high, low in zip(shifted, scaled, strict=True)]
    return tuple(coefficients)


GENERATOR: Final = _generator()


def new_transfer_reference() -> str:
    """Return a new reference; 45 random bits, so that nobody hits another's by chance."""
    return reference_of("".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH)))


def reference_of(random_part: str) -> str:
    """Return the reference that has this random part."""
    remainder = [0] * CHECK_LENGTH
    for character in random_part:
        factor = VALUES[character] ^ remainder[0]
        shifted = [*remainder[1:], 0]
        remainder = [have ^ _times(factor, g) for have, g in zip(shifted, GENERATOR[1:], strict=True)]
    return PREFIX + random_part + "".join(ALPHABET[value] for value in remainder)


@dataclass(frozen=True)
class FoundReference:
    """A reference read from free text; exact is False where one character had to be mended, which only proposes.

    A text of letters that merely looks like one passes its check once in 32,768 times, and then names one of our orders
    once in 2^45 for each order.
    """

    reference: str
    exact: bool


def find_references(text: str) -> tuple[FoundReference, ...]:
    """Return the references in a text that banks and people have handled, exact ones first, each once.

    Lost case, lost or added spaces, dots and dashes, and text run together with the reference do no harm. One wrong
    character is mended; two are not.
    """
    squeezed = NOT_ALPHANUMERIC.sub("", unicodedata.normalize("NFKD", text[:MOST_TEXT_CHARACTERS]).upper())
    found: dict[str, bool] = {}
    for start in range(len(squeezed) - BODY_LENGTH - len(PREFIX) + 1):
        if not squeezed.startswith((PREFIX, *LIKE_PREFIX), start):
            continue
        body = squeezed[start + len(PREFIX) : start + len(PREFIX) + BODY_LENGTH]
        right_prefix, mended = squeezed.startswith(PREFIX, start), _mended(body)
        if mended is not None and (right_prefix or mended == body):
            exact = right_prefix and mended == body
            found[PREFIX + mended] = found.get(PREFIX + mended, False) or exact
    ordered = sorted(found.items(), key=lambda item: not item[1])
    return tuple(FoundReference(reference, exact) for reference, exact in ordered)


def _mended(body: str) -> str | None:
    """Return the body itself where its check holds, with one character changed where that makes it hold, or None."""
    foreign = [place for place, character in enumerate(body) if character not in VALUES]
    if len(foreign) > 1:
        return None
    values = [VALUES.get(character, 0) for character in body]
    syndromes = [_evaluated(values, exponent) for exponent in range(CHECK_LENGTH)]
    if not any(syndromes):
        # A character outside the alphabet counted as the one with value 0; then the body is that, mended.
        return "".join(ALPHABET[value] for value in values)
    if 0 in syndromes:
        return None
    ratio = (LOG[syndromes[1]] - LOG[syndromes[0]]) % 31
    place = len(values) - 1 - ratio
    if (LOG[syndromes[2]] - LOG[syndromes[1]]) % 31 != ratio or place < 0 or foreign not in ([], [place]):
        return None
    values[place] ^= syndromes[0]
    return "".join(ALPHABET[value] for value in values)


def _evaluated(values: list[int], exponent: int) -> int:
    total = 0
    for value in values:
        total = _times(total, EXP[exponent]) ^ value
    return total
