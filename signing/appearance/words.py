"""Fills a stamp's lines with what is true of one signature."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Final

from signing.errors.stamps import StampTextInvalid, StampTextMissing

# Known to the gateway for every signature.
GIVEN: Final = frozenset({"signer_name", "organisation", "signed_at", "signed_on", "verify_url"})
# Said by whoever asks for the signature; a line whose optional value is absent is left out.
ASKED: Final = frozenset({"copy_form", "main_document", "title", "reason", "note"})
OPTIONAL: Final = frozenset({"reason", "note", "title", "organisation"})
# Forms of copies, and nothing else, may stand in {copy_form}. Source: Decree 30/2020/NĐ-CP, article 25.
COPY_FORMS: Final = ("SAO Y", "SAO LỤC", "TRÍCH SAO")
MOST_CHARACTERS: Final = 200

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_VIETNAM = timezone(timedelta(hours=7))


def placeholders(lines: Sequence[str]) -> frozenset[str]:
    """Return the names between braces.

    Raises:
        StampTextInvalid: One of them is no placeholder.
    """
    names = frozenset(name for line in lines for name in _PLACEHOLDER.findall(line))
    unknown = names - GIVEN - ASKED
    if unknown:
        raise StampTextInvalid(f"a stamp has no {', '.join(sorted(unknown))}")
    return names


def check_asked(lines: Sequence[str], values: Mapping[str, str]) -> None:
    """Refuse values that the stamp cannot show, before anyone signs.

    Raises:
        StampTextInvalid: A value that is empty, too long, or of a name that a request cannot fill.
        StampTextMissing: A value that the stamp cannot do without.
    """
    wanted = placeholders(lines) & ASKED
    unknown = set(values) - wanted
    if unknown:
        raise StampTextInvalid(f"this profile's stamp does not show {', '.join(sorted(unknown))}")
    missing = wanted - OPTIONAL - set(values)
    if missing:
        raise StampTextMissing(f"this profile's stamp needs {', '.join(sorted(missing))}")
    for name, value in values.items():
        _check_value(name, value)


def _check_value(name: str, value: str) -> None:
    if not isinstance(value, str) or not value.strip() or len(value) > MOST_CHARACTERS:
        raise StampTextInvalid(f"{name} is text of 1 to {MOST_CHARACTERS} characters")
    if any(unicodedata.category(sign) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"} for sign in value):
        raise StampTextInvalid(f"{name} holds a control character")
    if name == "copy_form" and unicodedata.normalize("NFC", value) not in COPY_FORMS:
        raise StampTextInvalid(f"copy_form is one of {', '.join(COPY_FORMS)}")


def given_values(*, signer_name: str, organisation: str, signed_at: datetime, verify_url: str) -> dict[str, str]:
    """Return what the gateway itself knows; the moment is written with Vietnam's zone."""
    local = signed_at.astimezone(_VIETNAM)
    return {
        "signer_name": signer_name,
        "organisation": organisation,
        "signed_at": f"{local:%d.%m.%Y %H:%M:%S} +07:00",
        "signed_on": f"{local:%d/%m/%Y}",
        "verify_url": verify_url,
    }


def fill_lines(lines: Sequence[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines as they are to be read; one whose optional value is absent is left out.

    Raises:
        StampTextMissing: Nothing to put in the place of a needed value.
    """
    filled = []
    for line in lines:
        names = set(_PLACEHOLDER.findall(line))
        absent = {name for name in names if not values.get(name, "").strip()}
        if absent & OPTIONAL:
            continue
        if absent:
            raise StampTextMissing(f"this profile's stamp needs {', '.join(sorted(absent))}")
        # One pass, so that a value that holds braces is shown as it is.
        filled.append(_PLACEHOLDER.sub(lambda found: values[found.group(1)], line))
    return tuple(unicodedata.normalize("NFC", line) for line in filled)
