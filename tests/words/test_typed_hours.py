"""Weekly hours as people write them in every language that we speak, with the words of its catalogue."""

import pytest

from coaching.availability import format_hours, parse_hours
from coaching.hour_words import DAYS
from handlers.views.typed_words import hours_in
from language.catalogue import complete
from language.say import Say, say_for

SPOKEN = [str(locale) for locale in complete()]
SEVERAL = {"daily": "Mon–Sun", "weekdays": "Mon–Fri", "weekends": "Sat, Sun"}


def said(say: Say, word: str) -> list[str]:
    """Return the words that a translator gave for one of ours."""
    return [one.strip() for one in say.meant("typed in weekly hours", word).replace("、", ",").split(",")]


@pytest.mark.parametrize(
    ("name", "typed", "meant"),
    [
        ("de-DE", "täglich 9–17 Uhr", "Mon–Sun 9–17"),
        ("de-DE", "Werktags von 9 bis 17 Uhr; sonnabends 10–14 Uhr", "Mon–Fri 9–17; Sat 10–14"),
        ("de-DE", "unter der Woche 8.30–12 Uhr, am Wochenende geschlossen", "Mon–Fri 8:30–12"),
        ("de-DE", "jeden  Tag 9 bis mittags", "Mon–Sun 9–12"),
        ("de-DE", "Sonnabend 9 h – 12 h", "Sat 9–12"),
        ("es-ES", "todos los días de 9 a 17 h", "Mon–Sun 9–17"),
        ("es-LA", "TODOS LOS DIAS de 9 a mediodía", "Mon–Sun 9–12"),
        ("es-ES", "entre semana 9:00 h – 17.30 h; los fines de semana cerrado", "Mon–Fri 9–17:30"),
        ("es-ES", "días laborables 9–17 hs.", "Mon–Fri 9–17"),
        ("fr-FR", "tous les jours 9 h – 17 h", "Mon–Sun 9–17"),
        ("fr-FR", "en semaine de 9 h 30 à 17\u00a0h\u00a045", "Mon–Fri 9:30–17:45"),
        ("fr-FR", "du lundi au vendredi 9h-17h, le week-end de 10 h jusqu’à midi", "Mon–Fri 9–17; Sat, Sun 10–12"),
        ("fr-FR", "lundi 9h 30 – 12 h, 13 h – minuit", "Mon 9:30–12, 13–24"),
        ("fr-FR", "mardi 9 h – minuit", "Tue 9–24"),
        ("en-GB", "Tue 9 to midnight", "Tue 21–24"),
        ("ja-JP", "毎日9時〜17時", "Mon–Sun 9–17"),
        ("ja-JP", "平日 9:00〜正午、週末は休み", "Mon–Fri 9–12"),
        ("ja-JP", "平日 午前９時から正午、午後1時〜5時", "Mon–Fri 9–12, 13–17"),
        ("pt-BR", "dias úteis das 9h às 17h", "Mon–Fri 9–17"),
        ("pt-BR", "Todos os dias das 9 h às 17 h 30", "Mon–Sun 9–17:30"),
        ("pt-BR", "nos fins de semana das 9 ao meio-dia", "Sat, Sun 9–12"),
        ("pt-BR", "segundas e quartas das 9 às 12", "Mon, Wed 9–12"),
        ("en-GB", "daily 9 h – 17 h", "Mon–Sun 9–17"),
    ],
)
def test_hours_are_understood_as_people_write_them(name: str, typed: str, meant: str) -> None:
    assert parse_hours(typed, hours_in(say_for(name))) == parse_hours(meant)


@pytest.mark.parametrize("name", SPOKEN)
def test_every_word_of_a_catalogue_means_what_the_english_one_does(name: str) -> None:
    say = say_for(name)
    words = hours_in(say)
    for english, days in SEVERAL.items():
        for word in said(say, english):
            assert parse_hours(f"{word} 9–17", words) == parse_hours(f"{days} 9–17"), word
    for day in DAYS:
        for word in said(say, day[:3]):
            assert parse_hours(f"{word} 9–17", words) == parse_hours(f"{day} 9–17"), word
    for noon in said(say, "noon"):
        assert parse_hours(f"Mon 9 – {noon}", words) == parse_hours("Mon 9–12"), noon
    for midnight in said(say, "midnight"):
        assert parse_hours(f"Mon 13 – {midnight}; Tue {midnight} – 5", words) == parse_hours("Mon 13–24; Tue 0–5"), (
            midnight
        )
    for to in said(say, "to"):
        assert parse_hours(f"Mon 9 {to} 17", words) == parse_hours("Mon 9–17"), to
    for closed in said(say, "closed"):
        assert not parse_hours(closed, words), closed


@pytest.mark.parametrize("name", SPOKEN)
def test_the_days_that_a_word_means_are_shown_by_name_and_read_back(name: str) -> None:
    words = hours_in(say_for(name))
    for word in said(say_for(name), "daily"):
        week = parse_hours(f"{word} 9–17", words)
        assert parse_hours(format_hours(week, words), words) == week
