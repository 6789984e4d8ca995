"""Messages and dialogs about bookings, moves and undo: within Slack's limits, pinging nobody, whatever people are called."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from coaching.actions.reschedule_dialog import Moving
from coaching.actions.slots import FreeTime
from coaching.availability import Availability, parse_hours
from coaching.drafts import Draft
from coaching.news.announcement import Announcement
from coaching.news.bookings import Booked, CoachBooked
from coaching.news.cancellations import Receipt
from coaching.news.moves import CoachMoved, Moved
from coaching.news.reminders import Starting
from coaching.records import Move
from coaching.sessions import Hat, Session
from coaching.slots import days_with_slots, free_slots
from coaching.workspace import Settings
from handlers.meta import Meta
from handlers.views.news import render
from handlers.views.reschedule import confirm_move_view, move_view, moved_view
from handlers.views.undo import undone_view
from playground.blocks import check_blocks
from playground.mrkdwn import message_pings
from playground.whole_views import check_view
from tests.handlers.samples import CARLA, COACH_VIEWER, NOW, POLICY, VIEWER, ended, sessions
from tests.unit.screens import in_both_forms

SETTINGS = Settings()
DAY = timedelta(days=1)


def pairs(given: list[Session], role: Hat) -> list[tuple[Session, Move]]:
    by = {Hat.CLIENT: VIEWER.person, Hat.COACH: CARLA}.get(role, CARLA)
    return [
        (s, Move(s.id, "a1", NOW, by, role, s.starts_at - DAY * 200, s.starts_at, late=n % 2 == 0))
        for n, s in enumerate(given)
    ]


def news(given: list[Session]) -> list[Announcement]:
    told: list[Announcement] = [
        Receipt(viewer=VIEWER, settings=SETTINGS, sessions=given, now=NOW, action_id="a1"),
        Receipt(viewer=VIEWER, settings=SETTINGS, sessions=[_open(s) for s in given], now=NOW, action_id="a1"),
    ]
    for role in (Hat.CLIENT, Hat.COACH, Hat.ADMIN):
        moves = pairs([*given[:-1], ended(given[-1])], role)
        told.append(Moved(viewer=VIEWER, settings=SETTINGS, moves=moves, policies={"p": POLICY}, now=NOW))
        told.append(
            CoachMoved(
                viewer=COACH_VIEWER,
                settings=SETTINGS,
                moves=moves,
                now=NOW,
                in_channel=True,
                unreachable_channel="C0COACH",
            )
        )
    for one in given[:8]:
        link = "slack://app?team=T1&id=A1&tab=home"
        told.append(Booked(viewer=VIEWER, settings=SETTINGS, session=one, policy=POLICY, now=NOW, home_link=link))
        told.append(CoachBooked(viewer=COACH_VIEWER, settings=SETTINGS, session=one, now=NOW, in_channel=True))
        told.append(
            Starting(
                viewer=VIEWER, settings=SETTINGS, session=one, now=one.starts_at - timedelta(hours=1), at=one.starts_at
            )
        )
    return told


def _open(given: Session) -> Session:
    over = ended(given)
    assert over.cancellation is not None
    mine = replace(over.cancellation, by=VIEWER.person, undo_until=NOW + timedelta(seconds=60))
    return replace(over, cancellation=mine)


@pytest.mark.parametrize("hostile", [False, True], ids=["plain", "hostile"])
@pytest.mark.parametrize("count", [1, 10, 11, 100])
def test_news_stays_within_slacks_limits_and_pings_nobody(count: int, hostile: bool) -> None:
    for told in news(sessions(count, hostile=hostile)):
        for message in in_both_forms(render(told)):
            errors = check_blocks(message["blocks"], "message")
            assert errors + message_pings(message["text"], message["blocks"]) == []


def test_a_receipt_offers_undo_only_to_whoever_canceled_and_only_in_time() -> None:
    [session] = sessions(1)
    mine = _open(session)
    assert mine.cancellation is not None
    told = Receipt(viewer=VIEWER, settings=SETTINGS, sessions=[mine], now=NOW, action_id="a1")
    assert '"undo"' in json.dumps(render(told))
    assert '"undo"' not in json.dumps(render(replace(told, now=NOW + timedelta(seconds=61))))
    foreign = replace(mine, cancellation=replace(mine.cancellation, by=CARLA))
    assert '"undo"' not in json.dumps(render(replace(told, sessions=[foreign])))


@cache
def _free(span: timedelta, horizon: timedelta) -> FreeTime:
    zone = "America/New_York"
    hours = Availability(
        time_zone=zone, hours=parse_hours("Mon-Sun 0:00-24:00"), step=timedelta(minutes=5), horizon=horizon
    )
    slots = free_slots(hours, [], span, NOW, since=NOW, until=NOW + horizon)
    days: dict[Any, Any] = dict(days_with_slots(slots, zone))
    return FreeTime(viewer=VIEWER, coach=CARLA, availability=hours, length=span, days=days, now=NOW)


def moving(given: list[Session], hat: Hat, *, step: int = 0, length: int = 50, horizon: int = 60) -> Moving:
    free = _free(timedelta(minutes=length), timedelta(days=horizon))
    times: tuple[tuple[str, datetime, datetime], ...] = tuple(
        (s.id, s.starts_at, s.starts_at + DAY * 30) for s in given
    )
    draft = Draft(
        id="d1", user_id="U0ANNA", hat=hat, subject_id="U0ANNA", picked=tuple(s.id for s in given), moves=times
    )
    return Moving(viewer=VIEWER, draft=draft, sessions=given, policies={"p": POLICY}, step=step, free=free, now=NOW)


@pytest.mark.parametrize("hostile", [False, True], ids=["plain", "hostile"])
@pytest.mark.parametrize("count", [1, 21, 100])
@pytest.mark.parametrize("hat", [Hat.CLIENT, Hat.COACH, Hat.ADMIN])
def test_the_dialog_stays_within_slacks_limits(count: int, hostile: bool, hat: Hat) -> None:
    dialog = moving(sessions(count, hostile=hostile), hat, horizon=365 if count == 1 else 60)
    meta = Meta(hat=hat, subject="U0ANNA", draft="d1")
    for view in (
        move_view(dialog, meta, notice="x" * 500),
        move_view(replace(dialog, free=None), meta),
        confirm_move_view(dialog, meta, notice="x" * 500),
        moved_view(dialog, dialog.sessions),
        undone_view(dialog.sessions, VIEWER, NOW),
    ):
        assert [check_view(form, "modal") for form in in_both_forms(view)] == [[], []]
