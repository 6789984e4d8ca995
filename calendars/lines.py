"""Content lines of iCalendar: escaped, on one line each, folded. Rule: RFC 5545, 3.1 and 3.3.11."""

import re
from datetime import datetime, timedelta

MOST_OCTETS = 75
"""The most octets of a line. Longer ones are continued on the next line, behind a space."""
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_IN_PARAMETERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def text(value: str) -> str:
    """Return text as a value. Line breaks stay; other control characters go."""
    value = _CONTROLS.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    return value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def uri(value: str) -> str:
    """Return an address as a value. One with a space or a control character would end the line: it becomes empty."""
    return "" if re.search(r"[\s\x00-\x1f\x7f-\x9f]", value) else value


def parameter(value: str) -> str:
    """Return text as the value of a parameter, in quotes. Quotes inside are not allowed and become apostrophes."""
    return '"' + _NOT_IN_PARAMETERS.sub(" ", value).replace('"', "'") + '"'


def utc(at: datetime) -> str:
    """Return an aware UTC instant: 20261124T200000Z."""
    return f"{at:%Y%m%dT%H%M%SZ}"


def wall(at: datetime) -> str:
    """Return what a clock shows: 20261124T150000."""
    return f"{at:%Y%m%dT%H%M%S}"


def offset(of: timedelta) -> str:
    """Return an offset from UTC: -0500, and with seconds where it has some."""
    sign, seconds = ("-", -of) if of < timedelta(0) else ("+", of)
    minutes, rest = divmod(int(seconds.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours:02}{minutes:02}" + (f"{rest:02}" if rest else "")


def folded(line: str) -> str:
    """Return a line with its end, continued where it is too long. No character is cut in two."""
    raw = line.encode()
    if len(raw) <= MOST_OCTETS:
        return line + "\r\n"
    parts: list[str] = []
    room = MOST_OCTETS
    while len(raw) > room:
        end = room
        while raw[end] & 0xC0 == 0x80:  # inside of a character
            end -= 1
        parts.append(raw[:end].decode())
        raw, room = raw[end:], MOST_OCTETS - 1
    return "\r\n ".join([*parts, raw.decode()]) + "\r\n"
