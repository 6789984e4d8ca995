"""Zones as people write them and as they are named back."""

import re
from datetime import UTC, datetime

import pytest
from babel import Locale

from coaching import zones
from coaching.daylight import in_summer_time
from coaching.zone_words import BadZone, ZoneFault, as_written, zone_meant, zone_written
from handlers.views.news.shifts import city
from handlers.views.times import times_for
from handlers.views.zone_names import zone_name
from language.say import Say

MONTHS = [datetime(year, month, 15, tzinfo=UTC) for year in (2026, 2027) for month in (1, 4, 7, 10)]
ENGLISH = ("en_US", "en_GB", "en_AU", "en_IN", "en_DE")


@pytest.mark.parametrize(
    ("text", "zone", "shown"),
    [
        ("GMT+2", "Etc/GMT-2", "GMT+2:00"),
        ("gmt +02:00", "Etc/GMT-2", "GMT+2:00"),
        ("UTC-5", "Etc/GMT+5", "GMT−5:00"),
        ("UTC−5", "Etc/GMT+5", "GMT−5:00"),
        ("+14:00", "Etc/GMT-14", "GMT+14:00"),
        ("-0300", "Etc/GMT+3", "GMT−3:00"),
        ("GMT+0", "Etc/GMT", "Greenwich Mean Time (GMT+0:00)"),
        ("GMT", "GMT", "Greenwich Mean Time (GMT+0:00)"),
        ("Etc/GMT+2", "Etc/GMT+2", "GMT−2:00"),
    ],
)
def test_an_offset_is_ahead_of_greenwich_when_it_says_plus(text: str, zone: str, shown: str) -> None:
    assert zone_meant(text) == zone_written(text) == zone
    assert times_for(None, zone).zone_line([MONTHS[0]]) == shown
    assert zone_meant(as_written(zone)) in {zone, "GMT"}


@pytest.mark.parametrize("text", ["GMT+5:30", "UTC+15", "GMT-13", "+99"])
def test_an_offset_that_no_zone_has_asks_for_a_place(text: str) -> None:
    for read in (zone_meant, zone_written):
        with pytest.raises(BadZone) as wrong:
            read(text)
        assert (wrong.value.fault, wrong.value.zone) == (ZoneFault.NO_OFFSET, text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("EST", "America/New_York"), ("EDT", "America/New_York"), ("CST", "America/Chicago"), ("MST", "America/Denver"),
        ("PST", "America/Los_Angeles"), ("HST", "Pacific/Honolulu"), ("CET", "Europe/Berlin"), ("CEST", "Europe/Berlin"),
        ("MET", "Europe/Berlin"), ("EET", "Europe/Athens"), ("WET", "Europe/Lisbon"), ("BST", "Europe/London"),
        ("IST", "Asia/Kolkata"), ("AEST", "Australia/Sydney"), ("ET", "America/New_York"), ("est", "America/New_York"),
    ],
)  # fmt: skip
def test_an_abbreviation_is_no_zone_anywhere(text: str, meant: str) -> None:
    for read in (zone_meant, zone_written):
        with pytest.raises(BadZone) as wrong:
            read(text)
        assert (wrong.value.fault, wrong.value.meant) == (ZoneFault.NO_PLACE, meant)
    assert zone_meant(meant) == zone_written(meant) == meant


@pytest.mark.parametrize("text", ["Eastern", "Pacific Time", "pacific_time", "Central European Summer Time"])
def test_a_time_that_several_countries_call_so_is_no_zone(text: str) -> None:
    with pytest.raises(BadZone) as wrong:
        zone_meant(text)
    assert wrong.value.fault is ZoneFault.NO_PLACE


def test_every_name_of_the_database_is_taken_but_the_bare_abbreviations() -> None:
    refused = set()
    for name in zones.names():
        try:
            assert zone_written(name) == (name if "Etc/" in name or not re.search(r"[+-]\d", name) else "Etc/GMT")
        except BadZone:
            refused.add(name)
    assert refused == {"EST", "MST", "HST", "CET", "MET", "EET", "WET"}


def test_a_name_in_another_case_is_corrected_in_files_and_taken_in_forms() -> None:
    assert zone_meant("europe/london") == "Europe/London"
    with pytest.raises(BadZone) as wrong:
        zone_written("europe/london")
    assert (wrong.value.fault, wrong.value.meant) == (ZoneFault.OTHER_CASE, "Europe/London")


@pytest.mark.parametrize("locale", ENGLISH)
def test_every_zone_of_the_database_has_a_name_that_people_know(locale: str) -> None:
    offset = r"GMT[+−]\d{1,2}:\d\d(, DST)?"
    for name in sorted(zones.names()):
        for at in MONTHS:
            known = zone_name(name, Locale.parse(locale), at)
            if known is None:
                assert name.startswith("Etc/GMT")
                continue
            assert known.endswith(" Time"), (name, known)
            assert not re.search(r"[/_()\d]|\b(Etc|Unknown|Region|world|Standard|Daylight|Summer)\b", known), (
                name,
                known,
            )
        line = times_for(None, name).zone_line(MONTHS[:1])
        assert re.fullmatch(rf"{offset}|.+ Time \({offset}\)", line), (name, line)


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        ("America/Indiana/Indianapolis", (2026, 7, 1), "Eastern Time (GMT−4:00, DST)"),
        ("America/Kentucky/Louisville", (2026, 1, 1), "Eastern Time (GMT−5:00)"),
        ("America/Argentina/Buenos_Aires", (2026, 1, 1), "Argentina Time (GMT−3:00)"),
        ("Europe/Kyiv", (2026, 7, 1), "Eastern European Time (GMT+3:00, DST)"),
        ("Africa/Nairobi", (2026, 1, 1), "East Africa Time (GMT+3:00)"),
        ("Asia/Dubai", (2026, 1, 1), "Gulf Time (GMT+4:00)"),
        ("America/Punta_Arenas", (2026, 1, 1), "Punta Arenas Time (GMT−3:00)"),
        ("Europe/London", (2026, 7, 1), "United Kingdom Time (GMT+1:00, DST)"),
        ("Europe/Guernsey", (2026, 7, 1), "Guernsey Time (GMT+1:00, DST)"),
        ("Antarctica/Troll", (2026, 7, 1), "Troll Time (GMT+2:00, DST)"),
        ("EST5EDT", (2026, 7, 1), "Eastern Time (GMT−4:00, DST)"),
        # In Dublin the rules call winter the exception.
        ("Europe/Dublin", (2026, 7, 1), "Ireland Time (GMT+1:00, DST)"),
        ("Europe/Dublin", (2026, 1, 1), "Ireland Time (GMT+0:00)"),
        # Ramadan of 2026, and after Morocco came back to Greenwich for good.
        ("Africa/Casablanca", (2026, 3, 1), "Morocco Time (GMT+0:00)"),
        ("Africa/Casablanca", (2026, 11, 1), "Morocco Time (GMT+0:00)"),
        # They stopped changing their clocks, and kept the later time.
        ("America/Vancouver", (2026, 7, 1), "Pacific Time (GMT−7:00, DST)"),
        ("America/Vancouver", (2026, 12, 10), "Pacific Time (GMT−7:00)"),
        ("America/Vancouver", (2027, 7, 1), "Pacific Time (GMT−7:00)"),
        ("Europe/Istanbul", (2016, 12, 1), "Türkiye Time (GMT+3:00)"),
        ("Europe/Istanbul", (2016, 7, 1), "Türkiye Time (GMT+3:00, DST)"),
        # The clocks went back for good in October 2022.
        ("America/Mexico_City", (2022, 7, 1), "Central Time (GMT−5:00, DST)"),
        ("America/Mexico_City", (2022, 12, 1), "Central Time (GMT−6:00)"),
        # Another zone from one day to the next, without any summer time.
        ("Asia/Pyongyang", (2018, 6, 1), "Korean Time (GMT+9:00)"),
        ("Australia/Lord_Howe", (2026, 1, 1), "Lord Howe Time (GMT+11:00, DST)"),
        # Its clocks had stood still for over a year, and go back within the next.
        ("Africa/Casablanca", (2019, 4, 15), "Morocco Time (GMT+1:00, DST)"),
    ],
)  # fmt: skip
def test_a_zone_says_dst_only_while_its_clocks_are_ahead(zone: str, at: tuple[int, int, int], expected: str) -> None:
    assert times_for(None, zone).zone_line([datetime(*at, 12, tzinfo=UTC)]) == expected


def test_summer_time_begins_and_ends_with_the_very_second() -> None:
    spring, autumn = datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)
    for change, before in ((spring, False), (autumn, True)):
        assert in_summer_time("America/New_York", change.replace(microsecond=0)) is not before
        assert in_summer_time("America/New_York", change - (datetime.resolution)) is before


@pytest.mark.parametrize(("look", "said"), [("en_US", "Vienna"), ("de_DE", "Wien"), ("ja_JP", "ウィーン")])
def test_a_city_is_named_in_the_readers_language(look: str, said: str) -> None:
    assert city("Europe/Vienna", MONTHS[0], Say(Locale.parse(look))) == said
