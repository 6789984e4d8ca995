"""A person and an app, through signed HTTP and the Web API, as either would see it."""

from typing import Any

from tests.playground.conftest import Stage

Json = dict[str, Any]


def _modal(*blocks: Json, **more: Any) -> Json:
    return {
        "type": "modal",
        "callback_id": "tiny",
        "title": {"type": "plain_text", "text": "Tiny modal"},
        "blocks": list(blocks) or [_section("Hello *there*")],
        **more,
    }


def _section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def _button(label: str, action_id: str, value: str = "v", **more: Any) -> Json:
    text = {"type": "plain_text", "text": label}
    return {"type": "button", "text": text, "action_id": action_id, "value": value, **more}


async def test_a_command_opens_a_modal_that_the_person_reads(stage: Stage) -> None:
    seen: list[Json] = []

    @stage.app.command("/tiny")
    async def tiny(ack: Any, command: Json, client: Any) -> None:
        seen.append(command)
        await client.views_open(trigger_id=command["trigger_id"], view=_modal())
        await ack()

    anna = stage.pg.person("U1")
    done = await anna.command("/tiny  two words ")

    assert done["error"] is None
    assert anna.modal is not None
    assert (anna.modal.title, anna.modal.lines) == ("Tiny modal", ["Hello there"])
    assert {name: seen[0][name] for name in ("command", "text", "user_id", "team_id", "channel_name")} == {
        "command": "/tiny",
        "text": "two words",
        "user_id": "U1",
        "team_id": "T1",
        "channel_name": "directmessage",
    }
