"""What admins read about coaches in trouble: within Slack's limits, pinging nobody, and saying what to do."""

import json
from dataclasses import replace
from typing import Any

import pytest

from coaching.news.admins import AlertLost, ChannelTrouble, CoachLeft
from coaching.news.announcement import Announcement
from coaching.sessions import Decision, Hat, Person
from coaching.workspace import Settings
from handlers.views.news import render
from playground.blocks import check_blocks
from playground.mrkdwn import message_pings
from tests.handlers.samples import ADMIN_VIEWER, NOW, ended, sessions

SETTINGS = Settings()
CARLA = Person("UCARLA", "Carla Coach")
PEOPLE = [
    CARLA,
    Person("UNAMELESS"),
    Person("mail:coach@example.com", email="coach@example.com"),
    Person("U1", "<!here> *x*"),
]


def refused(message: dict[str, Any]) -> list[str]:
    errors = check_blocks(json.loads(json.dumps(message["blocks"])), "message")
    return errors + message_pings(message["text"], message["blocks"])


def left(ahead: int, coach: Person = CARLA) -> CoachLeft:
    return CoachLeft(viewer=ADMIN_VIEWER, settings=SETTINGS, coach=coach, ahead=ahead, now=NOW)


def trouble(why: str | None, coach: Person = CARLA) -> ChannelTrouble:
    return ChannelTrouble(viewer=ADMIN_VIEWER, settings=SETTINGS, coach=coach, channel="C0OPS", why=why, now=NOW)


@pytest.mark.parametrize("coach", PEOPLE, ids=["named", "nameless", "by e-mail", "hostile"])
@pytest.mark.parametrize("hostile", [False, True], ids=["plain", "hostile"])
@pytest.mark.parametrize("count", [1, 10, 11, 100])
def test_messages_to_admins_stay_within_slacks_limits(count: int, hostile: bool, coach: Person) -> None:
    given = sessions(count, hostile=hostile)
    over = [ended(one, decision=Decision.OPEN, role=Hat.CLIENT, reason="<!channel>") for one in given]
    told: list[Announcement] = [left(count, coach), trouble("is_archived", coach), trouble(None, coach)]
    for some in (given, over):
        lost = AlertLost(viewer=ADMIN_VIEWER, settings=SETTINGS, coach=coach, sessions=some, why="x", now=NOW)
        told += [lost, replace(lost, why="account_deactivated"), replace(lost, why=None)]
    for one in told:
        # Who has no name is mentioned: outside the conversation that notifies nobody.
        assert [found for found in refused(render(one)) if found != coach.id] == []


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (0, "No session with them is ahead."),
        (1, "1 session with them is still booked."),
        (12, "12 sessions with them are still booked."),
    ],
)
def test_a_coach_who_left_comes_with_how_much_is_ahead_and_where_to_settle_it(ahead: int, said: str) -> None:
    text = render(left(ahead))["text"]
    assert "Carla Coach has left Slack" in text
    assert said in text
    assert "Open /sessions setup and choose Remove beside their name" in text


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("is_archived", "It is archived. Unarchive it, or pick another channel in /sessions setup."),
        ("is_inactive", "It is archived. Unarchive it, or pick another channel in /sessions setup."),
        ("not_in_channel", "I am not in it. Type /invite @Sessions in <#C0OPS>, or pick another channel"),
        ("restricted_action", "It does not let apps post. Allow it in the channel's settings, or pick another channel"),
    ],
)
def test_a_channel_in_trouble_comes_with_what_mends_it(why: str, said: str) -> None:
    assert said in render(trouble(why))["text"]


def test_nobody_is_promised_direct_messages_to_a_coach_who_is_not_in_slack() -> None:
    assert "nobody is alerted until then" in render(trouble(None, PEOPLE[2]))["text"]
    assert "Until then alerts go to them directly." in render(trouble(None))["text"]


@pytest.mark.parametrize(
    ("by", "who"), [(ADMIN_VIEWER.person, "by you"), (Person("U0OTHER", "Olga"), "by Olga (admin)")]
)
def test_lost_news_of_a_cancellation_says_in_which_role_somebody_canceled(by: Person, who: str) -> None:
    over = ended(sessions(1)[0], role=Hat.ADMIN)
    assert over.cancellation is not None
    over = replace(over, cancellation=replace(over.cancellation, by=by))
    lost = AlertLost(viewer=ADMIN_VIEWER, settings=SETTINGS, coach=CARLA, sessions=[over], why=None, now=NOW)
    assert f"Session Canceled {who} ·" in render(lost)["text"]
