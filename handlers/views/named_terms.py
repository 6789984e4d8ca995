"""The terms of several sessions side by side, each named by its sessions."""

from collections.abc import Callable, Mapping, Sequence

from coaching.actions.browse import Row
from coaching.policy import Policy
from handlers.views.kit import clip_lines, typed
from handlers.views.words import Reader

SHOWN = 3
"""The most different terms that are written out. Each session's details have them anyway."""
NAMED = 3
NAME = 40


def named_terms(rows: Sequence[Row], words: Callable[[Policy], str], reader: Reader) -> list[str]:
    """Return what `words` says of the sessions' terms: one sentence, or a line for each with its sessions (mrkdwn)."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(words(row.policy), []).append(row)
    if len(groups) < 2:
        return list(groups)
    names = _names(groups, reader)
    say = reader.say
    lines = [f"• {say('{sessions}: {terms}', sessions=names[text], terms=text)}" for text in groups]
    if len(lines) > SHOWN:
        others = say("The others: see each session's details.")
        lines[SHOWN:] = [f"• {others}"]
    return clip_lines(lines, 2900, say).split("\n")


def _names(groups: Mapping[str, list[Row]], reader: Reader) -> dict[str, str]:
    """Name each group by session types. If two groups share one, packages are added, and if needed days."""
    found: dict[str, str] = {}
    for name_of in (_by_type, lambda row: _by_package(row, reader), lambda row: _by_day(row, reader)):
        named = {text: list(dict.fromkeys(map(name_of, rows))) for text, rows in groups.items()}
        found = {text: reader.say.listed(names, NAMED) for text, names in named.items()}
        if len({name for names in named.values() for name in names}) == sum(map(len, named.values())):
            break
    return found


def _by_type(row: Row) -> str:
    return typed(row.session.session_type, NAME)


def _by_package(row: Row, reader: Reader) -> str:
    package = row.session.package
    return f"{_by_type(row)} ({typed(package.name, NAME) if package else reader.say('single')})"


def _by_day(row: Row, reader: Reader) -> str:
    day = reader.times.day(row.session.starts_at, reader.now)
    return reader.say("{session} on {day}", session=_by_type(row), day=day)
