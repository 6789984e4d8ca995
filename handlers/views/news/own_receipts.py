"""The receipt of a coach or an admin who canceled for others: what they canceled, with *Undo* while it is open (K9)."""

from coaching.actions.decide import may_return
from coaching.news.own_receipts import OwnReceipt
from coaching.sessions import Hat, Session
from handlers.views.coach_buttons import return_button
from handlers.views.kit import Json
from handlers.views.letter import Buttons, Facts, Item, Letter, Listing, Quote, Rest, Small, letter
from handlers.views.news.beside import also_done
from handlers.views.news.cancellations import total_words
from handlers.views.news.sessions import all_sessions, became, clients_of, details_button, struck
from handlers.views.undo import other_person, undo_button, undo_until, undone_words, untold_words
from handlers.views.words import Reader, line, outcome, reader_for
from language.say import Say


@letter.register
def own_receipt(told: OwnReceipt) -> Letter:
    """To whoever canceled for others, in a direct message: nobody else hears of it while it can be undone."""
    if told.undone:
        return _undone(told)
    sessions = list(told.sessions)
    reader = reader_for(told.viewer, sessions, told.now)
    say, ended = reader.say, next((s.cancellation for s in sessions if s.cancellation), None)
    until = undo_until(sessions, reader)
    small = []
    if until:
        # A copy of the message that we do not know of is never edited, so its words must stay true.
        at = reader.instant(until, exact=True)
        small = [
            say("You can undo this until {time}; after that the button only says that it is too late.", time=at),
            say("Nobody else hears of it before then."),
        ]
    if told.moves:
        small.append(say("Undo does not take back what was moved or handed over."))
    return Letter(
        title=_title(sessions, reader),
        body=[
            Listing(
                [
                    *(Item(_words(one, reader), _details(one, told, reader), _return(one, reader)) for one in sessions),
                    *also_done(told, reader),
                ],
                _rest(say),
            ),
            Facts([total_words(sessions, reader)]),
            Quote(say("Reason"), ended.reason if ended else None, say),
            Buttons([undo_button(told.action_id, say)] if until else []),
            *(Small([words]) for words in (*small, reader.zone_line(sessions))),
        ],
    )


def _rest(say: Say) -> Rest:
    return lambda n: say.plural("… and {n} more.", "… and {n} more.", n)


def _words(session: Session, reader: Reader) -> str:
    rebooked = session.cancellation.rebooked_at if session.cancellation else None
    lines = [struck(session, reader, other=other_person(session, reader)), outcome(session, reader)]
    return "\n".join([*lines, *([reader.say("*Rebooked:* {time}", time=reader.instant(rebooked))] if rebooked else [])])


def _details(session: Session, told: OwnReceipt, reader: Reader) -> Json | None:
    """Return the button that opens the details, unless they are no longer open to the reader.

    A session that is booked again can be handed over to another coach, and an admin can lose their rights.
    """
    mine = reader.person.id in {session.coach.id, session.client.id}
    return details_button(session, reader) if mine or told.viewer.is_admin else None


def _return(session: Session, reader: Reader) -> list[Json]:
    """Return the button that returns later what was kept, once the cancellation stands."""
    return [return_button(session, reader)] if may_return(session) and undo_until([session], reader) is None else []


def _title(sessions: list[Session], reader: Reader) -> str:
    say, n = reader.say, len(sessions)
    clients = clients_of(sessions, reader)
    if any(one.cancellation for one in sessions) and all(
        one.cancellation is None or one.cancellation.role is Hat.COACH for one in sessions
    ):
        return say.plural(
            "You canceled {n} session with {clients}", "You canceled {n} sessions with {clients}", n, clients=clients
        )
    return say.plural(
        "You canceled {n} session with {coach} for {clients}",
        "You canceled {n} sessions with {coach} for {clients}",
        n,
        coach=say.listed((reader.name(session.coach) for session in sessions), 3),
        clients=clients,
    )


def _undone(told: OwnReceipt) -> Letter:
    sessions = list(told.sessions)
    reader = reader_for(told.viewer, sessions, told.now)
    say, items = reader.say, []
    for session in sessions:
        since = became(session, reader)
        words = line(session, reader, other=other_person(session, reader))
        items.append(Item("\n".join([words, *([since] if since else [])]), _details(session, told, reader)))
    return Letter(
        title=undone_words(len(sessions), say),
        sign=":leftwards_arrow_with_hook:",
        body=[
            Listing([*items, *also_done(told, reader)], all_sessions(say)),
            *(Small([words]) for words in (untold_words(say), reader.zone_line(sessions))),
        ],
    )
