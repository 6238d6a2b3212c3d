"""What stands around every page: the list of pages, found by their files, and the one style sheet."""

import ast
from pathlib import Path

import streamlit as st

STYLE = Path(__file__).resolve().parent / "style.css"


def name_and_question(page: Path) -> tuple[str, str]:
    """A page's name and the question it answers: its docstring, `"Spend: where did the bill move?"`.

    Raises ValueError when it does not say both.
    """
    name, colon, question = (ast.get_docstring(ast.parse(page.read_text())) or "").partition(": ")
    if not (name and colon and question.endswith("?")):
        raise ValueError(f'{page.name} begins with """Name: question?""", on one line')
    return name, question[0].upper() + question[1:]


def pages(folder: Path) -> list[st.Page]:
    """The pages in order of their numbers. The first one is at the address without a path."""
    found: list[st.Page] = []
    for path in sorted(folder.glob("[0-9]*_*.py")):
        name, question = name_and_question(path)
        address = path.stem.partition("_")[2]
        found.append(st.Page(path, title=name, url_path=address, default=not found, help=question))
    return found


def menu(known: list[st.Page]) -> None:
    """The list of pages beside each of them. Streamlit's own has list markup that screen readers stumble over."""
    with st.sidebar:
        st.markdown("**Token P&L**")
        for page in known:
            st.page_link(page)


def style() -> None:
    """Puts what the theme cannot say into the page."""
    st.html(STYLE)
