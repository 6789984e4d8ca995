"""Meeting links: the address under which a session takes place, and whose link holds (ADR 0043)."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from coaching.clock import require_utc
from coaching.errors import BadSetting
from coaching.fields import Field
from coaching.sessions import Hat, Person

MOST = 3000
"""The longest link in characters: what Slack's buttons take."""
EXAMPLE = "https://zoom.us/j/123456789"
_OTHERS_SIGNS = re.compile(r"[^!-~]|[<>|\"\\^`{}]")
"""What addresses do not contain: other alphabets, and the signs that have a meaning in Slack's text or in browsers."""
_HOST = re.compile(
    r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{2,59})", re.IGNORECASE
)


class LinkOf(StrEnum):
    """What a meeting link belongs to. A session's own link is used before its type's, and that before its coach's."""

    SESSION = "session"
    TYPE = "type"
    COACH = "coach"


@dataclass(frozen=True, slots=True)
class LinkScope:
    """The session, session type or coach with this id, as the owner of a meeting link."""

    of: LinkOf
    id: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """A booked session that could use a meeting link: `link` is the one it has, `without` the one it would fall back to."""

    session_id: str
    client_id: str
    coach_id: str
    starts_at: datetime
    link: str | None
    without: str | None


@dataclass(frozen=True, slots=True)
class LinkChange:
    """A session's change of meeting link: who made it, in which role, when (aware UTC), and the link before."""

    session_id: str
    action_id: str
    at: datetime
    by: Person
    role: Hat
    old_link: str | None

    def __post_init__(self) -> None:
        require_utc(self.at)


def meeting_link(text: str) -> str | None:
    """Return a typed link, or None for an empty text. Raises BadSetting, which says what is wrong with it.

    Only https, a public name and visible signs: people press it without seeing it.
    """
    link = text.strip()
    if not link:
        return None
    if len(link) > MOST:
        raise BadSetting(
            Field.MEETING_LINK,
            "the link is too long: at most {n} character",
            "the link is too long: at most {n} characters",
            n=MOST,
        )
    scheme, found, _ = link.partition("://")
    if any(sign.isspace() for sign in link):
        raise BadSetting(Field.MEETING_LINK, "a link has no spaces: copy it again, and nothing else with it")
    if scheme.lower() == "http" and found:
        raise BadSetting(
            Field.MEETING_LINK,
            "links that begin with http:// are not safe to open: write https:// if the meeting has such a link",
        )
    if scheme.lower() != "https" or not found:
        raise BadSetting(Field.MEETING_LINK, "a link begins with https://, like {example}", example=EXAMPLE)
    if odd := _OTHERS_SIGNS.search(link):
        raise BadSetting(Field.MEETING_LINK, "a link does not contain “{sign}”: copy it again", sign=odd.group())
    _check_host(link)
    return link


def _check_host(link: str) -> None:
    try:
        parts = urlsplit(link)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        host = None
    if not host:
        raise BadSetting(Field.MEETING_LINK, "that is not the address of a meeting: copy it again")
    if "@" in parts.netloc:
        raise BadSetting(
            Field.MEETING_LINK,
            "the link contains a name or a password before “@”, which everybody could read: take it out",
        )
    if not _HOST.fullmatch(host):
        raise BadSetting(
            Field.MEETING_LINK, "“{host}” is no address that others can open: write its full name", host=host
        )
