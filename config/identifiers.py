"""Identifiers of our rows."""

import uuid_utils


def new_id() -> str:
    """Return a new UUIDv7 as 36 characters of text.

    The leading 48 bits are the time in milliseconds, so ids sort by age and index well; the 74 random bits that
    follow cannot be guessed. Source: RFC 9562, 5.7.
    """
    return str(uuid_utils.uuid7())
