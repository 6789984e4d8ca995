"""Amounts, spans and policies in words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from coaching.policy import Policy, Tier
from coaching.sessions import Money, Person
from handlers.views.kit import bare, clip, clip_lines, typed
from handlers.views.policy_words import policy_text
from handlers.views.words import about, in_credits, money, reader_for, span
from language.say import IN_ENGLISH
from tests.handlers.samples import ADMIN_VIEWER, NOW, VIEWER, session

H = timedelta(hours=1)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "0 credits"),
        (100, "1 credit"),
        (150, "1.5 credits"),
        (25, "0.25 credits"),
        (1000, "10 credits"),
        (123450, "1,234.5 credits"),
    ],
)
def test_credits(amount: int, words: str) -> None:
    assert in_credits(amount, IN_ENGLISH) == words


def test_money_is_shown_with_its_currency() -> None:
    assert money(Money(12000, "USD"), IN_ENGLISH) == "$120.00"
    assert money(Money(950, "EUR"), IN_ENGLISH) == "€9.50"
    assert money(Money(12000, "JPY"), IN_ENGLISH) == "¥12,000"
    assert money(Money(100, "XQX"), IN_ENGLISH) == "XQX1.00"


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (24 * H, "24 hours"),
        (H, "1 hour"),
        (72 * H, "72 hours"),
        (96 * H, "4 days"),
        (1.5 * H, "90 minutes"),
        (timedelta(minutes=1), "1 minute"),
    ],
)
def test_spans_are_elapsed_time(duration: timedelta, words: str) -> None:
    assert span(duration, IN_ENGLISH) == words


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (2 * H + timedelta(seconds=20), "about 2 hours"),
        (timedelta(minutes=59), "about 59 minutes"),
        (timedelta(seconds=-4), "about a minute"),
        (24 * H, "about 24 hours"),
        (100 * H, "about 4 days"),
    ],
)
def test_how_far_off_something_is(duration: timedelta, words: str) -> None:
    assert about(duration, IN_ENGLISH) == words


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (
            Policy(),
            (
                "Cancel at least 24 hours before the start and everything you paid comes back. After that, nothing comes "
                "back, though you can still cancel until the start. Within 15 minutes of booking, canceling always returns "
                "everything."
            ),
        ),
        (
            Policy(tiers=(Tier(48 * H, 100), Tier(12 * H, 50)), late_cancel=False, booking_grace=timedelta(0)),
            (
                "Cancel at least 48 hours before the start and everything you paid comes back. Later, but at least 12 "
                "hours before the start, 50% comes back. After that, the session can no longer be canceled."
            ),
        ),
        (
            Policy(tiers=(Tier(timedelta(0), 100),), booking_grace=timedelta(0)),
            "Cancel any time before the start and everything you paid comes back.",
        ),
        (
            Policy(tiers=(), booking_grace=timedelta(0)),
            "Canceling returns nothing, though you can cancel until the start.",
        ),
        (Policy(tiers=(), booking_grace=timedelta(0), late_cancel=False), "Sessions cannot be canceled."),
    ],
)
def test_policies_read_as_sentences(policy: Policy, words: str) -> None:
    assert policy_text(policy, IN_ENGLISH, yours=True) == words


def test_clipping_keeps_whole_lines_and_counts_the_rest() -> None:
    assert clip("abcdef", 4) == "abc…"
    assert clip("abcd", 4) == "abcd"
    assert clip("to \u2068אבגדה\u2069", 7) == "to \u2068א…\u2069"
    assert clip_lines(["a" * 20] * 10, 100, IN_ENGLISH).count("a" * 20) == 4
    assert clip_lines(["a" * 20] * 10, 100, IN_ENGLISH).endswith("… and 6 more")


def test_typed_text_keeps_its_letters() -> None:
    assert typed("snake_case O'Neill & Söhne <x>") == "snake_case O'Neill &amp; Söhne &lt;x&gt;"
    assert typed("_it_ *b* ~s~ `c`") == "ˍitˍ ∗b∗ ∼s∼ ˋcˋ"
    assert bare("a\n\tb\u202e") == "a b"
    assert bare("שלום") == "\u2068שלום\u2069"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        (["Anna"], "Anna"),
        (["Anna", "Ben", "Anna"], "Anna and Ben"),
        (["Anna", "Ben", "Cleo"], "Anna, Ben, and Cleo"),
        (["Anna", "Ben", "Cleo", "Dev"], "Anna, Ben, Cleo, and 1 more"),
    ],
)
def test_names_are_joined_with_and_once_each(names: list[str], said: str) -> None:
    assert IN_ENGLISH.listed(names, 3) == said


def test_people_of_one_name_are_told_apart_by_what_follows_it() -> None:
    both = [Person(who, "Anna Lee", f"{who}@example.com") for who in ("U0LEE1", "U0LEE2")]
    booked = [replace(session(number), client=who) for number, who in enumerate(both)]
    for viewer, told in ((ADMIN_VIEWER, "Anna Lee ({}@example.com)"), (VIEWER, "Anna Lee ({})")):
        reader = reader_for(viewer, booked, NOW)
        assert [reader.plain_name(who) for who in both] == [told.format(who.id) for who in both]
        assert [reader.name(who) for who in both] == [told.format(who.id) for who in both]
