"""Triggers, the stack of three, hashes, and what an update keeps."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.playground.conftest import Play, Stage
from tests.playground.kit import actions, button, home, modal, plain, section, text_input
from tests.playground.test_web_api import refusal

Json = dict[str, Any]


async def trigger(stage: Stage) -> str:
    """A trigger id fresh from a command that the app only acknowledged."""
    kept: list[str] = []

    async def keep(ack: Any, command: Json) -> None:
        kept.append(command["trigger_id"])
        await ack()

    stage.app.command("/plain")(keep)
    await stage.pg.person("U1").command("/plain")
    return kept[0]


async def test_a_trigger_opens_one_view(stage: Stage) -> None:
    trigger_id = await trigger(stage)
    await stage.client.views_open(trigger_id=trigger_id, view=modal())
    again = stage.client.views_open(trigger_id=trigger_id, view=modal())
    assert (await refusal(again))["error"] == "exchanged_trigger_id"
    made_up = stage.client.views_open(trigger_id="1.2.3", view=modal())
    assert (await refusal(made_up))["error"] == "invalid_trigger_id"


async def test_a_refused_view_does_not_use_the_trigger_up(stage: Stage) -> None:
    trigger_id = await trigger(stage)
    bad = stage.client.views_open(trigger_id=trigger_id, view=modal(title=plain("x" * 25)))
    answer = await refusal(bad)
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]
    assert (await stage.client.views_open(trigger_id=trigger_id, view=modal()))["ok"]


async def test_a_trigger_expires_by_the_wall_clock(play: Play) -> None:
    async with play(trigger_seconds=0.0) as stage:
        late = stage.client.views_open(trigger_id=await trigger(stage), view=modal())
        assert (await refusal(late))["error"] == "expired_trigger_id"


async def test_three_views_are_a_stack_and_a_fourth_is_refused(stage: Stage) -> None:
    refused: list[str] = []
    stacked = modal(actions(button("More", "more")))

    @stage.app.action("more")
    async def more(ack: Any, body: Json, client: AsyncWebClient) -> None:
        try:
            await client.views_push(trigger_id=body["trigger_id"], view=stacked)
        except SlackApiError as error:
            refused.append(error.response["error"])
        await ack()

    opened = await stage.client.views_open(trigger_id=await trigger(stage), view=stacked)
    anna = stage.pg.person("U1")
    await anna.click("More")
    await anna.click("More")
    ids = [view.id for view in anna.modals]
    assert [view.data["root_view_id"] for view in anna.modals] == [opened["view"]["id"]] * 3
    assert [view.data["previous_view_id"] for view in anna.modals] == [None, ids[0], ids[1]]
    assert refused == []
    await anna.click("More")
    assert (refused, len(anna.modals)) == (["push_limit_reached"], 3)
    with pytest.raises(Exception, match="another view is on top"):
        await anna.post("people/U1/act", {"target": {"view_id": ids[0], "action_id": "more"}})
    await anna.close()
    assert [view.id for view in anna.modals] == ids[:2]


async def test_a_push_needs_a_trigger_from_within_a_modal(stage: Stage) -> None:
    answer = await refusal(stage.client.views_push(trigger_id=await trigger(stage), view=modal()))
    assert "root view whose stack" in answer["response_metadata"]["messages"][0]


async def test_an_update_with_an_old_hash_is_a_conflict(stage: Stage) -> None:
    opened = (await stage.client.views_open(trigger_id=await trigger(stage), view=modal()))["view"]
    updated = await stage.client.views_update(view_id=opened["id"], hash=opened["hash"], view=modal(title=plain("Two")))
    assert updated["view"]["hash"] != opened["hash"]
    stale = stage.client.views_update(view_id=opened["id"], hash=opened["hash"], view=modal(title=plain("Three")))
    assert (await refusal(stale))["error"] == "hash_conflict"
    assert (await stage.client.views_update(view_id=opened["id"], view=modal(title=plain("Four"))))["ok"]
    assert (await refusal(stage.client.views_update(view_id="V9", view=modal())))["error"] == "not_found"


async def test_what_was_typed_survives_only_under_unchanged_ids(stage: Stage) -> None:
    def form(first: str, second: str) -> Json:
        inputs = (text_input("One", first), text_input("Two", "fixed", second))
        return modal(*inputs, submit=plain("Go"))

    opened = (await stage.client.views_open(trigger_id=await trigger(stage), view=form("a", "x")))["view"]
    anna = stage.pg.person("U1")
    await anna.fill("One", "first")
    await anna.fill("Two", "second")
    await stage.client.views_update(view_id=opened["id"], view=form("a", "x"))
    await anna.refresh()
    assert anna.modal is not None
    assert anna.modal.lines == ["One", "[first]", "Two", "[second]"]
    await stage.client.views_update(view_id=opened["id"], view=form("b", "y"))
    await anna.refresh()
    assert anna.modal.lines == ["One", "[]", "Two", "[]"]


async def test_an_external_id_finds_its_view_and_is_unique(stage: Stage) -> None:
    await stage.client.views_open(trigger_id=await trigger(stage), view=modal(external_id="one"))
    named = modal(external_id="one", title=plain("Renamed"))
    assert (await stage.client.views_update(external_id="one", view=named))["view"]["title"]["text"] == "Renamed"
    published = stage.client.views_publish(user_id="U1", view={**home(), "external_id": "one"})
    assert (await refusal(published))["error"] == "duplicate_external_id"


async def test_a_home_is_published_for_one_person_and_has_a_hash(stage: Stage) -> None:
    first = (await stage.client.views_publish(user_id="U1", view=home()))["view"]
    await stage.client.views_publish(user_id="U1", hash=first["hash"], view=home(section("New")))
    stale = stage.client.views_publish(user_id="U1", hash=first["hash"], view=home())
    assert (await refusal(stale))["error"] == "hash_conflict"
    anna = await stage.pg.person("U1").refresh()
    assert anna.shown_home is not None
    assert anna.shown_home.lines == ["New"]
    assert (await stage.pg.person("U2").refresh()).shown_home is None
    assert (await refusal(stage.client.views_publish(user_id="U9", view=home())))["error"] == "invalid_arguments"


async def test_ids_that_the_app_left_out_are_made_up(stage: Stage) -> None:
    unnamed = {"type": "button", "text": plain("B")}
    shown = (await stage.client.views_open(trigger_id=await trigger(stage), view=modal(actions(unnamed))))["view"]
    block = shown["blocks"][0]
    assert block["block_id"]
    assert block["elements"][0]["action_id"]
    assert block["elements"][0]["text"]["emoji"] is True
