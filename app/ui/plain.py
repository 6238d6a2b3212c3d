"""A small table as plain markup: it prints, reflows on a phone, and is read aloud cell by cell."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from app.ui import formats

NUMBERS_FROM = 1


def plain_table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    key: str,
    says: str,
    numbers: int = 0,
    has_total: bool = False,
) -> None:
    """Places the rows under their labels. `numbers` columns after the first stand to the right; `says` names the table.

    Texts are shown as they are: nothing in them is markup. With `has_total` the last row is one.
    """
    parts = [
        f'<table aria-label="{_text(says)}"><thead><tr>',
        *_cells("th", head, numbers, ' scope="col"'),
        "</tr></thead><tbody>",
    ]
    for place, row in enumerate(rows):
        is_total = has_total and place == len(rows) - 1
        name, *others = row
        parts += ['<tr class="sum">' if is_total else "<tr>", f'<th scope="row">{_text(name)}</th>']
        parts += [*_cells("td", ["", *others], numbers)[1:], "</tr>"]
    with st.container(key=f"plain_{key}"):
        st.html("".join([*parts, "</tbody></table>"]))


def _cells(tag: str, texts: Sequence[str], numbers: int, more: str = "") -> list[str]:
    sides = ["number" if NUMBERS_FROM <= place < NUMBERS_FROM + numbers else "words" for place in range(len(texts))]
    return [f'<{tag} class="{side}"{more}>{_text(text)}</{tag}>' for side, text in zip(sides, texts, strict=True)]


def _text(text: str) -> str:
    return html.escape(formats.clean(text), quote=True)
