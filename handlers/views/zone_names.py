"""The common names of zones: "Eastern Time", never the name of a file in the database."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from babel import Locale
from babel.core import get_global

from coaching import zones
from coaching.daylight import changes_clocks
from language.figures import SPACES
from language.locales import ENGLISH

_GREENWICH = frozenset({"GMT", "Etc/GMT", "GMT0", "Etc/GMT0", "GMT+0", "Etc/GMT+0", "GMT-0", "Etc/GMT-0"}) | {
    "Greenwich",
    "Etc/Greenwich",
}
_UTC = frozenset({"UTC", "UCT", "Universal", "Zulu"})


def zone_name(zone: str, locale: Locale, at: datetime) -> str | None:
    """Return "Eastern Time" for America/New_York, or None for a zone that is only an offset.

    `at` (aware) decides whether the zone changes its clocks at that time. Raises UnknownZone.
    """
    return _zone_name(zone, str(locale), changes_clocks(zone, at))


@zones.remembered(maxsize=1024)
def _zone_name(zone: str, look: str, changes: bool) -> str | None:
    locale, names = Locale.parse(look), _names(zone)
    if zone in _GREENWICH:
        return str(_standard(locale.meta_zones, "GMT") or _standard(ENGLISH.meta_zones, "GMT"))
    if zone.removeprefix("Etc/") in _UTC:
        return str(_standard(locale.time_zones, "Etc/UTC") or _standard(ENGLISH.time_zones, "Etc/UTC"))
    if zone.startswith("Etc/"):
        return None
    name = _shared(names, locale, changes) or locale.zone_formats["region"] % _place(names, locale)
    return name.translate(SPACES)


def offset_words(offset: timedelta, locale: Locale = ENGLISH) -> str:
    """Return "GMT−5:00"."""
    minutes = int(offset.total_seconds()) // 60
    sign = "−" if minutes < 0 else "+"
    return str(locale.zone_formats["gmt"]) % f"{sign}{abs(minutes) // 60}:{abs(minutes) % 60:02d}"


def _standard(known: Mapping[str, Any], name: str) -> str | None:
    found: str | None = known.get(name, {}).get("long", {}).get("standard")
    return found


def _names(zone: str) -> list[str]:
    """Return a zone's names in the locale data: today's first, then older ones, because some data is under those."""
    aliases = get_global("zone_aliases")
    today = aliases.get(zone, zone)
    return [today, *(old for old, new in aliases.items() if new == today), zone]


def _shared(names: list[str], locale: Locale, changes: bool) -> str | None:
    """Return the name of the time that several zones share. Without clock changes it may be a standard time."""
    group = next((shared for name in names if (shared := get_global("meta_zones").get(name))), None)
    known = locale.meta_zones.get(group, {}).get("long", {}) if group else {}
    generic, standard = known.get("generic"), known.get("standard")
    if generic:
        return str(generic)
    return None if changes or not standard else re.sub(r" Standard(?= Time$)", "", str(standard))


def _place(names: list[str], locale: Locale) -> str:
    """Return a country with only one time zone, else the city."""
    territories, countries = get_global("zone_territories"), get_global("territory_zones")
    country = next((found for name in names if (found := territories.get(name))), None)
    if country is not None and len(countries.get(country, ())) == 1:
        return str(locale.territories[country])
    cities = (locale.time_zones.get(name, {}).get("city") for name in names)
    return next((str(city) for city in cities if city), names[0].rpartition("/")[2].replace("_", " "))
