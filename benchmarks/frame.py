"""What benchmarks share: they register by name, run bounded in a process of their own, and give one ratio each.

Rates of two machines cannot be compared; the ratio of two rates on one machine nearly can, so the ratio is what is
watched. A benchmark is a module `benchmarks/measure_<something>.py` with a function like this:

    @benchmark("what-is-measured", unit="things")
    def what_is_measured(folder: Path) -> Comparison:
        return Comparison(count, ours, "what the baseline is", baseline)
"""

import importlib
import multiprocessing
import pkgutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import Any

MODULE_PREFIX = "measure_"
# Rounds alternate between ours and the baseline, so that a busy moment of the machine hits both.
FEWEST_ROUNDS = 3
ROUNDS_SECONDS = 10.0
LIMIT_SECONDS = 120.0


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Comparison:
    """Two ways to do the same number of things, in one process.

    Attributes:
        count: How many things one call of either does.
        ours, baseline: Do them; what they return is checked to be count.
        baseline_name: What the baseline is, in a few words.
        at_most: The ratio that is held to; None where the figure is only watched.
        clock: In seconds; processor time where all the work is in this process, so that other work of the machine is
            in neither figure.
        before_round: Makes ready what a round uses up, untimed.
        note: Says, once all rounds are over, what a ratio cannot.
    """

    count: int
    ours: Callable[[], int]
    baseline_name: str
    baseline: Callable[[], int]
    at_most: float | None = None
    clock: Callable[[], float] = perf_counter
    before_round: Callable[[], None] = _nothing
    note: Callable[[], str] = str


@dataclass(frozen=True)
class Measurement:
    """The outcome of one benchmark.

    Attributes:
        ours_per_second, baseline_per_second: Of the shortest round of each.
        ratio: How many times the baseline's time ours takes; less is better.
        at_most: The ratio that is held to, if any.
        problem: Why there are no figures; None where there are.
    """

    name: str
    unit: str
    baseline: str = ""
    count: int = 0
    rounds: int = 0
    ours_per_second: float | None = None
    baseline_per_second: float | None = None
    ratio: float | None = None
    at_most: float | None = None
    note: str = ""
    problem: str | None = None

    @property
    def held(self) -> bool:
        """Whether there are figures, and no more than was to be held."""
        return self.ratio is not None and (self.at_most is None or self.ratio <= self.at_most)

    def to_dict(self) -> dict[str, Any]:
        """Return the measurement ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Benchmark:
    """A registered benchmark; prepare makes the input in an empty folder, untimed, and returns what to time."""

    name: str
    unit: str
    prepare: Callable[[Path], Comparison]
    seconds: float = ROUNDS_SECONDS


REGISTRY: dict[str, Benchmark] = {}


def benchmark(
    name: str, *, unit: str, seconds: float = ROUNDS_SECONDS
) -> Callable[[Callable[[Path], Comparison]], Callable[[Path], Comparison]]:
    """Register a benchmark under a name that stays the same over time; it is repeated for so many seconds."""

    def register(prepare: Callable[[Path], Comparison]) -> Callable[[Path], Comparison]:
        if name in REGISTRY:
            raise ValueError(f"two benchmarks are called {name}")
        REGISTRY[name] = Benchmark(name, unit, prepare, seconds)
        return prepare

    return register


def load_benchmarks() -> dict[str, Benchmark]:
    """Import every measuring module of this package and return what they registered, by name."""
    package = importlib.import_module("benchmarks")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith(MODULE_PREFIX):
            importlib.import_module(f"benchmarks.{module.name}")
    return dict(sorted(REGISTRY.items()))


def compare(chosen: Benchmark, folder: Path) -> Measurement:
    """Time both ways in turn until its seconds are over, and take the shortest round of each.

    Raises:
        ValueError: One of them did not do what it was asked, so its time means nothing.
    """
    asked = chosen.prepare(folder)
    times: dict[str, list[float]] = {"ours": [], "baseline": []}
    ends_at = perf_counter() + chosen.seconds
    while len(times["ours"]) < FEWEST_ROUNDS or perf_counter() < ends_at:
        asked.before_round()
        for side, call in (("baseline", asked.baseline), ("ours", asked.ours)):
            started = asked.clock()
            done = call()
            times[side].append(asked.clock() - started)
            if done != asked.count:
                raise ValueError(f"{side} did {done} of {asked.count} {chosen.unit}")
    ours, baseline = min(times["ours"]), min(times["baseline"])
    return Measurement(
        name=chosen.name,
        unit=chosen.unit,
        baseline=asked.baseline_name,
        count=asked.count,
        rounds=len(times["ours"]),
        ours_per_second=asked.count / ours,
        baseline_per_second=asked.count / baseline,
        ratio=ours / baseline,
        at_most=asked.at_most,
        note=asked.note(),
    )


def run_bounded(chosen: Benchmark, limit_seconds: float = LIMIT_SECONDS) -> Measurement:
    """Run one benchmark in a process of its own, so that none keeps, slows or ends another."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    # Not a daemon: a benchmark may have children of its own, which end when its end of their pipes does.
    process = context.Process(target=_measure, args=(chosen, sending))
    process.start()
    sending.close()
    try:
        if not receiving.poll(limit_seconds):
            return _failed(chosen, f"not done within {limit_seconds:g} s")
        answer: Measurement = receiving.recv()
    except EOFError:
        process.join(5)
        return _failed(chosen, f"its process ended with code {process.exitcode}")
    finally:
        process.kill()
        process.join()
        receiving.close()
    return answer


def _measure(chosen: Benchmark, sending: Connection) -> None:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        try:
            answer = compare(chosen, Path(folder))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this benchmark's result
            answer = _failed(chosen, f"{type(error).__name__}: {error}")
    sending.send(answer)


def _failed(chosen: Benchmark, problem: str) -> Measurement:
    return Measurement(name=chosen.name, unit=chosen.unit, problem=problem)
