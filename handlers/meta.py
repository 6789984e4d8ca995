"""The data that an open view carries in its private_metadata: a class for each kind of view, with `dump` and `load`."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from datetime import date
from typing import Any, ClassVar, Self

from coaching.meetings import LinkOf, LinkScope
from coaching.packages import Holder
from coaching.policy import TermsScope
from coaching.records import Scope, Wanted
from coaching.requests import ToBook
from coaching.sessions import Hat
from coaching.stakeholders import NewsOf
from handlers import parse
from handlers.button_values import MAX_HOLDER, holder_key, holder_of, scope_of, scope_value
from handlers.parse import MAX_ID, MAX_SESSION_ID, BadRequest, Body

SHORT = 64
MAX_WORDS = 100
"""The most characters of words to find sessions by."""
MAX_SOUGHT = 1000
"""The most characters of what everybody's sessions are narrowed down to, and of a place among them."""


@dataclass(frozen=True, slots=True)
class _AsJson:
    """Data stored as a JSON object with exactly the fields of the class."""

    def dump(self) -> str:
        """Return the data as JSON, under Slack's 3,000 characters."""
        # Field by field: dataclasses.asdict copies deeply, which took a sixth of the time to build a list.
        kept = {one.name: getattr(self, one.name) for one in fields(self)}
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def load(cls, body: Body) -> Self:
        """Return the data of a request's view. Raises BadRequest unless every field is present and has its type."""
        data = parse.loads(parse.metadata(body))
        if not isinstance(data, dict) or set(data) != {one.name for one in fields(cls)}:
            raise BadRequest("private_metadata has other fields")
        return cls(**{one.name: _READERS[one.type](data[one.name], one) for one in fields(cls)})


def _text(value: object, one: Field[Any]) -> str:
    if not isinstance(value, str) or not one.metadata["least"] <= len(value) <= one.metadata["most"]:
        raise BadRequest(f"{one.name} is no such text")
    return value


def _flag(value: object, one: Field[Any]) -> bool:
    if not isinstance(value, bool):
        raise BadRequest(f"{one.name} is neither true nor false")
    return value


_READERS: Mapping[Any, Callable[[object, Field[Any]], object]] = {
    str: _text,
    bool: _flag,
    int: lambda value, _: parse.counted(value),
    Hat: lambda value, _: parse.hat_of(value),
    LinkOf: lambda value, one: parse.one_of(LinkOf, value, one.name),
    Scope: lambda value, one: parse.one_of(Scope, value, one.name),
    tuple[str, ...]: lambda value, _: tuple(
        parse.text(id_, "session id", MAX_SESSION_ID) for id_ in parse.items(value)
    ),
}


def _texts(most: int, *, least: int = 0) -> str:
    """Return a text field of `least` to `most` characters. Its default is empty."""
    made: str = field(default="", metadata={"least": least, "most": most})
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta(_AsJson):
    """The state of a view. Choices and quotes are not in it: they are in the draft named by `draft`.

    `round` counts how often the server drew the choosing dialog. Inputs of a new round start from the draft instead of
    from what Slack stores under the old ids. `home` says that the dialog was opened from the App Home. `seal`
    identifies the terms that a confirmation shows, so that its button confirms these and no others. `alone`: the
    confirmation is about one session and was opened at once, so there is nothing to go back to. `month` ("2026-11"),
    `other`, `kind` and `words` are what a list is narrowed down to, `sought` what everybody's are: see `handlers.sought`.
    """

    hat: Hat = Hat.CLIENT
    subject: str = _texts(MAX_ID, least=1)
    scope: Scope = Scope.UPCOMING
    page: int = 0
    draft: str = _texts(SHORT)
    round: int = 0
    home: bool = False
    seal: str = _texts(SHORT)
    alone: bool = False
    month: str = _texts(SHORT)
    other: str = _texts(MAX_ID)
    kind: str = _texts(SHORT)
    words: str = _texts(MAX_WORDS)
    sought: str = _texts(MAX_SOUGHT)

    @property
    def wanted(self) -> Wanted:
        """What the list is narrowed down to. Raises BadRequest."""
        return Wanted(month_of(self.month) if self.month else None, self.other, self.kind, self.words)

    def everything(self) -> Self:
        """Return the data of the same list, from its first page and not narrowed down."""
        return replace(self, page=0, month="", other="", kind="", words="")

    @classmethod
    def load_dialog(cls, body: Body) -> Self:
        """Return the data of a dialog with a draft. Raises BadRequest."""
        found = cls.load(body)
        parse.text(found.draft, "draft", SHORT)
        return found


def month_of(text: str) -> date:
    """Return the first day of a month from "2026-11". Raises BadRequest."""
    if not re.fullmatch(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise BadRequest("no month")
    return date.fromisoformat(f"{text}-01")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingMeta(_AsJson):
    """The state of the booking dialog, apart from its menus.

    `session` is the id that the session will have, so that pressing twice books once. `rebooks` is the canceled session
    that it replaces. `seal` identifies the shown terms. `round` counts as in `Meta`.
    """

    hat: Hat = Hat.CLIENT
    subject: str = _texts(MAX_ID, least=1)
    session: str = _texts(SHORT, least=1)
    rebooks: str = _texts(MAX_ID)
    seal: str = _texts(MAX_ID)
    round: int = 0
    home: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LateMeta(_AsJson):
    """The state of the dialogs about late cancellations.

    `ids` are the sessions to decide about. They fit into a button's value. `action` is the cancellation that a request
    is about. `record` is the session whose details are in the view `under` this one, if they are: that view is redrawn
    after a change here. Or `client` is the one whose page is there. `later` means to return credits that were kept.
    `everybodys`: that record was opened among everybody's sessions, and stays one of those when it is redrawn.
    """

    ids: tuple[str, ...] = ()
    action: str = _texts(MAX_ID)
    record: str = _texts(MAX_ID)
    under: str = _texts(MAX_ID)
    client: str = _texts(MAX_ID)
    home: bool = False
    later: bool = False
    everybodys: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMeta(_AsJson):
    """What a form of a meeting link belongs to.

    `under` is the id of the view from which it was opened, and `beneath` that view's callback_id: it is redrawn after a
    change. `home` as in `Meta`, `everybodys` as in `LateMeta`.
    """

    of: LinkOf = LinkOf.SESSION
    id: str = _texts(MAX_ID, least=1)
    under: str = _texts(MAX_ID)
    beneath: str = _texts(SHORT)
    home: bool = False
    everybodys: bool = False

    @property
    def scope(self) -> LinkScope:
        """The session, session type or coach."""
        return LinkScope(self.of, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestMeta(_AsJson):
    """The state of the dialog of a request. `subject` is what it is about: a session.

    `record`, `under`, `home` and `everybodys` are as in `LateMeta`, and `round` counts as in `Meta`.
    """

    subject: str = _texts(MAX_ID, least=1)
    record: str = _texts(MAX_ID)
    under: str = _texts(MAX_ID)
    home: bool = False
    round: int = 0
    everybodys: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskCreditsMeta(_AsJson):
    """What credits are asked for: a coach, a session type and a canceled session, as far as they were chosen.

    `beneath` is the callback_id of the view under this one, which is redrawn after a change if it shows credits.
    """

    coach: str = _texts(MAX_ID)
    kind: str = _texts(SHORT)
    rebooks: str = _texts(MAX_ID)
    beneath: str = _texts(SHORT)

    @property
    def to_book(self) -> ToBook:
        """What the credits are for."""
        return ToBook(self.coach or None, self.kind or None, self.rebooks or None)


@dataclass(frozen=True, slots=True)
class PageMeta:
    """The page of a view, for views that store nothing else."""

    page: int

    def dump(self) -> str:
        """Return the page as digits."""
        return str(self.page)

    @classmethod
    def load(cls, body: Body) -> Self:
        """Return the page of a request's view. Raises BadRequest."""
        found = parse.metadata(body)
        if not re.fullmatch(r"[0-9]{1,5}", found):
            raise BadRequest("no page")
        return cls(parse.counted(int(found)))


@dataclass(frozen=True, slots=True)
class ItemMeta:
    """The id that a form is about, such as a coach's. It is empty if the form makes a new one."""

    MOST: ClassVar[int] = MAX_ID
    id: str

    def dump(self) -> str:
        """Return the id."""
        return self.id

    @classmethod
    def load(cls, body: Body) -> Self:
        """Return the id. Raises BadRequest if there is none."""
        return cls(parse.text(parse.view(body).get("private_metadata"), "private_metadata", cls.MOST))

    @classmethod
    def load_or_new(cls, body: Body) -> Self:
        """Return the id, or an empty one if the view stores nothing. Raises BadRequest."""
        return cls.load(body) if parse.view(body).get("private_metadata") else cls("")


class DeclineMeta(ItemMeta):
    """The request that a form declines."""

    MOST = SHORT


class GrantMeta(ItemMeta):
    """The grant that a form is about."""

    MOST = 96


class OfferMeta(ItemMeta):
    """The package or pool that a form is about."""

    MOST = SHORT


@dataclass(frozen=True, slots=True)
class HolderMeta:
    """Whose credits a form is about, or None if the form asks, and the request that they answer, if any."""

    holder: Holder | None
    request: str = ""

    def dump(self) -> str:
        """Return "client:ID", "pool:ID" or nothing, after "REQUEST|" for a request."""
        holder = holder_key(self.holder) if self.holder is not None else ""
        return f"{self.request}|{holder}" if self.request else holder

    @classmethod
    def load(cls, body: Body) -> Self:
        """Return whose credits the form of a request is about. Raises BadRequest."""
        found = parse.view(body).get("private_metadata")
        if not found:
            return cls(None)
        match = re.match(r"([0-9a-f]{28})\|", parse.text(found, "holder", MAX_HOLDER + SHORT))
        return cls(holder_of(found[match.end() :]), match[1]) if match else cls(holder_of(found))


@dataclass(frozen=True, slots=True)
class NewsMeta:
    """The coach or session type whose stakeholders a form names."""

    of: NewsOf
    of_id: str

    def dump(self) -> str:
        """Return "coach:ID" or "type:ID"."""
        return f"{self.of}:{self.of_id}"

    @classmethod
    def load(cls, body: Body) -> Self:
        """Return what the form of a request is about. Raises BadRequest."""
        of, _, of_id = parse.metadata(body).partition(":")
        return cls(parse.one_of(NewsOf, of, "news"), parse.text(of_id, "coach or type"))


@dataclass(frozen=True, slots=True)
class TermsMeta:
    """The scope of the terms in a form. `round` counts as in `Meta`."""

    round: int
    scope: TermsScope

    def dump(self) -> str:
        """Return "round:type:ID"."""
        return f"{self.round}:{scope_value(self.scope)}"

    @classmethod
    def load(cls, body: Body) -> Self:
        """Return what the form of a request is about. Raises BadRequest."""
        found, _, scope = parse.metadata(body).partition(":")
        if not re.fullmatch(r"[0-9]{1,4}", found):
            raise BadRequest("no round")
        return cls(int(found), scope_of(scope))
