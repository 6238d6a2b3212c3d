"""Executive: is our AI spend earning more than it costs?"""

import streamlit as st

from app.metrics.catalogue import catalogue
from app.ui import empty
from app.ui.data import ask, holdings
from app.ui.tiles import BESIDE, beside, tile

TOKEN, WORKFLOW, OUTCOME = "Infrastructure productivity", "Product operating cost", "Business unit economics"
HEADLINES = {
    "cost_per_1m_tokens": TOKEN,
    "cost_per_request": TOKEN,
    "cost_per_workflow": WORKFLOW,
    "cost_per_trusted_outcome": OUTCOME,
    "tokens_per_successful_outcome": WORKFLOW,
    "retry_token_ratio": WORKFLOW,
    "reasoning_token_ratio": WORKFLOW,
    "cache_hit_rate": WORKFLOW,
    "eval_overhead_ratio": WORKFLOW,
    "gross_margin_per_trusted_outcome": OUTCOME,
}

held = holdings()
if held.tables:
    answer = ask(*HEADLINES, *BESIDE)
    beside(answer)
    with st.grid(5, min_column_width=216):
        for number, (name, heading) in enumerate(HEADLINES.items(), start=1):
            tile(catalogue().metrics[name], number, answer, heading=heading)
    empty.missing(held.tables)
else:
    empty.nothing_loaded()
