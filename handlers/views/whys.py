"""Why a notice was not sent, or was sent in this way, in words for the timeline of a session."""

from coaching.why import Why
from handlers.views.kit import typed
from language.say import Say, word

_WORDS = {
    Why.NOTHING_LEFT: word("there is nothing left to tell"),
    Why.TOO_LATE: word("came too late to be useful"),
    Why.PERHAPS_TOO_LATE: word("Slack did not confirm that it arrived, and it came too late to be sent again"),
    Why.SESSION_CANCELED: word("session canceled"),
    Why.SESSION_MOVED: word("session moved"),
    Why.SESSION_HANDED: word("session handed over"),
    Why.CORRECTED: word("it was corrected before it was sent"),
    Why.REPLACED: word("a later change replaced it"),
    Why.TAKEN_BACK: word("taken back in time"),
    Why.DECIDED: word("it was decided before it could be told"),
    Why.ADMINS_DECIDE: word("the admins decide about it"),
    Why.NEWER_REMINDER: word("a later reminder replaced it"),
    Why.KEPT: word("client keeps the session"),
    Why.CUTOFF_PASSED: word("cutoff passed"),
    Why.REPLANNED_BOOKED: word("session booked"),
    Why.REPLANNED_RESTORED: word("cancellation taken back"),
    Why.REPLANNED_RULES: word("the rules of its time zone changed"),
    Why.REPLANNED_CHANGED: word("time zone or settings changed"),
    Why.NOT_WANTED: word("they want no mails any more"),
    Why.NO_ADDRESS: word("no mail address is known that takes it"),
    Why.CAME_BACK: word("mails to their address come back"),
    Why.REMINDER_OFF: word("they want no such reminders"),
    Why.NOT_NAMED: word("they are no longer to be told"),
    Why.COACHS_OWN: word("the coach's own news goes there"),
    Why.OWN_RECEIPT: word("they have a receipt of their own"),
    Why.NOT_THEIRS: word("these credits are somebody else's to hear about now"),
    Why.CREDITS_GONE: word("nothing is left of these credits"),
    Why.CREDITS_EXPIRED: word("these credits have expired"),
    Why.EXPIRY_MOVED: word("the day they expire was moved"),
    Why.NOTHING_AHEAD: word("no session of theirs is ahead any more"),
    Why.ROLE_CHANGED: word("that was changed again since"),
    Why.ANOTHER_CHANNEL: word("the alert channel was changed since"),
    Why.ADMINS_DID_IT: word("an admin did it when the coach was removed"),
    Why.SETTLED: word("the session was settled before it was told"),
    Why.MAIL_WORKS: word("mails go out again"),
    Why.EDIT_TOO_LATE: word("a later change came too late to be shown"),
    Why.EDIT_REFUSED: word("a later change could not be shown"),
    Why.NO_PLACE: word("a later change could not be shown: Slack did not say where the message is"),
    Why.REFUSED: word("Slack does not deliver it"),
    Why.ONCE_MORE: word("Slack did not say whether it arrived; it is sent once more"),
    Why.NEVER_CONFIRMED: word("Slack did not say whether it arrived, twice"),
    Why.AGAIN: word("Slack answered with an error; it is sent again"),
    Why.ALWAYS_ERRORS: word("Slack answered with an error each time; it may have arrived"),
    Why.PERHAPS_TWICE: word("may have arrived twice: Slack did not answer at first"),
    Why.SEVERAL_TIMES: word("may have arrived several times: Slack answered with errors at first"),
    Why.KILLED: word("may have arrived twice: the program stopped while it was being sent"),
    Why.INTERRUPTED: word("the program stopped while this was being sent; it may have arrived twice"),
    Why.GIVEN_UP: word("the program stopped several times while this was being sent; it may have arrived"),
    Why.UNWRITABLE: word("what became of it could not be written down in full"),
}


_BY_MAIL = {
    Why.REFUSED: word("the mail server does not take it for this address"),
    Why.PERHAPS_TOO_LATE: word("the mail server did not confirm it, and it came too late to be sent again"),
    Why.ONCE_MORE: word("the mail server did not say whether it has it; it is sent once more"),
    Why.NEVER_CONFIRMED: word("the mail server did not say whether it has it, twice"),
}
"""What is said in place of words about Slack."""


def why_words(why: Why, code: str | None, words: str | None, say: Say, *, by_mail: bool = False) -> str:
    """Say the reason. `code` is the code that belongs to it, `words` the text of an earlier release (for OTHER)."""
    if why is Why.OTHER:
        return typed(words or "", 120)
    said = say.of(_BY_MAIL[why] if by_mail and why in _BY_MAIL else _WORDS[why])
    return f"{said} ({typed(code, 80)})" if code else said
