"""Reads what a profile's signatures let others change afterwards."""

from collections.abc import Mapping
from typing import Any, Literal, cast

from signing.errors.stamps import PlacementInvalid
from signing.model import Certification, FieldLock
from signing.profiles.fields import Fields

ACTIONS = ("all", "include", "exclude")


def parse_certification(value: Any) -> Certification | None:
    """Read what a certification signature allows: 1 nothing, 2 forms and signatures, 3 annotations as well.

    Raises:
        PlacementInvalid: Another value.
    """
    if value is None:
        return None
    if isinstance(value, bool) or value not in tuple(Certification):
        raise PlacementInvalid("certification is 1 (no changes), 2 (forms and signatures) or 3 (also annotations)")
    return Certification(value)


def parse_lock(values: Mapping[str, Any]) -> FieldLock:
    """Read which form fields a signature locks.

    Args:
        values: action = all, include or exclude; fields = their full names, for include and exclude.
    Raises:
        PlacementInvalid: A field or value that it cannot have.
    """
    fields = Fields(values)
    action = fields.choice("action", ACTIONS)
    names = () if action == "all" else fields.texts("fields")
    fields.refuse_rest()
    return FieldLock(cast(Literal["all", "include", "exclude"], action), names)
