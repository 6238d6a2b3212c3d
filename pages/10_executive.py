"""Executive: is our AI spend earning more than it costs?"""

import streamlit as st

from app.metrics.catalogue import catalogue
from app.ui import empty
from app.ui.data import ask, holdings
from app.ui.tiles import BESIDE, beside, tile

held = holdings()
if held.tables:
    ten = catalogue().ten
    answer = ask(*ten, *BESIDE)
    beside(answer, held)
    with st.grid(5, min_column_width=216):
        for number, name in enumerate(ten, start=1):
            tile(name, number, answer)
    empty.missing(held.tables)
else:
    empty.nothing_loaded()
