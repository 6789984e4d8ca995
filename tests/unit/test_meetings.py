"""Meeting links are judged when they are typed: what is wrong is said, so that people can mend it."""

import pytest

from coaching.errors import BadSetting
from coaching.meetings import MOST, meeting_link
from tests.handlers.samples import session


@pytest.mark.parametrize(
    "link",
    [
        "https://zoom.us/j/123456789?pwd=a.b~c",
        "https://meet.google.com/abc-defg-hij",
        "HTTPS://Teams.Microsoft.com/l/meetup-join/19%3ameeting@thread.v2/0?context=%7b%7d",
        "https://meet.example.com:8443/room#today",
        "https://xn--bcher-kva.example/raum",
        "https://intranet.firm.museum/" + "x" * 100,
    ],
)
def test_a_link_that_others_can_open_is_taken_as_it_was_typed(link: str) -> None:
    assert meeting_link(f"  {link}\n") == link


def test_spaces_that_came_along_are_left_out() -> None:
    assert meeting_link("\u00a0https://zoom.us/j/1\u3000") == "https://zoom.us/j/1"


@pytest.mark.parametrize("nothing", ["", "  ", "\n"])
def test_nothing_typed_is_no_link(nothing: str) -> None:
    assert meeting_link(nothing) is None


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("zoom.us/j/1", "begins with https://"),
        ("mailto:carla@example.com", "begins with https://"),
        ("javascript://zoom.us/%0aalert(1)", "begins with https://"),
        ("slack://open", "begins with https://"),
        ("//zoom.us/j/1", "begins with https://"),
        ("http://zoom.us/j/1", "not safe"),
        ("Here: https://zoom.us/j/1", "no spaces"),
        ("https://zoom.us/j/1 pwd", "no spaces"),
        ("https://carla:secret@zoom.us/j/1", "before “@”"),
        ("https://zoom.us@evil.example/j/1", "before “@”"),
        ("https://zoom.us\\@evil.example/", "“\\”"),
        ("https://zoom.us/<script>", "“<”"),
        ("https://zооm.us/j/1", "“о”"),
        ("https://zoom.us/j/1\u202e", "copy it again"),
        ("https://", "not the address"),
        ("https:///j/1", "not the address"),
        ("https://[::1", "not the address"),
        ("https://zoom.us:port/", "not the address"),
        ("https://zoom.us:99999/", "not the address"),
        ("https://zoom.us:0/", "not the address"),
        ("https://[::1]/", "“::1”"),
        ("https://localhost/", "“localhost”"),
        ("https://meet/", "“meet”"),
        ("https://10.0.0.7/", "“10.0.0.7”"),
        ("https://2130706433/", "“2130706433”"),
        ("https://-zoom.us/", "“-zoom.us”"),
        ("https://zoom..us/", "“zoom..us”"),
        ("https://zoom.us/" + "x" * MOST, "too long"),
    ],
)
def test_what_is_wrong_with_a_link_is_said(link: str, words: str) -> None:
    with pytest.raises(BadSetting) as wrong:
        meeting_link(link)
    assert words in str(wrong.value)


def test_a_sessions_own_link_is_used_before_the_one_of_its_type_or_coach() -> None:
    assert session(1, meeting_link="https://a.example", default_link="https://b.example").link == "https://a.example"
    assert session(1, meeting_link=None, default_link="https://b.example").link == "https://b.example"
    assert session(1, meeting_link=None).link is None
