"""Who should have been told what: the naive telling of notices. Reminders are not here, they follow from the times."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from coaching.news.kinds import NoticeKind
from tests.support.world import COACH

CHANNELS = {COACH: "C0COACH"}
"""Where coaches are told, if not directly."""


class Given(Protocol):
    """What has to be known of a session to say who is told about it."""

    client: str
    coach: str
    kind: str


@dataclass
class Word:
    """One notice; `about` is a coach, a grant or whoever said so, `of` the action, request or session it belongs to."""

    kind: str
    to: str
    about: str | None
    of: str
    state: str = "pending"


class Told:
    """Every notice that was caused, and who is told besides coaches: (coach or type, its name) to people and channels."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.besides: dict[tuple[str, str], set[str]] = {}

    def tell(self, kind: str, to: str, about: str | None = None, of: str = "") -> None:
        """Tell somebody."""
        self.words.append(Word(kind, to, about, of))

    def tell_clients(self, kind: str, sessions: Iterable[Given], of: str = "") -> None:
        """Tell each client of some sessions once."""
        for client in {session.client for session in sessions}:
            self.tell(kind, client, None, of)

    def tell_coaches(self, kind: str, sessions: Iterable[Given], of: str = "") -> None:
        """Tell each coach once, and besides them whoever is to hear of that coach or those types; no client of themselves."""
        sessions = list(sessions)
        for coach in {session.coach for session in sessions}:
            self.tell(kind, coach, None, of)
            heard = {
                target
                for s in sessions
                if s.coach == coach
                for whose in (("coach", coach), ("type", s.kind))
                for target in self.besides.get(whose, ())
                if target != s.client
            }
            for target in heard - {coach, CHANNELS.get(coach)}:
                self.tell(kind, target, coach, of)

    def tell_once(self, kind: str, to: str, about: str | None, of: str) -> None:
        """Tell somebody unless they were; what they were told names `about` from now on."""
        before = [word for word in self.words if (word.kind, word.of) == (kind, of)]
        for word in before:
            word.about = about
        if not before:
            self.tell(kind, to, about, of)

    def withdraw(self, kind: str, of: str, *, but: str | None = None) -> None:
        """Keep from anybody, but perhaps one, what was taken back in time."""
        for word in self.words:
            if (word.kind, word.of) == (kind, of) and word.to != but:
                word.state = "dropped"

    def after_all(self, kind: str, of: str) -> None:
        """Tell what had been taken back."""
        for word in self.words:
            if (word.kind, word.of) == (kind, of):
                word.state = "pending"

    def appears(self, pending: str, person: str) -> None:
        """Address to somebody's account what waited for their e-mail, and what told of a cancellation in any state."""
        for word in self.words:
            if word.to == pending and (word.state == "pending" or word.kind == NoticeKind.RECEIPT):
                word.to = person

    def count(self) -> Counter[tuple[str, str, str | None, str]]:
        """Return how often each was caused."""
        return Counter((word.kind, word.to, word.about, word.state) for word in self.words)
