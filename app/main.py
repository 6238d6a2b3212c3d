"""The frame around every page: finds the pages, says their name and question, and knows no figure."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Streamlit puts this file's own folder on the search path, where `import metrics` would find a second app.metrics.
sys.path[:] = [str(ROOT), *(place for place in sys.path if Path(place or ".").resolve() not in (ROOT, ROOT / "app"))]

import streamlit as st

from app.ui.frame import menu, pages, style

st.set_page_config(layout="wide", initial_sidebar_state=220)
style()
known = pages(ROOT / "pages")
page = st.navigation(known, position="hidden")
menu(known)
st.title(page.title)
st.write(page.help)
page.run()
