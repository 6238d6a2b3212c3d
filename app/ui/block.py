"""A part of a page that may fail by itself: the rest of the page stands, and the part says what a person can do."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from app.ui import formats

LOG = logging.getLogger(__name__)


@contextmanager
def block(title: str) -> Iterator[None]:
    """Draws what stands inside; where that fails, a message in its place, and the failure in the log under an id."""
    try:
        yield
    except Exception:  # whatever one part fails of, the figures beside it are still right; the log has the reason
        reference = secrets.token_hex(3)
        LOG.exception("block %r failed, reference %s", title, reference)
        st.error(
            f"**{formats.md(title)}** could not be shown. The rest of this page and all data are unchanged. "
            f"Reload the page; if it stays, give reference {reference} to whoever runs this dashboard.",
            icon=":material/error:",
        )
