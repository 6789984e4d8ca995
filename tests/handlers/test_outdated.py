"""Messages that an edit did not reach: a press in one brings it up to date."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coaching.actions.decide import DecideLate, decide_late
from coaching.news.kinds import USEFUL
from coaching.sessions import Actor, Session
from coaching.workspace import Settings
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.handlers.test_exceptions import CHANNEL, ask, deliver
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE
from tests.words import tagged

H = timedelta(hours=1)
KEPT = "Coaching with Anna Lee: kept, as Carla Coach had decided already."


@pytest.fixture
async def late(stage: Stage) -> list[Session]:
    """Two late cancellations of Anna's, told in the channel of her coach."""
    await stage.world.settings(Settings(undo_window=timedelta(0), start_reminder=None))
    await stage.world.grant(ANNA)
    booked = [await stage.world.book(26 * H), await stage.world.book(28 * H)]
    stage.clock.advance(24 * H)
    done = await stage.world.cancel(*booked)
    await deliver(stage)
    return list(done.sessions)


async def keep(stage: Stage, *sessions: Session) -> None:
    command = DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[s.id for s in sessions], refund=False)
    await decide_late(stage.store, stage.clock, command)


async def buttons(person: Person) -> list[str]:
    """What can be pressed in the channel."""
    await person.refresh()
    return [b for m in await person.channel(CHANNEL) if not m.ephemeral for b in m.buttons]


async def shown(person: Person) -> str:
    await person.refresh()
    return "\n".join(m.text for m in await person.channel(CHANNEL) if not m.ephemeral)


async def unreached(stage: Stage, *sessions: Session) -> Person:
    """The coach, after deciding while the channel was archived: it still shows the buttons."""
    carla = stage.person(COACH)
    await carla.archive("C0COACH")
    await keep(stage, *sessions)
    await deliver(stage)
    await carla.archive("C0COACH", archived=False)
    assert (await buttons(carla)).count("Refund anyway") == 2
    return carla


async def test_a_press_takes_what_was_decided_out_of_a_message_that_an_archived_channel_kept(
    stage: Stage, late: list[Session]
) -> None:
    carla = await unreached(stage, *late)
    await carla.click("Refund anyway", index=0, on=CHANNEL, confirm=True)
    await stage.settled()
    assert not {"Refund anyway", "Keep", "Decide…", "Refund all", "Keep all"}.intersection(await buttons(carla))
    assert (await buttons(carla)).count("Details") == 2
    assert (await shown(carla)).count(KEPT) == 2
    assert (await shown(carla)).count("What this message says besides is older.") == 1


@pytest.mark.plain  # It has German and Japanese of its own.
async def test_a_channels_message_keeps_its_coachs_language_whoever_presses(
    stage: Stage, late: list[Session], tmp_path: Path
) -> None:
    tagged.write(tmp_path, "de", "ja")
    async with stage.store.write(WORKSPACE) as uow:
        for who, locale in ((COACH, "de-DE"), (ADMIN, "ja-JP")):
            person = (await uow.people.viewer(who)).person
            await uow.people.save(replace(person, locale=locale), datetime.now(UTC))
        await uow.commit()
    await unreached(stage, *late)
    ada = stage.person(ADMIN)
    with tagged.speaking(tmp_path):
        await ada.click("Refund anyway", index=0, on=CHANNEL, confirm=True)
        await stage.settled()
        await ada.refresh()
    messages = await ada.channel(CHANNEL)
    assert [tagged.heard(m.text) for m in messages if m.ephemeral] == [{"ja"}]
    assert {language for m in messages if not m.ephemeral for language in tagged.heard(m.text)} == {"de"}


async def test_what_is_still_open_can_be_decided_in_such_a_message(stage: Stage, late: list[Session]) -> None:
    first, second = late
    carla = await unreached(stage, first)
    await carla.click("Decide…", index=0, on=CHANNEL)
    await stage.settled()
    assert carla.modal is not None
    assert KEPT in carla.modal.text
    left = await buttons(carla)
    assert (left.count("Refund anyway"), left.count("Refund all")) == (1, 1)
    await carla.click("Keep all", on=CHANNEL, confirm=True)
    await stage.settled()
    ended = (await stage.session(second.id)).cancellation
    assert ended is not None
    assert ended.decided_by is not None
    assert "Refund anyway" not in await buttons(carla)


async def test_a_press_in_an_outdated_request_brings_it_up_to_date_too(stage: Stage, late: list[Session]) -> None:
    ended = late[0].cancellation
    assert ended is not None
    await ask(stage, ended.action_id)
    carla = stage.person(COACH)
    await carla.archive("C0COACH")
    await keep(stage, *late)
    await deliver(stage)
    await carla.archive("C0COACH", archived=False)
    assert (await buttons(carla)).count("Keep all") == 1
    await carla.click("Keep all", on=CHANNEL, confirm=True)
    await stage.settled()
    assert (await buttons(carla)).count("Keep all") == 0
    assert KEPT in (await shown(carla)).split("asks for an exception")[-1]


async def test_an_edit_that_came_too_late_is_made_up_for_at_the_next_press(stage: Stage, late: list[Session]) -> None:
    await keep(stage, *late)
    stage.clock.advance(USEFUL + H)
    await deliver(stage)
    carla = stage.person(COACH)
    assert "Refund anyway" in await buttons(carla)
    await carla.click("Refund anyway", index=0, on=CHANNEL, confirm=True)
    await stage.settled()
    assert "Refund anyway" in await buttons(carla), "the relay edits its own message, whole"
    await deliver(stage)
    assert "Refund anyway" not in await buttons(carla)
    assert "kept by Carla Coach" in await shown(carla)
