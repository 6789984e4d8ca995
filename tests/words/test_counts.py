"""Words that go with a number take its form in each language, in errors as well."""

from decimal import Decimal

import pytest
from babel import Locale

from handlers.amounts import credits_of
from handlers.error_words import wrong_words
from handlers.hours import zone_named
from handlers.inputs import BadInput
from handlers.views.words import returned_words
from language.catalogue import Catalogue, key_of
from language.say import Say
from tests.handlers.samples import session
from tests.words.extract import everything, messages

TOO_MUCH = "that is too much: {n} credit at most"
FORMS = ("{n} crédit au plus", "{n} de crédits au plus", "{n} crédits au plus")
FRENCH = Say(Locale("fr"), Catalogue(Locale("fr"), {"{fault}.": "{fault}."}, {TOO_MUCH: FORMS}))


def test_an_error_takes_the_form_that_goes_with_its_number() -> None:
    with pytest.raises(BadInput, match="that is too much: 1,000,000 credits at most") as refused:
        credits_of("1000001", "block")
    assert wrong_words(refused.value, FRENCH) == "1 000 000 de crédits au plus."


def test_an_error_with_forms_and_no_number_for_them_is_refused() -> None:
    said, wrong = messages('raise BadInput(block, "{n} day", "{n} days", n=3)', "x.py")
    assert ([(one.message, one.many) for one in said], wrong) == ([("{n} day", "{n} days")], [])
    assert messages('raise BadInput(block, "{days} day", "{days} days", days=3)', "x.py")[1]
    assert messages('raise BadInput(block, "{n} day", words, n=3)', "x.py")[1]


def test_what_is_wrong_with_a_zone_is_said_in_the_readers_words() -> None:
    words = {
        "“{zone}” is no time zone we know: did you mean {meant}?": "„{zone}“ kennen wir nicht. Vielleicht {meant}?"
    }
    german = Say(Locale("de"), Catalogue(Locale("de"), {**words, "{fault}.": "{fault}"}, {}))
    with pytest.raises(BadInput) as refused:
        zone_named("Europe/Lodnon", german)
    assert wrong_words(refused.value, german) == "„Europe/Lodnon“ kennen wir nicht. Vielleicht Europe/London?"


def test_what_say_itself_says_is_translated_too() -> None:
    said, _ = everything()
    assert ("{n} more", "{n} more") in {(one.message, one.many) for one in said}


def test_an_end_button_takes_the_form_that_goes_with_its_number_where_there_is_room_for_little() -> None:
    key, two = key_of("Move {n} session", "title"), ("{n} Sitzung verlegen", "{n} Sitzungen verlegen")
    german = Say(Locale("de"), Catalogue(Locale("de"), {}, {key: two}))
    said = [german.plural_title("Move {n} session", "Move {n} sessions", n) for n in (1, 3)]
    assert said == ["1 Sitzung verlegen", "3 Sitzungen verlegen"]


def test_a_part_of_so_many_credits_declines_them() -> None:
    forms = {"{part} of {n} credit returned": ("{part} von {n} Punkt zurück", "{part} von {n} Punkten zurück")}
    german = Say(Locale("de"), Catalogue(Locale("de"), {}, forms))
    two = session(price=200)
    assert returned_words(two, 50, german) == f"{german.number(Decimal('0.5'))} von 2 Punkten zurück"
