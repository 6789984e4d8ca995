"""Instants as people write them in files."""

import re
from datetime import UTC, datetime

from coaching import zones

FIRST_YEAR, LAST_YEAR = 1971, 2199

_SHAPE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?) ?([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)


class BadTime(Exception):
    """What is wrong with a written instant, in words."""


def parse_start(text: str, time_zone: str) -> datetime:
    """Return the instant (UTC) of ISO 8601 text with an offset, or of local time in a known `time_zone`.

    Raises BadTime, also for a local time that the clocks skip or show twice: a guess would be an hour off.
    """
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise BadTime("is not a date with a time: write 2026-11-23T15:00, or 2026-11-23T15:00-05:00 with an offset")
    day, time, offset = found.groups()
    if time[:2] == "24":
        raise BadTime("has hour 24: write 00:00 of the next day")
    whole, dot, fraction = time.partition(".")
    if dot:
        time = f"{whole}.{fraction:0<6}"
    try:
        written = datetime.fromisoformat(f"{day}T{time}{(offset or '').upper()}")
        instant = written.astimezone(UTC) if offset else _from_local(written, zones.zone(time_zone))
    except (ValueError, OverflowError):
        raise BadTime("names a day or time that does not exist") from None
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise BadTime(f"is out of range: years {FIRST_YEAR} to {LAST_YEAR}")
    return instant


def has_offset(text: str) -> bool:
    """Return whether text accepted by `parse_start` has an offset, so that it is not a local time."""
    found = _SHAPE.fullmatch(text)
    return found is not None and found.group(3) is not None


def _from_local(written: datetime, zone: zones.ZoneInfo) -> datetime:
    earlier, later = (written.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if earlier.utcoffset() == later.utcoffset():
        return earlier.astimezone(UTC)
    if earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != written:
        raise BadTime(f"does not exist in {zone.key}: the clocks skip it; write the time they show after it")
    raise BadTime(
        f"happens twice in {zone.key}, when the clocks go back: write the offset too, like {_example(earlier)}"
    )


def _example(local: datetime) -> str:
    return local.isoformat(timespec="minutes")
