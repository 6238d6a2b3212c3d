"""What stands in front of the dashboard behind a sign-in proxy: whose word is believed, and who gets which file."""

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from app.access.gate import COOKIE, MB, Gate
from app.access.links import Links
from app.settings import Settings
from tests.test_owner import ROOT, environment, free_port, wait_for

NOON = datetime(2026, 11, 4, 12, 0, tzinfo=UTC)
HEADER = "X-Forwarded-Email"
ADA = {HEADER: "ada@example.org"}
PROXY, STRANGER = ("127.0.0.1", 40000), ("10.1.2.3", 40000)
Client = Callable[..., TestClient]


async def behind(scope: Scope, receive: Receive, send: Send) -> None:
    """Says the header as the dashboard would see it."""
    if scope["type"] == "websocket":
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        await socket.send_text(socket.headers.get(HEADER, "nobody"))
        await socket.close()
    else:
        await PlainTextResponse(Request(scope).headers.get(HEADER, "nobody"))(scope, receive, send)


@pytest.fixture
def settings(options: Settings) -> Settings:
    """Those of a dashboard behind a sign-in proxy."""
    return options.model_copy(update={"trusted_user_header": HEADER, "upload_mb": 1, "upload_total_mb": 3})


@pytest.fixture
def client(settings: Settings) -> Client:
    """A browser that calls from an address, with so many bytes of uploads in memory already."""

    def make(address: tuple[str, int] = PROXY, held: int = 0, now: datetime = NOON, **change: object) -> TestClient:
        changed = settings.model_copy(update=change)
        return TestClient(Gate(behind, changed, lambda: held, lambda: now), client=address, base_url="https://pnl")

    return make


def token(settings: Settings, now: datetime = NOON) -> str:
    return Links.of(settings).create(
        "teams", {}, {"team": ["A"]}, date(2026, 10, 1), date(2026, 10, 31), by="Ada", days=7, now=now
    )[1]


def test_the_header_is_believed_from_the_proxy_only(client):  # T-HDR-05
    assert client(PROXY).get("/", headers=ADA).text == "ada@example.org"
    assert client(("::1", 1)).get("/", headers=ADA).text == "ada@example.org"
    assert client(("::ffff:127.0.0.1", 1)).get("/", headers=ADA).text == "ada@example.org"
    assert client(STRANGER).get("/", headers=ADA).text == "nobody"
    assert client(STRANGER).get("/", headers=ADA | {"X-Forwarded-For": "127.0.0.1"}).text == "nobody"
    assert client(("unknown", 1)).get("/", headers=ADA).text == "nobody"


def test_the_header_of_a_socket_is_believed_from_the_proxy_only(client):  # T-HDR-05
    for address, name in ((PROXY, "ada@example.org"), (STRANGER, "nobody")):
        with client(address).websocket_connect("/_stcore/stream", headers=ADA) as socket:
            assert socket.receive_text() == name


def test_a_header_that_stands_there_twice_is_nobodys(client):
    twice = [(HEADER, "eve@example.org"), (HEADER.lower(), "ada@example.org")]

    assert client().get("/", headers=twice).text == "nobody"


def test_a_network_of_proxies_may_be_named(client):
    assert client(STRANGER, trusted_proxies="127.0.0.1, 10.1.0.0/16").get("/", headers=ADA).text == "ada@example.org"
    assert client(("10.2.0.1", 1), trusted_proxies="10.1.0.0/16").get("/", headers=ADA).text == "nobody"


def test_without_a_proxy_everything_passes_as_it_is(client):
    alone = client(STRANGER, trusted_user_header=None)

    assert alone.get("/media/x.csv").status_code == 200
    assert alone.put("/_stcore/upload_file/s/f", content=b"x").status_code == 200


def test_only_who_is_signed_in_gives_files(client):
    path = "/_stcore/upload_file/session/file"

    assert client().put(path, content=b"x", headers=ADA).status_code == 200
    assert client().delete(path, headers=ADA).status_code == 200
    assert client().put(path, content=b"x").status_code == 403
    assert client().delete(path).status_code == 403
    assert client(STRANGER).put(path, content=b"x", headers=ADA).status_code == 403
    assert client().options(path).status_code == 200  # what a browser asks first tells nothing


def test_a_reader_of_a_link_gives_no_files(client, settings):
    reader = client()
    reader.get("/teams", params={"share": token(settings)})

    assert reader.put("/_stcore/upload_file/session/file", content=b"x").status_code == 403


def test_an_upload_says_its_length_and_there_is_room_for_it(client):
    path = "/_stcore/upload_file/session/file"

    def status(held: int, content: object) -> int:
        return client(held=held).put(path, content=content, headers=ADA).status_code

    assert status(0, b"x" * 2 * MB) == 200  # one MB, and the form around it
    assert status(0, b"x" * (2 * MB + 1)) == 413
    assert status(2 * MB, b"x" * MB) == 200
    assert status(2 * MB, b"x" * (MB + 1)) == 507
    assert status(0, iter([b"x", b"y"])) == 411


def test_only_who_is_signed_in_or_reads_a_link_gets_files(client, settings):
    reader = client()
    assert reader.get("/media/hash.csv").status_code == 403
    reader.get("/teams", params={"share": token(settings)})

    assert reader.get("/media/hash.csv").status_code == 200
    assert client().get("/media/hash.csv", headers=ADA).status_code == 200
    assert client(STRANGER).get("/media/hash.csv", headers=ADA).status_code == 403
    assert client().get("/media/hash.csv").status_code == 403


def test_files_end_with_the_link(client, settings):
    reader = client()
    reader.get("/teams", params={"share": token(settings)})
    (link,) = Links.of(settings).all()
    Links.of(settings).revoke(link.jti, "Ada", NOON)

    assert reader.get("/media/hash.csv").status_code == 403

    late = client(now=NOON + timedelta(days=8))
    late.cookies.set(COOKIE, token(settings))
    assert late.get("/media/hash.csv").status_code == 403


@pytest.mark.parametrize("wrong", ["", "nonsense"])
def test_a_link_that_shows_nothing_leaves_no_cookie(client, wrong):
    answer = client().get("/teams", params={"share": wrong})

    assert (answer.status_code, answer.headers.get("set-cookie")) == (200, None)


def test_two_tokens_are_none(client, settings):
    assert "set-cookie" not in client().get("/", params={"share": [token(settings), token(settings)]}).headers


def test_the_cookie_is_for_files_alone_and_out_of_the_reach_of_scripts(client, settings):
    plain = client().get("/teams", params={"share": token(settings)})
    encrypted = client().get("/teams", params={"share": token(settings)}, headers={"X-Forwarded-Proto": "https"})

    parts = set(encrypted.headers["set-cookie"].split("; ")[1:])
    assert parts == {"Path=/media/", "Max-Age=604800", "HttpOnly", "SameSite=Lax", "Secure"}
    assert plain.headers["set-cookie"].split("=")[0] == COOKIE


def test_who_is_signed_in_needs_no_cookie(client, settings):
    answer = client().get("/teams", params={"share": token(settings)}, headers=ADA)

    assert "set-cookie" not in answer.headers


def status(url: str, **headers: str) -> int:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def test_the_running_server_goes_by_who_really_calls(tmp_path: Path):  # T-HDR-05
    """This machine is not the proxy here, and no header makes it one."""
    port = free_port()
    settings = {"TOKENPNL_TRUSTED_USER_HEADER": HEADER, "TOKENPNL_TRUSTED_PROXIES": "10.9.9.9"}
    with subprocess.Popen(
        [sys.executable, "-m", "app", "--db", str(tmp_path / "pnl.duckdb"), "serve", "--port", str(port)],
        cwd=ROOT, env=environment() | settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as server:  # fmt: skip
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            file = f"http://127.0.0.1:{port}/media/nobody.csv"

            assert status(file, X_Forwarded_Email="eve@example.org") == 403
            assert status(file, X_Forwarded_Email="eve@example.org", X_Forwarded_For="10.9.9.9") == 403
            assert status(file, X_Forwarded_Email="eve@example.org", Forwarded="for=10.9.9.9") == 403
        finally:
            server.terminate()
            server.wait(30)
