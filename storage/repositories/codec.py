"""Values to JSON text and back, for the two columns that hold them: policies and drafts."""

import json
from datetime import timedelta
from typing import Any

from coaching.drafts import Draft, Stage
from coaching.policy import Policy, ReasonRule, Tier
from coaching.quotes import Quote, SessionQuote
from coaching.sessions import Hat
from storage.types import from_micros, to_micros

_DEFAULT = Policy()


def _seconds(span: timedelta) -> float:
    return span.total_seconds()


def dump_policy(policy: Policy) -> str:
    """Return the terms as canonical JSON: the same terms are always the same text."""
    terms = {
        "tiers": [[_seconds(tier.lead), tier.percent] for tier in policy.tiers],
        "reason": str(policy.reason),
        "late_cancel": policy.late_cancel,
        "booking_grace": _seconds(policy.booking_grace),
        "return_period": _seconds(policy.return_period),
        "reschedule_window": _seconds(policy.reschedule_window),
        "reschedule_limit": policy.reschedule_limit,
    }
    # Terms that came later are written only where they are not the default, so that the same policy keeps its id.
    if policy.decide_within != _DEFAULT.decide_within:
        terms["decide_within"] = _seconds(policy.decide_within)
    if policy.undecided_percent != _DEFAULT.undecided_percent:
        terms["undecided_percent"] = policy.undecided_percent
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
        # Terms written before sessions could be moved carry neither: the defaults of that release apply.
        reschedule_window=timedelta(seconds=terms.get("reschedule_window", 24 * 3600)),
        reschedule_limit=terms.get("reschedule_limit", 3),
        decide_within=timedelta(seconds=terms.get("decide_within", _seconds(_DEFAULT.decide_within))),
        undecided_percent=terms.get("undecided_percent", _DEFAULT.undecided_percent),
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
    if draft.quote is not None:
        body["quote"] = [
            [line.session_id, line.version, line.price, line.percent, line.returned, line.late]
            for line in draft.quote.lines
        ]
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def load_draft(draft_id: str, user_id: str, text: str) -> Draft:
    """Return the draft written by `dump_draft`."""
    body = json.loads(text)
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
        quote=None if lines is None else Quote(tuple(SessionQuote(*line) for line in lines)),
        action_id=body["action"],
        moves=tuple((i, from_micros(old), from_micros(new)) for i, old, new in body.get("moves", ())),
    )
