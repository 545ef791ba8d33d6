"""Reads a placement as a profile or a signing request writes it."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

from signing.errors.stamps import PlacementInvalid
from signing.model import (
    BesideText,
    BetweenText,
    InField,
    Invisible,
    NewPage,
    OverSignature,
    PageCorner,
    PageRectangle,
    Placement,
)
from signing.profiles.fields import Fields

CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")
SIDES = ("below", "above", "left", "right", "over")


def parse_placement(values: Mapping[str, Any]) -> Placement:
    """Read a placement as a profile or a signing request writes it; sizes and corners are in millimetres.

    Args:
        values: kind = between-text (above, below, match, page, width_mm, height_mm), over-signature (field_name,
            width_mm, height_mm, covered_fraction), page-rectangle (page, x0_mm, y0_mm, x1_mm, y1_mm, avoid_text,
            repeat_on), page-corner (page, corner, margin_x_mm, margin_y_mm, width_mm, height_mm, avoid_text,
            repeat_on), beside-text (text, match, page, side, dx_mm, dy_mm, width_mm, height_mm, avoid_text), new-page
            (width_mm, height_mm), form-field (field_name: an unsigned signature field of the document's own, or an
            empty field of another kind that lends its place) or invisible. repeat_on is "all" or a list of pages.
    Raises:
        PlacementInvalid: A kind, field or value that it cannot have.
    """
    readers: dict[str, Callable[[Fields], Placement]] = {
        "between-text": _between_text,
        "over-signature": _over_signature,
        "page-rectangle": _page_rectangle,
        "page-corner": _page_corner,
        "beside-text": _beside_text,
        "new-page": _new_page,
        "form-field": _form_field,
        "invisible": _invisible,
    }
    fields = Fields(values)
    kind = fields.text("kind")
    if kind not in readers:
        raise PlacementInvalid(f"a placement's kind is one of {', '.join(readers)}")
    placement = readers[kind](fields)
    fields.refuse_rest()
    return placement


def _invisible(_: Fields) -> Placement:
    return Invisible()


def _form_field(fields: Fields) -> Placement:
    return InField(fields.text("field_name"))


def _between_text(fields: Fields) -> Placement:
    return BetweenText(
        above=fields.text("above"),
        below=fields.text("below"),
        match=fields.number_or_last("match"),
        page=fields.page_or_any(),
        width_pt=fields.points("width_mm"),
        height_pt=fields.points("height_mm"),
    )


def _over_signature(fields: Fields) -> Placement:
    return OverSignature(
        field_name=fields.text("field_name", "previous"),
        width_pt=fields.points("width_mm"),
        height_pt=fields.points("height_mm"),
        covered_fraction=fields.fraction("covered_fraction"),
    )


def _page_rectangle(fields: Fields) -> Placement:
    return PageRectangle(
        page=fields.number_or_last("page"),
        x0=fields.points("x0_mm", positive=False),
        y0=fields.points("y0_mm", positive=False),
        x1=fields.points("x1_mm"),
        y1=fields.points("y1_mm"),
        avoid_text=fields.flag("avoid_text"),
        repeat_on=fields.pages("repeat_on"),
    )


def _page_corner(fields: Fields) -> Placement:
    return PageCorner(
        page=fields.number_or_last("page"),
        corner=cast(Literal["top-left", "top-right", "bottom-left", "bottom-right"], fields.choice("corner", CORNERS)),
        margin_x_pt=fields.points("margin_x_mm", positive=False),
        margin_y_pt=fields.points("margin_y_mm", positive=False),
        width_pt=fields.points_or_none("width_mm"),
        height_pt=fields.points_or_none("height_mm"),
        avoid_text=fields.flag("avoid_text"),
        repeat_on=fields.pages("repeat_on"),
    )


def _beside_text(fields: Fields) -> Placement:
    return BesideText(
        text=fields.text("text"),
        match=fields.number_or_last("match"),
        page=fields.page_or_any(),
        side=cast(Literal["below", "above", "left", "right", "over"], fields.choice("side", SIDES, "below")),
        dx_pt=fields.length("dx_mm"),
        dy_pt=fields.length("dy_mm"),
        width_pt=fields.points_or_none("width_mm"),
        height_pt=fields.points_or_none("height_mm"),
        avoid_text=fields.flag("avoid_text"),
    )


def _new_page(fields: Fields) -> Placement:
    return NewPage(width_pt=fields.points_or_none("width_mm"), height_pt=fields.points_or_none("height_mm"))
