"""What a person reads."""

from datetime import UTC, datetime
from typing import Any

import pytest

from playground.render import Reader, lines, mrkdwn
from tests.playground.kit import actions, button, option, options, plain, section, text_input
from tests.playground.test_blocks import EXAMPLES

LONDON = Reader("Europe/London", {"U1": "Anna", "C1": "general"}, datetime(2026, 7, 1, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("*bold* and _soft_ and ~gone~", "bold and soft and ~gone~"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("<@U1> in <#C1|old> or <@U9|nick>", "@Anna in #general or @nick"),
        ("<!channel> <!here|here>", "@channel here"),
        ("<https://x.example/?a=1|the page> <https://y.example>", "the page https://y.example"),
        ("<!date^1782907200^{date_short} at {time}|later>", "Jul 1, 2026 at 1:00 PM"),
        ("<!date^1782907200^{date_pretty}|later> <!date^x^{time}|fallback>", "today fallback"),
        ("<!date^1782990000^{date_long_pretty} {date_num}|x>", "tomorrow 2026-07-02"),
    ],
)
def test_markup_reads_as_in_slack(sent: str, read: str) -> None:
    assert mrkdwn(sent, LONDON) == read


def test_the_same_instant_reads_differently_in_another_zone() -> None:
    text = "<!date^1782907200^{date_long} {time}|later>"
    assert mrkdwn(text, Reader("Europe/London")) == "Wednesday, July 1st, 2026 1:00 PM"
    assert mrkdwn(text, Reader("America/New_York")) == "Wednesday, July 1st, 2026 8:00 AM"


def test_elements_show_what_is_chosen_and_typed() -> None:
    blocks: list[dict[str, Any]] = [
        section("Pick\nsome", accessory={"type": "overflow", "action_id": "o", "options": [option("Details", "d")]}),
        actions(
            button("Go", "g"),
            {"type": "static_select", "action_id": "s", "placeholder": plain("Which?"), "options": options(1)},
            block_id="row",
        ),
        actions({"type": "checkboxes", "action_id": "c", "options": options(2)}, block_id="boxes"),
        text_input("Reason", "why", optional=True),
        {"type": "divider"},
        {"type": "sparkles"},
    ]
    values = {
        "boxes": {"c": {"type": "checkboxes", "selected_options": options(2)[1:]}},
        "why": {"typed": {"type": "plain_text_input", "value": "Ill *today*"}},
    }
    assert lines(blocks, LONDON, values, {"why": "Say more"}) == [
        "Pick",
        "some",
        "[⋯ Details]",
        "[Go] [Which? ▾]",
        "[ ] Option 0",
        "[x] Option 1",
        "Reason (optional)",
        "[Ill *today*]",
        "! Say more",
        "───",
        "(a block of type sparkles)",
    ]


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_every_block_reads_as_something(kind: str) -> None:
    read = lines([EXAMPLES[kind]], LONDON)
    assert any(line.strip() for line in read)
    assert not any("a block of type" in line for line in read)


def test_rich_text_keeps_its_lists_and_struck_words() -> None:
    assert lines([EXAMPLES["rich_text"]], LONDON) == ["~x~", "1. @Anna", "> @here", "https://x"]
