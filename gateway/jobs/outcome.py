"""What a handler says of a task that it worked on."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Done:
    """Nothing is left to do."""


@dataclass(frozen=True)
class Later:
    """Not now: what stands in the way, by its code, and when to look again."""

    problem: str
    at: datetime


@dataclass(frozen=True)
class GaveUp:
    """It cannot be done; an operator has to look."""

    problem: str


Outcome = Done | Later | GaveUp
