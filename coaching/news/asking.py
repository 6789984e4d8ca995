"""Kinds of requests, one row each: which notices ask whom. What happens to them is in `coaching/actions/requests.py`."""

from collections.abc import Mapping
from dataclasses import dataclass

from coaching.news.kinds import NoticeKind
from coaching.requests import RequestKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A row: the properties of every request of a kind.

    `first` is the kind of notice that asks whoever decides first, the coach or a pool's contact, and `to_admins` the one
    that asks the admins.
    """

    kind: RequestKind
    first: NoticeKind
    to_admins: NoticeKind


_ROWS = (
    Asking(kind=RequestKind.EXCEPTION, first=NoticeKind.EXCEPTION, to_admins=NoticeKind.ADMIN_EXCEPTION),
    Asking(kind=RequestKind.MOVE, first=NoticeKind.MOVE_ASKED, to_admins=NoticeKind.ADMIN_MOVE_ASKED),
    Asking(kind=RequestKind.CREDITS, first=NoticeKind.CREDITS_ASKED, to_admins=NoticeKind.ADMIN_CREDITS),
)

ASKING: Mapping[RequestKind, Asking] = {row.kind: row for row in _ROWS}
"""The row of every kind."""
