"""Where a click on a mark or a row leads."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from app.ui import navigate

Row = Mapping[str, Any]
Target = tuple[str | None, dict[str, list[str]]]
Drill = Callable[[Row], Target | None]


def follow(target: Target | None) -> None:
    """Goes where a click leads; nowhere where it leads to what is shown already."""
    if target is None:
        return
    page, params = target
    here = navigate.current()
    if page not in (None, here.page) or params != here.params():
        navigate.go(params, page=page)


def placed(key: str) -> str:
    """The key of something to click on, made of the view: on another level it begins anew, without the old click."""
    address = json.dumps(navigate.current().params(), sort_keys=True)
    return f"{key}_{hashlib.sha256(address.encode()).hexdigest()[:12]}"
