"""Mistakes of accounting, put into the product one at a time: the promises of a little world must notice each.

A promise that no mistake breaks proves nothing. Each entry below changes a few words of one SQL script, as the product
loads it, makes everything again from the archive, undoes an import, and names the promise that must fail.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from app.warehouse import build
from app.warehouse.settle import rules, scripts
from tests import little_world
from tests.promises import opened

SCRIPTS = ("macros.sql", "schema.sql", "canonical.sql", "views", "settle")


@dataclass(frozen=True)
class Mistake:
    """What a hurried change might do."""

    says: str
    file: str
    """A script below app/warehouse, or the name of a constant that holds SQL."""
    changes: tuple[tuple[str, str], ...]
    noticed_by: str


def mistake(says: str, file: str, old: str, new: str, noticed_by: str, *more: tuple[str, str]) -> Mistake:
    return Mistake(says, file, ((old, new), *more), noticed_by)


CHARGES_SUM = "a charge is spread over its days to the last unit"
SPLIT = "a split charge is shared to the last unit"
RENEWED = "the newest version of a key counts, and undo gives back what was replaced"
CLASSES = "every class counts once"
TOKENS = "tokens are the sum of their classes"
TRUST = "a run is trusted when every condition is true and it is not reopened"
FAILED = "failed runs stay in the cost, and every cost has its place"
COUNTING = "where counts and kind <> 'bucket' and "

MISTAKES = (
    mistake("Money goes through a double where it is converted.", "macros.sql",
            "((amount * rate)::decimal(38, 12))", "((amount::double * rate::double)::decimal(38, 12))",
            "money converts exactly"),
    mistake("The units that an even cut leaves over are lost.", "macros.sql",
            "case when place < abs(amount::hugeint) % count then 1 else 0 end", "0", CHARGES_SUM),
    mistake("The units that a split leaves over are lost.", "settle/charge_cells.sql",
            "then sign(month_units)::hugeint else 0", "then 0 else 0", SPLIT),
    mistake("A share takes the whole amount: weight and division are gone.", "macros.sql",
            "(abs(amount::hugeint) * weight::hugeint // total::hugeint)", "abs(amount::hugeint)",
            "a share is the amount by the weight through the total"),
    mistake("An older export that comes later wins.", "settle/beaten.sql",
            "order by clock desc, number desc", "order by number desc", RENEWED),
    mistake("A renewed row is added to the one that it replaces.", "settle/beaten.sql",
            "order by clock desc, number desc) > 1", "order by clock desc, number desc) > 99", RENEWED),
    mistake("What an undone import replaced does not come back.", "settle/old_usage.sql",
            "from elsewhere_usage\n    where", "from elsewhere_usage\n    where false and", RENEWED),
    mistake("Credits are dropped.", "settle/charge_months.sql",
            "as spread\n    where counts", "as spread\n    where counts and amount > 0",
            "a negative charge is a credit"),
    mistake("A row without a team is lost.", "views/usage_parts.sql",
            "where counts and kind <> 'bucket'", COUNTING + "team_final is not null",
            "what has no team stands in Unassigned, and the first rule wins"),
    mistake("Failed calls do not count.", "views/usage_parts.sql",
            "where counts and kind <> 'bucket'", COUNTING + "status is distinct from 'error'", FAILED),
    mistake("The cost of runs that failed does not count.", "views/usage_parts.sql",
            "where counts and kind <> 'bucket'",
            COUNTING + "coalesce(run_id not in (select run_id from runs where len(failed) > 0), true)", FAILED),
    mistake("Cache reads count as input too.", "views/usage_parts.sql",
            "coalesce(uncached_input_tokens, 0) as uncached,",
            "coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) as uncached,", CLASSES),
    mistake("Cache reads are priced as input too.", "settle/cost.sql",
            "coalesce(uncached_input_tokens, 0) as uncached,",
            "coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) as uncached,",
            "each component has its price"),
    mistake("Reasoning is left out of the tokens.", "views/usage_parts.sql",
            "+ coalesce(reasoning_tokens, 0) as all_tokens", "as all_tokens", TOKENS),
    mistake("The retry that succeeded counts as the waste.", "settle/cost.sql",
            "(attempt > 1 and status is null)", "attempt > 1", CLASSES),
    mistake("What has no price costs nothing.", "settle/cost.sql",
            "then cost else w_inference + w_input + w_cached_input + w_output + w_reasoning",
            "then cost else coalesce(w_inference + w_input + w_cached_input + w_output + w_reasoning, 0)",
            "what has no price is unpriced"),
    mistake("What has no rate converts one to one.", "settle/cost.sql",
            "convert(own_cost, rates.rate)", "convert(own_cost, coalesce(rates.rate, 1))",
            "what has no rate is unconverted"),
    mistake("An answer that nobody knows is a no.", "settle/judge.sql",
            "= starts_with(c, '!'), false)", "= starts_with(c, '!'), not starts_with(c, '!'))",
            "an answer that is missing is not false"),
    mistake("A reopened outcome stays trusted.", "settle/judge.sql",
            "len(missing) = 0 and len(failed) = 0 and coalesce(answers['reopened'], false) is false as is_trusted",
            "len(missing) = 0 and len(failed) = 0 as is_trusted", TRUST),
    mistake("A reversal moves its outcome to its own day.", "settle/judge.sql",
            "arg_min(day, place) filter", "arg_max(day, place) filter", "an outcome keeps the day of its first answer"),
    mistake("An object's amounts add up instead of the newest counting.", "settle/judge.sql",
            "coalesce('object ' || object_id, 'event ' || place)", "'event ' || place",
            "an outcome keeps the day of its first answer"),
    mistake("Days are UTC's.", "macros.sql",
            "(timezone(zone, moment at time zone 'UTC'))::date", "moment::date", "days are the reporting zone's"),
    mistake("A bucket counts on top of its calls.", "settle/bucket_meetings.sql",
            "greatest(0, bucket_left - calls_left)", "bucket_left", "tokens of calls and bucket count once"),
    mistake("A bucket's money counts on top of its calls'.", "settle/bucket_meetings.sql",
            "requests, cost, blurs_read, blurs_write, null", "requests, 0::hugeint, blurs_read, blurs_write, null",
            "calls explain their bucket"),
    mistake("A bucket of several days counts on its first day.", "settle/remainders.sql",
            "(first_day + nth_day::int)::date as", "first_day as", "a bucket of several days lies evenly on them"),
    mistake("Calls without an account explain nothing.", "settle/bucket_meetings.sql",
            "coalesce(sum(call_left) filter (account_id is null) over thing, 0)::hugeint as blank_calls",
            "0::hugeint as blank_calls", "calls without an account explain the buckets of all accounts"),
    mistake("Two sources of the same calls both count.", "settle/own_days.sql",
            "owned.kind is not null as is_lost", "false as is_lost", "of two sources the better one owns the day"),
    mistake("The days that a newer export covers are added to.", "settle/windows.sql",
            "where (replaces or renewal = 'window')", "where replaces",
            "the newest export replaces the days that it covers"),
    mistake("The longer bill of the same days is added, too.", "settle/bill_rests.sql",
            "held.amount - finer.amount as rest", "held.amount as rest",
            "of two bills the finer stands, and the longer one adds the rest"),
    mistake("Dearer tokens reach no team.", "settle/bill_scopes.sql",
            "and tokens > 0 and amount > 0", "and tokens < 0 and amount > 0",
            "dearer tokens are paid by those who use them"),
    mistake("What nobody used of a commitment is lost.", "settle/pool_shares.sql",
            "where whole <> posted\n", "where whole <> posted and kind = 'capacity'\n",
            "what nobody used of a commitment is a line of its own"),
    mistake("Capacity that stands idle is free.", "settle/pool_shares.sql",
            "where whole <> posted\n", "where whole <> posted and kind = 'commitment'\n",
            "a model of one's own costs what its capacity costs"),
    mistake("An invoice counts on top of what was metered.", "settle/bill_scopes.sql",
            "compared.billed - coalesce(metered.metered, 0) as difference", "compared.billed as difference",
            "what was billed beyond the traced stands in Unassigned"),
    mistake("A discount of the invoice reaches no team.", "settle/bill_scopes.sql",
            "case when weight > 0 then 'below list' else 'adjustment' end", "'adjustment'",
            "below list, every team pays what it pays"),
    mistake("Tax is spread over those who use the models.", "settle/bill_keys.sql",
            "when category in ('usage', 'adjustment') then 'compared'", "when category <> 'credit' then 'compared'",
            "tax is a line of its own"),
    mistake("A row that does not say how many requests it holds has none.", "views/usage_parts.sql",
            "run_id is null then coalesce(requests, 1)", "run_id is null then coalesce(requests, 0)",
            "a blank count of requests is one"),
    mistake("The last rule that fits wins.", "rules.FILLED",
            "arg_min(team, place)", "arg_max(team, place)",
            "what has no team stands in Unassigned, and the first rule wins"),
    mistake("People's minutes are free.", "settle/judge.sql",
            "where review.cost is not null", "where review.cost is not null and false", "minutes cost the rate"),
)  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> tuple[Path, str]:
    """The little world's database, closed, and the import that is still to be undone."""
    folder = tmp_path_factory.mktemp("world")
    with opened(folder, time_zone=little_world.ZONE) as books:
        return folder, little_world.load(books)


@contextmanager
def made(seeded: Mistake, folder: Path) -> Iterator[None]:
    """While it lasts, the product's SQL holds the mistake. Raises AssertionError where its words are not found."""
    source = build.HERE
    for name in SCRIPTS:
        (shutil.copytree if (source / name).is_dir() else shutil.copy)(source / name, folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "HERE", folder)
        patch.setattr(scripts, "HERE", folder / "settle")
        if seeded.file == "rules.FILLED":
            patch.setattr(rules, "FILLED", changed(rules.FILLED, seeded))
        else:
            path = folder / seeded.file
            path.write_text(changed(path.read_text(), seeded))
        scripts.text.cache_clear()
        yield
    scripts.text.cache_clear()


def changed(text: str, seeded: Mistake) -> str:
    """The text with the mistake in it."""
    for old, new in seeded.changes:
        assert old in text, f"{seeded.file} does not hold these words any more: {old}"
        text = text.replace(old, new)
    return text


def found_broken(world: tuple[Path, str], folder: Path, *promises: str) -> dict[str, str]:
    """Which of these promises do not hold in a copy of the world that is made anew, once the import is undone."""
    shutil.copytree(world[0], folder)
    with opened(folder, time_zone=little_world.ZONE) as books:
        with books.warehouse.writing() as con:
            build.drop_everything(con)
            build.create(con, books.warehouse.settings)
        try:
            books.rebuild()
            books.undo(world[1])
        except duckdb.Error as error:  # what cannot even be made keeps no promise
            return dict.fromkeys(promises, str(error))
        return little_world.broken(books, promises)


def test_without_a_mistake_every_promise_holds(world, tmp_path):
    assert not found_broken(world, tmp_path / "world", *little_world.PROMISES)


@pytest.mark.parametrize("seeded", MISTAKES, ids=lambda seeded: seeded.says)
def test_a_mistake_is_noticed(seeded, world, tmp_path):
    (tmp_path / "sql").mkdir()
    with made(seeded, tmp_path / "sql"):
        broken = found_broken(world, tmp_path / "world", seeded.noticed_by)

    assert seeded.noticed_by in broken


def test_every_promise_is_broken_by_some_mistake():
    unbroken = little_world.PROMISES.keys() - {seeded.noticed_by for seeded in MISTAKES}

    assert {"the parts add up to the whole"} >= unbroken
