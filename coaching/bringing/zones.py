"""The zones that files name: places, Greenwich and an offset, and the names that products and Windows give them."""

import re
from collections.abc import Mapping

from coaching.bringing.file_map import word_key
from coaching.zone_words import BadZone, zone_meant

_BEFORE = re.compile(r"\(?(?:utc|gmt)? ?([+\u2212-] ?[0-9]{1,2}:?[0-9]{2})\)? +(?=[^\W\d])", re.IGNORECASE)
"""(GMT-05:00) before a name: the name says more."""
_COUNTRIES = re.compile(r" *(?:\(|- ?)(?:us ?(?:&|and) ?canada|us|usa)\)? *$", re.IGNORECASE)
_ABBREVIATION = re.compile(r"[A-Za-z]{2,5}")
_WINDOWS: Mapping[str, str] = {
    "gmt standard time": "Europe/London",
    "greenwich standard time": "Atlantic/Reykjavik",
    "w. europe standard time": "Europe/Berlin",
    "central europe standard time": "Europe/Budapest",
    "central european standard time": "Europe/Warsaw",
    "romance standard time": "Europe/Paris",
    "e. europe standard time": "Europe/Chisinau",
    "fle standard time": "Europe/Kyiv",
    "gtb standard time": "Europe/Bucharest",
    "turkey standard time": "Europe/Istanbul",
    "israel standard time": "Asia/Jerusalem",
    "south africa standard time": "Africa/Johannesburg",
    "arabian standard time": "Asia/Dubai",
    "india standard time": "Asia/Kolkata",
    "china standard time": "Asia/Shanghai",
    "singapore standard time": "Asia/Singapore",
    "tokyo standard time": "Asia/Tokyo",
    "korea standard time": "Asia/Seoul",
    "aus eastern standard time": "Australia/Sydney",
    "e. australia standard time": "Australia/Brisbane",
    "w. australia standard time": "Australia/Perth",
    "new zealand standard time": "Pacific/Auckland",
    "us mountain standard time": "America/Phoenix",
    "e. south america standard time": "America/Sao_Paulo",
    "argentina standard time": "America/Argentina/Buenos_Aires",
    "sa pacific standard time": "America/Bogota",
    "pacific sa standard time": "America/Santiago",
    "alaskan standard time": "America/Anchorage",
    "hawaiian standard time": "Pacific/Honolulu",
}


class UnknownName(Exception):
    """Nobody said yet which zone this name means. `meant` is what it probably means."""

    def __init__(self, name: str, meant: str | None) -> None:
        super().__init__(name)
        self.name, self.meant = name, meant


def zone_in_file(text: str, said: Mapping[str, str]) -> str:
    """Return the IANA zone that a file names. `said` is what somebody said of its names. Raises UnknownName.

    An abbreviation is never taken for a zone: CST is a time in Chicago, in Shanghai and in Havana.
    """
    if (answer := said.get(word_key(text))) is not None:
        return answer
    bare = _COUNTRIES.sub("", _BEFORE.sub("", text.strip()))
    if (windows := _WINDOWS.get(word_key(bare))) is not None:
        return windows
    try:
        return zone_meant(bare)
    except BadZone as error:
        if error.meant is not None and _is_named(bare):
            return error.meant
        raise UnknownName(text.strip(), error.meant) from None


def _is_named(bare: str) -> bool:
    """Return whether the text is the name of one time, such as Eastern Time, and no abbreviation."""
    words = word_key(bare).split()
    return len(words) > 1 and words[-1] == "time" and _ABBREVIATION.fullmatch(words[0]) is None
