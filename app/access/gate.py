"""The gate in front of the dashboard: who comes is who the sign-in proxy says, and gets no file and gives none without.

Streamlit itself takes uploads from anybody and hands out files to anybody who knows their address.
"""

import asyncio
import ipaddress
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.links import Link, LinkRefusedError, Links
from app.access.visitor import signed_in
from app.settings import Settings

LOG = logging.getLogger(__name__)
UPLOADS, FILES = "/_stcore/upload_file/", "/media/"
ADDRESS_PARTS = ("/_stcore/", "/static/", "/app/static/", "/component/", FILES, "/healthz")
"""What a browser fetches beside a page."""
COOKIE = "tokenpnl_share"
MB = 1024 * 1024
FORM_MB = 1
"""What the form around an uploaded file may add to it."""


class Gate:
    """ASGI middleware. `held` says how many bytes of uploaded files are in memory."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        held: Callable[[], int],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.app = app
        self.settings = settings
        self.held = held
        self.clock = clock
        self.arriving = 0
        self.proxies = [ipaddress.ip_network(network.strip()) for network in settings.trusted_proxies.split(",")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope = self._believed(scope)
        stranger = signed_in(Headers(scope=scope), self.settings) is None
        path = scope["path"]
        if scope["type"] == "http" and path.startswith(UPLOADS) and scope["method"] != "OPTIONS":
            await self._take(scope, receive, send, stranger)
        elif path.startswith(FILES) and stranger and await self._link(_cookie(scope)) is None:
            await _refuse(HTTPStatus.FORBIDDEN, "Sign in, or open a share link.")(scope, receive, send)
        elif scope["type"] == "http" and stranger and not path.startswith(ADDRESS_PARTS):
            await self._remember(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _believed(self, scope: Scope) -> Scope:
        """The request without a header that anybody but the proxy may have written, or that stands there twice."""
        wanted = self.settings.trusted_user_header
        if wanted is None:
            return scope
        name = wanted.lower().encode()
        said = [value for key, value in scope["headers"] if key.lower() == name]
        if len(said) == 1 and self._is_proxy(scope):
            return scope
        return {**scope, "headers": [(key, value) for key, value in scope["headers"] if key.lower() != name]}

    def _is_proxy(self, scope: Scope) -> bool:
        try:
            address = ipaddress.ip_address((scope.get("client") or ("",))[0])
        except ValueError:
            return False
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return any((mapped or address) in network for network in self.proxies)

    async def _take(self, scope: Scope, receive: Receive, send: Send, stranger: bool) -> None:
        """An upload: of somebody who may import, of a stated length, while there is room."""
        length = Headers(scope=scope).get("content-length", "")
        size = int(length) if length.isdecimal() else 0
        answer = None
        if stranger:
            answer = _refuse(HTTPStatus.FORBIDDEN, "Sign in to load files.")
        elif scope["method"] != "DELETE" and not length.isdecimal():
            answer = _refuse(HTTPStatus.LENGTH_REQUIRED, "The length of the file is not said.")
        elif size > (self.settings.upload_mb + FORM_MB) * MB:
            answer = _refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"A file of more than {self.settings.upload_mb} MB is loaded on the server: python -m app ingest FILE",
            )
        elif self.held() + self.arriving + size > self.settings.upload_total_mb * MB:
            answer = _refuse(
                HTTPStatus.INSUFFICIENT_STORAGE,
                "Other uploads are not read yet. Try again in a minute, or fewer files.",
            )
        if answer is not None:
            await answer(scope, receive, send)
            return
        self.arriving += size
        try:
            await self.app(scope, receive, send)
        finally:
            self.arriving -= size

    async def _remember(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A page for a stranger. A living share link leaves a cookie, so that the files of its page can be fetched."""
        tokens = HTTPConnection(scope).query_params.getlist("share")
        link = await self._link(tokens[0]) if len(tokens) == 1 else None

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and link is not None:
                MutableHeaders(scope=message).append("Set-Cookie", self._set(scope, tokens[0], link))
            await send(message)

        await self.app(scope, receive, with_cookie)

    def _set(self, scope: Scope, token: str, link: Link) -> str:
        secure = "; Secure" if self._is_proxy(scope) and _was_encrypted(scope) else ""
        seconds = int((link.expires_at - self.clock()).total_seconds())
        return f"{COOKIE}={token}; Path={FILES}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"

    async def _link(self, token: str) -> Link | None:
        """The link that a token opens at this moment; a revoked one is none."""
        if not token:
            return None
        try:
            return await asyncio.to_thread(lambda: Links.of(self.settings).open(token, self.clock()))
        except LinkRefusedError:
            return None


def _cookie(scope: Scope) -> str:
    return HTTPConnection(scope).cookies.get(COOKIE, "")


def _was_encrypted(scope: Scope) -> bool:
    return Headers(scope=scope).get("x-forwarded-proto", scope.get("scheme", "")) == "https"


def _refuse(status: HTTPStatus, sentence: str) -> Any:
    return PlainTextResponse(sentence, status)
