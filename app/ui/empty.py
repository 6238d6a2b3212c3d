"""What a page says when it has nothing to say: which file would tell, and how to load it."""

import streamlit as st

PYTHON = ".venv/bin/python -m app"

WHAT_IS_MISSING = {
    "usage": "No model calls yet. Tokens, and what they cost, come with usage: an export of a provider or a gateway.",
    "outcomes": "No outcome events yet. Cost is known, value is not: what is trusted, successful or earned comes with "
    "outcomes, one row for what a run came to.",
}


def nothing_loaded() -> None:
    """The page of an empty database: look around with the sample, or begin with a file."""
    st.subheader("No data yet")
    sample, own = st.columns(2)
    with sample, st.container(border=True, height="stretch", key="empty_sample"):
        st.markdown("**Look around first**")
        st.write("The sample company: four teams, three months of model calls, outcomes, charges and invoices.")
        st.code(f"{PYTHON} demo", language=None, wrap_lines=True)
    with own, st.container(border=True, height="stretch", key="empty_own"):
        st.markdown("**Begin with a file**")
        st.write("A usage export is enough for tokens and their cost. The first command lists the formats it knows.")
        st.code(f"{PYTHON} sources\n{PYTHON} ingest usage.csv", language=None, wrap_lines=True)
    st.caption("Run the command beside this dashboard, in the project's folder; then reload the page.")


def missing(tables: frozenset[str]) -> None:
    """Under the figures: which of the two files that matter most is not there, and how to load it."""
    for table, sentence in WHAT_IS_MISSING.items():
        if table not in tables:
            with st.container(border=True, key=f"missing_{table}"):
                st.markdown(sentence)
                st.code(
                    f"{PYTHON} sources --template {table} --out {table}.csv\n{PYTHON} ingest {table}.csv", language=None
                )
