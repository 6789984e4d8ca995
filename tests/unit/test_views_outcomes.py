"""What people read of sessions that took their course: within Slack's limits, pinging nobody, in words and not only in color."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from coaching.actions.browse import Row
from coaching.causes import Unclosable
from coaching.errors import CannotClose
from coaching.news.outcomes import Missed
from coaching.sessions import Hat, Session, Status
from coaching.workspace import Settings
from handlers.error_words import words_for
from handlers.meta import Meta
from handlers.views.details import details_view
from handlers.views.news import render
from handlers.views.outcomes import no_show_view
from handlers.views.refunds import status_line
from handlers.views.rows import menu
from handlers.views.words import reader_for
from language.say import IN_ENGLISH
from playground.blocks import check_blocks
from playground.mrkdwn import message_pings
from playground.whole_views import check_view
from tests.handlers.samples import COACH_VIEWER, HOSTILE, NOW, POLICY, VIEWER, details, session

MICRO = timedelta(microseconds=1)
BOOKED = session(1, meeting_link="https://meet.example.com/x")


@pytest.mark.parametrize("number", range(len(HOSTILE)))
@pytest.mark.parametrize("status", [Status.NO_SHOW, Status.COMPLETED, Status.SCHEDULED])
def test_the_word_to_a_client_and_the_question_to_a_coach_fit_slack_and_ping_nobody(
    number: int, status: Status
) -> None:
    one = session(number, hostile=True, status=status, starts_at=NOW - timedelta(hours=2), ends_at=NOW)
    settings = Settings(support_contact=HOSTILE[number])
    for by_coach in (True, False):
        message = render(Missed(viewer=VIEWER, settings=settings, session=one, now=NOW, by_coach=by_coach))
        errors = check_blocks(json.loads(json.dumps(message["blocks"])), "message")
        assert errors + message_pings(message["text"], message["blocks"]) == []
    asked = no_show_view(one, COACH_VIEWER, Meta(hat=Hat.COACH, subject="U0COACH", draft=one.id), NOW)
    assert check_view(json.loads(json.dumps(asked)), "modal") == []
    for hat in (Hat.CLIENT, Hat.COACH, Hat.ADMIN):
        shown = details_view(details(one, hat=hat), Meta(hat=hat, subject="U0COACH"))
        assert check_view(json.loads(json.dumps(shown)), "modal") == []


@pytest.mark.parametrize("hat", [Hat.CLIENT, Hat.COACH, Hat.ADMIN])
def test_a_menu_never_has_more_than_slacks_five_options(hat: Hat) -> None:
    ends = (BOOKED.starts_at, BOOKED.ends_at)
    for at in [at + step for at in ends for step in (-MICRO, MICRO * 0, MICRO)]:
        one = Row(
            session=BOOKED,
            policy=POLICY,
            blocked=BOOKED.blocked(POLICY, at, hat),
            fixed=BOOKED.immovable(POLICY, at, hat),
            has_hours=True,
        )
        offered = [item["text"]["text"] for item in menu(one, reader_for(COACH_VIEWER, [BOOKED], at), hat)]
        assert len(offered) <= 5
        assert ("Completed" in offered) is (hat is not Hat.CLIENT and at >= BOOKED.ends_at)
        assert ("No-show…" in offered) is (hat is not Hat.CLIENT and at >= BOOKED.starts_at)


def line_at(given: Session, offset: timedelta) -> str:
    return status_line(given, POLICY, reader_for(VIEWER, [given], given.ends_at + offset))


def test_a_status_is_one_word_for_one_thing() -> None:
    assert line_at(BOOKED, -MICRO) == "In progress"
    assert line_at(BOOKED, MICRO * 0) == "Over"
    assert line_at(replace(BOOKED, status=Status.COMPLETED), MICRO * 0) == "Completed"
    assert line_at(replace(BOOKED, status=Status.NO_SHOW), -MICRO) == "No-show"


@pytest.mark.parametrize("why", list(Unclosable))
def test_every_refusal_says_that_nothing_changed_or_stays(why: Unclosable) -> None:
    words = words_for(CannotClose("s1", why), "ref", IN_ENGLISH)
    assert "Nothing was changed" in words or "stays as it is" in words
