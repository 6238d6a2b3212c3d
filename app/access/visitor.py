"""Who a request comes from, and what that person may see and do.

Without a sign-in proxy whoever reaches this machine's own address may do everything. With one (the setting
`trusted_user_header`), its header says who it is, and who comes without it sees nothing but what a share link shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.access.links import Link, Links
from app.metrics.question import Viewer
from app.settings import Settings

NO_SIGN_IN = ""
"""The name of everybody where nobody signs in."""


class NotSignedInError(Exception):
    """Somebody who is not signed in, without a share link."""

    def __init__(self) -> None:
        super().__init__(
            "This dashboard is for people who are signed in. Nothing was shown. "
            "Open it through the company's sign-in page, or ask for a share link."
        )


@dataclass(frozen=True)
class Visitor:
    """A person at a page."""

    viewer: Viewer
    """The rows and days that are answered at all."""
    link: Link | None
    """The share link that the person reads; None for one who comes in by the front door."""
    may_import: bool
    may_share: bool
    name: str
    """As the sign-in says it; empty where nobody signs in and for the reader of a link."""


def visitor(token: str | None, headers: Mapping[str, str], settings: Settings, now: datetime) -> Visitor:
    """Who comes with these headers, and with a share token when there is one (then only its view, whoever it is).

    Raises LinkRefusedError for a token that shows nothing, NotSignedInError for a stranger without one.
    """
    if token is not None:
        link = Links.of(settings).open(token, now)
        seen = Viewer(where=link.where, since=link.since, until=link.until)
        return Visitor(seen, link, may_import=False, may_share=False, name="")
    name = signed_in(headers, settings)
    if name is None:
        raise NotSignedInError
    return Visitor(Viewer.everything(), None, may_import=True, may_share=True, name=name)


def signed_in(headers: Mapping[str, str], settings: Settings) -> str | None:
    """The name of who is signed in, None for a stranger. Header names are told apart by neither case."""
    if settings.trusted_user_header is None:
        return NO_SIGN_IN
    wanted = settings.trusted_user_header.lower()
    return next((value.strip() for name, value in headers.items() if name.lower() == wanted and value.strip()), None)


def reach(settings: Settings) -> str:
    """How the dashboard is reached, and by whom, in one sentence."""
    if settings.trusted_user_header is None:
        return (
            f"This dashboard is reached at {settings.host} of this machine only and has no sign-in: "
            "whoever can reach that address sees everything and may change it."
        )
    return (
        "This dashboard stands behind a proxy that signs people in: whoever it lets in sees everything and may "
        "change it; everybody else sees what a share link shows."
    )
