"""Each way into the order of settling gives what making everything again gives, and undoing it gives back what was."""

import shutil
from contextlib import closing
from datetime import datetime
from itertools import permutations

import pytest

from app.warehouse import cubes
from tests import little_world
from tests.promises import NOON, call, event, opened

CUTS = (
    (), ("day",), ("team",), ("workflow", "month"), ("provider", "model", "account"), ("team", "role"),
    ("product", "customer", "region"), ("project",), ("token_class",), ("cost_component",), ("use_case",),
)  # fmt: skip
BY_STATE = (
    "trusted_run_cost", "untrusted_run_cost", "unverified_run_cost", "cost_with_run",
    "trusted", "refuted", "unverified",
)  # fmt: skip
OLDER, NEWER = datetime(2026, 9, 1), datetime(2026, 10, 1)  # noqa: DTZ001 - naive UTC, as files are stamped


def snapshot(books):
    """All figures by several cuts and bases, what reconcile says, and every run as it is judged."""
    figures = {by: books.asked(by) for by in CUTS}
    figures["metered"] = books.asked(("provider",), basis="metered")
    figures["invoiced"] = books.asked(("provider", "day"), basis="invoiced")
    figures["filtered"] = books.asked(("workflow",), model="m1")
    figures["by state"] = books.figures(*BY_STATE, by=("day", "team", "workflow", "provider"))
    figures["by state, of customers"] = books.figures(*BY_STATE, by=("day", "customer", "region"))
    figures["by state, of keys"] = books.figures(*BY_STATE, by=("day", "api_key", "project"))
    figures["reconciled"] = books.reconciled()
    figures["runs"] = books.sql("select * from runs order by run_id")
    figures["lines"] = books.sql("select * exclude (rule_ids) from lines order by all")
    return figures


def unlike(books):
    """Rows of cubes that are not what their views add up to."""
    with closing(books.warehouse.cursor()) as con:
        for cube in (*cubes.USAGE, cubes.LATENCY, *cubes.RUNS):
            given = cubes.selection(con, cube, "true")
            names = [row[0] for row in con.execute(f"describe {given}").fetchall()]
            held = f"select {', '.join(names)} from {cube.table}"
            yield from con.execute(
                f"(({held}) except all ({given})) union all (({given}) except all ({held})) limit 20"
            ).fetchall()


def differing(one, other):
    """The figures that differ, with both sides."""
    return {name: (one[name], other[name]) for name in one if one[name] != other[name]}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """The little world as it stands before anything is undone, closed, and all that it says."""
    folder = tmp_path_factory.mktemp("template")
    with opened(folder, time_zone=little_world.ZONE) as books:
        little_world.load(books)
        return folder, snapshot(books)


@pytest.fixture
def world(template, tmp_path):
    """A copy of the little world."""
    shutil.copytree(template[0], tmp_path / "world")
    with opened(tmp_path / "world", time_zone=little_world.ZONE) as books:
        yield books


CHARGE = {"charged_from": "2026-08-30", "charged_to": "2026-09-08", "component": "tool", "amount": "100"}
BILL = {"charged_from": "2026-09-07", "charged_to": "2026-09-08", "billed_cost": "7"}
WAYS = {
    "calls of a known run": ("usage", [
        call("earlier", run_id="c1", team="green", cost="2", started_at="2026-09-06T12:00:00"),
        call("", run_id="t1", region="eu", turn=2, cost="2"), call("", run_id="v1", team="late", cost="1"),
        call("", product="split", team="d", cost="7"), call("", provider="cheap", team="red", cost="5"),
    ], {}),
    "an older export": ("usage", [call("renewed", record_id=key, cost="50") for key in ("k2", "k9")], {"as_of": OLDER}),
    "a newer export": ("usage", [call("moved", record_id="k1", cost="6", run_id="t1", started_at="2026-09-02")],
                       {"as_of": NEWER}),
    "all there is": ("usage", [call("late", run_id="t1", cost="9", started_at="2026-09-08T12:00")], {"replace": True}),
    "a bucket": ("usage", [call("trust", grain="bucket", model="m1", started_at="2026-09-07", cost="2000000",
                                uncached_input_tokens=10_000, team="buckets")], {}),
    "a price": ("prices", [
        {"provider": "acme", "model": "m1", "valid_from": "2026-09-07", "input_per_1m": "8", "output_per_1m": "2"},
        {"provider": "acme", "model": "nobody-knows", "output_per_1m": "1"},
    ], {}),
    "a rate": ("fx", [{"day": "2026-09-05", "currency": "EUR", "rate": "1.2"},
                      {"day": "2026-09-05", "currency": "GBP", "rate": "1.3"}], {}),
    "rules": ("assignments", [{"rule_id": "1", "match_project": "nobody's", "team": "found"},
                              {"rule_id": "3", "match_workflow": "t*", "region": "ruled", "product": "split"},
                              {"rule_id": "4", "match_provider": "short", "team": "billed"}], {"replace": True}),
    "a workflow": ("workflows", [{"workflow": "trust", "use_case": "commerce", "window_days": 100},
                                 {"workflow": "reviewed", "review_rate_per_hour": "10", "currency": "EUR"}], {}),
    "an account map": ("accounts", [{"provider": name, "account": "mapped", "gateway": "usage"}
                                    for name in ("acme", "cheap", "bucketed")], {}),
    "a finer bill": ("billed", [{**BILL, "provider": name} for name in ("cheap", "short", "acme", "bucketed")], {}),
    "a bill by account and project": ("billed", [{**BILL, "provider": "cheap", "account": "a", "project": "p"}], {}),
    "a longer bill": ("billed", [
        {"charged_from": "2026-08-20", "charged_to": "2026-10-10", "provider": name, "billed_cost": "90"}
        for name in ("cheap", "billed twice", "reserved", "long")
    ], {}),
    "a commitment": ("commitments", [
        {"commitment_id": "c", "provider": "reserved", "valid_from": "2026-09-06", "valid_to": "2026-09-07",
         "unit": "1k tokens", "units": "4", "unit_rate": "3"},
        {"commitment_id": "d", "provider": "reserved", "unit": "PTU-month", "units": "1", "unit_rate": "31"},
    ], {}),
    "capacity": ("capacity", [
        {"capacity_id": "of all", "model": "m1", "started_at": NOON, "ended_at": "2026-09-09T00:00:00", "amount": "9"},
    ], {}),
    "buckets of several days and accounts": ("usage", [
        call("", provider="long", grain="bucket", started_at="2026-09-01", ended_at="2026-09-03", cost="4",
             uncached_input_tokens=400),
        call("", provider="nameless", team="more", cost="1", uncached_input_tokens=100),
        call("", provider="nameless", grain="bucket", started_at="2026-09-06", ended_at="2026-09-09", cost="9",
             uncached_input_tokens=900),
        call("", provider="openai", model="gpt-4o", grain="bucket", started_at="2026-09-10", ended_at="2026-09-12",
             uncached_input_tokens=50),  # a better source than the export
    ], {}),
    "charges": ("charges", [
        {**CHARGE, "split_by": "cost"}, {**CHARGE, "split_by": "runs", "team": "red"}, {**CHARGE, "run_id": "t1"},
        {**CHARGE, "currency": "EUR", "split_by": "tokens"}, {**CHARGE, "currency": "GBP"},
        {**CHARGE, "run_id": "later"},
    ], {}),
    "events": ("outcomes", [
        event("t2", completed="true", occurred_at="2026-09-01T00:00:00"), event("c1", **little_world.TRUSTED),
        event("w1", human_minutes="6", occurred_at="2026-09-12T00:00:00"),
        event("v1", revenue="3", object_id="o", currency="EUR", occurred_at="2026-09-21T00:00:00"),
        event("new", workflow="trust", completed="true"),
    ], {}),
    "checks": ("checks", [
        {"run_id": run, "decided_at": "2026-09-10T00:00:00", "kind": "human", "name": "n", "condition": "safe",
         "result": result, "cost": "1", "currency": currency}
        for run, result, currency in (("t1", "fail", "USD"), ("t3", "pass", "GBP"), ("alone", "pass", "EUR"))
    ], {}),
    "steps": ("steps", [{"run_id": run, "started_at": NOON, "kind": "retrieval", "cost": "1", "currency": "EUR",
                         "workflow": "trust"} for run in ("t1", "stepped")], {}),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_an_import_gives_what_making_all_again_gives_and_its_undo_gives_back_what_was(world, template, way):
    table, rows, options = WAYS[way]
    before = template[1]

    result = world.give(table, rows, **options)
    after = snapshot(world)
    breaches = [*world.breaches(), *unlike(world)]
    world.undo(result.import_id)
    undone = snapshot(world)

    assert (result.status, result.rows_rejected) == ("loaded", 0)
    assert differing(before, after)
    assert not differing(before, undone)
    assert not breaches
    assert not world.breaches()
    assert not list(unlike(world))

    world.give(table, rows, **options)
    world.rebuild()
    assert not differing(after, snapshot(world))


def test_a_setting_changes_figures_by_making_all_again(template, tmp_path):
    """Under another time zone: the same as if the database had always had it."""
    shutil.copytree(template[0], tmp_path / "moved")
    with opened(tmp_path / "moved", time_zone="UTC") as books:
        books.rebuild()
        moved = snapshot(books)
        assert not books.breaches()
    (tmp_path / "always").mkdir()
    with opened(tmp_path / "always", time_zone="UTC") as books:
        little_world.load(books)

        assert not differing(snapshot(books), moved)


SPEND = {
    "calls": {"usage": [
        call("w", run_id="r1", team="red", cost="1", uncached_input_tokens=100),
        call("w", run_id="r2", team="blue", cost="2", uncached_input_tokens=200),
    ]},
    "bucket": {"usage": [
        call("", grain="bucket", started_at="2026-09-07", cost="6", uncached_input_tokens=600, project="p"),
    ]},
    "bill": {"billed": [{**little_world.SEPTEMBER, "provider": "acme", "billed_cost": "5"}]},
}  # fmt: skip


def test_calls_bucket_and_bill_of_one_spend_give_the_same_figures_in_every_order(tmp_path):
    found = []
    for place, order in enumerate(permutations(SPEND)):
        (tmp_path / str(place)).mkdir()
        with opened(tmp_path / str(place)) as books:
            for name in order:
                books.load(**SPEND[name])
            found.append(snapshot(books))
            assert not books.breaches()

    assert [each[()][0]["all_in_cost"] for each in found] == [5] * 6
    assert [each[()][0]["tokens"] for each in found] == [600] * 6
    assert all(not differing(found[0], other) for other in found[1:])


SERIES = [
    {"prices": [{"provider": "acme", "model": "m1", "input_per_1m": "1", "output_per_1m": "4"}]},
    {"usage": [call("w", run_id="r1", record_id="a", team="red", uncached_input_tokens=1000),
               call("w", run_id="r2", record_id="b", team="blue", cost="2", output_tokens=5)]},
    {"usage": [call("w", run_id="r1", record_id="a", team="green", uncached_input_tokens=3000),
               call("w", run_id="r3", record_id="c", cost="3", currency="EUR")]},
    {"outcomes": [event("r1", **little_world.TRUSTED), event("r3", completed="true", revenue="5")]},
    {"charges": [{**CHARGE, "split_by": "cost"}, {**CHARGE, "run_id": "r3"}]},
    {"billed": [{"charged_from": "2026-09-01", "charged_to": "2026-09-30", "provider": "acme", "billed_cost": "1"}],
     "fx": [{"day": "2026-09-01", "currency": "EUR", "rate": "2"}]},
]  # fmt: skip


@pytest.mark.parametrize("gone", range(len(SERIES)))
def test_undo_leaves_what_the_other_imports_give_in_an_empty_database(tmp_path, gone):
    (tmp_path / "all").mkdir()
    with opened(tmp_path / "all") as books:
        ids = [books.load(**tables) for tables in SERIES]
        for import_id in ids[gone]:
            books.undo(import_id)
        after = snapshot(books)
        assert not books.breaches()
    (tmp_path / "others").mkdir()
    with opened(tmp_path / "others") as books:
        for place, tables in enumerate(SERIES):
            if place != gone:
                books.load(**tables)
        others = snapshot(books)

    for each in (after, others):
        each["lines"] = sorted(each["lines"], key=str)
    assert not differing(others, after)


def test_importing_everything_again_changes_nothing(world, template):
    before = template[1]

    for table, rows in little_world.TABLES.items():
        assert world.give(table, rows).status == "unchanged"
    assert world.give("usage", little_world.CALLS).status == "unchanged"

    assert not differing(before, snapshot(world))
