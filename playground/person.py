"""A person at the keyboard, for tests and tours. It reads and acts through the control API only."""

import base64
import inspect
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from playground.control_client import PATIENCE, ControlClient
from playground.errors import PersonError
from playground.json_types import Json, JsonObject
from playground.render import Reader, text_of
from playground.seen import SeenMessage, SeenView, Spot, Surface, find, options_of

Condition = Callable[["Person"], Json | Awaitable[Json]]
Where = str | Surface | None
"""`modal`, `home`, `dm`, a channel's name, or a message or view that was read before.

None means the open modal, else the newest message that fits, else the App Home.
"""


class Person(ControlClient):
    """A person in the workspace.

    `modal` and the messages are as of the last action or `refresh()`. Use `wait_for` for changes that other people or
    the app make.
    """

    def __init__(self, url: str, user_id: str, *, tab: str = "main") -> None:
        super().__init__(url)
        self.id = user_id
        self.tab = tab
        self._screen: JsonObject | None = None

    # reading

    async def refresh(self) -> "Person":
        """Read the screen again."""
        self._screen = await self.get(f"people/{self.id}/screen", tab=self.tab)
        return self

    def _seen(self) -> JsonObject:
        if self._screen is None:
            raise PersonError("not_looked", "nothing seen yet: act or refresh first")
        return self._screen

    @property
    def _reader(self) -> Reader:
        screen = self._seen()
        return Reader(screen["user"]["tz"], screen["names"], datetime.fromtimestamp(screen["now"], UTC))

    @property
    def modal(self) -> SeenView | None:
        """The top modal, if one is open."""
        stack = self._seen()["stack"]
        return SeenView(stack[-1], self._reader) if stack else None

    @property
    def modals(self) -> list[SeenView]:
        """All open modals of this tab, the top one last."""
        return [SeenView(view, self._reader) for view in self._seen()["stack"]]

    @property
    def shown_home(self) -> SeenView | None:
        """The App Home as last published, without opening it."""
        home = self._seen()["home"]
        return SeenView(home, self._reader) if home else None

    async def home(self, *, timeout: float = PATIENCE) -> SeenView:  # noqa: ASYNC109 - how long a person would wait
        """Open the App Home and wait for what the app then publishes, `timeout` seconds at most.

        Raises:
            TimeoutError: the app published nothing.
        """
        seq = (await self.get("changes", since=2**60))["seq"]
        if (await self._do("open_home"))["subscribed"]:
            await self.wait_for_event(
                lambda event: event["type"] == "home_published" and event["user"] == self.id, since=seq, timeout=timeout
            )
        await self.refresh()
        shown = self.shown_home
        if shown is None:
            raise PersonError("no_home", "the app has not published a Home for this person")
        return shown

    async def dms(self) -> list[SeenMessage]:
        """Return the messages of the conversation with the app, oldest first."""
        return await self.channel("app")

    async def channel(self, name: str) -> list[SeenMessage]:
        """Return the messages of a channel that this person sees, oldest first.

        Raises:
            PersonError: this person is not in it.
        """
        await self.refresh()
        seen = await self.get(f"people/{self.id}/channels/{name.removeprefix('#')}")
        return [SeenMessage(message, self._reader) for message in seen["conversation"]["messages"]]

    async def mails(self) -> list[JsonObject]:
        """Return this person's mails, the newest first (see README)."""
        found: list[JsonObject] = (await self.get(f"people/{self.id}/mails"))["mails"]
        return found

    async def calendar(self) -> list[JsonObject]:
        """Return what this person's own calendar shows, by start."""
        events: list[JsonObject] = (await self.get(f"people/{self.id}/calendar"))["events"]
        return events

    @property
    def messages(self) -> list[SeenMessage]:
        """All messages this person sees in all conversations, oldest first."""
        found = [m for conversation in self._seen()["conversations"] for m in conversation["messages"]]
        return [SeenMessage(message, self._reader) for message in sorted(found, key=lambda m: str(m["ts"]))]

    @property
    def text(self) -> str:
        """Everything on the screen: conversations, App Home, modals."""
        parts = [message.text for message in self.messages]
        if self.shown_home is not None:
            parts.append(self.shown_home.text)
        parts += [f"{view.title}\n{view.text}\n{view.warning or ''}" for view in self.modals]
        return "\n".join(parts)

    # acting

    async def _do(self, action: str, **body: Json) -> JsonObject:
        done = await self.post(f"people/{self.id}/{action}", {"tab": self.tab, **body})
        await self.refresh()
        return done

    async def command(self, typed: str, *, channel: str | None = None) -> JsonObject:
        """Type a slash command, by default in the conversation with the app.

        `error` in the result says what went wrong.
        """
        return await self._do("command", text=typed, channel=channel)

    async def shortcut(self, name: str) -> JsonObject:
        """Choose a global shortcut by its name.

        Raises:
            PersonError: the app has no such shortcut.
        """
        offered = {one["name"]: one["callback_id"] for one in (await self.get("workspace"))["shortcuts"]}
        return await self._do("shortcut", callback_id=offered.get(name, name))

    async def say(self, channel: str, text: str) -> JsonObject:
        """Type a message into a channel, or to the app (`app`)."""
        return await self._do("message", channel=channel, text=text)

    async def click(
        self,
        label: str | None = None,
        *,
        near: str | None = None,
        index: int | None = None,
        action_id: str | None = None,
        value: str | None = None,
        on: Where = None,
        confirm: bool = False,
    ) -> JsonObject:
        """Click a button by its visible text, or by `action_id` or `value`. `confirm` accepts its dialog.

        Raises:
            PersonError: there is no such button, there are several, or its dialog was not accepted.
        """

        def wanted(_: JsonObject, element: JsonObject) -> bool:
            return (
                element["type"] in ("button", "icon_button")
                and label in (None, text_of(element["text"], self._reader))
                and action_id in (None, element["action_id"])
                and value in (None, element.get("value"))
            )

        spot = await self._one(f"button {label or action_id or value}", wanted, near, index, on)
        return await self._do("act", target=spot.target, confirmed=confirm)

    async def choose(
        self,
        option: str | Sequence[str],
        *,
        near: str | None = None,
        index: int | None = None,
        action_id: str | None = None,
        on: Where = None,
        confirm: bool = False,
    ) -> JsonObject:
        """Choose an option by its visible text in an overflow menu, a select or radio buttons.

        A multi-select takes several options. People and channels are chosen by name or id.

        Raises:
            PersonError: the option is not offered.
        """
        labels = [option] if isinstance(option, str) else list(option)

        def wanted(_: JsonObject, element: JsonObject) -> bool:
            if action_id not in (None, element["action_id"]):
                return False
            if element["type"].endswith(("users_select", "channels_select", "conversations_select")):
                return action_id is not None or near is not None
            if element["type"] == "checkboxes":
                return False
            offered = [text_of(item["text"], self._reader) for item in options_of(element)]
            return all(label in offered for label in labels)

        spot = await self._one(f"option {option!r}", wanted, near, index, on)
        by_text = {text_of(item["text"], self._reader): item["value"] for item in options_of(spot.element)}
        if not by_text:
            by_text = {name: key for key, name in self._seen()["names"].items()}
        picked = [by_text.get(label, label) for label in labels]
        choice: Json = picked if spot.element["type"].startswith("multi_") else picked[0]
        return await self._do("act", target=spot.target, choice=choice, confirmed=confirm)

    async def search(self, typed: str, option: str, *, near: str | None = None, on: Where = None) -> JsonObject:
        """Type into a select whose options come from the app, and choose one of the loaded options.

        Raises:
            PersonError: the options did not load, or the wanted one is not among them.
        """
        spot = await self._one("external select", lambda _, e: "external" in e["type"], near, None, on)
        loaded = await self.post(f"people/{self.id}/options", {"target": spot.target, "typed": typed})
        by_text = {text_of(item["text"], self._reader): item["value"] for item in options_of(loaded)}
        choice: Json = by_text.get(option, option)
        return await self._do("act", target=spot.target, choice=[choice] if "multi" in spot.element["type"] else choice)

    async def tick(self, *labels: str, near: str | None = None, on: Where = None, off: bool = False) -> JsonObject:
        """Tick checkboxes by their visible text. `off` unticks them.

        Raises:
            PersonError: there is no such box.
        """
        done: JsonObject = {}
        for label in labels:
            spot = await self._one(f"box {label!r}", self._has_box(label), near, None, on)
            values = [item["value"] for item in spot.value.get("selected_options", ())]
            value = next(o["value"] for o in spot.element["options"] if text_of(o["text"], self._reader) == label)
            if (value in values) == off:
                values = [v for v in values if v != value] if off else [*values, value]
                done = await self._do("act", target=spot.target, choice=values)
        return done

    def _has_box(self, label: str) -> Callable[[JsonObject, JsonObject], bool]:
        def wanted(_: JsonObject, element: JsonObject) -> bool:
            boxes = element.get("options", ()) if element["type"] == "checkboxes" else ()
            return any(text_of(option["text"], self._reader) == label for option in boxes)

        return wanted

    async def fill(self, label: str, content: Json, *, on: Where = None) -> JsonObject:
        """Type into the input with this label (marks such as `*` included), or set its date or time.

        Raises:
            PersonError: there is no such input, or it does not accept the content.
        """

        def wanted(block: JsonObject, _: JsonObject) -> bool:
            return block["type"] == "input" and text_of(block["label"], self._reader) == label

        spot = await self._one(f"input {label!r}", wanted, None, None, on)
        return await self._do("act", target=spot.target, choice=content)

    async def upload(self, label: str, name: str, content: bytes, *, on: Where = None) -> JsonObject:
        """Choose a file in the `file_input` with this label. A further one is added to it.

        Raises:
            PersonError: there is no such input, or Slack's client would not take the file.
        """
        given = {"name": name, "content": base64.b64encode(content).decode()}
        uploaded = await self._do("upload", **given)

        def wanted(block: JsonObject, element: JsonObject) -> bool:
            return element["type"] == "file_input" and text_of(block["label"], self._reader) == label

        spot = await self._one(f"file input {label!r}", wanted, None, None, on)
        chosen = [one["id"] for one in spot.value.get("files", ())]
        return await self._do("act", target=spot.target, choice=[*chosen, uploaded["file"]["id"]])

    async def submit(self) -> JsonObject:
        """Press the submit button of the top modal. `outcome` in the result says what happened to the modal.

        Raises:
            PersonError: no modal is open, or Slack's client would not submit it.
        """
        await self.refresh()
        if self.modal is None:
            raise PersonError("no_modal", "no modal is open")
        return await self._do("submit", view_id=self.modal.id)

    async def close(self, *, everything: bool = False) -> JsonObject:
        """Close the top modal, or all of them.

        Raises:
            PersonError: no modal is open.
        """
        return await self._do("close", all=everything)

    async def join(self, channel: str) -> JsonObject:
        """Join a channel."""
        return await self._do("join", channel=channel)

    async def leave(self, channel: str) -> JsonObject:
        """Leave a channel."""
        return await self._do("leave", channel=channel)

    async def invite(self, who: str, channel: str) -> JsonObject:
        """Add a person, or the app (`app`), to a channel."""
        return await self._do("invite", who=who, channel=channel)

    async def remove(self, who: str, channel: str) -> JsonObject:
        """Remove a person, or the app (`app`), from a channel."""
        return await self._do("remove", who=who, channel=channel)

    async def archive(self, channel: str, *, archived: bool = True) -> JsonObject:
        """Archive or unarchive a channel."""
        return await self._do("archive" if archived else "unarchive", channel=channel)

    async def share(self, channel: str) -> JsonObject:
        """Share a private channel with another organization. `channel` in the result is its new id."""
        return await self._do("share", channel=channel)

    async def use(self, locale: str) -> JsonObject:
        """Switch this person's Slack to another language, by its name in Slack's API ("de-DE")."""
        done = await self._call("PATCH", f"users/{self.id}", {"locale": locale})
        await self.refresh()
        return done

    async def deactivate(self, who: str, *, deleted: bool = True) -> JsonObject:
        """Deactivate a member's account as a workspace admin does, or reactivate it."""
        return await self._do("deactivate" if deleted else "reactivate", who=who)

    # finding

    def _surfaces(self, on: Where) -> list[Surface]:
        if isinstance(on, Surface):
            return [on]
        if on == "modal" or (on is None and self.modal is not None):
            return [self.modal] if self.modal is not None else []
        home: list[Surface] = [self.shown_home] if self.shown_home is not None else []
        if on == "home":
            return home
        newest: list[Surface] = list(reversed(self.messages))
        if on is None:
            return newest + home
        wanted = {
            conversation["id"]
            for conversation in self._seen()["conversations"]
            if (conversation["kind"] == "im" if on == "dm" else on.removeprefix("#") == conversation["name"])
        }
        return [surface for surface in newest if surface.data["channel"] in wanted]

    async def _one(
        self,
        what: str,
        wanted: Callable[[JsonObject, JsonObject], bool],
        near: str | None,
        index: int | None,
        on: Where,
    ) -> Spot:
        await self.refresh()
        for surface in self._surfaces(on):
            spots = find(surface, wanted, near)
            if len(spots) == 1:
                return spots[0]
            if spots and index is not None:
                return spots[index]
            if spots:
                raise PersonError("several", f"there are {len(spots)} of {what} here; say near= or index=")
        where = f" near {near!r}" if near else ""
        raise PersonError("not_there", f"there is no {what}{where} on the screen of {self.id}:\n{self.text}")

    # waiting

    async def wait_for(self, wanted: str | Condition, *, timeout: float = PATIENCE) -> Json:  # noqa: ASYNC109
        """Wait until a text is on the screen or a condition holds, and return the condition's result.

        Raises:
            TimeoutError: that did not happen within `timeout` seconds. The message shows the screen.
        """
        end = time.monotonic() + timeout
        while True:
            await self.refresh()
            found = wanted in self.text if isinstance(wanted, str) else wanted(self)
            if inspect.isawaitable(found):
                found = await found
            if found:
                return found
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{wanted!r} did not come about in {timeout} s; {self.id} sees:\n{self.text}")
            await self.get("changes", since=self._seen()["seq"], timeout=min(left, 5.0))
