"""An import may name sessions with any printable characters: every button and option carries them there and back."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from coaching.actions import book as booking
from coaching.news.cancellations import CoachAlert
from coaching.news.reminders import Countdown, Reminder, ReminderItem
from coaching.policy import Policy
from coaching.sessions import Actor, Decision, Hat, Session
from coaching.workspace import Settings
from handlers import parse
from handlers.ids import MAX_VALUE, Action, Block
from handlers.meta import Meta
from handlers.views.choose import choose_view
from handlers.views.details import details_view
from handlers.views.list import list_view
from handlers.views.news import render
from tests.handlers.conftest import Stage
from tests.handlers.samples import COACH_VIEWER, NOW, VIEWER, choosing, details, ended, page, session
from tests.support.world import ANNA, COACH, WORKSPACE
from tests.words.pseudo import seen

H = timedelta(hours=1)
printable = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=64)
MENUS = {Action.SESSION_MENU, Action.SESSION_CANCEL}
ALL = {Action.LATE_REFUND_ALL, Action.LATE_KEEP_ALL}


def carriers(view: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every way to send a session's id: (action_id, the action as Slack sends it)."""
    for block in view["blocks"]:
        for element in [
            *block.get("elements", []),
            *block.get("actions", []),
            block.get("accessory"),
            block.get("element"),
        ]:
            if not element or "action_id" not in element:
                continue
            action_id = element["action_id"]
            if action_id == Action.SESSION_MENU:
                yield from ((action_id, {"selected_option": option}) for option in element["options"])
            elif element.get("value") and action_id.startswith(("late_", "ask_", "reminder_", "record", "session_")):
                yield action_id, {"value": element["value"]}


def late(session_id: str, number: int = 1) -> Session:
    return ended(
        session(number, id=session_id, price=100, money=None, refund_cutoff_at=NOW - H), decision=Decision.OPEN
    )


def alert(sessions: list[Session]) -> dict[str, Any]:
    told = CoachAlert(viewer=COACH_VIEWER, settings=Settings(), sessions=sessions, now=NOW, in_channel=True)
    return render(told)


def views(session_id: str) -> Iterator[dict[str, Any]]:
    open_one = session(31, id=session_id)
    for hat in (Hat.CLIENT, Hat.COACH, Hat.ADMIN):
        yield list_view(page([open_one], hat=hat), Meta())
        yield details_view(details(open_one, hat=hat), Meta())
        yield details_view(details(late(session_id), hat=hat), Meta())
    yield alert([late(session_id)])
    item = ReminderItem(session=open_one, policy=Policy(), cutoff=open_one.refund_cutoff_at, state=Countdown.OPEN)
    yield render(Reminder(viewer=VIEWER, settings=Settings(), items=[item], now=NOW))


@given(printable)
@example("a,b")
@example("x:y|z \"'[]")
@example(",")
def test_any_id_comes_back_from_every_button_and_menu(session_id: str) -> None:
    seen = set()
    for view in views(session_id):
        for action_id, action in carriers(view):
            seen.add(action_id)
            value = parse.value({"actions": [action]})
            if action_id == Action.LATE_DECIDE:
                assert parse.ids(value) == [session_id]
                continue
            assert (parse.menu(value)[2] if action_id in MENUS else value) == session_id
    assert seen == {
        *MENUS,
        Action.RECORD,
        Action.LATE_REFUND,
        Action.LATE_KEEP,
        Action.LATE_DECIDE,
        Action.ASK_EXCEPTION,
        Action.REMINDER_KEEP,
        Action.REMINDER_CANCEL,
    }


@given(printable)
@example("a,b")
def test_any_id_comes_back_from_the_check_boxes(session_id: str) -> None:
    view = choose_view(choosing([session(31, id=session_id)], picked=[session_id]), Meta())
    values = {b["block_id"]: {"x": {"selected_options": b["element"].get("initial_options")}} for b in _inputs(view)}
    assert parse.offered({"view": {**view, "state": {"values": values}}}, Block.SESSIONS) == ([session_id],) * 2


def _inputs(view: dict[str, Any]) -> list[dict[str, Any]]:
    return [block for block in view["blocks"] if block["type"] == "input"]


@given(st.lists(printable, min_size=2, max_size=40, unique=True))
@example([f"{n:02}{chr(34) * 62}" for n in range(40)])
@example([f"{n:064}" for n in range(40)])
def test_buttons_for_several_name_as_many_as_fit_and_say_so(ids: list[str]) -> None:
    message = alert([late(session_id, n) for n, session_id in enumerate(ids)])
    found = [e for b in message["blocks"] for e in b.get("elements", []) if e.get("action_id") in ALL]
    assert len(found) == 2
    for element in found:
        assert len(element["value"]) <= MAX_VALUE
        named = parse.ids(parse.value({"actions": [element]}, MAX_VALUE))
        assert named == ids[: len(named)]
        words = seen(element["text"]["text"]).rpartition(" ")[2]
        assert words == ("all" if len(named) == len(ids) else str(len(named)))
        if len(named) < min(30, len(ids)):
            more = json.dumps(ids[: len(named) + 1], ensure_ascii=False, separators=(",", ":"))
            assert len(more) > MAX_VALUE


async def test_a_late_cancellation_with_a_comma_in_its_id_can_be_refunded(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    command = booking.Book(
        actor=Actor(WORKSPACE, ANNA),
        role=Hat.CLIENT,
        client_id=ANNA,
        coach_id=COACH,
        session_type="Coaching",
        starts_at=stage.clock.now() + 26 * H,
        length=H,
        time_zone="America/New_York",
        session_id='crm:7,a|"b" c',
    )
    booked = await booking.book(stage.store, stage.clock, command)
    stage.clock.advance(24 * H)
    done = await stage.world.cancel(booked)
    async with stage.store.read(WORKSPACE) as queries:
        viewer = await queries.people.viewer(COACH)
    told = CoachAlert(
        viewer=viewer, settings=Settings(), sessions=done.sessions, now=stage.clock.now(), in_channel=True
    )
    await stage.client.chat_postMessage(channel="C0COACH", **render(told))
    before = await stage.world.balance()
    carla = stage.person(COACH)
    await carla.refresh()
    await carla.click("Refund anyway", on="carla-alerts", confirm=True)
    await stage.settled()
    assert await stage.world.balance() == before + 100
