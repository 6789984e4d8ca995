"""/sessions and its words, lists, details, help: through signed HTTP and the playground."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from coaching.actions import browse
from coaching.sessions import Actor, Hat
from coaching.workspace import Settings
from tests.handlers.conftest import NEWCOMER, Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

H = timedelta(hours=1)


async def test_sessions_opens_the_list_with_one_call_to_slack(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    anna = stage.person()
    await anna.command("/sessions")
    assert anna.modal is not None
    assert anna.modal.title == "Your sessions"
    assert "Coaching with Carla Coach" in anna.modal.text
    assert "Wed, Nov 18, 10:00 – 10:50 AM" in anna.modal.text
    assert "Refundable until Tue, Nov 17, 10:00 AM" in anna.modal.text
    assert stage.calls("views.open") == 1
    assert stage.calls("users.info") == 0


async def test_somebody_never_met_is_asked_about_once_and_sees_their_own_zone(stage: Stage) -> None:
    await stage.world.grant(NEWCOMER)
    await stage.world.book(48 * H, client=NEWCOMER)
    nora = stage.person(NEWCOMER)
    await nora.command("/sessions")
    assert nora.modal is not None
    assert "Wed 18\u00a0Nov, 16:00–16:50" in nora.modal.text
    await nora.command("/sessions")
    assert stage.calls("users.info") == 1


async def test_slack_not_saying_who_somebody_is_stops_nobody(stage: Stage) -> None:
    await stage.world.grant(NEWCOMER)
    await stage.world.book(48 * H, client=NEWCOMER)
    stage.pg.faults.add({"kind": "server_error", "method": "users.info"})
    nora = stage.person(NEWCOMER)
    await nora.command("/sessions")
    assert nora.modal is not None
    assert "Wed, Nov 18, 10:00 – 10:50 AM" in nora.modal.text  # the session's own zone


async def test_an_empty_list_says_what_to_do(stage: Stage) -> None:
    boris = stage.person(BORIS)
    await boris.command("/sessions")
    assert boris.modal is not None
    way = "You have no upcoming sessions. Workspace admins give credits and bring sessions in. If something is missing, ask"
    assert f"{way} one of them." in boris.modal.text
    assert "Cancel several…" not in boris.modal.buttons
    await stage.world.settings(Settings(support_contact="help@example.com"))
    await boris.command("/sessions")
    assert f"{way} help@example.com." in boris.modal.text
    home = await boris.home()
    assert f"{way} help@example.com." in home.text
    assert "You have no credits right now. Workspace admins give credits" in home.text


async def test_pages_and_past_replace_one_another_in_place(stage: Stage) -> None:
    await stage.world.grant(ANNA, 5000)
    for n in range(12):
        await stage.world.book((48 + n) * H)
    done = await stage.world.book(100 * H)
    await stage.world.cancel(done)
    anna = stage.person()
    await anna.command("/sessions")
    await anna.click("Later ›")
    assert anna.modal is not None
    assert "11–12 of 12" in anna.modal.text
    await anna.click("‹ Earlier")
    assert "1–10 of 12" in anna.modal.text
    await anna.click("Past")
    assert anna.modal.title == "Past sessions"
    assert "Session Canceled" in anna.modal.text
    assert len(anna.modals) == 1


async def test_sessions_past_starts_in_the_past(stage: Stage) -> None:
    anna = stage.person()
    await anna.command("/sessions past")
    assert anna.modal is not None
    assert anna.modal.title == "Past sessions"


async def test_a_coach_without_sessions_of_their_own_sees_those_they_give(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    carla = stage.person(COACH)
    await carla.command("/sessions")
    assert carla.modal is not None
    assert carla.modal.title == "Sessions you give"
    assert "with Anna Lee" in carla.modal.text
    await carla.click("As client")
    assert carla.modal.title == "Your sessions"
    await carla.click("As coach")
    assert carla.modal.title == "Sessions you give"


async def test_details_open_on_top_of_the_list(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    anna = stage.person()
    await anna.command("/sessions")
    await anna.choose("Details")
    assert [view.title for view in anna.modals] == ["Your sessions", "Session details"]
    assert anna.modal is not None
    assert "Cancellation and Reschedule Policy" in anna.modal.text
    assert "booked by you for 1 credit" in anna.modal.text


@pytest.mark.parametrize("typed", ["help", "HELP"])
async def test_help_is_for_the_one_who_asks(stage: Stage, typed: str) -> None:
    anna = stage.person()
    await anna.command(f"/sessions {typed}")
    assert anna.modal is None
    said = (await anna.dms())[-1]
    assert "/sessions cancel" in said.text
    assert "setup" not in said.text
    assert said.ephemeral


async def test_unknown_words_get_help_that_repeats_them_and_pings_nobody(stage: Stage) -> None:
    anna = stage.person()
    await anna.command("/sessions cancle <!channel> & so on")
    said = (await anna.dms())[-1]
    assert "“cancle <!channel> & so on”" in said.text
    assert said.data.get("pings", []) == []


async def test_an_admin_acts_for_a_client_and_is_told_so(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    ada = stage.person(ADMIN)
    await ada.command("/sessions for @anna")
    assert ada.modal is not None
    assert ada.modal.title == "Acting for Anna Lee"
    assert "The timeline will say so." in ada.modal.text
    assert "Coaching with Carla Coach" in ada.modal.text


async def test_nobody_else_acts_for_a_client(stage: Stage) -> None:
    boris = stage.person(BORIS)
    await boris.command("/sessions for @anna")
    assert boris.modal is None
    assert "Only admins can do that" in (await boris.dms())[-1].text


async def test_a_workspace_admin_of_slack_is_recognized_on_first_use(stage: Stage) -> None:
    stage.pg.workspace.users[NEWCOMER].is_admin = True
    nora = stage.person(NEWCOMER)
    await nora.command("/sessions setup")
    assert nora.modal is not None
    assert nora.modal.title == "Set up Sessions"


async def test_a_foreign_session_is_refused_politely_and_nothing_is_shown(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    mine = await stage.world.book(48 * H)
    await stage.world.grant(BORIS)
    await stage.world.book(72 * H, client=BORIS)
    boris = stage.person(BORIS)
    await boris.command("/sessions")
    payload_source = await boris.choose("Details")
    assert payload_source is not None
    payload = stage.last_payload()
    payload["trigger_id"] = stage.pg.views.new_trigger(BORIS, "main", payload["view"]["id"])
    payload["actions"][0]["selected_option"]["value"] = f"details:{Hat.CLIENT}:{mine.id}"
    ack = await stage.deliver(payload)
    await boris.refresh()
    assert ack.status == 200
    assert boris.modal is not None
    assert "That is not one of your sessions" in boris.modal.text
    line = stage.logged("refused: not theirs")
    assert line["level"] == "warning"
    assert (line["ids"], line["actor"]) == ([mine.id], BORIS)


async def test_slack_failing_gives_a_reference(stage: Stage) -> None:
    stage.pg.faults.add({"kind": "server_error", "method": "views.open", "calls": 1})
    anna = stage.person()
    await anna.command("/sessions")
    said = (await anna.dms())[-1].text
    assert "give your workspace admin this reference: " in said
    line = stage.logged("request failed")
    assert said.endswith(line["request_id"])
    assert "SlackApiError" in line["exception"]


async def test_signed_nonsense_changes_nothing_and_breaks_nothing(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    anna = stage.person()
    await anna.command("/sessions")
    await anna.click("Past")
    good = stage.last_payload()
    for metadata in ("", "{", "[]", '{"hat":"client"}', "x" * 5000, None, 7):
        bent = {**good, "view": {**good["view"], "private_metadata": metadata}}
        assert (await stage.deliver(bent)).status == 200


async def test_an_outdated_click_leaves_the_newer_view_alone(stage: Stage) -> None:
    anna = stage.person()
    await anna.command("/sessions")
    await anna.click("Past")
    outdated = stage.last_payload()
    await anna.click("Upcoming")
    assert (await stage.deliver(outdated)).status == 200
    await anna.refresh()
    assert anna.modal is not None
    assert anna.modal.title == "Your sessions"


async def test_a_used_up_trigger_is_told_as_a_matter_of_time(stage: Stage) -> None:
    anna = stage.person()
    await anna.command("/sessions")
    again = await stage.deliver(stage.last_payload("command"), "command")
    assert "Slack gave up waiting" in again.payload()["text"]


async def removed(stage: Stage) -> None:
    """Carla is taken off the list of coaches; what is booked with her stays hers."""
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.remove(COACH)
        await uow.commit()


async def test_a_removed_coach_keeps_the_list_of_what_they_give(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    await removed(stage)
    carla = stage.person(COACH)
    await carla.command("/sessions")
    assert carla.modal is not None
    assert carla.modal.title == "Sessions you give"
    assert "Coaching with Anna Lee" in carla.modal.text
    await carla.click("As client")
    await carla.click("As coach")
    assert "Coaching with Anna Lee" in carla.modal.text


async def test_a_removed_coach_who_takes_sessions_too_finds_the_other_hat(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    await stage.world.grant(COACH)
    await stage.world.book(50 * H, client=COACH, coach=OTHER_COACH)
    await removed(stage)
    carla = stage.person(COACH)
    await carla.command("/sessions")
    assert carla.modal is not None
    assert "Coaching with Otto Other" in carla.modal.text
    await carla.click("Past")
    await carla.click("As coach")
    await carla.click("Upcoming")
    assert "Coaching with Anna Lee" in carla.modal.text


async def test_the_list_of_a_client_with_sessions_costs_no_look_at_what_they_give(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    await stage.person().command("/sessions")  # once it is read what newer blocks Slack takes
    asked: list[str] = []
    reader = stage.store.engines.reader.sync_engine
    event.listen(reader, "before_cursor_execute", lambda *args: asked.append(args[2]))
    await browse.list_sessions(stage.store, stage.clock, Actor(WORKSPACE, ANNA))
    least = list(asked)
    asked.clear()
    anna = stage.person()
    await anna.command("/sessions")
    assert least
    assert asked == least
