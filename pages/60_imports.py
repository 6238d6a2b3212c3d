"""Imports: is every file in, whole and once?"""

import streamlit as st

from app.ui import imports, incoming, mapper, navigate, uploads
from app.ui.data import holdings

view = navigate.current()
if not uploads.allowed():
    st.info("Files are brought in by people of the company. Ask the person who sent you this link.")
elif view.import_id:
    uploads.leave_for_job()
    imports.one(view.import_id)
else:
    uploads.uploader("imports")
    imports.templates()
    mapper.kept()
    job = uploads.current()
    if job is not None:
        incoming.show(job)
    elif view.job:
        incoming.forgotten()
    if holdings().last_import:
        imports.days()
        imports.trail()
