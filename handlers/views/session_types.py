"""Session types in the set-up: what there is, who gives it, and the form to change it."""

from collections.abc import Collection

from coaching.actions.setup import MAX_GIVERS, MAX_NAMED, MOST_AT_A_TIME, Setup
from coaching.first_steps import Step
from coaching.stakeholders import NewsOf, is_person
from coaching.workspace import Audience, SessionType
from handlers.amounts import HALF
from handlers.ids import NO, YES, Action, Block, Callback
from handlers.meta import ItemMeta
from handlers.views.first_steps import leads
from handlers.views.kit import (
    Json,
    actions,
    button,
    context,
    divider,
    field,
    header,
    option,
    overflow,
    radio,
    section,
    text_input,
    typed,
)
from handlers.views.preferences import set_up_form, whole_number
from handlers.views.setup_parts import also_told, refusing
from handlers.views.words import Reader, amount, in_credits, span
from language.say import Say

COACHES_NAMED = 5
"""The most coaches who are named at a session type."""


def types_section(setup: Setup, room: int, reader: Reader) -> list[Json]:
    """Return the session types, in as many blocks as there is room for."""
    types, fit, say = sorted(setup.types, key=lambda one: one.retired), room - 3, reader.say
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
        givers, wrong = _givers(one, setup, reader)
        facts += [*givers, *_bookers(one, say)]
        if others := also_told(setup.also_told.get((NewsOf.TYPE, one.id), ()), say):
            facts.append(others)
        verbs = {
            "edit": say("Edit"),
            "terms": say("Terms…"),
            "link": say("Meeting link…"),
            "told": say("Who else is told…"),
        }
        menu = overflow(Action.SETUP_TYPE_MENU, [option(text, f"{verb}:{one.id}") for verb, text in verbs.items()])
        lines = [f"*{typed(one.name)}*", " · ".join(facts), *wrong, *refusing(setup, (NewsOf.TYPE, one.id), reader)]
        blocks.append(section("\n".join(lines), menu))
    if more := max(0, len(types) - fit):
        blocks.append(context(say.plural("… and {n} more session type.", "… and {n} more session types.", more)))
    if not leads(setup.first_steps, Step.TYPES):
        blocks.append(actions([button(say("Add session type"), Action.SETUP_ADD_TYPE)], block_id="types"))
    return [*blocks, divider()]


def _givers(one: SessionType, setup: Setup, reader: Reader) -> tuple[list[str], list[str]]:
    """Return who gives a type that not every coach gives, as a fact, and what is wrong with that, as a line (mrkdwn)."""
    say = reader.say
    if not one.coaches:
        return [], []
    there = [setup.givers[who] for who in sorted(one.coaches) if who in setup.givers]
    if not there:
        gone = say("Nobody who gives it is a coach here any more, so it cannot be booked: choose others under *Edit*.")
        return [], [f":warning: {gone}"]
    named = say("given by {coaches}", coaches=say.listed((reader.name(coach) for coach in there), COACHES_NAMED))
    if not any(coach.id in setup.bookable for coach in there):
        return [named, say("no hours to book yet")], []
    return [named], []


def _bookers(one: SessionType, say: Say) -> list[str]:
    """Return who may book a type, where not everybody may, and how many at a time."""
    facts = []
    if one.bookable_by is Audience.CREDITS:
        facts.append(say("for people with credits"))
    elif one.bookable_by is Audience.NAMED:
        facts.append(say("for named clients"))
    if one.at_most is not None:
        facts.append(say.plural("at most {n} at a time", "at most {n} at a time", one.at_most))
    return facts


def _bookers_fields(given: SessionType | None, clients: Collection[str], say: Say) -> list[Json]:
    """Return the choices of who books a type by themselves, and how many at a time."""
    audiences = {
        Audience.EVERYBODY: say("Everybody"),
        Audience.CREDITS: say("People with credits"),
        Audience.NAMED: say("Named clients"),
    }
    who = radio(
        Action.INPUT,
        [option(text, audience) for audience, text in audiences.items()],
        given.bookable_by if given else Audience.EVERYBODY,
    )
    hint = say("Whoever holds a package for it can book it in any case. Coaches and admins can book it for anybody.")
    menu: Json = {"type": "multi_users_select", "action_id": Action.INPUT, "max_selected_items": MAX_NAMED}
    if chosen := [one for one in sorted(clients) if is_person(one)]:
        menu["initial_users"] = chosen
    return [
        field(say("Who can book it by themselves"), who, Block.TYPE_AUDIENCE, hint=hint),
        field(
            say("Named clients"),
            menu,
            Block.TYPE_CLIENTS,
            hint=say("They count while only named clients can book it."),
            optional=True,
        ),
        whole_number(
            say("How many at a time"),
            Block.TYPE_AT_MOST,
            given.at_most if given else None,
            MOST_AT_A_TIME,
            hint=say(
                "The most sessions of this type that a client has booked ahead. Empty: any number. It does not bind coaches and "
                "admins who book for somebody."
            ),
            optional=True,
        ),
    ]


def _coaches_field(given: SessionType | None, say: Say) -> Json:
    """Return the choice of who gives a type. Who was erased is not in the menu, which has people of Slack only."""
    menu: Json = {"type": "multi_users_select", "action_id": Action.INPUT, "max_selected_items": MAX_GIVERS}
    chosen = [who for who in sorted(given.coaches) if is_person(who)] if given else []
    if chosen:
        menu["initial_users"] = chosen
    hint = say("Only they can be booked for it. Leave it empty if every coach gives it.")
    return field(say("Coaches who give it"), menu, Block.TYPE_COACHES, hint=hint, optional=True)


def type_form(given: SessionType | None, say: Say, clients: Collection[str] = ()) -> Json:
    """Build the form to add or change a session type. `clients` are the ids of those who are named for it."""
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
    blocks += [_coaches_field(given, say), *_bookers_fields(given, clients, say)]
    if given is not None:
        choices = [option(say("Offered"), YES), option(say("Not offered any more"), NO)]
        offered = radio(Action.INPUT, choices, NO if given.retired else YES)
        hint = say("Who holds a package for it can go on booking it.")
        blocks.append(field(say("Clients can book it"), offered, Block.TYPE_OFFERED, hint=hint))
    title = say.title("Edit session type") if given else say.title("Add session type")
    return set_up_form(title, Callback.SETUP_TYPE, blocks, ItemMeta(given.id if given else ""), say)
