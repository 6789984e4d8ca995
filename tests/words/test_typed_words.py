"""What people type in words is understood in their language and in English, and what they are shown is read back."""

from datetime import timedelta

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from coaching.availability import LocalRange, WeeklyHours, format_hours, parse_hours
from coaching.errors import BadSetting
from coaching.hour_words import DAYS
from coaching.policy import Tier
from coaching.texts import folded
from coaching.tiers import parse_tiers, tiers_text
from coaching.zone_words import zone_meant
from handlers.views.typed_words import cities_in, hours_in, tiers_in
from language.catalogue import Catalogue, complete, key_of
from language.locales import locale_of
from language.say import Say, say_for
from tests.words.test_say import SLACK

_OWN = {
    "de": {"closed": "geschlossen, zu", "to": "bis", "and": "und", "from": "von, Uhr"},
    "es": {"closed": "cerrado", "to": "a, hasta", "and": "y", "from": "de, las"},
    "fr": {"closed": "fermé", "to": "à, au", "and": "et", "from": "de, du"},
    "ja": {"closed": "休み", "to": "から", "and": "と", "from": "は, まで, 毎週"},
    "zh": {"closed": "休息", "to": "至, 到", "and": "和", "from": "每"},
    "pt": {"closed": "fechado", "to": "a, às, até", "and": "e", "from": "de, das"},
}
WEEKS = st.lists(
    st.sampled_from([(), (LocalRange(540, 1020),), (LocalRange(0, 300), LocalRange(600, 1440))]), min_size=7, max_size=7
).map(lambda days: WeeklyHours(tuple(days)))


_TERMS = {
    "de": ("{percent} bis {lead}", "{percent} bis zum Start", "Prozent", "nichts"),
    "es": ("{percent} hasta {lead}", "{percent} hasta el inicio", "por ciento", "nada"),
    "fr": ("{percent} jusqu’à {lead}", "{percent} jusqu’au début", "pour cent", "rien"),
    "ja": ("開始の{lead}前まで{percent}", "開始時刻まで{percent}", "パーセント", "なし"),
    "pt": ("{percent} até {lead}", "{percent} até o início", "por cento", "nada"),
}
H = timedelta(hours=1)


def speaking(name: str) -> Say:
    """Return how the language of one of Slack's names is spoken, with own words where we have some."""
    locale = locale_of(name)
    texts = {key_of(word, "typed in weekly hours"): own for word, own in _OWN.get(locale.language, {}).items()}
    if own := _TERMS.get(locale.language):
        keys = ("{percent} until {lead}", "{percent} until the start")
        contexts = (key_of("percent", "typed in terms"), key_of("nothing", "typed in terms"))
        texts |= dict(zip((*keys, *contexts), own, strict=True))
    return Say(locale, Catalogue(Locale(locale.language), texts, {}))


WORDS = {name: hours_in(speaking(name)) for name in SLACK}


@pytest.mark.parametrize("name", SLACK)
@given(week=WEEKS)
def test_hours_are_read_back_as_they_are_shown_in_every_language_of_slack(name: str, week: WeeklyHours) -> None:
    assert parse_hours(format_hours(week, WORDS[name]), WORDS[name]) == week


@pytest.mark.parametrize("name", SLACK)
def test_every_name_of_a_day_is_understood_with_dots_and_accents_and_without(name: str) -> None:
    known = locale_of(name).days
    for form in ("format", "stand-alone"):
        for width in ("wide", "abbreviated", "short"):
            for day, shown in known[form][width].items():
                bare = folded(shown).replace(".", "")
                for typed in (shown, shown.upper(), bare, f"{bare}."):
                    rows = list(parse_hours(f"{typed} 9–17", WORDS[name]).rows())
                    assert rows == [(day, 540, 1020)], typed


@pytest.mark.parametrize("name", SLACK)
def test_english_is_understood_whatever_the_language(name: str) -> None:
    for day, wide in enumerate(DAYS):
        for typed in (wide, wide[:3], wide[:2]):
            assert list(parse_hours(f"{typed} from 9 to 5pm", WORDS[name]).rows()) == [(day, 540, 1020)]
    assert parse_hours("weekdays 9am–5pm; Sun closed", WORDS[name]) == parse_hours("Mon–Fri 9–17")
    assert not parse_hours("closed", WORDS[name])


@pytest.mark.parametrize(
    ("name", "typed", "meant"),
    [
        ("de-DE", "Montag bis Freitag von 9 bis 17 Uhr", "Mon–Fri 9–17"),
        ("de-DE", "Mo., Mi. und So. 9–12; Sa zu", "Mon, Wed, Sun 9–12"),
        ("es-ES", "de lunes a viernes de 9 a 17", "Mon–Fri 9–17"),
        ("es-LA", "miercoles y sábado 9–13", "Wed, Sat 9–13"),
        ("es-ES", "lun 9a–5p", "Mon 9–17"),
        ("fr-FR", "du lundi au vendredi de 9h à 17h30", "Mon–Fri 9:00–17:30"),
        ("ja-JP", "月～金 9：00～17：00、土日 休み", "Mon–Fri 9–17"),
        ("ja-JP", "月水金 9時〜17時", "Mon, Wed, Fri 9–17"),
        ("ja-JP", "月曜日から金曜日 9時30分から17:00まで", "Mon–Fri 9:30–17"),
        ("ja-JP", "毎週月曜と水曜 9:00〜12:00、土日は休み", "Mon, Wed 9–12"),
        ("ja-JP", "月〜金 午前9時〜午後5時半", "Mon–Fri 9:00–17:30"),
        ("ja-JP", "月～金 午前９時〜12時、午後1時〜5時", "Mon–Fri 9–12, 13–17"),
        ("ja-JP", "土曜 午前0時〜午後0時30分", "Sat 0:00–12:30"),
        ("ko-KR", "월–금 9시–17시", "Mon–Fri 9–17"),
        ("ko-KR", "월–금 오전 9시–오후 5시", "Mon–Fri 9–17"),
        ("zh-CN", "周一–周五 上午9点–下午5点半", "Mon–Fri 9:00–17:30"),
        ("pt-BR", "segunda a sexta-feira das 9h às 17h", "Mon–Fri 9–17"),
        ("pt-BR", "Segunda a Sexta-Feira de 9h a 17h; sáb fechado", "Mon–Fri 9–17"),
        ("zh-CN", "周一–周五 9点–17点", "Mon–Fri 9–17"),
        ("zh-CN", "每周一至周五 9点到17点30分", "Mon–Fri 9–17:30"),
    ],
)
def test_hours_are_understood_as_people_write_them_there(name: str, typed: str, meant: str) -> None:
    assert parse_hours(typed, WORDS[name]) == parse_hours(meant)


def test_what_is_wrong_with_hours_names_days_as_the_reader_does() -> None:
    words = WORDS["de-DE"]
    for typed, said in [
        ("Dienstga 9–17", "did you mean Dienstag"),
        ("Mo–Fr", "Mo–Fr has no hours"),
        ("Sa 9–12; Sa zu", "Samstag is both open and closed"),
        ("Sa 9–12, 11–13", "on Samstag, "),
        ("MoMi 9–17", "“MoMi” is not a day"),
    ]:
        with pytest.raises(BadSetting, match=said):
            parse_hours(typed, words)
    with pytest.raises(BadSetting, match="“月と風” is not a day"):
        parse_hours("月と風 9–17", WORDS["ja-JP"])


@pytest.mark.parametrize("typed", ["月 午前12時〜午後5時", "月 午前9時〜午後12時"])
def test_twelve_with_a_half_of_the_day_before_it_is_noon_to_some_and_midnight_to_others(typed: str) -> None:
    with pytest.raises(BadSetting, match="can be noon or midnight: write 12:00 or 24:00"):
        parse_hours(typed, WORDS["ja-JP"])
    with pytest.raises(BadSetting, match="is not a time of day"):
        parse_hours("月 午前9時75分〜午後5時", WORDS["ja-JP"])


def test_every_catalogue_has_words_of_hours_that_are_read_back() -> None:
    for locale in complete():
        words = hours_in(say_for(str(locale)))
        assert not parse_hours(words.shut, words)
        assert parse_hours(f"{words.short[0]}–{words.short[4]} 9–17; {words.wide[6]} {words.shut}", words)


@pytest.mark.parametrize("name", SLACK)
@given(
    leads=st.lists(st.integers(0, 3650 * 24 * 60), max_size=5, unique=True),
    percents=st.lists(st.integers(1, 100), min_size=5, max_size=5, unique=True),
)
def test_terms_are_read_back_as_they_are_shown_in_every_language_of_slack(
    name: str, leads: list[int], percents: list[int]
) -> None:
    words = tiers_in(speaking(name))
    falling = zip(sorted(leads, reverse=True), sorted(percents, reverse=True), strict=False)
    tiers = tuple(Tier(timedelta(minutes=lead), percent) for lead, percent in falling)
    assert parse_tiers(tiers_text(tiers, words), words) == tiers
    assert parse_tiers(tiers_text(tiers), words) == tiers


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("de-DE", "100 % bis 24 Stunden\n50 Prozent bis Start"),
        ("es-ES", "100 % hasta 1 día; 50 por ciento inicio"),
        ("fr-FR", "100 % jusqu'à 24 heures, 50 pour cent début"),
        ("ja-JP", "開始の24時間前まで100%、開始時刻まで50パーセント"),
        ("pt-BR", "100% ate 24 horas\n50 por cento até o inicio"),
    ],
)
def test_terms_are_understood_as_people_write_them_there(name: str, typed: str) -> None:
    words = tiers_in(speaking(name))
    assert parse_tiers(typed, words) == (Tier(24 * H, 100), Tier(0 * H, 50))
    assert parse_tiers(_TERMS[locale_of(name).language][3], words) == ()


def test_every_catalogue_has_words_of_terms_that_are_read_back() -> None:
    tiers = (Tier(36 * H, 100), Tier(0 * H, 50))
    for locale in complete():
        words = tiers_in(say_for(str(locale)))
        assert parse_tiers(tiers_text(tiers, words), words) == tiers


@pytest.mark.parametrize(
    ("name", "typed", "zone"),
    [
        ("en-US", "São Paulo", "America/Sao_Paulo"),
        ("pt-BR", "sao paulo", "America/Sao_Paulo"),
        ("en-US", "America/São_Paulo", "America/Sao_Paulo"),
        ("de-DE", "Kairo", "Africa/Cairo"),
        ("de-DE", "Zürich", "Europe/Zurich"),
        ("de-DE", "Rom", "Europe/Rome"),
        ("de-DE", "Kalkutta", "Asia/Kolkata"),
        ("fr-FR", "Londres", "Europe/London"),
        ("pt-BR", "Nova York", "America/New_York"),
        ("ja-JP", "東京", "Asia/Tokyo"),
        ("fr-FR", "london", "Europe/London"),
        ("en-US", "Port au Prince", "America/Port-au-Prince"),
    ],
)
def test_a_city_is_known_by_its_name_in_the_readers_language_and_in_english(name: str, typed: str, zone: str) -> None:
    assert zone_meant(typed, cities_in(locale_of(name))) == zone


@pytest.mark.parametrize("name", SLACK)
def test_english_cities_mean_the_same_in_every_language(name: str) -> None:
    cities = cities_in(locale_of(name))
    for city in ("New York", "London", "Berlin", "Tokyo", "Sydney", "Sao Paulo", "America/Chicago"):
        assert zone_meant(city, cities) == zone_meant(city)
