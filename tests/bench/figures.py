"""A figure with its aim, and what a step of work took."""

from __future__ import annotations

import math
import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What was measured, in which unit, what it should be at most, and the peak memory beside it."""

    name: str
    value: float
    unit: str
    aim: float | None
    memory_mb: int | None = None
    """None where memory says nothing about what was measured."""
    parts: Sequence[object] = ()
    """What the value is made of, for build/bench.json alone."""

    @property
    def verdict(self) -> str:
        """Whether the aim is met; a figure without an aim is only told."""
        if self.aim is None:
            return "told"
        return "ok" if self.value <= self.aim else "short"

    def line(self) -> str:
        """The figure as one line."""
        aim = "-" if self.aim is None else f"{self.aim:g}{self.unit}"
        memory = "" if self.memory_mb is None else f" {self.memory_mb} MB"
        return f"{self.name:<68} {self.value:>9.3f}{self.unit:<3} aim {aim:<7} {self.verdict:<6}{memory}"


def failed(what: str, error: Exception) -> Figure:
    """That a figure could not be measured. The line is short; the reason stands in build/bench.json."""
    return Figure(f"{what}: not measured", 1, "", 0, parts=[f"{type(error).__name__}: {error}"])


@dataclass
class Stopwatch:
    """How long a step took."""

    seconds: float = 0.0


@contextmanager
def timed() -> Iterator[Stopwatch]:
    """Measures the block, also one that fails."""
    watch = Stopwatch()
    start = time.perf_counter()
    try:
        yield watch
    finally:
        watch.seconds = time.perf_counter() - start


def percentile(taken: Sequence[float], percent: float) -> float:
    """The smallest of the values that so many percent do not exceed. Raises ValueError when there is none."""
    if not taken:
        raise ValueError("nothing was measured")
    return sorted(taken)[max(0, math.ceil(len(taken) * percent / 100) - 1)]


def memory_mb() -> int:
    """The largest memory of this process so far, or of a finished child, in MB."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) // 1024
