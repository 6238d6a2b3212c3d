"""The entrypoint of the dashboard: puts the search path right and draws the page in its frame."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Streamlit puts this file's own folder on the search path, where `import metrics` would find a second app.metrics.
sys.path[:] = [str(ROOT), *(place for place in sys.path if Path(place or ".").resolve() not in (ROOT, ROOT / "app"))]

import streamlit as st

from app.ui import frame

st.set_page_config(layout="wide", initial_sidebar_state=220)
frame.show(ROOT / "pages")
