"""The page behind *No more mails*: whoever holds the link of a mail says no without an account, and can take it back."""

from coaching.actions import notifications
from coaching.actions.notifications import Notifications
from language.say import Say, say_for
from web.signed_page import SignedPage, page


class NoMailPage(SignedPage[tuple[str, str]]):
    """Answers at `/mail/<token>`."""

    def read(self, token: str) -> tuple[str, str] | None:
        """Return the workspace and the person of a link."""
        return self._links.read_no_mail(token)

    async def shown(self, token: str, whose: tuple[str, str], do: str | None) -> str:
        """Send no more mails, or mails again if a page of ours asks for that."""
        wanted = None if do is None else do == "again"
        found = await notifications.by_link(self._store, self._clock, *whose, wanted=wanted)
        say = say_for(found.viewer.person.locale)
        stop, again = ("stop", say("No more mails"), "danger"), ("again", say("Send mails again"), "main")
        button = stop if _sends(found) else again
        return page(say, token, say("Mails about your sessions"), _words(found, say), [button])


def _sends(found: Notifications) -> bool:
    return found.ways.by_mail and found.mailable


def _words(found: Notifications, say: Say) -> list[str]:
    person = found.viewer.person
    address = person.email or ""
    if person.mails_come_back:
        return [say("Mails to {address} came back, so we send none any more.", address=address)]
    if _sends(found):
        return [say("We write to {address} about your sessions.", address=address)]
    words = [say("You get no more mails about your sessions at {address}.", address=address)]
    if person.in_slack:
        return [*words, say("You hear about them in Slack.")]
    return [*words, say("Your sessions stay booked, and nobody tells you when they change.")]
