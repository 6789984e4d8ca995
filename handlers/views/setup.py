"""Set-up: the current settings, what is missing, and the forms."""

from collections.abc import Sequence

from coaching.actions.setup import COACHES_PAGE, Setup
from coaching.first_steps import Step
from coaching.policy import ReasonRule, TermsScope
from coaching.sessions import Person
from coaching.stakeholders import NewsOf
from coaching.workspace import Coach, Settings
from handlers.ids import Action, Block, Callback
from handlers.meta import ItemMeta, PageMeta
from handlers.views.bring import bring_section
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
    section,
    typed,
)
from handlers.views.news.admins import mend_words
from handlers.views.person_key import person_key
from handlers.views.policies import terms_button
from handlers.views.policy_words import policy_text
from handlers.views.preferences import language_of, set_up_form
from handlers.views.retire import coach_name
from handlers.views.session_types import types_section
from handlers.views.setup_parts import also_told, former_section, refusing
from handlers.views.times import clock_range
from handlers.views.words import Reader, reader_for, span
from language.say import Say, word
from language.spoken import spoken

ADMINS_NAMED = 20
AFTER_TYPES = 8
"""Blocks below the session types: divider, packages, terms, preferences, admins, data, small print."""
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
    if setup.former:
        blocks.append(former_section(setup, reader))
    blocks.append(divider())
    blocks.extend(types_section(setup, MODAL_BLOCKS - len(blocks) - AFTER_TYPES, reader))
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
    blocks.append(bring_section(say))
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
    if others := also_told(setup.also_told.get((NewsOf.COACH, coach.person.id), ()), say):
        lines += [others, *refusing(setup, (NewsOf.COACH, coach.person.id), reader)]
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


def coach_form(coach: Coach | None, say: Say, *, back: bool = False) -> Json:
    """Build the form to add a coach, to change where a coach's alerts go, or to bring one `back` on the list."""
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
    if back:
        blocks.insert(1, context(say("Saving puts them on the list again. They are told of it.")))
        title = say.title("Bring back coach")
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
