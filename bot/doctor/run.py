"""One examination from start to end: settings, database, rules, Slack."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console

from bot.doctor import database, mail, slack, zones
from bot.doctor.report import Fault, Group, Report, as_json, show
from bot.mail_addresses import mailbox
from bot.mailing import mail_server
from bot.redaction import Redactor
from bot.settings import Need, Settings, SettingsError, load_settings

WELL, FAULTS, USAGE = 0, 1, 2

_WORKSPACE = re.compile(r"[TE][A-Z0-9]{2,30}")


async def run_doctor(workspace: str | None, *, json: bool) -> int:
    """Examine everything and print the findings. Return 0 if all is well, 1 for faults, 2 for an invalid workspace."""
    if workspace is not None and not _WORKSPACE.fullmatch(workspace):
        _complain("--workspace wants a Slack workspace id, like T012AB3CD.")
        return USAGE
    with _patience():
        report, known = await examine(workspace)
    if workspace is not None and known is not None and workspace not in known:
        held = ", ".join(known) or "none yet"
        _complain(f"The database holds no workspace {workspace}; it holds {held}.")
        return USAGE
    if json:
        sys.stdout.write(as_json(report) + "\n")
    else:
        show(report, Console(highlight=False, markup=False, emoji=False))
    return FAULTS if report.faults else WELL


async def examine(workspace: str | None = None) -> tuple[Report, list[str] | None]:
    """Return the findings and the database's workspaces, or None for the latter if it did not answer."""
    now = datetime.now(UTC)
    settings, judged = _settings()
    rules = zones.look(now)
    if settings is None:
        return Report(now, (judged, rules)), None
    redact = Redactor(settings.secret_values()).text
    groups, known = await database.look(settings.database_url.get_secret_value(), workspace, now, redact)
    # A token with a faulty form is not sent to Slack.
    asked = () if judged.faults else (await slack.look(settings, known),)
    server = mail_server(settings)
    mailed = (await mail.look(server, mailbox(settings.mail_from or "")),) if server is not None else ()
    return Report(now, (judged, rules, *groups, *asked, *mailed)), known


def _settings() -> tuple[Settings | None, Group]:
    """Return the settings that can be used, and the group that says what is wrong with the others."""
    try:
        settings = load_settings(need=Need.WHAT_IS_SET)
    except SettingsError as error:
        faults = tuple(_mistake(sentence) for sentence in error.mistakes)
        judged = Group(id="settings", name="Settings", note=f"{len(faults)} to correct", faults=faults)
        try:
            return load_settings(need=Need.DATABASE), judged
        except SettingsError:
            return None, judged
    if settings.slack_bot_token is None:
        note = "good for looking at the database; SLACK_BOT_TOKEN is not set"
    else:
        note = f"good, for {'Socket Mode' if settings.socket_mode else 'HTTP'}"
    return settings, Group(id="settings", name="Settings", note=note)


def _mistake(sentence: str) -> Fault:
    return Fault(
        id="settings",
        truth="Every setting can be used.",
        what=sentence,
        advice="Correct it in the environment or in .env; the bot does not start before.",
    )


@contextmanager
def _patience() -> Iterator[None]:
    """Show on a terminal that work is in progress: a big database takes a while."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status("Looking at everything…"):
        yield


def _complain(sentence: str) -> None:
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(sentence)
