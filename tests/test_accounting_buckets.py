"""One dollar, once: calls explain buckets, and what they leave is a usage row of its own (accounting 2.6)."""

from decimal import Decimal

from tests.promises import Rows, call, opened

D = Decimal
ROWS = Rows()
ROWS.add(
    prices=[
        {"provider": provider, "model": "m1", "input_per_1m": "1", "cache_read_per_1m": "0.1",
         "cache_write_per_1m": "2", "output_per_1m": "4"}
        for provider in ("plain", "blurred", "priced", "open")
    ]
)  # fmt: skip


def bucket(provider, **fields):
    return call("", provider=provider, grain="bucket", started_at="2026-09-07", **fields)


ROWS.add(
    usage=[
        call("w", provider="plain", team="red", requests=1, uncached_input_tokens=100, output_tokens=10,
             cache_read_tokens=5, cache_write_tokens=0, reasoning_tokens=0),
        call("w", provider="plain", team="red", requests=1, uncached_input_tokens=50, output_tokens=10,
             cache_read_tokens=5, cache_write_tokens=0, reasoning_tokens=4),
        bucket("plain", team="blue", project="p", requests=10, uncached_input_tokens=400, output_tokens=30,
               cache_read_tokens=10, cache_write_tokens=7, reasoning_tokens=6),
    ]
)  # fmt: skip


def test_calls_explain_a_bucket_and_what_is_left_keeps_the_bucket_s_dimensions(books):
    # input 400 - 150, read 10 - 10, write 7, output + reasoning 36 - 24 = 12, split 30 to 6
    expected = {"uncached_input": 250, "cache_write": 7, "output": 10, "reasoning": 2}

    found = books.parts("tokens", "token_class", provider="plain", team="blue")

    assert expected == {name: count for name, count in found.items() if count}
    assert {"p": D(269)} == books.parts("tokens", "project", provider="plain", team="blue")
    assert D(184) == books.one("tokens", provider="plain", team="red")


def test_the_tokens_and_requests_of_calls_and_remainder_are_those_of_the_bucket(books):
    assert D(400 + 30 + 10 + 7 + 6) == books.one("tokens", provider="plain")
    assert D(10) == books.one("user_requests", provider="plain")  # 1 + 1, and 8 without a run


def test_a_bucket_without_a_cost_is_priced_by_what_is_left_of_it(books):
    expected = (D(250) * 1 + 7 * 2 + 12 * 4) / 1_000_000

    assert expected == books.one("model_cost", provider="plain", team="blue")


ROWS.add(
    usage=[
        call("w", provider="told", cost="0.30", uncached_input_tokens=100, requests=1),
        call("w", provider="told", uncached_input_tokens=100, requests=1),
        bucket("told", team="blue", cost="0.90", uncached_input_tokens=300, requests=3),
        bucket("told", team="green", cost="0.30", uncached_input_tokens=100, requests=1),
    ]
)


def test_a_remainder_costs_what_the_buckets_cost_less_what_the_calls_cost(books):
    # 1.20 - 0.30 = 0.90, by 0.90 to 0.30; the call without a cost takes nothing off and stays unpriced
    assert {"blue": D("0.675"), "green": D("0.225"), "Unassigned": D("0.30")} == books.parts(
        "model_cost", "team", provider="told"
    )
    assert D(100) == books.one("unpriced_tokens", provider="told")


def test_several_buckets_of_one_key_share_what_is_left_by_their_own_amounts(books):
    assert {"blue": D(150), "green": D(50), "Unassigned": D(200)} == books.parts("tokens", "team", provider="told")


ROWS.add(
    usage=[
        call("w", provider="dear", cost="5", uncached_input_tokens=100, requests=1),
        bucket("dear", team="blue", cost="2", uncached_input_tokens=300, requests=3),
    ]
)


def test_a_remainder_never_costs_less_than_a_known_zero(books):
    assert {"blue": D(0), "Unassigned": D(5)} == books.parts("model_cost", "team", provider="dear")
    assert D(0) == books.one("unpriced_tokens", provider="dear")


ROWS.add(
    usage=[
        call("w", provider="all", cost="1", uncached_input_tokens=300, requests=5),
        bucket("all", team="blue", cost="3", uncached_input_tokens=300, requests=3),
    ]
)


def test_where_calls_exceed_nothing_is_posted(books):
    assert {"Unassigned": D(1)} == books.parts("model_cost", "team", provider="all")
    assert {"Unassigned": D(300)} == books.parts("tokens", "team", provider="all")


ROWS.add(
    usage=[
        call("w", provider="blurred", requests=1, uncached_input_tokens=100, output_tokens=10),
        bucket("blurred", team="blue", requests=2, uncached_input_tokens=60, cache_read_tokens=60,
               cache_write_tokens=0, output_tokens=30),
    ]
)  # fmt: skip


def test_a_class_that_calls_do_not_tell_apart_is_compared_together_with_the_input(books):
    # 120 - 100 = 20 of input and cache, split 60 to 60; reasoning stays unreported
    found = books.parts("tokens", "token_class", provider="blurred", team="blue")

    assert {name: n for name, n in found.items() if n} == {"uncached_input": 10, "cache_read": 10, "output": 20}
    assert books.one("reasoning_token_ratio", provider="blurred") is None


ROWS.add(
    usage=[
        call("w", provider="apart", account="a1", cost="1", uncached_input_tokens=100),
        call("w", provider="apart", account="a2", model="m2", cost="1", uncached_input_tokens=100),
        call("w", provider="apart", account="a2", started_at="2026-09-08", cost="1", uncached_input_tokens=100),
        call("", provider="APART ", account="a2", grain="bucket", team="blue", started_at="2026-09-07", cost="4",
             uncached_input_tokens=100),
    ]
)  # fmt: skip


def test_calls_of_another_account_model_or_day_explain_nothing(books):
    assert D(4) == books.one("model_cost", provider="apart", team="blue")
    assert D(7) == books.one("model_cost", provider="apart")


ROWS.add(usage=[call("w", provider="bulk", requests=50, uncached_input_tokens=100, cost="1"), call(
    "w", provider="bulk", requests=1, uncached_input_tokens=100, cost="1")])  # fmt: skip


def test_several_requests_alone_make_no_bucket(books):
    assert D(2) == books.one("model_cost", provider="bulk")
    assert D(51) == books.one("user_requests", provider="bulk")


ROWS.add(
    usage=[
        call("driven", provider="driver", product="driven", team="red", cost="1", uncached_input_tokens=100),
        bucket("driver", product="driven", team="blue", cost="4", uncached_input_tokens=400),
    ],
    charges=[
        {"charged_from": "2026-09-07", "component": "tool", "amount": "8", "split_by": "tokens", "product": "driven"}
    ],
)


def test_a_remainder_drives_what_is_split_and_its_bucket_does_not(books):
    assert {"red": D(2), "blue": D(6)} == books.parts("cost_tool", "team", product="driven")


ROWS.add(
    usage=[
        call("w", provider="ratio", cost="1", uncached_input_tokens=100, status="error"),
        bucket("ratio", cost="4", uncached_input_tokens=250, cache_read_tokens=150, reasoning_tokens=0),
    ]
)


def test_a_remainder_reports_what_its_bucket_s_columns_report(books):
    # The call reports a status, the bucket none: 100 of 100. The bucket alone reports cache reads; of its 400 the call
    # explains 100, and 300 are left, split 250 to 150 since the call does not tell them apart.
    assert D(1) == books.one("retry_token_ratio", provider="ratio")
    assert D(0) == books.one("reasoning_token_ratio", provider="ratio")
    tokens = {name: n for name, n in books.parts("tokens", "token_class", provider="ratio").items() if n}
    assert tokens == {"retry": 100, "uncached_input": 188, "cache_read": 112}
    assert round(D(112) / 300, 9) == books.one("cache_hit_rate", provider="ratio")


ROWS.add(
    usage=[
        call("w", provider="several", account="a", uncached_input_tokens=30, cost="0.30"),
        call("w", provider="several", uncached_input_tokens=60, cost="0.60"),
        bucket("several", account="a", team="of a", uncached_input_tokens=130, cost="1.30"),
        bucket("several", account="b", team="of b", uncached_input_tokens=50, cost="0.50"),
        bucket("several", team="of nobody", uncached_input_tokens=40, cost="0.40"),
    ]
)


def test_calls_without_an_account_explain_what_is_left_of_all_accounts_in_proportion(books):
    # a: 130 - 30 = 100, b: 50; 60 calls without an account take 40 and 20 of them; none are left for the blank bucket
    assert {"of a": D(60), "of b": D(30), "of nobody": D(40)} == left(books, "several", "tokens")
    assert {"of a": D("0.60"), "of b": D("0.30"), "of nobody": D("0.40")} == left(books, "several", "model_cost")


def left(books, provider, name):
    found = books.parts(name, "team", provider=provider)
    return {team: value for team, value in found.items() if team.startswith("of ")}


ROWS.add(
    usage=[
        call("w", provider="spare", account="a", uncached_input_tokens=70, cost="1"),
        call("w", provider="spare", account="c", uncached_input_tokens=10, cost="1"),
        bucket("spare", account="a", team="of a", uncached_input_tokens=50),
        bucket("spare", team="of nobody", uncached_input_tokens=100),
    ],
    prices=[{"provider": "spare", "model": "m1", "input_per_1m": "1"}],
)


def test_what_is_left_of_the_calls_explains_buckets_that_name_no_account(books):
    # 20 of a and the 10 of c are left for the blank bucket; a's own is used up and posts nothing
    assert {"of nobody": D(70)} == left(books, "spare", "tokens")


ROWS.add(
    usage=[
        call("w", provider="weeks", started_at="2026-09-07T10:00:00", uncached_input_tokens=30, cost="3"),
        bucket("weeks", team="of a day", ended_at="2026-09-08", uncached_input_tokens=50, cost="5"),
        bucket("weeks", team="of a week", ended_at="2026-09-14", uncached_input_tokens=120, cost="19"),
    ]
)


def test_a_bucket_of_several_days_is_explained_by_calls_and_shorter_buckets_and_lies_evenly_on_its_days(books):
    # the day leaves 50 - 30 = 20, cost 2; the week 120 - 30 - 20 = 70, ten a day, and costs 19 - 3 - 2 = 14, two a day
    days = {f"2026-09-{day:02}": D(10) for day in range(7, 14)}
    assert days == books.parts("tokens", "day", provider="weeks", team="of a week")
    assert {day: D(2) for day in days} == books.parts("model_cost", "day", provider="weeks", team="of a week")
    assert {"2026-09-07": D(20)} == books.parts("tokens", "day", provider="weeks", team="of a day")
    assert D(19) == books.one("model_cost", provider="weeks")


ROWS.add(
    usage=[
        call("w", provider="beyond", uncached_input_tokens=300, output_tokens=5, requests=3, cost="9"),
        bucket("beyond", uncached_input_tokens=200, output_tokens=9, requests=1, cost="4"),
    ]
)


def test_what_calls_hold_beyond_their_bucket_is_shown_and_never_posted(books):
    assert [(100, 0, 2, D(5))] == books.sql(
        "select uncached, output, requests, amount from excesses where provider = 'beyond'"
    )
    # four output tokens are left, and nothing of the money
    assert {"w": D(9), "Unassigned": D(0)} == books.parts("model_cost", "workflow", provider="beyond")
    assert D(309) == books.one("tokens", provider="beyond")


def test_nothing_that_check_knows_is_broken(books):
    assert not books.breaches()


def test_a_bucket_costs_the_same_whether_it_comes_before_or_after_its_calls(tmp_path):
    calls = [call("w", uncached_input_tokens=100, cost="1", record_id="c1")]
    buckets = [call("", grain="bucket", started_at="2026-09-07", uncached_input_tokens=400, cost="3")]
    for order in (calls, buckets), (buckets, calls):
        folder = tmp_path / str(order is calls) / str(len(list(tmp_path.iterdir())))
        folder.mkdir(parents=True)
        with opened(folder) as books:
            for rows in order:
                books.load(usage=rows)
            assert {"w": D(1), "Unassigned": D(2)} == books.parts("model_cost", "workflow")
