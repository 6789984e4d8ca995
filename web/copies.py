"""The page where the owner of a mail address says whether they want mails as a stakeholder (K7), without an account."""

from datetime import datetime

from coaching.actions import address_answers
from coaching.actions.address_answers import Answered
from coaching.addresses import Consent
from language.say import Say, say_for
from web.signed_page import SignedPage, page

_Link = tuple[str, str, datetime | None]


class CopiesPage(SignedPage[_Link]):
    """Answers at `/copies/<token>`. One click of a mail program says no."""

    def read(self, token: str) -> _Link | None:
        """Return workspace and address of a link, and when it was asked, if this link came with the question."""
        return self._links.read_copies(token)

    async def shown(self, token: str, whose: _Link, do: str | None) -> str:
        """Record a yes if a page of ours asks for that, and a no for everything else that is sent."""
        workspace_id, address_id, asked_at = whose
        found = await address_answers.by_link(
            self._store,
            self._clock,
            workspace_id,
            address_id,
            asked_at=asked_at,
            wanted=None if do is None else do == "yes",
        )
        say = say_for(found.language)
        return page(say, token, say("Mails about sessions"), _words(found, say), _buttons(found, say))


def _words(found: Answered, say: Say) -> list[str]:
    address, whose = found.one.address, found.whose
    match found.one.consent:
        case Consent.CONFIRMED:
            words = [say("We write to {address} about sessions: bookings, moves and cancellations.", address=address)]
        case Consent.WAITING:
            words = [say("May we write to {address} about sessions? Nothing is sent before a yes.", address=address)]
        case Consent.DECLINED:
            return [say("We do not write to {address} about sessions of others.", address=address)]
    if whose.coaches:
        words.append(say("Sessions of: {coaches}", coaches=say.listed(whose.coaches)))
    if whose.types:
        words.append(say("Kinds of sessions: {types}", types=say.listed(whose.types)))
    return words


def _buttons(found: Answered, say: Say) -> list[tuple[str, str, str]]:
    consent = found.one.consent
    no = ("no", say("No, send nothing") if consent is Consent.WAITING else say("No more mails"), "danger")
    yes = ("yes", say("Send mails again") if consent is Consent.DECLINED else say("Yes, write to me"), "main")
    buttons = [yes] if found.may_agree and consent is not Consent.CONFIRMED else []
    return buttons if consent is Consent.DECLINED else [*buttons, no]
