"""Help: what can be typed, for whoever asks."""

import re

from coaching.records import Viewer
from handlers.ids import COMMAND
from handlers.views.kit import typed
from language.say import Say

_ACT = "for @person"


def help_text(viewer: Viewer, say: Say, unknown: str | None = None) -> str:
    """Say in mrkdwn what the command can do for this person; `unknown` repeats what was typed and not understood."""
    lines = (
        _unknown(viewer, say, unknown)
        if unknown is not None
        else [say("*Sessions* shows what you have booked, and lets you cancel knowing what comes back.")]
    )
    lines += [
        f"• {text}"
        for text in (
            say("{command} shows your upcoming sessions", command=_code("")),
            say(
                "{command} lets you choose sessions to cancel; you see what comes back before anything happens",
                command=_code("cancel"),
            ),
            say("{command} schedules a session: coach, day and time, paid with your credits", command=_code("book")),
            say("{command} shows your credits, when they expire, and what happened to them", command=_code("credits")),
            say(
                "{command} shows sessions that are over or canceled; where not all came back you can ask for an exception",
                command=_code("past"),
            ),
            say("{command} shows this", command=_code("help")),
        )
    ]
    if viewer.is_coach:
        lines += [
            say(
                "As a coach: {command} shows the sessions you give as well (*As coach*); each one's menu cancels or moves "
                "it, and says how it ended;",
                command=_code(""),
            ),
            say("{command} says when you can be booked, and keeps your time off.", command=_code("hours")),
        ]
    if viewer.is_admin:
        lines += [
            say(
                "As an admin: {command} names coaches, their hours, alert channels and who else is told, session types, "
                "packages, company pools, terms and admins;",
                command=_code("setup"),
            ),
            say(
                "{act} lets you act for a client; {credits} shows their credits, to give more or take some back.",
                act=_code(_ACT),
                credits=_code(f"credits {_ACT}"),
            ),
        ]
    lines.append(say("Your sessions and credits are also in the Home tab of this app."))
    return "\n".join(lines)


def _unknown(viewer: Viewer, say: Say, unknown: str) -> list[str]:
    lines = []
    acting = re.match(r"(credits\s+)?for\b", unknown, re.IGNORECASE) if viewer.is_admin else None
    if acting:
        example = _code(f"credits {_ACT}" if acting.group(1) else _ACT)
        lines.append(
            say("Name the person with @, as in {command}, and choose them from what Slack offers.", command=example)
        )
    lines.append(say("Sorry, I do not know “{words}”. Here is what I can do:", words=typed(unknown, 100)))
    return lines


def _code(words: str) -> str:
    """What is typed, as code: command words are the same in every language."""
    return f"`{COMMAND} {words}`" if words else f"`{COMMAND}`"
