"""What the dashboard's process answers to whoever calls it, before any page is shown."""

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect
from streamlit import config
from streamlit.runtime import Runtime

from app import cli, server
from app.access.gate import MB, Gate
from app.settings import Settings
from app.warehouse.connect import Warehouse, close_current, current_warehouse, open_warehouse
from app.warehouse.owner import Note, hand_over, living
from tests.conftest import TODAY

HEADERS = {
    "content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy",
    "cross-origin-opener-policy", "cross-origin-resource-policy", "permissions-policy",
}  # fmt: skip

SOCKET = "ws://localhost/_stcore/stream"
Upload = Callable[..., int]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The server's database."""
    settings = Settings(db=tmp_path_factory.mktemp("served") / "pnl.duckdb", today=TODAY, threads=1)
    opened = open_warehouse(settings.db, settings)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(warehouse: Warehouse) -> Iterator[TestClient]:
    """The server without a port. A process can have only one, so all tests call the same."""
    settings = server._config(warehouse.settings)
    before = {name: config.get_option(name) for name in settings}
    for name, value in settings.items():
        config.set_option(name, value)
    with TestClient(
        server.make(warehouse, cli.answer), base_url="http://localhost", raise_server_exceptions=False
    ) as opened:
        yield opened
    Runtime._instance = None  # Streamlit would keep it for the tests after these
    for name, value in before.items():
        config.set_option(name, value)


@pytest.fixture
def note(client: TestClient, warehouse: Warehouse) -> Note:
    """Where the server takes commands."""
    found = living(warehouse.path)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/nowhere", "/_stcore/health", "/_stcore/agent/x", "/media/x", "/app/static/x"]
)
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:  # T-HDR-01
    assert set(client.get(path).headers) >= HEADERS


def test_a_page_may_load_nothing_from_elsewhere(client: TestClient) -> None:
    policy = dict(part.split(" ", 1) for part in client.get("/").headers["content-security-policy"].split("; "))

    assert policy["default-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert "sha256-" in policy["script-src"]
    assert not [part for part in policy.values() if "http" in part or "*" in part]


@pytest.mark.parametrize("path", ["/_stcore/agent/openapi.json", "/_stcore/agent/interact", "/_stcore/metrics"])
def test_what_nobody_outside_needs_is_not_there(client: TestClient, path: str) -> None:  # T-HDR-02, T-HDR-03
    assert client.get(path).status_code == 404
    assert client.post(path, json={}).status_code == 404


def test_a_name_that_is_not_ours_is_refused(client: TestClient) -> None:  # T-HDR-04
    assert client.get("/healthz", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/healthz", headers={"host": "127.0.0.1:8501"}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8501", ""])
def test_a_name_that_is_not_ours_is_refused_before_a_page_runs(client: TestClient, host: str) -> None:  # T-HDR-04
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect(SOCKET, ["streamlit"], headers={"host": host}),
    ):
        pass

    assert refused.value.status_code == 400
    assert set(refused.value.headers) >= HEADERS


def test_a_page_of_another_site_cannot_open_a_session(client: TestClient) -> None:
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client.websocket_connect(SOCKET, ["streamlit"], headers={"origin": "https://evil.example"}),
    ):
        pass

    assert refused.value.code == 1008


def test_an_answer_that_failed_carries_the_headers_and_no_reason(
    client: TestClient, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:  # T-HDR-01
    def broken() -> None:
        raise RuntimeError("the secret reason")

    monkeypatch.setattr(warehouse, "cursor", broken)
    answer = client.get("/healthz")

    assert answer.status_code == 500
    assert set(answer.headers) >= HEADERS
    assert "secret" not in answer.text


def test_what_streamlit_would_offer_by_itself_is_off(client: TestClient) -> None:
    assert config.get_option("client.disableDataExport") is True
    assert config.get_option("client.showErrorDetails") == "none"
    assert config.get_option("client.showErrorLinks") is False
    assert config.get_option("browser.gatherUsageStats") is False
    assert client.get("/_stcore/host-config").json()["allowedOrigins"] == []


@pytest.fixture
def upload(client: TestClient) -> Iterator[Upload]:
    """Puts a file to a session that a browser opened, with the token that a page has or another one."""
    client.get("/_stcore/health")  # sets the cookie
    with client.websocket_connect(SOCKET, ["streamlit"], headers={"origin": "http://localhost"}):
        (session,) = [info.session.id for info in Runtime.instance()._session_mgr.list_active_sessions()]

        def put(size: int, token: str | None = None, session: str = session) -> int:
            said = client.cookies["_streamlit_xsrf"] if token is None else token
            body = {"file": ("a.csv", b"x" * size)}
            address = f"/_stcore/upload_file/{session}/file-{size}"
            return client.put(address, files=body, headers={"X-Xsrftoken": said}).status_code

        yield put


def test_a_file_is_taken_from_a_page_of_ours_only(upload: Upload) -> None:  # T-UP-01
    assert upload(10) == 204
    assert upload(10, token="") == 403
    assert upload(10, token="2|00000000|00000000|1") == 403
    assert upload(10, session="nobody") == 400


def test_uploads_have_room_and_no_more(
    upload: Upload, client: TestClient, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = warehouse.settings.model_copy(update={"upload_mb": 1, "upload_total_mb": 3})
    monkeypatch.setattr(gate_of(client), "settings", small)

    assert [upload(MB - number) for number in range(1, 4)] == [204, 204, 507]
    assert upload(2 * MB) == 413
    assert gate_of(client).arriving == 0


def gate_of(client: TestClient) -> Gate:
    """The gate among the middleware of the running server."""
    layer = client.app._starlette_app.middleware_stack
    while not isinstance(layer, Gate):
        layer = layer.app
    return layer


def test_health_is_the_health_of_the_database(
    client: TestClient, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise duckdb.FatalException("database has been invalidated")

    assert client.get("/healthz").json()["ok"] is True

    monkeypatch.setattr(warehouse, "cursor", gone)

    assert (client.get("/healthz").status_code, client.get("/healthz").json()) == (503, {"ok": False})


def test_the_server_answers_commands_while_it_runs(note: Note, tmp_path: Path) -> None:
    reply = hand_over(note, ["imports", "--json"], tmp_path, {})

    assert (reply.exit, reply.stderr) == (0, "")


def test_a_command_that_came_by_the_socket_cannot_start_a_second_server(note: Note, tmp_path: Path) -> None:
    reply = hand_over(note, ["serve"], tmp_path, {})

    assert (reply.exit, reply.stdout, reply.stderr.count("\n")) == (1, "", 1)


def test_a_day_that_a_caller_names_is_that_calls_day_only(note: Note, warehouse: Warehouse, tmp_path: Path) -> None:
    wrong = hand_over(note, ["metrics"], tmp_path, {"TOKENPNL_TODAY": "no day"})
    right = hand_over(note, ["metrics"], tmp_path, {"TOKENPNL_TODAY": "2020-01-01"})

    assert (wrong.exit, right.exit) == (2, 0)
    assert warehouse.settings.today == TODAY


def test_the_process_has_each_database_open_once(tmp_path: Path) -> None:
    settings = Settings(db=tmp_path / "pnl.duckdb", threads=1)
    (tmp_path / "link").symlink_to(tmp_path)

    first = current_warehouse(settings=settings)

    assert first is current_warehouse(tmp_path / "link" / "pnl.duckdb", settings)
    assert first is not current_warehouse(tmp_path / "other.duckdb", settings)
    close_current()
    assert first is not current_warehouse(settings=settings)
