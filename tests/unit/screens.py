"""What tests of screens ask of a view: whether Slack takes it, its words, its buttons."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from coaching.records import Viewer
from handlers.meta import Meta
from playground.mrkdwn import pings
from playground.whole_views import check_view, view_too_large

Json = dict[str, Any]
META = Meta(subject="U0ANNA", draft="d" * 28, page=9999, round=9999)
PLACES = (("America/New_York", "en-US"), ("Asia/Kathmandu", "hi-IN"), ("Africa/Cairo", "ar-EG"), ("nowhere", "de-DE"))


def refused(view: Json) -> list[str]:
    """What Slack would refuse, and whom it would ping."""
    surface = "home" if view["type"] == "home" else "modal"
    errors = check_view(json.loads(json.dumps(view)), surface)  # type: ignore[arg-type]
    if not errors and view_too_large(view):
        errors.append("view too large")
    return errors + [f"pings {who}" for text in formatted(view) for who in pings(text)]


def formatted(node: object) -> Iterator[str]:
    """Every text in which markup counts."""
    if isinstance(node, dict):
        if node.get("type") == "mrkdwn":
            yield node["text"]
        for value in node.values():
            yield from formatted(value)
    elif isinstance(node, list):
        for value in node:
            yield from formatted(value)


def everywhere(viewer: Viewer) -> list[Viewer]:
    return [replace(viewer, person=replace(viewer.person, time_zone=zone, locale=at)) for zone, at in PLACES]


def words(view: Json) -> str:
    """All the text of a view."""
    found: list[str] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("text"), str):
                found.append(node["text"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(view)
    return "\n".join(found)


def elements(view: Json, action_id: str) -> list[Json]:
    found = []
    for block in view["blocks"]:
        inside = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        found += [element for element in inside if element and element.get("action_id") == action_id]
    return found
