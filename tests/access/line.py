"""A line of the table of what everybody may do, and the verdicts and words that lines share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from coaching.news.kinds import NoticeKind
from coaching.packages import Holder, Turn
from handlers.button_values import turn_value
from handlers.ids import Action, Callback
from tests.access.door import Knock
from tests.access.estate import CREDITS, PACKAGE, POOL, Estate
from tests.access.forms import Form
from tests.access.roles import ANNA, CARLA, MIA, Holding, Role

Ids = Callable[[Estate], set[str]]
A, C = Action, Callback


def _open(e: Estate) -> set[str]:
    return {e.open.id, PACKAGE}


def _id(of: str) -> Callable[[Estate], str]:
    return lambda e: getattr(e, of).id


def _only(of: str) -> Ids:
    return lambda e: {getattr(e, of).id, PACKAGE}


@dataclass(frozen=True)
class Line:
    """What everybody may do with one action. `selves`: whether claiming to be about oneself is worth refusing too."""

    id: Action | Callback | str
    note: str
    verdicts: str
    form: Form
    says: str = ""
    writes: str = ""
    about: Ids = _open
    selves: bool = True

    @property
    def name(self) -> str:
        """The line in messages of tests."""
        return f"{type(self.id).__name__.lower()} {self.id!s} {self.note}".strip()

    def verdict(self, role: Role) -> str:
        """What the line says of a role; who is an admin no more is a stranger, who is a coach no more only looks."""
        if role is Role.REMOVED:
            as_coach = self.verdict(Role.COACH)
            return "-" if as_coach == "Y" and (self.id, self.note) not in LOOKS else as_coach
        named = Role.STRANGER if role in (Role.DEMOTED, Role.GONE) else role
        return self.verdicts.replace(" ", "")[list(Role).index(named)]

    def knocks(self, estate: Estate, role: Role) -> list[Knock]:
        """What to try: the honest payload where it is allowed or unheard, else everything that a payload can claim."""
        claims: list[Holding] = role.forged
        if role.before is not role:
            # What they did until a moment ago; the rest is tried as those whom they are like now.
            claims = [role.honest]
        elif self.verdict(role) in "Y.":
            claims = [role.honest]
        elif not self.selves:
            claims = [claim for claim in claims if claim[1] != role.user]
        return list({repr(knock): knock for claim in claims if (knock := self.form(estate, role, claim))}.values())


def _new(e: Estate) -> set[str]:
    return {f"new-{role.word}" for role in Role} | {e.canceled.id, PACKAGE}


def _both_late(e: Estate) -> set[str]:
    return {e.late.id, e.boris_late.id, PACKAGE, "g0boris"}


def _carla(_e: Estate) -> set[str]:
    return {CARLA}


def _type(e: Estate) -> set[str]:
    return {e.type_id}


def _type_and_sessions(e: Estate) -> set[str]:
    """Boris's session of the type has no link of its own."""
    return {e.type_id, e.boris.id}


def _session_link(e: Estate) -> str:
    return f"session:{e.open.id}"


def _type_link(e: Estate) -> str:
    return f"type:{e.type_id}"


def _anna(_e: Estate) -> str:
    return f"client:{ANNA}"


def _older(_e: Estate) -> str:
    """Return the page of all of Anna's history: what came before its end."""
    return turn_value(Holder(ANNA), Turn(datetime(2199, 1, 1, tzinfo=UTC), 0, "", 0))


def _newer(_e: Estate) -> str:
    """Return the page of all of Anna's history: what came after its beginning."""
    return turn_value(Holder(ANNA), Turn(datetime(1971, 1, 1, tzinfo=UTC), 0, "", 0, newer=True))


def _pool(_e: Estate) -> str:
    return f"pool:{POOL}"


def _credits(_e: Estate) -> set[str]:
    return {CREDITS}


def _received(_e: Estate) -> set[str]:
    return {ANNA, MIA, POOL, "issued"}


# client, another, coach, another · admin, named · stakeholder, contact, member, stranger · away: Anna, Carla, Ada
LOOKS = frozenset(
    {
        *((one, "") for one in (A.LIST_UPCOMING, A.LIST_PAST, A.LIST_EARLIER, A.LIST_LATER)),
        *((one, "") for one in (A.LIST_MONTH, A.LIST_MONTH_BACK, A.LIST_ALL, A.LIST_FIND, C.FIND)),
        *((A.SESSION_MENU, note) for note in ("details", "details, home")),
        *((A.RECORD, note) for note in ("open", "late", "past")),
        (A.CLIENT_SESSIONS, ""),
    }
)
"""What a coach may do who was taken off the list: look at what they gave."""
EVERYBODY = "oooo oo ooooo ooo"
GREETED = "gggg gg ggggg ggg"
GREETINGS = frozenset({NoticeKind.WELCOME, NoticeKind.ANSWER})
"""What whoever opens the app or writes to it is told."""
NOBODY = "---- -- ----- ---"
HEARD = "hhhh hh hhhhh hhh"
UNHEARD = ".... .. ..... ..."
OWN = "Y--- -- ----- ---"
OPEN = "Y-Y- YY ----- ---"
LISTS = "Y-Y- YY ----- o-o"  # whoever is asked for by their id is somebody of the other workspace there
PICKS = "Y-Y- YY ----- ooo"  # all or none, whatever was ticked before
DECIDE = "--Y- YY ----- ---"
ASK = "Y--- YY ----- ---"
BOOK = "Y--- YY ----- ooo"
HOURS = "--Y- YY ----- ooo"
SAVES_HOURS = "--Y- YY ----- www"
CREDITS_OF = "Y--- YY ----- o-o"
POOLS = "---- YY -Y--- ---"
ADMINS = "---- YY ----- o-o"  # about the workspace, or a person: each admin has their own
SAVES = "---- YY ----- w-w"
THINGS = "---- YY ----- ---"  # about a thing of the first workspace: a type, package, pool, grant
ADAS = "---- Y- ----- ---"
CARLAS = "--Y- -- ----- ---"
WRITTEN = {"type": "message", "channel_type": "im", "channel": "D1", "ts": "1.2", "text": "Hello, can you help me?"}
"""What somebody writes to the app."""
SENT_BY_SLACK = (A.CHOOSE_SESSIONS, A.CONFIRM_REASON, A.MOVE_TIME, A.INPUT)
NOT_SENT = (
    C.WAITING,
    C.LIST,
    C.RESULT,
    C.DETAILS,
    C.MESSAGE,
    C.SETUP,
    C.CREDITS,
    C.CREDITS_HISTORY,
    C.CATALOGUE,
    C.CALENDAR,
    C.NOTIFICATIONS,
    C.DATA,
    C.EVERY,
    C.CLIENT,
    C.CLIENTS,
)
_ENDED = "sessions transfers timeline"
_BOOKED = "sessions transfers timeline notices"
_CANCEL = "sessions refunds transfers timeline notices"
_UNDONE = "sessions refunds transfers timeline notices"
_HANDED = "sessions moves timeline notices"
_KEPT = "refunds timeline notices"
_REFUNDED = f"{_KEPT} transfers"
