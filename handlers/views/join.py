"""The way into a session's meeting: a button wherever the session is shown, an option in its menu."""

import re

from coaching.meetings import MOST
from coaching.sessions import Hat, Session, Status
from handlers.ids import Action
from handlers.views.kit import Json, button, escape, option
from handlers.views.words import Reader


def joinable(session: Session, reader: Reader) -> str | None:
    """Return the link to join the session, or None if there is nothing to join or a browser would not open the link."""
    link = session.link
    if link is None or session.status is not Status.SCHEDULED or reader.now > session.ends_at:
        return None
    # Links are https only. Imports of earlier releases took http as well.
    ok = link.startswith(("https://", "http://")) and len(link) <= MOST and not re.search(r"[\s<>|\"]", link)
    return link if ok else None


def join_button(session: Session, reader: Reader, *, primary: bool = False) -> list[Json]:
    """Return the button that opens the meeting, while there is one to join. `primary`: it is the natural way on."""
    link, say = joinable(session, reader), reader.say
    if link is None:
        return []
    label = say("Join the session; opens your browser")
    style = "primary" if primary else None
    return [button(say.meant("verb", "Join"), Action.SESSION_JOIN, url=link, label=label, style=style)]


def join_link(session: Session, reader: Reader) -> str | None:
    """Return the link to the meeting in mrkdwn, for where there is no place for a button, or None without a meeting."""
    link = joinable(session, reader)
    return None if link is None else f"<{escape(link)}|{reader.say.meant('verb', 'Join')}>"


def join_option(session: Session, reader: Reader, hat: Hat) -> list[Json]:
    """Return the option of a session's menu that opens the meeting, while there is one to join."""
    link = joinable(session, reader)
    if link is None:
        return []
    return [option(reader.say.meant("verb", "Join"), f"join:{hat}:{session.id}", url=link)]
