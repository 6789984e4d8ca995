"""News of an outcome: a session noted as a no-show, or corrected since."""

from coaching.news.outcomes import Missed
from coaching.sessions import Status
from handlers.views.command_words import Command, as_typed
from handlers.views.letter import Buttons, Facts, InSlack, Letter, Small, letter
from handlers.views.news.sessions import details_button
from handlers.views.result import schedule_again
from handlers.views.words import contact_or_admin, in_credits, line, reader_for


@letter.register
def missed(told: Missed) -> Letter:
    """To a client: their session is noted as a no-show, or this was corrected since."""
    session = told.session
    reader = reader_for(told.viewer, [session], told.now)
    say, coach = reader.say, reader.name(session.coach)
    if session.status is Status.NO_SHOW:
        title = say("A workspace admin noted the session as a no-show")
        if told.by_coach:
            title = say("Your coach {coach} noted the session as a no-show", coach=coach)
        paid = [say("{credits} paid for it: not returned.", credits=in_credits(session.price, say))]
        others = contact_or_admin(told.settings.support_contact, say)
        whom = others if told.gone else say.either([coach, others])
        ask = say("If that is not right, or something came up, ask {contact}.", contact=whom)
        facts = [*(paid if session.price else []), ask]
    else:
        title = say("Corrected: your session took place")
        facts = [say("It is noted as completed; there is nothing to do.")]
    return Letter(
        title=title,
        body=[
            Facts([line(session, reader), *facts]),
            Buttons([schedule_again(session.id, say), details_button(session, reader)]),
            Small(
                [
                    InSlack(say("{command} shows it too.", command=f"`{as_typed(say, Command.PAST)}`")),
                    reader.zone_line([session]),
                ]
            ),
        ],
    )
