"""The port through which untrusted files are parsed; gateway.confinement holds the child process."""

from collections.abc import Callable
from typing import ClassVar, Protocol, TypeVar

T = TypeVar("T")


class ConfinementError(Exception):
    """Base: the file could not be looked at within the limits."""

    code: ClassVar[str] = "confinement"


class ConfinedTooSlow(ConfinementError):
    """The child was ended because the file took longer than the time limit."""

    code = "file-too-slow"


class ConfinedTooBig(ConfinementError):
    """The child was ended because the file needed more memory than the limit."""

    code = "file-too-big-to-parse"


class ConfinedCrashed(ConfinementError):
    """The child died while it parsed the file."""

    code = "file-crashes-parser"


class ConfinedRunner(Protocol):
    """Runs a module-level function on untrusted input, away from the caller."""

    def run(self, function: Callable[..., T], *args: object) -> T:
        """Return what function returns; raise what it raises, or a ConfinementError."""
        ...


class InProcess:
    """Runs the function here: for input that we made ourselves, and for tests of the function."""

    def run(self, function: Callable[..., T], *args: object) -> T:
        return function(*args)

    def warm_up(self) -> None:
        """Nothing has to be started."""

    def close(self) -> None:
        """Nothing was started."""
