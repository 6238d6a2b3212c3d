"""Writes docs/metrics.md from the catalogue: python -m app.metrics.docs. A test fails when somebody forgot."""

from __future__ import annotations

from pathlib import Path

from app.metrics.catalogue import Measure, Metric, catalogue

PLACE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
GOOD = {"up": "higher is better", "down": "lower is better", "neither": "neither up nor down is good by itself"}

INTRODUCTION = """# Metrics

Written from `app/metrics/catalogue.toml` by `make docs`. A metric is a ratio of two sums, never a mean of ratios; with
nothing below the line there is no data. Money is what is known: where a part has no price or no rate of exchange, the
figure is at least that.
"""


def document() -> str:
    """The whole page."""
    known = catalogue()
    parts = [INTRODUCTION, "## The ten metrics\n"]
    parts += [metric_text(name, known.metrics[name], place) for place, name in enumerate(known.ten, start=1)]
    parts.append("## Further metrics\n")
    parts += [metric_text(name, metric) for name, metric in known.metrics.items() if name not in known.ten]
    parts.append("## Measures\n\n| measure | what it holds | unit | kind |\n|---|---|---|---|")
    parts += [measure_row(name, measure) for name, measure in known.measures.items()]
    parts.append("\n## Dimensions\n\n| dimension | label | what has it |\n|---|---|---|")
    parts += [f"| `{name}` | {dimension.label} | {dimension.of} |" for name, dimension in known.dimensions.items()]
    parts.append("| `tag:<name>` | any further column of a file | call |")
    return "\n".join(parts) + "\n"


def metric_text(name: str, metric: Metric, place: int | None = None) -> str:
    """One metric: heading, what it says, formula, unit, direction, owner."""
    number = f"{place}. " if place else ""
    covered = "\nIts coverage is the share of all tokens that these rows hold." if metric.covered else ""
    layer = f"Layer: {metric.heading or metric.layer}. "
    return (
        f"### {number}{metric.label}\n\n`{name}`: {metric.says}\n\n> {metric.formula}\n\n"
        f"{layer}Unit: {metric.unit}; {GOOD[metric.good]}. Owner: {metric.owner}.{covered}\n"
    )


def measure_row(name: str, measure: Measure) -> str:
    """One line of the table of measures."""
    return f"| `{name}` | {measure.says} | {measure.unit} | {measure.kind} |"


if __name__ == "__main__":
    PLACE.write_text(document())
