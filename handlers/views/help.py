"""Help: what the person can type."""

from coaching.records import Viewer
from handlers.views.command_words import Command, acting, as_typed, own_word
from handlers.views.kit import typed
from language.say import Say


def help_text(viewer: Viewer, say: Say, unknown: str | None = None, *, calendar: bool = False) -> str:
    """Say in mrkdwn what the command can do for this person. `unknown` is typed text that was not understood.

    `calendar`: sessions can be subscribed to.
    """
    lines = (
        _unknown(viewer, say, unknown)
        if unknown is not None
        else [say("*Sessions* shows what you have booked, and lets you cancel knowing what comes back.")]
    )
    lines += [
        f"• {text}"
        for text in (
            say("{command} shows your upcoming sessions", command=_code(say)),
            say(
                "{command} lets you choose sessions to cancel; you see what comes back before anything happens",
                command=_code(say, Command.CANCEL),
            ),
            say(
                "{command} schedules a session: coach, day and time, paid with your credits",
                command=_code(say, Command.BOOK),
            ),
            say(
                "{command} shows your credits, when they expire, and what happened to them",
                command=_code(say, Command.CREDITS),
            ),
            say(
                "{command} shows sessions that are over or canceled; where not all came back you can ask for an exception",
                command=_code(say, Command.PAST),
            ),
            calendar
            and say("{command} puts your sessions into your own calendar", command=_code(say, Command.CALENDAR)),
            say(
                "{command} sets how you hear about your sessions, and which reminders you get",
                command=_code(say, Command.NOTIFICATIONS),
            ),
            say("{command} shows this", command=_code(say, Command.HELP)),
        )
        if text
    ]
    if viewer.is_coach:
        lines += [
            say(
                "As a coach: {command} shows the sessions you give as well (*As coach*); each one's menu cancels or moves "
                "it, and says how it ended;",
                command=_code(say),
            ),
            say(
                "{command} opens the page of a client of yours: what is booked, what can pay, and private notes;",
                command=_acting(say, of_credits=False),
            ),
            say("{command} says when you can be booked, and keeps your time off.", command=_code(say, Command.HOURS)),
        ]
    if viewer.is_admin:
        lines += [
            say(
                "As an admin: {command} names coaches, their hours, alert channels and who else is told, session types, "
                "packages, company pools, terms and admins;",
                command=_code(say, Command.SETUP),
            ),
            say(
                "{command} shows every session; find them by coach, client, day or state, and change one or many;",
                command=_code(say, Command.ALL),
            ),
            say(
                "{act} lets you act for a client; {credits} shows their credits, to give more or take some back.",
                act=_acting(say, of_credits=False),
                credits=_acting(say, of_credits=True),
            ),
        ]
    lines.append(say("Your sessions and credits are also in the Home tab of this app."))
    return "\n".join(lines)


def _unknown(viewer: Viewer, say: Say, unknown: str) -> list[str]:
    lines = []
    found = acting(unknown)
    # Coaches look at a client's page; the credits of others are an admin's matter.
    if found and (viewer.is_admin or (viewer.is_coach and not found[0])):
        example = _acting(say, of_credits=found[0])
        lines.append(
            say("Name the person with @, as in {command}, and choose them from what Slack offers.", command=example)
        )
    lines.append(say("Sorry, I do not know “{words}”. Here is what I can do:", words=typed(unknown, 100)))
    return lines


def _code(say: Say, command: Command | None = None) -> str:
    """Return the command as code, in the reader's own word."""
    return f"`{as_typed(say, command)}`"


def _acting(say: Say, *, of_credits: bool) -> str:
    """Return what is typed about a person."""
    whom = f"{own_word(say, Command.FOR)} {say('@person')}"
    return f"`{as_typed(say, Command.CREDITS)} {whom}`" if of_credits else f"`{as_typed(say)} {whom}`"
