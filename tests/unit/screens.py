"""What tests of screens ask of a view: whether Slack takes it, its words, its buttons."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from coaching.records import Viewer
from handlers.meta import Meta
from handlers.views.newer import NONE, fitted
from playground.mrkdwn import pings
from playground.whole_views import check_view, view_too_large

Json = dict[str, Any]
META = Meta(subject="U0ANNA", draft="d" * 28, page=9999, round=9999)
PLACES = (("America/New_York", "en-US"), ("Asia/Kathmandu", "hi-IN"), ("Africa/Cairo", "ar-EG"), ("nowhere", "de-DE"))


def in_both_forms(content: Json) -> list[Json]:
    """A view or message for a Slack that takes newer blocks, and for one that does not, as they are sent."""
    return [json.loads(json.dumps(form)) for form in (content, fitted(content, NONE))]


def refused(view: Json) -> list[str]:
    """What Slack would refuse in either form, and whom it would ping."""
    surface = "home" if view["type"] == "home" else "modal"
    found = []
    for form in in_both_forms(view):
        errors = check_view(form, surface)  # type: ignore[arg-type]
        if not errors and view_too_large(form):
            errors.append("view too large")
        found += errors + [f"pings {who}" for text in formatted(form) for who in pings(text)]
    return found


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
        inside = [*block.get("elements", []), *block.get("actions", []), block.get("accessory"), block.get("element")]
        found += [element for element in inside if element and element.get("action_id") == action_id]
    return found
