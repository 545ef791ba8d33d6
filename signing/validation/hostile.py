"""One place where anything that a hostile file provokes becomes a finding."""

import logging
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
F = TypeVar("F")

# The libraries log what we report ourselves, some of it with the file's own text.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)


def attempt(look: Callable[[], T], fallback: F) -> T | F:
    """Return what look returns, or fallback where it fails in any way that the file can bring about.

    The parsers below raise what they like on malformed input: ValueError, KeyError, AssertionError, RecursionError,
    ZeroDivisionError and their own. Running out of memory is not a finding about the file's signatures: it passes on.
    """
    try:
        return look()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001
        return fallback
