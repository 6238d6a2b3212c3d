"""The six states that every page is tried and photographed in, each as files that a person would load."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORMATS = ROOT / "sample_data/formats"
COMPANY = tuple(
    path for path in sorted((ROOT / "sample_data/company").iterdir()) if path.suffix in (".csv", ".parquet")
)


@dataclass(frozen=True)
class State:
    """What is loaded, and the address that is looked at."""

    files: tuple[Path, ...]
    address: dict[str, str]
    tells: str
    """The table whose file would tell what is missing; nothing where nothing is."""


STATES = {
    "empty": State((), {}, ""),
    "usage_only": State((FORMATS / "openai_usage.json",), {}, "outcomes"),
    "usage_and_invoice": State((FORMATS / "openai_usage.json", FORMATS / "openai_cost.csv"), {}, "outcomes"),
    "outcomes_only": State((FORMATS / "outcomes.csv",), {}, "usage"),
    "filtered_to_nothing": State(COMPANY, {"team": "Travel", "workflow": "Ticket resolution"}, ""),
    "whole": State(COMPANY, {}, ""),
}
