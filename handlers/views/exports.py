"""The workspace's data: what admins take out, and what they read about it."""

from collections.abc import Sequence
from datetime import timedelta

from coaching.actions.exports import Exports, Found
from coaching.export_columns import What
from coaching.exports import Export
from handlers.ids import EXPORT_ALL, Action, Block, Callback
from handlers.views.erase import erase_section
from handlers.views.kit import Json, button, context, divider, escape, field, modal, option, radio, section
from handlers.views.message import message_view
from handlers.views.words import Reader, reader_for
from language.say import Say, word

_NAMES = {
    What.SESSIONS: word("Sessions"),
    What.LEDGER: word("Movements of credits"),
    What.TIMELINE: word("What happened to sessions"),
}


def data_section(say: Say) -> Json:
    """Return the section of the set-up that leads here."""
    words = say("Take sessions, credits and their history out as files, and erase people.")
    return section(f"*{say('Your data')}*\n{words}", button(say("Your data…"), Action.DATA))


def data_view(found: Exports, say: Say, *, fetched: bool) -> Json:
    """Build the dialog. `fetched`: files can be fetched from an address of the bot's own."""
    reader = reader_for(found.viewer, [], found.now)
    blocks = [*_export(found, reader, fetched=fetched), divider(), erase_section(say)]
    return modal(say.title("Your data"), Callback.DATA, blocks, close=say.title("Close"))


def _export(found: Exports, reader: Reader, *, fetched: bool) -> list[Json]:
    say = reader.say
    about = say("Sessions, credits and their history as CSV files, which spreadsheets and our own import read.")
    title = f"*{say('Export')}*\n"
    if not fetched:
        no_address = say(
            "Files cannot be fetched from here: this bot has no web address ({setting}). Whoever runs it can write "
            "them with {command}.",
            setting="`PUBLIC_URL`",
            command="`python -m bot export`",
        )
        return [section(f"{title}{about}"), context(no_address)]
    blocks = [section(f"{title}{about}", button(say("Export…"), Action.EXPORT))]
    if found.latest:
        lines = [_line(one, reader) for one in found.latest]
        blocks.append(context("\n".join([say("Asked for lately:"), *lines])))
    return blocks


def _line(one: Export, reader: Reader) -> str:
    say = reader.say
    state = say("fetched {time}", time=reader.instant(one.fetched_at)) if one.fetched_at else say("not fetched")
    when = reader.instant(one.made_at)
    return f"{when} · {reader.name(one.maker)} · {what_words(one, say)} · {state}"


def what_words(export: Export, say: Say) -> str:
    """Name the files of an export."""
    return say.listed(say.of(_NAMES[one]) for one in export.what)


def export_form(say: Say) -> Json:
    """Build the form that asks for an export."""
    every = option(say("Everything, as a zip of three files"), EXPORT_ALL)
    options = [every, *(option(say.of(name), str(one)) for one, name in _NAMES.items())]
    hint = say("Sessions by their start, everything else by when it happened. Leave it empty for all of it.")
    return modal(
        say.title("Export"),
        Callback.EXPORT,
        [
            field(say("What"), radio(Action.INPUT, options, EXPORT_ALL), Block.EXPORT_WHAT),
            field(say("First day"), _day(), Block.EXPORT_FIRST, optional=True),
            field(say("Last day"), _day(), Block.EXPORT_LAST, hint=hint, optional=True),
            context(say("Private notes of coaches are in no export. Who exported what is recorded.")),
        ],
        submit=say.title("Get a link"),
        close=say.title("Back"),
    )


def _day() -> Json:
    return {"type": "datepicker", "action_id": Action.INPUT}


def link_view(found: Found, link: str, valid: timedelta, say: Say) -> Json:
    """Show the link, this once."""
    minutes = round(valid.total_seconds() / 60)
    words: Sequence[str] = [
        f"<{escape(link)}|{say('Open the download page')}>",
        say.plural(
            "The link is valid for {n} minute, for one download, and only while you are an admin here.",
            "The link is valid for {n} minutes, for one download, and only while you are an admin here.",
            minutes,
        ),
        say("Whoever has the link can fetch the file: share it with nobody."),
    ]
    return message_view(say.title("Export"), "\n".join([f"*{what_words(found.export, say)}*", *words]), say)
