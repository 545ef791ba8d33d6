"""Vietnam's civil time, in which providers write their dates and receipts count their years."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
COMPACT = "%Y%m%d%H%M%S"


def compact_local(moment: datetime) -> str:
    """Return a moment as yyyyMMddHHmmss in GMT+7."""
    return moment.astimezone(HANOI).strftime(COMPACT)


def parse_compact_local(text: str) -> datetime:
    """Return the moment that yyyyMMddHHmmss in GMT+7 names.

    Raises:
        ValueError: Another layout, or no such moment.
    """
    if len(text) != 14 or not (text.isascii() and text.isdigit()):
        raise ValueError("not yyyyMMddHHmmss")
    return datetime.strptime(text, COMPACT).replace(tzinfo=HANOI).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """Return the moment at which a day is over in Vietnam."""
    return datetime.combine(day + timedelta(days=1), time(), HANOI).astimezone(UTC)
