"""Zones as people know them: "Eastern Time", never the name of a database's file."""

import re
from datetime import datetime, timedelta

from babel import Locale
from babel.core import get_global

from coaching import zones
from coaching.daylight import changes_clocks

_GREENWICH = frozenset({"GMT", "Etc/GMT", "GMT0", "Etc/GMT0", "GMT+0", "Etc/GMT+0", "GMT-0", "Etc/GMT-0"}) | {
    "Greenwich",
    "Etc/Greenwich",
}
_UTC = frozenset({"UTC", "UCT", "Universal", "Zulu"})
# Unicode's locale data separates with thin and unbreakable spaces; Slack's fonts and people's searches want plain ones.
_SPACES = str.maketrans({"\u202f": " ", "\u2009": " ", "\u00a0": " "})


def zone_name(zone: str, locale: Locale, at: datetime) -> str | None:
    """Return "Eastern Time" for America/New_York, or None for a zone that is nothing but an offset.

    `at` (aware) decides whether a zone changes its clocks these days. Raises UnknownZone.
    """
    return _zone_name(zone, str(locale), changes_clocks(zone, at))


@zones.remembered(maxsize=1024)
def _zone_name(zone: str, look: str, changes: bool) -> str | None:
    if zone in _GREENWICH:
        return "Greenwich Mean Time"
    if zone.removeprefix("Etc/") in _UTC:
        return "Coordinated Universal Time"
    if zone.startswith("Etc/"):
        return None
    locale, names = Locale.parse(look), _names(zone)
    name = _shared(names, locale, changes) or locale.zone_formats["region"] % _place(names, locale)
    return name.translate(_SPACES)


def offset_words(offset: timedelta) -> str:
    """Return "GMT−5:00"."""
    minutes = int(offset.total_seconds()) // 60
    sign = "−" if minutes < 0 else "+"
    return f"GMT{sign}{abs(minutes) // 60}:{abs(minutes) % 60:02d}"


def _names(zone: str) -> list[str]:
    """Return a zone's names in the locale data: today's first, then older ones, under some of which the data lies."""
    aliases = get_global("zone_aliases")
    today = aliases.get(zone, zone)
    return [today, *(old for old, new in aliases.items() if new == today), zone]


def _shared(names: list[str], locale: Locale, changes: bool) -> str | None:
    """Return the name of the time that several zones share; where clocks do not change, a standard time will do."""
    group = next((shared for name in names if (shared := get_global("meta_zones").get(name))), None)
    known = locale.meta_zones.get(group, {}).get("long", {}) if group else {}
    generic, standard = known.get("generic"), known.get("standard")
    if generic:
        return str(generic)
    return None if changes or not standard else re.sub(r" Standard(?= Time$)", "", str(standard))


def _place(names: list[str], locale: Locale) -> str:
    """Return a country that has one time, else the city."""
    territories, countries = get_global("zone_territories"), get_global("territory_zones")
    country = next((found for name in names if (found := territories.get(name))), None)
    if country is not None and len(countries.get(country, ())) == 1:
        return str(locale.territories[country])
    cities = (locale.time_zones.get(name, {}).get("city") for name in names)
    return next((str(city) for city in cities if city), names[0].rpartition("/")[2].replace("_", " "))
