"""A person and an app, through signed HTTP and the Web API, as either would see it."""

import asyncio
from typing import Any

import pytest

from playground.errors import PersonError
from playground.people import WARNING
from tests.playground.conftest import Play, Stage
from tests.playground.kit import actions, button, home, modal, option, options, plain, section
from tests.support import patience

Json = dict[str, Any]


def keeping(stage: Stage, *action_ids: str) -> list[Json]:
    """Acknowledge these actions and keep their payloads."""
    kept: list[Json] = []

    async def keep(ack: Any, body: Json) -> None:
        kept.append(body)
        await ack()

    for action_id in action_ids:
        stage.app.action(action_id)(keep)
    return kept


async def test_a_command_opens_a_modal_that_the_person_reads(stage: Stage) -> None:
    seen: list[Json] = []

    @stage.app.command("/tiny")
    async def tiny(ack: Any, command: Json, client: Any) -> None:
        seen.append(command)
        await client.views_open(trigger_id=command["trigger_id"], view=modal())
        await ack()

    anna = stage.pg.person("U1")
    done = await anna.command("/tiny  two words ")

    assert done["error"] is None
    assert anna.modal is not None
    assert (anna.modal.title, anna.modal.lines) == ("Tiny modal", ["Hello there"])
    expected = {
        "command": "/tiny",
        "text": "two words",
        "user_id": "U1",
        "user_name": "anna",
        "team_id": "T1",
        "team_domain": "tiny-team",
        "channel_name": "directmessage",
        "api_app_id": "A1",
        "is_enterprise_install": "false",
    }
    assert expected.items() <= seen[0].items()
    assert "enterprise_id" not in seen[0]
    assert seen[0]["response_url"].startswith(f"{stage.pg.url}/commands/T1/")


async def test_a_global_shortcut_brings_a_trigger_and_no_place_to_answer_in(stage: Stage) -> None:
    seen: list[Json] = []

    @stage.app.global_shortcut("tiny_things")
    async def tiny(ack: Any, body: Json, client: Any) -> None:
        seen.append(body)
        await client.views_open(trigger_id=body["trigger_id"], view=modal())
        await ack()

    anna = stage.pg.person("U1")
    assert (await anna.shortcut("Tiny things"))["error"] is None
    assert anna.modal is not None
    assert anna.modal.title == "Tiny modal"
    expected = {"type": "shortcut", "callback_id": "tiny_things", "api_app_id": "A1", "is_enterprise_install": False}
    assert expected.items() <= seen[0].items()
    assert (seen[0]["user"]["id"], seen[0]["team"]["id"]) == ("U1", "T1")
    assert not {"channel", "response_url", "message", "view"} & seen[0].keys()
    for name in ("About this", "nothing"):
        with pytest.raises(PersonError, match="the app has no shortcut"):
            await anna.shortcut(name)


async def test_names_are_escaped_only_where_the_manifest_says_so(stage: Stage) -> None:
    seen: list[str] = []

    async def keep(ack: Any, command: Json) -> None:
        seen.append(command["text"])
        await ack()

    stage.app.command("/tiny")(keep)
    stage.app.command("/plain")(keep)
    anna = stage.pg.person("U1")
    await anna.command("/tiny tell @ben in #general a<b & me@ben")
    await anna.command("/plain tell @ben a<b")

    assert seen == ["tell <@U2|ben> in <#C1|general> a&lt;b &amp; me@ben", "tell @ben a&lt;b"]


async def test_an_undeclared_command_never_reaches_the_app(stage: Stage) -> None:
    anna = stage.pg.person("U1")
    done = await anna.command("/foo bar", channel="general")

    assert done["error"] == "not_a_command"
    answer = (await anna.channel("general"))[-1]
    assert answer.text.startswith("/foo is not a valid command. In Slack, all messages that start with")
    assert answer.ephemeral
    assert await anna.traffic(direction="to_app") == []
    assert await stage.pg.person("U2").channel("general") == []


@pytest.mark.parametrize(
    ("body", "seen_by_others"),
    [({"text": "Hi"}, False), ({"text": "Hi", "response_type": "in_channel"}, True), ("Hi", False)],
)
async def test_an_answer_to_a_command_is_shown_to_whom_it_says(stage: Stage, body: Any, seen_by_others: bool) -> None:
    @stage.app.command("/tiny")
    async def tiny(ack: Any) -> None:
        await ack(body)

    anna, ben = stage.pg.person("U1"), stage.pg.person("U2")
    await anna.command("/tiny", channel="general")

    assert [message.text for message in await anna.channel("general")] == ["Hi"]
    assert [message.text for message in await ben.channel("general")] == (["Hi"] if seen_by_others else [])


async def test_a_click_in_a_message_carries_what_slack_sends(stage: Stage) -> None:
    kept = keeping(stage, "press")
    posted = await stage.client.chat_postMessage(
        channel="U1", text="Choose", blocks=[section("One"), actions(button("Press", "press", "one"), block_id="row")]
    )
    anna = stage.pg.person("U1")
    await anna.click("Press")

    body = kept[0]
    assert body["type"] == "block_actions"
    assert body["container"] == {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": posted["channel"],
        "is_ephemeral": False,
    }
    assert body["user"] == {"id": "U1", "username": "anna", "name": "anna", "team_id": "T1"}
    assert body["team"] == {"id": "T1", "domain": "tiny-team"}
    assert body["message"]["ts"] == posted["ts"]
    assert body["state"] == {"values": {}}
    assert body["response_url"].startswith(f"{stage.pg.url}/actions/T1/")
    action = body["actions"][0]
    assert float(action.pop("action_ts")) > float(posted["ts"])
    assert action == {
        "type": "button",
        "action_id": "press",
        "block_id": "row",
        "value": "one",
        "text": {"type": "plain_text", "text": "Press", "emoji": True},
    }


async def test_near_tells_equal_buttons_apart(stage: Stage) -> None:
    kept = keeping(stage, "go")
    blocks = [
        section("First", accessory=button("Go", "go", "in first")),
        section("Second"),
        actions(button("Go", "go", "below second")),
        {"type": "divider"},
        actions(button("Go", "go", "apart")),
    ]
    await stage.client.chat_postMessage(channel="U1", text="x", blocks=blocks)
    anna = stage.pg.person("U1")

    await anna.click("Go", near="First")
    await anna.click("Go", near="Second")
    await anna.click("Go", index=2)
    assert [body["actions"][0]["value"] for body in kept] == ["in first", "below second", "apart"]
    with pytest.raises(PersonError, match="there are 3 of button Go"):
        await anna.click("Go")
    with pytest.raises(PersonError, match="no button Stop"):
        await anna.click("Stop")


async def test_a_confirm_dialog_must_be_accepted(stage: Stage) -> None:
    kept = keeping(stage, "drop")
    confirm = {"title": plain("Sure?"), "text": plain("It is gone then."), "confirm": plain("Yes"), "deny": plain("No")}
    await stage.client.chat_postMessage(
        channel="U1", text="x", blocks=[actions(button("Drop", "drop", confirm=confirm))]
    )
    anna = stage.pg.person("U1")

    with pytest.raises(PersonError, match=r"It is gone then\."):
        await anna.click("Drop")
    assert kept == []
    await anna.click("Drop", confirm=True)
    assert len(kept) == 1


async def test_choices_reach_the_app_as_slack_sends_them(stage: Stage) -> None:
    kept = keeping(stage, "more", "menu", "many", "boxes", "radio", "day", "who")
    boxes = {"type": "checkboxes", "action_id": "boxes", "options": options(3), "initial_options": options(1)}
    blocks = [
        section("Menus", accessory={"type": "overflow", "action_id": "more", "options": [option("Details", "d1")]}),
        actions(
            {"type": "static_select", "action_id": "menu", "options": [option("Red", "r"), option("Blue", "b")]},
            boxes,
            {"type": "radio_buttons", "action_id": "radio", "options": [option("Yes", "y"), option("No", "n")]},
            {"type": "datepicker", "action_id": "day", "initial_date": "2026-01-31"},
            {"type": "users_select", "action_id": "who"},
            block_id="row",
        ),
        section(
            "Colours",
            accessory={
                "type": "multi_static_select",
                "action_id": "many",
                "max_selected_items": 2,
                "options": [option("Cyan", "c"), option("Pink", "p"), option("Gray", "g")],
            },
        ),
    ]
    await stage.client.chat_postMessage(channel="U1", text="x", blocks=blocks)
    anna = stage.pg.person("U1")
    await anna.choose("Details", near="Menus")
    await anna.choose("Blue")
    await anna.tick("Option 2")
    await anna.choose("No")
    await anna.choose("Ben Coach", action_id="who")
    await anna.choose(["Pink", "Cyan"])

    chosen = [body["actions"][0] for body in kept]
    assert chosen[0]["selected_option"]["value"] == "d1"
    assert chosen[1]["selected_option"]["value"] == "b"
    assert [item["value"] for item in chosen[2]["selected_options"]] == ["o0", "o2"]
    assert chosen[3]["selected_option"]["value"] == "n"
    assert chosen[4]["selected_user"] == "U2"
    assert [item["value"] for item in chosen[5]["selected_options"]] == ["p", "c"]
    assert kept[5]["state"]["values"]["row"]["day"] == {"type": "datepicker", "selected_date": "2026-01-31"}
    with pytest.raises(PersonError, match="at most 2"):
        await anna.choose(["Pink", "Cyan", "Gray"])
    with pytest.raises(PersonError, match="no option 'Green'"):
        await anna.choose("Green")


async def test_the_control_api_refuses_an_option_that_is_not_offered(stage: Stage) -> None:
    menu = {"type": "static_select", "action_id": "menu", "options": options(1)}
    posted = await stage.client.chat_postMessage(channel="U1", text="x", blocks=[actions(menu)])
    target = {"channel": posted["channel"], "ts": posted["ts"], "action_id": "menu"}
    anna = stage.pg.person("U1")
    with pytest.raises(PersonError, match="'o7' is not among the options: o0"):
        await anna.post("people/U1/act", {"target": target, "choice": "o7"})
    with pytest.raises(PersonError, match="is not in directmessage"):
        await anna.post("people/U2/act", {"target": target, "choice": "o0"})


async def test_two_people_and_a_double_click_are_all_delivered(stage: Stage) -> None:
    arrived: list[str] = []
    all_there = asyncio.Event()

    @stage.app.action("press")
    async def press(ack: Any, body: Json, client: Any) -> None:
        arrived.append(body["user"]["id"])
        if len(arrived) == 3:
            all_there.set()
        await asyncio.wait_for(all_there.wait(), patience.SECONDS)
        await client.views_open(trigger_id=body["trigger_id"], view=modal(title=plain(body["user"]["name"])))
        await ack()

    await stage.client.chat_postMessage(channel="C1", text="x", blocks=[actions(button("Press", "press"))])
    anna, ben = stage.pg.person("U1"), stage.pg.person("U2")
    done = await asyncio.gather(anna.click("Press"), anna.click("Press"), ben.click("Press"))
    await anna.refresh()

    assert [result["error"] for result in done] == [None] * 3
    assert sorted(arrived) == ["U1", "U1", "U2"]
    assert [view.title for person in (anna, ben) for view in person.modals] == ["anna", "ben"]


async def test_the_home_is_published_when_it_is_opened(stage: Stage) -> None:
    @stage.app.event("app_home_opened")
    async def opened(event: Json, client: Any) -> None:
        await client.views_publish(user_id=event["user"], view=home(section(f"Hello <@{event['user']}>")))

    anna = stage.pg.person("U1")
    assert (await anna.home()).lines == ["Hello @Anna Client"]


async def test_options_come_from_the_app_and_are_checked(stage: Stage) -> None:
    kept = keeping(stage, "city")
    answer: Json = {"options": [option("Berlin", "ber"), option("Bern", "brn")]}

    @stage.app.options("city")
    async def cities(ack: Any) -> None:
        await ack(**answer)

    menu = {"type": "external_select", "action_id": "city", "min_query_length": 2}
    await stage.client.chat_postMessage(channel="U1", text="x", blocks=[section("City", accessory=menu)])
    anna = stage.pg.person("U1")
    await anna.search("be", "Bern")
    assert kept[0]["actions"][0]["selected_option"]["value"] == "brn"
    with pytest.raises(PersonError, match="at least 2 characters"):
        await anna.search("b", "Bern")
    with pytest.raises(PersonError, match="'Bonn' is not among the options"):
        await anna.search("be", "Bonn")
    answer["options"] = options(101)
    with pytest.raises(PersonError, match="could not be loaded"):
        await anna.search("be", "Bern")


async def test_a_failed_click_shows_a_small_warning(play: Play) -> None:
    async with play(request_url="http://127.0.0.1:9/closed") as stage:
        await stage.client.chat_postMessage(channel="U1", text="x", blocks=[actions(button("Press", "press"))])
        anna = stage.pg.person("U1")
        done = await anna.click("Press")
        assert done["error"] == "dispatch_failed"
        assert (await anna.dms())[-1].warning == WARNING


async def test_channels_can_be_left_archived_and_joined(stage: Stage) -> None:
    anna, ben = stage.pg.person("U1"), stage.pg.person("U2")
    with pytest.raises(PersonError, match="is private"):
        await anna.join("secret")
    await ben.invite("U1", "secret")
    await anna.say("secret", "Hello @ben and @channel")
    seen = (await ben.channel("secret"))[-1]
    assert (seen.text, seen.pings, seen.sender) == ("Hello @Ben Coach and @channel", ["U2", "channel"], "Anna Client")
    await anna.leave("secret")
    with pytest.raises(PersonError, match="not in secret"):
        await anna.say("secret", "Still there?")
    await ben.archive("secret")
    with pytest.raises(PersonError, match="secret is archived"):
        await ben.say("secret", "Alone")
