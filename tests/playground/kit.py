"""Small builders of Block Kit for these tests."""

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(label: str, action_id: str, value: str = "v", **more: Any) -> Json:
    return {"type": "button", "text": plain(label), "action_id": action_id, "value": value, **more}


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def option(label: str, value: str) -> Json:
    return {"text": plain(label), "value": value}


def options(count: int) -> list[Json]:
    return [option(f"Option {n}", f"o{n}") for n in range(count)]


def text_input(label: str, block_id: str, action_id: str = "typed", **more: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": action_id, **more.pop("element", {})}
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element, **more}


def modal(*blocks: Json, **more: Any) -> Json:
    content = list(blocks) or [section("Hello *there*")]
    return {"type": "modal", "callback_id": "tiny", "title": plain("Tiny modal"), "blocks": content, **more}


def home(*blocks: Json) -> Json:
    return {"type": "home", "blocks": list(blocks) or [section("At home")]}
