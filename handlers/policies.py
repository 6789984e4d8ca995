"""The terms of the workspace, a session type or a package: one form with a preview."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from coaching.actions import policies
from coaching.errors import BadPolicy
from coaching.policy import FULL, MOST_FORGIVEN, MOST_MONTHS, Policy, ReasonRule, TermsOf, TermsScope
from coaching.sessions import Actor
from coaching.slots import AmbiguousTime, SkippedTime, resolve_local
from coaching.tiers import parse_tiers, tiers_text
from handlers import parse
from handlers.amounts import credits_of
from handlers.button_values import scope_of
from handlers.deps import Deps, Publish
from handlers.error_words import words_for
from handlers.ids import NO, YES, Action, Block, Callback
from handlers.inputs import BadInput
from handlers.meta import TermsMeta
from handlers.numbers import needed_whole, number, whole
from handlers.parse import BadRequest, Body
from handlers.press import Draw, Press, on_action, on_submit
from handlers.views.kit import Json
from handlers.views.policies import (
    DAY,
    HOUR,
    MINUTE,
    MOST_DAYS,
    MOST_HOURS,
    MOST_MINUTES,
    MOST_MOVES,
    PreviewedSession,
    Typed,
    figure,
    first_filled,
    reader_of,
    terms_form,
)
from handlers.views.typed_words import tiers_in
from language.say import Say, Word, word

_TICK = timedelta(microseconds=1)
_NAMES: Mapping[str, Word] = {
    Block.TIERS: word("What comes back until when"),
    Block.GRACE: word("Free cancellation after booking"),
    Block.RETURN_DAYS: word("Days for credits that come back"),
    Block.MOVE_WINDOW: word("Reschedule window"),
    Block.MOVE_LIMIT: word("Reschedule limit"),
    Block.DECIDE_DAYS: word("Days to decide"),
    Block.UNDECIDED: word("Percent if nobody decides"),
    Block.FORGIVEN_TIMES: word("Late cancellations that are forgiven"),
    Block.FORGIVEN_MONTHS: word("Months in which they are counted"),
    Block.PREVIEW_DAY: word("Day of the session"),
    Block.PREVIEW_TIME: word("Time it starts"),
    Block.PREVIEW_PRICE: word("Price in credits"),
}
_FORM = word("The form")


class PoliciesFeature:
    """The form for terms. `beneath` has, by scope, the function that draws the view that the form was opened from."""

    def __init__(self, deps: Deps, publish_home: Publish) -> None:
        self._deps = deps
        self._publish_home = publish_home
        self.beneath: dict[TermsOf, Draw] = {}

    async def open(self, press: Press, scope: TermsScope) -> None:
        """Open the form for a scope, with a preview under its current terms. Raises AdminsOnly, TermsGone."""
        await press.show(self._fresh(await self._load(press.actor, scope)))

    @on_action(Action.TERMS_OPEN)
    async def from_button(self, press: Press) -> None:
        """Open the form for the scope that a button names."""
        await self.open(press, scope_of(parse.value(press.body)))
        await press.ack()

    @on_action(Action.TERMS_PREVIEW)
    async def preview(self, press: Press) -> None:
        """Show what the session would return under the typed terms, or say what is wrong with them. All input stays."""
        meta = TermsMeta.load(press.body)
        found = await self._load(press.actor, meta.scope)
        await press.redraw(self._drawn(found, typed_in(press.body, meta.round), meta.round))
        await press.ack()

    @on_submit(Callback.TERMS)
    async def save(self, press: Press) -> None:
        """Make the typed terms apply to everything booked from now on."""
        meta = TermsMeta.load(press.body)
        found = await self._load(press.actor, meta.scope)
        policy = policy_typed(typed_in(press.body, meta.round), found.terms.policy, reader_of(found).say)
        await policies.save_terms(self._deps.store, press.actor, parse.request_key(press.body), meta.scope, policy)
        await self._redraw_beneath(press, meta.scope)
        await press.ack()
        if meta.scope.of is TermsOf.WORKSPACE:  # that is a step of the set-up, which an admin's Home shows
            self._deps.later(self._publish_home(press.client, press.actor), "publish home")

    @on_action(Action.TERMS_DROP)
    async def drop(self, press: Press) -> None:
        """Remove the terms of a session type or package, and show those that apply now."""
        meta = TermsMeta.load(press.body)
        await policies.drop_terms(self._deps.store, press.actor, parse.request_key(press.body), meta.scope)
        # A new round, so that Slack does not keep the input for the old terms.
        await press.redraw(self._fresh(await self._load(press.actor, meta.scope), meta.round + 1))
        await self._redraw_beneath(press, meta.scope)
        await press.ack()

    async def _load(self, actor: Actor, scope: TermsScope) -> policies.OpenTerms:
        return await policies.open_terms(self._deps.store, self._deps.clock, actor, scope)

    def _fresh(self, found: policies.OpenTerms, round_: int = 0) -> Json:
        return self._drawn(found, first_filled(found), round_)

    def _drawn(self, found: policies.OpenTerms, held: Typed, round_: int) -> Json:
        asked, wrong, say = None, None, reader_of(found).say
        try:
            asked = asked_about(held, found)
        except BadInput as error:
            name = say.of(_NAMES.get(error.block, _FORM))
            wrong = say("{field}: {fault}", field=name, fault=words_for(error, "", say))
        except (BadPolicy, SkippedTime) as error:
            wrong = words_for(error, "", say)
        return terms_form(found, held, round_, asked=asked, wrong=wrong)

    async def _redraw_beneath(self, press: Press, scope: TermsScope) -> None:
        if (draw := self.beneath.get(scope.of)) is not None:
            await press.redraw_beneath(draw)


def typed_in(body: Body, round_: int) -> Typed:
    """Return the input of the form. Raises BadRequest."""

    def text(name: Block, most: int = 255) -> str | None:
        return parse.typed_text(body, f"{name}:{round_}", most)

    return Typed(
        tiers=text(Block.TIERS, 500),
        reason=parse.chosen(body, f"{Block.REASON_RULE}:{round_}") or ReasonRule.OPTIONAL,
        late=parse.chosen(body, f"{Block.LATE_CANCEL}:{round_}") or YES,
        grace=text(Block.GRACE),
        return_period=text(Block.RETURN_DAYS),
        window=text(Block.MOVE_WINDOW),
        limit=text(Block.MOVE_LIMIT),
        decide=text(Block.DECIDE_DAYS),
        undecided=text(Block.UNDECIDED),
        forgiven=text(Block.FORGIVEN_TIMES),
        months=text(Block.FORGIVEN_MONTHS),
        day=parse.picker(body, f"{Block.PREVIEW_DAY}:{round_}", "selected_date"),
        time=parse.picker(body, f"{Block.PREVIEW_TIME}:{round_}", "selected_time"),
        price=text(Block.PREVIEW_PRICE),
    )


def policy_typed(held: Typed, current: Policy, say: Say) -> Policy:
    """Return the typed terms. A field that was left as the form showed it stays exactly as it is.

    Raises BadInput at the wrong field, BadRequest.
    """
    decide = _span(held.decide, Block.DECIDE_DAYS, DAY, MOST_DAYS, current.decide_within)
    if not decide:
        raise BadInput(Block.DECIDE_DAYS, "a coach needs some time: a number above 0")
    undecided = needed_whole(held.undecided, Block.UNDECIDED, FULL)
    try:
        reason = ReasonRule(held.reason)
    except ValueError:
        raise BadRequest("unknown reason rule") from None
    try:
        words = tiers_in(say)
        same = held.tiers == tiers_text(current.tiers, words)
        tiers = current.tiers if same else parse_tiers(held.tiers or "", words)
    except BadPolicy as error:
        raise BadInput(Block.TIERS, error.message, error.many, **error.figures) from None
    return Policy(
        tiers=tiers,
        reason=reason,
        late_cancel=held.late != NO,
        booking_grace=_span(held.grace, Block.GRACE, MINUTE, MOST_MINUTES, current.booking_grace),
        return_period=_span(held.return_period, Block.RETURN_DAYS, DAY, MOST_DAYS, current.return_period),
        reschedule_window=_span(held.window, Block.MOVE_WINDOW, HOUR, MOST_HOURS, current.reschedule_window),
        reschedule_limit=whole(held.limit, Block.MOVE_LIMIT, MOST_MOVES),
        decide_within=decide,
        undecided_percent=undecided,
        **_forgiveness(held, current),
    )


def _forgiveness(held: Typed, current: Policy) -> dict[str, int]:
    """Return how many late cancellations are forgiven, in how many months. A form of an earlier release asks for neither."""
    times, months = current.forgiven_times, current.forgiven_months
    if held.forgiven is not None:
        times = needed_whole(held.forgiven, Block.FORGIVEN_TIMES, MOST_FORGIVEN)
    if held.months is not None:
        months = needed_whole(held.months, Block.FORGIVEN_MONTHS, MOST_MONTHS, least=1)
    return {"forgiven_times": times, "forgiven_months": months}


def asked_about(held: Typed, found: policies.OpenTerms) -> PreviewedSession:
    """Return the session for the preview. Raises BadInput, SkippedTime (clocks skip that time), BadRequest."""
    policy = policy_typed(held, found.terms.policy, reader_of(found).say)
    price = credits_of(held.price or "", Block.PREVIEW_PRICE, 1)
    zone = reader_of(found).times.zone
    starts_at = _start(held, zone.key)
    if starts_at.astimezone(zone).date() < found.now.astimezone(zone).date():
        raise BadInput(Block.PREVIEW_DAY, "that day is over; choose today or a later one")
    if starts_at <= found.now:
        raise BadInput(Block.PREVIEW_TIME, "choose a start that lies ahead")
    return PreviewedSession(policy=policy, starts_at=starts_at, price=price)


def _start(held: Typed, time_zone: str) -> datetime:
    if held.day is None:
        raise BadInput(Block.PREVIEW_DAY, "choose a day")
    if held.time is None:
        raise BadInput(Block.PREVIEW_TIME, "choose a time")
    try:
        day, at = date.fromisoformat(held.day), time.fromisoformat(held.time)
    except ValueError:
        raise BadRequest("an odd day or time") from None
    try:
        return resolve_local(day, at, time_zone)
    except AmbiguousTime as twice:
        return twice.earlier  # it is shown with its mark. Either would do for a preview
    except (BadInput, ValueError, OverflowError):
        raise BadInput(Block.PREVIEW_DAY, "choose a day that people book sessions for") from None


def _span(typed: str | None, field: Block, unit: timedelta, most: int, current: timedelta) -> timedelta:
    if typed is not None and typed == figure(current, unit):
        return current
    found = number(typed, field, most)
    if found is None:
        raise BadInput(field, "write a number from 0 to {most}", most=most)
    return int(found * (unit // _TICK)) * _TICK
