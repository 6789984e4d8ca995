"""A letter says each fact once, and every form of it says them all."""

import json
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

import handlers.views.news  # noqa: F401 - registers the letters
from coaching.news.announcement import Announcement
from coaching.news.kinds import Family
from coaching.sessions import Person
from handlers.views.kit import MESSAGE_BLOCKS, button, typed
from handlers.views.letter import (
    IN_ALL,
    TEXT,
    Buttons,
    Choices,
    Facts,
    Item,
    Letter,
    Listing,
    Quote,
    Small,
    characters,
    letter,
    unmarked,
)
from handlers.views.words import reader_for
from language.say import IN_ENGLISH, say_for
from playground.blocks import check_blocks
from playground.mrkdwn import message_pings
from tests.handlers.samples import NOW, VIEWER

KEEP = button("Keep", "reminder_keep", "s1")


def rest(left_out: int) -> str:
    return f"… and {left_out} more; `/sessions` shows them all."


def every_announcement() -> list[type[Announcement]]:
    """What a family's file tells."""
    files = [import_module(f"coaching.news.{family}") for family in Family]
    named = [(file.__name__, one) for file in files for one in vars(file).values() if isinstance(one, type)]
    return [one for file, one in named if issubclass(one, Announcement) and one.__module__ == file]


def shown(told: Letter) -> str:
    return json.dumps(told.blocks(), ensure_ascii=False)


@pytest.mark.parametrize("kind", every_announcement(), ids=lambda kind: kind.__name__)
def test_every_announcement_has_its_letter_in_the_file_of_its_familys_name(kind: type[Announcement]) -> None:
    written_in = letter.dispatch(kind).__module__
    assert written_in == kind.__module__.replace("coaching.news", "handlers.views.news")


def test_what_is_empty_is_left_out() -> None:
    told = Letter(
        title="Moved",
        body=[
            Facts([]),
            Small([]),
            Quote("Reason", None, IN_ENGLISH),
            Quote("Note", "", IN_ENGLISH),
            Buttons([]),
            Listing([], rest),
        ],
    )
    assert len(told.blocks()) == 1
    assert told.text() == "Moved"


def test_the_text_says_what_the_blocks_say_without_marks_or_signs() -> None:
    told = Letter(
        title="You moved 1 session",
        sign=":warning:",
        calls="U0COACH",
        under=["with <@U0ANNA>, told in <#C0OPS>"],
        body=[
            Listing([Item("*Leadership*\nfrom ~Monday~ to *Friday*", row=[KEEP])], rest),
            Facts(["Two rows", "that stand together"], sign=":ticket:"),
            Quote("Reason", "Ill *today* <!here>", IN_ENGLISH),
            Small(["<https://example.com/a|Open your sessions>, or type `/sessions`.", "Times are in UTC."]),
        ],
    )
    assert told.text().split("\n") == [
        "You moved 1 session",
        "with U0ANNA, told in <#C0OPS>",
        "Leadership · from Monday to Friday",
        "Two rows",
        "that stand together",
        "Open your sessions, or type /sessions.",
        "Times are in UTC.",
        "Reason: Ill *today* &lt;!here&gt;",
    ]
    assert told.blocks()[0]["text"]["text"].startswith(":warning: <@U0COACH>, *You moved 1 session*\nwith <@U0ANNA>")
    assert ":ticket: Two rows\nthat stand together" in told.blocks()[3]["text"]["text"]
    assert check_blocks(told.blocks(), "message") == []


@pytest.mark.parametrize(("locale", "between"), [("en-US", ": "), ("fr-FR", "\u00a0: "), ("ja-JP", "：")])
def test_a_quotation_has_the_colon_of_its_readers_language(locale: str, between: str) -> None:
    told = Letter(title="Moved", body=[Quote("Reason", "Ill", say_for(locale))])
    assert told.text() == f"Moved\nReason{between}Ill"


@given(st.text(max_size=60))
def test_what_people_typed_reads_the_same_in_the_text_and_pings_nobody(name: str) -> None:
    said = unmarked(f"*{typed(name)}* with ~{typed(name)}~")
    assert said == f"{typed(name)} with {typed(name)}"
    assert message_pings(Letter(title=typed(name)).text(), []) == []


def test_somebody_without_a_name_is_mentioned_in_blocks_and_told_apart_by_their_id_in_the_text() -> None:
    name = reader_for(VIEWER, [], NOW).name(Person("U0NOBODY"))
    told = Letter(title=f"{name} has left Slack")
    assert told.text() == "U0NOBODY has left Slack"
    assert "*<@U0NOBODY> has left Slack*" in shown(told)


@pytest.mark.parametrize(("count", "sections"), [(10, 10), (11, 1)])
def test_few_items_that_can_be_pressed_stand_one_by_one_and_many_together(count: int, sections: int) -> None:
    blocks = Letter(title="t", body=[Listing([Item(f"s{n}", KEEP) for n in range(count)], rest)]).blocks()
    assert [block["type"] for block in blocks[1:]] == ["section"] * sections
    assert ("accessory" in blocks[1]) is (count == sections)


def test_both_forms_say_how_many_are_left_out_and_where_they_are() -> None:
    told = Letter(title="t", body=[Listing([Item(f"{n}: " + "x" * 150) for n in range(100)], rest), Facts(["the end"])])
    for form in (told.text(), shown(told)):
        named = form.count("x" * 150)
        assert 10 < named < 100
        assert f"… and {100 - named} more; " in form
        assert "the end" in form
    assert len(told.text()) <= TEXT


def test_two_listings_share_the_room_of_the_text() -> None:
    items = [[Item(f"{name}{n} " + "x" * 90) for n in range(60)] for name in "ab"]
    text = Letter(title="t", body=[Listing(some, rest) for some in items]).text()
    named = [sum(f"\n{name}{n} " in text for n in range(60)) for name in "ab"]
    assert named[0] == named[1] > 10
    assert text.count(f"… and {60 - named[0]} more; ") == 2
    assert len(text) <= TEXT


def test_choices_fill_the_room_that_everything_else_leaves() -> None:
    items = [Item(f"choice {n}", KEEP, [KEEP]) for n in range(40)]
    around = [Facts([f"fact {n}"]) for n in range(20)]
    told = Letter(title="t", body=[*around, Choices(items, rest, of=60), *around[:7]])
    blocks = told.blocks()
    assert len(blocks) <= MESSAGE_BLOCKS
    assert blocks[-1]["text"]["text"] == "fact 6", "nothing that follows is pushed out"
    assert shown(told).count('"choice ') == 10
    assert "… and 50 more; " in shown(told)
    assert all(f"choice {n}" in told.text() for n in range(40))
    assert "… and 20 more; /sessions shows them all." in told.text()


def test_choices_repeat_nothing_in_the_text_and_make_the_listing_above_them_brief() -> None:
    items = [Item(f"{n}: " + "x" * 150) for n in range(30)]
    alone = Letter(title="t", body=[Listing(items, rest)])
    followed = Letter(title="t", body=[Listing(items, rest), Choices(items[:2], rest, of=2, again=True)])
    assert followed.text() == alone.text()
    assert characters(followed.blocks()) < characters(alone.blocks()) / 2


@pytest.mark.parametrize("length", [700, 3000])
def test_what_somebody_typed_is_shortened_before_a_message_is_too_long(length: int) -> None:
    choices = [Item(f"{n}: " + "x" * 900, row=[KEEP]) for n in range(30)]
    told = Letter(title="t", body=[Quote("Reason", "r" * length, IN_ENGLISH), Choices(choices, rest, of=30)])
    assert characters(told.blocks()) <= IN_ALL
    assert shown(told).count("x" * 900) == 10, "what can be pressed goes before what is in the record"
    assert ("r" * length in shown(told)) is (length == 700)
