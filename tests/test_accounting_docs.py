"""docs/accounting.md names the test of every rule; each exists, and each test of a rule is named."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMED = set(re.findall(r"`(test_[a-z0-9_]+)`", (ROOT / "docs" / "accounting.md").read_text()))
FILES = [*(ROOT / "tests").glob("test_accounting_*.py"), ROOT / "tests" / "test_settling.py"]


def promises_of(path: Path) -> set[str]:
    return set(re.findall(r"^def (test_[a-z0-9_]+)", path.read_text(), re.MULTILINE))


def test_every_test_that_the_rules_name_exists():
    existing = set().union(*(promises_of(path) for path in (ROOT / "tests").glob("test_*.py")))

    assert NAMED
    assert not NAMED - existing


def test_every_promise_of_the_rules_is_named_with_its_rule():
    about = set().union(*(promises_of(path) for path in FILES if path.name != Path(__file__).name))

    assert not about - NAMED
