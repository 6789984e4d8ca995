"""People's actions: commands, messages, clicks, choices and submissions, checked as Slack's own client would."""

from playground import values
from playground.answers import Answers
from playground.blocks import elements_of
from playground.dispatch import Ack, Dispatcher
from playground.errors import PersonError
from playground.events import Events
from playground.files import Files
from playground.json_types import Json, JsonObject
from playground.manifest import Manifest
from playground.mrkdwn import command_text
from playground.objects import OPTION, OPTION_GROUP, Errors, chosen, items
from playground.payloads import Payloads, Place
from playground.response_urls import ResponseUrls
from playground.traffic import Traffic
from playground.views import Views
from playground.workspace import SLACKBOT, Channel, User, Values, View, Workspace

WARNING = ":warning: Oh no, something went wrong. Please try that again."
UNKNOWN_COMMAND = (
    '{command} is not a valid command. In Slack, all messages that start with the "/" character are interpreted as '
    'commands.\n\nIf you are trying to send a message and not run a command, try preceding the "/" with an empty space.'
)
_OPTIONS = items(OPTION, least=0, most=100)
_GROUPS = items(OPTION_GROUP, least=0, most=100)


class People:
    """Performs actions for the members of a workspace."""

    def __init__(
        self,
        workspace: Workspace,
        views: Views,
        payloads: Payloads,
        dispatcher: Dispatcher,
        events: Events,
        response_urls: ResponseUrls,
        manifest: Manifest,
        traffic: Traffic,
        files: Files,
    ) -> None:
        self._workspace = workspace
        self._files = files
        self._views = views
        self._payloads = payloads
        self._dispatcher = dispatcher
        self._events = events
        self._response_urls = response_urls
        self._manifest = manifest
        self._answers = Answers(workspace, views, traffic)
        self._loaded: dict[tuple[str, str, str], list[JsonObject]] = {}

    # typing

    async def command(self, user_id: str, typed: str, *, channel: str | None = None, tab: str = "main") -> JsonObject:
        """Type a slash command in a channel, by default in the conversation with the app.

        Raises:
            PersonError: the person is not in the channel, or it is archived.
        """
        user = self._workspace.user(user_id)
        if user.team:
            raise PersonError("other_organization", f"{user.real_name} cannot run commands of this workspace")
        place = self._workspace.channel(channel) if channel else self._workspace.dm(user_id)
        self._may_write(user, place)
        name, _, rest = typed.strip().partition(" ")
        declared = self._manifest.commands.get(name)
        if declared is None:
            words = UNKNOWN_COMMAND.format(command=name)
            self._workspace.post(place, SLACKBOT, words, ephemeral_to=user_id)
            return {"ack_ms": None, "error": "not_a_command"}
        text = command_text(
            rest.strip(),
            should_escape=declared.should_escape,
            users={member.name: member.id for member in self._workspace.users.values()},
            channels={c.name: c.id for c in self._workspace.channels.values() if c.kind != "im"},
        )
        payload = self._payloads.command(
            user,
            place,
            name,
            text,
            response_url=self._response_urls.new("commands", place.id, user_id),
            trigger_id=self._views.new_trigger(user_id, tab),
        )
        ack = await self._dispatcher.deliver("command", name, payload, user=user_id)
        error = ack.error or self._answers.command(ack.payload(), place, user_id)
        if error:
            self._workspace.post(
                place, SLACKBOT, f':warning: {name} failed with the error "{error}"', ephemeral_to=user_id
            )
        return {"ack_ms": ack.ms, "error": error}

    async def shortcut(self, user_id: str, callback_id: str, *, tab: str = "main") -> JsonObject:
        """Choose a global shortcut of the app.

        Raises:
            PersonError: the app has no such shortcut, or this person may not use it.
        """
        user = self._workspace.user(user_id)
        if user.team:
            raise PersonError("other_organization", f"{user.real_name} cannot use shortcuts of this workspace")
        if callback_id not in self._manifest.shortcuts:
            raise PersonError("no_such_shortcut", f"the app has no shortcut {callback_id}")
        payload = self._payloads.shortcut(user, callback_id, trigger_id=self._views.new_trigger(user_id, tab))
        ack = await self._dispatcher.deliver("interactive", callback_id, payload, user=user_id)
        return {"ack_ms": ack.ms, "error": ack.error}

    def say(self, user_id: str, channel: str, text: str, thread_ts: str | None = None) -> JsonObject:
        """Type a message. `@name`, `#channel` and `@channel` are encoded as Slack's composer does it.

        Raises:
            PersonError: the person may not write there, or nothing was typed.
        """
        user = self._workspace.user(user_id)
        place = self._workspace.dm(user_id) if channel in ("app", "@app") else self._workspace.channel(channel)
        self._may_write(user, place)
        if place.kind == "im" and self._manifest.messages_tab_read_only:
            raise PersonError("read_only", "Sending messages to this app has been turned off.")
        if not text.strip():
            raise PersonError("nothing_typed", "nothing was typed")
        sent = command_text(
            text,
            should_escape=True,
            users={member.name: member.id for member in self._workspace.users.values()},
            channels={c.name: c.id for c in self._workspace.channels.values() if c.kind != "im"},
        )
        for word in ("channel", "here", "everyone"):
            sent = sent.replace(f"@{word}", f"<!{word}>")
        message = self._workspace.post(place, user_id, sent, thread_ts=thread_ts)
        self._events.message(place, message)
        return {"ts": message.ts, "channel": place.id}

    def _may_write(self, user: User, channel: Channel) -> None:
        if user.id not in channel.members:
            raise PersonError("not_in_channel", f"{user.real_name} is not in {channel.name}")
        if channel.is_archived:
            raise PersonError("is_archived", f"{channel.name} is archived")

    # finding what is on the screen

    def _place(self, user: User, target: JsonObject) -> tuple[Place, list[JsonObject], Values]:
        """Return where an action happens, the blocks there, and what this person has filled in."""
        view_id = target.get("view_id")
        if view_id:
            view = self._view(user, str(view_id))
            return Place(view=view), view.payload["blocks"], view.values
        channel = self._workspace.channel(str(target.get("channel", "")))
        if user.id not in channel.members:
            raise PersonError("not_in_channel", f"{user.real_name} is not in {channel.name}")
        message = channel.messages.get(str(target.get("ts", "")))
        if message is None or message.ephemeral_to not in (None, user.id):
            raise PersonError("no_such_message", "this message is not there")
        return Place(message=message, channel=channel), message.blocks, message.values.setdefault(user.id, {})

    def _view(self, user: User, view_id: str) -> View:
        home = self._workspace.homes.get(user.id)
        if home is not None and home.id == view_id:
            return home
        view = self._workspace.views.get(view_id)
        if view is None or view.user != user.id:
            raise PersonError("no_such_view", "this view is not open")
        if self._views.stack(user.id, view.tab)[-1] is not view:
            raise PersonError("view_covered", "another view is on top of this one")
        return view

    def _element(self, user: User, blocks: list[JsonObject], target: JsonObject) -> tuple[JsonObject, JsonObject]:
        for block in blocks:
            for element, _ in elements_of(block):
                if element.get("action_id") != target.get("action_id"):
                    continue
                if target.get("block_id") not in (None, block["block_id"]):
                    continue
                if user.id not in element.get("visible_to_user_ids", [user.id]):
                    continue
                return block, element
        raise PersonError("no_such_element", f"there is no element {target.get('action_id')!r} here")

    # clicking and choosing

    async def act(
        self, user_id: str, target: JsonObject, choice: Json = None, *, confirmed: bool = False, tab: str = "main"
    ) -> JsonObject:
        """Click a button, or choose or type something in an element.

        Args:
            user_id: the person.
            target: `view_id`, or `channel` and `ts`; with `block_id` and `action_id`.
            choice: the choice, by option value, id, date or text, or None for a button.
            confirmed: whether to accept the element's confirm dialog, if it has one.
            tab: the window in which a modal would open, unless the action is in a modal itself.

        Raises:
            PersonError: the element is absent, the choice is not offered, or it is not confirmed.
        """
        user = self._workspace.user(user_id)
        place, blocks, filled = self._place(user, target)
        block, element = self._element(user, blocks, target)
        kind = element["type"]
        if kind == "workflow_button":
            raise PersonError("unsupported", f"the playground does not run a {kind}")
        action: JsonObject = {"action_id": element["action_id"], "block_id": block["block_id"], "type": kind}
        if kind in values.BUTTONS:
            action |= _button(element, choice)
        elif kind == "overflow":
            options = {option["value"]: option for option in element["options"]}
            if choice not in options:
                raise PersonError("no_such_option", f"{choice!r} is not among the options: {', '.join(options)}")
            action["selected_option"] = options[choice]
        elif kind == "file_input":
            value = self._files.chosen(user.id, element, choice)
            action |= value
        else:
            loaded = self._loaded.get((_key(place), block["block_id"], element["action_id"]), [])
            value = values.pick(element, choice, self._workspace, loaded if "external" in kind else None)
            action |= value
        if "confirm" in element and not confirmed:
            raise PersonError("confirm_needed", element["confirm"]["text"]["text"])
        if kind not in values.BUTTONS and kind != "overflow":
            filled.setdefault(block["block_id"], {})[element["action_id"]] = value
            self._changed(place, user_id)
        if block["type"] == "input" and not block.get("dispatch_action"):
            return {"ack_ms": None, "error": None}
        action["action_ts"] = self._workspace.new_ts()
        return await self._send_action(user, place, action, tab)

    async def _send_action(self, user: User, place: Place, action: JsonObject, tab: str) -> JsonObject:
        url = None
        view_id = None
        if place.view is not None:
            view_id = place.view.id
            if place.view.payload["type"] == "modal":
                tab = place.view.tab
        elif place.message is not None and place.channel is not None:
            url = self._response_urls.new("actions", place.channel.id, user.id, place.message)
        if not self._manifest.interactivity:
            ack = Ack(None, b"", 0.0, "interactivity_disabled")
        else:
            trigger = self._views.new_trigger(user.id, tab, view_id)
            payload = self._payloads.block_actions(user, place, [action], trigger_id=trigger, response_url=url)
            ack = await self._dispatcher.deliver("interactive", "block_actions", payload, user=user.id)
        self._warn(place, user.id, None if ack.ok else WARNING)
        return {"ack_ms": ack.ms, "error": ack.error}

    def _warn(self, place: Place, user_id: str, words: str | None) -> None:
        if place.view is not None:
            changed = place.view.warning != words
            place.view.warning = words
        else:
            assert place.message is not None  # noqa: S101 - a place is a view or a message
            changed = place.message.warnings.get(user_id) != words
            place.message.warnings.pop(user_id, None)
            if words:
                place.message.warnings[user_id] = words
        if changed:
            self._changed(place, user_id)

    def _changed(self, place: Place, user_id: str) -> None:
        if place.view is not None:
            self._workspace.feed.emit("view_changed", user=user_id, tab=place.view.tab, view_id=place.view.id)
        elif place.message is not None:
            self._workspace.feed.emit(
                "message_changed", channel=place.message.channel, ts=place.message.ts, user=user_id
            )

    async def options(self, user_id: str, target: JsonObject, typed: str) -> JsonObject:
        """Load an external select's options from the app for a typed text.

        Raises:
            PersonError: not an external select, too little typed, or no valid options from the app.
        """
        user = self._workspace.user(user_id)
        place, blocks, _ = self._place(user, target)
        block, element = self._element(user, blocks, target)
        if "external" not in element["type"]:
            raise PersonError("not_external", "this menu's options are not loaded from the app")
        if len(typed) < element.get("min_query_length", 3):
            raise PersonError("type_more", f"type at least {element.get('min_query_length', 3)} characters")
        payload = self._payloads.block_suggestion(user, place, block["block_id"], element["action_id"], typed)
        ack = await self._dispatcher.deliver("interactive", "block_suggestion", payload, user=user_id)
        answer = ack.payload()
        errors: Errors = []
        if not ack.ok or not isinstance(answer, dict) or not ({"options", "option_groups"} & set(answer)):
            raise PersonError("options_not_loaded", "Result could not be loaded.")
        _OPTIONS(answer.get("options", []), "/options", errors)
        _GROUPS(answer.get("option_groups", []), "/option_groups", errors)
        if errors:
            raise PersonError("options_not_loaded", f"Result could not be loaded. {errors[0]}")
        offered = chosen(answer.get("options", ()), answer.get("option_groups", ()))
        self._loaded[(_key(place), block["block_id"], element["action_id"])] = offered
        return {"options": answer.get("options", []), "option_groups": answer.get("option_groups", [])}

    # modals

    async def submit(self, user_id: str, view_id: str) -> JsonObject:
        """Press the submit button of the top modal.

        Raises:
            PersonError: there is no such button, or a required input is empty or wrong.
        """
        user = self._workspace.user(user_id)
        view = self._view(user, view_id)
        if "submit" not in view.payload:
            raise PersonError("no_submit", "this modal has no submit button")
        if view.payload.get("submit_disabled"):
            raise PersonError("submit_disabled", "the submit button is disabled")
        for block in view.payload["blocks"]:
            if block["type"] == "input" and not block.get("optional"):
                state = values.state_of([block], view.values)[block["block_id"]]
                if any(values.is_empty(value) for value in state.values()):
                    raise PersonError("required", f"{block['label']['text']}: Please complete this required field.")
        payload = self._payloads.view_submission(user, view, self._views.new_trigger(user_id, view.tab, view.id))
        ack = await self._dispatcher.deliver("interactive", "view_submission", payload, user=user_id)
        outcome = self._answers.submission(view, ack)
        return {"ack_ms": ack.ms, "error": ack.error, "outcome": outcome, "errors": view.errors}

    async def close(self, user_id: str, *, tab: str = "main", everything: bool = False) -> JsonObject:
        """Close the top modal, or the whole stack.

        Raises:
            PersonError: no modal is open.
        """
        user = self._workspace.user(user_id)
        stack = self._views.stack(user_id, tab)
        if not stack:
            raise PersonError("no_modal", "no modal is open")
        cleared = everything or len(stack) == 1 or bool(stack[-1].payload.get("clear_on_close"))
        leaving = list(reversed(stack)) if cleared else [stack[-1]]
        told = [
            (view, self._payloads.view_closed(user, view, is_cleared=cleared and everything))
            for view in leaving
            if view.payload.get("notify_on_close")
        ]
        for view in leaving:
            self._views.close(view)
        for view, payload in told:
            await self._dispatcher.deliver("interactive", "view_closed", payload, user=view.user)
        return {"closed": len(leaving)}

    def open_home(self, user_id: str, tab: str = "home") -> JsonObject:
        """Open the app's Home (`home`) or its Messages tab (`messages`)."""
        user = self._workspace.user(user_id)
        event: JsonObject = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": self._workspace.dm(user_id).id,
            "tab": tab,
        }
        home = self._workspace.homes.get(user_id)
        if tab == "home" and home is not None:
            event["view"] = self._views.shown(home)
        self._events.publish("app_home_opened", event)
        return {"subscribed": "app_home_opened" in self._manifest.events}


def _button(element: JsonObject, choice: Json) -> JsonObject:
    if element["type"] == "feedback_buttons":
        if choice not in ("positive", "negative"):
            raise PersonError("no_such_option", "feedback is positive or negative")
        return {"text": element[f"{choice}_button"]["text"], "value": element[f"{choice}_button"]["value"]}
    return {name: element[name] for name in ("text", "value", "style") if name in element}


def _key(place: Place) -> str:
    return place.view.id if place.view is not None else place.message.ts if place.message is not None else ""
