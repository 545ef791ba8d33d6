"""Draws the stamp of one signature from what the gateway knows and what the request says."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from certs.store import SigningCertificate
from config.confinement import ConfinedRunner
from gateway.db.tables.callers import UnitRow
from gateway.services import Services
from signing.appearance.draw import StampContent, draw_stamp
from signing.appearance.style import DrawnStamp, StampStyle
from signing.appearance.words import fill_lines, given_values
from signing.model import SigningProfile


def stamp_for(
    services: Services,
    profile: SigningProfile,
    certificate: SigningCertificate,
    picture_png: bytes | None,
    values: Mapping[str, str],
    now: datetime,
) -> DrawnStamp | None:
    """Return the profile's stamp for one signature, or None where the profile shows a picture alone or nothing.

    Args:
        values: What the request says for the stamp; see signing.appearance.words.
        now: The moment that the stamp tells.
    Raises:
        StampTextMissing, StampTextInvalid, PictureUnusable: The stamp cannot be drawn.
        ConfinementError: A picture could not be read within the limits.
    """
    if profile.stamp is None:
        return None
    settings = services.settings
    verify_url = f"{settings.public_url}/verify"
    given = given_values(
        signer_name=certificate.holder_name,
        organisation=_unit_name(services, certificate.unit_id),
        signed_at=now,
        verify_url=verify_url,
    )
    content = StampContent(
        fill_lines(profile.stamp.lines, {**values, **given}),
        picture_png,
        settings.logo_file.read_bytes() if profile.stamp.logo and settings.logo_file else None,
        verify_url if profile.stamp.qr_mm else "",
    )
    return _drawn(services.confined, profile.stamp, content, settings.fonts_folder)


@lru_cache(maxsize=32)
def _drawn(confined: ConfinedRunner, style: StampStyle, content: StampContent, fonts_folder: Path) -> DrawnStamp:
    """Draw a stamp once for all documents on which it says the same: a batch has one for each second, or each day."""
    return confined.run(draw_stamp, style, content, fonts_folder)


def _unit_name(services: Services, unit_id: str) -> str:
    with services.unit_of_work(read_only=True) as work:
        unit = work.session.get(UnitRow, unit_id)
    return unit.name if unit is not None else ""
