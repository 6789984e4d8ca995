"""Terms that fall in steps, through signed HTTP: every screen says what comes back now, until when, and what then."""

from datetime import timedelta

import pytest

from coaching.policy import Policy, Tier
from coaching.workspace import SessionType, Settings
from playground.person import Person
from tests.handlers.booking import COACHING, offers, opens
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, COACH

H, TICK = timedelta(hours=1), timedelta(microseconds=1)
STEPPED = Policy(tiers=(Tier(24 * H, 100), Tier(12 * H, 50), Tier(timedelta(0), 25)), reschedule_window=H)
NEVER_ALL = Policy(tiers=(Tier(12 * H, 50),), reschedule_window=H)
WED = "Wed, Nov 18, 10:00 – 10:50 AM"


def seen(person: Person) -> str:
    assert person.modal is not None
    return f"{person.modal.title}\n{person.modal.text}"


async def upcoming(person: Person) -> str:
    await person.command("/sessions")
    return seen(person)


@pytest.fixture
async def anna(stage: Stage) -> Person:
    """Anna, with ten credits, a coach who gives hours, and terms that fall in three steps."""
    await stage.world.settings(Settings(policy=STEPPED))
    await stage.world.grant(ANNA, 1000)
    await offers(stage, COACHING)
    await opens(stage)
    return stage.person()


async def test_the_list_says_at_each_edge_what_still_comes_back(stage: Stage, anna: Person) -> None:
    session = await stage.world.book(48 * H)
    steps = (
        (
            24 * H,
            "Refundable until Tue, Nov 17, 10:00 AM, then 50% until Tue, Nov 17, 10:00 PM, then 25% until the start",
        ),
        (12 * H, "50% refundable until Tue, Nov 17, 10:00 PM, then 25% until the start"),
        (timedelta(0), "25% refundable until the start"),
    )
    since = stage.clock.now()
    for lead, said in steps:
        for at in (since, session.starts_at - lead):
            stage.clock.set(at)
            assert f"\n{said}\n" in await upcoming(anna)
        since = session.starts_at - lead + TICK
    assert "Non-refundable" not in seen(anna)


@pytest.mark.plain  # An option 40 % longer is cut before the next step.
async def test_choosing_confirming_and_the_result_tell_the_step_and_the_next(stage: Stage, anna: Person) -> None:
    session = await stage.world.book(48 * H)
    stage.clock.set(session.starts_at - 24 * H + TICK)
    await anna.command("/sessions cancel")
    assert "Carla Coach · 50% until Tue, Nov 17, 10:00 PM, then 25%" in seen(anna)
    await anna.tick(f"Coaching · {WED}")
    await anna.submit()
    assert (
        "50% · 0.5 of 1 credit comes back to your credits\n"
        "This holds until Tue, Nov 17, 10:00 PM, then 0.25 credits until the start" in seen(anna)
    )
    assert "Late" not in seen(anna)
    await anna.submit()
    assert "0.5 of 1 credit returned" in seen(anna)
    assert (await stage.session(session.id)).cancellation.returned == 50  # type: ignore[union-attr]
    assert await stage.world.balance() == 950


async def test_details_list_every_step_with_its_exact_last_instant(stage: Stage, anna: Person) -> None:
    await stage.world.book(48 * H)
    await anna.command("/sessions")
    await anna.choose("Details", near="Next session")
    assert "Full refund ends: Tue, Nov 17, 10:00 AM, Eastern Time (GMT−5:00), that very moment included." in seen(anna)
    assert "50% (0.5 credits) comes back until: Tue, Nov 17, 10:00 PM" in seen(anna)
    assert "25% (0.25 credits) comes back until: Wed, Nov 18, 10:00 AM (the start)" in seen(anna)


@pytest.mark.parametrize(
    ("policy", "before", "after"),
    [
        (
            STEPPED,
            "Refundable for 15 minutes after you book, then 50% (0.5 credits) until Mon, Nov 16, 9:00 PM",
            "Refundable until Mon, Nov 16, 10:15 AM, then 50% until Mon, Nov 16, 9:00 PM, then 25% until the start",
        ),
        (
            NEVER_ALL,
            "Refundable for 15 minutes after you book, then 50% (0.5 credits) until Mon, Nov 16, 9:00 PM",
            "Refundable until Mon, Nov 16, 10:15 AM, then 50% until Mon, Nov 16, 9:00 PM",
        ),
        (
            Policy(tiers=NEVER_ALL.tiers, booking_grace=timedelta(0)),
            "9:00 – 9:50 AM · 50% (0.5 credits) refundable until Mon, Nov 16, 9:00 PM",
            "50% refundable until Mon, Nov 16, 9:00 PM",
        ),
    ],
)
async def test_booking_shows_before_what_the_booking_gets(
    stage: Stage, anna: Person, policy: Policy, before: str, after: str
) -> None:
    await stage.world.settings(Settings(policy=policy))
    await anna.command("/sessions book")
    await anna.choose("Tue, Nov 17")
    await anna.choose("9:00 – 9:50 AM")
    assert before in seen(anna)
    stage.clock.advance(TICK)
    await anna.submit()
    assert after in seen(anna)


async def test_a_free_session_is_not_called_refundable_in_the_booking_nor_after_it(stage: Stage, anna: Person) -> None:
    await offers(stage, SessionType("", "Hello", timedelta(minutes=50), 0))
    await anna.command("/sessions book")
    await anna.choose("Hello · 50 minutes · free")
    await anna.choose("Wed, Nov 18")
    await anna.choose("10:30 – 11:20 AM")
    assert "Free · it can be canceled until the start" in seen(anna)
    await anna.submit()
    assert "efundable" not in seen(anna)
    assert "Free · it can be canceled until the start" in await upcoming(anna)
    assert "efundable" not in seen(anna)


async def test_a_move_says_what_it_does_to_the_steps(stage: Stage, anna: Person) -> None:
    session = await stage.world.book(48 * H)
    stage.clock.set(session.starts_at - 20 * H)
    await anna.command("/sessions")
    await anna.choose("Reschedule…", near="Next session")
    await anna.choose("Fri, Nov 20", action_id="move_day")
    await anna.choose("10:30 – 11:20 AM", action_id="move_time")
    await anna.submit()
    told = "50% refundable until Tue, Nov 17, 10:00 PM, then 25% until Wed, Nov 18, 10:00 AM"
    assert f"{told}: full refund has ended, so a move keeps the old terms" in seen(anna)
    await anna.submit()
    assert told in seen(anna)
    assert told in await upcoming(anna)
    stage.clock.set(session.starts_at + TICK)
    assert "Non-refundable since Wed, Nov 18, 10:00 AM" in await upcoming(anna)


async def test_a_coach_reads_the_clients_step_and_chooses_by_it(stage: Stage, anna: Person) -> None:
    session = await stage.world.book(48 * H)
    stage.clock.set(session.starts_at - 20 * H)
    carla = stage.person(COACH)
    await carla.command("/sessions")
    await carla.choose("Cancel…", near="Next session")
    assert "1 credit comes back to your client's credits" in seen(carla)
    assert "until Tue, Nov 17, 10:00 PM" not in seen(carla)
    await carla.choose("Keep what the policy keeps")
    assert (
        "0.5 of 1 credit comes back to your client's credits\nThis holds until Tue, Nov 17, 10:00 PM, then 0.25 credits"
        in seen(carla)
    )


async def test_asking_for_an_exception_says_how_much_came_back_and_not_late(stage: Stage, anna: Person) -> None:
    session = await stage.world.book(48 * H)
    stage.clock.set(session.starts_at - 20 * H)
    await stage.world.cancel(session)
    await anna.command("/sessions past")
    await anna.choose("Details", near="Coaching")
    assert "(when 50% came back)" in seen(anna)
    assert "Refund: 0.5 of 1 credit returned, not decided yet" in seen(anna)
    await anna.click("Ask for an exception")
    assert "In part (50%) · 0.5 of 1 credit returned" in seen(anna)
    carla = stage.person(COACH)
    await carla.command("/sessions past")
    await carla.choose("Details", near="Anna Lee")
    await carla.click("Decide…")
    assert seen(carla).startswith("Cancellation\n")


async def test_home_and_an_admin_read_the_same_steps(stage: Stage, anna: Person) -> None:
    session = await stage.world.book(48 * H)
    stage.clock.set(session.starts_at - 20 * H)
    said = "50% refundable until Tue, Nov 17, 10:00 PM, then 25% until the start"
    assert said in (await anna.home()).text
    ada = stage.person(ADMIN)
    await ada.command("/sessions for @anna")
    assert said in seen(ada)
