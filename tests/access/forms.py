"""Payloads as Slack would bring them, about the things of the estate, under whatever hat they claim."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from coaching.meetings import LinkOf
from handlers.ids import INVITATIONS, LATE_RETURN, MODE_CANCEL, YES, Action, Block, Callback
from handlers.meta import AskCreditsMeta, BookingMeta, LateMeta, LinkMeta, Meta, RequestMeta
from tests.access.door import Chosen, Knock, Press, Submit, Told, Typed
from tests.access.estate import CREDITS, POOL, Estate
from tests.access.roles import ANNA, CARLA, CONRAD, HERE, MIA, SAM, Holding, Role

Form = Callable[[Estate, Role, Holding], Knock]
Json = dict[str, Any]


def typed(text: str) -> Form:
    """A command."""
    return lambda _e, _r, _h: Typed(text)


def told(**event: Any) -> Form:
    """An event."""
    return lambda _e, _r, _h: Told(event)


def shortcut(name: str) -> Form:
    """A global shortcut."""
    return lambda _e, _r, _h: Chosen(name)


def news(kind: str) -> Form:
    """Slack's news of whoever knocks, which makes more of them than they are."""
    shown = {"team_id": HERE, "is_admin": True, "is_owner": True, "real_name": "Somebody Else"}
    shown["tz"] = "America/New_York"
    return lambda _e, r, _h: Told({"type": kind, "user": {"id": r.user, "profile": {}, **shown}})


def in_message(action: str, value: Callable[[Estate], str | None]) -> Form:
    """A button in a message, of an alert, receipt, reminder or confirmation."""
    return lambda e, _r, _h: Press(action, value(e))


def at_home(action: str, value: str | None = None) -> Form:
    """A button in the App Home."""
    return lambda _e, _r, _h: Press(action, value, on="home")


def unheard(action: str) -> Form:
    """An input that nobody listens to."""
    return lambda e, _r, _h: Press(action, e.open.id, on="modal", meta=Meta(subject=ANNA).dump())


def in_list(action: str, value: Callable[[Estate, Holding], str | None] = lambda _e, _h: None) -> Form:
    """A button in a modal that knows whose sessions it shows."""
    return lambda e, _r, h: Press(action, value(e, h), on="modal", meta=Meta(hat=h[0], subject=h[1]).dump())


def finding(_e: Estate, _r: Role, h: Holding) -> Knock:
    """The dialog that narrows a list down, sent."""
    return Submit(Callback.FIND, Meta(hat=h[0], subject=h[1]).dump(), {Block.FIND_WORDS: text("quartz")})


def menu(action: str, verb: str, *, on: str = "modal", of: str = "open") -> Form:
    """The three dots of a session, or a button that names one as they do."""

    def form(e: Estate, _r: Role, h: Holding) -> Knock:
        value = f"{verb}:{h[0]}:{getattr(e, of).id}"
        option, button = (value, None) if action == Action.SESSION_MENU else (None, value)
        meta = Meta(hat=h[0], subject=h[1]).dump() if on == "modal" else ""
        return Press(action, button, option, on=on, meta=meta)  # type: ignore[arg-type]

    return form


def text(value: str) -> Json:
    """What a text input holds."""
    return {"type": "plain_text_input", "value": value}


def option(value: str) -> Json:
    """What a menu or radio buttons hold."""
    return {"type": "static_select", "selected_option": {"value": value}}


def ticks(*values: str) -> Json:
    """What check boxes hold."""
    return {"type": "checkboxes", "selected_options": [{"value": value} for value in values]}


CONFIRMATION = {Block.REASON: text("Ill"), Block.LATE: option(LATE_RETURN)}
"""What a confirmation holds."""


def dialog(stage: str, h: Holding, e: Estate, r: Role, *, theirs: Role | None, page: int = 0) -> str:
    """What a dialog about Anna's session remembers: one's own draft, or somebody's."""
    draft = e.draft(stage, theirs or r)
    return Meta(hat=h[0], subject=h[1], draft=draft, page=page, seal=e.seals.get(draft, "")).dump()


def choosing(action: str | None, *, theirs: Role | None = None, mode: str = MODE_CANCEL, mixed: bool = False) -> Form:
    """The choosing dialog with the open session ticked (and one of Boris's), a button pressed in it, or sent (None)."""

    def form(e: Estate, r: Role, h: Holding) -> Knock:
        state = {
            Block.MODE: option(mode),
            f"{Block.SESSIONS}:0:0:0": ticks(e.open.id, *([e.boris.id] if mixed else [])),
        }
        meta = dialog("chosen", h, e, r, theirs=theirs)
        if action is None:
            return Submit(Callback.CHOOSE, meta, state)
        return Press(action, on="modal", meta=meta, state=state)

    return form


def keeping(mode: str) -> Form:
    """The choosing dialog, sent with everything kept."""
    return lambda e, r, h: Submit(Callback.CHOOSE, dialog("chosen", h, e, r, theirs=None), {Block.MODE: option(mode)})


def in_dialog(action: str, stage: str, *, theirs: Role | None = None, page: int = 0, option: str | None = None) -> Form:
    """A button in a later step of a dialog."""
    return lambda e, r, h: Press(
        action, option=option, on="modal", meta=dialog(stage, h, e, r, theirs=theirs, page=page), state=CONFIRMATION
    )


def sent(callback: str, stage: str, *, theirs: Role | None = None) -> Form:
    """A dialog's confirmation sent."""
    return lambda e, r, h: Submit(callback, dialog(stage, h, e, r, theirs=theirs, page=1), CONFIRMATION)


def new_time(*, theirs: Role | None = None) -> Form:
    """The step that chooses a time, sent."""

    def form(e: Estate, r: Role, h: Holding) -> Knock:
        chosen = option(f"{e.open.starts_at.isoformat()}/{e.free.isoformat()}")
        return Submit(Callback.MOVE, dialog("moving", h, e, r, theirs=theirs), {f"{Block.MOVE_TIME}:0:0": chosen})

    return form


def booking(
    action: str | None, *, rebooks: bool = False, again: bool = False, pays: str | None = None, seal: str | None = None
) -> Form:
    """The booking dialog with Carla and a free time chosen; something chosen in it, or sent (None).

    `rebooks`: instead of Anna's canceled session; `again`: under the id of her open one. `pays` is the grant chosen to
    pay, and `seal` the attribute of the estate with the seal that goes with it.
    """

    def form(e: Estate, r: Role, h: Holding) -> Knock:
        meta = BookingMeta(
            hat=h[0],
            subject=h[1],
            session=e.open.id if again else f"new-{r.word}",
            seal=getattr(e, seal) if seal else e.booking_seals.get(h[1], ""),
            rebooks=e.canceled.id if rebooks else "",
        ).dump()
        state = {
            f"{Block.BOOK_COACH}:0": option(CARLA),
            f"{Block.BOOK_TYPE}:0": option(e.type_id),
            f"{Block.DAY}:0": option(e.free.date().isoformat()),
            f"{Block.TIME}:0": option(stamp(e.free)),
        }
        if pays is not None:
            state[f"{Block.BOOK_GRANT}:0"] = option(pays)
        if action is None:
            return Submit(Callback.BOOK, meta, state)
        return Press(action, option=CARLA, on="modal", meta=meta, state=state)

    return form


def stamp(at: datetime) -> str:
    """An instant as the booking dialog's menu has it."""
    return str(int(at.timestamp()))


def late_ids(e: Estate) -> str:
    """A button's value that names several sessions."""
    return json.dumps([e.late.id])


def mixed_ids(e: Estate) -> str:
    """A button's value that names sessions of two clients and coaches."""
    return json.dumps([e.late.id, e.boris_late.id])


def hours_form(_e: Estate, _r: Role, _h: Holding) -> Knock:
    """Carla's hours, sent."""
    state = {
        Block.HOURS: text("Mon 09:00-17:00"),
        Block.ZONE: text("Europe/London"),
        Block.BUFFER_BEFORE: text("0"),
        Block.BUFFER_AFTER: text("0"),
        Block.NOTICE: text("2"),
        Block.HORIZON: text("30"),
        Block.STEP: option("30"),
    }
    return Submit(Callback.HOURS, CARLA, state)


def hours_button(action: str, value: str | None = None) -> Form:
    """A button in the form about Carla's hours."""
    return lambda _e, _r, _h: Press(action, value, on="modal", meta=CARLA)


HEARS = (Action.NOTIFY_SLACK, Action.NOTIFY_BOTH, Action.NOTIFY_MAIL, Action.NOTIFY_AGAIN)
SWITCHES = ("starting", INVITATIONS)


def in_calendar(action: str, value: str | None = None) -> Form:
    """A button in the dialog of one's own calendar address, or of how one hears."""
    return lambda _e, _r, _h: Press(action, value, on="modal")


def in_setup(action: str, value: Callable[[Estate], str | None] = lambda _e: None) -> Form:
    """A button in the set-up."""
    return lambda e, _r, _h: Press(action, value(e), on="modal", meta="0", callback=Callback.SETUP)


def coach_menu(verb: str) -> Form:
    """A coach's menu in the set-up."""
    return lambda _e, _r, _h: Press(Action.SETUP_COACH_MENU, option=f"{verb}:{CARLA}", on="modal", meta="0")


def coach_back(_e: Estate, _r: Role, _h: Holding) -> Press:
    """The menu of former coaches in the set-up."""
    return Press(Action.SETUP_COACH_BACK, option=CARLA, on="modal", meta="0", callback=Callback.SETUP)


def set_up(callback: str, state: Json, meta: Callable[[Estate], str] = lambda _e: "") -> Form:
    """A form of the set-up, sent."""
    return lambda e, _r, _h: Submit(callback, meta(e), state)


def terms(action: str | None, of: str = "workspace", *, round_: int = 0) -> Form:
    """The form about the terms of something, previewed, dropped, or sent (None)."""
    state = {
        f"{block}:{round_}": held
        for block, held in {
            Block.TIERS: text("100% until 48h"),
            Block.REASON_RULE: option("required"),
            Block.LATE_CANCEL: option(YES),
            Block.GRACE: text("5"),
            Block.RETURN_DAYS: text("30"),
            Block.MOVE_WINDOW: text("24"),
            Block.DECIDE_DAYS: text("2"),
            Block.UNDECIDED: text("0"),
            Block.PREVIEW_DAY: {"type": "datepicker", "selected_date": "2026-12-10"},
            Block.PREVIEW_TIME: {"type": "timepicker", "selected_time": "10:00"},
            Block.PREVIEW_PRICE: text("1"),
        }.items()
    }

    def form(e: Estate, _r: Role, _h: Holding) -> Knock:
        meta = f"{round_}:{scope(of, e)}"
        if action is None:
            return Submit(Callback.TERMS, meta, state)
        return Press(action, on="modal", meta=meta, state=state)

    return form


def scope(of: str, e: Estate) -> str:
    """What terms are of, as a button names it."""
    return f"{of}:" + {"workspace": "", "type": e.type_id, "package": e.package_id}[of]


PREFERENCES = {
    Block.REMINDERS: text("24h, 2h"),
    Block.REASON_IN_CHANNEL: option(YES),
    Block.SUPPORT: text("somebody else"),
    Block.UNDO_WINDOW: text("30"),
    Block.QUIET_HOURS: text("22:00-08:00"),
    Block.START_REMINDER: text("30"),
    Block.LANGUAGE: option("en_US"),
}
TYPE_FORM = {Block.TYPE_NAME: text("Renamed"), Block.TYPE_MINUTES: text("30"), Block.TYPE_PRICE: text("2")}
COACH_FORM = {Block.CHANNEL: {"type": "conversations_select", "selected_conversation": "C0OTHER"}}


def admins(*people: str) -> Json:
    """The admins' form."""
    return {Block.ADMINS: {"type": "multi_users_select", "selected_users": list(people)}}


def decision(verdict: str, part: str | None = None) -> Form:
    """The dialog that decides about the late cancellation, sent."""

    def form(e: Estate, _r: Role, _h: Holding) -> Knock:
        state = {Block.VERDICT: option(verdict), Block.NOTE: text("As agreed")}
        if part:
            state[Block.PART] = text(part)
        return Submit(Callback.LATE_DECIDE, LateMeta(ids=(e.late.id,)).dump(), state)

    return form


def link(of: str) -> Form:
    """A meeting link of Anna's open session, of its type, or of Carla, sent."""

    def form(e: Estate, _r: Role, _h: Holding) -> Knock:
        owner = {"session": e.open.id, "type": e.type_id, "coach": CARLA}[of]
        meta = LinkMeta(of=LinkOf(of), id=owner).dump()
        return Submit(Callback.MEETING_LINK, meta, {Block.MEETING_LINK: text("https://meet.example.com/new")})

    return form


def exception(e: Estate, _r: Role, _h: Holding) -> Knock:
    """The dialog that asks for an exception about the late cancellation, sent."""
    return Submit(Callback.ASK_EXCEPTION, LateMeta(action=e.late_action).dump(), {Block.NOTE: text("Please")})


def wishes(e: Estate, _r: Role, _h: Holding) -> Knock:
    """The dialog that asks to move a session, sent with one time."""
    at = (e.wish.starts_at + timedelta(days=3)).isoformat()
    state = {f"{Block.WISHES}:0": ticks(at), Block.NOTE: text("Please")}
    return Submit(Callback.ASK_MOVE, RequestMeta(subject=e.wish.id).dump(), state)


def withdrawal(e: Estate, _r: Role, _h: Holding) -> Knock:
    """The button in the view of a request to move a session."""
    meta = RequestMeta(subject=e.wished.id).dump()
    return Press(Action.MOVE_WITHDRAW, e.wish_request, on="modal", meta=meta)


def plea(to: str, *, rebooks: bool = False) -> Form:
    """The dialog that asks for credits, for oneself or for a pool, sent."""

    def form(e: Estate, _r: Role, _h: Holding) -> Knock:
        meta = AskCreditsMeta(rebooks=e.canceled.id if rebooks else "").dump()
        state = {Block.CREDIT_AMOUNT: text("3"), Block.CREDIT_POOL: option(to), Block.NOTE: text("Please")}
        return Submit(Callback.ASK_CREDITS, meta, state)

    return form


def plea_withdrawal(e: Estate, _r: Role, _h: Holding) -> Knock:
    """The button in the view of a request for credits."""
    return Press(Action.CREDITS_WITHDRAW, e.credit_request, on="modal", meta=AskCreditsMeta().dump())


def refusal(e: Estate, _r: Role, _h: Holding) -> Knock:
    """The dialog that declines a request for credits, sent."""
    return Submit(Callback.CREDITS_DECLINE, e.credit_request, {Block.NOTE: text("Sorry")})


def wished(e: Estate) -> str:
    """The value of the button that accepts the time asked for."""
    return f"{e.wish_request}|{(e.wished.starts_at + timedelta(days=2)).isoformat()}"


def no_show(e: Estate, _r: Role, h: Holding) -> Knock:
    """The dialog that asks before a session counts as missed, sent."""
    return Submit(Callback.NO_SHOW, Meta(hat=h[0], subject=h[1], draft=e.past.id).dump())


def give(holder: Callable[[Estate], str]) -> Form:
    """Credits given to whoever the form is about, sent."""
    return lambda e, _r, _h: Submit(Callback.CREDITS_GIVE, holder(e), {Block.CREDIT_AMOUNT: text("3")})


def about_grant(callback: str) -> Form:
    """A form about Anna's credits, sent."""
    day = {"type": "datepicker", "selected_date": "2027-03-01"}
    return lambda _e, _r, _h: Submit(callback, CREDITS, {Block.CREDIT_AMOUNT: text("1"), Block.CREDIT_EXPIRY: day})


def package(e: Estate, _r: Role, _h: Holding) -> Knock:
    """The form of a package, sent."""
    state = {Block.PACKAGE_NAME: text("Saffron pack, renamed"), Block.PACKAGE_SESSIONS: text("5")}
    return Submit(Callback.PACKAGE, e.package_id, state | {Block.PACKAGE_TYPE: option(e.type_id)})


def pool(_e: Estate, _r: Role, _h: Holding) -> Knock:
    """The form of a pool, sent."""
    state = {
        Block.POOL_NAME: text("Umber Works, renamed"),
        Block.POOL_CONTACT: {"type": "users_select", "selected_user": CONRAD},
        Block.POOL_MEMBERS: {"type": "multi_users_select", "selected_users": [MIA, SAM]},
    }
    return Submit(Callback.POOL, POOL, state)


def told_of(what: Callable[[Estate], str]) -> Form:
    """Who else is told about a coach or a session type, sent."""
    state = {
        Block.TOLD_PEOPLE: {"type": "multi_users_select", "selected_users": [SAM]},
        Block.TOLD_CHANNELS: {"type": "multi_conversations_select", "selected_conversations": []},
    }
    return lambda e, _r, _h: Submit(Callback.SETUP_TOLD, what(e), state)
