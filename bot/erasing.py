"""`python -m bot erase-person WHO`: what goes, what stays, a question, and the erasure."""

from rich.console import Console
from rich.prompt import Prompt
from rich.text import Text

from bot.database import DatabaseUnusable, prepare
from bot.settings import Settings
from bot.workspaces import NO_WORKSPACE_ID, is_workspace, of_token, only_one
from coaching.actions.erase import Erasable, erase_here, find
from coaching.clock import Clock, SystemClock
from coaching.errors import BadSetting, StorageBusy
from coaching.exports import credits_of
from coaching.naming import same_name
from storage import SqlStore, create_engines
from storage.engine import AUDIT_SECONDS

DONE, FAILED, USAGE = 0, 1, 2
_STAYS = (
    "This goes: their name, addresses and settings, reasons and notes written by them or about their sessions, meeting links "
    "of their sessions, and messages to them that wait. This stays, under a name that tells nobody whose it was: when "
    "sessions were and what became of them, and every movement of credits. Private notes on them, their places in pools, "
    "copies of others' news, and their hours and time off go as well, and their open requests are closed. Private notes that "
    "they wrote about others stay without their name, and other people's texts that name them are not reached. It cannot be "
    "undone."
)


async def run_erase(
    url: str, workspace_id: str, who: str, *, console: Console, clock: Clock, sure: bool = False
) -> int:
    """Erase a person in the database at `url`, unless whoever runs this types something else. Return the exit code."""

    def say(sentence: str) -> None:
        console.print(Text(sentence), soft_wrap=True)

    try:
        await prepare(url)
        engines = create_engines(url, wait_seconds=AUDIT_SECONDS)
        try:
            store = SqlStore(engines)
            async with store.read(workspace_id) as queries:
                found = await find(queries, who)
            say(_about(found))
            say(_STAYS)
            if not sure and same_name(
                Prompt.ask(Text(f"Type {found.typed} to erase them"), console=console)
            ) != same_name(found.typed):
                say("That is not the name, so nothing was erased.")
                return FAILED
            name = await erase_here(store, clock, workspace_id, who)
        finally:
            await engines.dispose()
    except DatabaseUnusable as error:
        say(f"{error} Nothing was erased.")
    except BadSetting as error:
        say(f"Nothing was erased: {error}.")
    except StorageBusy as error:
        say(f"The database did not answer; run the same command again. ({str(error).splitlines()[0]})")
    else:
        say(f"They are erased. What stays is under {name}.")
        return DONE
    return FAILED


def _about(found: Erasable) -> str:
    sessions = f"{found.held.sessions:,} {'session' if found.held.sessions == 1 else 'sessions'}"
    left = f", and {credits_of(found.credits)} credits that are taken back" if found.credits else ""
    return f"{found.typed}: {sessions}{left}."


async def erase_person(settings: Settings, who: str, workspace: str | None, *, sure: bool) -> int:
    """Find out which workspace is meant, then erase. Return the exit code."""
    console = Console(stderr=True, highlight=False, emoji=False)
    url = settings.database_url.get_secret_value()
    if workspace is not None and not is_workspace(workspace):
        console.print(Text(NO_WORKSPACE_ID))
        return USAGE
    try:
        workspace = workspace or await of_token() or await only_one(url)
    except DatabaseUnusable as error:
        console.print(Text(f"{error} Nothing was erased."))
        return FAILED
    if workspace is None:
        console.print(Text("It is not clear in which workspace: name it with --workspace T…"))
        return USAGE
    return await run_erase(url, workspace, who, console=console, clock=SystemClock(), sure=sure)
