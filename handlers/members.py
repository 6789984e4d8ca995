"""A person as Slack describes them: a member of this workspace, of another organization, a bot, or gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coaching.naming import kept_name
from coaching.sessions import Person
from coaching.texts import storable


@dataclass(frozen=True, slots=True)
class Known:
    """The content of one of Slack's user objects: the person, whether they are a member of ours, and whether they left.

    Only a member who has not left has rights from Slack (`person.is_admin`) and is linked with their e-mail.
    """

    person: Person
    ours: bool
    left: bool

    @property
    def may_be_linked(self) -> bool:
        """Whether imports under their e-mail are theirs."""
        return self.ours and not self.left


def known(user: object, workspace_id: str) -> Known | None:
    """Return the person in a user object, as this workspace or organization sees them.

    Return None for bots and invalid data. Membership is read from this object alone, never from the payload that it
    came with.
    """
    user = storable(user)
    if not isinstance(user, Mapping) or _robot(user):
        return None
    profile = _mapping(user.get("profile"))
    user_id = _text(user.get("id"), 64)
    if user_id is None:
        return None
    ours, left = _is_ours(user, workspace_id), user.get("deleted") is True
    # The full name comes first: clients and coaches do not always know each other's nicknames.
    names = (profile.get("real_name"), user.get("real_name"), profile.get("display_name"), user.get("name"))
    admin = any(user.get(name) is True for name in ("is_admin", "is_owner", "is_primary_owner"))
    person = Person(
        user_id,
        name=next((name for item in names if (name := kept_name(_text(item, 500) or ""))), None),
        # An outsider's address is not stored: no import under it is theirs.
        email=_text(profile.get("email"), 254) if ours else None,
        time_zone=_text(user.get("tz"), 64),
        locale=_text(user.get("locale"), 16),
        is_admin=admin and ours and not left,
    )
    return Known(person, ours, left)


def app_name(user: object) -> str | None:
    """Return the name in the user object of an app or a bot, which cannot be a coach or client, or None for people."""
    user = storable(user)
    if not isinstance(user, Mapping) or not (_robot(user) and isinstance(user.get("id"), str)):
        return None
    names = (_mapping(user.get("profile")).get("real_name"), user.get("real_name"), user.get("name"), user["id"])
    return next(name for item in names if (name := kept_name(_text(item, 500) or "")))


def _robot(user: Mapping[str, Any]) -> bool:
    return bool(user.get("is_bot") or user.get("is_workflow_bot") or user.get("id") == "USLACKBOT")


def _is_ours(user: Mapping[str, Any], workspace_id: str) -> bool:
    """Return whether a user belongs to this workspace (or organization): Slack Connect shows others too.

    In an organization, `team_id` may be another workspace of theirs, and `enterprise_user.teams` names them all. Slack
    always says where a person belongs. Only a stand-in may not, and a stand-in has no outsiders.
    """
    if user.get("is_stranger") is True:
        return False
    organization = _mapping(user.get("enterprise_user"))
    teams = organization.get("teams")
    places = [*(teams if isinstance(teams, list) else ()), organization.get("enterprise_id"), user.get("team_id")]
    named = [place for place in places if isinstance(place, str) and place]
    return workspace_id in named or not named


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object, most: int) -> str | None:
    return value.strip() if isinstance(value, str) and 0 < len(value.strip()) <= most else None
