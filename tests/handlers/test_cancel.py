"""Choosing, confirming, and what can happen in between: through signed HTTP and the playground."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import ANY

import pytest

from coaching.policy import Policy, ReasonRule
from coaching.records import Scope, Viewer
from coaching.sessions import Hat, Session, Status
from coaching.workspace import Settings
from handlers.views.kit import actions, section
from handlers.views.news.sessions import client_buttons
from handlers.views.words import reader_for
from playground.person import Person
from tests.handlers.canceling import FAR, NEAR, H, able_to_cancel, bare_submission, shown, statuses, title
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH
from tests.words.pseudo import pseudo


@pytest.fixture
async def anna(stage: Stage) -> Person:
    return await able_to_cancel(stage)


async def test_choosing_confirming_and_the_result_replace_one_another(stage: Stage, anna: Person) -> None:
    before = await stage.world.balance()
    await anna.command("/sessions")
    await anna.click("Cancel several…")
    assert [view.title for view in anna.modals] == ["Your sessions", "Cancel sessions"]
    await anna.tick(FAR, NEAR)
    await anna.submit()
    assert [view.title for view in anna.modals] == ["Your sessions", "Confirm cancellation?"]
    assert "Late · not refundable: 1 credit is not returned" in shown(anna)
    assert "Total: 1 credit comes back, and 1 credit will not." in shown(anna)
    await anna.fill("Reason", "Ill *today* <!channel>")
    assert anna.modal is not None
    assert anna.modal.data["submit"]["text"] == "Cancel 2 sessions"
    assert len(await statuses(stage)) == 2  # nothing is canceled before the button is pressed
    await anna.submit()
    assert [view.title for view in anna.modals] == ["Your sessions", "Sessions canceled"]
    assert "1 credit came back, to where it came from. 1 credit did not come back." in shown(anna)
    assert "We tell Carla Coach" in shown(anna)
    assert await statuses(stage) == []
    assert await stage.world.balance() == before + 100
    assert stage.counted == [("cancel", "done")]
    await anna.close()
    assert anna.modals == []


async def test_the_command_goes_straight_to_choosing(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions cancel")
    assert [view.title for view in anna.modals] == ["Cancel sessions"]
    assert "Refundable" not in title(anna)
    assert "How would you like to update the sessions?" in shown(anna)


async def test_nothing_to_cancel_is_said_with_the_way_on(stage: Stage) -> None:
    boris = stage.person(BORIS)
    await boris.command("/sessions cancel")
    assert "There is no session that can be canceled right now." in shown(boris)


async def test_picking_nothing_is_told_at_the_sessions(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions cancel")
    done = await anna.submit()
    assert done["outcome"] == "errors"
    assert title(anna) == "Cancel sessions"
    assert "Pick at least one session" in shown(anna)


async def test_a_missing_reason_is_told_at_the_reason(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    await stage.world.settings(Settings(policy=Policy(reason=ReasonRule.REQUIRED)))
    await stage.world.book(72 * H)
    anna = stage.person()
    await anna.command("/sessions cancel")
    await anna.tick("Coaching · Thu, Nov 19, 10:00 – 10:50 AM")
    await anna.submit()
    assert title(anna) == "Confirm cancellation?"
    # Slack's client asks for what is missing; something that sends the form nevertheless is refused at the field.
    await anna.fill("Reason", " ")
    assert (await anna.submit())["outcome"] == "errors"
    assert "Please say why you cancel" in shown(anna)
    await anna.fill("Reason", "Ill")
    await anna.submit()
    assert title(anna) == "Sessions canceled"


async def test_keeping_changes_nothing_and_picks_come_back(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions cancel")
    await anna.tick(FAR)
    await anna.choose("Keep them as they are")
    assert "Coaching" not in shown(anna)
    await anna.choose("Cancel sessions")
    await anna.submit()
    assert title(anna) == "Confirm cancellation?"
    await anna.click("‹ Back")
    await anna.choose("Keep them as they are")
    await anna.submit()
    assert anna.modals == []
    assert len(await statuses(stage)) == 2


async def test_back_returns_to_choosing_with_everything_picked(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions cancel")
    await anna.tick(FAR)
    await anna.submit()
    await anna.click("‹ Back")
    assert title(anna) == "Cancel sessions"
    await anna.tick(NEAR)
    await anna.submit()
    assert anna.modal is not None
    assert anna.modal.data["submit"]["text"] == "Cancel 2 sessions"


async def test_picks_are_kept_over_pages(stage: Stage) -> None:
    await stage.world.grant(ANNA, 20_000)
    for n in range(35):
        await stage.world.book((48 + n) * H)
    anna = stage.person()
    await anna.command("/sessions cancel")
    await anna.tick("Coaching · Wed, Nov 18, 10:00 – 10:50 AM", "Coaching · Wed, Nov 18, 11:00 – 11:50 AM")
    await anna.click("Later ›")
    assert "31–35 of 35 · 2 picked so far · 2 of them on other pages" in shown(anna)
    await anna.tick("Coaching · Thu, Nov 19, 8:00 – 8:50 PM")
    await anna.click("‹ Earlier")
    await anna.tick("Coaching · Wed, Nov 18, 11:00 – 11:50 AM", off=True)
    await anna.submit()
    assert anna.modal is not None
    assert anna.modal.data["submit"]["text"] == "Cancel 2 sessions"
    assert "Wed, Nov 18, 10:00 – 10:50 AM" in shown(anna)
    assert "Thu, Nov 19, 8:00 – 8:50 PM" in shown(anna)


async def test_a_hundred_sessions_are_picked_and_canceled_in_one_go(stage: Stage) -> None:
    await stage.world.grant(ANNA, 20_000)
    for n in range(103):
        await stage.world.book((48 + n) * H)
    anna = stage.person()
    await anna.command("/sessions cancel")
    await anna.click("Pick the first 100")
    assert "100 picked so far" in shown(anna)
    await anna.click("Later ›")
    await anna.click("Later ›")
    await anna.click("Later ›")
    assert "91–103 of 103" in shown(anna)
    assert anna.modal is not None
    options = [
        option["text"]["text"]
        for block in anna.modal.blocks
        if block.get("block_id", "").startswith("sessions:")
        for option in block["element"]["options"]
    ]
    await anna.tick(options[-1])
    await anna.submit()
    assert "You picked 101 sessions. At most 100 fit one go" in shown(anna)
    await anna.tick(options[-1], off=True)
    await anna.submit()
    assert anna.modal.data["submit"]["text"] == "Cancel 100 sessions"
    await anna.submit()
    assert "100 sessions canceled" in shown(anna)
    assert len(await statuses(stage)) == 3


async def test_picking_none_lets_go_of_everything(stage: Stage) -> None:
    await stage.world.grant(ANNA, 20_000)
    for n in range(12):
        await stage.world.book((48 + n) * H)
    anna = stage.person()
    await anna.command("/sessions cancel")
    await anna.click("Pick all")
    assert "12 picked so far" in shown(anna)
    await anna.click("Pick none")
    assert "picked so far" not in shown(anna)
    assert (await anna.submit())["outcome"] == "errors"


async def test_foreign_ids_in_a_choice_are_refused_and_nothing_changes(stage: Stage, anna: Person) -> None:
    await stage.world.grant(BORIS)
    theirs = await stage.world.book(99 * H, client=BORIS)
    await anna.command("/sessions cancel")
    await anna.tick(FAR)
    await anna.submit()
    payload = stage.last_payload()
    payload["trigger_id"] = "1.2.other"
    for block in payload["view"]["blocks"]:
        if block["block_id"].startswith("sessions:"):
            block["element"]["options"][0]["value"] = theirs.id
            held = payload["view"]["state"]["values"][block["block_id"]]["choose_sessions"]
            held["selected_options"] = block["element"]["options"][:1]
    answer = (await stage.deliver(payload)).payload()
    assert "That is not one of your sessions" in str(answer)
    assert (await stage.session(theirs.id)).status is Status.SCHEDULED


async def test_somebody_elses_draft_is_out_of_date_for_a_stranger(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions cancel")
    await anna.tick(FAR)
    await anna.submit()
    await anna.submit()
    payload = stage.last_payload()
    payload["user"]["id"] = BORIS
    answer = (await stage.deliver(payload)).payload()
    assert "This dialog is out of date" in str(answer)


async def test_a_coach_cancels_and_chooses_what_late_sessions_return(stage: Stage, anna: Person) -> None:
    before = await stage.world.balance()
    carla = stage.person(COACH)
    await carla.command("/sessions")
    await carla.click("Cancel several…")
    await carla.tick(NEAR)
    await carla.submit()
    assert "1 credit comes back to your client's credits" in shown(carla)
    await carla.fill("Reason", "My train is late")
    await carla.choose("Keep what the policy keeps")
    assert "kept, as you chose: 1 credit is not returned to your client" in shown(carla)
    await carla.choose("Return everything")
    assert "1 credit comes back to your client's credits" in shown(carla)
    await carla.submit()
    assert "We tell Anna Lee" in shown(carla)
    assert await stage.world.balance() == before + 100


async def test_an_admin_cancels_for_a_client(stage: Stage, anna: Person) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions for @anna")
    await ada.click("Cancel several…")
    await ada.tick(FAR)
    await ada.submit()
    await ada.submit()
    assert title(ada) == "Sessions canceled"
    done = await stage.world.listed(Hat.CLIENT, ANNA, Scope.PAST)
    assert done[0].cancellation is not None
    assert done[0].cancellation.role is Hat.ADMIN


async def test_canceling_one_session_asks_at_once_with_its_terms_and_the_reason(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions")
    await anna.choose("Details", near="Nov 18")
    await anna.click("Cancel…")
    assert [view.title for view in anna.modals] == ["Your sessions", "Session details", "Confirm cancellation?"]
    assert "Wed, Nov 18" in shown(anna)
    assert "1 credit comes back to your credits" in shown(anna)
    assert "This holds until Tue, Nov 17, 10:00 AM" in shown(anna)
    assert "Reason (optional)" in shown(anna)
    assert "‹ Back" not in anna.modal.buttons  # type: ignore[union-attr]
    assert len(await statuses(stage)) == 2
    await anna.fill("Reason", "Ill <!channel>")
    await anna.submit()
    assert title(anna) == "Sessions canceled"
    [done] = await stage.world.listed(Hat.CLIENT, ANNA, Scope.PAST)
    assert done.cancellation is not None
    assert done.cancellation.reason == "Ill <!channel>"
    assert len(await statuses(stage)) == 1


async def test_one_candidate_is_ticked_already(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    anna = stage.person()
    await anna.command("/sessions cancel")
    await anna.submit()
    assert title(anna) == "Confirm cancellation?"


@pytest.mark.parametrize("by", ["menu", "details", "home", "reminder"])
async def test_what_cannot_be_canceled_any_more_says_why_and_whom_to_ask_from_every_button(
    stage: Stage, anna: Person, by: str
) -> None:
    near = next(s for s in await stage.world.cancelable(Hat.CLIENT, ANNA) if s.starts_at < stage.clock.now() + 24 * H)
    await _see(stage, anna, by, near)
    stage.clock.advance(5 * H + timedelta(minutes=1))
    if by in {"menu", "home"}:
        await anna.choose("Cancel…", near="Next session")
    else:
        await anna.click("Cancel…")
    assert title(anna) == "Session details"
    first = shown(anna).splitlines()[0]
    assert first.endswith(
        "Please note: It has started and can no longer be canceled. If something is wrong, ask Carla Coach."
    )


@pytest.mark.parametrize("by", ["menu", "details", "reminder"])
async def test_a_session_somebody_canceled_says_so_and_whom_to_ask(stage: Stage, anna: Person, by: str) -> None:
    near = next(s for s in await stage.world.cancelable(Hat.CLIENT, ANNA) if s.starts_at < stage.clock.now() + 24 * H)
    await _see(stage, anna, by, near)
    await stage.world.cancel(near, who=COACH, hat=Hat.COACH)
    await (anna.choose("Cancel…", near="Next session") if by == "menu" else anna.click("Cancel…"))
    assert "It is canceled already. If something is wrong, ask Carla Coach." in shown(anna)
    assert "by Carla Coach" in shown(anna)


async def _see(stage: Stage, anna: Person, by: str, session: Session) -> None:
    """Have Anna see the session: in the list, its details, Home, or a message with buttons."""
    if by == "home":
        await anna.home()
        return
    if by == "reminder":
        reader = reader_for(Viewer(session.client, is_coach=False, is_admin=False), [session], stage.clock.now())
        blocks = [section(pseudo("Soon")), actions(client_buttons(session, Policy(), reader))]
        await stage.client.chat_postMessage(channel=ANNA, text=pseudo("Soon"), blocks=blocks)
        return
    await anna.command("/sessions")
    if by == "details":
        await anna.choose("Details", near="Next session")


async def test_a_session_paid_outside_credits_says_whom_to_ask(stage: Stage) -> None:
    await stage.world.book(48 * H, price=0)
    anna = stage.person()
    await anna.command("/sessions cancel")
    await anna.submit()
    assert "No credits were paid" in shown(anna)


async def test_settings_of_another_time_do_not_matter_to_a_session(stage: Stage, anna: Person) -> None:
    await stage.world.settings(replace(Settings(), policy=Policy(tiers=())))
    await anna.command("/sessions cancel")
    await anna.tick(FAR)
    await anna.submit()
    assert "1 credit comes back" in shown(anna)


async def test_a_choice_without_trigger_and_hash_is_carried_out_and_only_once(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions cancel")
    await anna.tick(FAR)
    await anna.submit()
    payload = stage.last_payload()
    del payload["trigger_id"], payload["view"]["hash"]
    assert "Confirm cancellation?" in str((await stage.deliver(payload)).payload())
    assert (await stage.deliver(payload)).payload() is None


async def test_a_choice_is_read_where_the_view_comes_back_without_its_blocks(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions cancel")
    await anna.tick(FAR, NEAR)
    await anna.submit()
    assert "Cancel 2 sessions" in str(await bare_submission(stage))
    state = stage.last_payload()["view"]["state"]
    for block_id, held in state["values"].items():
        if block_id.startswith("sessions:"):
            held["choose_sessions"]["selected_options"] = held["choose_sessions"]["selected_options"][:1]
    assert "Cancel 1 session'" in str(
        await bare_submission(stage, state=state)
    )  # what is not ticked any more is let go
    for block_id, held in state["values"].items():
        if block_id.startswith("sessions:"):
            held["choose_sessions"]["selected_options"] = []
    refused = await bare_submission(stage, state=state)
    assert refused == {"response_action": "errors", "errors": {"sessions:0:0:0": ANY}}


async def test_foreign_picks_without_blocks_are_refused(stage: Stage, anna: Person) -> None:
    await stage.world.grant(BORIS)
    theirs = await stage.world.book(99 * H, client=BORIS)
    await anna.command("/sessions cancel")
    await anna.tick(FAR)
    await anna.submit()
    state = stage.last_payload()["view"]["state"]
    state["values"]["sessions:0:0:0"]["choose_sessions"]["selected_options"] = [{"value": theirs.id}]
    assert "That is not one of your sessions" in str(await bare_submission(stage, state=state))
