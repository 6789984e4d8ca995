"""What people wanted, and what they were told of it."""

import re
import time
from dataclasses import dataclass, field
from enum import StrEnum

from handlers.ids import Callback
from playground.person import Person


class Told(StrEnum):
    """What one press was answered with."""

    DONE = "done"
    NOTHING = "nothing was changed"
    UNSURE = "we could not tell"
    SILENCE = "no answer"


class Kind(StrEnum):
    """What people want of the bot."""

    LIST = "list"
    BOOK = "book"
    CANCEL = "cancel"
    UNDO = "undo"
    MOVE = "move"
    DECIDE = "decide"


@dataclass
class Wish:
    """One thing that somebody wanted, pressed until the answer was clear or patience was over.

    `key` names what the database would hold of it: a draft, a session, an action. `sessions` are those it is about.
    """

    kind: Kind
    who: str
    key: str = ""
    sessions: tuple[str, ...] = ()
    told: list[Told] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    done_at: float = 0.0

    def hear(self, told: Told, words: str = "") -> Told:
        """Note an answer."""
        self.told.append(told)
        self.words.append(words)
        if told is Told.DONE and not self.done_at:
            self.done_at = time.time()
        return told

    @property
    def done(self) -> bool:
        """Whether somebody was told that it is done."""
        return Told.DONE in self.told

    @property
    def denied(self) -> bool:
        """Whether every answer was that nothing was changed: then nothing may have been."""
        return bool(self.told) and set(self.told) == {Told.NOTHING}


@dataclass
class Journal:
    """Everything that was wanted, in the order in which it began; and how often a screen was not what it should be."""

    wishes: list[Wish] = field(default_factory=list)
    presses: int = 0
    oddities: list[str] = field(default_factory=list)

    def wish(self, kind: Kind, who: str, key: str = "", sessions: tuple[str, ...] = ()) -> Wish:
        """Begin one."""
        self.wishes.append(Wish(kind, who, key, sessions))
        return self.wishes[-1]


_UNSURE = re.compile(r"cannot say|could not tell|cannot tell|not sure whether", re.IGNORECASE)
_NOTHING = re.compile(
    r"nothing (was|has been|is|will)|not undone|stay[s]? (canceled|booked)|please try again", re.IGNORECASE
)


def understood(words: str) -> Told:
    """Return what words other than a result mean to their reader."""
    return Told.UNSURE if _UNSURE.search(words) else Told.NOTHING if _NOTHING.search(words) else Told.UNSURE


def shown(person: Person, error: str | None) -> tuple[Told, str]:
    """Return what the screen says after a press: the result, words, or Slack's own that nothing came."""
    if error is not None:
        return Told.SILENCE, error
    modal = person.modal
    if modal is None:
        return Told.SILENCE, "no dialog"
    if modal.callback_id == Callback.RESULT:
        return Told.DONE, modal.title
    return understood(modal.text), modal.text
