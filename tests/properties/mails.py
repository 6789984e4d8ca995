"""Mail as a Hypothesis state machine: real relays between a real store, Slack's stand-in and a mail server of many moods."""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bot.delivery.channels.mail_envelope import message_id
from calendars.appointment import uid_of
from coaching.actions import undo
from coaching.actions.reschedule import MoveSessions, NewTime, move_sessions
from coaching.errors import CoachingError
from coaching.ids import new_id
from coaching.news.kinds import KINDS
from coaching.notifications import Preferences, Ways
from coaching.sessions import Actor, Hat, Session, Status
from coaching.workspace import Settings
from tests.delivery.test_addresses import OLGA, OLGA_ID, Addressed
from tests.delivery.test_mail import PAT, PAT_ID
from tests.support.calendars import Invited, read
from tests.support.databases import empty_but
from tests.support.post_office import Received
from tests.support.world import ANNA, COACH, WORKSPACE

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
WINDOW = timedelta(seconds=60)
ROUNDS = 3
"""How often both relays work in one step: a mail that was put off goes out in a later one."""
BUSY, NEVER = "451 4.3.2 try again later", "554 5.6.0 not this text"
ADDRESSES = {PAT_ID: PAT, OLGA_ID: OLGA, ANNA: f"{ANNA.lower()}@example.com", COACH: f"{COACH.lower()}@example.com"}
"""Where each of them gets mails."""


class Mails(RuleBasedStateMachine):
    """Sessions come and go, people choose how they hear, and the mail server answers as it likes.

    Pat is known by e-mail only. Olga is a stakeholder by her address. Anna and Carla are in Slack. The subclass made for
    a test brings the post.
    """

    runner: asyncio.Runner
    post: Addressed

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.undoable: list[str] = []
        self.ways = dict.fromkeys((ANNA, COACH), Ways.SLACK)
        self.agreed = False
        self.judged: set[str] = set()

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    def attempt(self, work: Any) -> Any:
        """Run what may be refused; return its result, or None."""
        try:
            return self.run(work)
        except CoachingError:
            return None

    @initialize(
        booked=st.lists(
            st.tuples(st.sampled_from([PAT_ID, PAT_ID, ANNA]), st.integers(30, 400)), min_size=2, max_size=4
        ),
        ways=st.tuples(st.sampled_from(Ways), st.sampled_from(Ways)),
        wanted=st.booleans(),
        answers=st.lists(st.sampled_from([BUSY, "250 OK", "250 OK"]), max_size=4),
    )
    def begin(self, booked: list[tuple[str, int]], ways: tuple[Ways, Ways], wanted: bool, answers: list[str]) -> None:
        self.run(self._begin())
        for who, chosen in zip((ANNA, COACH), ways, strict=True):
            self.choose(who, chosen)
        self.answer(wanted)
        for client, hours in booked:
            self.book(client, hours)
        self.change_the_weather(answers, 0)

    async def _begin(self) -> None:
        stage, office = self.post.stage, self.post.office
        await empty_but(stage.store, "T0NOBODY")
        office.mails.clear()
        office.answers.clear()
        office.hangs_up = 0
        await stage.world.people()
        await stage.world.settings(Settings(undo_window=WINDOW, start_reminder=None, reminder_offsets=()))
        async with stage.store.write(WORKSPACE) as uow:
            await uow.people.know_of([PAT_ID])
            await uow.coaches.save(COACH, None)
            await uow.commit()
        await stage.world.open()
        await self.post.name(OLGA_ID)

    # -- what people do ---------------------------------------------------------------------------------------------
    @rule(who=st.sampled_from([PAT_ID, PAT_ID, ANNA]), hours=st.integers(30, 400))
    def book(self, who: str, hours: int) -> None:
        now = self.post.stage.clock.now()
        starts = now.replace(minute=0, second=0, microsecond=0) + hours * HOUR
        if (session := self.attempt(self.post.book(starts - now, client=who))) is not None:
            self.ids.append(session.id)

    @precondition(lambda self: self.ids)
    @rule(which=st.integers(0, 20), hours=st.integers(30, 400))
    def move(self, which: int, hours: int) -> None:
        session = self._session(which)
        to = session.starts_at + hours * HOUR
        key = new_id(self.post.stage.clock.now())
        command = MoveSessions(
            actor=Actor(WORKSPACE, COACH),
            request_key=key,
            hat=Hat.COACH,
            subject_id=COACH,
            times=[NewTime(session.id, session.starts_at, to)],
        )
        self.attempt(move_sessions(self.post.stage.store, self.post.stage.clock, command))

    @precondition(lambda self: self.ids)
    @rule(which=st.integers(0, 20), hat=st.sampled_from([Hat.CLIENT, Hat.CLIENT, Hat.COACH]))
    def cancel(self, which: int, hat: Hat) -> None:
        session = self._session(which)
        if session.status is not Status.SCHEDULED:
            return
        who = COACH if hat is Hat.COACH else session.client.id  # Pat's page acts for her
        quoted = self.attempt(self.post.stage.world.quote(session, who=who, hat=hat))
        if quoted is not None and self.attempt(self.post.stage.world.confirm(quoted)) is not None:
            [now] = self._sessions([session.id])
            if now.cancellation is not None:
                self.undoable.append(now.cancellation.action_id)

    @precondition(lambda self: self.undoable)
    @rule()
    def take_back(self) -> None:
        action_id = self.undoable.pop()
        for who in (PAT_ID, ANNA, COACH):
            command = undo.Undo(actor=Actor(WORKSPACE, who), action_id=action_id)
            self.attempt(undo.undo(self.post.stage.store, self.post.stage.clock, command))

    @rule(who=st.sampled_from([ANNA, COACH]), ways=st.sampled_from(Ways))
    def choose(self, who: str, ways: Ways) -> None:
        self.ways[who] = ways

        async def choose() -> None:
            async with self.post.stage.store.write(WORKSPACE) as uow:
                await uow.notifications.choose(who, Preferences(ways), self.post.stage.clock.now())
                await uow.commit()

        self.run(choose())

    @rule(wanted=st.booleans())
    def answer(self, wanted: bool) -> None:
        """Olga says yes or no."""

        async def known() -> bool:
            async with self.post.stage.store.read(WORKSPACE) as queries:
                [one] = await queries.stakeholders.addresses([OLGA_ID])
            link = self.post.links.asked(WORKSPACE, OLGA_ID, one.asked_at)
            return (await self.post.answer(link, wanted=wanted)).one.consent == "confirmed"

        self.agreed = self.run(known())

    # -- what the mail server does, and time ------------------------------------------------------------------------
    @rule(
        answers=st.lists(st.sampled_from([BUSY, "250 OK", "250 OK"]), max_size=4), refused=st.sampled_from([0, 0, 0, 1])
    )
    def change_the_weather(self, answers: list[str], refused: int) -> None:
        self.post.office.answers[:] = answers + [NEVER] * refused

    @rule(mails=st.integers(0, 1))
    def lose_answers(self, mails: int) -> None:
        """Take the text of so many mails, and say nothing."""
        self.post.office.hangs_up = mails

    @rule(seconds=st.sampled_from([1, 30, 61, 3600]))
    def wait(self, seconds: int) -> None:
        self.post.stage.clock.advance(seconds * SECOND)

    @rule()
    def deliver(self) -> None:
        self.run(self._deliver())

    def teardown(self) -> None:
        """Let the last time to undo pass, deliver everything, and look into the calendars."""
        self.post.office.answers.clear()
        self.post.stage.clock.advance(WINDOW + 2 * SECOND)
        self.run(self._deliver(everything=True))
        self.run(self._calendars())

    # -- what must hold ---------------------------------------------------------------------------------------------
    async def _deliver(self, *, everything: bool = False) -> None:
        """Let both relays work a few times, or until nothing is due, and judge what has become of each notice.

        What may still be undone is held for as long as the clock stands still.
        """
        stage = self.post.stage

        async def calm() -> bool:
            await self.post.drain()
            now = stage.clock.now()
            return all(row.due_at > now for row in await stage.rows() if row.state in ("pending", "leased"))

        if everything:
            await stage.until(calm)
        for _ in range(ROUNDS):
            if everything or await calm():
                break
        rows = await stage.rows()
        self._each_arrived_as_its_row_says(rows)
        self._media_are_those_chosen([row for row in rows if row.dedupe_key not in self.judged], rows)
        self.judged |= {row.dedupe_key for row in rows if row.state not in ("pending", "leased")}

    def _each_arrived_as_its_row_says(self, rows: Sequence[Any]) -> None:
        office = self.post.office
        arrived = Counter((one.mail["Message-ID"], one.to[0]) for one in office.mails)
        known: Counter[Any] = Counter()
        for row in rows:
            key = f"{row.workspace_id} {row.leader_key or row.dedupe_key}"
            mail = (message_id("mail", key, "example.com"), ADDRESSES.get(row.recipient, ""))
            known[mail] += 1
            times, sure = arrived[mail], not row.ambiguous
            if row.medium == "mail" and row.state == "sent":
                assert times == 1 if sure else 1 <= times <= 2, (row.kind, row.recipient, times)
            elif row.medium == "mail" and not sure:
                assert times <= 2, (row.kind, row.recipient, times)
            else:
                assert times == 0, (row.kind, row.recipient, row.state, row.why)
        assert not set(arrived) - set(known), "each mail is a notice's"

    def _media_are_those_chosen(self, fresh: Sequence[Any], rows: Sequence[Any]) -> None:
        repeated = {row.repeats for row in rows if row.repeats}
        for row in fresh:
            if row.state != "sent" or row.repeats or not KINDS[row.kind].mailed:
                continue
            if row.recipient in (PAT_ID, OLGA_ID):
                assert row.medium == "mail"
                assert row.copy_of is None or self.agreed, "a copy goes to an address that said yes"
            elif (ways := self.ways.get(row.recipient)) is not None and row.copy_of is None:
                both = row.medium == "slack" and row.dedupe_key in repeated
                assert {
                    Ways.SLACK: row.medium == "slack" and not both,
                    Ways.MAIL: row.medium == "mail",
                    Ways.BOTH: both or row.medium == "mail",  # what left Slack before that choice goes by mail
                }[ways], (row.kind, row.recipient, ways, row.medium)

    async def _calendars(self) -> None:
        """Whoever hears by mail only has exactly the booked sessions, unless the server refused a mail for good."""
        got = self.post.office.to(PAT)
        numbers: Counter[str] = Counter()
        calendar, twice = Invited(remembers=False), Invited(remembers=True)
        for one in got:
            for text in _parts(one):
                _, [event] = read(text)
                uid, number = str(event["UID"]), int(event["SEQUENCE"])
                assert number >= numbers[uid], (
                    "one session's mails leave in their order, and its number never goes down"
                )
                numbers[uid] = number
                calendar.receive(text)
        for one in reversed(got):
            for text in _parts(one):
                twice.receive(text)
                twice.receive(text)
        refused = await self.post.stage.rows(recipient=PAT_ID, state="failed")
        async with self.post.stage.store.read(WORKSPACE) as queries:
            sessions = await queries.sessions.by_ids(self.ids)
        booked = {
            uid_of(WORKSPACE, one.id): one.starts_at
            for one in sessions
            if one.client.id == PAT_ID and one.status is Status.SCHEDULED
        }
        for shown in (calendar.shown, twice.shown):
            found = {uid: one.starts_at for uid, one in shown.items()}
            assert refused or found == booked

    def _sessions(self, ids: Collection[str]) -> list[Session]:
        async def found() -> list[Session]:
            async with self.post.stage.store.read(WORKSPACE) as queries:
                return list(await queries.sessions.by_ids(list(ids)))

        sessions: list[Session] = self.run(found())
        return sessions

    def _session(self, which: int) -> Session:
        [session] = self._sessions([self.ids[which % len(self.ids)]])
        return session


def _parts(one: Received) -> list[str]:
    """Return the calendar parts of a mail: its files."""
    files = [part for part in one.mail.walk() if (part.get_filename() or "").endswith(".ics")]
    return [
        part.get_payload(decode=True).decode().replace("\r\n", "\n").replace("\n", "\r\n")  # type: ignore[union-attr]
        for part in files
    ]
