"""Bars: what is left, booked and used of a package, beside the words that say the same."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.credits import Grant
from coaching.packages import Holder, Holding, Spread, spread
from handlers.views.bars import CELLS, bar
from handlers.views.credits import spread_line
from language.say import IN_ENGLISH, say_for
from tests.handlers.samples import NOW

PACKAGE = Holding(
    grant=Grant("g", "10-pack", 600, 10, NOW + timedelta(days=9), "Leadership", "p"),
    holder=Holder("U1"),
    issued=1000,
    granted_at=NOW,
    booked=100,
)


def returned(balance: int, *, booked: int = 0, withdrawn: int = 0) -> Holding:
    """Credits of the package that came back into a grant of their own."""
    grant = replace(PACKAGE.grant, id="r", balance=balance, parent_id="g")
    return replace(PACKAGE, grant=grant, issued=0, booked=booked, withdrawn=withdrawn)


def test_a_small_package_has_a_cell_for_each_session() -> None:
    assert bar(Spread(600, 100, 300), 100) == "`██████▒░░░`"
    assert bar(Spread(200, 0, 100), 100) == "`██░`"


def test_what_there_is_has_a_cell_however_little_it_is() -> None:
    assert bar(Spread(99_000, 100, 900), 100) == "`████████▒░`"
    assert bar(Spread(0, 0, 0), 100) == ""


@given(st.tuples(*[st.integers(0, 10**8)] * 3), st.integers(0, 1000))
def test_a_bar_is_never_longer_than_its_cells(parts: tuple[int, int, int], unit: int) -> None:
    drawn = bar(Spread(*parts), unit).strip("`")
    assert len(drawn) <= CELLS
    for part, cell in zip(parts, "█▒░", strict=True):
        assert (cell in drawn) == (part > 0)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], Spread(600, 100, 300)),
        ([returned(200)], Spread(600, 100, 100)),
        ([returned(100, booked=100)], Spread(600, 100, 100)),
        ([returned(0, withdrawn=50)], Spread(600, 100, 250)),
    ],
)
def test_what_came_back_elsewhere_is_neither_left_nor_used(others: list[Holding], expected: Spread) -> None:
    assert spread(PACKAGE, [PACKAGE, *others]) == expected


def test_what_was_taken_back_is_not_used() -> None:
    held = replace(PACKAGE, withdrawn=300)
    assert spread(held, [held]) == Spread(600, 100, 0)


def test_of_a_pools_and_of_returned_credits_nothing_is_claimed() -> None:
    shared = replace(PACKAGE, grant=replace(PACKAGE.grant, pool="Acme"))
    assert spread(shared, [shared]) is None
    assert spread(returned(200), [PACKAGE, returned(200)]) is None


def test_the_words_beside_the_bar_say_the_same_in_sessions_or_credits() -> None:
    assert spread_line(PACKAGE, [PACKAGE], IN_ENGLISH, unit=100) == "`██████▒░░░` 1 booked, 3 used"
    odd = replace(PACKAGE, grant=replace(PACKAGE.grant, balance=650))
    assert spread_line(odd, [odd], IN_ENGLISH, unit=100) == "`███████▒░░` 1 booked, 2.5 used"
    assert spread_line(odd, [odd], say_for("fr-FR"), unit=100) == "`███████▒░░` réservés : 1, utilisés : 2,5"
    new = replace(PACKAGE, grant=replace(PACKAGE.grant, balance=1000), booked=0)
    assert spread_line(new, [new], IN_ENGLISH, unit=100) is None
