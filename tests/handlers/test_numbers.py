"""Numbers that people type: one reader for every form, in the digits of any script."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from coaching.sessions import Money
from handlers import amounts, hours, packages, setup
from handlers.error_words import words_for
from handlers.ids import Block
from handlers.inputs import BadInput
from handlers.numbers import decimal_typed, needed_whole, number, whole
from language.say import IN_ENGLISH, say_for

FORMS: dict[str, Callable[[Any], int | None]] = {
    "hours": lambda body: hours._whole(body, Block.NOTICE, 366),
    "packages": lambda body: packages._whole(body, Block.NOTICE, 366),
    "setup": lambda body: setup._whole(body, Block.NOTICE, 366),
}


def body(text: str) -> dict[str, Any]:
    typed = {"type": "plain_text_input", "value": text}
    return {"view": {"state": {"values": {Block.NOTICE: {"input": typed}}}}}


@pytest.mark.parametrize("typed", ["90", " 90 ", "90.0", "９０", "٩٠", "९०", "+90", "90,00"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_reads_a_whole_number_in_any_digits(form: str, typed: str) -> None:
    assert FORMS[form](body(typed)) == 90


@pytest.mark.parametrize(
    "typed", ["367", "1.5", "１．５", "ten", "-1", "-٤", "9²", "½", "1e2", "9 0", "NaN", "Infinity"]
)
def test_every_form_refuses_the_same_numbers_in_the_same_words(typed: str) -> None:
    said = set()
    for form, read in FORMS.items():
        with pytest.raises(BadInput) as wrong:
            read(body(typed))
        assert wrong.value.block == Block.NOTICE
        said.add(words_for(wrong.value, "", IN_ENGLISH).replace("1 to" if form == "packages" else "0 to", "… to"))
    assert said == {"Write a whole number from … to 366."}


@pytest.mark.plain  # It is told in German.
def test_a_number_is_refused_in_the_words_and_figures_of_its_reader() -> None:
    with pytest.raises(BadInput) as wrong:
        whole("0", Block.NOTICE, 10080, least=1)
    assert words_for(wrong.value, "", say_for("de-DE")) == "Geben Sie eine ganze Zahl von 1 bis 10.080 ein."


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_nothing_typed_is_none_unless_a_number_is_needed(nothing: str | None) -> None:
    assert whole(nothing, Block.NOTICE, 9) is None
    assert number(nothing, Block.NOTICE, 9) is None
    with pytest.raises(BadInput):
        needed_whole(nothing, Block.NOTICE, 9)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1,5", "1.5"),
        ("１，５", "1.5"),
        ("١٫٥", "1.5"),
        ("1,000", "1000"),
        ("1٬000", "1000"),
        ("−2", "-2"),
        (".5", "0.5"),
    ],
)
def test_decimals_are_read_with_the_marks_of_any_script(typed: str, meant: str) -> None:
    assert decimal_typed(typed) == Decimal(meant)


@pytest.mark.parametrize("typed", ["1.000", "12.500", "1.000.000", "１．０００"])
def test_a_point_that_may_separate_thousands_is_refused(typed: str) -> None:
    for read in (lambda: number(typed, Block.GRACE, 10**7), lambda: whole(typed, Block.NOTICE, 10**7)):
        with pytest.raises(BadInput, match="write thousands without a point, like 1000"):
            read()
    with pytest.raises(BadInput, match="write thousands without a point, like 1000"):
        amounts.credits_of(typed, Block.CREDIT_AMOUNT)


def test_the_terms_read_a_decimal_comma_and_stay_within_their_limit() -> None:
    assert number("1,5", Block.GRACE, 2) == Decimal("1.5")
    with pytest.raises(BadInput):
        number("2,01", Block.GRACE, 2)


def test_a_price_may_be_typed_in_full_width_digits() -> None:
    typed = {"type": "plain_text_input", "value": "９９．５０ EUR"}
    price = {"view": {"state": {"values": {Block.PACKAGE_PRICE: {"input": typed}}}}}
    assert amounts.money_typed(price, Block.PACKAGE_PRICE) == Money(9950, "EUR")
