"""Share links: nothing but a whole, living token opens one, and it shows its own view and nothing else."""

import json
import stat
import string
from base64 import urlsafe_b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from itsdangerous import URLSafeSerializer
from pydantic import SecretStr, ValidationError

from app.access.links import DAYS, Link, LinkRefusedError, Links
from app.access.secret import WeakSecretError, secret_of
from app.access.visitor import NotSignedInError, Visitor, visitor
from app.metrics.ask import ask
from app.metrics.question import Question, Viewer
from app.settings import Settings, explain
from app.warehouse.backup import back_up
from app.warehouse.connect import beside
from ingest import pipeline
from tests.conftest import TODAY

NOON = datetime(2026, 11, 4, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PARAMS = {"from": ["2026-10-01"], "to": ["2026-10-31"], "team": ["A"], "by": ["model"]}
BEHIND_PROXY = {"trusted_user_header": "X-Forwarded-Email"}


@pytest.fixture
def links(options: Settings) -> Links:
    """The share links of the database of the tests."""
    return Links.of(options)


def made(links: Links, days: int = 7, by: str = "Ada", **scope: tuple[str, ...]) -> tuple[Link, str]:
    where = scope or {"team": ("A",)}
    return links.create("teams", PARAMS, where, date(2026, 10, 1), date(2026, 10, 31), by=by, days=days, now=NOON)


def reason(links: Links, token: str, now: datetime = NOON) -> str:
    with pytest.raises(LinkRefusedError) as refused:
        links.open(token, now)
    return refused.value.reason


def number(links: Links, token: str) -> str:
    """The number of the link that a token opens, or why it opens none."""
    try:
        return links.open(token, NOON).jti
    except LinkRefusedError as refused:
        return refused.reason


def call(record: str, team: str, day: int, cost: str) -> dict[str, object]:
    return {
        "record_id": record, "started_at": f"2026-10-{day:02d}T09:00:00Z", "provider": "openai", "model": "gpt-5",
        "run_id": record, "team": team, "uncached_input_tokens": "500", "output_tokens": "100", "cost": cost,
    }  # fmt: skip


def test_a_link_opens_to_the_view_that_was_shared(links):
    link, token = made(links)

    assert link == links.open(token, NOON)
    assert (link.page, link.params["team"], link.where) == ("teams", ("A",), {"team": ("A",)})
    assert (link.since, link.until) == (date(2026, 10, 1), date(2026, 10, 31))
    assert link.expires_at == datetime(2026, 11, 11, 12, 0, tzinfo=UTC)


def test_a_token_says_its_number_and_its_end_and_nothing_else(links):
    link, token = made(links)
    payload = token.partition(".")[0]

    said = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

    assert said == {"jti": link.jti, "exp": int(link.expires_at.timestamp())}


def test_no_change_of_a_token_opens_another_link(links):  # T-SH-01
    mine, token = made(links)
    made(links)
    refused = 0
    for place in range(len(token)):
        for letter in string.ascii_letters + string.digits + "-_.":
            opens = number(links, token[:place] + letter + token[place + 1 :])
            assert opens in (mine.jti, "unknown")
            refused += opens == "unknown"

    # What opens is the token itself, once per place, and other spellings of its last letter.
    assert refused >= len(token) * 64 - 20
    for cut in range(len(token)):
        assert reason(links, token[:cut]) == "unknown"
    assert reason(links, token + "A") == "unknown"


def test_another_spelling_of_a_revoked_token_is_revoked_too(links):  # T-SH-01
    link, token = made(links)
    others = [token[:-1] + letter for letter in string.ascii_letters + string.digits + "-_"]
    spellings = [other for other in others if number(links, other) == link.jti]

    links.revoke(link.jti, "Ada", NOON)

    assert len(spellings) > 1
    assert {reason(links, spelling) for spelling in spellings} == {"revoked"}


@pytest.mark.parametrize("days", DAYS)
def test_a_link_lives_to_its_last_second(links, days):  # T-SH-02
    link, token = made(links, days)

    assert links.open(token, link.expires_at - SECOND) == link
    assert reason(links, token, link.expires_at) == "expired"
    assert reason(links, token, link.expires_at + SECOND) == "expired"


def test_no_other_life_is_given(links):
    with pytest.raises(ValueError, match="lives 7, 30, 90 days, not 365"):
        made(links, 365)
    assert links.all() == []


def test_a_revoked_link_shows_nothing_from_that_moment_on(links):  # T-SH-03
    link, token = made(links)
    _, other = made(links)
    links.revoke(link.jti, "Bo", NOON + SECOND)
    links.revoke(link.jti, "Cy", NOON + 9 * SECOND)

    assert reason(links, token, NOON + SECOND) == "revoked"
    assert links.open(other, NOON).status(NOON) == "open"
    (found,) = [one for one in links.all() if one.jti == link.jti]
    assert (found.status(NOON), found.revoked_by, found.revoked_at) == ("revoked", "Bo", NOON + SECOND)


def test_a_token_of_another_key_another_purpose_or_another_shape_is_unknown(links, options):
    link, _ = made(links)
    said = {"jti": link.jti, "exp": int(link.expires_at.timestamp())}
    key = secret_of(options)

    assert reason(links, Links(links.path, b"x" * 32)._signed.dumps(said)) == "unknown"
    assert reason(links, URLSafeSerializer(key, "another purpose").dumps(said)) == "unknown"
    for shape in ({}, [], "text", {"jti": link.jti}, {"jti": "nobody", "exp": said["exp"]}, {"jti": "", "exp": "soon"}):
        assert reason(links, links._signed.dumps(shape)) == "unknown"
    for nonsense in ("", ".", "..", "x" * 5000, "ü", "\0"):
        assert reason(links, nonsense) == "unknown"


def test_the_sentences_say_when_whom_to_ask_and_never_what_was_shown(options):
    links = Links.of(options.model_copy(update=BEHIND_PROXY))
    link, token = made(links)

    with pytest.raises(LinkRefusedError) as expired:
        links.open(token, link.expires_at)
    links.revoke(link.jti, "Ada", NOON)
    with pytest.raises(LinkRefusedError) as revoked:
        links.open(token, NOON)

    assert str(expired.value) == "This link expired on 11 Nov 2026. Ask Ada for a new one, or sign in."
    assert str(revoked.value) == "This link was revoked on 4 Nov 2026. Ask Ada for a new one, or sign in."


def test_where_nobody_signs_in_nobody_is_told_to(links):
    link, token = made(links, by="")

    with pytest.raises(LinkRefusedError) as expired:
        links.open(token, link.expires_at)

    assert str(expired.value) == (
        "This link expired on 11 Nov 2026. Ask the person who shared it for a new one, or open the dashboard itself."
    )


def test_opening_is_counted(links):
    link, _ = made(links)
    for seconds in (5, 9):
        links.opened(link.jti, NOON + seconds * SECOND)

    (found,) = links.all()
    assert (found.opened, found.last_opened) == (2, NOON + 9 * SECOND)


def test_the_newest_link_comes_first(links):
    first, second = made(links)[0], made(links)[0]

    assert [second.jti, first.jti] == [link.jti for link in links.all()]


def test_many_threads_make_and_count_at_once(links):
    link, _ = made(links)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: (links.opened(link.jti, NOON), made(links)), range(80)))

    assert len(links.all()) == 81
    assert links.all()[-1].opened == 80


def test_a_text_that_looks_like_sql_stays_text(links):
    nasty = "'); drop table share_links; --"
    link, token = made(links, by=nasty, team=(nasty, "<img src=x onerror=alert(1)>"))

    assert links.open(token, NOON) == link
    assert links.open(token, NOON).made_by == nasty


def test_only_its_owner_reads_the_files(links, options):
    made(links)
    with links._open() as con:  # its log and index exist while somebody reads
        con.execute("select count(*) from share_links").fetchone()
        files = [
            path for path in options.db.parent.iterdir() if ".access.sqlite" in path.name or ".secret" in path.name
        ]
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in files}

    assert {"pnl.duckdb.access.sqlite", "pnl.duckdb.secret"} < set(modes)
    assert set(modes.values()) == {0o600}


def test_the_key_is_made_once_and_by_one(options):
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: secret_of(options), range(8)))

    assert len(keys) == 1
    assert len(bytes.fromhex(keys.pop().decode())) == 32
    assert [path.name for path in options.db.parent.iterdir()] == ["pnl.duckdb.secret"]


def test_a_key_may_come_from_the_settings_and_must_be_long(options):
    given = options.model_copy(update={"secret": SecretStr("k" * 32)})

    assert secret_of(given) == b"k" * 32
    assert not beside(options.db, "secret").exists()
    with pytest.raises(ValidationError) as short:
        Settings(secret="hush")
    assert "TOKENPNL_SECRET=...: " in explain(short.value)
    assert "hush" not in explain(short.value)


def test_a_damaged_key_is_said_and_nothing_is_signed_with_it(options):
    beside(options.db, "secret").write_text("short")

    with pytest.raises(WeakSecretError, match="is damaged"):
        Links.of(options)


def test_links_outlive_a_rebuild_and_are_no_part_of_a_backup(company, options, tmp_path: Path):
    company.load(usage=[call("a", "A", 1, "1.00")])
    link, token = made(Links.of(options))

    pipeline.rebuild(company.warehouse)
    back_up(company.warehouse, tmp_path / "saved.duckdb")

    assert Links.of(options).open(token, NOON) == link
    assert {"saved.duckdb", "saved.duckdb.archive"} == {path.name for path in tmp_path.glob("saved*")}


def come(options: Settings, token: str | None = None, **headers: str) -> Visitor:
    return visitor(token, {name.replace("_", "-"): value for name, value in headers.items()}, options, NOON)


def test_without_a_proxy_whoever_comes_may_do_everything_and_no_header_is_believed(options):
    for found in (come(options), come(options, X_Forwarded_Email="eve@example.org")):
        assert (found.viewer, found.link, found.name) == (Viewer.everything(), None, "")
        assert found.may_import
        assert found.may_share


def test_behind_a_proxy_its_header_is_the_name_and_who_has_none_sees_nothing(options):
    behind = options.model_copy(update=BEHIND_PROXY)

    assert come(behind, x_forwarded_email=" ada@example.org ").name == "ada@example.org"
    for headers in ({}, {"X_Forwarded_Email": " "}, {"X_Forwarded_User": "ada"}):
        with pytest.raises(NotSignedInError):
            come(behind, **headers)


def test_a_reader_sees_the_link_and_may_do_nothing_whoever_it_is(options, links):
    link, token = made(links)
    behind = options.model_copy(update=BEHIND_PROXY)

    for found in (come(options, token), come(behind, token), come(behind, token, X_Forwarded_Email="ada@example.org")):
        assert found.link == link
        assert found.viewer == Viewer({"team": ("A",)}, date(2026, 10, 1), date(2026, 10, 31))
        assert not found.may_import
        assert not found.may_share
        assert found.name == ""


@pytest.mark.parametrize("wrong", ["", "nonsense"])
def test_a_wrong_token_never_falls_back_to_the_whole(options, wrong):
    with pytest.raises(LinkRefusedError):
        come(options, wrong)


def test_a_link_to_one_team_answers_for_no_other(company, options, links):  # T-SH-05
    company.load(usage=[call("a", "A", 1, "1.00"), call("b", "B", 2, "10.00"), call("c", "A", 30, "100.00")])
    _, token = links.create(
        "teams", {}, {"team": ["A"]}, date(2026, 10, 1), date(2026, 10, 15), by="", days=7, now=NOON
    )
    reader = come(options, token).viewer

    def cost(**filters: object) -> dict[str, str]:
        con = company.warehouse.cursor()
        rows = ask(con, Question(("all_in_cost",), by=("team",), **filters), reader, TODAY).rows
        return {row["team"]: str(row["all_in_cost"].normalize()) for row in rows if row["all_in_cost"]}

    assert cost() == {"A": "1"}
    assert cost(where={"team": ("B",)}) == {}
    assert cost(where={"team": ("A", "B")}) == {"A": "1"}
    assert cost(since=date(2020, 1, 1), until=date(2030, 1, 1)) == {"A": "1"}
    assert cost(since=date(2026, 10, 16), until=date(2026, 10, 31)) == {}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"host": "0.0.0.0"}, "TOKENPNL_TRUSTED_USER_HEADER"),
        ({"host": "example.org"}, "no address"),
        ({"host": "192.168.1.5"}, "TOKENPNL_TRUSTED_USER_HEADER"),
        ({"trusted_proxies": "proxy"}, "no address"),
        ({"trusted_proxies": "10.0.0.1, 0.0.0.0/0"}, "everybody"),
        ({"trusted_user_header": "not a header"}, "TOKENPNL_TRUSTED_USER_HEADER"),
    ],
)
def test_another_address_needs_a_proxy_in_front(given, said):
    with pytest.raises(ValidationError) as refused:
        Settings(**given)

    assert said in explain(refused.value)


def test_behind_a_proxy_another_address_is_allowed():
    assert Settings(host="0.0.0.0", **BEHIND_PROXY).host == "0.0.0.0"
    assert Settings(host="::1").host == "::1"
