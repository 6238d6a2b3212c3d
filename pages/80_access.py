"""Access & sharing: who sees what, and which links are out?"""

from datetime import UTC, datetime

import streamlit as st

from app.ui import formats, navigate, share, tables

SAID = "access_said"

now = datetime.now(UTC)
made = share.links().all()
living = [link for link in made if link.status(now) == "open"]


def revoke(jti: str, name: str) -> None:
    if navigate.visitor().may_share:
        share.links().revoke(jti, navigate.visitor().name, datetime.now(UTC))
        st.session_state[SAID] = f"Revoked: {name}."


@st.dialog("Revoke this link?")
def ask_first(jti: str, name: str) -> None:
    st.markdown(
        f"{formats.md(name)}. Whoever has the link sees nothing from this moment on. "
        "It cannot be undone; a new link can be made instead."
    )
    with st.container(horizontal=True):
        cancelled = st.button("Cancel", key="revoke_cancel")
        done = st.button("Revoke link", key="revoke_do", type="primary", on_click=revoke, args=(jti, name))
    if cancelled or done:
        st.rerun()


st.markdown(share.reached())
if said := st.session_state.pop(SAID, None):
    st.success(formats.md(said))
st.subheader("Share links", anchor=False)
if not made:
    st.markdown(
        "No share links yet. Open a page, choose period and filters, press **Share**, then **Create share link**: its "
        "reader sees that one page, read-only, until the link ends."
    )
    navigate.link("Go to Executive", "executive", {})
else:
    st.markdown(f"{formats.number_of(len(living), 'link')} can be opened; {len(made) - len(living)} ended or revoked.")
    tables.table(share.table_of(made, now), key="share_links")
if living and navigate.visitor().may_share:
    names = {link.jti: share.name_of(link) for link in living}
    with st.container(horizontal=True, vertical_alignment="bottom", key="revoking"):
        chosen = st.selectbox("Link to revoke", [*names], format_func=lambda jti: names[jti], key="revoke_which")
        if st.button("Revoke", key="revoke"):
            ask_first(chosen, names[chosen])
