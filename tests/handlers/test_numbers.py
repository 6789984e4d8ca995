"""Numbers that people type: one reader for every form, in the digits of any script."""

from decimal import Decimal
from typing import Any

import pytest

from coaching.sessions import Money
from handlers import amounts
from handlers.error_words import words_for
from handlers.ids import Block
from handlers.inputs import BadInput
from handlers.numbers import decimal_typed, needed_whole, number, whole, whole_at
from language.say import IN_ENGLISH, say_for


def body(text: str) -> dict[str, Any]:
    typed = {"type": "plain_text_input", "value": text}
    return {"view": {"state": {"values": {Block.NOTICE: {"input": typed}}}}}


@pytest.mark.parametrize("typed", ["90", " 90 ", "90.0", "９０", "٩٠", "९०", "+90", "90,00"])
def test_a_form_reads_a_whole_number_in_any_digits(typed: str) -> None:
    assert whole_at(body(typed), Block.NOTICE, 366) == 90


@pytest.mark.parametrize(
    "typed", ["367", "1.5", "１．５", "ten", "-1", "-٤", "9²", "½", "1e2", "9 0", "NaN", "Infinity", "0"]
)
def test_a_form_refuses_other_numbers_at_their_field(typed: str) -> None:
    with pytest.raises(BadInput) as wrong:
        whole_at(body(typed), Block.NOTICE, 366, least=1)
    assert wrong.value.block == Block.NOTICE
    assert words_for(wrong.value, "", IN_ENGLISH) == "Write a whole number from 1 to 366."


@pytest.mark.plain  # It is told in German.
def test_a_number_is_refused_in_the_words_and_figures_of_its_reader() -> None:
    with pytest.raises(BadInput) as wrong:
        whole("0", Block.NOTICE, 10080, least=1)
    assert words_for(wrong.value, "", say_for("de-DE")) == "Geben Sie eine ganze Zahl von 1 bis 10.080 ein."


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_nothing_typed_is_none_unless_a_number_is_needed(nothing: str | None) -> None:
    assert whole(nothing, Block.NOTICE, 9) is None
    assert whole_at(body(nothing or ""), Block.NOTICE, 9) is None
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
        ("1 000", "1000"),
        ("12\u202f500,75", "12500.75"),
        ("1'200.50", "1200.50"),
        ("−2", "-2"),
        (".5", "0.5"),
    ],
)
def test_decimals_are_read_with_the_marks_of_any_script(typed: str, meant: str) -> None:
    assert decimal_typed(typed) == Decimal(meant)


@pytest.mark.parametrize("typed", ["1.5 000", "1234 567", "0,5 000", "0 500", "1 000 00", "1  000", "1,000 000"])
def test_a_space_that_does_not_separate_thousands_is_refused(typed: str) -> None:
    assert decimal_typed(typed) is None


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
    assert amounts.money_typed(price, Block.PACKAGE_PRICE, IN_ENGLISH) == Money(9950, "EUR")
