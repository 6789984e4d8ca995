"""What leads on from a client's page: booking another session, and asking where something is not possible any more."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import quote, unquote

from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions import browse, move_requests, way_in
from coaching.actions.browse import Row
from coaching.actions.way_in import WayIn
from coaching.bounds import Bounds
from coaching.requests import RequestKind
from coaching.sessions import MAX_REASON, Actor, Hat, Session, Status
from handlers.book import BookFeature
from handlers.deps import Deps
from handlers.exceptions import ExceptionFeature
from handlers.ids import Action, Block, Callback
from handlers.meta import BookingMeta, LateMeta, RequestMeta
from handlers.move_requests import MoveRequestFeature
from handlers.parse import MAX_SESSION_ID, BadRequest
from handlers.parse import text as checked
from handlers.views.asked import ask_button, asked_button, asked_of, can_ask, is_waiting
from handlers.views.book import Picks
from handlers.views.kit import Json, actions, context, modal, section
from handlers.views.move_requests import ask_to_move_button
from handlers.views.result import schedule_again
from handlers.views.words import line, reader_for
from language.say import Say
from web.own import canceled_words
from web.sent import Sent, Shown

_MENUS = (Action.BOOK_DAY, Action.BOOK_GRANT)
_SHOWN = (*_MENUS, Block.TIME)
_NOT_CHOSEN = (Action.BOOK_COACH, Action.BOOK_TYPE)
"""What Slack's dialog lets people choose and a link does not: it is for the sessions of one coach and type."""


class Further:
    """The steps behind *Schedule Session*, *Ask for an exception* and *Ask to move…*, for one request of a link."""

    def __init__(self, deps: Deps, found: WayIn, say: Say) -> None:
        self._deps, self._found, self._say = deps, found, say
        self._exception = ExceptionFeature(deps, nothing_to_publish)
        self._move = MoveRequestFeature(deps, nothing_to_publish)

    def buttons(self) -> list[Json]:
        """Return what the page of a link offers besides its choice of sessions."""
        if self._found.hat is not Hat.CLIENT:
            return []
        own = self._found.own.session
        reader = reader_for(self._found.viewer, [row.session for row in self._askable()], self._found.now)
        blocks: list[Json] = []
        for row in self._askable():
            asking = ask_to_move_button(row.session, self._say, asked=row.asked)
            blocks += [section(line(row.session, reader)), actions([asking])]
        ended: list[Json] = []
        if own.status is Status.CANCELED and can_ask([own]):
            ended = [ask_button(own, self._say)]
        elif asked_of(own) and is_waiting(own):
            ended = [asked_button(own, self._say)]
        return [*blocks, actions([*ended, schedule_again(own.id, self._say)])]

    async def step(self, sent: Sent) -> Shown:
        """Carry out what a page sent. Raises BadRequest, NotYours, and what the actions raise."""
        if self._found.hat is not Hat.CLIENT:
            raise BadRequest("a page of clients")
        actor = self._found.actor
        match sent.step, sent.do:
            case _, Action.SCHEDULE:
                return await self._schedule(sent.value or self._found.own.session.id)
            case Callback.BOOK, do if do == "submit" or do in _MENUS:
                return await self._choosing(sent)
            case _, Action.ASK_EXCEPTION:
                session = await self._session(sent.value)
                return Shown(await self._exception.begin(actor, LateMeta(), session.id))
            case Callback.ASK_EXCEPTION, "submit":
                return Shown(await self._exception.asked(actor, LateMeta.load(sent.body), _note(sent)))
            case _, Action.ASK_MOVE:
                session = await self._session(sent.value)
                return Shown(await self._move.begin(actor, RequestMeta(subject=session.id)))
            case Callback.ASK_MOVE, "submit":
                return await self._wished(sent)
            case Callback.MESSAGE, Action.MOVE_WITHDRAW:
                about = RequestMeta.load(sent.body)
                return Shown(await self._move.withdrawn(actor, about, await self._asked(about.subject, sent.value)))
        raise BadRequest("no such step")

    def _askable(self) -> Sequence[Row]:
        """Return the sessions that the client cannot move, but can ask to have moved, or has."""
        rows = {row.session.id: row for row in (self._found.own, *self._found.rows)}
        return [row for row in rows.values() if row.askable and self._found.now <= row.session.starts_at]

    async def _session(self, session_id: str) -> Session:
        """Return a session that this link may speak of. Raises NotYours."""
        checked(session_id, "session", MAX_SESSION_ID)
        await way_in.require_within(self._deps.store, self._found, [session_id])
        return await browse.find(self._deps.store, self._found.actor, session_id)

    async def _asked(self, session_id: str, request_id: str) -> str:
        """Return the id of a request to move this session, open or not. Raises BadRequest for any other."""
        checked(request_id, "request", MAX_SESSION_ID)
        async with self._deps.store.read(self._found.actor.workspace_id) as queries:
            found = await queries.requests.by_ids([request_id])
        if not any(one.kind is RequestKind.MOVE and one.subject_id == session_id for one in found):
            raise BadRequest("not a request of this page")
        return request_id

    async def _schedule(self, session_id: str) -> Shown:
        """Open the dialog for a session like this one, which it replaces if it is canceled."""
        checked(session_id, "session", MAX_SESSION_ID)
        bounds, actor = await way_in.bounds(self._deps.store, self._found, session_id), self._found.actor
        rebooks = session_id if bounds.like.status is Status.CANCELED else ""
        meta = BookingMeta(subject=actor.user_id, rebooks=rebooks)
        return self._booking(bounds, await self._within(bounds).begin(actor, meta, Picks()))

    async def _choosing(self, sent: Sent) -> Shown:
        """Go on with what was chosen in the dialog. Its bounds are those of the session that the page says it is like."""
        if any(sent.one(name) for name in _NOT_CHOSEN):
            raise BadRequest("coach and type are not chosen here")
        shown, _, like = sent.mark.partition(".")
        bounds = await way_in.bounds(self._deps.store, self._found, unquote(like))
        meta, picks, actor = BookingMeta.load(sent.body), _picks(sent), self._found.actor
        book, notice = self._within(bounds), None
        if sent.do == Action.BOOK_DAY:
            # Other days have other times: what was chosen before is asked for again.
            picks = replace(picks, start=None)
        elif sent.do == "submit" and picks.start is None:
            notice = self._say("Choose a time")
        elif sent.do == "submit" and picks.start and _mark([sent.one(name) or "" for name in _SHOWN]) == shown:
            view, _ = await book.booked(actor, meta, picks, picks.start)
            if view is None:
                return Shown(await self._canceled_since(meta.session))
            return self._booking(bounds, view)
        # What was chosen since the page was drawn is shown first, with its terms.
        return self._booking(bounds, await book.chosen(actor, meta, picks, sent.do), notice)

    async def _canceled_since(self, session_id: str) -> Json:
        """Show what this page booked and somebody has canceled since, and lead on."""
        session = await browse.find(self._deps.store, self._found.actor, session_id)
        reader = reader_for(self._found.viewer, [session], self._found.now)
        blocks = [
            section(canceled_words(session, reader)),
            actions([schedule_again(self._found.own.session.id, self._say)]),
            context(reader.zone_line([session])),
        ]
        return modal(self._say.title("Session details"), Callback.MESSAGE, blocks, close=self._say.title("Close"))

    def _within(self, bounds: Bounds) -> BookFeature:
        return BookFeature(self._deps, nothing_to_publish, bounds)

    def _booking(self, bounds: Bounds, view: Json, notice: str | None = None) -> Shown:
        """Show the dialog. Its button books only what it shows, so without a time it leads on to one."""
        shown = dict(_chosen(view))
        if view["callback_id"] == Callback.BOOK and "submit" in view and not shown.get(Block.TIME):
            words = self._say.title("Continue")
            view = {**view, "submit": {**view["submit"], "text": words}}
        return Shown(
            view, notice, f"{_mark([shown.get(name, '') for name in _SHOWN])}.{quote(bounds.like.id, safe='')}"
        )

    async def _wished(self, sent: Sent) -> Shown:
        """Ask to move a session, or show the form again where that cannot be asked."""
        meta, actor = RequestMeta.load(sent.body), self._found.actor
        wishes = list(dict.fromkeys(sent.fields.get(Block.WISHES, ())))
        if not 0 < len(wishes) <= move_requests.MOST_TIMES:
            words = self._say.plural(
                "choose at least one time and at most {n}",
                "choose at least one time and at most {n}",
                move_requests.MOST_TIMES,
            )
            again = await self._move.begin(actor, meta, wishes, _note(sent))
            return Shown(again, words[:1].upper() + words[1:])
        return Shown((await self._move.asked(actor, meta, wishes, _note(sent)))[0])


async def nothing_to_publish(client: AsyncWebClient, actor: Actor, said: str | None = None) -> None:
    """Do nothing: no Home was open, and Slack draws it anew when it is."""


def _note(sent: Sent) -> str | None:
    note = sent.text(Block.NOTE)
    return note[: MAX_REASON + 1] if note else None


def _picks(sent: Sent) -> Picks:
    """Read the choices in the dialog's menus. Raises BadRequest."""
    day, start = sent.one(Action.BOOK_DAY), sent.one(Block.TIME)
    if start and not re.fullmatch(r"[0-9]{1,11}", start):
        raise BadRequest("an odd time")
    try:
        return Picks(
            day=date.fromisoformat(day) if day else None,
            start=datetime.fromtimestamp(int(start), UTC) if start else None,
            grant_id=sent.one(Action.BOOK_GRANT) or None,
        )
    except (ValueError, OverflowError):
        raise BadRequest("an odd day") from None


def _chosen(view: Json) -> Iterator[tuple[str, str]]:
    """Yield what is chosen in a view's menus, by the name under which a page sends it."""
    for block in view["blocks"]:
        for name, menu in (
            ((block.get("accessory") or {}).get("action_id"), block.get("accessory")),
            (str(block.get("block_id", "")).partition(":")[0], block.get("element")),
        ):
            if name and menu and menu.get("type") == "static_select":
                yield name, menu.get("initial_option", {}).get("value", "")


def _mark(chosen: Sequence[str]) -> str:
    """Return what stands for choices in what a page says of itself."""
    return hashlib.sha256("\n".join(chosen).encode(errors="replace")).hexdigest()[:16]
