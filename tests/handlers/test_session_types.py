"""Session types in the set-up: added, changed, renamed, no longer offered."""

from datetime import timedelta

import pytest

from coaching.workspace import SessionType
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.handlers.setting_up import H, in_set_up, shown, types


@pytest.fixture
async def ada(stage: Stage) -> Person:
    return await in_set_up(stage)


async def test_session_types_are_added_and_changed(stage: Stage, ada: Person) -> None:
    assert "No session types yet: clients can book by themselves once there is one." in shown(ada)
    await ada.click("Add session type")
    await ada.fill("Name", "Career  check-in")
    await ada.fill("Minutes", "30")
    await ada.fill("Price in credits", "0,5")
    await ada.submit()
    assert "Career check-in" in shown(ada)
    assert "30 minutes · 0.5 credits" in shown(ada)
    [added] = await types(stage)
    await ada.choose("Edit", near="Career check-in")
    await ada.fill("Name", "Check-in")
    await ada.fill("Price in credits", "0")
    await ada.submit()
    assert await types(stage) == [SessionType(added.id, "Check-in", timedelta(minutes=30), 0)]
    assert "30 minutes · free" in shown(ada)


async def test_a_session_type_is_no_longer_offered_and_offered_again(stage: Stage, ada: Person) -> None:
    await stage.world.book(48 * H, session_type="Coaching", price=0)
    await ada.close(everything=True)
    await ada.command("/sessions setup")
    for said, retired in (("no", True), ("yes", False)):
        await ada.choose("Edit", near="Coaching")
        await ada.fill("Clients can book it", said)
        await ada.submit()
        assert ("not offered any more" in shown(ada)) is retired
        assert [one.retired for one in await types(stage)] == [retired]


async def test_a_renamed_type_stays_one_type_whatever_is_booked_or_added_next(stage: Stage, ada: Person) -> None:
    await stage.world.book(48 * H, session_type="Coaching", price=0)
    await ada.command("/sessions setup")
    await ada.choose("Edit", near="Coaching")
    await ada.fill("Name", "Leadership")
    await ada.submit()
    session = await stage.world.book(72 * H, session_type="Leadership", price=0)
    assert session.session_type == "Leadership"
    [renamed] = await types(stage)
    await ada.click("Add session type")
    await ada.fill("Name", "Coaching")
    await ada.fill("Minutes", "45")
    await ada.submit()
    found = {one.name: one.id for one in await types(stage)}
    assert found["Leadership"] == renamed.id
    assert found["Coaching"] != renamed.id
    again = await stage.world.book(96 * H, session_type="Coaching", price=0)
    assert again.session_type == "Coaching"


@pytest.mark.parametrize(
    ("label", "typed", "said"),
    [
        ("Name", "coaching", "There is a session type of that name already."),
        ("Price in credits", "-1", "That is too little: 0 or more."),
        ("Price in credits", "a lot", "Write a number of credits, like 3 or 0.5"),
        ("Price in credits", "0.125", "That is too fine: write it in steps of 0.01"),
        ("Price in credits", "1,000,001", "That is too much: 1,000,000 credits at most."),
        ("Minutes", "2", "A session lasts 5 minutes to 24 hours"),
    ],
)
async def test_an_odd_session_type_is_told_at_its_field(
    stage: Stage, ada: Person, label: str, typed: str, said: str
) -> None:
    await stage.world.book(48 * H, session_type="Coaching", price=0)
    before = await types(stage)
    await ada.click("Add session type")
    await ada.fill("Name", "Another")
    await ada.fill("Minutes", "30")
    await ada.fill(label, typed)
    assert (await ada.submit())["outcome"] == "errors"
    assert said in shown(ada)
    assert await types(stage) == before
