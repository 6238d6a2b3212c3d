"""Calls and buckets that do not name the same account (accounting 2.6): who explains whom."""

from decimal import Decimal

from tests.promises import Rows, call

D = Decimal
ROWS = Rows()


def bucket(provider, **fields):
    return call("", provider=provider, grain="bucket", started_at="2026-09-07", **fields)


ROWS.add(
    usage=[
        call("w", provider="nameless calls", output_tokens=30, cost="3"),
        bucket("nameless calls", account="a", output_tokens=100, cost="9"),
        call("w", provider="nameless bucket", account="a", output_tokens=30, cost="3"),
        call("w", provider="nameless bucket", account="b", output_tokens=20, cost="2"),
        bucket("nameless bucket", output_tokens=100, cost="9"),
        call("w", provider="others", account="b", output_tokens=30, cost="3"),
        bucket("others", account="a", output_tokens=100, cost="9"),
        call("w", provider="several", output_tokens=30, cost="3"),
        bucket("several", account="a", output_tokens=100, cost="9"),
        bucket("several", account="b", output_tokens=100, cost="9"),
    ]
)


def test_calls_without_an_account_explain_the_buckets_of_the_only_account(books):
    assert D(100) == books.one("tokens", provider="nameless calls")  # 30, and 100 - 30
    assert D(9) == books.one("all_in_cost", provider="nameless calls")


def test_all_calls_explain_a_bucket_that_names_no_account(books):
    assert D(100) == books.one("tokens", provider="nameless bucket")  # 30 + 20, and 100 - 50
    assert D(9) == books.one("all_in_cost", provider="nameless bucket")


def test_calls_of_another_account_explain_nothing(books):
    assert D(130) == books.one("tokens", provider="others")
    assert D(12) == books.one("all_in_cost", provider="others")


def test_calls_without_an_account_count_once_beside_the_buckets_of_several(books):
    assert D(200) == books.one("tokens", provider="several")  # 30, and 200 - 30
    assert D(18) == books.one("all_in_cost", provider="several")
