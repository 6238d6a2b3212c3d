"""One figure on screen: what it is, what it comes to, in what unit, who answers for it, and what is not known of it."""

import streamlit as st

from app.metrics.ask import Answer
from app.metrics.catalogue import Metric, catalogue
from app.ui import formats

BESIDE = ("all_in_cost", "tokens", "runs", "trusted", "successful", "provisional", "unpriced_tokens", "unconverted")
"""The measures that a page asks for beside its metrics, so that no figure stands alone."""
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
        covered = coverage(metric, answer)
        if covered:
            st.caption(covered)


def definition(metric: Metric) -> str:
    """What stands behind the question mark: one sentence, the formula in words, the good direction, the owner."""
    return formats.md(f"{metric.says}\n\n{metric.formula}\n\n{BETTER[metric.good]} Owner: {metric.owner}.")


def unit(metric: Metric, currency: str) -> str:
    """The unit in words, as it stands under the figure."""
    return {"money": currency, "ratio": "percent"}.get(metric.unit, metric.unit)


def coverage(share: Decimal | None) -> str:
    """What the figure is taken over, where some sources do not report what it needs; nothing where all do."""
    return "" if share is None or share == 1 else f"over the {formats.ratio(share)} of tokens whose source reports it"


def is_partial(answer: Answer) -> bool:
    """Whether a part of the money is not known: tokens without a price, or an amount without a rate of exchange."""
    row = answer.rows[0]
    return bool(row["unpriced_tokens"] or row["unconverted"])


def beside(answer: Answer) -> None:
    """One line that says what the figures stand on: days, cost, tokens, runs, and how many of them were trusted."""
    row = answer.rows[0]
    cost = formats.money(row["all_in_cost"], answer.currency)
    facts = [
        formats.days(answer.since, answer.until),
        f"all-in cost {formats.at_least(cost) if is_partial(answer) else cost}",
        f"{formats.count(row['tokens'])} tokens",
        f"{formats.count(row['runs'])} runs, {formats.count(row['trusted'])} trusted",
    ]
    if row["provisional"]:
        facts.append(f"{formats.count(row['provisional'])} outcomes still provisional")
    if row["unpriced_tokens"]:
        facts.append(f"{formats.count(row['unpriced_tokens'])} tokens have no price")
    st.markdown(formats.md(" · ".join(facts)))
