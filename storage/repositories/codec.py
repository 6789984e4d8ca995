"""Values to JSON text and back, for the columns that store them: policies, drafts, returned credits, session types."""

import json
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

import orjson

from coaching.drafts import Draft, Stage
from coaching.fates import Fate
from coaching.localtime import LocalDay
from coaching.policy import Policy, ReasonRule, Tier
from coaching.quotes import Quote, SessionQuote
from coaching.returns import Back
from coaching.sessions import Hat, Usable
from storage.types import from_micros, to_micros

_DEFAULT = Policy()


def _seconds(span: timedelta) -> float:
    return span.total_seconds()


def dump_policy(policy: Policy) -> str:
    """Return the terms as canonical JSON: equal terms always give equal text."""
    terms = {
        "tiers": [[_seconds(tier.lead), tier.percent] for tier in policy.tiers],
        "reason": str(policy.reason),
        "late_cancel": policy.late_cancel,
        "booking_grace": _seconds(policy.booking_grace),
        "return_period": _seconds(policy.return_period),
        "reschedule_window": _seconds(policy.reschedule_window),
        "reschedule_limit": policy.reschedule_limit,
    }
    # Terms added later are written only if they are not the default, so that an unchanged policy keeps its id.
    if policy.decide_within != _DEFAULT.decide_within:
        terms["decide_within"] = _seconds(policy.decide_within)
    if policy.undecided_percent != _DEFAULT.undecided_percent:
        terms["undecided_percent"] = policy.undecided_percent
    if policy.forgiven_times:
        terms |= {"forgiven_times": policy.forgiven_times, "forgiven_months": policy.forgiven_months}
    return json.dumps(terms, sort_keys=True, separators=(",", ":"))


def load_policy(text: str) -> Policy:
    """Return the policy written by `dump_policy`."""
    terms = json.loads(text)
    return Policy(
        tiers=tuple(Tier(timedelta(seconds=lead), percent) for lead, percent in terms["tiers"]),
        reason=ReasonRule(terms["reason"]),
        late_cancel=terms["late_cancel"],
        booking_grace=timedelta(seconds=terms["booking_grace"]),
        return_period=timedelta(seconds=terms["return_period"]),
        # Terms written before sessions could be moved have neither. The defaults of that release apply.
        reschedule_window=timedelta(seconds=terms.get("reschedule_window", 24 * 3600)),
        reschedule_limit=terms.get("reschedule_limit", 3),
        decide_within=timedelta(seconds=terms.get("decide_within", _seconds(_DEFAULT.decide_within))),
        undecided_percent=terms.get("undecided_percent", _DEFAULT.undecided_percent),
        forgiven_times=terms.get("forgiven_times", 0),
        forgiven_months=terms.get("forgiven_months", _DEFAULT.forgiven_months),
    )


def dump_draft(draft: Draft) -> str:
    """Return a draft as JSON (its id and person are columns)."""
    body: dict[str, Any] = {
        "hat": str(draft.hat),
        "subject": draft.subject_id,
        "stage": str(draft.stage),
        "picked": list(draft.picked),
        "reason": draft.reason,
        "refund_late": draft.refund_late,
        "action": draft.action_id,
    }
    if draft.moves:
        body["moves"] = [[session_id, to_micros(old), to_micros(new)] for session_id, old, new in draft.moves]
    if draft.fates:
        body["fates"] = [[session_id, str(fate)] for session_id, fate in draft.fates]
    if draft.quote is not None:
        body["quote"] = [
            [
                *(line.session_id, line.version, line.price, line.percent, line.returned, line.late),
                [_dump_back(back) for back in line.back],
                *([line.forgiven] if line.forgiven else []),
            ]
            for line in draft.quote.lines
        ]
        if draft.quote.at_once is not None:
            body["at_once"] = draft.quote.at_once
    return orjson.dumps(body).decode()


def load_draft(draft_id: str, user_id: str, text: str) -> Draft:
    """Return the draft written by `dump_draft`."""
    body = orjson.loads(text)
    lines = body.get("quote")
    return Draft(
        id=draft_id,
        user_id=user_id,
        hat=Hat(body["hat"]),
        subject_id=body["subject"],
        stage=Stage(body["stage"]),
        picked=tuple(body["picked"]),
        reason=body["reason"],
        refund_late=body["refund_late"],
        quote=None if lines is None else Quote(tuple(_load_line(*line) for line in lines), body.get("at_once")),
        action_id=body["action"],
        moves=tuple((i, from_micros(old), from_micros(new)) for i, old, new in body.get("moves", ())),
        fates=tuple((session_id, Fate.of(fate)) for session_id, fate in body.get("fates", ())),
    )


def _load_line(
    session_id: str,
    version: int,
    price: int,
    percent: int,
    returned: int,
    late: bool,
    back: Sequence[Sequence[Any]] = (),
    forgiven: int = 0,
) -> SessionQuote:
    """Return a line of a quote. One of an earlier release has no `back`, so the session is quoted again."""
    backs = tuple(_load_back(*one) for one in back)
    return SessionQuote(session_id, version, price, percent, returned, late, backs, forgiven)


def _dump_back(back: Back) -> list[Any]:
    until = None if back.until is None else to_micros(back.until)
    return [
        *(back.grant_id, back.amount, until, back.parent_id, back.lapsed, back.label, back.pool),
        _dump_day(back.last_day),
    ]


def _load_back(
    grant_id: str,
    amount: int,
    until: int | None,
    parent_id: str | None,
    lapsed: bool,
    label: str,
    pool: str | None,
    day: Sequence[str] | None,
) -> Back:
    ends = None if until is None else from_micros(until)
    return Back(grant_id, amount, ends, parent_id, lapsed, label, pool, _load_day(day))


def _dump_day(day: LocalDay | None) -> list[str | None] | None:
    return None if day is None else [day.day.isoformat(), day.zone, day.rules]


def _load_day(day: Sequence[Any] | None) -> LocalDay | None:
    return None if day is None else LocalDay(date.fromisoformat(day[0]), day[1], day[2])


def dump_usable(usable: Sequence[Usable]) -> str | None:
    """Return what came back, by expiry, as JSON, or None where nothing did."""
    if not usable:
        return None
    found = [
        [one.amount, None if one.until is None else to_micros(one.until), _dump_day(one.last_day)] for one in usable
    ]
    return json.dumps(found, separators=(",", ":"))


def load_usable(text: str | None) -> tuple[Usable, ...]:
    """Return the value written by `dump_usable`."""
    if text is None:
        return ()
    return tuple(
        Usable(amount, None if until is None else from_micros(until), _load_day(day))
        for amount, until, day in json.loads(text)
    )


def dump_types(only: Collection[str] | None) -> str | None:
    """Return the session types that a copy is limited to as JSON, or None where it is not limited."""
    return None if only is None else json.dumps(sorted(only))


def load_types(text: str | None) -> frozenset[str] | None:
    """Return the value written by `dump_types`."""
    return None if text is None else frozenset(json.loads(text))
