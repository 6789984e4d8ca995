"""The conversion of a row with a request to a value: from the table of requests, or from what is joined with it."""

from typing import Any

from coaching.requests import Request, RequestState
from storage.tables import requests

SHARED = tuple(
    requests.c[name] for name in ("action_id", "asked_at", "asked_by", "note", "decide_by", "state", "by_admins")
)
"""The columns that every such row has, by their names, or by those after a prefix."""


def request_of(row: Any, prefix: str = "", **known: Any) -> Request:  # noqa: ANN401 - rows of more than one type
    """Return the request in a row that has the `SHARED` columns, their names after `prefix`. The rest is `known`."""
    action_id, at, by_id, note, decide_by, state, by_admins = (getattr(row, prefix + one.key) for one in SHARED)
    return Request(
        action_id=action_id,
        at=at,
        by_id=by_id,
        note=note,
        decide_by=decide_by,
        state=RequestState(state),
        by_admins=bool(by_admins),
        **known,
    )
