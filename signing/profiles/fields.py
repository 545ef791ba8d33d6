"""Values of a profile's table, each taken once, so that what is left over is a typing error."""

from collections.abc import Mapping
from typing import Any, Literal

from signing.errors.stamps import PlacementInvalid
from signing.model import POINTS_PER_MM


class Fields:
    """One table; every fault is a PlacementInvalid that names the value."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        if not isinstance(values, Mapping):
            raise PlacementInvalid("a table of values is needed")
        self._left = dict(values)

    def text(self, name: str, default: str | None = None) -> str:
        value = self._left.pop(name, default)
        if not isinstance(value, str) or not value.strip():
            raise PlacementInvalid(f"{name} must be text")
        return value

    def points(self, name: str, *, positive: bool = True) -> float:
        value = self._left.pop(name, None)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 5000:
            raise PlacementInvalid(f"{name} must be a number of millimetres")
        if positive and value == 0:
            raise PlacementInvalid(f"{name} must be more than 0")
        return value * POINTS_PER_MM

    def fraction(self, name: str) -> float:
        value = self._left.pop(name, 1 / 3)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
            raise PlacementInvalid(f"{name} must lie between 0 and 1")
        return float(value)

    def number_or_last(self, name: str) -> int | Literal["last"]:
        value = self._left.pop(name, "last")
        if value == "last":
            return "last"
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise PlacementInvalid(f'{name} must be a number from 1, or "last"')
        return value

    def page_or_any(self) -> int | Literal["last"] | None:
        if self._left.get("page") == "any":
            del self._left["page"]
            return None
        return self.number_or_last("page")

    def pages(self, name: str) -> Literal["all"] | tuple[int, ...]:
        """Return pages counted from 1, or all of them; none where the table does not say."""
        value = self._left.pop(name, [])
        if value == "all":
            return "all"
        if not isinstance(value, list) or not all(type(page) is int and page >= 1 for page in value):
            raise PlacementInvalid(f'{name} must be "all" or a list of pages from 1')
        return tuple(value)

    def refuse_rest(self) -> None:
        if self._left:
            raise PlacementInvalid(f"there is no {', '.join(map(str, self._left))} here")

    def length(self, name: str) -> float:
        """Return a length that may be negative, in points."""
        value = self._left.pop(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not -5000 <= value <= 5000:
            raise PlacementInvalid(f"{name} must be a number of millimetres")
        return value * POINTS_PER_MM

    def points_or_none(self, name: str) -> float | None:
        """Return a length in points, or None where the table does not say."""
        return self.points(name) if name in self._left else None

    def flag(self, name: str) -> bool:
        """Return a truth, false where the table does not say."""
        value = self._left.pop(name, False)
        if not isinstance(value, bool):
            raise PlacementInvalid(f"{name} must be true or false")
        return value

    def number(self, name: str, default: float, least: float, most: float) -> float:
        """Return a number between two others, as the table says it."""
        value = self._left.pop(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise PlacementInvalid(f"{name} must lie between {least:g} and {most:g}")
        return float(value)

    def choice(self, name: str, words: tuple[str, ...], default: str | None = None) -> str:
        """Return one of the given words."""
        value = self._left.pop(name, default)
        if value not in words:
            raise PlacementInvalid(f"{name} is one of {', '.join(words)}")
        return str(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of lines of text, at least one."""
        value = self._left.pop(name, None)
        if (
            not isinstance(value, list)
            or not value
            or not all(isinstance(line, str) and line.strip() for line in value)
        ):
            raise PlacementInvalid(f"{name} must be a list of texts")
        return tuple(value)
