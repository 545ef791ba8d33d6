"""The ways of signing that the gateway ships, as data: one TOML file for each."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, cast

from signing.errors import PlacementInvalid, ProfileUnusable
from signing.model import (
    POINTS_PER_MM,
    BetweenText,
    Invisible,
    Level,
    OverSignature,
    PageRectangle,
    Placement,
    SignerRole,
    SigningProfile,
)

SHIPPED_FOLDER = Path(__file__).parent


def load_profiles(folder: Path = SHIPPED_FOLDER) -> dict[str, SigningProfile]:
    """Return the profiles of a folder by their codes.

    Raises:
        ProfileUnusable: A file has a fault; the message names it.
    """
    return {path.stem: _load(path) for path in sorted(folder.glob("*.toml"))}


def _load(path: Path) -> SigningProfile:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        image = values.get("image")
        if image not in {None, "handwriting", "seal"}:
            raise PlacementInvalid("image is handwriting, seal, or left out")
        prefer_pss = values.get("prefer_pss", False)
        if not isinstance(prefer_pss, bool):
            raise PlacementInvalid("prefer_pss is true, false, or left out")
        return SigningProfile(
            code=path.stem,
            role=SignerRole(values["role"]),
            level=Level(values["level"]),
            placement=parse_placement(values["placement"]),
            image=cast(Literal["handwriting", "seal"] | None, image),
            prefer_pss=prefer_pss,
        )
    except KeyError as error:
        raise ProfileUnusable(f"{path.name}: {error.args[0]} is missing") from None
    except (OSError, ValueError, TypeError, PlacementInvalid) as error:
        raise ProfileUnusable(f"{path.name}: {error}") from None


def parse_placement(values: Mapping[str, Any]) -> Placement:
    """Read a placement as a profile or a signing request writes it; sizes and corners are in millimetres.

    Args:
        values: kind = between-text (above, below, match, page, width_mm, height_mm), over-signature (field_name,
            width_mm, height_mm, covered_fraction), page-rectangle (page, x0_mm, y0_mm, x1_mm, y1_mm) or invisible.
    Raises:
        PlacementInvalid: A kind, field or value that it cannot have.
    """
    readers: dict[str, Callable[[_Fields], Placement]] = {
        "between-text": _between_text,
        "over-signature": _over_signature,
        "page-rectangle": _page_rectangle,
        "invisible": _invisible,
    }
    fields = _Fields(values)
    kind = fields.text("kind")
    if kind not in readers:
        raise PlacementInvalid(f"a placement's kind is one of {', '.join(readers)}")
    placement = readers[kind](fields)
    fields.refuse_rest()
    return placement


class _Fields:
    """A placement's values, each taken once, so that what is left over is a typing error."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        if not isinstance(values, Mapping):
            raise PlacementInvalid("a placement is a table of values")
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

    def refuse_rest(self) -> None:
        if self._left:
            raise PlacementInvalid(f"a placement of this kind has no {', '.join(map(str, self._left))}")


def _invisible(_: _Fields) -> Placement:
    return Invisible()


def _between_text(fields: _Fields) -> Placement:
    return BetweenText(
        above=fields.text("above"),
        below=fields.text("below"),
        match=fields.number_or_last("match"),
        page=fields.page_or_any(),
        width_pt=fields.points("width_mm"),
        height_pt=fields.points("height_mm"),
    )


def _over_signature(fields: _Fields) -> Placement:
    return OverSignature(
        field_name=fields.text("field_name", "previous"),
        width_pt=fields.points("width_mm"),
        height_pt=fields.points("height_mm"),
        covered_fraction=fields.fraction("covered_fraction"),
    )


def _page_rectangle(fields: _Fields) -> Placement:
    return PageRectangle(
        page=fields.number_or_last("page"),
        x0=fields.points("x0_mm", positive=False),
        y0=fields.points("y0_mm", positive=False),
        x1=fields.points("x1_mm"),
        y1=fields.points("y1_mm"),
    )
