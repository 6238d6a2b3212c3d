"""The command line is a contract: its options, its JSON, its exit codes, and one clear line when something is wrong."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from app import cli
from app.cli import app as commands
from app.cli import run
from app.session import Session
from app.settings import Settings
from app.terminal import Terminal
from app.warehouse.build import canonical
from tests.conftest import TODAY

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "tests" / "small_company"
FILES = sorted(SAMPLE.glob("*.csv"))

METRICS = (
    "cost_per_1m_tokens", "cost_per_request", "cost_per_workflow", "cost_per_trusted_outcome",
    "tokens_per_successful_outcome", "retry_token_ratio", "reasoning_token_ratio", "cache_hit_rate",
    "eval_overhead_ratio", "gross_margin_per_trusted_outcome",
)  # fmt: skip
COMPONENTS = (
    "inference", "input", "cached_input", "output", "reasoning", "retry", "evaluation", "retrieval", "tool",
    "observability", "human_review", "infrastructure", "other", "true_up",
)  # fmt: skip
BESIDE = (
    "all_in_cost", "model_cost", "tokens", "runs", "trusted", "successful", "user_requests", "unverified",
    "provisional", "unpriced_tokens", "unconverted",
)  # fmt: skip
IMPORT = {
    "file", "source", "status", "import_id", "rows_read", "rows_accepted", "rows_unchanged", "rows_rejected",
    "rows_skipped", "period_start", "period_end", "error",
}  # fmt: skip
RECONCILED = {
    "provider", "account", "month", "metered", "invoiced", "difference", "true_up", "reasons", "token_coverage",
}  # fmt: skip

USAGE = """record_id,started_at,provider,model,run_id,team,uncached_input_tokens,output_tokens,cost,status
c1,2026-09-01T10:00:00Z,openai,gpt-5-mini,r1,Search,100,10,1.20,ok
c2,2026-09-30T23:59:59Z,openai,gpt-5-mini,r2,Ads,200,20,0.80,ok
c3,2026-10-01T00:00:00Z,openai,gpt-5-mini,,,300,30,0.50,ok
"""
BROKEN = """record_id,started_at,provider,model,uncached_input_tokens,cost
b1,2026-09-01T10:00:00Z,openai,gpt-5-mini,100,1.20
b2,2026-09-31T10:00:00Z,openai,gpt-5-mini,100,1.20
=b3,2026-09-02T10:00:00Z,openai,gpt-5-mini,-5,1.20
"""


@dataclass(frozen=True)
class Done:
    """What a command did: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Done]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Runs commands in an empty folder, on a database of its own."""

    def call(*words: str | Path) -> Done:
        out, err = io.StringIO(), io.StringIO()
        settings = Settings(db=tmp_path / "pnl.duckdb", today=TODAY, memory_limit="1GB", threads=2, lock_seconds=0)
        session = Session(Terminal(out, err, tmp_path), settings)
        try:
            code = run([str(word) for word in words], session)
        finally:
            session.close()
        return Done(code, out.getvalue(), err.getvalue())

    return call


@pytest.fixture
def usage(tmp_path: Path) -> Path:
    return written(tmp_path / "usage.csv", USAGE)


def written(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def one_line(done: Done, code: int) -> str:
    """What went wrong: the exit code, nothing on stdout, one line on stderr."""
    assert (done.code, done.out) == (code, "")
    assert done.err.count("\n") == 1
    assert done.err.endswith("\n")
    assert "Traceback" not in done.err
    return done.err.strip()


def test_ingest_says_of_each_file_what_became_of_it(command: Command, usage: Path) -> None:
    done = command("ingest", "usage.csv", "--json")

    (entry,) = done.json["imports"]
    assert (done.code, done.err) == (0, "")
    assert set(entry) == IMPORT
    assert entry == {
        "file": "usage.csv", "source": "usage", "status": "loaded", "import_id": entry["import_id"],
        "rows_read": 3, "rows_accepted": 3, "rows_unchanged": 0, "rows_rejected": 0, "rows_skipped": 0,
        "period_start": "2026-09-01", "period_end": "2026-10-01", "error": None,
    }  # fmt: skip


def test_the_same_file_again_is_unchanged_and_names_the_import_that_holds_it(command: Command, usage: Path) -> None:
    first = command("ingest", usage, "--json").json["imports"][0]

    again = command("ingest", usage, "--json")

    entry = again.json["imports"][0]
    assert again.code == 0
    assert (entry["status"], entry["import_id"]) == ("unchanged", first["import_id"])
    assert (entry["rows_read"], entry["rows_accepted"], entry["rows_unchanged"]) == (3, 0, 3)
    assert len(command("imports", "--json").json["imports"]) == 1


def test_one_bad_file_does_not_keep_the_others_out(command: Command, usage: Path, tmp_path: Path) -> None:
    written(tmp_path / "letter.csv", "dear,reader\n1,2\n")

    done = command("ingest", "letter.csv", "usage.csv", "missing.csv", "--json")

    letter, loaded, missing = done.json["imports"]
    assert done.code == 1
    assert [letter["status"], loaded["status"], missing["status"]] == ["failed", "loaded", "failed"]
    assert [letter["import_id"], missing["import_id"]] == [None, None]
    assert "letter.csv" in letter["error"]
    assert "missing.csv" in missing["error"]
    assert len(done.err.splitlines()) == 2
    assert command("metrics", "--json").json["rows"][0]["tokens"] == 660


def test_a_file_of_no_known_format_is_one_line_with_the_nearest_one(command: Command, tmp_path: Path) -> None:
    written(tmp_path / "near.csv", "record_id,started_at,provider,cost\na,2026-09-01,openai,1\n")

    said = one_line(command("ingest", "near.csv"), 1)

    assert "near.csv is in no format we know" in said
    assert "Usage" in said
    assert "model" in said


def test_a_dry_run_says_what_it_would_do_and_does_nothing(command: Command, usage: Path) -> None:
    done = command("ingest", usage, "--dry-run", "--json")

    (entry,) = done.json["imports"]
    assert done.code == 0
    assert entry["rows_accepted"] == 3
    assert entry["preview"]
    assert command("imports", "--json").json == {"imports": []}
    assert command("metrics", "--json").json["rows"][0]["tokens"] in (0, None)


def test_the_preview_is_written_for_people_too(command: Command, usage: Path) -> None:
    done = command("ingest", usage, "--dry-run")

    assert done.code == 0
    assert "2026-09" in done.out


def test_an_undone_import_no_longer_counts_and_stays_in_the_trail(command: Command, usage: Path) -> None:
    import_id = command("ingest", usage, "--json").json["imports"][0]["import_id"]

    assert command("undo", import_id).code == 0

    (row,) = command("imports", "--json").json["imports"]
    assert (row["import_id"], row["status"]) == (import_id, "undone")
    assert command("metrics", "--json").json["rows"][0]["tokens"] in (0, None)


def test_a_month_is_closed_and_opened_again_and_says_which_import_did_it(command: Command, usage: Path) -> None:
    command("ingest", str(usage))
    early = command("close", "2026-10")
    done = command("close", "2026-10", "--through")
    again = command("close", "2026-09")
    opened = command("reopen", "2026-10")

    assert (early.code, early.out) == (1, "")
    assert "2026-09 is open and comes before 2026-10" in early.err
    assert done.code == 0
    assert [line.split(":")[0] for line in done.out.splitlines()] == [
        "2026-09 is closed as import i000002",
        "2026-10 is closed as import i000003",
    ]
    assert (again.code, again.err.strip()) == (1, "2026-09 is closed already.")
    assert (opened.code, opened.out.strip()) == (0, "2026-10 is open again; i000003, which had closed it, is undone.")
    assert command("close", "October").code == 2


@pytest.mark.parametrize("words", [("undo", "i999999"), ("rejects", "i999999"), ("run", "no-such-run")])
def test_what_does_not_exist_is_one_line_that_names_it(command: Command, words: Sequence[str]) -> None:
    assert words[1] in one_line(command(*words), 1)


def test_rejects_say_line_text_and_reason(command: Command, tmp_path: Path) -> None:
    written(tmp_path / "broken.csv", BROKEN)
    loaded = command("ingest", "broken.csv", "--json").json["imports"][0]

    shown = command("rejects", loaded["import_id"])

    assert (loaded["rows_read"], loaded["rows_accepted"], loaded["rows_rejected"]) == (3, 1, 2)
    assert "line 3:" in shown.out
    assert "2026-09-31" in shown.out
    assert "line 4:" in shown.out


def test_rejects_as_a_file_keep_the_text_and_run_nothing_in_a_spreadsheet(command: Command, tmp_path: Path) -> None:
    written(tmp_path / "broken.csv", BROKEN)
    import_id = command("ingest", "broken.csv", "--json").json["imports"][0]["import_id"]

    done = command("rejects", import_id, "--out", "rejects.csv")

    rows = list(csv.DictReader((tmp_path / "rejects.csv").read_text().splitlines()))
    assert done.code == 0
    assert [row["line"] for row in rows] == ["3", "4"]
    assert rows[1]["text"].startswith("'=b3,")
    assert all(row["reason"] for row in rows)


def test_metrics_hold_every_figure_of_the_contract_under_its_name(command: Command, usage: Path) -> None:
    command("ingest", usage)

    document = command("metrics", "--by", "team,month", "--json").json

    assert set(document) == {"currency", "from", "to", "rows"}
    assert document["currency"] == "USD"
    names = {"team", "month", *METRICS, *BESIDE, *(f"cost_{name}" for name in COMPONENTS)}
    assert all(names <= set(row) for row in document["rows"])
    assert {("Search", "2026-09"), ("Ads", "2026-09"), ("Unassigned", "2026-10")} == {
        (row["team"], row["month"]) for row in document["rows"]
    }


def test_money_is_exact_and_what_is_not_known_is_null(command: Command, usage: Path) -> None:
    command("ingest", usage)

    (row,) = command("metrics", "--json").json["rows"]

    assert Decimal(str(row["all_in_cost"])) == Decimal("1.20") + Decimal("0.80") + Decimal("0.50")
    assert Decimal(str(row["cost_per_1m_tokens"])).quantize(Decimal("0.01")) == Decimal("3787.88")  # 2.50 / 660 x 1M
    assert row["cost_per_trusted_outcome"] is None
    assert row["cache_hit_rate"] is None
    assert (row["trusted"], row["runs"]) == (0, 2)


def test_by_may_be_repeated_as_well_as_joined(command: Command, usage: Path) -> None:
    command("ingest", usage)

    joined = command("metrics", "--by", "team,provider", "--json")
    repeated = command("metrics", "--by", "team", "--by", "provider", "--json")

    assert joined.out == repeated.out


def test_from_and_to_are_both_inclusive(command: Command, usage: Path) -> None:
    command("ingest", usage)

    def tokens(*words: str) -> int:
        return int(command("metrics", *words, "--json").json["rows"][0]["tokens"])

    assert tokens("--from", "2026-09-01", "--to", "2026-09-30") == 110 + 220
    assert tokens("--from", "2026-09-30") == 220 + 330
    assert tokens("--to", "2026-09-01") == 110


def test_one_dimension_twice_means_either_and_two_mean_both(command: Command, usage: Path) -> None:
    command("ingest", usage)

    def tokens(*conditions: str) -> int:
        words = [word for condition in conditions for word in ("--where", condition)]
        return sum(row["tokens"] or 0 for row in command("metrics", *words, "--json").json["rows"])

    assert tokens("team=Search") == 110
    assert tokens("team=Search", "team=Ads") == 330
    assert tokens("team=Search", "month=2026-09") == 110
    assert tokens("team=Search", "month=2026-10") == 0
    assert tokens("team=Unassigned") == 330


def test_metrics_as_csv_are_the_same_figures(command: Command, usage: Path) -> None:
    command("ingest", usage)
    document = command("metrics", "--by", "team", "--json").json

    rows = list(csv.DictReader(io.StringIO(command("metrics", "--by", "team", "--csv").out)))

    assert [row["team"] for row in document["rows"]] == [row["team"] for row in rows]
    for exact, shown in zip(document["rows"], rows, strict=True):
        for name in (*METRICS, "all_in_cost", "tokens", "runs"):
            assert shown[name] == ("" if exact[name] is None else str(exact[name]))


def test_metrics_for_people_carry_their_unit_and_say_no_data(command: Command, usage: Path) -> None:
    command("ingest", usage)

    shown = command("metrics").out

    assert "$2.50" in shown
    assert "no data" in shown


@pytest.mark.parametrize("basis", ["metered", "invoiced"])
def test_each_basis_is_a_document_of_its_own(command: Command, basis: str) -> None:
    assert command("ingest", *FILES).code == 0

    document = command("metrics", "--basis", basis, "--json").json

    (ledger,) = command("metrics", "--json").json["rows"]
    (row,) = document["rows"]
    assert row["cost_true_up"] != ledger["cost_true_up"] or basis == "invoiced"
    assert set(row) == set(ledger)


def test_reconcile_has_a_row_per_provider_account_and_month(command: Command) -> None:
    command("ingest", *FILES)

    rows = command("reconcile", "--json").json["rows"]

    assert rows
    assert all(set(row) >= RECONCILED for row in rows)
    for row in rows:
        if row["invoiced"] is not None:
            difference = Decimal(str(row["invoiced"])) - Decimal(str(row["metered"]))
            assert difference == Decimal(str(row["difference"]))


def test_a_run_answers_the_eight_questions(command: Command) -> None:
    command("ingest", *FILES)

    document = command("run", "run-0001", "--json").json

    assert document["run_id"] == "run-0001"
    assert len(document) >= 8
    assert command("run", "run-0001").out


def test_demo_loads_every_file_and_only_once_when_asked(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "SAMPLE", SAMPLE)

    done = command("demo", "--json")

    assert [path.name for path in FILES] == [entry["file"] for entry in done.json["imports"]]
    assert {"loaded"} == {entry["status"] for entry in done.json["imports"]}
    assert command("demo", "--if-empty") == Done(0, "", "")


def test_check_proves_the_sample_and_finds_a_figure_that_was_changed_by_hand(command: Command, tmp_path: Path) -> None:
    command("ingest", *FILES)
    assert command("check").code == 0

    con = duckdb.connect(str(tmp_path / "pnl.duckdb"))
    con.execute("update usage set cost_output = cost_output + 1 where record_id = 'c-00001'")
    con.close()

    broken = command("check")
    assert broken.code == 1
    assert broken.out
    assert "invariant" in broken.err


def test_rebuild_gives_the_same_figures(command: Command) -> None:
    command("ingest", *FILES)
    before = command("metrics", "--by", "team,month,model", "--json").out

    assert command("rebuild").code == 0

    assert before == command("metrics", "--by", "team,month,model", "--json").out


def test_a_backup_never_overwrites(command: Command, usage: Path) -> None:
    command("ingest", usage)
    assert command("backup", "saved.duckdb").code == 0

    assert "saved.duckdb exists already" in one_line(command("backup", "saved.duckdb"), 1)


def test_sources_list_every_canonical_table_with_its_template(command: Command) -> None:
    known = {source["name"]: source for source in command("sources", "--json").json["sources"]}

    for table, columns in canonical().items():
        assert known[table]["template"] == [column.name for column in columns]
        header = command("sources", "--template", table).out
        assert header == ",".join(column.name for column in columns) + "\n"


def test_a_template_that_is_filled_in_loads(command: Command, tmp_path: Path) -> None:
    command("sources", "--template", "teams", "--out", "teams.csv")
    with (tmp_path / "teams.csv").open("a") as file:
        file.write("Search,Products,100,Ada\n")

    done = command("ingest", "teams.csv", "--json")

    assert [(entry["source"], entry["rows_accepted"]) for entry in done.json["imports"]] == [("teams", 1)]


@pytest.mark.parametrize(
    "words",
    [
        ("metrics",), ("metrics", "--json"), ("metrics", "--by", "team", "--csv"), ("imports",), ("imports", "--json"),
        ("reconcile",), ("reconcile", "--json"), ("sources",), ("sources", "--json"), ("check",), ("rebuild",),
        ("backup", "saved.duckdb"),
    ],
)  # fmt: skip
def test_a_database_that_does_not_exist_yet_is_an_empty_one(command: Command, words: Sequence[str]) -> None:
    done = command(*words)

    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("frobnicate",), "frobnicate"),
        (("metrics", "--nope"), "--nope"),
        (("metrics", "--by", "taem"), "Did you mean team"),
        (("metrics", "--where", "taem=a"), "Did you mean team"),
        (("metrics", "--where", "team"), "--where team=Search"),
        (("metrics", "--from", "2026-09-31"), "2026-09-31"),
        (("metrics", "--from", "2026-09-02", "--to", "2026-09-01"), "lies after"),
        (("metrics", "--basis", "billed"), "billed"),
        (("metrics", "--json", "--csv"), "exclude each other"),
        (("sources", "--template", "usge"), "Did you mean usage"),
        (("ingest",), "FILE"),
        (("ingest", "a.csv", "--source", "usge"), "Did you mean usage"),
        (("ingest", "a.csv", "--encoding", "klingon"), "klingon"),
        (("ingest", "a.csv", "--decimal", "star"), "star"),
        (("ingest", "a.csv", "--dates", "ddd"), "ddd"),
        (("ingest", "a.csv", "--timezone", "Mars/Olympus"), "Mars/Olympus"),
        (("ingest", "a.csv", "--as-of", "yesterday"), "yesterday"),
        (("undo",), "IMPORT_ID"),
        (("serve", "--port", "0"), "--port"),
    ],
)
def test_a_wrong_word_is_usage_and_says_what_would_be_right(
    command: Command, words: Sequence[str], says: str, tmp_path: Path
) -> None:
    assert says in one_line(command(*words), 2)
    assert not (tmp_path / "pnl.duckdb").exists() or "--by" in words or "--where" in words


def test_every_command_of_the_contract_is_there_and_says_what_it_does(command: Command) -> None:
    names = {
        "serve", "ingest", "sources", "imports", "undo", "rejects", "metrics", "reconcile", "run", "check", "rebuild",
        "close", "reopen", "backup", "demo", "mappings",
    }  # fmt: skip
    there = {
        info.name or info.callback.__name__: info.callback.__doc__
        for info in commands.registered_commands
        if info.callback
    }

    assert names == set(there)
    assert all(there.values())


@pytest.mark.parametrize(
    ("name", "value"), [("CURRENCY", "usd"), ("TIME_ZONE", "Mars/Olympus"), ("HOST", "0.0.0.0"), ("PORT", "x")]
)
def test_a_setting_that_does_not_fit_is_one_line_that_names_it(tmp_path: Path, name: str, value: str) -> None:
    done = as_process(tmp_path, "metrics", **{f"TOKENPNL_{name}": value})

    said = one_line(done, 1)
    assert f"TOKENPNL_{name}" in said
    assert value in said


def as_process(folder: Path, *words: str, **environment: str) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "app", *words],
        cwd=folder, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"} | environment,
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


def test_as_a_process_it_is_the_same_and_finds_its_database_by_the_setting(tmp_path: Path) -> None:
    written(tmp_path / "usage.csv", USAGE)

    loaded = as_process(tmp_path, "ingest", "usage.csv", "--json", TOKENPNL_DB="here/pnl.duckdb")
    named = as_process(tmp_path, "--db", "here/pnl.duckdb", "metrics", "--json")
    wrong = as_process(tmp_path, "metrics", "--by", "taem", TOKENPNL_DB="here/pnl.duckdb")

    assert (loaded.code, loaded.err) == (0, "")
    assert named.json["rows"][0]["tokens"] == 660
    assert (tmp_path / "here" / "pnl.duckdb").exists()
    assert "Did you mean team" in one_line(wrong, 2)


def test_a_file_that_is_no_database_is_one_clear_line(command: Command, tmp_path: Path) -> None:
    written(tmp_path / "pnl.duckdb", "dear reader\n" * 1000)

    assert "is not a database" in one_line(command("metrics"), 1)


def test_a_database_of_another_version_is_made_again_from_its_archive(command: Command, tmp_path: Path) -> None:
    command("ingest", *FILES)
    before = command("metrics", "--by", "team,month", "--json").out
    con = duckdb.connect(str(tmp_path / "pnl.duckdb"))
    con.execute("update meta set value = '0' where key = 'schema_version'")
    con.execute("alter table usage drop column cost_output cascade")
    con.close()

    after = command("metrics", "--by", "team,month", "--json")

    assert (after.code, after.out) == (0, before)
    assert "version 0" in after.err
    assert command("metrics", "--json").err == ""
    assert command("check").code == 0


def test_a_question_that_takes_too_long_is_given_up_in_one_line(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object, **__: object) -> None:
        con = duckdb.connect()
        con.execute("set max_execution_time = 100")
        con.execute("select count(*) from range(1000000) a, range(1000000) b")

    monkeypatch.setattr(cli, "metrics_document", endless)

    assert "TOKENPNL_QUESTION_SECONDS" in one_line(command("metrics"), 1)


def test_a_mistake_of_ours_is_one_line_too(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "metrics_document", lambda *_, **__: {}["nothing"])

    assert "should not have happened (KeyError)" in one_line(command("metrics"), 1)


def test_a_reader_that_has_seen_enough_is_no_failure_to_report(tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m app sources --json | head -c 10",
        shell=True, cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert (len(done.stdout), done.stderr) == (10, "")


def test_names_that_the_terminal_cannot_show_come_out_as_utf_8(tmp_path: Path) -> None:
    written(tmp_path / "caf\u00e9.csv", USAGE)

    done = as_process(tmp_path, "ingest", "caf\u00e9.csv", "--json", LC_ALL="C", PYTHONIOENCODING="ascii")

    assert done.json["imports"][0]["file"] == "caf\u00e9.csv"


def test_today_is_a_day_of_the_reporting_time_zone() -> None:
    east, west = Settings(time_zone="Pacific/Kiritimati").clock(), Settings(time_zone="Pacific/Pago_Pago").clock()

    assert (east - west).days in (1, 2)
    assert Settings(today=TODAY, time_zone="Pacific/Kiritimati").clock() == TODAY
