"""Block Kit checks as strict as Slack's, for blocks on each surface and for whole messages.

`check_blocks` returns Slack's error messages, each with its JSON pointer. An empty list means that Slack would accept
the blocks.
"""

from collections.abc import Collection
from typing import Literal

from playground.data_blocks import CHARTS, TABLE, data_table, data_visualization
from playground.elements import BUTTON, ELEMENTS, IN_ACTIONS, IN_INPUT, IN_SECTION, MODAL_ONLY, allowed
from playground.json_types import Json, JsonObject
from playground.objects import (
    BLOCK_ID,
    SLACK_FILE,
    TYPE,
    Check,
    Errors,
    boolean,
    by_type,
    fail,
    items,
    one_of,
    plain,
    record,
    string,
    text,
)
from playground.rich_text import RICH_TEXT

Surface = Literal["message", "modal", "home"]
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MARKDOWN_TOTAL = 12_000
MESSAGE_CHARACTERS = 12_000
"""The most characters in all blocks of a message (slackapi/bolt-js 2509). Answers by response_url may have more."""

_BLOCK = {**TYPE}
_IMAGE_ELEMENT = allowed({"image"})
_CONTEXT_ITEM = by_type(
    {
        "image": ELEMENTS["image"],
        "plain_text": record({**TYPE, "text": string(3000, 1)}, {"emoji": boolean}),
        "mrkdwn": record({**TYPE, "text": string(3000, 1)}, {"verbatim": boolean}),
    }
)


def _either(check: Check, *names: str, words: str) -> Check:
    """Check an object that must have at least one of `names`."""

    def whole(value: Json, pointer: str, errors: Errors) -> None:
        check(value, pointer, errors)
        if isinstance(value, dict) and not any(name in value for name in names):
            fail(errors, words, pointer)

    return whole


def _image_block(value: Json, pointer: str, errors: Errors) -> None:
    _IMAGE_FIELDS(value, pointer, errors)
    if isinstance(value, dict) and ("image_url" in value) == ("slack_file" in value):
        fail(errors, "must provide exactly one of image_url or slack_file", pointer)


_IMAGE_FIELDS = record(
    {**_BLOCK, "alt_text": string(2000, 1)},
    {**BLOCK_ID, "image_url": string(3000, 1), "slack_file": SLACK_FILE, "title": plain(2000)},
)


def _input_block(value: Json, pointer: str, errors: Errors) -> None:
    _INPUT_FIELDS(value, pointer, errors)
    element = value.get("element")
    if value.get("dispatch_action") and isinstance(element, dict) and element.get("type") == "file_input":
        fail(errors, "unsupported type: file_input", f"{pointer}/element/type")


_INPUT_FIELDS = record(
    {**_BLOCK, "label": plain(2000), "element": allowed(IN_INPUT)},
    {**BLOCK_ID, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
)

_CARD_IMAGE = _IMAGE_ELEMENT
CARD = _either(
    record(
        _BLOCK,
        {
            **BLOCK_ID,
            "hero_image": _CARD_IMAGE,
            "icon": _CARD_IMAGE,
            "slack_icon": record({**TYPE, "name": string(255, 1)}),
            "title": text(150),
            "subtitle": text(150),
            "body": text(200),
            "actions": items(by_type({"button": BUTTON}), most=3),
        },
    ),
    "hero_image",
    "title",
    "actions",
    "body",
    words="must provide at least one of hero_image, title, actions, or body",
)
_TASK = record(
    {**_BLOCK, "task_id": string(255, 1), "title": string(3000, 1)},
    {
        **BLOCK_ID,
        "details": RICH_TEXT,
        "output": RICH_TEXT,
        "sources": items(ELEMENTS["url"]),
        "status": one_of("pending", "in_progress", "complete", "error"),
    },
)


def _child_blocks(value: Json, pointer: str, errors: Errors) -> None:
    _CHILDREN(value, pointer, errors)


BLOCKS: dict[str, Check] = {
    "actions": record({**_BLOCK, "elements": items(allowed(IN_ACTIONS), most=25)}, BLOCK_ID),
    "alert": record(
        {**_BLOCK, "text": text(200)},
        {**BLOCK_ID, "level": one_of("default", "info", "warning", "error", "success")},
    ),
    "call": record({**_BLOCK, "call_id": string(255, 1)}, {**BLOCK_ID, "api_decoration_available": boolean}),
    "card": CARD,
    "carousel": record({**_BLOCK, "elements": items(by_type({"card": CARD}), most=10)}, BLOCK_ID),
    "container": _either(
        record(
            {**_BLOCK, "child_blocks": _child_blocks},
            {
                **BLOCK_ID,
                "title": plain(150),
                "rich_text_title": RICH_TEXT,
                "subtitle": text(150),
                "width": one_of("narrow", "standard", "wide", "full"),
                "icon": _IMAGE_ELEMENT,
                "is_collapsible": boolean,
                "default_collapsed": boolean,
                "has_header_divider": boolean,
            },
        ),
        "title",
        "rich_text_title",
        words="missing required field: title",
    ),
    "context": record({**_BLOCK, "elements": items(_CONTEXT_ITEM, most=10)}, BLOCK_ID),
    "context_actions": record(
        {**_BLOCK, "elements": items(allowed({"feedback_buttons", "icon_button"}), most=5)}, BLOCK_ID
    ),
    "data_table": data_table,
    "data_visualization": data_visualization,
    "divider": record(_BLOCK, BLOCK_ID),
    "file": record({**_BLOCK, "external_id": string(255, 1), "source": one_of("remote")}, BLOCK_ID),
    "header": record({**_BLOCK, "text": plain(150)}, {**BLOCK_ID}),
    "image": _image_block,
    "input": _input_block,
    "markdown": record({**_BLOCK, "text": string(MARKDOWN_TOTAL, 1)}, BLOCK_ID),
    "plan": record({**_BLOCK, "title": string(3000, 1)}, {**BLOCK_ID, "tasks": items(_TASK)}),
    "rich_text": RICH_TEXT,
    "section": _either(
        record(
            _BLOCK,
            {
                **BLOCK_ID,
                "text": text(3000),
                "fields": items(text(2000), most=10),
                "accessory": allowed(IN_SECTION),
                "expand": boolean,
            },
        ),
        "text",
        "fields",
        words="must define either `text` or `fields`",
    ),
    "table": TABLE,
    "task_card": _TASK,
    "video": record(
        {
            **_BLOCK,
            "alt_text": string(2000, 1),
            "title": plain(200),
            "thumbnail_url": string(3000, 1),
            "video_url": string(3000, 1),
        },
        {
            **BLOCK_ID,
            "author_name": string(50),
            "description": plain(200),
            "provider_icon_url": string(3000),
            "provider_name": string(50),
            "title_url": string(3000),
        },
    ),
}
"""Every block by its type."""

_EVERYWHERE = {"actions", "card", "context", "divider", "header", "image", "input", "rich_text", "section", "video"}
_MESSAGE_ONLY = {
    "call",
    "container",
    "context_actions",
    "data_visualization",
    "file",
    "markdown",
    "plan",
    "task_card",
}
_NOT_IN_MODALS = {"carousel", "data_table", "table"}
SURFACES: dict[Surface, frozenset[str]] = {
    "message": frozenset(_EVERYWHERE | _NOT_IN_MODALS | _MESSAGE_ONLY),
    "modal": frozenset(_EVERYWHERE | {"alert"}),
    "home": frozenset(_EVERYWHERE | _NOT_IN_MODALS),
}
"""The block types that each surface accepts."""

_BY_SURFACE = {surface: by_type({kind: BLOCKS[kind] for kind in kinds}) for surface, kinds in SURFACES.items()}
_IN_CONTAINER = {
    "actions",
    "context",
    "divider",
    "file",
    "header",
    "image",
    "rich_text",
    "section",
    "table",
    "video",
}
_CHILDREN = items(by_type({kind: BLOCKS[kind] for kind in _IN_CONTAINER}), most=10)
NEWER = frozenset({"alert", "card", "carousel", "container", "data_table", "data_visualization", "table"})
"""The blocks that workspaces got one after the other."""


def check_blocks(blocks: Json, surface: Surface, pointer: str = "/blocks", without: Collection[str] = ()) -> Errors:
    """Return everything that Slack would refuse in a list of blocks on `surface`.

    `without` are block types that the workspace does not have yet.
    """
    errors: Errors = []
    most = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    if not isinstance(blocks, list):
        fail(errors, "must provide an array", pointer)
        return errors
    if len(blocks) > most:
        fail(errors, f"no more than {most} items allowed", pointer)
        return errors
    check = _BY_SURFACE[surface]
    for index, block in enumerate(blocks):
        if without and isinstance(block, dict) and block.get("type") in without:
            fail(errors, f"unsupported type: {block['type']}", f"{pointer}/{index}/type")
            continue
        check(block, f"{pointer}/{index}", errors)
    if sum(block["type"] == "data_visualization" for block in blocks if not errors) > CHARTS:
        fail(errors, f"no more than {CHARTS} charts allowed", pointer)
    if not errors:
        _unique(blocks, surface, pointer, errors)
    return errors


def _unique(blocks: list[JsonObject], surface: Surface, pointer: str, errors: Errors) -> None:
    """Check for duplicate ids, and for elements that the surface does not accept."""
    seen: set[str] = set()
    focused: list[str] = []
    markdown = 0
    for index, block in enumerate(blocks):
        here = f"{pointer}/{index}"
        _once(block, "block_id", seen, here, errors)
        if block["type"] == "markdown":
            markdown += len(block["text"])
        actions: set[str] = set()
        for element, path in elements_of(block):
            _once(element, "action_id", actions, f"{here}{path}", errors)
            if element["type"] in MODAL_ONLY and surface != "modal":
                fail(errors, f"unsupported type: {element['type']}", f"{here}{path}/type")
            if element.get("focus_on_load"):
                focused.append(f"{here}{path}/focus_on_load")
    for path in focused[1:]:
        fail(errors, "only one element may have `focus_on_load`", path)
    if markdown > MARKDOWN_TOTAL:
        fail(errors, f"must be less than {MARKDOWN_TOTAL + 1} characters", pointer)


def _once(item: JsonObject, name: str, seen: set[str], pointer: str, errors: Errors) -> None:
    value = item.get(name)
    if value is None:
        return
    if value in seen:
        fail(errors, f'`{name}` "{value}" already exists', f"{pointer}/{name}")
    seen.add(value)


def elements_of(block: JsonObject) -> list[tuple[JsonObject, str]]:
    """Return the elements of a block, each with its pointer inside the block."""
    kind = block.get("type")
    if kind in ("actions", "context_actions"):
        return [(element, f"/elements/{index}") for index, element in enumerate(block["elements"])]
    if kind == "input":
        return [(block["element"], "/element")]
    if kind == "section" and "accessory" in block:
        return [(block["accessory"], "/accessory")]
    if kind == "card":
        return [(element, f"/actions/{index}") for index, element in enumerate(block.get("actions", ()))]
    nested = {"carousel": "elements", "container": "child_blocks"}.get(str(kind))
    if nested is None:
        return []
    return [
        (element, f"/{nested}/{index}{path}")
        for index, child in enumerate(block[nested])
        for element, path in elements_of(child)
    ]


def blocks_too_long(blocks: Json) -> bool:
    """Return whether a message's blocks have more characters in all than Slack accepts (`msg_blocks_too_long`)."""
    return _characters(blocks) > MESSAGE_CHARACTERS


def _characters(node: Json) -> int:
    if isinstance(node, list):
        return sum(_characters(item) for item in node)
    if not isinstance(node, dict):
        return 0
    return sum(len(v) if k == "text" and isinstance(v, str) else _characters(v) for k, v in node.items())
