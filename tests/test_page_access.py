"""Sharing in the browser: who may make a link, what its reader sees, and the page that lists and revokes links."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.runtime import context
from streamlit.testing.v1 import AppTest

from app.access.links import Links
from app.metrics.question import Viewer
from app.ui import data, navigate
from tests.conftest import Company

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime.now(UTC).replace(microsecond=0)
OCTOBER = {"from": ["2026-10-01"], "to": ["2026-10-31"]}
CONTROLS = ("button", "checkbox", "date_input", "file_uploader", "multiselect", "selectbox", "text_input", "toggle")
HEADER = "X-Forwarded-Email"
NASTY = (
    "<img src=x onerror=alert(1)>",
    "![b](http://evil.example/b.png)",
    "=cmd()|' /C calc'!A1",
    "[a](//evil) $1$ `x`",
)


@pytest.fixture
def loaded(company: Company) -> Company:
    """Support costs 10 in September and 12 in October, Sales 3 in October."""
    company.load(usage=[call(1, "2026-09-10", "Support", "10.00"), call(2, "2026-10-10", "Support", "12.00"),
                        call(3, "2026-10-31", "Sales", "3.00")])  # fmt: skip
    return company


def call(number: int, day: str, team: str, cost: str) -> dict[str, str]:
    return {
        "record_id": f"c{number}", "started_at": f"{day}T09:00:00Z", "provider": "openai", "model": "gpt-5",
        "run_id": f"r{number}", "team": team, "uncached_input_tokens": "1000", "cost": cost,
    }  # fmt: skip


def page(address: str = "", **params: str | list[str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=30)
    for key, value in params.items():
        app.query_params[key] = value
    app.run()
    if address:
        app.switch_page(f"../pages/{address}.py").run()
    assert not app.exception, app.exception
    return app


def links(company: Company) -> Links:
    return Links.of(company.warehouse.settings)


def make(
    company: Company,
    days: int = 7,
    now: datetime = NOW,
    team: str = "Support",
    page: str = "executive",
    **more: list[str],
) -> str:
    """The token of a link to a page about one team in October."""
    shown = OCTOBER | {"team": [team]} | more
    return links(company).create(
        page, shown, {"team": [team]}, date(2026, 7, 1), date(2026, 10, 31), by="", days=days, now=now
    )[1]


def words(app: AppTest) -> str:
    """Everything that the page says, as a reader sees it: without the signs that escape a name."""
    kinds = ("title", "subheader", "markdown", "caption", "success", "error", "metric", "code")
    text = "\n".join(str(element.value) for kind in kinds for element in app.get(kind))
    return re.sub(r"\\(.)", r"\1", text)


def params_of(address: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address).query)


def test_the_copied_address_names_days_filters_and_the_newest_import(loaded):
    app = page(team=["Support"])

    assert params_of(app.code[0].value) == OCTOBER | {"team": ["Support"], "seen": ["1"]}


def test_an_address_moves_with_time_only_when_asked(loaded):
    app = page(p="28d")
    fixed = params_of(app.code[0].value)
    app.toggle(key="share_moves").set_value(True).run()

    assert (fixed["from"], fixed["to"], "p" in fixed) == (["2026-10-04"], ["2026-10-31"], False)
    assert params_of(app.code[0].value) == {"p": ["28d"], "seen": ["1"]}


def test_a_link_that_was_made_before_an_import_says_so(loaded):
    loaded.load(usage=[call(4, "2026-10-12", "Support", "1.00")])
    loaded.load(usage=[call(5, "2026-10-13", "Support", "1.00")])

    assert "2 imports since this link was made" in words(page(seen="1"))
    assert "1 import since this link was made" in words(page(seen="2"))
    for said in ("3", "99", "-1", "x", "²", ""):
        assert "since this link was made" not in words(page(seen=said))


def test_a_share_link_holds_what_is_on_screen_and_is_shown_once(loaded):
    app = page(team=["Support"])
    app.button(key="share_create").click().run()
    token = params_of(app.code[1].value)["share"][0]

    (link,) = links(loaded).all()
    assert link == links(loaded).open(token, NOW)
    assert (link.page, link.where) == ("executive", {"team": ("Support",)})
    assert (link.params["from"], link.params["to"]) == (("2026-10-01",), ("2026-10-31",))
    assert link.since <= date(2026, 9, 1)  # the month that October is compared with
    assert link.until == date(2026, 10, 31)
    assert timedelta(days=30) == link.expires_at - link.made_at
    assert token not in words(app.run())


def test_a_reader_sees_the_shared_figures_whatever_the_address_asks_for(loaded):  # T-SH-05
    token = make(loaded)
    plain = page(share=token)
    asked = page(share=token, team=["Sales"], p="all", by="team", cmp="none")

    assert words(plain) == words(asked)
    assert "Sales" not in words(asked)
    assert "$12.00" in words(asked)
    assert "$15.00" not in words(asked)


@pytest.mark.parametrize(
    ("name", "path", "params"),
    [
        ("executive", "", {}),
        ("teams", "20_teams", {"by": ["model"]}),
        ("teams", "20_teams", {"by": ["run"]}),
        ("run", "detail/run", {"run": ["r2"]}),
        ("figure", "detail/figure", {"metric": ["cost_per_request"]}),
    ],
)
def test_a_reader_changes_nothing_and_goes_nowhere(loaded, name, path, params):
    token = make(loaded, page=name, **params)
    app = page(path, share=token)

    assert "12.00" in words(app) + str([table.value.to_dict() for table in app.dataframe])
    assert not app.get("page_link")
    assert not [widget.key for kind in CONTROLS for widget in app.get(kind)]
    assert not [code for code in app.code if "http" in code.value]  # no address to copy
    assert "Sales" not in words(app)
    assert "15.00" not in words(app)


def test_a_reader_at_another_page_is_shown_nothing_of_it(loaded):
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=30)
    app.query_params["share"] = make(loaded)
    app.run()
    for other in sorted((ROOT / "pages").glob("[2-9]*_*.py")):
        app.switch_page(f"../pages/{other.name}").run()
        assert "This link shows one page" in words(app)
        assert "$" not in words(app)


def test_opening_is_counted_once_per_session(loaded):
    token = make(loaded)
    app = page(share=token)
    app.run()
    page(share=token)

    (link,) = links(loaded).all()
    assert (link.opened, link.last_opened is None) == (2, False)


def test_an_ended_link_says_when_and_shows_nothing(loaded):
    old = NOW - timedelta(days=8)
    expired, revoked = make(loaded, now=old), make(loaded)
    links(loaded).revoke(links(loaded).open(revoked, NOW).jti, "", NOW)

    ended = old + timedelta(days=7)
    assert f"This link expired on {ended.day} {ended:%b %Y}." in words(page(share=expired))
    assert "This link was revoked on" in words(page(share=revoked))
    assert "This link is not known here" in words(page(share="nonsense"))
    for token in (expired, revoked, "nonsense"):
        assert "$" not in words(page(share=token))


def test_without_links_the_page_says_how_one_is_made(loaded):
    app = page("80_access")

    assert "No share links yet" in words(app)
    assert "127.0.0.1 of this machine only" in words(app)
    assert not app.get("arrow_data_frame")


def test_the_page_lists_every_link_with_what_became_of_it(loaded):
    make(loaded, now=NOW - timedelta(days=40))
    token = make(loaded, team="Sales")
    page(share=token)
    app = page("80_access")

    shown = app.dataframe[0].value.to_dict("records")
    assert [(row["page"], row["where"], row["status"], int(row["opened"])) for row in shown] == [
        ("Executive", "Team: Sales", "open", 1),
        ("Executive", "Team: Support", "expired", 0),
    ]
    assert "1 link can be opened; 1 ended or revoked." in words(app)
    assert token not in words(app)


def test_a_link_is_revoked_after_a_question_and_the_page_says_so(loaded):
    token = make(loaded)
    app = page("80_access")
    app.button(key="revoke").click().run()
    assert "It cannot be undone" in words(app)
    assert links(loaded).open(token, NOW)

    app.button(key="revoke_do").click().run()

    assert "Revoked: Executive · Team: Support" in words(app)
    assert "This link was revoked on" in words(page(share=token))


def test_cancelling_revokes_nothing(loaded):
    token = make(loaded)
    app = page("80_access")
    app.button(key="revoke").click().run()
    app.button(key="revoke_cancel").click().run()

    assert links(loaded).open(token, NOW)
    assert "Revoked" not in words(app)


def test_names_with_markup_are_text(company):
    company.load(usage=[call(at, "2026-10-10", name, "1.00") for at, name in enumerate(NASTY)])
    for name in NASTY:
        make(company, team=name)
    app = page("80_access")
    app.button(key="revoke").click().run()
    shared = page(team=[*NASTY])

    for element in [*app.get("markdown"), *app.get("caption"), *shared.get("markdown"), *shared.get("caption")]:
        unescaped = re.findall(r"(?<!\\)(?:<img|!\[|\]\(|\$1)", str(element.value))
        assert not unescaped, element.value
    assert {f"Team: {name}" for name in NASTY} == {*app.dataframe[0].value["where"]}


@pytest.fixture
def arriving(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Behind a sign-in proxy; the headers with which the next page is asked for."""
    headers: dict[str, str] = {}
    monkeypatch.setenv("TOKENPNL_TRUSTED_USER_HEADER", HEADER)
    client = SimpleNamespace(headers=headers.items(), cookies={}, remote_ip="127.0.0.1")
    monkeypatch.setattr(context, "_get_client_context", lambda: client)
    return headers


@pytest.fixture
def behind(loaded: Company, arriving: dict[str, str]) -> Company:
    """The company, opened anew with the setting."""
    loaded.warehouse.settings = loaded.warehouse.settings.model_copy(update={"trusted_user_header": HEADER})
    return loaded


def test_behind_a_proxy_a_stranger_sees_nothing(behind, arriving):
    for address in ("", "80_access"):
        app = page(address)
        assert "for people who are signed in" in words(app)
        assert "$" not in words(app)
        assert not app.sidebar.get("page_link")


def test_behind_a_proxy_a_stranger_opens_a_share_link(behind, arriving):
    assert "$12.00" in words(page(share=make(behind)))


def test_behind_a_proxy_links_carry_the_name_of_who_made_them(behind, arriving):
    arriving[HEADER] = "ada@example.org"
    page(team=["Support"]).button(key="share_create").click().run()

    (link,) = links(behind).all()
    assert link.made_by == "ada@example.org"
    assert "behind a proxy that signs people in" in words(page("80_access"))


def test_no_visitor_ever_gets_the_rows_of_another(company, monkeypatch):  # T-ACL-03
    company.load(usage=[call(at, "2026-10-10", f"T{at % 4}", f"{1 + at % 4}.00") for at in range(40)])
    viewers = [Viewer({"team": (f"T{at}",)}) for at in range(4)] + [Viewer.everything()]
    who = {at: SimpleNamespace(viewer=viewer, link=None) for at, viewer in enumerate(viewers)}
    local = threading.local()
    monkeypatch.setattr(navigate, "visitor", lambda: who[local.at])
    monkeypatch.setattr(data, "_state", lambda: "as loaded")

    def wrong(number: int) -> int:
        local.at = at = number % 5
        answer = data.ask("all_in_cost", by=("team",), since=date(2026, 10, 1 + number // 100))
        found = {row["team"]: row["all_in_cost"] for row in answer.rows}
        expected = {f"T{team}": Decimal(10 * (1 + team)) for team in ([at] if at < 4 else range(4))}
        return found != expected

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(wrong, range(400))) == 0
