"""The commands. Exit codes: 0 done, 1 failed, 2 usage."""

import asyncio
import sys
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bot.garbage import keeping
from bot.settings import LogLevel, Need, Settings, SettingsError, load_settings
from coaching.export_columns import What

cli = typer.Typer(
    name="python -m bot",
    help="Sessions for Slack: clients of coaches see and cancel their sessions where they already are.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
USAGE, FAILED = 2, 1


def main() -> None:
    """Run the command named on the command line."""
    cli()


def _say(sentence: str) -> None:
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(sentence)


def _settings(need: Need) -> Settings:
    """Return the settings, or print one sentence per mistake and exit."""
    try:
        return load_settings(need=need)
    except SettingsError as error:
        for mistake in error.mistakes:
            _say(mistake)
        raise typer.Exit(USAGE) from None


def _run(work: Coroutine[Any, Any, int]) -> None:
    try:
        code = asyncio.run(work)
    except KeyboardInterrupt:
        code = 130
    raise typer.Exit(code)


@cli.command()
def serve() -> None:
    """Serve a Slack workspace over HTTP, or over Socket Mode when SLACK_APP_TOKEN is set."""
    with keeping():
        from bot.serve import serve as run

    _run(run(_settings(Need.SLACK)))


@cli.command()
def demo(
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="Port of the playground's page: 0 takes any free one; left out, it is 4488 if that is free.",
        ),
    ] = None,
    log_level: Annotated[
        LogLevel, typer.Option(case_sensitive=False, help="How much the bot says on standard error.")
    ] = LogLevel.WARNING,
) -> None:
    """Try the whole product on this machine: the bot and a local Slack workspace, with sample data."""
    from bot.demo.demo import run_demo

    _run(run_demo(port=port, log_level=log_level))


@cli.command()
def tour() -> None:
    """Run the main job against a local Slack workspace and print what each person saw; exit code 1 if a promise broke."""
    from bot.demo.tour import run_tour

    _run(run_tour())


@cli.command()
def migrate() -> None:
    """Bring the database to this release's schema (serve does it by itself)."""
    from bot.database import DatabaseUnusable, prepare
    from storage import migrate as migrations

    settings = _settings(Need.DATABASE)
    try:
        asyncio.run(prepare(settings.database_url.get_secret_value()))
    except DatabaseUnusable as error:
        _say(str(error))
        raise typer.Exit(FAILED) from None
    _say(f"The database is at revision {migrations.head()}.")


@cli.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV with a header; see README, “Bringing your sessions in”.")],
    workspace: Annotated[
        str | None, typer.Option(help="Slack workspace id (T…); needed only when it cannot be found out otherwise.")
    ] = None,
    ask: Annotated[
        bool, typer.Option("--map", help="Another product wrote the file: ask what its columns and words mean.")
    ] = False,
    mapping: Annotated[
        Path | None,
        typer.Option(help="A file (TOML) that says what they mean; with --map the answers are written to it."),
    ] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only show what would be made.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask before sessions are made from another product's file.")
    ] = False,
) -> None:
    """Bring sessions in from a CSV file: all or nothing, safe to repeat."""
    from bot.importing import Wishes, import_file

    wishes = Wishes(mapping=mapping, ask=ask, dry=dry, sure=yes)
    _run(import_file(_settings(Need.DATABASE), file, workspace, wishes))


@cli.command()
def export(
    to: Annotated[str, typer.Argument(help="A folder, a .zip, a .csv (with --what), or - for standard output.")],
    what: Annotated[
        list[What] | None, typer.Option(help="Only this; may be given several times. Everything when left out.")
    ] = None,
    workspace: Annotated[
        str | None, typer.Option(help="Slack workspace id (T…); needed only when it cannot be found out otherwise.")
    ] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day (UTC): sessions by their start.")
    ] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day (UTC).")] = None,
    bom: Annotated[bool, typer.Option("--bom", help="With a byte order mark, for spreadsheets.")] = False,
) -> None:
    """Write sessions, the ledger and the timeline as CSV files, all as they are at one instant. It changes nothing."""
    from bot.exporting import export as run

    settings = _settings(Need.DATABASE)
    days = (None if one is None else one.date() for one in (first, last))
    _run(run(settings, to, workspace, what=what or (), days=tuple(days), mark=bom))


@cli.command("erase-person")
def erase_person(
    who: Annotated[str, typer.Argument(help="Slack user id (U…) or e-mail address.")],
    workspace: Annotated[
        str | None, typer.Option(help="Slack workspace id (T…); needed only when it cannot be found out otherwise.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: erase them.")] = False,
) -> None:
    """Erase a person: what is known of them goes everywhere, what happened stays without their name."""
    from bot.erasing import erase_person as run

    _run(run(_settings(Need.DATABASE), who, workspace, sure=yes))


@cli.command()
def doctor(
    workspace: Annotated[
        str | None, typer.Option(help="Look at one Slack workspace (T…) only; every one when left out.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Say whether everything is right and what to do where it is not: settings, database, every rule of the ledger, Slack.

    It changes nothing. Exit code 0: all is well, 1: faults were found, 2: usage.
    """
    from bot.doctor.run import run_doctor

    _run(run_doctor(workspace, json=json))


@cli.command()
def manifest(
    url: Annotated[
        str | None, typer.Option(help="Public https address of the bot, for HTTP; PUBLIC_URL when left out.")
    ] = None,
    socket: Annotated[bool, typer.Option("--socket", help="For Socket Mode: no public address needed.")] = False,
) -> None:
    """Print the Slack app manifest for this installation."""
    from bot.manifest import ManifestError, render

    if url is None and not socket:
        url = _settings(Need.DATABASE).public_url
    try:
        sys.stdout.write(render(url=url, socket=socket))
    except ManifestError as error:
        _say(str(error))
        raise typer.Exit(USAGE) from None
