"""What happens between choosing and canceling: cutoffs pass, others cancel, clicks come twice."""

import asyncio
from datetime import timedelta

import pytest

from coaching.sessions import Hat
from playground.person import Person
from tests.handlers.canceling import FAR, NEAR, H, able_to_cancel, shown, statuses, title
from tests.handlers.conftest import Stage
from tests.support.world import ANNA, COACH


@pytest.fixture
async def anna(stage: Stage) -> Person:
    return await able_to_cancel(stage)


async def test_a_cutoff_that_passes_meanwhile_cancels_nothing_and_shows_the_new_terms(
    stage: Stage, anna: Person
) -> None:
    await anna.command("/sessions cancel")
    await anna.tick(FAR)
    await anna.submit()
    assert "1 credit comes back" in shown(anna)
    stage.clock.advance(25 * H)
    await anna.submit()
    assert title(anna) == "Confirm cancellation?"
    assert "Nothing has been canceled." in shown(anna)
    assert "not refundable: 1 credit is not returned" in shown(anna)
    assert len(await statuses(stage)) == 1  # the other one has started by now
    await anna.submit()
    assert title(anna) == "Sessions canceled"
    assert stage.counted == [("cancel", "conflict"), ("cancel", "done")]


async def test_a_session_somebody_else_canceled_meanwhile_is_named(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions cancel")
    await anna.tick(FAR)
    await anna.submit()
    theirs = await stage.world.cancelable(Hat.COACH, COACH)
    await stage.world.cancel(*theirs, who=COACH, hat=Hat.COACH)
    await anna.submit()
    assert title(anna) == "Nothing to cancel"
    assert "canceled by Carla Coach, Mon, Nov 16, 10:00 AM" in shown(anna)


async def test_a_pick_that_cannot_be_canceled_any_more_is_let_go_and_the_rest_stays(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions cancel")
    await anna.tick(FAR, NEAR)
    stage.clock.advance(5 * H + timedelta(minutes=1))
    await anna.submit()
    assert title(anna) == "Cancel sessions"
    assert "1 session cannot be canceled any more (it has started)" in shown(anna)
    await anna.submit()
    assert anna.modal is not None
    assert anna.modal.data["submit"]["text"] == "Cancel 1 session"


async def test_a_second_click_shows_the_first_ones_result(stage: Stage, anna: Person) -> None:
    before = await stage.world.balance()
    await anna.command("/sessions cancel")
    await anna.tick(FAR)
    await anna.submit()
    await anna.submit()
    again = await stage.deliver(stage.last_payload())
    view = again.payload()
    assert view["response_action"] == "update"
    assert view["view"]["title"]["text"] == "Sessions canceled"
    assert "1 session canceled" in view["view"]["blocks"][0]["text"]["text"]
    assert await stage.world.balance() == before + 100
    assert stage.counted == [("cancel", "done")]


async def test_two_clicks_at_once_cancel_once(stage: Stage, anna: Person) -> None:
    before = await stage.world.balance()
    await anna.command("/sessions cancel")
    await anna.tick(FAR)
    await anna.submit()
    assert anna.modal is not None
    first, second = stage.person(), stage.person()
    view_id = anna.modal.id
    await asyncio.gather(
        *(p.post(f"people/{ANNA}/submit", {"tab": "main", "view_id": view_id}) for p in (first, second))
    )
    assert await stage.world.balance() == before + 100
    assert stage.counted == [("cancel", "done")]


async def test_the_second_half_of_a_double_click_does_not_confirm_terms_nobody_saw(stage: Stage, anna: Person) -> None:
    before = await stage.world.balance()
    await anna.command("/sessions cancel")
    await anna.tick(FAR)
    await anna.submit()
    stage.world.clock.advance(500 * H)
    await anna.submit()
    late = stage.last_payload()
    assert "Nothing has been canceled" in (anna.modal.text if anna.modal else "")
    answer = (await stage.deliver(late)).payload()
    assert "Nothing has been canceled" in str(answer)
    assert await stage.world.balance() == before
    assert ("cancel", "done") not in stage.counted


async def test_the_same_choice_delivered_twice_is_quoted_once(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions cancel")
    await anna.tick(FAR)
    await anna.submit()
    again = await stage.deliver(stage.last_payload())
    assert again.status == 200
    assert again.payload() is None
