"""Requests from Slack in, Slack views out, with one file per feature."""

from slack_bolt.app.async_app import AsyncApp

from coaching.bringing.service import BringsIn
from coaching.clock import Clock
from coaching.notifications import Mailable, has_address
from coaching.ports import Store
from handlers.book import BookFeature
from handlers.bring import BringFeature
from handlers.browse import BrowseFeature
from handlers.calendar_address import CalendarAddressFeature
from handlers.cancel import CancelFeature
from handlers.channels import ChannelsFeature
from handlers.clients import ClientsFeature
from handlers.commands import CommandFeature
from handlers.credit_requests import CreditRequestFeature
from handlers.credits import CreditsFeature
from handlers.decide import DecideFeature
from handlers.deps import ANSWER_SECONDS, Count, Deps, LinkTo, Spawn, count_nothing
from handlers.erase import EraseFeature
from handlers.errors import ErrorHandler
from handlers.every import EveryFeature
from handlers.exceptions import ExceptionFeature
from handlers.exports import ExportFeature
from handlers.figures import FiguresFeature
from handlers.find import FindFeature
from handlers.greetings import GreetingsFeature
from handlers.handover import HandoverFeature
from handlers.home import HomeFeature
from handlers.hours import HoursFeature
from handlers.known_blocks import KnownBlocks
from handlers.meetings import MeetingsFeature
from handlers.move_requests import MoveRequestFeature
from handlers.notes import NotesFeature
from handlers.notifications import NotificationsFeature
from handlers.outcomes import OutcomeFeature
from handlers.packages import PackagesFeature
from handlers.people import PeopleFeature
from handlers.policies import PoliciesFeature
from handlers.press import attach
from handlers.rearrange import RearrangeFeature
from handlers.reminders import ReminderFeature
from handlers.reschedule import RescheduleFeature
from handlers.rights import Doubts
from handlers.send_again import SendAgainFeature
from handlers.setup import SetupFeature
from handlers.stakeholders import StakeholdersFeature
from handlers.time_off import TimeOffFeature
from handlers.undo import UndoFeature
from handlers.waiting import WaitingFeature

__all__ = ["Count", "KnownBlocks", "Spawn", "register"]


def register(
    app: AsyncApp,
    *,
    store: Store,
    clock: Clock,
    spawn: Spawn,
    metrics: Count | None = None,
    blocks: KnownBlocks | None = None,
    public_url: str | None = None,
    export_link: LinkTo | None = None,
    bring: BringsIn | None = None,
    mail: bool = False,
    mailable: Mailable = has_address,
    answer_seconds: float = ANSWER_SECONDS,
) -> None:
    """Attach every listener to the app.

    `spawn` runs work that no request waits for, and logs its failures. `metrics` counts business outcomes (name,
    outcome). `blocks` is shared with the relay, so that each learns from what Slack answers to the other. `public_url`
    is the bot's own web address, if it has one, `export_link` what leads to exports there, and `bring` what reads uploaded
    files; `mail`: it has a mail server; `mailable` tells who can be written to. `answer_seconds` is how long an answer
    waits for work that may go on after it. Before listeners run, the process sets `context["workspace_id"]`, and
    `context["request_id"]` for references.
    """
    blocks = blocks or KnownBlocks(store, spawn)
    deps = Deps(
        store=store,
        clock=clock,
        spawn=spawn,
        blocks=blocks,
        count=metrics or count_nothing,
        public_url=public_url,
        export_link=export_link,
        bring=bring,
        mail=mail,
        mailable=mailable,
        answer_seconds=answer_seconds,
    )
    home = HomeFeature(deps)
    calendar = CalendarAddressFeature(deps)
    notifications = NotificationsFeature(deps)
    move = RescheduleFeature(deps, home.publish)
    hand = HandoverFeature(deps, home.publish)
    cancel = CancelFeature(deps, home.publish, move, hand)
    move.back_to_choosing = cancel.again
    outcomes = OutcomeFeature(deps, home.publish)
    asking = ExceptionFeature(deps, home.publish)
    wishing = MoveRequestFeature(deps, home.publish)
    browse = BrowseFeature(deps, cancel, move, hand, outcomes, asking, wishing)
    book = BookFeature(deps, home.publish)
    meetings = MeetingsFeature(deps, home.publish)
    hours = HoursFeature(deps, home.publish, meetings)
    rearrange = RearrangeFeature(deps, home.publish)
    policies = PoliciesFeature(deps, home.publish)
    told = StakeholdersFeature(deps)
    setup = SetupFeature(deps, hours, policies, told, meetings, home.publish)
    credits = CreditsFeature(deps, setup.shown, home.publish)
    every = EveryFeature(deps, browse, book, meetings)
    clients = ClientsFeature(deps, browse, book)
    features = (
        CommandFeature(deps, browse, cancel, book, hours, setup, credits, calendar, notifications, clients, every),
        cancel,
        browse,
        FiguresFeature(deps, home.publish),
        SendAgainFeature(deps, home.publish),
        FindFeature(deps, browse),
        every,
        UndoFeature(deps, home.publish),
        move,
        hand,
        book,
        outcomes,
        DecideFeature(deps, home.publish),
        asking,
        wishing,
        ReminderFeature(deps, cancel),
        credits,
        CreditRequestFeature(deps, credits, book, home.publish),
        PackagesFeature(deps, credits, policies, setup.shown, home.publish),
        home,
        GreetingsFeature(deps),
        PeopleFeature(deps, home.publish),
        ChannelsFeature(deps),
        setup,
        policies,
        told,
        ExportFeature(deps),
        EraseFeature(deps),
        BringFeature(deps),
        hours,
        rearrange,
        TimeOffFeature(deps, hours, rearrange),
        meetings,
        calendar,
        notifications,
        WaitingFeature(deps),
        clients,
        NotesFeature(deps),
    )
    attach(app, features, blocks)
    app.error(Doubts(deps, app.async_dispatch, ErrorHandler(deps)).__call__)
