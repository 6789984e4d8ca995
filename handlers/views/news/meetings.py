"""News of a meeting link: where sessions take place from now on."""

from collections.abc import Sequence

from coaching.meetings import LinkChange
from coaching.news.meetings import CoachLinkChanged, LinkChanged
from coaching.sessions import Person, Session
from handlers.views.join import join_button
from handlers.views.letter import Item, Letter, Listing, Small, letter
from handlers.views.news.sessions import all_sessions, became, struck
from handlers.views.news.to_coaches import all_of_it, footer, join_of, reader_of, record_of, since_of
from handlers.views.words import Reader, acted, reader_for
from language.say import Say

Pair = tuple[Session, LinkChange]


@letter.register
def link_changed(told: LinkChanged) -> Letter:
    """To a client: the sessions that take place elsewhere, each with *Join*, and who changed that."""
    pairs = list(told.changes)
    sessions = [session for session, _ in pairs]
    reader = reader_for(told.viewer, sessions, told.now)
    items = [
        Item(_session(session, reader, session.coach, became(session, reader)), row=join_button(session, reader))
        for session in sessions
    ]
    return Letter(
        title=_title(pairs, reader.say),
        under=_under(pairs, reader),
        body=[Listing(items, all_sessions(reader.say)), Small([reader.zone_line(sessions)])],
    )


@letter.register
def coach_link_changed(told: CoachLinkChanged) -> Letter:
    """To a coach: the sessions that an admin moved elsewhere."""
    pairs = list(told.changes)
    sessions = [session for session, _ in pairs]
    reader = reader_of(told)
    items = [
        Item(
            _session(session, reader, session.client, since_of(told, session, reader)),
            record_of(told, session, reader),
            join_of(told, session, reader),
        )
        for session in sessions
    ]
    return Letter(
        title=_coachs_title(pairs, reader.say),
        under=_by_whom(pairs, reader),
        body=[Listing(items, all_of_it(told, reader.say)), *footer(told, reader)],
    )


def _title(pairs: Sequence[Pair], say: Say) -> str:
    n = len(pairs)
    if _gone(pairs):
        return say.plural(
            "Your session has no meeting link any more", "{n} of your sessions have no meeting link any more", n
        )
    if _first(pairs):
        return say.plural("Your session has a meeting link now", "{n} of your sessions have a meeting link now", n)
    return say.plural("Your session has another meeting link", "{n} of your sessions have another meeting link", n)


def _coachs_title(pairs: Sequence[Pair], say: Say) -> str:
    n = len(pairs)
    if _gone(pairs):
        return say.plural(
            "A session you give has no meeting link any more", "{n} sessions you give have no meeting link any more", n
        )
    if _first(pairs):
        return say.plural(
            "A session you give has a meeting link now", "{n} sessions you give have a meeting link now", n
        )
    return say.plural(
        "A session you give has another meeting link", "{n} sessions you give have another meeting link", n
    )


def _gone(pairs: Sequence[Pair]) -> bool:
    return all(session.link is None for session, _ in pairs)


def _first(pairs: Sequence[Pair]) -> bool:
    return all(change.old_link is None for _, change in pairs)


def _by_whom(pairs: Sequence[Pair], reader: Reader) -> list[str]:
    change = pairs[0][1]
    return [reader.say("Changed by {who}.", who=acted(change.by, change.role, None, reader))]


def _under(pairs: Sequence[Pair], reader: Reader) -> list[str]:
    """Say who changed it, and where to ask if there is no link now."""
    under, say = _by_whom(pairs, reader), reader.say
    if _gone(pairs):
        coaches = say.listed(dict.fromkeys(reader.name(session.coach) for session, _ in pairs), 3)
        under.append(say("Ask {coach} where you meet.", coach=coaches))
    return under


def _session(session: Session, reader: Reader, other: Person, since: str | None) -> str:
    words = struck(session, reader, other=other)
    return words if since is None else f"{words}\n{since}"
