"""Cells that a spreadsheet would calculate are written so that it reads them, and every text is found again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.cells import armed, disarmed

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\r=1", "\n=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert armed(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "cell"),
    [("x;=1+1;y", "x;'=1+1;y"), ("a\t@SUM(A1)", "a\t'@SUM(A1)"), (";'=1", ";''=1"), ("a; b;c", "a; b;c")],
)
def test_what_follows_the_end_of_a_cell_elsewhere_is_armed_as_well(text: str, cell: str) -> None:
    assert (armed(text), disarmed(cell)) == (cell, text)


@pytest.mark.parametrize("text", ["", "Anna", "it's", "'tis", "1-2", "a=b", "anna@example.com", "2.5", " =1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert armed(text) == disarmed(text) == text


@given(st.text("'=+-@;\t\r\na1", max_size=8) | st.text(max_size=8))
def test_every_text_is_found_again_and_none_is_a_formula(text: str) -> None:
    cell = armed(text)
    assert disarmed(cell) == text
    ends = [part for line in cell.split(";") for part in line.split("\t")[1:] if line] + cell.split(";")
    assert not any(part.startswith(formula[0]) for part in ends for formula in FORMULAS)
