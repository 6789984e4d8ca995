"""News of how a session ended that was not canceled: noted as missed, or corrected since."""

from coaching.news.outcomes import Missed
from coaching.sessions import Status
from handlers.ids import COMMAND, Action
from handlers.views.kit import button
from handlers.views.letter import Buttons, Facts, Letter, Small, letter
from handlers.views.news.sessions import details_button
from handlers.views.words import contact_or_admin, in_credits, line, reader_for


@letter.register
def missed(told: Missed) -> Letter:
    """To a client: their session is noted as missed; or that this was corrected since."""
    session = told.session
    reader = reader_for(told.viewer, [session], told.now)
    if session.status is Status.NO_SHOW:
        who = f"Your coach {reader.name(session.coach)}" if told.by_coach else "A workspace admin"
        title = f"{who} noted that the session did not take place with you"
        facts = [f"{in_credits(session.price)} paid for it: not returned."] if session.price else []
        others = contact_or_admin(told.settings.support_contact)
        whom = others if told.gone else f"{reader.name(session.coach)} or {others}"
        facts.append(f"If that is not right, or something came up, ask {whom}.")
    else:
        title, facts = "Corrected: your session took place", ["It is noted as completed; there is nothing to do."]
    again = button(
        "Schedule Session", Action.SCHEDULE, session.id, label="Schedule another session with the same coach"
    )
    return Letter(
        title=title,
        body=[
            Facts([line(session, reader), *facts]),
            Buttons([again, details_button(session, reader)]),
            Small([f"`{COMMAND} past` shows it too.", reader.zone_line([session])]),
        ],
    )
