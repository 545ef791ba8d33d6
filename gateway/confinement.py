"""The child process in which untrusted files are parsed: bounded memory, bounded time, and nothing to steal."""

import multiprocessing
import os
import resource
import threading
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING, TypeVar

from pebble import ProcessExpired, ProcessPool

from config.confinement import ConfinedCrashed, ConfinedTooBig, ConfinedTooSlow

if TYPE_CHECKING:
    # The children load this module too, and none of them reads settings.
    from config.settings import LimitSettings

T = TypeVar("T")

# What the children load before the first file comes, so that no file waits for imports.
PRELOADED = [
    "gateway.confinement",
    "signing.formats.pdf.prepare",
    "signing.validation.registry",
    "payments.statements.camt053",
]


def _confine(memory_bytes: int, cpu_seconds: int, file_bytes: int) -> None:
    """Give up what a parser does not need; runs in the child before any file."""
    used = _address_space_bytes()
    resource.setrlimit(resource.RLIMIT_AS, (used + memory_bytes, used + memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    for name in [name for name in os.environ if name.startswith("GATEWAY_") or "SECRET" in name or "PIN" in name]:
        del os.environ[name]


def _nothing() -> None:
    """Do nothing, in a child that is then ready."""


def _address_space_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - procfs, read once
        return int(file.read().split()[0]) * resource.getpagesize()


class ChildProcesses:
    """Runs functions on untrusted files in limited children; a hostile file costs one child and a clear answer."""

    def __init__(self, limits: "LimitSettings") -> None:
        self._timeout_seconds = limits.parser_timeout_seconds
        self._warming: threading.Thread | None = None
        # Forked from a small server process: a fork of a threaded web worker could inherit held locks.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        lifetime_cpu_seconds = 50 * max(1, int(limits.parser_timeout_seconds))
        self._pool = ProcessPool(
            max_workers=limits.parser_processes,
            max_tasks=50,
            initializer=_confine,
            initargs=(limits.parser_memory_bytes, lifetime_cpu_seconds, 4 * limits.statement_size_bytes),
            context=context,
        )

    def run(self, function: Callable[..., T], *args: object) -> T:
        """Return what function returns in the child; raise what it raises.

        Raises:
            ConfinedTooSlow, ConfinedTooBig, ConfinedCrashed: The limits ended it.
        """
        future = self._pool.schedule(function, args=args, timeout=self._timeout_seconds)
        try:
            result: T = future.result()
        except FutureTimeout:
            raise ConfinedTooSlow(f"not done within {self._timeout_seconds:g} s") from None
        except MemoryError:
            raise ConfinedTooBig("needs more memory than one file may have") from None
        except ProcessExpired as error:
            raise ConfinedCrashed(f"the parser ended with code {error.exitcode}") from None
        return result

    def warm_up(self) -> None:
        """Have the first child start now and not when the first file comes; returns at once."""
        # The pool waits until the server that forks its children has loaded what they need.
        self._warming = threading.Thread(target=self._start_child, name="warm-up", daemon=True)
        self._warming.start()

    def _start_child(self) -> None:
        self._pool.schedule(_nothing, timeout=self._timeout_seconds)

    def close(self) -> None:
        """End the children."""
        if self._warming is not None:
            # A pool that is stopped while it starts would run on.
            self._warming.join()
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join(timeout=5)
