"""Help: what can be typed, for whoever asks."""

import re

from coaching.records import Viewer
from handlers.ids import COMMAND
from handlers.views.kit import typed


def help_text(viewer: Viewer, unknown: str | None = None) -> str:
    """Say in mrkdwn what the command can do for this person; `unknown` repeats what was typed and not understood."""
    lines = []
    if unknown is not None:
        acting = re.match(r"(credits\s+)?for\b", unknown, re.IGNORECASE) if viewer.is_admin else None
        if acting:
            what = "credits for" if acting.group(1) else "for"
            lines.append(
                f"Name the person with @, as in `{COMMAND} {what} @person`, and choose them from what Slack offers."
            )
        lines.append(f"Sorry, I do not know “{typed(unknown, 100)}”. Here is what I can do:")
    else:
        lines.append("*Sessions* shows what you have booked, and lets you cancel knowing what comes back.")
    lines += [
        f"• `{COMMAND}` shows your upcoming sessions",
        f"• `{COMMAND} cancel` lets you choose sessions to cancel; you see what comes back before anything happens",
        f"• `{COMMAND} book` schedules a session: coach, day and time, paid with your credits",
        f"• `{COMMAND} credits` shows your credits, when they expire, and what happened to them",
        f"• `{COMMAND} past` shows sessions that are over or canceled; where not all came back you can ask for an exception",
        f"• `{COMMAND} help` shows this",
    ]
    if viewer.is_coach:
        lines.append(
            f"As a coach: `{COMMAND}` shows the sessions you give as well (*As coach*); each one's menu cancels or moves it, "
            "and says how it ended;"
        )
        lines.append(f"`{COMMAND} hours` says when you can be booked, and keeps your time off.")
    if viewer.is_admin:
        lines.append(
            f"As an admin: `{COMMAND} setup` names coaches, their hours, alert channels and who else is told, session types, "
            "packages, company pools, terms and admins;"
        )
        lines.append(
            f"`{COMMAND} for @person` lets you act for a client; `{COMMAND} credits for @person` shows their credits, to give "
            "more or take some back."
        )
    lines.append("Your sessions and credits are also in the Home tab of this app.")
    return "\n".join(lines)
