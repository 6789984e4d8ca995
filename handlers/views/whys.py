"""Why somebody was not told, or was told as they were, in words for the record of a session."""

from coaching.why import Why
from handlers.views.kit import typed

_WORDS = {
    Why.NOTHING_LEFT: "there is nothing left to tell",
    Why.TOO_LATE: "came too late to be useful",
    Why.PERHAPS_TOO_LATE: "Slack did not confirm that it arrived, and it came too late to be sent again",
    Why.SESSION_CANCELED: "session canceled",
    Why.SESSION_MOVED: "session moved",
    Why.CORRECTED: "it was corrected before it was sent",
    Why.REPLACED: "a later change replaced it",
    Why.TAKEN_BACK: "taken back in time",
    Why.DECIDED: "it was decided before it could be told",
    Why.ADMINS_DECIDE: "the admins decide about it",
    Why.NEWER_REMINDER: "a later reminder replaced it",
    Why.KEPT: "client keeps the session",
    Why.CUTOFF_PASSED: "cutoff passed",
    Why.REPLANNED_BOOKED: "session booked",
    Why.REPLANNED_RESTORED: "cancellation taken back",
    Why.REPLANNED_RULES: "the rules of its time zone changed",
    Why.REPLANNED_CHANGED: "time zone or settings changed",
    Why.NOT_NAMED: "they are no longer to be told",
    Why.COACHS_OWN: "the coach's own news goes there",
    Why.NOT_THEIRS: "these credits are somebody else's to hear about now",
    Why.CREDITS_GONE: "nothing is left of these credits",
    Why.CREDITS_EXPIRED: "these credits have expired",
    Why.EXPIRY_MOVED: "the day they expire was moved",
    Why.NOTHING_AHEAD: "no session of theirs is ahead any more",
    Why.ANOTHER_CHANNEL: "the alert channel was changed since",
    Why.ADMINS_DID_IT: "an admin did it when the coach was removed",
    Why.SETTLED: "the session was settled before it was told",
    Why.EDIT_TOO_LATE: "a later change came too late to be shown",
    Why.EDIT_REFUSED: "a later change could not be shown",
    Why.NO_PLACE: "a later change could not be shown: Slack did not say where the message is",
    Why.REFUSED: "Slack does not deliver it",
    Why.ONCE_MORE: "Slack did not say whether it arrived; it is sent once more",
    Why.NEVER_CONFIRMED: "Slack did not say whether it arrived, twice",
    Why.AGAIN: "Slack answered with an error; it is sent again",
    Why.ALWAYS_ERRORS: "Slack answered with an error each time; it may have arrived",
    Why.PERHAPS_TWICE: "may have arrived twice: Slack did not answer at first",
    Why.SEVERAL_TIMES: "may have arrived several times: Slack answered with errors at first",
    Why.KILLED: "may have arrived twice: the program stopped while it was being sent",
    Why.INTERRUPTED: "the program stopped while this was being sent; it may have arrived twice",
    Why.GIVEN_UP: "the program stopped several times while this was being sent; it may have arrived",
    Why.UNWRITABLE: "what became of it could not be written down in full",
}


def why_words(why: Why, code: str | None, words: str | None) -> str:
    """Say why; `code` is Slack's word that belongs to it, `words` what an earlier release left where it is OTHER."""
    if why is Why.OTHER:
        return typed(words or "", 120)
    return f"{_WORDS[why]} ({typed(code, 80)})" if code else _WORDS[why]
