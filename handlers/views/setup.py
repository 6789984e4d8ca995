"""Set-up: what is set, what is missing, and the forms behind it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from coaching.actions.setup import Setup
from coaching.policy import TermsScope
from coaching.quiet import QuietHours
from coaching.stakeholders import NewsOf, is_channel
from coaching.workspace import Coach, SessionType, Settings
from handlers.ids import NO, YES, Action, Block, Callback
from handlers.views.kit import (
    MODAL_BLOCKS,
    Json,
    actions,
    alert,
    button,
    checkboxes,
    context,
    divider,
    field,
    header,
    modal,
    number_input,
    option,
    overflow,
    radio,
    section,
    text_input,
    typed,
)
from handlers.views.policies import REASON_WORDS, terms_button, terms_kind
from handlers.views.words import Reader, count, in_credits, number, policy_text, reader_for, span

COACHES_PAGE = 50
"""Coaches on one page of the set-up."""
AFTER_TYPES = 6
"""Blocks below the session types: divider, packages, terms, preferences, admins, small print."""
CHANNELS_NAMED = 3
"""Channels that are named where it says who else is told."""
CHANNELS = {"include": ["public", "private"], "exclude_bot_users": True}


def setup_view(setup: Setup, now: datetime, page: int = 0) -> Json:
    """Build the set-up dialog with one page (from 0) of its coaches."""
    reader = reader_for(setup.viewer, [], now)
    settings = setup.settings
    blocks: list[Json] = []
    if not setup.coaches:
        blocks.append(alert("No coaches yet. Add the first one, then import their sessions."))
    blocks.append(header("Coaches"))
    page = min(page, max(0, (len(setup.coaches) - 1) // COACHES_PAGE))
    first = page * COACHES_PAGE
    shown = setup.coaches[first : first + COACHES_PAGE]
    blocks.extend(_coach(coach, reader, setup) for coach in shown)
    row = [button("Add coach", Action.SETUP_ADD_COACH, style=None if setup.coaches else "primary")]
    if page:
        row.append(button("‹ Earlier", Action.SETUP_EARLIER, label="Coaches earlier in the alphabet"))
    if first + len(shown) < len(setup.coaches):
        row.append(button("Later ›", Action.SETUP_LATER, label="Coaches later in the alphabet"))
    blocks.append(actions(row))
    if len(row) > 1:
        blocks.append(context(f"Coaches {first + 1}–{first + len(shown)} of {len(setup.coaches):,}"))
    blocks.append(divider())
    blocks.extend(_types(setup, MODAL_BLOCKS - len(blocks) - AFTER_TYPES))
    blocks.append(
        section(
            "*Packages and credits*\nWhat is sold, to whom, and company pools.",
            button("Packages and credits", Action.CATALOGUE),
        )
    )
    words = policy_text(settings.policy, yours=False)
    blocks.append(
        section(
            f"*Cancellation terms*\n{words}\nReason: {REASON_WORDS[settings.policy.reason].lower()}.",
            terms_button(TermsScope()),
        )
    )
    blocks.append(
        section(
            f"*Reminders and contact*\n{_preferences(settings)}",
            button("Edit", Action.SETUP_PREFERENCES, label="Edit reminders and contact"),
        )
    )
    named = ", ".join(reader.name(person) for person in setup.admins[:20]) or "only the workspace's own admins"
    if len(setup.admins) > 20:
        named += f" and {len(setup.admins) - 20} more"
    blocks.append(section(f"*Admins*\n{named}", button("Edit", Action.SETUP_ADMINS, label="Edit who is an admin here")))
    blocks.append(
        context("Terms count for sessions booked from now on; sessions keep the terms they were booked under.")
    )
    return modal("Set up Sessions", Callback.SETUP, blocks, metadata=str(page))


def person_key(person_id: str) -> str:
    """Return what names a person in an option's value (150 characters): a long e-mail address goes by its hash."""
    return person_id if len(person_id) <= 100 else hashlib.sha256(person_id.encode()).hexdigest()


def _types(setup: Setup, room: int) -> list[Json]:
    """The session types, in as many blocks as there is room for."""
    types, fit = setup.types, room - 3
    blocks = [header("Session types")]
    if not types:
        blocks.append(context("None yet: clients can book by themselves once there is one."))
    for one in types[:fit]:
        price = in_credits(one.price) if one.price else "free"
        words = f"*{typed(one.name)}*\n{span(one.length)} · {price} · {terms_kind(one.policy_id).lower()}"
        words += " · not offered any more" if one.retired else ""
        if others := _also_told(setup.also_told.get((NewsOf.TYPE, one.id), ())):
            words += f" · {others}"
        verbs = {"Edit": "edit", "Terms…": "terms", "Who else is told…": "told"}
        menu = overflow(Action.SETUP_TYPE_MENU, [option(text, f"{verb}:{one.id}") for text, verb in verbs.items()])
        blocks.append(section(words, menu))
    if len(types) > fit:
        blocks.append(context(f"… and {len(types) - fit} more."))
    blocks.append(actions([button("Add session type", Action.SETUP_ADD_TYPE)], block_id="types"))
    return [*blocks, divider()]


def type_form(given: SessionType | None) -> Json:
    """Add a session type, or change one."""
    minutes = given.length.total_seconds() / 60 if given else None
    blocks = [
        field("Name", text_input(Action.INPUT, initial=given.name if given else None, most=80), Block.TYPE_NAME),
        _number("Minutes", Block.TYPE_MINUTES, minutes, "1440"),
        field(
            "Price in credits",
            text_input(Action.INPUT, initial=number(given.price).replace(",", "") if given else "1", most=20),
            Block.TYPE_PRICE,
            hint="Like 1 or 0.5; 0 is free.",
        ),
        context("Sessions that are booked keep their length and price."),
    ]
    if given is not None:
        choices = [option("Offered", YES), option("Not offered any more", NO)]
        offered = radio(Action.INPUT, choices, NO if given.retired else YES)
        hint = "Who holds a package for it can go on booking it."
        blocks.append(field("Clients can book it", offered, Block.TYPE_OFFERED, hint=hint))
    title = "Edit session type" if given else "Add session type"
    metadata = given.id if given else ""
    return modal(title, Callback.SETUP_TYPE, blocks, metadata=metadata, submit="Save", close="Back")


def _coach(coach: Coach, reader: Reader, setup: Setup) -> Json:
    where = f"alerts in <#{coach.alert_channel}>" if coach.alert_channel else "alerts by direct message"
    where += "" if coach.person.id in setup.bookable else " · no hours to book yet"
    if refused := setup.refused.get(coach.person.id):
        when = reader.times.day(refused, reader.now)
        where += f"\n:warning: The channel took no alert on {when}: invite the bot there, or pick another one."
    if coach.person.id in setup.left:
        where += "\n:warning: Not in Slack any more: choose *Remove* and say what becomes of their sessions."
    if others := _also_told(setup.also_told.get((NewsOf.COACH, coach.person.id), ())):
        where += f"\n{others}"
    verbs = {"Edit": "edit", "Hours": "hours", "Who else is told…": "told", "Remove": "remove"}
    menu = overflow(
        Action.SETUP_COACH_MENU,
        [option(text, f"{verb}:{person_key(coach.person.id)}") for text, verb in verbs.items()],
    )
    return section(f"*{reader.name(coach.person)}*\n{where}", menu)


def _preferences(settings: Settings) -> str:
    reminders = ", ".join(span(offset) for offset in settings.reminder_offsets)
    words = f"Reminders: {reminders} before free cancellation ends." if reminders else "No reminders."
    words += (
        f" One more comes {span(settings.start_reminder)} before the start."
        if settings.start_reminder
        else " None before the start."
    )
    if settings.quiet_hours:
        words += f" Quiet hours: {_quiet(settings.quiet_hours)}."
    words += (
        f" Credits: {count(settings.expiry_notice.days, 'day')} before they expire."
        if settings.expiry_notice
        else " Nobody is told before credits expire."
    )
    undo = span_seconds(settings.undo_window)
    words += f"\nA cancellation can be taken back for {undo}." if undo else "\nCancellations cannot be taken back."
    words += f"\nReasons are {'shown in the alert channel' if settings.reason_in_channel else 'in the record only'}."
    contact = (
        typed(settings.support_contact, 200) if settings.support_contact else "none; clients are sent to their coach"
    )
    return f"{words}\nSupport contact: {contact}"


def coach_form(coach: Coach | None) -> Json:
    """Add a coach, or change where one's alerts go."""
    blocks: list[Json] = []
    if coach is None:
        who: Json = {"type": "users_select", "action_id": Action.INPUT}
        blocks.append(field("Coach", who, Block.COACH, hint="Somebody in this workspace who gives sessions."))
    else:
        blocks.append(section(f"*Coach:* {_name(coach)}"))
    where: Json = {"type": "conversations_select", "action_id": Action.INPUT, "filter": CHANNELS}
    hint = "Invite the bot there with /invite @Sessions. Leave it empty for direct messages."
    label = "Alert channel"
    if coach is not None and (present := coach.alert_channel):
        # The picker lists what this admin can see, so an empty one says nothing of a channel that they may not be in.
        blocks.append(section(f"Alerts go to <#{present}> now."))
        label, hint = (
            "Another alert channel",
            "Invite the bot there with /invite @Sessions. Leave it empty for no change.",
        )
        drop = checkboxes(Action.INPUT, [option("Alerts by direct message instead", present)])
        blocks.append(field("Or no channel", drop, f"{Block.CHANNEL_DROP}:0", optional=True))
    blocks.append(field(label, where, Block.CHANNEL, hint=hint, optional=True))
    title = "Add coach" if coach is None else "Edit coach"
    metadata = "" if coach is None else coach.person.id
    return modal(title, Callback.SETUP_COACH, blocks, metadata=metadata, submit="Save", close="Back")


def _name(coach: Coach) -> str:
    return typed(coach.person.name or coach.person.email or coach.person.id)


def _number(
    label: str, block_id: str, value: float | None, most: str, *, hint: str | None = None, optional: bool = False
) -> Json:
    element = number_input(Action.INPUT, None if value is None else f"{value:g}", int(most), decimals=False)
    return field(label, element, block_id, hint=hint, optional=optional)


def preferences_form(settings: Settings) -> Json:
    """How people are told."""
    offsets = ", ".join(_short(offset.total_seconds()) for offset in settings.reminder_offsets)
    blocks = [
        field(
            "Reminders before free cancellation ends",
            text_input(Action.INPUT, initial=offsets, most=100),
            Block.REMINDERS,
            hint="For example: 24h, 2h, 30m. At most five; leave it empty for none.",
            optional=True,
        ),
        _number(
            "Minutes before the start for one more reminder",
            Block.START_REMINDER,
            settings.start_reminder.total_seconds() / 60 if settings.start_reminder else None,
            "10080",
            hint="0 or empty for none.",
            optional=True,
        ),
        _number(
            "Days before credits expire to say so",
            Block.EXPIRY_NOTICE,
            settings.expiry_notice.days if settings.expiry_notice else None,
            "366",
            hint="0 or empty: nobody is told.",
            optional=True,
        ),
        field(
            "Quiet hours",
            text_input(Action.INPUT, initial=_quiet(settings.quiet_hours), most=100),
            Block.QUIET_HOURS,
            hint=(
                "For example: 22:00–08:00, on each client's own clock. "
                "A reminder that would come at night comes the evening before."
            ),
            optional=True,
        ),
        _number(
            "Seconds in which a cancellation can be taken back",
            Block.UNDO_WINDOW,
            settings.undo_window.total_seconds(),
            "600",
            hint="0: not at all.",
        ),
        field(
            "Reasons clients give",
            radio(
                Action.INPUT,
                [option("Show them in the alert channel", YES), option("Keep them in the record", NO)],
                YES if settings.reason_in_channel else NO,
            ),
            Block.REASON_IN_CHANNEL,
        ),
        field(
            "Support contact",
            text_input(Action.INPUT, initial=settings.support_contact, most=200),
            Block.SUPPORT,
            hint="A name, address or channel for clients whose coach stays silent.",
            optional=True,
        ),
    ]
    return modal("Reminders and contact", Callback.SETUP_PREFERENCES, blocks, submit="Save", close="Back")


def _quiet(quiet: QuietHours | None) -> str:
    return f"{quiet.start:%H:%M}–{quiet.end:%H:%M}" if quiet else ""


def span_seconds(duration: timedelta) -> str:
    """Return "60 seconds", or nothing for none."""
    return count(int(duration.total_seconds()), "second") if duration else ""


def _short(seconds: float) -> str:
    minutes = int(seconds // 60)
    for size, unit in ((1440, "d"), (60, "h")):
        if minutes % size == 0 and (unit == "h" or minutes > 2 * size):
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def admins_form(setup: Setup) -> Json:
    """Who else is an admin here."""
    element: Json = {"type": "multi_users_select", "action_id": Action.INPUT, "max_selected_items": 100}
    chosen = [person.id for person in setup.admins if person.in_slack]
    if chosen:
        element["initial_users"] = chosen
    hint = "Workspace admins and owners of Slack are admins in any case."
    named = field("Admins", element, Block.ADMINS, hint=hint, optional=True)
    words = context(f"{count(len(chosen), 'admin')} named so far.")
    return modal("Admins", Callback.SETUP_ADMINS, [named, words], submit="Save", close="Back")


def _also_told(targets: Sequence[str]) -> str:
    """Return "also told: 2 people, #ops" (mrkdwn) for whoever is told about a coach or a session type, or nothing."""
    channels = [f"<#{target}>" for target in targets if is_channel(target)]
    people = len(targets) - len(channels)
    parts = [f"{people} {'person' if people == 1 else 'people'}"] if people else []
    parts += channels[:CHANNELS_NAMED]
    if len(channels) > CHANNELS_NAMED:
        parts.append(count(len(channels) - CHANNELS_NAMED, "more channel"))
    return f"also told: {', '.join(parts)}" if parts else ""
