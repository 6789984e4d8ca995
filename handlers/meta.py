"""What an open view remembers, in its private_metadata: whose sessions it shows, as whom, and where in them it stands."""

import json
from dataclasses import asdict, dataclass, fields

from coaching.records import Scope
from coaching.sessions import Hat


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """The state of a view. Choices and quotes are not here: they live in the draft named by `draft`.

    `round` counts how often the server drew the choosing dialog anew: inputs of a new round start from the draft instead of
    from what Slack remembers under the old ids. `home` says that the dialog was opened from the App Home.
    `seal` names the terms that a confirmation shows, so that pressing its button confirms these and no others.
    """

    hat: Hat = Hat.CLIENT
    subject: str = ""
    scope: Scope = Scope.UPCOMING
    page: int = 0
    draft: str = ""
    round: int = 0
    home: bool = False
    seal: str = ""

    def dump(self) -> str:
        """Return it as JSON, well under Slack's 3,000 characters."""
        # Field by field: dataclasses.asdict copies deeply, which cost a sixth of building a list.
        return json.dumps({name: getattr(self, name) for name in _NAMES}, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingMeta:
    """The state of the booking dialog, beside what its menus hold.

    `session` is the id that the session will have: pressing twice books once. `rebooks` names the canceled session that it
    replaces. `seal` names the terms that are shown. `round` counts as in `Meta`.
    """

    hat: Hat = Hat.CLIENT
    subject: str = ""
    session: str = ""
    rebooks: str = ""
    seal: str = ""
    round: int = 0
    home: bool = False

    def dump(self) -> str:
        """Return it as JSON, well under Slack's 3,000 characters."""
        return json.dumps({name: getattr(self, name) for name in _BOOKING}, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LateMeta:
    """The state of the dialogs about late cancellations.

    `ids` are the sessions to decide about, `action` the cancellation to ask about. `record` is the session whose details
    stand in the view `under` this one, where they do: they change with what is done here. `later`: return what was kept.
    """

    ids: tuple[str, ...] = ()
    action: str = ""
    record: str = ""
    under: str = ""
    home: bool = False
    later: bool = False

    def dump(self) -> str:
        """Return it as JSON, under Slack's 3,000 characters: `ids` fit the value of a button."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


_BOOKING = tuple(field.name for field in fields(BookingMeta))
_NAMES = tuple(field.name for field in fields(Meta))
