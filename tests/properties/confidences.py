"""What coaches do for their own clients: they book for them, and write private notes that nobody else reads."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from coaching.actions import book as booking
from coaching.actions import cancel, notes
from coaching.errors import AdminsOnly, CoachesOnly, CoachingError, InPast, NotBookable, NotEnoughCredits, NotYours
from coaching.ids import new_id
from coaching.sessions import Actor, Hat
from tests.properties.dialogs import LENGTH
from tests.properties.staff import Staff
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH

_WHO = st.sampled_from([COACH, COACH, OTHER_COACH, OTHER_COACH, ADMIN, ANNA])


class Confidences(Staff):
    """A practice whose coaches know their clients."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: dict[str, tuple[str, int, str]] = {}
        """By id: the author, the place of the client among `clients`, and the text."""

    def stranger_to(self, who: str, client: str) -> type[CoachingError] | None:
        """Return how somebody is refused who is no coach of this client, or None for one who is."""
        if who not in self.listed:
            return CoachesOnly
        together = any((s.client, s.coach) == (client, who) for s in self.model.sessions.values())
        return None if together and who != client else NotYours

    @rule(
        client=st.integers(0, 2),
        who=_WHO,
        quarters=st.integers(-1, 240),
        price=st.sampled_from([0, 50, 101]),
        with_other=st.sampled_from([False, False, False, True]),
    )
    def a_coach_books_for_a_client(self, client: int, who: str, quarters: int, price: int, with_other: bool) -> None:
        now, whom = self.clock.now(), self.clients[client]
        coach = OTHER_COACH if with_other and who != OTHER_COACH else who
        starts_at = now + quarters * timedelta(minutes=15)
        command = booking.Book(
            actor=Actor(self.ws, who),
            role=Hat.COACH,
            client_id=whom,
            coach_id=coach,
            session_type="Coaching",
            starts_at=starts_at,
            length=LENGTH,
            time_zone="Europe/London",
            price=price,
        )
        spend = self.model.affordable(whom, "Coaching", price, now)
        expected: type[Exception] | None = self.stranger_to(who, whom) or (NotYours if coach != who else None)
        if starts_at <= now:
            expected = InPast
        elif expected is None and not self.model.gives("Coaching", coach):
            expected = NotBookable
        elif expected is None and spend is None:
            expected = NotEnoughCredits
        elif expected is None:
            expected = self.model.clash(whom, coach, starts_at, now, length=LENGTH)
        session, refused = self.attempt(booking.book(self.store, self.clock, command))
        assert type(refused) is (expected or type(None))
        if refused is None:
            assert spend is not None
            self.booked(session.id, whom, coach, "Coaching", starts_at, price, spend)

    @rule(client=st.integers(0, 2), who=_WHO, words=st.sampled_from(["shy", "bold", " "]))
    def somebody_writes_a_note(self, client: int, who: str, words: str) -> None:
        actor, whom = Actor(self.ws, who), self.clients[client]
        made, refused = self.attempt(notes.write_note(self.store, self.clock, actor, self.key(), whom, words))
        assert type(refused) is (self.stranger_to(who, whom) or type(None))
        if refused is None and words.strip():
            self.notes[made.id] = (who, client, words)
        else:
            assert made is None
        self.everybody_reads_what_is_theirs()

    @precondition(lambda self: self.notes)
    @rule(number=st.integers(0, 30), who=_WHO, words=st.sampled_from(["calm", ""]))
    def somebody_changes_or_deletes_a_note(self, number: int, who: str, words: str) -> None:
        note_id = list(self.notes)[number % len(self.notes)]
        author, client, _ = self.notes[note_id]
        actor = Actor(self.ws, who)
        _, refused = self.attempt(notes.change_note(self.store, self.clock, actor, self.key(), note_id, words))
        expected = NotYours if who != author else self.stranger_to(who, self.clients[client])
        assert type(refused) is (expected or type(None))
        if refused is None and words:
            self.notes[note_id] = (author, client, words)
        elif refused is None:
            del self.notes[note_id]

    @rule()
    def everybody_reads_what_is_theirs(self) -> None:
        """Every coach of a client reads all notes on them, and nobody else any."""
        for client, whom in enumerate(self.clients):
            theirs = sorted(words for _, about, words in self.notes.values() if about == client)
            for who in (COACH, OTHER_COACH, ADMIN, ANNA):
                read, refused = self.attempt(self._read(who, whom))
                assert type(refused) is (self.stranger_to(who, whom) or type(None))
                assert refused is not None or sorted(read) == theirs

    async def _read(self, who: str, whom: str) -> list[str]:
        read: list[str] = []
        for page in range(len(self.notes) // notes.PAGE + 1):
            found = await notes.open_notes(self.store, self.clock, Actor(self.ws, who), whom, page=page)
            if found.page == page:
                read += [one.text for one in found.notes]
        return read

    @precondition(lambda self: self.ids)
    @rule(first=st.integers(0, 30))
    def nobody_quotes_what_is_anothers(self, first: int) -> None:
        one = self._session(first)
        if one.client == ANNA:
            return
        for hat, expected in ((Hat.CLIENT, NotYours), (Hat.COACH, CoachesOnly), (Hat.ADMIN, AdminsOnly)):
            choice = cancel.Choice(
                actor=Actor(self.ws, ANNA),
                request_key=new_id(self.clock.now()),
                draft_id=new_id(self.clock.now()),
                hat=hat,
                subject_id=one.client if hat is Hat.ADMIN else ANNA,
                offered=[one.id],
                picked=[one.id],
            )
            _, refused = self.attempt(cancel.quote_choice(self.store, self.clock, choice))
            assert type(refused) is expected
