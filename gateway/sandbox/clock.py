"""The clock of Vietnamese providers."""

from datetime import datetime, timedelta, timezone
from typing import Final

GMT7: Final = timezone(timedelta(hours=7))


def compact(moment: datetime) -> str:
    """Return a moment as yyyyMMddHHmmss in Vietnam."""
    return moment.astimezone(GMT7).strftime("%Y%m%d%H%M%S")
