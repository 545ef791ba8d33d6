"""Reads the stamp of a profile."""

import re
from collections.abc import Mapping
from typing import Any, Literal, cast

from signing.appearance.style import StampStyle
from signing.appearance.words import placeholders
from signing.errors.stamps import PlacementInvalid
from signing.profiles.fields import Fields

_COLOUR = re.compile(r"#[0-9a-f]{6}")
ALIGNMENTS = ("left", "centre", "right")


def parse_stamp(values: Mapping[str, Any]) -> StampStyle:
    """Read a stamp's table; see signing.appearance.style.StampStyle for its values.

    Raises:
        PlacementInvalid, StampTextInvalid: A value that it cannot have, or a placeholder that is none.
    """
    fields = Fields(values)
    picture = fields.choice("picture", ("none", "left", "above", "behind"), "none")
    style = StampStyle(
        lines=fields.texts("lines"),
        face=cast(Literal["serif", "sans"], fields.choice("face", ("serif", "sans"), "serif")),
        size_pt=fields.number("size_pt", 10, 4, 40),
        align=cast(Literal["left", "centre", "right"], fields.choice("align", ALIGNMENTS, "left")),
        width_mm=fields.number("width_mm", 60, 10, 200),
        picture=None if picture == "none" else cast(Literal["left", "above", "behind"], picture),
        picture_width_mm=fields.number("picture_width_mm", 25, 5, 100),
        qr_mm=fields.number("qr_mm", 0, 0, 60),
        logo=fields.flag("logo"),
        border=fields.flag("border"),
        colour=fields.text("colour", "#000000"),
    )
    fields.refuse_rest()
    if not _COLOUR.fullmatch(style.colour):
        raise PlacementInvalid("colour is written as #rrggbb")
    if 0 < style.qr_mm < 12:
        raise PlacementInvalid("a QR code under 12 mm is not read by a phone from paper")
    placeholders(style.lines)
    return style
