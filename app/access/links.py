"""Share links: made, opened, listed, revoked.

A link carries a signed number and the second at which it ends, nothing else. What it shows stands in the table: one
page with its filters and dates, the rows and days that its reader may ask for, and who made it. A token has more than
one spelling, so a link is revoked by its number, never by its text.
"""

import hashlib
import json
import os
import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from itsdangerous import BadData, URLSafeSerializer

from app.access.secret import secret_of
from app.settings import Settings
from app.warehouse.connect import beside

DAYS = (7, 30, 90)
"""How many days a link may live."""
LONGEST_TOKEN = 300
WAIT_SECONDS = 10
SALT = "share link"
SCHEMA = """
    create table if not exists share_links (
        jti text primary key,
        page text not null,
        params text not null,
        scope text not null,
        since text,
        until text,
        made_by text not null,
        made_at integer not null,
        expires_at integer not null,
        revoked_at integer,
        revoked_by text,
        opened integer not null default 0,
        last_opened integer
    ) strict
"""
Status = Literal["open", "expired", "revoked"]
Reason = Literal["unknown", "expired", "revoked"]


@dataclass(frozen=True)
class Link:
    """One share link: the view that it shows, what its reader may ask for, and what became of it."""

    jti: str
    page: str
    params: Mapping[str, tuple[str, ...]]
    """The address of the view: filters, grouping and dates that do not move."""
    where: Mapping[str, tuple[str, ...]]
    """The row filter of its reader: catalogue dimension -> values."""
    since: date | None
    until: date | None
    """The first and the last day that its reader may see; the comparison's days are within."""
    made_by: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    revoked_by: str
    opened: int
    last_opened: datetime | None

    def status(self, now: datetime) -> Status:
        """What an attempt to open it would find. Revoked outlasts expired."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if now >= self.expires_at else "open"


class LinkRefusedError(Exception):
    """A share link that shows nothing; its text is the sentence for its reader."""

    def __init__(self, reason: Reason, link: Link | None = None, otherwise: str = "sign in") -> None:
        super().__init__(_sentence(reason, link, otherwise))
        self.reason = reason
        self.link = link


class Links:
    """The share links of one database. Every use opens the file anew, so threads do not meet."""

    def __init__(self, path: Path, secret: bytes, otherwise: str = "sign in") -> None:
        self.path = path
        self._otherwise = otherwise
        self._signed = URLSafeSerializer(secret, SALT, signer_kwargs={"digest_method": hashlib.sha256})

    @classmethod
    def of(cls, settings: Settings) -> "Links":
        """Those beside the database of the settings. Raises WeakSecretError."""
        otherwise = "sign in" if settings.trusted_user_header else "open the dashboard itself"
        return cls(beside(settings.db.resolve(), "access.sqlite"), secret_of(settings), otherwise)

    def create(
        self,
        page: str,
        params: Mapping[str, Sequence[str]],
        where: Mapping[str, Sequence[str]],
        since: date | None,
        until: date | None,
        *,
        by: str,
        days: int,
        now: datetime,
    ) -> tuple[Link, str]:
        """A new link, and its token. Raises ValueError for another life than 7, 30 or 90 days."""
        if days not in DAYS:
            raise ValueError(f"a share link lives {', '.join(map(str, DAYS))} days, not {days}")
        made_at = now.replace(microsecond=0)
        link = Link(
            jti=secrets.token_urlsafe(16),
            page=page,
            params={name: tuple(values) for name, values in params.items()},
            where={name: tuple(values) for name, values in where.items()},
            since=since,
            until=until,
            made_by=by,
            made_at=made_at,
            expires_at=made_at + timedelta(days=days),
            revoked_at=None,
            revoked_by="",
            opened=0,
            last_opened=None,
        )
        with self._open() as con:
            con.execute(
                "insert into share_links (jti, page, params, scope, since, until, made_by, made_at, expires_at) "
                "values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    link.jti, page, json.dumps(link.params), json.dumps(link.where),
                    since and since.isoformat(), until and until.isoformat(),
                    by, _seconds(link.made_at), _seconds(link.expires_at),
                ),
            )  # fmt: skip
        return link, self._signed.dumps({"jti": link.jti, "exp": _seconds(link.expires_at)})

    def open(self, token: str, now: datetime) -> Link:
        """What a token shows. Raises LinkRefusedError: unknown, expired or revoked."""
        jti, expires = self._read(token)
        with self._open() as con:
            row = con.execute("select * from share_links where jti = ?", (jti,)).fetchone()
        if row is None:
            raise LinkRefusedError("unknown")
        link = _link(row)
        status = "expired" if _seconds(now) >= expires and link.revoked_at is None else link.status(now)
        if status != "open":
            raise LinkRefusedError(status, link, self._otherwise)
        return link

    def opened(self, jti: str, now: datetime) -> None:
        """Counts that somebody opened the link."""
        with self._open() as con:
            con.execute(
                "update share_links set opened = opened + 1, last_opened = ? where jti = ?", (_seconds(now), jti)
            )

    def all(self) -> list[Link]:
        """Every link that was ever made, the newest first."""
        with self._open() as con:
            rows = con.execute("select * from share_links order by made_at desc, rowid desc").fetchall()
        return [_link(row) for row in rows]

    def revoke(self, jti: str, by: str, now: datetime) -> None:
        """Ends a link for good. One that is revoked already stays as it is."""
        with self._open() as con:
            con.execute(
                "update share_links set revoked_at = ?, revoked_by = ? where jti = ? and revoked_at is null",
                (_seconds(now), by, jti),
            )

    def _read(self, token: str) -> tuple[str, int]:
        try:
            if len(token) > LONGEST_TOKEN:  # before anything is worked out for somebody without the key
                raise ValueError("too long for a token")
            said = self._signed.loads(token)
            return str(said["jti"]), int(said["exp"])
        except (BadData, KeyError, TypeError, ValueError) as error:
            raise LinkRefusedError("unknown") from error

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        # Made before SQLite makes it: its log and index files take over the mode of the database.
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        with closing(sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)) as con:
            con.row_factory = sqlite3.Row
            con.execute("pragma journal_mode = wal")
            con.execute(SCHEMA)
            yield con


def _sentence(reason: Reason, link: Link | None, otherwise: str) -> str:
    if reason == "unknown" or link is None:
        return (
            "This link is not known here: it was cut short, or belongs to another dashboard. "
            "Copy the whole link, or ask the person who shared it for a new one."
        )
    day = link.revoked_at if reason == "revoked" and link.revoked_at else link.expires_at
    return (
        f"This link {'was revoked' if reason == 'revoked' else 'expired'} on {day.day} {day:%b %Y}. "
        f"Ask {link.made_by or 'the person who shared it'} for a new one, or {otherwise}."
    )


def _link(row: sqlite3.Row) -> Link:
    return Link(
        jti=row["jti"],
        page=row["page"],
        params=_lists(row["params"]),
        where=_lists(row["scope"]),
        since=date.fromisoformat(row["since"]) if row["since"] else None,
        until=date.fromisoformat(row["until"]) if row["until"] else None,
        made_by=row["made_by"],
        made_at=_moment(row["made_at"]),
        expires_at=_moment(row["expires_at"]),
        revoked_at=_moment(row["revoked_at"]) if row["revoked_at"] is not None else None,
        revoked_by=row["revoked_by"] or "",
        opened=row["opened"],
        last_opened=_moment(row["last_opened"]) if row["last_opened"] is not None else None,
    )


def _lists(text: str) -> dict[str, tuple[str, ...]]:
    said: dict[str, Any] = json.loads(text)
    return {name: tuple(values) for name, values in said.items()}


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
