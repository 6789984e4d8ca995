"""Letters about roles: what somebody is from now on, and what to do; or what they are no longer, and what stays."""

from coaching.news.roles import AdminRole, CoachRole, PoolRole
from coaching.packages import Holder
from handlers.button_values import holder_key
from handlers.ids import Action
from handlers.views.command_words import Command, as_typed
from handlers.views.kit import Json, button, typed
from handlers.views.letter import Buttons, Facts, InSlack, Letter, Small, letter
from handlers.views.notifications import notifications_button
from handlers.views.words import Reader, reader_for
from language.say import Say


@letter.register
def coach_role(told: CoachRole) -> Letter:
    """To a coach: that they are one now, or are no longer."""
    reader = reader_for(told.viewer, [], told.now)
    return _no_coach(told, reader) if told.gone else _coach(told, reader)


def _coach(told: CoachRole, reader: Reader) -> Letter:
    say, me = reader.say, told.viewer.person
    hours = say("Enter the hours in which clients can book you.")
    if told.has_hours:
        hours = say("Clients can book you in the hours that are set for you.")
    where = say("You are told here of what clients book, move and cancel.")
    if told.channel is not None:
        where = say("{channel} is told of what clients book, move and cancel.", channel=f"<#{told.channel}>")
    style = None if told.has_hours else "primary"
    label = say("Edit the hours in which you can be booked")
    return Letter(
        title=say("You are a coach here now"),
        sign=":wave:",
        under=[say("{person} put you on the list.", person=reader.name(told.by))],
        body=[
            Facts([hours, where, say("What waits for you is in your Home.")]),
            Buttons(
                [
                    button(say("Edit hours"), Action.HOURS, me.id, style=style, label=label),
                    notifications_button(say),
                ]
            ),
            Small([*_home(told.home_link, say), *_help(say)]),
        ],
    )


def _no_coach(told: CoachRole, reader: Reader) -> Letter:
    say = reader.say
    rows = [say("Nobody can book you any more.")]
    if told.ahead:
        rows.append(
            say.plural(
                "{n} session with you is still booked and takes place, unless an admin changes that.",
                "{n} sessions with you are still booked and take place, unless an admin changes that.",
                told.ahead,
            )
        )
    return Letter(
        title=say("You are no longer a coach here"),
        under=[say("{person} took you off the list.", person=reader.name(told.by))],
        body=[Facts(rows), Small([say("What you book yourself is not affected.")])],
    )


@letter.register
def admin_role(told: AdminRole) -> Letter:
    """To an admin: that they are one now, or are no longer."""
    reader = reader_for(told.viewer, [], told.now)
    say, by = reader.say, reader.name(told.by)
    if told.gone:
        return Letter(
            title=say("You are no longer an admin here"),
            under=[say("{person} took you off the list.", person=by)],
            body=[Facts([say("The set-up is closed to you now. Your own sessions and credits are not affected.")])],
        )
    rows = [
        say("You can change coaches, session types, terms, packages and credits, and every session."),
        say("What is broken and what waits for a decision is in your Home."),
    ]
    set_up = button(say("Open set-up"), Action.HOME_SETUP, style="primary", label=say("Open the set-up of this app"))
    return Letter(
        title=say("You are an admin here now"),
        sign=":wave:",
        under=[say("{person} put you on the list.", person=by)],
        body=[Facts(rows), Buttons([set_up]), Small([*_home(told.home_link, say), *_help(say)])],
    )


@letter.register
def pool_role(told: PoolRole) -> Letter:
    """To somebody who came into a company's pool, or left it."""
    say, company = reader_for(told.viewer, [], told.now).say, typed(told.pool.name)
    if told.gone:
        return _out_of_pool(told, company, say)
    rows = []
    buttons: list[Json] = []
    title = say("You are the contact of {company}'s pool now", company=company)
    if told.member:
        title = say("You can book from {company}'s pool now", company=company)
        rows.append(say("Choose its credits when you schedule a session. What you cancel in time goes back to it."))
        schedule = say("Schedule a session")
        buttons.append(button(say.meant("verb", "Schedule"), Action.SCHEDULE, style="primary", label=schedule))
    if told.contact:
        rows.append(say("You see who uses its credits, and hear what it gets and when credits expire."))
        label = say("Show the credits of {company}", company=told.pool.name)
        credits = holder_key(Holder(pool_id=told.pool.id))
        buttons.append(button(say("Credits"), Action.CREDITS, credits, label=label))
    return Letter(title=title, sign=":ticket:", body=[Facts(rows), Buttons(buttons), Small(_help(say))])


def _out_of_pool(told: PoolRole, company: str, say: Say) -> Letter:
    if told.member:
        title = say("You are no longer the contact of {company}'s pool", company=company)
        return Letter(title=title, body=[Facts([say("You can still book from it.")])])
    rows = [say("What you booked from it stays booked. If it is canceled, its credits go back to the pool.")]
    if told.contact:
        rows.append(say("You are still its contact."))
    return Letter(title=say("You can no longer book from {company}'s pool", company=company), body=[Facts(rows)])


def _home(link: str | None, say: Say) -> list[str]:
    return [] if link is None else [say("<{link}|Open your Home tab>.", link=link)]


def _help(say: Say) -> list[InSlack]:
    more = say("{command} says what else you can do.", command=f"`{as_typed(say, Command.HELP)}`")
    return [InSlack(more)]
