"""Mail as it is set up: the settings that belong together, and the relay that sends it."""

from bot.authorize import Home
from bot.delivery.channels.mail import MailChannel, Sender, WaysIn
from bot.delivery.channels.mail_server import Limit, MailServer
from bot.delivery.invitations import Invitations, possible
from bot.delivery.parcels import Parcel
from bot.delivery.relay import Relay
from bot.delivery.retry import Pace
from bot.mail_addresses import mailbox
from bot.mail_settings import parse_url
from bot.metrics import Metrics
from bot.settings import Settings
from coaching.clock import Clock
from coaching.news.announcement import ToCoach
from coaching.news.stakeholders import AddressAsked
from coaching.ports import Store
from handlers.views.mail import WayIn, write_mail
from storage.engine import Engines
from web.links import Links

PACE = Pace(unknown_again=60.0, send_timeout=30.0, dead_token=60.0)
"""Mail servers are slower than Slack, and a mail is in no hurry."""


def mail_server(settings: Settings) -> MailServer | None:
    """Return the mail server of these settings, or None if there is to be no mail."""
    if settings.smtp_url is None:
        return None
    return MailServer(parse_url(settings.smtp_url.get_secret_value()), limit=Limit(settings.mail_per_minute))


def mail_relay(
    settings: Settings,
    server: MailServer,
    engines: Engines,
    clock: Clock,
    metrics: Metrics,
    *,
    home: Home | None,
    store: Store,
    links: Links | None,
) -> Relay:
    """Return the relay that sends what goes by mail. Nothing wakes it: it looks every second.

    `home` is where the app's Home is, if it is known. `links` lead to the bot's own pages, if it has any.
    """
    sender = mailbox(settings.mail_from or "")
    if sender is None:
        raise ValueError("MAIL_FROM is missing")  # the settings are checked before
    brings = Invitations(store, sender, links)
    channel = MailChannel(
        server,
        Sender(sender, settings.mail_reply_to),
        write_mail,
        ways(home, brings, links),
        brings.parts,
    )
    return Relay(engines, clock, channel, metrics=metrics, pace=PACE, direct_url=settings.listen_url)


def ways(home: Home | None, brings: Invitations, links: Links | None = None) -> WaysIn:
    """Lead to the page of a session, to the one that ends mails, and members to the app in their Slack.

    One mail server serves all workspaces, and this process knows its own token's only.
    """

    async def way(parcel: Parcel) -> WayIn:
        told = parcel.announcement
        person = told.viewer.person
        link = home.web_address if home is not None and home.is_of(parcel.workspace_id) else None
        return WayIn(
            change=brings.change(parcel),
            open_slack=link if person.in_slack else None,
            unsubscribe=None if links is None else _no_more(links, parcel),
            agree=_agree(links, parcel),
            again=brings.again(parcel),
            possible=possible(parcel),
        )

    return way


def _no_more(links: Links, parcel: Parcel) -> str | None:
    """Return the page that ends mails of this kind. The question to an address needs none: nothing follows it by itself."""
    told = parcel.announcement
    person = told.viewer.person
    if isinstance(told, AddressAsked):
        return None
    if isinstance(told, ToCoach) and told.copy_of is not None and not person.in_slack:
        return links.no_copies(parcel.workspace_id, person.id)
    return links.no_mail(parcel.workspace_id, person.id)


def _agree(links: Links | None, parcel: Parcel) -> str | None:
    """Return the page where the address that is asked says yes or no."""
    told = parcel.announcement
    if links is None or not isinstance(told, AddressAsked):
        return None
    return links.asked(parcel.workspace_id, told.asked.id, told.asked.asked_at)
