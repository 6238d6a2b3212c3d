"""A newer price book moves figures only when somebody adopts it: previewed, an import of its own, undone like any."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.metrics import rules, what_if
from app.warehouse import prices
from ingest import pipeline
from ingest.books import adopt
from ingest.jobs import Jobs
from tests.promises import Books, call, opened
from tests.test_what_if import everything

D = Decimal
OPEN = prices.OPEN
# A million output tokens each: gpt-5 is listed at 10, gpt-gone at nothing that the newer books still say, gpt-new first
# in book 2. acme stands in no book.
CALLS = [
    call("w", team="red", provider="openai", model="gpt-5", output_tokens=1_000_000),
    call("w", team="blue", provider="openai", model="gpt-gone", output_tokens=1_000_000),
    call("w", team="green", provider="openai", model="gpt-new", output_tokens=1_000_000),
    call("w", team="grey", output_tokens=1_000_000),
]
PRICES = {"1": {"gpt-5": 10, "gpt-gone": 3}, "2": {"gpt-5": 8, "gpt-new": 5}, "3": {"gpt-5": 6, "gpt-new": 5}}


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Installs a price book: `book("2")`."""

    def segments(provider: str, model: str, tier: str, day: date) -> list[tuple[object, ...]]:
        per_million = PRICES[prices.BOOK].get(model)
        if per_million is None:
            return []
        rate = D(per_million) / 1_000_000
        return [(provider, model, tier, day, 0, prices.DAY, -1, OPEN, *(rate for _ in prices.KEYS), None, prices.BOOK)]

    def install(version: str) -> None:
        monkeypatch.setattr(prices, "BOOK", version)

    monkeypatch.setattr(prices, "_segments", segments)
    install("1")
    return install


@pytest.fixture
def books(tmp_path: Path, book: Any) -> Iterator[Books]:
    with opened(tmp_path) as found:
        found.load(usage=CALLS)
        yield found


def costs(books: Books) -> dict[str, Decimal | None]:
    return books.parts("all_in_cost", "team")


def test_a_newer_book_moves_nothing_until_it_is_adopted(books: Books, book: Any) -> None:
    assert costs(books) == {"red": D(10), "blue": D(3), "green": None, "grey": None}
    book("2")
    books.load(prices=[{"provider": "openai", "model": "gpt-new", "valid_to": "2026-01-01", "output_per_1m": "9"}])

    assert costs(books) == {"red": D(10), "blue": D(3), "green": None, "grey": None}


def test_adopting_says_what_it_moves_and_then_moves_that(books: Books, book: Any) -> None:
    book("2")
    stood = everything(books)
    shown = (adopt(books.warehouse, dry_run=True).preview or {})["moves"]
    assert everything(books) == stood
    with closing(books.warehouse.cursor()) as con:
        before = what_if.figures(con)

    result = adopt(books.warehouse)

    assert (result.status, result.file, result.import_id) == ("loaded", "price book 2", "i000002")
    # red from 10 to 8; blue, which the book lists no longer, keeps 3; green is priced at last
    assert costs(books) == {"red": D(8), "blue": D(3), "green": D(5), "grey": None}
    with closing(books.warehouse.cursor()) as con:
        assert what_if.moved(before, what_if.figures(con)) == shown
    assert shown["total"]["all_in_cost"] == {"before": D(13), "after": D(16), "difference": D(3)}
    assert books.breaches() == []


def test_undoing_gives_the_first_prices_back(books: Books, book: Any) -> None:
    book("2")
    first = costs(books)
    id = adopt(books.warehouse).import_id
    books.undo(str(id))

    assert costs(books) == first
    assert books.breaches() == []


def test_adoptions_are_undone_in_any_order(books: Books, book: Any) -> None:
    first = costs(books)
    book("2")
    second = str(adopt(books.warehouse).import_id)
    book("3")
    third = str(adopt(books.warehouse).import_id)
    assert costs(books)["red"] == 6

    books.undo(second)
    assert costs(books)["red"] == 6
    books.undo(third)
    assert costs(books) == first


def test_rebuild_gives_the_adopted_prices_again_also_from_the_archive_alone(books: Books, book: Any) -> None:
    book("2")
    adopt(books.warehouse)
    adopted = costs(books)
    book("3")
    books.rebuild()
    assert costs(books) == adopted

    with books.warehouse.writing() as con:
        for table in ("imports", "list_prices", "names"):
            con.execute(f"delete from {table}")
    books.rebuild()
    assert costs(books) == adopted


def test_what_comes_later_is_priced_by_the_installed_book_as_ever(books: Books, book: Any) -> None:
    book("2")
    adopt(books.warehouse)
    books.load(usage=[{**call("w", team="late", provider="openai", model="gpt-5", output_tokens=1_000_000),
                       "started_at": "2026-09-08T12:00:00"}])  # fmt: skip

    assert costs(books)["late"] == 8


def test_the_page_is_told_which_book_holds_and_which_is_installed(books: Books, book: Any) -> None:
    def known() -> tuple[str, str | None]:
        with closing(books.warehouse.cursor()) as con:
            return rules.book_in_force(con), rules.newer_book(con)

    assert known() == ("1", None)
    book("2")
    assert known() == ("1", "2")
    jobs = Jobs(books.warehouse)
    job = jobs.wait(jobs.adopt_book(), 60)
    assert job is not None
    assert job.state == "done"
    assert known() == ("2", None)
    (newest, *_) = pipeline.imports(books.warehouse.cursor())
    assert (newest["source"], newest["file"], newest["status"]) == ("price book", "price book 2", "standing")
