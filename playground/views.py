"""Modals and App Homes: triggers, the stack of three, hashes, and which input survives an update."""

import copy
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from playground import values
from playground.errors import ApiError
from playground.json_types import Json, JsonObject
from playground.whole_views import check_view, view_too_large
from playground.workspace import View, Workspace

STACK_LIMIT = 3
TRIGGER_SECONDS = 3.0


@dataclass(slots=True)
class _Trigger:
    user: str
    tab: str
    born: float
    view_id: str | None
    used: bool = False


class Views:
    """The views of a workspace and the triggers that open them."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        trigger_seconds: float = TRIGGER_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workspace = workspace
        self._clock = clock
        self._trigger_seconds = trigger_seconds
        self._triggers: dict[str, _Trigger] = {}

    def new_trigger(self, user: str, tab: str, view_id: str | None = None) -> str:
        """Return a trigger id for an action of this person.

        It is good for one use within three seconds of wall time.
        """
        now = self._clock()
        if len(self._triggers) > 1000:
            self._triggers = {k: t for k, t in self._triggers.items() if now - t.born < 60}
        trigger_id = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[trigger_id] = _Trigger(user, tab, now, view_id)
        return trigger_id

    def _redeem(self, trigger_id: Json) -> _Trigger:
        if not trigger_id:
            raise ApiError("invalid_arguments", ["[ERROR] missing required field: trigger_id"])
        trigger = self._triggers.get(str(trigger_id))
        if trigger is None:
            raise ApiError("invalid_trigger_id")
        if trigger.used:
            raise ApiError("exchanged_trigger_id")
        if self._clock() - trigger.born > self._trigger_seconds:
            raise ApiError("expired_trigger_id")
        return trigger

    def stack(self, user: str, tab: str) -> list[View]:
        """Return the modals this person has open in a tab, the top one last."""
        return self._workspace.stacks.setdefault((user, tab), [])

    # requests of an app

    def open(self, trigger_id: Json, payload: Json, *, small: bool = False) -> View:
        """Open a modal on an empty stack.

        Raises:
            ApiError: Slack would refuse it.
        """
        trigger = self._redeem(trigger_id)
        self._check(payload, "modal", small=small)
        trigger.used = True
        stack = self.stack(trigger.user, trigger.tab)
        while stack:
            self._drop(stack.pop())
        return self._push(trigger.user, trigger.tab, payload, "view_opened")

    def push(self, trigger_id: Json, payload: Json, *, small: bool = False) -> View:
        """Put a modal on top of the one that the trigger came from.

        Raises:
            ApiError: Slack would refuse it.
        """
        trigger = self._redeem(trigger_id)
        self._check(payload, "modal", small=small)
        stack = self.stack(trigger.user, trigger.tab)
        parent = self._workspace.views.get(trigger.view_id or "")
        if parent is None or parent not in stack:
            words = "must match the `type` of the root view whose stack we're pushing onto"
            raise ApiError("invalid_arguments", [f"[ERROR] {words} [json-pointer:/view/type]"])
        if len(stack) >= STACK_LIMIT:
            raise ApiError("push_limit_reached")
        trigger.used = True
        return self._push(trigger.user, trigger.tab, payload, "view_pushed")

    def update(self, payload: Json, *, view_id: Json, external_id: Json, expected: Json, small: bool = False) -> View:
        """Replace an open view's content.

        Raises:
            ApiError: Slack would refuse it.
        """
        if not view_id and not external_id:
            raise ApiError("invalid_arguments", ["[ERROR] must provide either view_id or external_id"])
        view = self._workspace.views.get(str(view_id)) if view_id else self._by_external_id(str(external_id))
        if view is None:
            raise ApiError("not_found")
        self._check(payload, "home" if view.payload["type"] == "home" else "modal", replacing=view, small=small)
        if expected and expected != view.hash:
            raise ApiError("hash_conflict")
        self.replace(view, payload)
        return view

    def publish(self, user: str, payload: Json, *, expected: Json, small: bool = False) -> View:
        """Set a person's App Home.

        Raises:
            ApiError: Slack would refuse it.
        """
        home = self._workspace.homes.get(user)
        self._check(payload, "home", replacing=home, small=small)
        if home is None:
            home = self._new(user, "main", payload)
            self._workspace.homes[user] = home
        else:
            if expected and expected != home.hash:
                raise ApiError("hash_conflict")
            self._set(home, payload)
        self._workspace.feed.emit("home_published", user=user, view_id=home.id)
        return home

    # answers of an app, and actions of a person

    def replace(self, view: View, payload: JsonObject) -> None:
        """Replace a view's content. Input stays where block id, action id and type are unchanged."""
        self._set(view, payload)
        self._workspace.feed.emit("view_updated", user=view.user, tab=view.tab, view_id=view.id)

    def push_onto(self, view: View, payload: JsonObject) -> View:
        """Put a modal on top of `view`, as an answer to its submission."""
        if len(self.stack(view.user, view.tab)) >= STACK_LIMIT:
            raise ApiError("push_limit_reached")
        return self._push(view.user, view.tab, payload, "view_pushed")

    def close(self, view: View) -> None:
        """Remove one view from its stack."""
        stack = self.stack(view.user, view.tab)
        if view in stack:
            stack.remove(view)
            self._drop(view)

    def check_answer(self, payload: Json, replacing: View | None) -> None:
        """Check a view in an answer to a submission.

        Raises:
            ApiError: Slack would refuse it.
        """
        self._check(payload, "modal", replacing=replacing)

    def _check(
        self,
        payload: Json,
        surface: Literal["modal", "home"],
        *,
        replacing: View | None = None,
        small: bool = False,
    ) -> None:
        errors = check_view(payload, surface, without=self._workspace.without_blocks())
        if errors:
            raise ApiError("invalid_arguments", [f"[ERROR] {error}" for error in errors])
        # `small` means that the whole request is under the limit, so the view need not be measured.
        if not small and view_too_large(payload):
            raise ApiError("view_too_large")
        external_id = payload.get("external_id")
        if external_id:
            other = self._by_external_id(external_id)
            if other is not None and other is not replacing:
                raise ApiError("duplicate_external_id")

    def _by_external_id(self, external_id: str) -> View | None:
        return next((v for v in self._workspace.views.values() if v.payload.get("external_id") == external_id), None)

    def _new(self, user: str, tab: str, payload: JsonObject) -> View:
        view_id = self._workspace.new_id("V")
        view = View(view_id, user, {}, "", view_id, tab=tab)
        self._set(view, payload)
        self._workspace.views[view_id] = view
        return view

    def _push(self, user: str, tab: str, payload: JsonObject, event: str) -> View:
        stack = self.stack(user, tab)
        view = self._new(user, tab, payload)
        if stack:
            view.root_view_id, view.previous_view_id = stack[0].id, stack[-1].id
        stack.append(view)
        self._workspace.feed.emit(event, user=user, tab=tab, view_id=view.id)
        return view

    def _drop(self, view: View) -> None:
        self._workspace.views.pop(view.id, None)
        self._workspace.feed.emit("view_closed", user=view.user, tab=view.tab, view_id=view.id)

    def _set(self, view: View, payload: JsonObject) -> None:
        content = copy.copy(payload)
        content["blocks"] = values.completed(payload["blocks"])
        view.values = values.carried(view.payload.get("blocks", ()), content["blocks"], view.values)
        view.payload = content
        view.hash = f"{int(time.time())}.{secrets.token_hex(4)}"
        view.errors = {}
        view.warning = None

    def state(self, view: View) -> JsonObject:
        """Return `state` as payloads contain it."""
        return {"values": values.state_of(view.payload["blocks"], view.values)}

    def shown(self, view: View) -> JsonObject:
        """Return the view as Slack's API and payloads show it."""
        workspace = self._workspace
        payload = view.payload
        home = payload["type"] == "home"
        return {
            "id": view.id,
            "team_id": workspace.team["id"],
            "type": payload["type"],
            "blocks": payload["blocks"],
            "private_metadata": payload.get("private_metadata", ""),
            "callback_id": payload.get("callback_id", ""),
            "state": self.state(view),
            "hash": view.hash,
            "title": payload.get("title", {"type": "plain_text", "text": "View Title", "emoji": True}),
            "clear_on_close": payload.get("clear_on_close", False),
            "notify_on_close": payload.get("notify_on_close", False),
            "close": payload.get("close"),
            "submit": None if home else payload.get("submit"),
            "previous_view_id": view.previous_view_id,
            "root_view_id": view.root_view_id,
            "app_id": workspace.app_id,
            "external_id": payload.get("external_id", ""),
            "app_installed_team_id": workspace.team["id"],
            "bot_id": workspace.bot_id,
        }
