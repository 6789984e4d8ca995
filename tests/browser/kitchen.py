"""An app that shows everything Block Kit has, and keeps what people do to it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from playground.server import Playground
from tests.playground.kit import actions, button, home, modal, option, plain, section, text_input
from tests.support import patience

Json = dict[str, Any]
SECRET, TOKEN = "8f742231b10e8888abcd99yyyzzz85a5", "xoxb-kitchen"
MANIFEST: Json = {
    "display_information": {"name": "Kitchen"},
    "features": {
        "bot_user": {"display_name": "kitchen"},
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "slash_commands": [
            {"command": "/kitchen", "description": "Shows every input", "usage_hint": "[words]", "should_escape": True},
            {"command": "/kneel", "description": "Answers only its sender"},
            {"command": "/sleep", "description": "Answers too late"},
        ],
    },
    "oauth_config": {"scopes": {"bot": ["commands", "chat:write", "users:read", "im:write"]}},
    "settings": {"interactivity": {"is_enabled": True}, "event_subscriptions": {"bot_events": ["app_home_opened"]}},
}
SEED: Json = {
    "team": {"id": "T1", "name": "Tiny Team", "domain": "tiny-team"},
    "app": {"id": "A1", "bot_id": "B1", "bot_user_id": "UBOT"},
    "users": [
        {"id": "U1", "name": "anna", "real_name": "Anna Client", "tz": "America/New_York", "locale": "en-US"},
        {"id": "U2", "name": "ben", "real_name": "Ben Coach", "tz": "Europe/Berlin", "locale": "de-DE"},
        {"id": "U3", "name": "cora", "real_name": "Cora Admin", "is_admin": True},
    ],
    "channels": [
        {"id": "C1", "name": "general", "members": ["U1", "U2", "U3", "app"]},
        {"id": "C2", "name": "random", "members": ["U1", "U2"]},
        {"id": "C3", "name": "secret", "is_private": True, "members": ["U1", "U2", "app"]},
    ],
}
_GROUPS = [
    {"label": plain("Fruit"), "options": [option("Apple", "apple"), option("Pear", "pear")]},
    {"label": plain("Nuts"), "options": [option("Walnut", "walnut")]},
]
_CONFIRM = {
    "title": plain("Really?"),
    "text": plain("It cannot be undone."),
    "confirm": plain("Do it"),
    "deny": plain("Leave it"),
}
_RUN = {"type": "text", "text": "words"}


def _input(label: str, kind: str, **more: Any) -> Json:
    element = {"type": kind, "action_id": kind, **more}
    return {"type": "input", "block_id": f"b-{kind}", "label": plain(label), "element": element, "optional": True}


INPUTS: list[Json] = [
    text_input("Line", "line", element={"min_length": 2, "max_length": 20}),
    _input("Story", "plain_text_input", multiline=True),
    _input("Rich", "rich_text_input"),
    _input("E-mail", "email_text_input"),
    _input("Address", "url_text_input"),
    _input("Number", "number_input", is_decimal_allowed=False, min_value="1", max_value="9"),
    _input("Day", "datepicker"),
    _input("Time", "timepicker"),
    _input("Instant", "datetimepicker"),
    _input("One", "static_select", option_groups=_GROUPS),
    _input(
        "Several",
        "multi_static_select",
        options=[option(f"Option {n}", f"o{n}") for n in range(30)],
        max_selected_items=2,
    ),
    _input("From the app", "external_select", min_query_length=2),
    _input("Several from the app", "multi_external_select", min_query_length=0),
    _input("Person", "users_select"),
    _input("People", "multi_users_select"),
    _input("Channel", "channels_select"),
    _input("Channels", "multi_channels_select"),
    _input("Conversation", "conversations_select"),
    _input("Conversations", "multi_conversations_select"),
    _input("Boxes", "checkboxes", options=[option("Red", "red"), option("Green", "green"), option("Blue", "blue")]),
    _input("Radio", "radio_buttons", options=[option("North", "n"), option("South", "s")]),
]
BLOCKS: list[Json] = [
    {"type": "header", "text": plain("Everything at once")},
    section("*Bold* and _italic_ and ~gone~ and `code`", fields=[plain("Left"), plain("Right")]),
    section(
        "With a menu",
        accessory={"type": "overflow", "action_id": "menu", "options": [option("First", "1"), option("Second", "2")]},
    ),
    section(
        "With a picture", accessory={"type": "image", "image_url": "https://example.com/a.png", "alt_text": "A hill"}
    ),
    actions(
        button("Plain", "plain"),
        button("Good", "good", style="primary"),
        button("Bad", "bad", style="danger", confirm=_CONFIRM),
        {"type": "static_select", "action_id": "pick", "placeholder": plain("Pick one"), "option_groups": _GROUPS},
        {"type": "checkboxes", "action_id": "tick", "options": [option("Tea", "tea")]},
        {"type": "radio_buttons", "action_id": "turn", "options": [option("Left", "l"), option("Right", "r")]},
        {"type": "datepicker", "action_id": "day"},
        {
            "type": "workflow_button",
            "action_id": "flow",
            "text": plain("Flow"),
            "workflow": {"trigger": {"url": "https://example.com"}},
        },
        block_id="row",
    ),
    {"type": "divider"},
    {
        "type": "context",
        "elements": [
            plain("Small print"),
            {"type": "image", "image_url": "https://example.com/b.png", "alt_text": "Tiny"},
        ],
    },
    {"type": "image", "image_url": "https://example.com/c.png", "alt_text": "A lake", "title": plain("The lake")},
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    _RUN,
                    {"type": "link", "url": "https://example.com", "text": "link"},
                    {"type": "user", "user_id": "U1"},
                    {"type": "channel", "channel_id": "C1"},
                    {"type": "emoji", "name": "tada"},
                    {"type": "broadcast", "range": "here"},
                    {"type": "date", "timestamp": 1_790_000_000, "format": "{date_num}"},
                ],
            },
            {
                "type": "rich_text_list",
                "style": "ordered",
                "offset": 2,
                "elements": [{"type": "rich_text_section", "elements": [_RUN]}],
            },
            {"type": "rich_text_quote", "elements": [_RUN]},
            {"type": "rich_text_preformatted", "elements": [_RUN]},
        ],
    },
    {"type": "markdown", "text": "# Title\n**strong** [here](https://example.com)"},
    {
        "type": "video",
        "alt_text": "v",
        "title": plain("A film"),
        "thumbnail_url": "https://example.com/t.png",
        "video_url": "https://example.com/v",
    },
    {"type": "file", "external_id": "F-1", "source": "remote"},
    {"type": "call", "call_id": "R1"},
    {"type": "card", "title": plain("A card"), "body": plain("Its body"), "actions": [button("On the card", "carded")]},
    {"type": "carousel", "elements": [{"type": "card", "title": plain("In the carousel")}]},
    {"type": "container", "title": plain("A container"), "child_blocks": [section("Inside")]},
    {"type": "table", "rows": [[{"type": "raw_text", "text": "Cell"}]]},
    {
        "type": "data_table",
        "caption": "Numbers",
        "rows": [[{"type": "raw_text", "text": "Head"}], [{"type": "raw_number", "value": 7}]],
    },
    {
        "type": "data_visualization",
        "title": "A chart",
        "chart": {"type": "pie", "segments": [{"label": "a", "value": 1}]},
    },
    {"type": "plan", "title": "A plan", "tasks": [{"type": "task_card", "task_id": "t1", "title": "First task"}]},
    {"type": "task_card", "task_id": "t2", "title": "A task", "status": "complete"},
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "liked",
                "positive_button": {"text": plain("Yes"), "value": "y"},
                "negative_button": {"text": plain("No"), "value": "n"},
            },
            {"type": "icon_button", "action_id": "bin", "icon": "trash", "text": plain("Throw away")},
        ],
    },
]
"""Every block that a message takes."""


@dataclass(slots=True)
class Kitchen:
    """The playground, a client with the app's token, and what people did."""

    pg: Playground
    client: AsyncWebClient
    acted: list[Json] = field(default_factory=list)
    submitted: list[Json] = field(default_factory=list)

    async def post(self, channel: str = "C1", text: str = "text", blocks: list[Json] | None = None) -> str:
        """Post as the app; the message's ts."""
        return str((await self.client.chat_postMessage(channel=channel, text=text, blocks=blocks))["ts"])

    async def submit(self, ack: Any, view: Json) -> None:
        """Keep what was filled in; the modal with a word wants to hear please."""
        state = view["state"]["values"]
        self.submitted.append({action: value for block in state.values() for action, value in block.items()})
        if "word" not in state:
            await ack(response_action="update", view=modal(section("Thank you"), title=plain("Sent")))
        elif state["word"]["typed"]["value"] != "please":
            await ack(response_action="errors", errors={"word": "Say please"})
        else:
            await ack()


def _listen(app: AsyncApp, kitchen: Kitchen) -> None:
    """Wire the listeners; /sleep has none, and Bolt answers 404 to what nobody acknowledges."""

    async def everything(ack: Any, client: Any, body: Json) -> None:
        view = modal(*INPUTS, title=plain("Every input"), submit=plain("Send"))
        await client.views_open(trigger_id=body["trigger_id"], view=view)
        await ack()

    async def answer(ack: Any) -> None:
        await ack("Only for *you*")

    async def opened(event: Json, client: Any) -> None:
        blocks = [section("Welcome home"), actions(button("Push me", "push"))]
        await client.views_publish(user_id=event["user"], view=home(*blocks))

    async def push(ack: Any, client: Any, body: Json) -> None:
        blocks = [text_input("Word", "word"), actions(button("Deeper", "deeper"))]
        view = modal(*blocks, title=plain("First"), submit=plain("Go"))
        await client.views_open(trigger_id=body["trigger_id"], view=view)
        await ack()

    async def deeper(ack: Any, client: Any, body: Json) -> None:
        view = modal(section("Deep down"), title=plain("Second"))
        await client.views_push(trigger_id=body["trigger_id"], view=view)
        await ack()

    async def bad(ack: Any, respond: Any, body: Json) -> None:
        kitchen.acted += body["actions"]
        await ack()
        await respond(text="It is done", response_type="ephemeral", replace_original=False)

    async def acted(ack: Any, body: Json) -> None:
        kitchen.acted += body["actions"]
        await ack()

    async def suggest(ack: Any, body: Json) -> None:
        await ack(options=[option(f"{body['value']} {n}", f"x{n}") for n in range(3)])

    app.command("/kitchen")(everything)
    app.command("/kneel")(answer)
    app.event("app_home_opened")(opened)
    app.action("push")(push)
    app.action("deeper")(deeper)
    app.action("bad")(bad)
    app.action(re.compile(""))(acted)
    app.options(re.compile(""))(suggest)
    app.view("tiny")(kitchen.submit)


@asynccontextmanager
async def running() -> AsyncIterator[Kitchen]:
    """Serve playground and app until the block ends."""
    playground = Playground(
        MANIFEST, SEED, request_url=None, signing_secret=SECRET, bot_token=TOKEN, rate_limits=False, **patience.OF_SLACK
    )
    async with playground.serve() as pg:
        client = AsyncWebClient(token=TOKEN, base_url=pg.api_url, retry_handlers=[])
        app = AsyncApp(
            client=client, signing_secret=SECRET, process_before_response=True, raise_error_for_unhandled_request=False
        )
        kitchen = Kitchen(pg, client)
        _listen(app, kitchen)
        server = web.AppRunner(app.web_app("/slack/events"), access_log=None, shutdown_timeout=0.1)
        await server.setup()
        await web.TCPSite(server, "127.0.0.1", 0).start()
        pg.set_request_url(f"http://127.0.0.1:{server.addresses[0][1]}/slack/events")
        try:
            yield kitchen
        finally:
            await server.cleanup()
