"""Doubt: inside the direct path an exception, outside of it an answer."""

from dataclasses import dataclass


class Doubt(Exception):
    """The file is not as plain as the direct path expects; it never leaves the direct path."""


@dataclass(frozen=True)
class NotSure:
    """The direct path's answer on a file that the library has to look at.

    Attributes:
        reason: What it met, in a few words without any of the file's content.
    """

    reason: str
