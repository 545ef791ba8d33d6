"""The ways of signing that the gateway ships, as data: one TOML file for each."""

import tomllib
from pathlib import Path
from typing import Literal, cast

from signing.errors.signatures import ProfileUnusable
from signing.errors.stamps import PlacementInvalid, StampTextInvalid
from signing.model import Level, SignerRole, SigningProfile
from signing.profiles.changes import parse_certification, parse_lock
from signing.profiles.placements import parse_placement
from signing.profiles.stamps import parse_stamp

__all__ = ["load_profiles", "parse_placement"]
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
            stamp=parse_stamp(values["stamp"]) if "stamp" in values else None,
            certification=parse_certification(values.get("certification")),
            lock=parse_lock(values["lock"]) if "lock" in values else None,
        )
    except KeyError as error:
        raise ProfileUnusable(f"{path.name}: {error.args[0]} is missing") from None
    except (OSError, ValueError, TypeError, PlacementInvalid, StampTextInvalid) as error:
        raise ProfileUnusable(f"{path.name}: {error}") from None
