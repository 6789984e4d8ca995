"""Instants in Slack's own date format: each reader sees them on their own clock and in their own language."""

import re
from collections.abc import Iterable
from datetime import datetime

from coaching import zones

_DATE = re.compile(r"<!date\^[0-9]{1,12}\^[^|<>]*\|([^|<>]*)>")


def dated(at: datetime, fallback: str) -> str:
    """Return an instant (aware) in mrkdwn. `fallback` stands for it where Slack cannot show it."""
    clock = "{time_secs}" if at.second else "{time}"
    return _mark(at, f"{{date_long_pretty}}, {clock}", fallback)


def time_of_day(at: datetime, fallback: str) -> str:
    """Return the time of day of an instant (aware) in mrkdwn."""
    return _mark(at, "{time}", fallback)


def _mark(at: datetime, look: str, fallback: str) -> str:
    return f"<!date^{int(at.timestamp())}^{look}|{fallback}>"


def undated(words: str) -> str:
    """Return words with the text that stands for each date: for plain text, where Slack shows no dates."""
    return _DATE.sub(r"\1", words) if "<!date^" in words else words


def twice_on_the_clock(instants: Iterable[datetime], *names: str) -> bool:
    """Return whether a clock of these zones shows one of these instants twice, so that only a mark tells which it is."""
    clocks = [found for name in names if (found := zones.known(name)) is not None]
    for at in instants:
        for clock in clocks:
            local = at.astimezone(clock)
            if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
                return True
    return False
