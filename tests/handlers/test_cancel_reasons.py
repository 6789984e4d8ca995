"""A reason can be written wherever a pick asks for one, also where the page shows no field for it."""

import pytest

from coaching.policy import Policy, ReasonRule
from coaching.workspace import Settings
from playground.person import Person
from tests.handlers.canceling import FAR, H, bare_submission, shown, title
from tests.handlers.conftest import Stage
from tests.support.world import ANNA


@pytest.fixture
async def mixed(stage: Stage) -> Person:
    """Anna with a page of sessions whose terms ask for a reason, and a page whose terms ask for none."""
    await stage.world.grant(ANNA, 20_000)
    await stage.world.settings(Settings(policy=Policy(reason=ReasonRule.REQUIRED)))
    for n in range(30):
        await stage.world.book((48 + n) * H)
    await stage.world.settings(Settings(policy=Policy(reason=ReasonRule.OFF)))
    for n in range(30, 33):
        await stage.world.book((48 + n) * H)
    return stage.person()


async def test_a_reason_can_be_given_wherever_a_pick_asks_for_one(stage: Stage, mixed: Person) -> None:
    await mixed.command("/sessions cancel")
    await mixed.tick(FAR)
    await mixed.click("Later ›")
    assert (await mixed.submit())["outcome"] == "errors"
    assert "Please say why you cancel" in shown(mixed)
    await mixed.fill("Reason", "Ill")
    await mixed.submit()
    assert title(mixed) == "Confirm cancellation?"


async def test_no_reason_is_asked_where_no_pick_and_no_session_shown_asks(stage: Stage, mixed: Person) -> None:
    await mixed.command("/sessions cancel")
    await mixed.click("Later ›")
    assert "Reason" not in shown(mixed)


async def test_a_reason_that_there_is_no_field_for_brings_the_field(stage: Stage, mixed: Person) -> None:
    await mixed.command("/sessions cancel")
    await mixed.tick(FAR)
    await mixed.click("Later ›")
    await mixed.submit()
    state = stage.last_payload()["view"]["state"]
    del state["values"]["reason"]
    answer = str(await bare_submission(stage, state=state))
    assert "'response_action': 'update'" in answer
    assert "Please say why you cancel" in answer
    assert "'block_id': 'reason'" in answer
    assert "1 picked so far" in answer
