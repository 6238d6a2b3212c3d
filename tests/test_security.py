"""The database as we open it: SQL reaches nothing outside it, and no thread reads another's answer."""

import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from app.settings import Settings
from app.warehouse.connect import DatabaseBusyError, DatabaseUnreadableError, Warehouse, beside

OUT_OF_REACH = r"file system operations are disabled|No files found|Cannot open file"
REFUSAL = r"disabled|does not exist|locked|requires the extension"
OUTSIDE = "/etc/passwd"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Warehouse]:
    opened = Warehouse(tmp_path / "figures.duckdb", Settings(threads=2, memory_limit="1GB"))
    with opened.writing() as con:
        con.execute("create table secrets (a int)")
    yield opened
    opened.close()


READS_AND_WRITES = [
    f"select * from read_text('{OUTSIDE}')",
    f"select * from read_blob('{OUTSIDE}')",
    f"select * from read_csv('{OUTSIDE}')",
    f"select * from read_csv_auto('{OUTSIDE}')",
    f"select * from read_json('{OUTSIDE}')",
    f"select * from read_json_auto('{OUTSIDE}')",
    f"select * from read_ndjson('{OUTSIDE}')",
    f"select * from read_parquet('{OUTSIDE}')",
    f"select * from parquet_metadata('{OUTSIDE}')",
    f"select * from parquet_schema('{OUTSIDE}')",
    f"select * from sniff_csv('{OUTSIDE}')",
    f"select * from '{OUTSIDE}'",
    "select * from '/etc/*.conf'",
    "select * from glob('/etc/*')",
    "select * from read_text('https://example.org/a')",
    "select * from 's3://bucket/a.parquet'",
    f"copy secrets from '{OUTSIDE}'",
    "copy (select 1) to '/tmp/taken.csv'",
    "copy (select 1) to '/tmp/taken.parquet' (format parquet)",
    "copy secrets to '/tmp/taken.json' (format json)",
    "attach '/tmp/other.duckdb'",
    "attach '/tmp/other.sqlite' (type sqlite)",
    "attach 'https://example.org/other.duckdb'",
    "export database '/tmp/taken'",
    "import database '/tmp/taken'",
    "install httpfs",
    "load httpfs",
    "load '/tmp/taken.duckdb_extension'",
    "call enable_logging(storage = 'file', storage_path = '/tmp/taken')",
    "pragma enable_profiling",
    "create secret taken (type s3, key_id 'a', secret 'b')",
    "create persistent secret taken (type s3, key_id 'a', secret 'b')",
]


@pytest.mark.parametrize("statement", READS_AND_WRITES)
def test_sql_reaches_no_file_and_no_network(database: Warehouse, statement: str) -> None:  # T-DB-01
    with pytest.raises(duckdb.Error, match=REFUSAL):
        database.cursor().execute(statement).fetchall()


def test_a_read_only_connection_is_no_sandbox_but_external_access_off_is(tmp_path: Path) -> None:  # T-DB-02
    file = tmp_path / "figures.duckdb"
    duckdb.connect(str(file)).close()
    bare = duckdb.connect(str(file), read_only=True)
    bare.execute(f"copy (select 1) to '{tmp_path}/leaked.csv'")
    bare.close()
    ours = Warehouse(file, Settings(threads=1))

    assert (tmp_path / "leaked.csv").exists()
    with pytest.raises(duckdb.PermissionException):
        ours.cursor().execute(f"copy (select 1) to '{tmp_path}/taken.csv'")
    assert not (tmp_path / "taken.csv").exists()
    ours.close()


def paths_out(staging: Path, outside: Path) -> list[str]:
    """Ways to say a file outside the folders that the database may use."""
    (staging / "link.csv").symlink_to(outside)
    (staging / "folder").symlink_to(outside.parent)
    twin = staging.with_name(f"{staging.name}2")
    twin.mkdir()
    (twin / "a.csv").write_text("a\n1\n")
    return [
        str(outside),
        f"file://{outside}",
        f"file:{outside}",
        f"{staging}/../{outside.name}",
        f"{staging}/./../{outside.name}",
        f"{staging}/%2e%2e/{outside.name}",
        f"{staging}//../{outside.name}",
        f"{staging}/link.csv",
        f"{staging}/folder/{outside.name}",
        f"{twin}/a.csv",
        f"{staging}2/a.csv",
        "/dev/stdin",
        "/proc/self/environ",
        "http://127.0.0.1:1/a.csv",
        "s3://bucket/a.csv",
    ]


def test_no_path_leads_out_of_the_two_folders(database: Warehouse, tmp_path: Path) -> None:  # T-DB-03
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")

    for path in paths_out(database.staging, outside):
        with pytest.raises(duckdb.Error, match=OUT_OF_REACH):
            database.cursor().execute("select * from read_csv(?)", [path]).fetchall()
        with pytest.raises(duckdb.Error, match=OUT_OF_REACH):
            database.cursor().execute(f"copy (select 1) to '{path}'")
    assert outside.read_text() == "a\n1\n"


def test_settling_reads_and_writes_its_two_folders(database: Warehouse) -> None:
    for folder in (database.archive, database.staging):
        database.cursor().execute(f"copy (select 7 as a) to '{folder}/a.parquet'")

        assert database.cursor().execute("select a from read_parquet(?)", [f"{folder}/a.parquet"]).fetchall() == [(7,)]


SETTINGS = [
    "set memory_limit = '100GB'",
    "set global memory_limit = '100GB'",
    "set max_temp_directory_size = '1000GB'",
    "set temp_directory = '/tmp'",
    "set threads = 64",
    "set enable_external_access = true",
    "set allowed_directories = ['/']",
    "set allowed_paths = ['/etc/passwd']",
    "set lock_configuration = false",
    "set allowed_configs = ['threads']",
    "reset lock_configuration",
    "reset memory_limit",
    "set autoinstall_known_extensions = true",
    "set autoload_known_extensions = true",
    "set allow_community_extensions = true",
    "set allow_unsigned_extensions = true",
    "set extension_directory = '/tmp'",
    "set python_enable_replacements = true",
    "set TimeZone = 'Asia/Tokyo'",
    "set profile_output = '/tmp/taken.json'",
    "set log_query_path = '/tmp/taken.log'",
    "set home_directory = '/tmp'",
    "pragma enable_profiling = 'json'",
    "pragma memory_limit = '100GB'",
]


@pytest.mark.parametrize("statement", SETTINGS)
def test_no_statement_changes_a_setting(database: Warehouse, statement: str) -> None:  # T-DB-05
    with pytest.raises(duckdb.Error, match=r"locked|while database is running|Cannot change"):
        database.cursor().execute(statement)


def test_sql_reads_no_variable_of_ours(database: Warehouse) -> None:  # T-DB-06
    secret_rows = duckdb.connect().sql("select 'a secret' as a").fetchall()
    secret_table = duckdb.connect().sql("select 'a secret' as a")

    for name in ("secret_rows", "secret_table", "SETTINGS"):
        with pytest.raises(duckdb.CatalogException):
            database.cursor().execute(f"select * from {name}")
    assert secret_rows == secret_table.fetchall()


@pytest.mark.parametrize(
    "endless",
    [
        "select count(*) from range(1000000) a, range(1000000) b",
        "with recursive t as (select 1 as a union all select a + 1 from t) select count(*) from t",
    ],
)
def test_a_run_away_question_is_given_up(tmp_path: Path, endless: str) -> None:  # T-DB-07
    database = Warehouse(tmp_path / "figures.duckdb", Settings(threads=1, question_seconds=1))
    cursor = database.cursor()
    began = time.monotonic()

    with pytest.raises(duckdb.InterruptException):
        cursor.execute(endless).fetchall()

    assert time.monotonic() - began < 5
    assert cursor.execute("select 1").fetchall() == [(1,)]
    database.close()


def test_loading_is_not_limited_in_time(tmp_path: Path) -> None:
    database = Warehouse(tmp_path / "figures.duckdb", Settings(threads=1, question_seconds=1))

    with database.writing() as con:
        limit = con.execute("select current_setting('max_execution_time')").fetchone()

    assert limit == (0,)
    assert database.unlimited().execute("select current_setting('max_execution_time')").fetchone() == (0,)
    database.close()


def test_every_session_lives_in_utc(database: Warehouse) -> None:
    with database.writing() as con:
        assert con.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)

    assert database.cursor().execute("select current_setting('TimeZone')").fetchone() == ("UTC",)


def test_no_thread_gets_another_ones_answer(database: Warehouse) -> None:  # F1
    teams = 8
    with database.writing() as con:
        con.execute("create table spend as select range % 8 as team, range as cost from range(20000)")

    def foreign(team: int) -> int:
        wrong = 0
        for _ in range(100):
            rows = database.cursor().execute("select distinct team from spend where team = ?", [team]).fetchall()
            wrong += rows != [(team,)]
        return wrong

    with ThreadPoolExecutor(teams) as pool:
        assert [0] * teams == list(pool.map(foreign, range(teams)))


def test_a_reader_sees_the_state_before_or_after_an_import_never_half(database: Warehouse) -> None:
    with database.writing() as con:
        con.execute("create table a (i int)")
        con.execute("create table b (i int)")
    stop = threading.Event()
    torn: list[tuple[int, int]] = []

    def read() -> None:
        while not stop.is_set():
            row = database.cursor().execute("select (select count(*) from a), (select count(*) from b)").fetchone()
            if row is not None and row[0] != row[1]:
                torn.append(row)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(20):
        with database.writing() as con:
            con.execute("insert into a select * from range(500)")
            con.execute("insert into b select * from range(500)")
    stop.set()
    for reader in readers:
        reader.join()

    assert torn == []
    assert database.cursor().execute("select count(*) from b").fetchone() == (10_000,)


def test_a_writer_that_fails_leaves_nothing_behind(database: Warehouse) -> None:
    def fail() -> None:
        with database.writing() as con:
            con.execute("insert into secrets values (1)")
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert database.cursor().execute("select count(*) from secrets").fetchone() == (0,)
    with database.writing() as con:
        con.execute("insert into secrets values (2)")
    assert database.cursor().execute("select a from secrets").fetchall() == [(2,)]


def test_what_is_written_is_in_the_file_when_writing_ends(database: Warehouse) -> None:
    with database.writing() as con:
        con.execute("insert into secrets values (2)")

    wal = beside(database.path, "wal")
    assert not wal.exists() or wal.stat().st_size == 0


def test_only_the_owner_of_the_files_may_read_them(tmp_path: Path) -> None:
    database = Warehouse(tmp_path / "new" / "figures.duckdb", Settings(threads=1))

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}

    folders = {f"figures.duckdb.{name}": 0o700 for name in ("archive", "staging", "tmp")}
    assert folders | {"figures.duckdb": 0o600} == {name: mode for name, mode in modes.items() if "wal" not in name}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    database.close()


def test_a_database_that_another_process_has_open_says_so(tmp_path: Path) -> None:
    file = tmp_path / "figures.duckdb"
    script = f"import duckdb, sys; con = duckdb.connect({str(file)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()

        with pytest.raises(DatabaseBusyError, match=rf"Another process \(PID {other.pid}\) has .*figures.duckdb open"):
            Warehouse(file, Settings())
        other.communicate()


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "figures.duckdb"
    file.write_text("team,cost\n" * 1000)

    with pytest.raises(DatabaseUnreadableError, match="not a database"):
        Warehouse(file, Settings())

    assert file.read_text() == "team,cost\n" * 1000


def test_a_torn_log_is_set_aside_and_what_was_saved_before_opens(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "figures.duckdb"
    first = Warehouse(file, Settings(threads=1))
    with first.writing() as con:
        con.execute("create table kept as select 42 as a")
    first.close()
    tear_log(file)

    opened = Warehouse(file, Settings(threads=1))

    assert opened.cursor().execute("select a from kept").fetchall() == [(42,)]
    (aside,) = tmp_path.glob("figures.duckdb.wal.damaged-*")
    assert opened.needs_rebuild is not None
    assert aside.name in opened.needs_rebuild
    assert aside.name in caplog.text
    opened.close()


def tear_log(file: Path) -> None:
    """Leaves a log of changes behind of which a piece in the middle was never written, as a power cut may."""
    script = (
        f"import duckdb, os; con = duckdb.connect({str(file)!r}, config={{'checkpoint_threshold': '1GB'}});"
        "con.execute('create table lost as select range as a from range(5000)');"
        "[con.execute('insert into lost select * from range(100)') for _ in range(20)]; os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    wal = beside(file, "wal")
    content = bytearray(wal.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(64)
    wal.write_bytes(content)
