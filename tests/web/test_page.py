"""A view as a page: every block that is shown in Slack is shown here, in one form or the other."""

from handlers.ids import Callback
from handlers.views.kit import Json, alert, button, context, divider, header, modal, section, verbatim
from handlers.views.newer import Newer
from language.say import IN_ENGLISH
from playground.browser import Seen, read
from web.page import rendered


def page(*blocks: Json) -> Seen:
    view = modal("Title", Callback.RESULT, blocks, close="Done")
    return read(200, rendered(view, IN_ENGLISH, token="t", link="l", slack=None, who="Anna", notice=None))


def test_newer_blocks_are_shown_in_their_form_or_in_the_older_one() -> None:
    seen = page(
        alert("Mind the gap.", IN_ENGLISH),
        Newer({"type": "card", "title": {"type": "mrkdwn", "text": "x"}}, [section("*In a card* before")]),
        alert("Long. " * 60, IN_ENGLISH),
    )
    assert "Mind the gap." in "".join(seen.alerts)
    assert "In a card" in seen.text
    assert seen.text.count("Long.") == 60


def test_marks_links_and_typed_text_are_what_they_mean() -> None:
    seen = page(
        header("Head"),
        divider(),
        section(":white_check_mark: *Bold* ~gone~ `code` &amp; &lt;b&gt; <https://example.com/?a=1&amp;b=2|a *link*>"),
        section("<slack://app?team=T1|not here> <@U0ANNA> :no_such_sign: 10:30:00"),
        context("small", "print"),
        verbatim("<b>*typed*</b>\nas it was"),
    )
    assert seen.links["a *link*"] == "https://example.com/?a=1&b=2"
    assert "<strong>Bold</strong> <s>gone</s> <code>code</code> &amp; &lt;b&gt;" in seen.source
    assert "not here U0ANNA :no_such_sign: 10:30:00" in seen.text
    assert "<b>*typed*</b>\nas it was" in seen.text


def test_buttons_that_only_slack_serves_are_left_out_and_links_stay() -> None:
    row = {
        "type": "actions",
        "elements": [
            button("Credits", "credits"),
            button("Undo", "undo", "01aa-action"),
            button("Join", "session_join", url="https://meet.example.com/x"),
            button("Evil", "session_join", url="javascript:alert(1)"),
        ],
    }
    seen = page(row)
    assert seen.buttons() == ["Undo"]
    assert seen.links["Join"] == "https://meet.example.com/x"
    assert "javascript" not in seen.source
    assert "01aa-action" not in seen.source, "what a button is about is known to the draft, and not taken from a page"
