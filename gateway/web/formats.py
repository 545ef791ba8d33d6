"""How amounts, times and sizes read; registered as template filters."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta
from babel.numbers import format_decimal
from flask import Flask
from flask_babel import get_locale
from markupsafe import Markup, escape

from gateway.web.view_models import Text

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
NO_BREAK_SPACE = "\u00a0"


def page_language() -> str:
    """Return the page's language: `vi` or `en`."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "vi"


def vnd(amount_minor: int) -> str:
    """Return whole VND as people write them: 150.000 ₫ in Vietnamese, 150,000 ₫ in English."""
    return f"{format_decimal(amount_minor, locale=page_language())}{NO_BREAK_SPACE}₫"


def moment(value: datetime) -> str:
    """Return a moment to the second with its zone, which every official time must show."""
    return f"{value.astimezone(HANOI):%H:%M:%S %d/%m/%Y} (+07:00)"


def day(value: date) -> str:
    """Return a calendar day, such as a booking date, which has no zone."""
    return f"{value:%d/%m/%Y}"


def machine_time(value: datetime) -> str:
    """Return RFC 3339 for the datetime attribute."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def file_size(size_bytes: int) -> str:
    """Return a size in the unit that a person would choose, by powers of 1,000."""
    if size_bytes < 1000:
        return f"{size_bytes}{NO_BREAK_SPACE}B"
    amount, unit = (size_bytes / 1000, "kB") if size_bytes < 1_000_000 else (size_bytes / 1_000_000, "MB")
    return f"{format_decimal(round(amount, 1), locale=page_language())}{NO_BREAK_SPACE}{unit}"


def seconds(value: float) -> str:
    """Return a duration to a hundredth of a second: 0,25 s in Vietnamese, 0.25 s in English."""
    return f"{format_decimal(round(value, 2), locale=page_language())}{NO_BREAK_SPACE}s"


def age(value_seconds: int) -> str:
    """Return an age in the largest unit that is full: 3 days, 5 hours, 12 minutes."""
    return str(format_timedelta(value_seconds, threshold=1, locale=page_language()))


def words(text: Text) -> str:
    """Return the text in the page's language."""
    return text.en if page_language() == "en" else text.vi


def grouped(digest: str) -> str:
    """Return a hash in groups of eight, which people can compare by eye."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


def code_marks(text: str) -> Markup:
    """Return the text with what stands between back-ticks set as code; everything else is escaped."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else part for index, part in enumerate(parts)
    )


def register_formats(app: Flask) -> None:
    """Offer the formats to every template."""
    for function in (vnd, moment, day, machine_time, file_size, seconds, age, words, grouped, code_marks):
        app.jinja_env.filters[function.__name__] = function
