"""Clients and coaches at work: they list, book, cancel three, undo, move and decide, and note what they were told."""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from bot.demo.scenes.stage import boxes, modal, offered
from handlers.ids import Action, Callback
from playground.errors import PersonError
from playground.person import Person
from playground.seen import SeenMessage
from tests.storm.journal import Journal, Kind, Told, Wish, shown, understood
from tests.storm.practice import UNDO_WINDOW, channel_of

PRESSES = 4
"""So often somebody presses the same button before they give up."""
_PATIENCE = UNDO_WINDOW.total_seconds()


class Somebody:
    """One person with a keyboard; `work` goes on until it is told to stop."""

    def __init__(self, person: Person, journal: Journal, seed: object) -> None:
        self.person, self.journal = person, journal
        self.dice = random.Random(f"{seed}:{person.id}")
        self.acts: list[tuple[int, Callable[[], Awaitable[None]]]] = []

    async def work(self, stop: asyncio.Event) -> None:
        """Do one thing after the other, with a moment between them."""
        weights, acts = [weight for weight, _ in self.acts], [act for _, act in self.acts]
        while not stop.is_set():
            try:
                await self.dice.choices(acts, weights)[0]()
            except (PersonError, LookupError, TimeoutError, aiohttp.ClientError) as error:
                # A dialog that did not open, or is not there any more: people look elsewhere, and the storm keeps count.
                self.journal.oddities.append(f"{self.person.id}: {type(error).__name__}: {str(error)[:200]}")
            await self._clear()
            await asyncio.wait([asyncio.ensure_future(stop.wait())], timeout=self.dice.uniform(0.5, 2.0))

    async def _clear(self) -> None:
        await self.person.refresh()
        if self.person.modals:
            await self.person.close(everything=True)

    async def _open(self, text: str, callback: Callback) -> bool:
        """Type the command; whether the dialog that was meant came up."""
        self.journal.presses += 1
        done = await self.person.command(text)
        found = self.person.modal
        return done["error"] is None and found is not None and found.callback_id == callback

    async def _submit(self, wish: Wish) -> Told:
        """Press the button of the dialog on top until the answer is clear; new terms are pressed again too."""
        told = Told.SILENCE
        for _ in range(PRESSES):
            self.journal.presses += 1
            answer = await self.person.submit()
            told = wish.hear(*shown(self.person, answer["error"]))
            if told is Told.DONE:
                return told
            if answer["outcome"] == "pushed":
                await self.person.close()
            if modal(self.person).submit is None:
                return told  # the dialog is over
            await asyncio.sleep(self.dice.uniform(0.5, 1.5))
        return told

    def _meta(self) -> dict[str, Any]:
        """Return what the dialog on top remembers. Raises LookupError where words came up instead of a dialog."""
        if not (kept := modal(self.person).data["private_metadata"]):
            raise LookupError(f"{modal(self.person).title}: {modal(self.person).text}")
        found: dict[str, Any] = json.loads(kept)
        return found


class Client(Somebody):
    """Takes sessions."""

    def __init__(self, person: Person, journal: Journal, seed: object) -> None:
        super().__init__(person, journal, seed)
        self.acts = [(2, self.list), (3, self.book), (4, self.cancel), (3, self.move)]

    async def list(self) -> None:
        """Look at what is booked."""
        wish = self.journal.wish(Kind.LIST, self.person.id)
        came = await self._open("/sessions", Callback.LIST)
        wish.hear(Told.DONE if came else Told.SILENCE)

    async def book(self) -> None:
        """Book whatever is free."""
        if not await self._open("/sessions book", Callback.BOOK):
            return
        for action in (Action.BOOK_COACH, Action.BOOK_TYPE, Action.BOOK_DAY, Action.BOOK_TIME):
            if not (choices := offered(self.person, action)):
                return
            await self.person.choose(self.dice.choice(choices), action_id=action)
        session = self._meta()["session"]
        await self._submit(self.journal.wish(Kind.BOOK, self.person.id, session, (session,)))

    async def cancel(self) -> None:
        """Cancel up to three, and take every other time back what was canceled."""
        if not await self._open("/sessions cancel", Callback.CHOOSE):
            return
        labels = boxes(self.person)
        for label in self.dice.sample(labels, min(3, len(labels))):
            await self.person.tick(label)
        picked = _ticked(self.person)
        draft = self._meta()["draft"]
        if not await self._goes_on(Callback.CONFIRM):
            return
        wish = self.journal.wish(Kind.CANCEL, self.person.id, draft, picked)
        if await self._submit(wish) is Told.DONE and self.dice.random() < 0.5:
            await self._undo(picked)

    async def _goes_on(self, callback: Callback) -> bool:
        """Submit until the next step is there; what says that it is busy is closed, and pressed again a moment later."""
        for _ in range(PRESSES):
            self.journal.presses += 1
            answer = await self.person.submit()
            if modal(self.person).callback_id == callback:
                return True
            if answer["outcome"] == "pushed":
                await self.person.close()
            await asyncio.sleep(self.dice.uniform(0.5, 1.5))
        return False

    async def _undo(self, picked: tuple[str, ...]) -> None:
        """Take it back: in the result, or in the receipt once it is there."""
        action = _value(modal(self.person).blocks, Action.UNDO)
        if action is None:
            return
        if self.dice.random() < 0.5:
            wish = self.journal.wish(Kind.UNDO, self.person.id, action, picked)
            for _ in range(PRESSES):
                self.journal.presses += 1
                answer = await self.person.click(action_id=Action.UNDO, on="modal")
                if wish.hear(*shown(self.person, answer["error"])) is Told.DONE:
                    # The button's own dialog is a result as well: what it says of Undo is its title.
                    if modal(self.person).title == "Undone":
                        return
                    wish.told[-1], wish.done_at = Told.UNSURE, 0.0
                if _value(modal(self.person).blocks, Action.UNDO) is None:
                    return
                await asyncio.sleep(self.dice.uniform(0.5, 1.5))
            return
        await self.person.close(everything=True)
        [receipt] = await self.person.wait_for(lambda p: _with(p, Action.UNDO, action)[:1], timeout=_PATIENCE)
        wish = self.journal.wish(Kind.UNDO, self.person.id, action, picked)
        await self._whispered(wish, receipt, lambda: self.person.click(action_id=Action.UNDO, value=action, on=receipt))

    async def _whispered(
        self, wish: Wish, message: SeenMessage, press: Callable[[], Awaitable[dict[str, Any]]]
    ) -> None:
        """Press a button of a message and wait for the words that only the presser sees."""
        for _ in range(PRESSES):
            before = {m.ts for m in self.person.messages if m.ephemeral}
            self.journal.presses += 1
            answer = await press()
            if answer["error"] is not None:
                wish.hear(Told.SILENCE, answer["error"])
            else:
                try:
                    words = await self.person.wait_for(
                        lambda p, before=before: "\n".join(
                            m.text for m in p.messages if m.ephemeral and m.ts not in before
                        ),
                        timeout=4.0,
                    )
                    if wish.hear(_of_a_press(words), words) is not Told.UNSURE:
                        return
                except TimeoutError:
                    wish.hear(Told.SILENCE, "no words came")
            await asyncio.sleep(self.dice.uniform(0.5, 1.5))
            if wish.kind is Kind.UNDO and not _with(self.person, Action.UNDO, wish.key):
                return

    async def move(self) -> None:
        """Move one session to another time."""
        if not await self._open("/sessions", Callback.LIST):
            return
        movable = [o["value"] for b in modal(self.person).blocks for o in _options(b) if o["value"].startswith("move:")]
        if not movable:
            return
        menu = self.dice.choice(movable)
        block = next(b for b in modal(self.person).blocks if any(o["value"] == menu for o in _options(b)))
        target = {**modal(self.person).target, "block_id": block["block_id"], "action_id": Action.SESSION_MENU}
        self.journal.presses += 1
        await self.person.post(
            f"people/{self.person.id}/act", {"tab": self.person.tab, "target": target, "choice": menu}
        )
        await self.person.refresh()
        if modal(self.person).callback_id != Callback.MOVE:
            return
        await self.person.choose(
            self.dice.choice(offered(self.person, Action.MOVE_TIME)), action_id=Action.MOVE_TIME, index=0
        )
        chosen = _chosen(modal(self.person).values, Action.MOVE_TIME)
        if not await self._goes_on(Callback.MOVE_CONFIRM):
            return
        session = menu.split(":", 2)[2]
        await self._submit(self.journal.wish(Kind.MOVE, self.person.id, chosen, (session,)))


class CoachAtWork(Client):
    """Gives sessions, and decides about late cancellations as their alerts come."""

    def __init__(self, person: Person, journal: Journal, seed: object) -> None:
        super().__init__(person, journal, seed)
        self.acts = [(1, self.list), (4, self.decide)]
        self._tried: set[str] = set()

    async def decide(self) -> None:
        """Refund or keep what an alert in the channel asks about."""
        await self.person.refresh()
        for action in self.dice.sample([Action.LATE_REFUND, Action.LATE_KEEP], 2):
            for message in reversed(self.person.messages):
                session = (
                    _value(message.blocks, action) if message.data["channel"] == channel_of(self.person.id) else None
                )
                if session is None or session in self._tried:
                    continue
                self._tried.add(session)
                wish = self.journal.wish(Kind.DECIDE, self.person.id, session, (session,))
                await self._whispered(
                    wish, message,
                    lambda: self.person.click(action_id=action, value=session, on=message, confirm=True),  # noqa: B023
                )  # fmt: skip
                return


def _of_a_press(words: str) -> Told:
    done = ("Undone:", "Refunded", "Kept", "decided already")
    return Told.DONE if any(word in words for word in done) else understood(words)


def _with(person: Person, action: Action, value: str) -> list[SeenMessage]:
    return [m for m in person.messages if _value(m.blocks, action, value) is not None]


def _value(blocks: list[dict[str, Any]], action: Action, value: str | None = None) -> str | None:
    for block in blocks:
        for element in block.get("elements", block.get("actions", ())):
            if element.get("action_id") == action and value in (None, element.get("value")):
                return str(element["value"])
    return None


def _options(block: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (block.get("accessory") or {}).get("options", [])
    return found


def _ticked(person: Person) -> tuple[str, ...]:
    held = [e for values in modal(person).values.values() for e in values.values() if e["type"] == "checkboxes"]
    return tuple(option["value"] for e in held for option in e.get("selected_options", ()))


def _chosen(values: dict[str, Any], action: Action) -> str:
    return next(str(held[action]["selected_option"]["value"]) for held in values.values() if action in held)


def listed(person: Person) -> list[str]:
    """Return the ids of the sessions that an open list shows, in its order."""
    return [o["value"].split(":", 2)[2] for b in modal(person).blocks for o in _options(b)[:1] if ":" in o["value"]]


async def everybody_looks(people: list[Person]) -> dict[str, list[str]]:
    """Have each person look at their list; return what it shows them. Raises TimeoutError when one does not open in 10 s."""
    seen = {}
    for person in people:
        end = time.monotonic() + 10
        while (await person.command("/sessions"))["error"] is not None or person.modal is None:
            if time.monotonic() > end:
                raise TimeoutError(f"the list of {person.id} did not open")
        seen[person.id] = listed(person)
        await person.close(everything=True)
    return seen
