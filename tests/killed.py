"""Runs one command and kills its own process at a named moment: python -m tests.killed MOMENT WORD..."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from app.cli import main
from app.warehouse.connect import Warehouse
from ingest import audit, pipeline

BEFORE = {
    "before the file is read": (pipeline, "convert"),
    "before the trail is written": (audit, "record"),
    "before the rows are archived": (audit, "archive"),
    "before the checkpoint": (Warehouse, "_checkpoint"),
}
AFTER = {
    "after the file is read": (pipeline, "convert"),
    "after the trail is written": (audit, "record"),
    "after the rows are archived": (audit, "archive"),
    "after settling": (pipeline, "settle"),
    "before the commit": (audit, "write_card"),
    "after the checkpoint": (Warehouse, "_checkpoint"),
}
STEPS = ("standing rows", "prices, days and runs", "remainders", "outcomes", "bills", "charges", "cubes")
MOMENTS = (*BEFORE, *AFTER, *(f"at the step {step}" for step in STEPS))
COMMITTED = ("before the checkpoint", "after the checkpoint")


def die(*_: object, **__: object) -> NoReturn:
    """Ends the process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def then_die(work: Callable[..., Any]) -> Callable[..., NoReturn]:
    """Does the work, and dies."""

    def called(*words: Any, **named: Any) -> NoReturn:
        work(*words, **named)
        die()

    return called


def dying_at(step: str, settle: Callable[..., Any]) -> Callable[..., Any]:
    """Settles, and dies where a step begins."""

    def settling(con: Any, changes: Any, archive: Any, *_: Any) -> Any:
        return settle(con, changes, archive, lambda began: die() if began == step else None)

    return settling


def arm(moment: str) -> None:
    """Sets the trap."""
    if moment in BEFORE:
        setattr(*BEFORE[moment], die)
    elif moment in AFTER:
        place, name = AFTER[moment]
        setattr(place, name, then_die(getattr(place, name)))
    else:
        pipeline.settle = dying_at(moment.removeprefix("at the step "), pipeline.settle)


if __name__ == "__main__":
    arm(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
