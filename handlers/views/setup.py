"""Set-up: the current settings, what is missing, and the forms."""

from collections.abc import Sequence

from coaching.actions.setup import COACHES_PAGE, Setup
from coaching.addresses import is_address
from coaching.first_steps import Step
from coaching.policy import ReasonRule, TermsScope
from coaching.sessions import Person
from coaching.stakeholders import NewsOf, is_channel
from coaching.workspace import Coach, SessionType, Settings
from handlers.amounts import HALF
from handlers.ids import NO, YES, Action, Block, Callback
from handlers.meta import ItemMeta, PageMeta
from handlers.views.every import every_section
from handlers.views.exports import data_section
from handlers.views.first_steps import first_steps_part, leads
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
    option,
    overflow,
    radio,
    section,
    text_input,
    typed,
)
from handlers.views.news.admins import mend_words
from handlers.views.person_key import person_key
from handlers.views.policies import terms_button
from handlers.views.policy_words import policy_text
from handlers.views.preferences import language_of, set_up_form, whole_number
from handlers.views.retire import coach_name
from handlers.views.times import clock_range
from handlers.views.words import Reader, amount, in_credits, reader_for, span
from language.say import Say, word
from language.spoken import spoken

ADMINS_NAMED = 20
AFTER_TYPES = 8
"""Blocks below the session types: divider, packages, terms, preferences, admins, data, small print."""
CHANNELS_NAMED = 3
"""The most channels that are named in a list of stakeholders."""
CHANNELS = {"include": ["public", "private"], "exclude_bot_users": True}
_REASONS = {
    ReasonRule.OFF: word("Reason: not asked."),
    ReasonRule.OPTIONAL: word("Reason: asked, optional."),
    ReasonRule.REQUIRED: word("Reason: asked, required."),
}


def setup_view(setup: Setup) -> Json:
    """Build the set-up dialog with one page of its coaches."""
    reader = reader_for(setup.viewer, [], setup.now)
    settings, say = setup.settings, reader.say
    blocks: list[Json] = []
    blocks += first_steps_part(setup.first_steps, settings.policy, reader)
    if not setup.coaches and setup.first_steps is None:
        blocks.append(alert(say("No coaches yet. Add the first one, then import their sessions."), say))
    blocks.append(header(say("Coaches")))
    first, shown = setup.first, setup.coaches
    blocks.extend(_coach(coach, reader, setup) for coach in shown)
    row = []
    if not leads(setup.first_steps, Step.COACHES):
        row.append(button(say("Add coach"), Action.SETUP_ADD_COACH, style=None if setup.coaches else "primary"))
    if first:
        label = say("Coaches earlier in the alphabet")
        row.append(button(f"‹ {say.meant('alphabet', 'Earlier')}", Action.SETUP_EARLIER, label=label))
    if first + len(shown) < setup.total:
        label = say("Coaches later in the alphabet")
        row.append(button(f"{say.meant('alphabet', 'Later')} ›", Action.SETUP_LATER, label=label))
    if row:
        blocks.append(actions(row))
    else:
        blocks.append(context(say("No coaches yet.")))
    if len(row) > 1:
        begin, last, every = map(say.number, (first + 1, first + len(shown), setup.total))
        shown_of = say("Coaches {first}–{last} of {all}", first=begin, last=last, all=every)
        blocks.append(context(shown_of))
    blocks.append(divider())
    blocks.extend(_types(setup, MODAL_BLOCKS - len(blocks) - AFTER_TYPES, reader))
    blocks.append(
        section(
            f"*{say('Packages and credits')}*\n{say('What is sold, to whom, and company pools.')}",
            button(say("Packages and credits"), Action.CATALOGUE),
        )
    )
    words = policy_text(settings.policy, say, yours=False)
    reason = say.of(_REASONS[settings.policy.reason])
    blocks.append(section(f"*{say('Cancellation terms')}*\n{words}\n{reason}", terms_button(TermsScope(), say)))
    blocks.append(
        section(
            f"*{say('Reminders and contact')}*\n{_preferences(settings, say)}",
            button(say("Edit"), Action.SETUP_PREFERENCES, label=say("Edit reminders and contact")),
        )
    )
    named = say.listed((reader.name(person) for person in setup.admins), ADMINS_NAMED)
    named = named or say("only the workspace's own admins")
    edit = button(say("Edit"), Action.SETUP_ADMINS, label=say("Edit who is an admin here"))
    blocks.append(section(f"*{say('Admins')}*\n{named}", edit))
    blocks.append(every_section(say))
    blocks.append(data_section(say))
    blocks.append(
        context(say("Terms count for sessions booked from now on; sessions keep the terms they were booked under."))
    )
    return modal(
        say.title("Set up Sessions"),
        Callback.SETUP,
        blocks,
        metadata=PageMeta(first // COACHES_PAGE),
        close=say.title("Close"),
    )


def _types(setup: Setup, room: int, reader: Reader) -> list[Json]:
    """Return the session types, in as many blocks as there is room for."""
    types, fit, say = setup.types, room - 3, reader.say
    blocks = [header(say("Session types"))]
    if not types:
        blocks.append(context(say("No session types yet: clients can book by themselves once there is one.")))
    for one in types[:fit]:
        facts = [
            span(one.length, say),
            in_credits(one.price, say) if one.price else say("free"),
            say("own terms") if one.policy_id else say("workspace terms"),
        ]
        if one.retired:
            facts.append(say("not offered any more"))
        if one.meeting_link:
            facts.append(say("with a meeting link"))
        if others := _also_told(setup.also_told.get((NewsOf.TYPE, one.id), ()), say):
            facts.append(others)
        verbs = {
            "edit": say("Edit"),
            "terms": say("Terms…"),
            "link": say("Meeting link…"),
            "told": say("Who else is told…"),
        }
        menu = overflow(Action.SETUP_TYPE_MENU, [option(text, f"{verb}:{one.id}") for verb, text in verbs.items()])
        lines = [f"*{typed(one.name)}*", " · ".join(facts), *_refusing(setup, (NewsOf.TYPE, one.id), reader)]
        blocks.append(section("\n".join(lines), menu))
    if more := max(0, len(types) - fit):
        blocks.append(context(say.plural("… and {n} more session type.", "… and {n} more session types.", more)))
    if not leads(setup.first_steps, Step.TYPES):
        blocks.append(actions([button(say("Add session type"), Action.SETUP_ADD_TYPE)], block_id="types"))
    return [*blocks, divider()]


def type_form(given: SessionType | None, say: Say) -> Json:
    """Build the form to add or change a session type."""
    minutes = given.length.total_seconds() / 60 if given else None
    blocks = [
        field(say("Name"), text_input(Action.INPUT, initial=given.name if given else None, most=80), Block.TYPE_NAME),
        whole_number(say("Minutes"), Block.TYPE_MINUTES, minutes, 1440),
        field(
            say("Price in credits"),
            text_input(Action.INPUT, initial=str(amount(given.price)) if given else "1", most=20),
            Block.TYPE_PRICE,
            hint=say("Like 1 or {half}; 0 is free.", half=say.number(HALF)),
        ),
        context(say("Sessions that are booked keep their length and price.")),
    ]
    if given is not None:
        choices = [option(say("Offered"), YES), option(say("Not offered any more"), NO)]
        offered = radio(Action.INPUT, choices, NO if given.retired else YES)
        hint = say("Who holds a package for it can go on booking it.")
        blocks.append(field(say("Clients can book it"), offered, Block.TYPE_OFFERED, hint=hint))
    title = say.title("Edit session type") if given else say.title("Add session type")
    return set_up_form(title, Callback.SETUP_TYPE, blocks, ItemMeta(given.id if given else ""), say)


def _coach(coach: Coach, reader: Reader, setup: Setup) -> Json:
    say, channel = reader.say, coach.alert_channel
    facts = [say("alerts in {channel}", channel=f"<#{channel}>") if channel else say("alerts by direct message")]
    if coach.person.id not in setup.bookable:
        facts.append(say("no hours to book yet"))
    if coach.meeting_link:
        facts.append(say("with a meeting link"))
    lines = [f"*{reader.name(coach.person)}*", " · ".join(facts)]
    if channel and (refused := setup.refused.get(coach.person.id)):
        took = say("The channel took no alert on {day}.", day=reader.times.day(refused.at, reader.now))
        lines.append(f":warning: {say.sentences(took, mend_words(f'<#{channel}>', refused.code, say))}")
    if coach.person.id in setup.left:
        left = say("Not in Slack any more: choose *Remove* and say what becomes of their sessions.")
        lines.append(f":warning: {left}")
    if others := _also_told(setup.also_told.get((NewsOf.COACH, coach.person.id), ()), say):
        lines += [others, *_refusing(setup, (NewsOf.COACH, coach.person.id), reader)]
    verbs = {
        "edit": say("Edit"),
        "hours": say("Hours"),
        "link": say("Meeting link…"),
        "told": say("Who else is told…"),
        "remove": say("Remove"),
    }
    menu = overflow(
        Action.SETUP_COACH_MENU,
        [option(text, f"{verb}:{person_key(coach.person.id)}") for verb, text in verbs.items()],
    )
    return section("\n".join(lines), menu)


def _refusing(setup: Setup, whose: tuple[NewsOf, str], reader: Reader) -> list[str]:
    """Return a line for each channel that gets copies and took none lately, with what to do."""
    lines, say = [], reader.say
    for channel in setup.also_told.get(whose, ()):
        if refused := setup.refused.get(channel):
            day = reader.times.day(refused.at, reader.now)
            took = say("{channel} took no copy on {day}.", channel=f"<#{channel}>", day=day)
            lines.append(f":warning: {say.sentences(took, mend_words(f'<#{channel}>', refused.code, say))}")
    return lines


def _preferences(settings: Settings, say: Say) -> str:
    told = say.sentences(
        _reminders(settings, say),
        say("Quiet hours: {hours}.", hours=clock_range(settings.quiet_hours.start, settings.quiet_hours.end, say))
        if settings.quiet_hours
        else None,
        say("Credits: {time} before they expire.", time=say.duration(settings.expiry_notice.days, "day"))
        if settings.expiry_notice
        else say("Nobody is told before credits expire."),
    )
    undo = int(settings.undo_window.total_seconds())
    contact = settings.support_contact
    return "\n".join(
        [
            told,
            say("A cancellation can be taken back for {time}.", time=say.duration(undo, "second"))
            if undo
            else say("Cancellations cannot be taken back."),
            say("Reasons are shown in the alert channel.")
            if settings.reason_in_channel
            else say("Reasons are in the details only."),
            say("Support contact: {contact}", contact=typed(contact, 200))
            if contact
            else say("Support contact: none; clients are sent to their coach"),
            say("Language of channels and copies: {language}", language=spoken()[language_of(settings)]),
        ]
    )


def _reminders(settings: Settings, say: Say) -> str:
    before = say.listed(span(offset, say) for offset in settings.reminder_offsets)
    start = settings.start_reminder
    return say.sentences(
        say("Reminders: {times} before free cancellation ends.", times=before) if before else say("No reminders."),
        say("One more comes {time} before the start.", time=span(start, say))
        if start
        else say("No reminder before the start."),
    )


def coach_form(coach: Coach | None, say: Say) -> Json:
    """Build the form to add a coach, or to change where a coach's alerts go."""
    blocks: list[Json] = []
    if coach is None:
        who: Json = {"type": "users_select", "action_id": Action.INPUT}
        hint = say("Somebody in this workspace who gives sessions.")
        blocks.append(field(say("Coach"), who, Block.COACH, hint=hint))
    else:
        blocks.append(section(say("*Coach:* {coach}", coach=coach_name(coach))))
    where: Json = {"type": "conversations_select", "action_id": Action.INPUT, "filter": CHANNELS}
    label, invite = say("Alert channel"), "/invite @Sessions"
    hint = say("Invite the bot there with {command}. Leave it empty for direct messages.", command=invite)
    if coach is not None and (present := coach.alert_channel):
        # The picker lists only what this admin can see. If it is empty, there may still be a channel that they are not
        # in.
        blocks.append(section(say("Alerts go to {channel} now.", channel=f"<#{present}>")))
        label = say("Another alert channel")
        hint = say("Invite the bot there with {command}. Leave it empty for no change.", command=invite)
        drop = checkboxes(Action.INPUT, [option(say("Alerts by direct message instead"), present)])
        blocks.append(field(say("Or no channel"), drop, f"{Block.CHANNEL_DROP}:0", optional=True))
    blocks.append(field(label, where, Block.CHANNEL, hint=hint, optional=True))
    title = say.title("Add coach") if coach is None else say.title("Edit coach")
    return set_up_form(title, Callback.SETUP_COACH, blocks, ItemMeta("" if coach is None else coach.person.id), say)


def admins_form(admins: Sequence[Person], say: Say) -> Json:
    """Build the form that names admins."""
    element: Json = {"type": "multi_users_select", "action_id": Action.INPUT, "max_selected_items": 100}
    chosen = [person.id for person in admins if person.in_slack]
    if chosen:
        element["initial_users"] = chosen
    hint = say("Workspace admins and owners of Slack are admins in any case.")
    named = field(say("Admins"), element, Block.ADMINS, hint=hint, optional=True)
    words = context(say.plural("{n} admin named so far.", "{n} admins named so far.", len(chosen)))
    return set_up_form(say.title("Admins"), Callback.SETUP_ADMINS, [named, words], None, say)


def _also_told(targets: Sequence[str], say: Say) -> str:
    """Return "also told: 2 people, #ops" (mrkdwn) for the stakeholders of a coach or a session type, or nothing."""
    channels = [f"<#{target}>" for target in targets if is_channel(target)]
    addresses = sum(map(is_address, targets))
    people, more = len(targets) - len(channels) - addresses, len(channels) - CHANNELS_NAMED
    parts = [say.plural("{n} person", "{n} people", people)] if people else []
    if addresses:
        parts.append(say.plural("{n} e-mail address", "{n} e-mail addresses", addresses))
    parts += channels[:CHANNELS_NAMED]
    if more > 0:
        parts.append(say.plural("{n} more channel", "{n} more channels", more))
    return say("also told: {who}", who=say.listed(parts)) if parts else ""
