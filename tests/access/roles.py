"""Who knocks: every role of the product, in the workspace whose things they name and in another one."""

from enum import Enum

from coaching.sessions import Hat

HERE, AWAY = "T0HERE", "T0AWAY"
"""The workspace whose things are named, and the other one."""
ANNA, BORIS, CARLA, OTTO = "U0ANNA", "U0BORIS", "U0CARLA", "U0OTTO"
ADA, NELL, STELLA, CONRAD, MIA, SAM, OLGA = "U0ADA", "U0NELL", "U0STELLA", "U0CONRAD", "U0MIA", "U0SAM", "U0OLGA"
Holding = tuple[Hat, str]
"""As whom a payload claims to act, and whose things it claims to be about."""


class Role(Enum):
    """A person in a workspace. The order is that of the columns in `matrix.py`."""

    OWNER = (HERE, ANNA)
    CLIENT = (HERE, BORIS)
    COACH = (HERE, CARLA)
    OTHER_COACH = (HERE, OTTO)
    ADMIN = (HERE, ADA)
    NAMED = (HERE, NELL)
    STAKEHOLDER = (HERE, STELLA)
    CONTACT = (HERE, CONRAD)
    MEMBER = (HERE, MIA)
    STRANGER = (HERE, SAM)
    OUTSIDER = (HERE, OLGA)
    """Of another organization, in whose payloads our workspace stands: Slack Connect."""
    AWAY_OWNER = (AWAY, ANNA)
    AWAY_COACH = (AWAY, CARLA)
    AWAY_ADMIN = (AWAY, ADA)
    # Who lost what they were a moment ago, and Slack's event of it was missed: their old dialogs are still open.
    REMOVED = (HERE, CARLA, "removed")
    """Taken off the list of coaches."""
    DEMOTED = (HERE, ADA, "demoted")
    """An admin until a minute ago."""
    GONE = (HERE, ADA, "gone")
    """An admin whose account is deactivated."""

    @property
    def team(self) -> str:
        """The workspace they knock from."""
        return self.value[0]

    @property
    def user(self) -> str:
        """Their id."""
        return self.value[1]

    @property
    def word(self) -> str:
        """The role in ids of tests and drafts."""
        return self.name.lower()

    @property
    def before(self) -> "Role":
        """Whom they were, whose dialogs they have open: themselves, but for those who lost something."""
        return {"removed": Role.COACH, "demoted": Role.ADMIN, "gone": Role.ADMIN}.get("".join(self.value[2:]), self)

    @property
    def sees_as(self) -> "Role":
        """Who may read the same: a coach who was removed looks at what they gave."""
        return Role.COACH if self is Role.REMOVED else self

    @property
    def honest(self) -> Holding:
        """How they act on Anna's sessions where they may."""
        if self.user == CARLA:
            return Hat.COACH, CARLA
        return (Hat.ADMIN, ANNA) if self.user in {ADA, NELL} else (Hat.CLIENT, self.user)

    @property
    def forged(self) -> list[Holding]:
        """Everything a payload may claim, the claims about other people first."""
        foreign = [(Hat.CLIENT, ANNA), (Hat.COACH, CARLA), (Hat.ADMIN, ANNA)]
        selves = [(Hat.CLIENT, self.user), (Hat.COACH, self.user)]
        return list(dict.fromkeys([*foreign, *selves]))


IN_FIRST = frozenset(role for role in Role if role.team == HERE)
ADMINS = frozenset({Role.ADMIN, Role.NAMED})
