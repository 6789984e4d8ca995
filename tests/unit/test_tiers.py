"""Tiers as people type them, and back."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.errors import BadPolicy
from coaching.policy import LONGEST, Policy, Tier
from coaching.tiers import parse_tiers, tiers_text

H = timedelta(hours=1)
USUAL = (Tier(24 * H, 100), Tier(12 * H, 50), Tier(2 * H, 25))
spans = st.timedeltas(timedelta(0), LONGEST)


@pytest.mark.parametrize(
    "typed",
    [
        "100% until 24h\n50% until 12h\n25% until 2h",
        "100% 24h, 50% 12h, 25% 2h",
        "24h: 100%; 12 hours: 50 %; 120 min: 25 percent",
        "25% 2h\n100% 1 day\n50% 12h",
        "• 100% comes back until 1d before the start\n- 50% if canceled at least 12 hrs before\n25% → 1h 60m",
        "\n 100 % until 24H \r\n\r\n50% up to 0.5 days before the session's start\n25% till 7200 seconds\n",
    ],
)
def test_lines_are_understood_however_people_write_them(typed: str) -> None:
    assert parse_tiers(typed) == USUAL


@pytest.mark.parametrize("typed", ["", " \n ", "none", "None", "nothing", "–"])
def test_nothing_is_no_tiers(typed: str) -> None:
    assert parse_tiers(typed) == ()


def test_until_the_start_is_a_lead_of_nothing() -> None:
    assert parse_tiers("100% until 24h\n50% until the start") == (Tier(24 * H, 100), Tier(timedelta(0), 50))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("soon", '"soon" is not clear: write each line like 100% until 24h'),
        ("100% until 24", '"100% until 24" is not clear'),
        ("50 until 24h", '"50 until 24h" is not clear'),
        ("100% 24h 50% 12h", "is not clear"),
        ("100% until -24h of never", "is not clear"),
        ("120% 24h", "needs a whole number from 1 to 100"),
        ("12.5% 24h", "needs a whole number from 1 to 100"),
        ("100% 24h\n0% 2h", "leave out what returns nothing"),
        ("50% 24h\n100% 12h", "100% until 12h cannot come after 50% until 24h"),
        ("50% 24h\n50% 12h", "canceling later must return less"),
        ("100% 24h\n50% 1 day", "two lines are about 24h"),
        ("50% start\n40% until the start", "two lines are about the start"),
        ("100% 4000d", "more than 3,650 days"),
        ("60% 6h\n50% 5h\n40% 4h\n30% 3h\n20% 2h\n10% 1h", "at most 5 lines, and there are 6"),
        ("x" * 500, "…"),
    ],
)
def test_what_is_not_clear_or_contradicts_itself_is_refused_by_its_line(typed: str, said: str) -> None:
    with pytest.raises(BadPolicy) as refused:
        parse_tiers(typed)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(("length", "shown"), [(60, "x" * 60), (61, "x" * 59 + "…")])
def test_a_refused_line_is_shown_in_at_most_60_characters(length: int, shown: str) -> None:
    with pytest.raises(BadPolicy, match=f'^"{shown}" is not clear'):
        parse_tiers("x" * length)


@given(st.text(max_size=80) | st.from_regex(r"\A([0-9]{1,12}(\.[0-9]{1,9})?[%hdmw ,]{1,3}){1,6}\Z"))
def test_any_text_is_tiers_that_make_a_policy_or_refused(typed: str) -> None:
    try:
        tiers = parse_tiers(typed)
    except BadPolicy:
        return
    assert Policy(tiers=tiers).tiers == tiers


@given(
    st.lists(st.tuples(spans, st.integers(1, 100)), max_size=5, unique_by=(lambda pair: pair[0], lambda pair: pair[1]))
)
def test_tiers_written_out_are_read_back_to_the_microsecond(pairs: list[tuple[timedelta, int]]) -> None:
    leads, percents = (sorted(column, reverse=True) for column in zip(*pairs, strict=True)) if pairs else ([], [])
    tiers = tuple(Tier(lead, percent) for lead, percent in zip(leads, percents, strict=True))
    assert parse_tiers(tiers_text(tiers)) == tiers
