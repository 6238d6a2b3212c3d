"""One figure on screen: what it is, what it comes to, in what unit, who answers for it, and what is not known of it."""

import streamlit as st

from app.metrics.catalogue import Metric, catalogue
from app.metrics.question import Answer
from app.ui import formats
from app.ui.data import Holdings

COVERED = tuple(dict.fromkeys(m.covered for m in catalogue().metrics.values() if m.covered))
TRACED = tuple(metric.traced for metric in catalogue().metrics.values() if metric.traced)
BESIDE = (
    "all_in_cost",
    "tokens",
    "runs",
    "trusted",
    "provisional",
    "unpriced_rows",
    "unpriced_tokens",
    "unconverted",
    "run_coverage",
    *COVERED,
    *TRACED,
)
"""The measures that a page asks for beside its metrics, so that no figure stands alone."""
ENOUGH = 0.95
"""The share of the cost with a run from which a figure per run speaks for all of it."""
BETTER = {"up": "Higher is better.", "down": "Lower is better.", "neither": "Neither high nor low is better by itself."}


def tile(name: str, number: int, answer: Answer) -> None:
    """A metric over the whole answer, under its heading, with its number in the order of the ten."""
    metric, row = catalogue().metrics[name], answer.rows[0]
    text = formats.figure(row[name], metric.unit, answer.currency)
    partial = metric.unit == "money" and row[name] is not None and is_partial(answer)
    if partial and metric.good == "down":
        text = formats.at_least(text)
    with st.container(border=True, height="stretch", gap="xxsmall", key=f"tile_{name}"):
        st.caption(metric.heading or "")
        st.metric(f"{number} · {metric.label}", text, help=definition(metric))
        st.caption(f"{unit(metric, answer.currency)} · {metric.owner}")
        if partial and metric.good != "down":
            st.caption("a part of the cost is not known")
        for note in (coverage(metric, answer), run_coverage(metric, answer)):
            if note:
                st.caption(note)


def definition(metric: Metric) -> str:
    """What stands behind the question mark: one sentence, the formula in words, the good direction, the owner."""
    return formats.md(f"{metric.says}\n\n{metric.formula}\n\n{BETTER[metric.good]} Owner: {metric.owner}.")


def unit(metric: Metric, currency: str) -> str:
    """The unit in words, as it stands under the figure."""
    return {"money": currency, "ratio": "percent"}.get(metric.unit, metric.unit)


def coverage(metric: Metric, answer: Answer) -> str:
    """Over how much the figure is taken, where some sources do not report what it needs; nothing where all do."""
    row = answer.rows[0]
    if metric.covered is None or not row["tokens"] or row[metric.covered] == row["tokens"]:
        return ""
    return f"over the {formats.ratio(row[metric.covered] / row['tokens'])} of tokens whose source reports it"


def run_coverage(metric: Metric, answer: Answer) -> str:
    """Beside a figure per run or outcome: how much of the cost has a run; where that is little, the figure on that."""
    row = answer.rows[0]
    share = row["run_coverage"]
    if metric.traced is None or share is None or share >= 1:
        return ""
    note = f"{formats.ratio(share)} of the cost has a run"
    if share >= ENOUGH or row[metric.traced] is None:
        return note
    return f"{note}; on that alone {formats.figure(row[metric.traced], metric.unit, answer.currency)}"


def is_partial(answer: Answer) -> bool:
    """Whether a part of the cost is not known: it has no price, or no rate of exchange."""
    return bool(answer.rows[0]["unpriced_rows"] or answer.rows[0]["unconverted"])


def beside(answer: Answer, held: Holdings) -> None:
    """One line that says what the figures stand on: days, cost, tokens, runs, and how many of them were trusted."""
    row = answer.rows[0]
    cost = formats.money(row["all_in_cost"], answer.currency)
    facts = [
        formats.days(held.first, held.last) if held.first and held.last else "",
        f"all-in cost {formats.at_least(cost) if is_partial(answer) else cost}",
        f"{formats.count(row['tokens'])} tokens",
        f"{formats.count(row['runs'])} runs, {formats.count(row['trusted'])} trusted",
        f"{formats.count(row['provisional'])} outcomes still provisional" if row["provisional"] else "",
        f"{formats.count(row['unpriced_tokens'])} tokens have no price" if row["unpriced_rows"] else "",
        *(f"{formats.money(amount, currency)} has no rate" for currency, amount in row["unconverted"].items()),
    ]
    st.markdown(formats.md(" · ".join(filter(None, facts))))
