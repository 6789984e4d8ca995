"""Sessions of every kind to draw views with, plain and hostile."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from coaching.actions.browse import LIST_PAGE, Details, Row, SessionPage
from coaching.actions.cancel import Canceled, Quoted
from coaching.actions.choose import CHOOSE_PAGE, Choosing
from coaching.actions.home import HOME_BROKEN, HOME_NAMED, HOME_PAST, Home
from coaching.business import Staff, Trouble, TroubleKind
from coaching.causes import Blocked
from coaching.credits import Grant
from coaching.drafts import Draft
from coaching.first_steps import FirstSteps, Step
from coaching.news.kinds import NoticeKind
from coaching.news.notice import NoticeLine, NoticeState
from coaching.packages import CREDITS, Holder, Holding
from coaching.policy import Policy, ReasonRule, Tier
from coaching.quotes import quote
from coaching.records import Scope, Viewer
from coaching.returns import Payment, Source
from coaching.sessions import Cancellation, Decision, Hat, Money, Package, Person, Session, Status
from coaching.timeline import Entry, Event
from coaching.why import Why
from coaching.workspace import Settings

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
COUNTS = (0, 1, 10, 11, 100, 1000)
HOSTILE = (
    "<!channel> *bold* _it_ ~gone~ `code` <@U0ANNA> <https://evil.example|click>",
    "&" * 300,
    "Anna\n*bold*\n> quote\t\x00\x07",
    "شركة التدريب \u202eevil\u202c",
    "👩‍👩‍👧‍👦" * 60,
    "```" * 100,
    "W" * 300,
    "<" * 300,
)
POLICY = Policy()
TIERED = Policy(
    tiers=(Tier(timedelta(hours=24), 100), Tier(timedelta(hours=12), 50)), reason=ReasonRule.REQUIRED, late_cancel=False
)
SILENT = Policy(reason=ReasonRule.OFF, booking_grace=timedelta(0))
ANNA = Person("U0ANNA", "Anna Lee", "anna@example.com", "America/New_York", "en-US")
CARLA = Person("U0COACH", "Carla Coach", "carla@example.com", "Europe/London", "en-GB")
VIEWER = Viewer(ANNA, is_coach=False, is_admin=False)
COACH_VIEWER = Viewer(CARLA, is_coach=True, is_admin=False)
ADMIN_VIEWER = Viewer(Person("U0ADMIN", "Ada", None, "UTC", None, is_admin=True), is_coach=False, is_admin=True)


def session(number: int = 0, *, hostile: bool = False, **changes: object) -> Session:
    """The session of that number: they start an hour apart, the first in two hours, of packages and singles in turn."""
    text = HOSTILE[number % len(HOSTILE)] if hostile else None
    start = NOW + timedelta(hours=2 + number)
    packaged = number % 3 != 0
    made = Session(
        workspace_id="T1",
        id=f"{number:060d}xyzw"[-64:] if hostile else f"s{number}",
        client=replace(ANNA, name=text) if text else ANNA,
        coach=replace(CARLA, name=text) if text else CARLA,
        session_type=text or "Leadership",
        starts_at=start,
        ends_at=start + timedelta(minutes=50),
        time_zone="America/New_York",
        booked_at=NOW - timedelta(days=9),
        refund_cutoff_at=start - timedelta(hours=24),
        policy_id="p",
        price=100 if number % 7 else 0,
        money=None if number % 7 else Money(12000, "USD"),
        package=Package(text or f"Leadership 10-pack {number // 40}", number % 10 + 1, 10, f"g{number // 40}")
        if packaged
        else None,
        meeting_link="https://meet.example.com/x" if number % 2 else None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def sessions(count: int, *, hostile: bool = False) -> list[Session]:
    """So many sessions."""
    return [session(n, hostile=hostile) for n in range(count)]


def ended(
    given: Session, *, decision: Decision | None = Decision.OPEN, role: Hat = Hat.CLIENT, reason: str | None = None
) -> Session:
    """The session after a cancellation: late ones get nothing back at first."""
    late = given.refund_cutoff_at < NOW
    by = {Hat.CLIENT: given.client, Hat.COACH: given.coach}.get(role, ADMIN_VIEWER.person)
    return replace(
        given,
        status=Status.CANCELED,
        cancellation=Cancellation(
            action_id="a1",
            at=NOW,
            by=by,
            role=role,
            reason=reason,
            late=late,
            percent=0 if late else 100,
            returned=0 if late and decision is not Decision.REFUNDED else given.price,
            decision=decision if late and given.price else None,
            decided_by=CARLA if decision not in (None, Decision.OPEN) else None,
            returned_late=given.price if late and decision is Decision.REFUNDED else 0,
        ),
    )


def row(given: Session, policy: Policy = POLICY, hat: Hat = Hat.CLIENT) -> Row:
    """A row as the list gets it."""
    return Row(given, policy, given.blocked(policy, NOW, hat))


def page(
    given: Sequence[Session],
    *,
    viewer: Viewer = VIEWER,
    hat: Hat = Hat.CLIENT,
    scope: Scope = Scope.UPCOMING,
    number: int = 0,
) -> SessionPage:
    """One page of a list."""
    shown = given[number * LIST_PAGE : (number + 1) * LIST_PAGE]
    return SessionPage(
        viewer=viewer,
        hat=hat,
        subject=ANNA,
        scope=scope,
        rows=[row(s, hat=hat) for s in shown],
        total=len(given),
        page=number,
        now=NOW,
    )


def choosing(
    given: Sequence[Session],
    *,
    policies: Sequence[Policy] = (POLICY,),
    viewer: Viewer = VIEWER,
    hat: Hat = Hat.CLIENT,
    number: int = 0,
    picked: Sequence[str] = (),
) -> Choosing:
    """One page of the choosing dialog; sessions take the policies in turn."""
    rows = [row(s, policies[n % len(policies)], hat) for n, s in enumerate(given)]
    return Choosing(
        viewer=viewer,
        hat=hat,
        subject=ANNA,
        draft=Draft(id="d1", user_id=viewer.person.id, hat=hat, subject_id=ANNA.id, picked=tuple(picked)),
        rows=rows[number * CHOOSE_PAGE : (number + 1) * CHOOSE_PAGE],
        total=len(given),
        page=number,
        now=NOW,
        support_contact="help@example.com <!here>",
    )


def paid(session: Session, ends: datetime | None = None) -> list[Payment]:
    """What paid for a session: its package, or plain credits."""
    place = session.package
    source = Source(id="g", label=place.name if place else CREDITS, pool=place.pool if place else None, expires_at=ends)
    return [Payment(source, session.price)]


def quoted(
    given: Sequence[Session],
    *,
    viewer: Viewer = VIEWER,
    hat: Hat = Hat.CLIENT,
    reason: str | None = None,
    gone: Sequence[tuple[Session, Blocked]] = (),
    changed: bool = False,
    policies: Sequence[Policy] = (POLICY,),
) -> Quoted:
    """A quote of these sessions; they take the policies in turn."""
    terms = quote([(s, POLICY) for s in given], {s.id: paid(s) for s in given}, NOW, hat)
    given = [replace(s, policy_id=f"p{n % len(policies)}") for n, s in enumerate(given)]
    draft = Draft(id="d1", user_id=viewer.person.id, hat=hat, subject_id=ANNA.id, reason=reason, quote=terms)
    return Quoted(
        viewer=viewer,
        draft=draft,
        sessions=given,
        policies={f"p{n}": policy for n, policy in enumerate(policies)},
        now=NOW,
        gone=gone,
        changed=changed,
        support_contact="help@example.com <!here>",
    )


def canceled(given: Sequence[Session], hat: Hat = Hat.CLIENT) -> Canceled:
    """The result of canceling these sessions."""
    draft = quoted(given, hat=hat).draft
    return Canceled(viewer=VIEWER, draft=draft, sessions=[ended(s) for s in given], now=NOW)


def details(
    given: Session, *, viewer: Viewer = VIEWER, hat: Hat = Hat.CLIENT, policy: Policy = POLICY, length: int = 5
) -> Details:
    """A session with a timeline of that length."""
    events = list(Event)
    entries = [
        (
            Entry(given.id, NOW - timedelta(hours=length - n), events[n % len(events)], ANNA.id, Hat.CLIENT, 100),
            given.client,
        )
        for n in range(length)
    ]
    kinds, states = list(NoticeKind), list(NoticeState)
    notices = [
        NoticeLine(kinds[n % 4], given.coach, NOW, states[n % 5], None, Why.OTHER, None, "session moved <!here>")
        for n in range(length)
    ]
    return Details(
        viewer=viewer,
        hat=hat,
        row=row(given, policy, hat),
        timeline=entries,
        notices=notices,
        happened=len(entries) + len(notices),
        settings=Settings(support_contact="help@example.com"),
        now=NOW,
    )


FIRST = tuple(
    FirstSteps(
        done=frozenset(done), idle=coach, listener=coach, refused=channel, why="is_archived" if channel else None
    )
    for done in ((), (Step.COACHES,), tuple(Step)[:-1])
    for coach, channel in ((None, None), (CARLA, None), (CARLA, "C0COACH"))
)
"""How far the first steps may be."""


def home(
    given: Sequence[Session],
    viewer: Viewer = VIEWER,
    *,
    grants: int = 3,
    coaches: int = 0,
    steps: FirstSteps | None = FirstSteps(),  # noqa: B008 - it is frozen
) -> Home:
    """A Home with so many sessions in every part, and the first steps if there are none."""
    past = page([ended(s) for s in given], viewer=viewer, scope=Scope.PAST)
    return Home(
        viewer=viewer,
        upcoming=page(given, viewer=viewer),
        past=replace(past, rows=past.rows[:HOME_PAST]),
        coaching=page(given, viewer=viewer, hat=Hat.COACH) if viewer.is_coach else None,
        holdings=[
            Holding(
                grant=Grant(f"g{n}", HOSTILE[n % len(HOSTILE)], 150, 10, NOW + timedelta(days=n + 1), "Leadership"),
                holder=Holder(viewer.person.id),
                issued=1000,
                granted_at=NOW,
                booked=100 * (n % 3),
            )
            for n in range(grants)
        ],
        settings=Settings(),
        now=NOW,
        staff=_staff(coaches, None if given else steps) if viewer.is_admin else None,
    )


def _staff(coaches: int, steps: FirstSteps | None) -> Staff:
    """What is broken with so many coaches: as much as Home shows of each kind."""
    troubles = [
        Trouble(
            kind=kind,
            since=NOW,
            person=CARLA,
            ahead=coaches,
            channel="C0COACH" if kind is TroubleKind.CHANNEL else None,
            session_id="s1" if kind is TroubleKind.LOST else None,
        )
        for kind in TroubleKind
        for _ in range(HOME_BROKEN)
    ]
    return Staff(
        coaches=coaches,
        idle=coaches,
        without_hours=[CARLA] * min(coaches, HOME_NAMED),
        troubles=troubles if coaches else (),
        more=frozenset(TroubleKind) if coaches else frozenset(),
        first_steps=steps,
    )
