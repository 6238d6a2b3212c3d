"""Rules about the code itself, kept by machine so that nobody has to remember them."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.metrics.docs import document as metrics_reference
from app.settings import Settings
from app.ui.frame import name_and_question
from app.warehouse import build
from tests.small_company import make

ROOT = Path(__file__).resolve().parent.parent
CODE = [path for folder in ("app", "ingest", "pages", "sample_data", "tests") for path in (ROOT / folder).rglob("*.py")]
PRODUCT = [path for path in CODE if path.relative_to(ROOT).parts[0] in {"app", "ingest", "pages"}]
PAGES = sorted((ROOT / "pages").glob("*.py"))
VIEWS = sorted((ROOT / "app/warehouse/views").glob("*.sql"))
SQL = sorted(path for folder in ("app", "ingest") for path in (ROOT / folder).rglob("*.sql"))
DOCS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
REQUIREMENTS = ["requirements.txt", "requirements-test.txt"]
LONGEST = 400

# Files that put SQL together: names of tables, columns and folders of the house, never what a file or a viewer says.
NAMES_IN_SQL = {
    "app/metrics/spread.py": "dimensions and columns of the catalogue",
    "app/metrics/values.py": "dimensions of the catalogue, cubes",
    "app/warehouse/backup.py": "the open database's own name",
    "app/warehouse/build.py": "its tables and views",
    "app/warehouse/check.py": "tables, and the rules' own SELECTs",
    "app/warehouse/closing.py": "cubes and their columns",
    "app/warehouse/cubes.py": "its cubes and their columns",
    "app/warehouse/prices.py": "placeholders",
    "app/warehouse/settle/__init__.py": "tables",
    "app/warehouse/settle/bills.py": "steps written as text",
    "app/warehouse/settle/books.py": "archive files",
    "app/warehouse/settle/charges.py": "steps written as text",
    "app/warehouse/settle/outcomes.py": "steps written as text",
    "app/warehouse/settle/rules.py": "the columns that rules match and fill",
    "app/warehouse/settle/standing.py": "canonical tables and their archive files",
    "app/warehouse/settle/usage.py": "steps written as text",
    "ingest/audit.py": "tables and columns of the audit trail",
    "ingest/books.py": "a query of list prices and archive files",
    "ingest/calendar.py": "canonical tables, and the columns of their money",
    "ingest/conversion.py": "a source's own SELECT, columns quoted, staging folders",
    "ingest/fates.py": "canonical tables, and the columns of their money",
    "ingest/guard.py": "columns of the canonical tables",
    "ingest/guessing.py": "columns of the sample by their number",
    "ingest/preview.py": "canonical tables and columns",
    "ingest/readers.py": "staging tables",
    "ingest/samples.py": "columns by their number, keys of JSON quoted",
    "ingest/trial.py": "canonical columns, and expressions over them",
    "ingest/writing.py": "canonical columns, and expressions over them",
}

MONEY = re.compile(r"cost|amount|price|revenue|saved|fee|billed|margin|_per_1m|limit|discount|(^|_)rate", re.IGNORECASE)


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def statements(path: Path) -> Iterator[ast.expr]:
    """The first argument of every call that runs SQL."""
    runs = {"execute", "executemany", "sql"}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in runs and node.args:
            yield node.args[0]


def is_put_together(statement: ast.expr) -> bool:
    return any(
        (isinstance(node, ast.JoinedStr) and any(isinstance(part, ast.FormattedValue) for part in node.values))
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod))
        or (isinstance(node, ast.Attribute) and node.attr == "format")
        for node in ast.walk(statement)
    )


def has_value_in_quotes(statement: ast.expr) -> bool:
    """Whether a piece put in by Python stands between single quotes, as in `where day = '{day}'`."""
    for text in (node for node in ast.walk(statement) if isinstance(node, ast.JoinedStr)):
        before = ""
        for part in text.values:
            if isinstance(part, ast.Constant):
                before += str(part.value)
            elif before.count("'") % 2:
                return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_a_page_says_its_name_and_its_question(page):
    name, question = name_and_question(page)

    assert name
    assert question.endswith("?")


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_a_page_asks_and_places_and_knows_no_database(page):
    roots = {".".join(module.split(".")[:2]) for module in imported(page)}

    assert not {root for root in roots if root.split(".")[0] in {"duckdb", "ingest", "pages"}}
    assert not {"app.warehouse", "app.cli", "app.server"} & roots
    assert not list(statements(page))


@pytest.mark.parametrize("path", PRODUCT, ids=shown)
def test_values_are_bound_and_never_part_of_a_statement(path):
    built = [f"{shown(path)}:{node.lineno}" for node in statements(path) if is_put_together(node)]

    assert not built or shown(path) in NAMES_IN_SQL


@pytest.mark.parametrize("path", PRODUCT, ids=shown)
def test_no_value_stands_in_quotes_inside_a_statement(path):
    quoted = [f"{shown(path)}:{node.lineno}" for node in statements(path) if has_value_in_quotes(node)]

    assert not quoted


def test_the_list_of_files_with_names_in_sql_is_not_longer_than_needed():
    built = {shown(path) for path in PRODUCT if any(map(is_put_together, statements(path)))}

    assert set(NAMES_IN_SQL) <= built


def test_a_file_is_about_one_thing():
    long = {shown(path): count for path in PRODUCT if (count := len(path.read_text().splitlines())) > LONGEST}

    assert not long


def test_nobody_imports_a_page_or_the_command_line():
    importers = {
        shown(path)
        for path in PRODUCT
        for module in imported(path)
        if module.split(".")[0] == "pages" or module.startswith("app.cli")
    }

    assert importers <= {"app/__main__.py"}


def test_no_module_of_app_hides_a_standard_one():
    """Streamlit puts app/ first on the search path for a moment."""
    names = {path.stem for path in (ROOT / "app").iterdir()}

    assert not names & set(sys.stdlib_module_names)


def test_nothing_names_a_place_of_one_machine():
    machine = re.compile(r"(?<![\w.])/(work|farm|home|root|opt)/|\.\./shared")
    texts = [*PRODUCT, *DOCS, *(ROOT / "sample_data").rglob("*.py"), *(ROOT / "app").rglob("*.sql")]
    texts += [ROOT / name for name in ("Makefile", "pyproject.toml", ".ci/run", *REQUIREMENTS)]

    assert not [shown(path) for path in texts if machine.search(path.read_text())]


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_has_a_version_and_hashes(name):
    text = re.sub(r"#.*", "", (ROOT / name).read_text()).replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip()]

    assert lines
    assert not [line for line in lines if not re.match(r"[a-z0-9._-]+==[\w.]+ .*--hash=sha256:[0-9a-f]{64}", line)]


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_package_that_is_asked_for_is_pinned(name):
    wanted = re.findall(r"^[a-z][a-z0-9-]*", (ROOT / name.replace(".txt", ".in")).read_text(), re.MULTILINE)
    pinned = re.findall(r"^([a-z0-9._-]+)==", (ROOT / name).read_text(), re.MULTILINE)

    assert set(wanted) <= set(pinned)


@pytest.mark.parametrize("page", DOCS, ids=shown)
def test_every_link_in_the_docs_leads_somewhere(page):
    targets = re.findall(r"\]\((?!https?:|mailto:)([^)#\s]+)", page.read_text())

    assert not [target for target in targets if not (page.parent / target).exists()]


def test_the_guide_to_running_it_names_every_setting_and_no_other():
    named = set(re.findall(r"TOKENPNL_(\w+)", (ROOT / "docs/operations.md").read_text()))

    assert named == {name.upper() for name in Settings.model_fields}


def test_both_themes_have_ten_colours_for_each_kind_of_chart():
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"]
    kinds = ("chartCategoricalColors", "chartSequentialColors", "chartDivergingColors")

    assert {len(theme[mode][kind]) for mode in ("light", "dark") for kind in kinds} == {10}


def test_the_small_company_is_what_its_script_makes(tmp_path):
    make.make(tmp_path)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}

    assert made == {path.name: path.read_text() for path in (ROOT / "tests/small_company").glob("*.csv")}


@pytest.mark.parametrize("script", SQL, ids=shown)
def test_the_formatter_turns_no_operator_into_a_comment(script):
    """sqlfmt takes // and # for the beginning of a comment; DuckDB divides by the one, numbers columns by the other."""
    left_alone = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["sqlfmt"]["exclude"]
    code = re.sub(r"--.*|'[^']*'", "", script.read_text())

    assert not re.search("//|#", code) or shown(script) in left_alone


def test_every_view_is_in_a_file_of_its_name(warehouse):
    rows = warehouse.cursor().execute("select view_name from duckdb_views() where not internal").fetchall()

    assert {path.stem for path in VIEWS} == {name for (name,) in rows}


@pytest.mark.parametrize("view", VIEWS, ids=shown)
def test_a_view_says_what_it_is_and_what_one_row_is(view):
    header = [line for line in view.read_text().splitlines() if line.startswith("--")]

    assert header
    assert any(line.startswith("-- grain: ") for line in header)


def test_the_reference_of_metrics_is_what_the_catalogue_says():
    assert (ROOT / "docs/metrics.md").read_text() == metrics_reference()


def test_every_canonical_column_says_what_it_means():
    silent = [
        f"{table}.{column.name}"
        for table, columns in build.canonical().items()
        for column in columns
        if not column.says
    ]

    assert build.canonical()
    assert not silent


def test_no_money_is_a_floating_number(warehouse):
    rows = warehouse.cursor().execute(
        "select table_name, column_name from duckdb_columns() where not internal and data_type in ('DOUBLE', 'FLOAT')"
    )

    assert not [f"{table}.{column}" for table, column in rows.fetchall() if MONEY.search(column)]
