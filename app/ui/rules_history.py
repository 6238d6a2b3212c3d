"""What a model cost over time: each price as a step, and who or which import brought it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import streamlit as st

from app.analysis import price_history
from app.analysis.price_history import Step
from app.metrics import rules as reads
from app.reports.table import Column, Table
from app.ui import charts, formats, navigate, tables
from app.ui.clicks import Target
from app.ui.data import currency, holdings, kept
from app.warehouse.connect import current_warehouse

HISTORY, BETWEEN = "history", "|"
RATES = (
    ("input_per_1m", "Input"),
    ("cache_read_per_1m", "Cache read"),
    ("cache_write_per_1m", "Cache write"),
    ("output_per_1m", "Output"),
    ("reasoning_per_1m", "Reasoning"),
)
COLUMNS = (
    Column("from", "From", "text"),
    Column("to", "To", "text"),
    Column("because", "Decided by", "text"),
    *(Column(name, label, "text") for name, label in RATES),
)
Model = tuple[str, str]


def show() -> None:
    """The steps of one model's price; which model is chosen here, or is the one that is being priced above."""
    st.subheader("Price history of a model", anchor=False)
    known = kept("priced_models", lambda con, _: reads.priced_models(con))
    if not known:
        st.caption("No model has a price yet.")
        return
    chosen = _chosen(known)
    st.write("Per million tokens of the standard tier, in its shortest context. List prices stand from the first use.")
    first, last = holdings().first or date.min, current_warehouse().settings.clock()
    steps = price_history.steps(_listed(chosen), _overrides(chosen), first, last)
    if not steps:
        st.caption("It has no price of the standard tier on the days that are loaded.")
        return
    _chart(chosen, steps)
    rows = [_row(step) for step in reversed(steps)]
    tables.table(Table("price_history", f"Prices of {chosen[1]}", COLUMNS, rows), key="price_history", drill=_into)


def _chosen(known: Sequence[Model]) -> Model:
    """The model of the address, else the first."""
    said = (navigate.current().fix or "").split(BETWEEN)
    named = [model for model in known if said[0] in (HISTORY, "unpriced") and said[1:] == [*model]]
    now = (named or known)[0]
    if navigate.locked():
        return now
    labels = [f"{model} ({provider})" for provider, model in known]
    key = f"history_{now}"
    place: int = st.selectbox(
        "Model", range(len(known)), index=known.index(now), format_func=lambda at: labels[at], width=320,
        key=key, on_change=_choose, args=(key, known),
    )  # fmt: skip
    return known[place]


def _choose(key: str, known: Sequence[Model]) -> None:
    provider, model = known[st.session_state[key]]
    fix = BETWEEN.join((HISTORY, provider, model))
    st.query_params.from_dict(navigate.current().params(fix=fix, job=None))


def _listed(model: Model) -> list[dict[str, Any]]:
    return kept("list_prices", lambda con, _: reads.list_prices(con, *model), *model)


def _overrides(model: Model) -> list[dict[str, Any]]:
    today = current_warehouse().settings.clock()
    rows = kept("rules_prices", lambda con, _: reads.in_force(con, "prices", today), "prices", today)
    return [row for row in rows if (row["provider_id"], row["model_id"]) == model]


def _chart(model: Model, steps: Sequence[Step]) -> None:
    codes = {step.currency or currency() for step in steps}
    if len(codes) > 1:
        st.caption("Its prices are in several currencies: no line can show them.")
        return
    (code,) = codes
    first, last = steps[0].first, steps[-1].last
    days = [date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1)]
    series = [
        charts.Line("Output", price_history.by_day(steps, "output_per_1m", first, last)),
        charts.Line("Input", price_history.by_day(steps, "input_per_1m", first, last), dashed=True),
    ]
    says = (
        f"Price of {formats.clean(model[1])} per million tokens in {len(steps)} steps; "
        f"output {_amount(steps[-1], 'output_per_1m')} on {formats.day(last)}"
    )
    st.markdown(f"**Price per 1M tokens**, {code}")
    charts.show(charts.lines(series, days, says=says, currency=code), key=f"history_chart_{model}")


def _row(step: Step) -> dict[str, Any]:
    over, below = step.override, step.list_price
    book = f"price list {below['book']}" if below is not None else "no list price"
    if over is None:
        because = book
    elif over["discount"] is not None:
        because = f"{over['file']}: {book} less {formats.ratio(over['discount'])}"
    else:
        because = f"{over['file']}, in place of {book}"
    return {
        "from": formats.day(step.first), "to": formats.day(step.last), "because": because,
        "import_id": over["import_id"] if over is not None else None,
        **{name: _amount(step, name) for name, _ in RATES},
    }  # fmt: skip


def _amount(step: Step, rate: str) -> str:
    value = step.rates[rate]
    return "no price" if value is None else formats.exact(value, "money", step.currency or currency())


def _into(row: Any) -> Target | None:
    if not row["import_id"]:
        return None
    return "imports", navigate.current().deeper() | {"import": [str(row["import_id"])]}
