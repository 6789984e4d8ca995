"""The words about files that are brought in: what is wrong with a line, how far it is, and what became of it."""

from collections.abc import Mapping

from coaching.bringing.file_map import Target
from coaching.bringing.service import Counts, FileUnavailable, NotFetched, Outlook, Step
from coaching.errors import AdminsOnly
from coaching.imports import BadFile, Problem, shown
from handlers.views.kit import escape
from language.say import Say, Word, word

MOST_VALUE = 60
NEEDS: Mapping[str | None, Word] = {
    "session_id": word("This needs an id that no other line has, of at most 64 characters."),
    "client": word("This needs an e-mail address or a Slack user id."),
    "coach": word("This needs an e-mail address or a Slack user id, of somebody else than the client."),
    "session_type": word("This needs a name of at most 120 characters."),
    "starts_at": word("This needs a day and a time that the clocks there show exactly once."),
    "start": word("This needs a day and a time that the clocks there show exactly once."),
    "end": word("This needs a time after the start, by a day at most."),
    "duration": word("This needs a length from 1 to 1,440 minutes."),
    "duration_minutes": word("This needs a length from 1 to 1,440 minutes."),
    "time_zone": word("This needs a time zone, such as Europe/London."),
    "status": word("This needs a status that fits: what is completed is over."),
    "package": word("This needs the name of a package that is for one session type only."),
    "credits": word("This needs a number of credits such as 1 or 0.5, at most 1,000."),
    "meeting_link": word("This needs an address that begins with https://."),
    "price": word("This needs a price such as 120 or 120.00, and its currency."),
    "price_cents": word("This needs a price such as 120 or 120.00, and its currency."),
    "currency": word("This needs three letters, such as USD."),
    None: word("This line does not have the columns of the header."),
}
NAMES: Mapping[Target, Word] = {
    Target.CLIENT: word("Client (e-mail address or Slack user id)"),
    Target.COACH: word("Coach"),
    Target.TYPE: word("Session type"),
    Target.START: word("Start (its day, if the time is in a column of its own)"),
    Target.END: word("End"),
    Target.DURATION: word("Length"),
    Target.ZONE: word("Time zone"),
    Target.STATUS: word("Status"),
    Target.ID: word("Id, which makes it safe to bring the file in again"),
    Target.PACKAGE: word("Package"),
    Target.CREDITS: word("Price in credits"),
    Target.LINK: word("Meeting link"),
    Target.PRICE: word("Price in money"),
    Target.CURRENCY: word("Currency"),
}
_WHY: Mapping[NotFetched, Word] = {
    NotFetched.GONE: word("The file is not in Slack any more."),
    NotFetched.NOT_THEIRS: word("Somebody else uploaded this file."),
    NotFetched.TOO_BIG: word(
        "The file is bigger than 5 MB. Whoever runs this bot can bring it in at the command line."
    ),
    NotFetched.NO_SCOPE: word("Slack does not let this app read the file: it lacks the scope for files."),
    NotFetched.SILENT: word("Slack did not give the file in time. Try again."),
}
_STEPS: Mapping[Step, Word] = {
    Step.CHECKING: word("Bringing sessions in: the lines are compared with what is here."),
    Step.WRITING: word("Bringing sessions in: they are being written."),
}


def trouble_words(error: Exception, say: Say) -> str:
    """Say why nothing was brought in."""
    if isinstance(error, FileUnavailable):
        why = say.of(_WHY[error.why])
    elif isinstance(error, AdminsOnly):
        why = say("Only admins bring sessions in, and you are none any more.")
    else:
        why = _unread(error, say)
    return say.sentences(why, say("Nothing was brought in."))


def _unread(error: Exception, say: Say) -> str:
    if isinstance(error, BadFile):
        return say(
            "The file cannot be read as a table whose dates are all written in one way. Save it as “CSV UTF-8”, with a header "
            "whose columns all have names of their own."
        )
    return say("The database did not answer. Try again.")


def progress_words(step: Step, lines: int, say: Say) -> str:
    """Say how far it is."""
    if step in _STEPS:
        return say.of(_STEPS[step])
    return say.plural("Bringing sessions in: {n} line is read.", "Bringing sessions in: {n} lines are read.", lines)


def counts_lines(counts: Counts, left_out: int, say: Say, *, done: bool) -> list[str]:
    """Say what would be made, or was."""
    if done:
        made = say.plural("{n} session was brought in.", "{n} sessions were brought in.", counts.sessions)
    else:
        made = say.plural("{n} session would be made.", "{n} sessions would be made.", counts.sessions)
    told = [f"*{made}*"]
    if counts.already_here:
        told.append(
            say.plural(
                "{n} session of the file is here already and stays as it is.",
                "{n} sessions of the file are here already and stay as they are.",
                counts.already_here,
            )
        )
    if left_out:
        told.append(
            say.plural("{n} line is left out, by its status.", "{n} lines are left out, by their status.", left_out)
        )
    if counts.sessions:
        told += [
            _of(say.plural("{n} client", "{n} clients", counts.clients), counts.new_clients, say),
            _of(say.plural("{n} coach", "{n} coaches", counts.coaches), counts.new_coaches, say),
            _of(say.plural("{n} session type", "{n} session types", counts.types), counts.new_types, say),
        ]
    if counts.packages:
        told.append(say.plural("{n} package", "{n} packages", counts.packages))
    if counts.pending:
        told.append(
            say.plural(
                "{n} person is not in Slack yet, and is linked when they appear.",
                "{n} people are not in Slack yet, and are linked when they appear.",
                counts.pending,
            )
        )
    return told


def _of(number: str, fresh: int, say: Say) -> str:
    new = say.plural("{n} of them new", "{n} of them new", fresh)
    return f"• {number}" + (f" · {new}" if fresh else "")


def result_words(outlook: Outlook, say: Say) -> str:
    """Say what became of it."""
    if outlook.counts is None:
        return "\n".join([*problem_heads(outlook, say), *problem_lines(outlook, say)])
    return "\n".join(
        [
            f":white_check_mark: {say('The file is brought in.')}",
            *counts_lines(outlook.counts, outlook.left_out, say, done=True),
        ]
    )


def problem_heads(outlook: Outlook, say: Say) -> list[str]:
    """Say how many lines are wrong."""
    found = say.plural(
        "*{n} line has something that is not understood.*",
        "*{n} lines have something that is not understood.*",
        outlook.bad,
    )
    return [found, say("Nothing was brought in. Mend the file and bring it in again.")]


def problem_lines(outlook: Outlook, say: Say) -> list[str]:
    """Name the first wrong lines, each with its column and value."""
    lines = [_problem(number, problem, say) for number, problem in outlook.problems]
    if outlook.bad > len({number for number, _ in outlook.problems}):
        lines.append(say("These are the first of them."))
    return lines


def _problem(number: int, problem: Problem, say: Say) -> str:
    column = f" · {escape(shown(problem.column))}" if problem.column else ""
    value = f" · `{escape(shown(problem.value, MOST_VALUE)).replace('`', '')}`" if problem.value.strip() else ""
    needs = NEEDS.get(problem.target or problem.column, NEEDS[None])
    return f"*{say('Line {n}', n=say.number(number))}*{column}{value} — {say.of(needs)}"
