"""The process that reads a file can be lost; what it was asked for is then an answer, never an exception."""

import io
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from ingest import child, worker
from ingest.conversion import connect
from ingest.options import Limits, ReadOptions
from ingest.worker import Converted, convert

HEAD = "record_id,started_at,provider,model,uncached_input_tokens,cost\n"
ROW = "r{},2026-09-01T10:00:00Z,openai,gpt-5-mini,100,0.015\n"


def one(path: Path, folder: Path, **limits: int) -> Converted:
    (answer,) = convert(path, folder / "work", ReadOptions(), Limits(**limits))
    return answer


def written(folder: Path, rows: int, name: str = "march.csv") -> Path:
    path = folder / name
    path.write_text(HEAD + "".join(ROW.format(at) for at in range(rows)), encoding="utf-8")
    return path


def test_a_file_becomes_parquet_with_its_counts_and_days(tmp_path: Path) -> None:
    found = one(written(tmp_path, 3), tmp_path)

    assert (found.file, found.source, found.error) == ("march.csv", "usage", None)
    assert found.tables == {"usage": 3}
    assert (found.rows_read, found.rows_rejected, found.rows_skipped, found.rows_repeated) == (3, 0, 0, 0)
    assert (found.period_start, found.period_end) == (date(2026, 9, 1), date(2026, 9, 1))
    assert (found.renewal, found.rank, len(found.fingerprint), len(found.sha256)) == ("key", 0, 64, 64)
    assert found.folder is not None
    left = {path.name for path in found.folder.iterdir()} - {"job.json", "answer.json"}
    assert left == {"usage.parquet", "rejects.parquet", "skips.parquet"}


def test_the_columns_are_those_of_the_canonical_table_and_the_keys(tmp_path: Path) -> None:
    found = one(written(tmp_path, 1), tmp_path)

    assert found.folder is not None
    with duckdb.connect() as con:
        con.execute((worker.ROOT / "app" / "warehouse" / "canonical.sql").read_text(encoding="utf-8"))
        wanted = [row[:2] for row in con.execute("describe usage").fetchall()]
        given = [
            row[:2]
            for row in con.execute("describe from read_parquet(?)", [f"{found.folder}/usage.parquet"]).fetchall()
        ]
    more = [("tags", "MAP(VARCHAR, VARCHAR)"), ("line", "BIGINT"), ("row_key", "UUID"), ("content_key", "UUID")]
    assert given == wanted + more


def test_the_name_of_a_file_is_never_a_pattern_or_a_path(tmp_path: Path) -> None:
    written(tmp_path, 5, "xa.csv")
    for name in ("x[ab].csv", "o'brien.csv", "a b;c.csv", "*.csv", "x\ny.csv"):
        found = one(written(tmp_path, 1, name), tmp_path)

        assert (found.error, found.tables) == (None, {"usage": 1})


def test_a_file_that_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    found = one(written(tmp_path, 200_000), tmp_path, memory_mb=256)

    assert found.error is not None
    assert "256 MB" in found.error
    assert found.folder is None


def test_a_file_that_takes_too_much_time_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text(HEAD + (ROW.format(1) * 1_500_000), encoding="utf-8")

    found = one(path, tmp_path, seconds=1)

    assert found.error is not None
    assert "1 seconds" in found.error
    assert list((tmp_path / "work").iterdir()) == []


def test_a_file_of_too_many_rows_is_refused(tmp_path: Path) -> None:
    found = one(written(tmp_path, 11), tmp_path, rows=10)

    assert found.error == "march.csv: The file has more than 10 records. Split it."


def test_a_process_that_is_killed_is_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed = tmp_path / "killed"
    killed.write_text("#!/bin/sh\nkill -9 $$\n", encoding="utf-8")
    killed.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(killed))

    found = one(written(tmp_path, 1), tmp_path)

    assert found.error is not None
    assert "signal 9" in found.error


def test_a_process_that_says_nothing_is_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/true")

    found = one(written(tmp_path, 1), tmp_path)

    assert found.error == "march.csv: the process that read it ended without an answer."


def test_a_file_that_is_not_there_is_an_answer(tmp_path: Path) -> None:
    found = one(tmp_path / "nothing.csv", tmp_path)

    assert found.error is not None
    assert "There is no file" in found.error


def test_an_error_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text('[{"a": 1}, {"a": ', encoding="utf-8")

    found = one(path, tmp_path)

    assert found.error is not None
    assert "\n" not in found.error
    assert "Traceback" not in found.error


def test_a_process_gives_itself_limits_before_it_looks_at_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = []
    monkeypatch.setattr(child, "confine", lambda _: order.append("confined"))
    monkeypatch.setattr(child, "answers", lambda *_: order.append("read") or [])
    job = tmp_path / "job.json"
    job.write_text('{"path": "x", "folder": "x", "name": "x", "options": {}, "limits": {}}', encoding="utf-8")

    child.main(job)

    assert order == ["confined", "read"]


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_text('/etc/passwd')",
        "select * from read_csv('/etc/passwd')",
        "select * from glob('/*')",
        "copy (select 1) to '/tmp/out.csv'",
        "attach '/tmp/other.duckdb'",
        "install httpfs",
        "load httpfs",
        "select * from read_csv('https://example.com/a.csv')",
        "set memory_limit = '100GB'",
        "set enable_external_access = true",
        "set threads = 64",
        "export database '/tmp/out'",
    ],
)
def test_the_database_of_the_worker_sees_nothing_but_its_folder(statement: str, tmp_path: Path) -> None:
    with connect(tmp_path, Limits()) as con, pytest.raises(duckdb.Error):
        con.execute(statement)


def test_the_clock_of_the_caller_decides_what_is_in_the_future(tmp_path: Path) -> None:
    path = written(tmp_path, 1)

    (early,) = convert(path, tmp_path / "work", ReadOptions(now=datetime(2026, 8, 1)), Limits())  # noqa: DTZ001
    (later,) = convert(path, tmp_path / "work", ReadOptions(now=datetime(2026, 8, 31)), Limits())  # noqa: DTZ001

    assert (early.rows_rejected, later.rows_rejected) == (1, 0)


def test_each_member_of_an_archive_has_a_folder_of_its_own(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", HEAD + ROW.format(1))
        archive.writestr("b.csv", HEAD + ROW.format(2))
        archive.writestr("c.txt", "hello")
    path = tmp_path / "q3.zip"
    path.write_bytes(packed.getvalue())

    found = convert(path, tmp_path / "work", ReadOptions(), Limits())

    assert [each.file for each in found] == ["q3.zip/a.csv", "q3.zip/b.csv", "q3.zip/c.txt"]
    assert found[0].folder != found[1].folder
    assert found[2].error is not None
    assert len({each.fingerprint for each in found[:2]}) == 2


def test_what_a_person_calls_the_file_is_what_messages_call_it(tmp_path: Path) -> None:
    path = tmp_path / "0f3a"
    path.write_text("a,b\n1,2\n", encoding="utf-8")

    (found,) = convert(path, tmp_path / "work", ReadOptions(name="march.csv"), Limits())

    assert found.file == "march.csv"
    assert found.error is not None
    assert found.error.startswith("march.csv is in no format we know")
