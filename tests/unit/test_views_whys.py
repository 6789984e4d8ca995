"""Why somebody was not told, in words."""

import pytest

from coaching.why import Why
from handlers.views.whys import why_words
from language.say import IN_ENGLISH


@pytest.mark.parametrize("why", [why for why in Why if why is not Why.OTHER])
def test_every_code_has_words_of_its_own(why: Why) -> None:
    words = why_words(why, None, None, IN_ENGLISH)
    assert " " in words
    assert [other for other in Why if other is not Why.OTHER and why_words(other, None, None, IN_ENGLISH) == words] == [
        why
    ]


def test_slacks_word_stands_behind_ours() -> None:
    assert (
        why_words(Why.REFUSED, "channel_not_found", None, IN_ENGLISH) == "Slack does not deliver it (channel_not_found)"
    )


def test_words_of_an_earlier_release_are_shown_as_they_are_and_do_nothing() -> None:
    assert why_words(Why.OTHER, None, "gone <!here>", IN_ENGLISH) == "gone &lt;!here&gt;"


def test_a_code_of_a_later_release_stops_nobody() -> None:
    assert Why("not_known_yet") is Why.OTHER
