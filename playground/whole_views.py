"""Checks of whole views as strict as Slack's: the fields of a modal or Home, their blocks, and their total size."""

import json
from collections.abc import Collection
from typing import Literal

from playground.blocks import check_blocks
from playground.json_types import Json
from playground.objects import (
    TYPE,
    Check,
    Errors,
    anything,
    boolean,
    fail,
    plain,
    record,
    string,
)

VIEW_BYTES = 250_000


_VIEW_FIELDS: dict[str, Check] = {
    "blocks": anything,
    "private_metadata": string(3000),
    "callback_id": string(255),
    "external_id": string(255),
}
_MODAL = record(
    {**TYPE, "title": plain(24), "blocks": anything},
    {
        **_VIEW_FIELDS,
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)
_HOME = record({**TYPE, "blocks": anything}, _VIEW_FIELDS)


def check_view(
    view: Json, surface: Literal["modal", "home"], pointer: str = "/view", without: Collection[str] = ()
) -> Errors:
    """Return everything that Slack would refuse in a view, except its size: see `view_too_large`.

    `without` are block types that the workspace does not have yet.
    """
    errors: Errors = []
    if not isinstance(view, dict):
        fail(errors, "must provide an object", pointer)
        return errors
    if view.get("type") != surface:
        if "type" not in view:
            fail(errors, "missing required field: type", pointer)
        else:
            fail(errors, f"unsupported type: {view['type']}", f"{pointer}/type")
        return errors
    (_MODAL if surface == "modal" else _HOME)(view, pointer, errors)
    if "blocks" not in view:
        return errors
    errors.extend(check_blocks(view["blocks"], surface, f"{pointer}/blocks", without))
    if not errors and surface == "modal" and "submit" not in view:
        for index, block in enumerate(view["blocks"]):
            if block["type"] == "input":
                fail(
                    errors, "must define `submit` to use an `input` block in modals", f"{pointer}/blocks/{index}/input"
                )
    return errors


def view_too_large(view: Json) -> bool:
    """Return whether a view exceeds 250 kB as JSON."""
    return len(json.dumps(view, ensure_ascii=False, separators=(",", ":")).encode()) > VIEW_BYTES
