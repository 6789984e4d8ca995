"""How many presses a thing takes, from the list or the message on: every press counts, opening a menu too, ticks do not."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from coaching.actions import slots
from coaching.availability import Availability, parse_hours
from coaching.news.cancellations import CoachAlert
from coaching.policy import Policy
from coaching.records import Scope, Viewer
from coaching.sessions import Actor, Decision, Hat, Session
from handlers.views.kit import actions, section
from handlers.views.news import render
from handlers.views.news.sessions import client_buttons
from handlers.views.words import reader_for
from playground.person import Person
from tests.handlers.canceling import FAR, NEAR, able_to_cancel, shown, statuses, title
from tests.handlers.conftest import Stage
from tests.support.world import ANNA, COACH, WORKSPACE
from tests.words.pseudo import pseudo


@dataclass
class Finger:
    """A person whose presses are counted."""

    person: Person
    presses: int = 0

    async def button(self, label: str, **where: Any) -> None:
        """Press a button."""
        self.presses += 1
        # Without `confirm` a button that asks first is refused: its question would be one more press.
        await self.person.click(label, **where)

    async def menu(self, option: str, **where: Any) -> None:
        """Open a menu and choose in it."""
        self.presses += 2
        await self.person.choose(option, **where)

    async def send(self) -> None:
        """Press the button of the dialog."""
        self.presses += 1
        await self.person.submit()


@pytest.fixture
async def anna(stage: Stage) -> Finger:
    """Anna, who has two sessions and her list open."""
    person = await able_to_cancel(stage)
    hours = Availability(time_zone="America/New_York", hours=parse_hours("Mon-Sun 8:00-20:00"))
    await slots.save_hours(stage.store, Actor(WORKSPACE, COACH), "hours", COACH, hours)
    await person.command("/sessions")
    return Finger(person)


async def test_canceling_one_by_its_menu_takes_three(stage: Stage, anna: Finger) -> None:
    await anna.menu("Cancel…", near="Nov 18")
    await anna.send()
    assert title(anna.person) == "Sessions canceled"
    assert (anna.presses, len(await statuses(stage))) == (3, 1)


@pytest.mark.parametrize("on", ["modal", "home"])
async def test_canceling_the_next_one_by_its_visible_button_takes_two(stage: Stage, anna: Finger, on: str) -> None:
    if on == "home":
        await anna.person.close()
        await anna.person.home()
    await anna.button("Cancel…", on=on)
    assert "Mon, Nov 16, 3:00 – 3:50 PM" in shown(anna.person)
    await anna.send()
    assert title(anna.person) == "Sessions canceled"
    assert (anna.presses, len(await statuses(stage))) == (2, 1)


async def test_canceling_one_from_a_message_takes_two(stage: Stage, anna: Finger) -> None:
    await anna.person.close()
    [_, far] = await stage.world.cancelable(Hat.CLIENT, ANNA)
    await _message(stage, far)
    await anna.button("Cancel…", on="dm")
    await anna.send()
    assert title(anna.person) == "Sessions canceled"
    assert (anna.presses, len(await statuses(stage))) == (2, 1)


async def test_canceling_one_from_its_details_takes_two(stage: Stage, anna: Finger) -> None:
    await anna.person.choose("Details", near="Nov 18")
    await anna.button("Cancel…")
    await anna.send()
    assert title(anna.person) == "Sessions canceled"
    assert (anna.presses, len(await statuses(stage))) == (2, 1)


async def test_canceling_several_takes_three_and_the_ticks(stage: Stage, anna: Finger) -> None:
    await anna.button("Cancel several…")
    await anna.person.tick(FAR, NEAR)
    await anna.send()
    await anna.send()
    assert title(anna.person) == "Sessions canceled"
    assert (anna.presses, await statuses(stage)) == (3, [])


async def test_booking_again_takes_three_at_most_and_offers_the_time_of_the_week_that_it_had(
    stage: Stage, anna: Finger
) -> None:
    await anna.person.choose("Cancel…", near="Nov 18")
    await anna.person.submit()
    await anna.button("Schedule Session")
    assert title(anna.person) == "Schedule a session"
    assert "Wed, Nov 25, 10:00 – 10:50 AM" in shown(anna.person)
    await anna.send()
    assert title(anna.person) == "Booked"
    assert anna.presses == 2
    booked = await stage.world.listed(Hat.CLIENT, ANNA, Scope.UPCOMING)
    assert (booked[-1].starts_at - booked[0].starts_at) > timedelta(days=8)


@pytest.mark.parametrize(("verdict", "decision"), [("Refund anyway", Decision.REFUNDED), ("Keep", Decision.KEPT)])
async def test_deciding_takes_one(stage: Stage, anna: Finger, verdict: str, decision: Decision) -> None:
    [near, _] = await stage.world.cancelable(Hat.CLIENT, ANNA)
    done = await stage.world.cancel(near)
    stage.clock.advance(timedelta(minutes=2))
    await _alert(stage, done.sessions[0])
    carla = Finger(stage.person(COACH))
    await carla.button(verdict, on="carla-alerts")
    await stage.settled()
    [after] = await stage.world.listed(Hat.CLIENT, ANNA, Scope.PAST)
    assert after.cancellation is not None
    assert after.cancellation.decision is decision
    assert stage.counted[-1] == ("decide", "done")
    assert carla.presses == 1


async def _message(stage: Stage, session: Session) -> None:
    """Bring a message about the session, with the buttons of reminders and confirmations."""
    reader = reader_for(Viewer(session.client, is_coach=False, is_admin=False), [session], stage.clock.now())
    blocks = [section(pseudo("Soon")), actions(client_buttons(session, Policy(), reader))]
    await stage.client.chat_postMessage(channel=ANNA, text=pseudo("Soon"), blocks=blocks)


async def _alert(stage: Stage, session: Session) -> None:
    async with stage.store.read(WORKSPACE) as queries:
        viewer = await queries.people.viewer(COACH)
        settings = await queries.workspace.settings()
    told = CoachAlert(viewer=viewer, settings=settings, sessions=[session], now=stage.clock.now(), in_channel=True)
    await stage.client.chat_postMessage(channel="C0COACH", **render(told))
