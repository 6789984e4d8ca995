"""Zones as people write them: a place, an offset from Greenwich, or an abbreviation with several meanings."""

import difflib
import re
from collections.abc import Mapping
from enum import StrEnum

from coaching import zones
from coaching.texts import folded

_OFFSET = re.compile(r"(?:utc|gmt)? ?([+\-\u2212])([0-9]{1,2})(?::?([0-9]{2}))?")
_FIXED = re.compile(r"Etc/GMT([+-])([0-9]{1,2})")
_CLOCKS = re.compile(r" (?:standard |daylight |summer )?time$")
_FARTHEST = {"+": 14, "-": 12}
# The second half of these old names is a direction or a kind of time, not a city.
_NO_CITIES = (
    "Etc/",
    "US/",
    "Canada/",
    "Brazil/",
    "Mexico/",
    "Chile/",
    "Australia/North",
    "Australia/South",
    "Australia/West",
)
_MEANT: Mapping[str, str] = {
    abbreviation: zone
    for zone, abbreviations in {
        "America/New_York": "et est edt eastern",
        "America/Chicago": "ct cst cdt central",
        "America/Denver": "mt mst mdt mountain",
        "America/Los_Angeles": "pt pst pdt pacific",
        "America/Anchorage": "akst akdt alaska",
        "Pacific/Honolulu": "hst hdt hawaii",
        "America/Halifax": "ast adt atlantic",
        "America/St_Johns": "nst ndt newfoundland",
        "America/Sao_Paulo": "brt brst",
        "America/Argentina/Buenos_Aires": "art",
        "America/Santiago": "clt clst",
        "America/Bogota": "cot",
        "America/Lima": "pet",
        "Europe/London": "bst british",
        "Europe/Lisbon": "wet west",
        "Europe/Berlin": "cet cest met mest mez mesz",
        "Europe/Athens": "eet eest",
        "Europe/Moscow": "msk msd",
        "Europe/Istanbul": "trt",
        "Africa/Nairobi": "eat",
        "Africa/Lagos": "wat",
        "Africa/Maputo": "cat",
        "Africa/Johannesburg": "sast",
        "Asia/Dubai": "gst",
        "Asia/Karachi": "pkt",
        "Asia/Kolkata": "ist",
        "Asia/Dhaka": "bdt",
        "Asia/Bangkok": "ict",
        "Asia/Jakarta": "wib",
        "Asia/Singapore": "sgt sst",
        "Asia/Hong_Kong": "hkt",
        "Asia/Manila": "pht phst",
        "Asia/Seoul": "kst",
        "Asia/Tokyo": "jst",
        "Australia/Perth": "awst",
        "Australia/Adelaide": "acst acdt",
        "Australia/Sydney": "aest aedt",
        "Pacific/Auckland": "nzst nzdt",
    }.items()
    for abbreviation in abbreviations.split()
} | {"central european": "Europe/Berlin", "eastern european": "Europe/Athens", "western european": "Europe/Lisbon"}


class ZoneFault(StrEnum):
    """Why a text is not a zone."""

    UNKNOWN = "unknown"
    OTHER_CASE = "other case"
    """Right but for capital letters, where these count."""
    NO_PLACE = "no place"
    """An abbreviation or the name of a time, which says nothing of when clocks change."""
    NO_OFFSET = "no offset"
    """An offset that no zone has."""


class BadZone(Exception):
    """The text is not a zone. `meant` is the zone that is probably meant, if there is one."""

    def __init__(self, fault: ZoneFault, zone: str, meant: str | None = None) -> None:
        super().__init__(f"{zone!r}: {fault}")
        self.fault, self.zone, self.meant = fault, zone, meant


@zones.remembered(maxsize=2048)
def zone_written(text: str) -> str:
    """Return the IANA zone written in a file: an exact name, or an offset such as GMT+2. Raises BadZone."""
    named = _named(text)
    if named is None:
        raise BadZone(ZoneFault.UNKNOWN, text)
    if named != text and named.casefold() == text.casefold():
        raise BadZone(ZoneFault.OTHER_CASE, text, named)
    return named


_NO_MORE: Mapping[str, str] = {}


def zone_meant(text: str, cities: Mapping[str, str] = _NO_MORE) -> str:
    """Return the IANA zone that a person means: a name in any case, a city, or an offset such as GMT+2. Raises BadZone.

    Accents do not matter. `cities` maps city names in one other language (see `city_key`) to zones.
    """
    wanted = re.sub(r"\s+", "_", text.strip())
    key = city_key(wanted)
    named = _named(wanted.replace("_", " ")) or _named(wanted)
    found = named or _names().get(key) or _cities().get(key) or cities.get(key)
    if found is not None:
        return found
    known = {**cities, **_cities(), **_names()}
    close = difflib.get_close_matches(key, known, 1, 0.7)
    raise BadZone(ZoneFault.UNKNOWN, text.strip(), known[close[0]] if close else None)


def city_key(city: str) -> str:
    """Return the key of a city's name: without case and accents, with all ways of joining its words made equal."""
    return re.sub(r"[\s\-_’']+", "_", folded(city).strip())


def as_written(name: str) -> str:
    """Return a zone's name as people write it: GMT+2 for Etc/GMT-2, whose sign is reversed."""
    fixed = _FIXED.fullmatch(name)
    if fixed is None:
        return name
    hours = int(fixed[2])
    return f"GMT{'-' if fixed[1] == '+' else '+'}{hours}" if hours else "GMT"


def _named(text: str) -> str | None:
    """Return the zone of an offset or of a name in any case. Raises BadZone for an abbreviation."""
    bare = text.casefold()
    if (offset := _OFFSET.fullmatch(bare)) is not None:
        return _fixed(text, *offset.groups())
    if (meant := _MEANT.get(_CLOCKS.sub("", bare))) is not None:
        raise BadZone(ZoneFault.NO_PLACE, text, meant)
    return _names().get(bare)


def _fixed(text: str, sign: str, hours: str, minutes: str | None) -> str:
    ahead, count = sign == "+", int(hours)
    if int(minutes or 0) or count > _FARTHEST["+" if ahead else "-"]:
        raise BadZone(ZoneFault.NO_OFFSET, text)
    # The database counts westwards from Greenwich, so the sign is reversed.
    return f"Etc/GMT{'-' if ahead else '+'}{count}" if count else "Etc/GMT"


@zones.remembered(maxsize=1)
def _names() -> Mapping[str, str]:
    return {name.casefold(): name for name in zones.names()}


@zones.remembered(maxsize=1)
def _cities() -> Mapping[str, str]:
    places = [name for name in sorted(zones.names(), reverse=True) if "/" in name and not name.startswith(_NO_CITIES)]
    return {city_key(name.rpartition("/")[2]): name for name in places}
