"""What a page says when it has nothing, or not all, to say; and the trust conditions that nobody reports."""

from contextlib import closing
from datetime import date

import pytest

from app.metrics.conditions import Unanswered, unanswered
from app.metrics.question import Question, Viewer
from app.ui import empty, navigate
from tests.bare import bare

CALL = {
    "started_at": "2026-10-01T09:00:00Z", "provider": "openai", "model": "gpt-5", "workflow": "Triage",
    "team": "Support", "uncached_input_tokens": "500", "cost": "1.20",
}  # fmt: skip
DONE = {"occurred_at": "2026-10-01T10:00:00Z", "completed": "true"}


def call(number, **more):
    return {**CALL, "record_id": f"c{number}", "run_id": f"r{number}", **more}


def done(number, **more):
    return {**DONE, "event_id": f"e{number}", "run_id": f"r{number}", **more}


def open_conditions(company, viewer=None, **where):
    question = Question((), where={name: (value,) for name, value in where.items()})
    with closing(company.warehouse.cursor()) as con:
        return unanswered(con, question, viewer or Viewer.everything())


def words(app):
    return " ".join(str(element.value) for kind in ("markdown", "caption", "info") for element in app.get(kind))


@pytest.fixture
def links(monkeypatch):
    """The links that a page places: label, page and parameters."""
    found = []
    monkeypatch.setattr(navigate, "link", lambda label, page, params, **_: found.append((label, page, params)))
    return found


def test_a_condition_that_no_outcome_answers_is_named(company):
    company.load(usage=[call(1), call(2)], outcomes=[done(1, accepted="true"), done(2)])

    # the default asks for completed, accepted, grounded, policy_passed, safe; r1 alone was accepted
    assert open_conditions(company) == (Unanswered("Triage", ("grounded", "policy_passed", "safe"), 2),)


def test_one_answer_is_enough_to_say_that_a_condition_is_reported(company):
    rules = {"workflow": "Triage", "requires": "completed|accepted"}
    company.load(workflows=[rules], usage=[call(1), call(2)], outcomes=[done(1, accepted="true"), done(2)])

    assert open_conditions(company) == ()


def test_a_run_without_outcomes_asks_for_nothing(company):
    company.load(usage=[call(1)])

    assert open_conditions(company) == ()


def test_the_workflow_with_the_most_outcomes_comes_first(company):
    company.load(
        usage=[call(1), call(2, workflow="Coding"), call(3, workflow="Coding"), call(4, workflow=None)],
        outcomes=[done(number) for number in (1, 2, 3, 4)],
    )

    assert [(one.workflow, one.outcomes) for one in open_conditions(company)] == [
        ("Coding", 2),
        ("Triage", 1),
        (None, 1),
    ]


def test_conditions_are_looked_at_within_filters_days_and_what_a_viewer_may_see(company):
    company.load(
        usage=[call(1), call(2, team="Coding", workflow="Coding", provider="anthropic", model="claude-sonnet-4-5")],
        outcomes=[done(1), done(2)],
    )
    of_coding = Viewer(where={"team": ("Coding",)})

    assert [one.workflow for one in open_conditions(company, team="Support")] == ["Triage"]
    assert [one.workflow for one in open_conditions(company, provider="anthropic")] == ["Coding"]
    assert [one.workflow for one in open_conditions(company, of_coding)] == ["Coding"]
    assert open_conditions(company, of_coding, team="Support") == ()
    with closing(company.warehouse.cursor()) as con:
        in_september = Question((), since=date(2026, 9, 1), until=date(2026, 9, 30))
        assert unanswered(con, in_september, Viewer.everything()) == ()


def test_a_page_says_which_condition_is_missing_and_how_to_set_it(company):
    company.load(usage=[call(1, workflow="Triage *now*")], outcomes=[done(1)])
    app = bare(empty.no_conditions, reads=True).run()

    assert not app.exception
    assert r"Workflow Triage \*now\*: 1 outcome, and no source says `accepted`" in words(app)
    assert "`completed` asks for no more" in words(app)
    assert "Template workflows.csv" in [button.label for button in app.get("download_button")]


def test_the_reader_of_a_share_link_is_told_and_given_no_files(company):
    company.load(usage=[call(1)], outcomes=[done(1)])
    app = bare(empty.no_conditions, locked=True, reads=True).run()

    assert "no source says" in words(app)
    assert not app.get("download_button")


def test_nothing_is_said_where_every_condition_is_answered(company):
    rules = {"workflow": "Triage", "requires": "completed"}
    company.load(workflows=[rules], usage=[call(1)], outcomes=[done(1)])
    app = bare(empty.no_conditions, reads=True).run()

    assert not app.exception
    assert words(app) == ""


@pytest.mark.parametrize(
    ("tables", "said", "templates"),
    [
        ({"usage"}, ["No outcomes yet", "No invoices yet"], ["outcomes", "billed"]),
        ({"usage", "billed"}, ["No outcomes yet"], ["outcomes"]),
        ({"outcomes"}, ["No model calls yet", "No invoices yet"], ["usage", "billed"]),
        ({"usage", "outcomes", "billed"}, [], []),
        ({"prices"}, ["No outcomes yet", "No invoices yet"], ["outcomes", "billed"]),
    ],
)
def test_a_page_says_which_file_would_tell(warehouse, links, tables, said, templates):
    app = bare(lambda: empty.missing(frozenset(tables))).run()

    assert not app.exception
    assert [text in words(app) for text in said] == [True] * len(said)
    assert [button.label for button in app.get("download_button")] == [f"Template {name}.csv" for name in templates]
    assert [label for label, *_ in links] == ["Load a file"] * len(templates)


def test_a_template_is_the_header_of_its_table():
    assert empty._header("workflows").startswith("workflow,valid_from,valid_to,use_case")


def test_nothing_loaded_offers_the_sample_and_a_place_for_files(warehouse):
    app = bare(empty.nothing_loaded).run()

    assert not app.exception
    assert app.file_uploader
    assert [button.label for button in app.button] == ["Load the sample company"]


def test_who_may_not_import_is_offered_nothing(warehouse):
    app = bare(empty.nothing_loaded, locked=True).run()

    assert not app.exception
    assert not app.file_uploader
    assert not app.button
    assert not app.get("download_button")


def test_filtered_to_nothing_names_the_filter_to_remove(company, links):
    company.load(usage=[call(1), call(2, team="Coding", workflow="Coding")])
    params = {"team": ["Support"], "workflow": ["Coding"]}
    known = {"team": ["Support", "Coding"], "workflow": ["Triage", "Coding"]}
    app = bare(lambda: empty.filtered_to_nothing(navigate.current()), params, reads=True, **known).run()

    assert not app.exception
    assert "for Team Support and Workflow Coding in 1–31 Oct 2026" in words(app)
    assert links == [
        ("Remove Team", "teams", {"workflow": ["Coding"]}),
        ("Remove Workflow", "teams", {"team": ["Support"]}),
    ]


def test_filtered_to_nothing_leads_to_the_last_month_that_has_some(company, links):
    company.load(usage=[call(1, started_at="2026-08-03T09:00:00Z"), call(2, started_at="2026-07-03T09:00:00Z")])
    app = bare(lambda: empty.filtered_to_nothing(navigate.current()), reads=True).run()

    assert not app.exception
    assert links == [
        ("Go to the last month that has some: Aug 2026", "teams", {"from": ["2026-08-01"], "to": ["2026-08-31"]})
    ]


def test_where_no_single_filter_is_to_blame_all_can_be_cleared(company, links):
    company.load(usage=[call(1)])
    params = {"team": ["Coding"], "workflow": ["Coding"]}
    known = {"team": ["Coding"], "workflow": ["Coding"]}
    bare(lambda: empty.filtered_to_nothing(navigate.current()), params, reads=True, **known).run()

    assert links == [("Clear all filters", "teams", {})]
