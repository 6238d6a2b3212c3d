"""The dashboard's process: Streamlit, health, and the database that it owns while it runs."""

import asyncio
import base64
import hashlib
import logging
import os
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import duckdb
import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import Runtime
from streamlit.runtime.stats import CACHE_MEMORY_FAMILY

from app.access.gate import Gate
from app.settings import Settings
from app.ui.formats import md
from app.warehouse import owner
from app.warehouse.connect import DatabaseFailedError, Warehouse, close_current, current_warehouse
from ingest.watch import Watching

LOG = logging.getLogger(__name__)
MAIN = Path(__file__).resolve().parent / "main.py"
CLOSED = ("/_stcore/agent/", "/_stcore/metrics")
Answer = Callable[[owner.Request, Warehouse], owner.Reply]


def serve(settings: Settings, opener: Callable[[Path, Settings], Warehouse], answer: Answer) -> None:
    """Opens the database, serves the dashboard and answers commands until the process is told to end.

    Raises DatabaseBusyError when another process has the database open.
    """
    os.environ["TOKENPNL_DB"] = str(settings.db)  # the pages read the setting; here `--db` may have named another
    os.environ["FORWARDED_ALLOW_IPS"] = ""  # the gate asks who really calls; uvicorn would put a header in its place
    warehouse = current_warehouse(settings.db, settings, opener)
    try:
        make(warehouse, answer).run(config=_config(settings))
    finally:
        close_current()


def make(warehouse: Warehouse, answer: Answer) -> st.App:
    """The ASGI application. While it runs, it answers the commands of other processes, too."""

    @asynccontextmanager
    async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
        settings = warehouse.settings
        url = f"http://{settings.host}:{settings.port}"
        owning = owner.Owner(warehouse.path, url, lambda request: answer(request, warehouse))
        owning.start()
        watching = Watching(warehouse, settings.watch) if settings.watch else None
        if watching is not None:
            watching.start()
        try:
            yield {"since": datetime.now(UTC).isoformat(timespec="seconds")}
        finally:
            if watching is not None:
                await asyncio.to_thread(watching.stop)
            await asyncio.to_thread(owning.stop)

    def healthz(_: Request) -> JSONResponse:
        try:
            with closing(warehouse.cursor()) as con:
                con.execute("select 1").fetchall()
        except (duckdb.Error, DatabaseFailedError):  # whatever keeps it from answering, the port must say so
            LOG.exception("the database does not answer")
            return JSONResponse({"ok": False}, 503)
        return JSONResponse({"ok": True, "since": application.state["since"]})

    headers = _security_headers()

    def broken(_: Request, error: Exception) -> JSONResponse:
        LOG.error("a request failed: %s", error)  # the answer passes by the middleware, so it brings its own headers
        return JSONResponse({"error": "the request failed; the log of the dashboard has the reason"}, 500, headers)

    application = st.App(
        MAIN,
        lifespan=lifespan,
        routes=[Route("/healthz", healthz)],
        middleware=[
            Middleware(Guard, headers=headers),
            Middleware(TrustedHostMiddleware, allowed_hosts=_hosts(warehouse.settings), www_redirect=False),
            Middleware(Gate, settings=warehouse.settings, held=_uploaded_bytes),
        ],
        exception_handlers={Exception: broken},
        on_script_error=_say_failed,
    )
    return application


class Guard:
    """Security headers on every answer; what nobody outside needs is not there."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self.app = app
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        if scope["type"] == "http" and any(part in f"{scope['path']}/" for part in CLOSED):
            await JSONResponse({"error": "not found"}, 404)(scope, receive, with_headers)
        else:
            await self.app(scope, receive, with_headers)


def _security_headers() -> dict[str, str]:
    return {
        "Content-Security-Policy": content_policy(),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Strict-Transport-Security": "max-age=31536000",
    }


def content_policy() -> str:
    """What a page may load: what this server gives, and the one script that stands in Streamlit's own first page."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    inline = [
        hashlib.sha256(script.encode()).digest() for script in re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    ]
    hashes = "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in inline)
    return (
        f"default-src 'self'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'self'; object-src 'none'"
    )


def _config(settings: Settings) -> dict[str, Any]:
    return {
        "server.address": settings.host,
        "server.port": settings.port,
        "server.headless": True,
        "server.allowedHosts": _hosts(settings),
        "server.enableAgentApi": False,
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": False,
        "runner.magicEnabled": False,
        "server.maxUploadSize": settings.upload_mb,
        "client.allowedOrigins": [],
        "client.disableDataExport": True,  # our own export says filters and dates, and escapes formulas
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "client.toolbarMode": "viewer",
    }


def _hosts(settings: Settings) -> list[str]:
    return [host.strip() for host in settings.allowed_hosts.split(",") if host.strip()]


def _uploaded_bytes() -> int:
    """What uploaded files take of memory: Streamlit keeps each of them until it is removed or its tab is closed."""
    stats = Runtime.instance().uploaded_file_mgr.get_stats([CACHE_MEMORY_FAMILY])
    return sum(int(getattr(stat, "byte_length", 0)) for family in stats.values() for stat in family)


def _say_failed(error: Exception) -> bool:
    """What happened, where, what was left unchanged, what to do. The reason is in the log, never on the page."""
    reference = uuid4().hex[:8]
    path = urlsplit(st.context.url or "").path or "/"
    LOG.error("reference %s at %s: %s", reference, path, error)
    st.error(
        f"This page ({md(path)}) failed, and from here on it is not shown. Nothing was changed: the figures, files and "
        f"links are as they were. Reload it; if it fails again, give the reference {reference} to whoever runs the "
        "dashboard: its log says why."
    )
    return True
