"""The catalogue of packages and the company pools, as admins manage them."""

from collections.abc import Sequence

from coaching.actions.packages import MAX_DAYS, MAX_MEMBERS, MAX_SESSIONS, Catalogue
from coaching.naming import told_apart, visible
from coaching.packages import CatalogPackage, Pool
from coaching.sessions import Person
from coaching.workspace import SessionType
from handlers.amounts import money_text
from handlers.ids import NO, YES, Action, Block, Callback
from handlers.meta import OfferMeta
from handlers.views.kit import (
    OPTION,
    SELECT,
    Json,
    actions,
    bare,
    button,
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
    select,
    text_input,
    typed,
)
from handlers.views.words import in_sessions, money, span
from language.say import Say, say_for

SHOWN = 40
"""The most packages, and the most pools, that the view has room for."""


def catalogue_view(catalogue: Catalogue) -> Json:
    """Build the view of packages and pools."""
    say = say_for(catalogue.viewer.person.locale)
    give = button(say("Give credits…"), Action.CREDITS_GIVE, style="primary")
    blocks: list[Json] = [actions([give]), header(say("Packages"))]
    if not catalogue.types:
        blocks.append(context(say("A package is for one kind of session: add a session type in the set-up first.")))
    elif not catalogue.packages:
        blocks.append(context(say("No packages yet. A package is so many sessions of one kind, sold together.")))
    # Those that an import brought can be completed and then sold.
    blocks.extend(_package(one, say) for one in catalogue.packages[:SHOWN])
    if (more := catalogue.all_packages - SHOWN) > 0:
        blocks.append(context(say.plural("… and {n} more package.", "… and {n} more packages.", more)))
    if catalogue.types:
        blocks.append(actions([button(say("Add package"), Action.PACKAGE_ADD)]))
    blocks += [divider(), header(say("Company pools"))]
    if not catalogue.pools:
        blocks.append(context(say("No pools yet. A company pays for a pool, and the people in it book from it.")))
    blocks.extend(_pool(one, say) for one in catalogue.pools[:SHOWN])
    if (more := catalogue.all_pools - SHOWN) > 0:
        blocks.append(context(say.plural("… and {n} more pool.", "… and {n} more pools.", more)))
    blocks.append(actions([button(say("Add pool"), Action.POOL_ADD)]))
    from_now_on = say("Changes count for what is given from now on; credits that people have stay as they are.")
    blocks.append(context(from_now_on))
    return modal(say.title("Packages and credits"), Callback.CATALOGUE, blocks, close=say.title("Close"))


def _package(one: CatalogPackage, say: Say) -> Json:
    if one.sessions is None:
        facts = [say("came in with an import, not sold here yet")]
    else:
        facts = [in_sessions(one.sessions, say)]
        if one.valid_days:
            facts.append(say("valid for {time}", time=say.duration(one.valid_days, "day")))
        if one.money:
            facts.append(money(one.money, say))
        if one.retired:
            facts.append(say("not offered any more"))
    facts.append(say("own terms") if one.policy_id else say("terms of its sessions"))
    menu = [option(say("Edit"), f"edit:{one.id}"), option(say("Terms…"), f"terms:{one.id}")]
    words = f"*{typed(one.name)}* · {typed(one.session_type)}\n{' · '.join(facts)}"
    return section(words, overflow(Action.PACKAGE_MENU, menu))


def _pool(pool: Pool, say: Say) -> Json:
    contact = say("contact: {person}", person=_name(pool.contact, say)) if pool.contact else say("no contact yet")
    facts = [say.plural("{n} member", "{n} members", pool.size), contact]
    if pool.retired:
        facts.append(say("gets no credits any more"))
    menu = [option(say("Credits"), f"credits:{pool.id}"), option(say("Edit"), f"edit:{pool.id}")]
    return section(f"*{typed(pool.name)}*\n{' · '.join(facts)}", overflow(Action.POOL_MENU, menu))


def _name(person: Person, say: Say) -> str:
    if person.name and visible(person.name):
        return typed(person.name)
    return f"<@{person.id}>" if person.in_slack else say("somebody")


def package_form(given: CatalogPackage | None, kinds: Sequence[SessionType], say: Say) -> Json:
    """Build the form to add a package for one of the session types on offer, or to change one."""
    blocks = [
        field(
            say("Name"), text_input(Action.INPUT, initial=given.name if given else None, most=80), Block.PACKAGE_NAME
        ),
    ]
    if given is None:
        types = kinds[:SELECT]
        labels = told_apart([bare(one.name) for one in types], [span(one.length, say) for one in types], OPTION)
        options = [option(label, one.id) for label, one in zip(labels, types, strict=True)]
        chosen = options[0]["value"] if len(options) == 1 else None
        menu = select(Action.INPUT, options, chosen=chosen, placeholder=say("Choose a session type"))
        blocks.append(field(say("For sessions of this kind"), menu, Block.PACKAGE_TYPE))
    else:
        blocks.append(section(say("*For:* {session}", session=typed(given.session_type))))
    blocks += [
        field(
            say("Number of sessions"), _whole(given.sessions if given else None, MAX_SESSIONS), Block.PACKAGE_SESSIONS
        ),
        field(
            say("Valid for so many days"),
            _whole(given.valid_days if given else None, MAX_DAYS),
            Block.PACKAGE_DAYS,
            hint=say("Counted from the day it is given. Empty: it does not expire."),
            optional=True,
        ),
        field(
            say("Price"),
            text_input(Action.INPUT, initial=money_text(given.money) if given else None, most=30),
            Block.PACKAGE_PRICE,
            hint=say("For the record, like 900 USD."),
            optional=True,
        ),
    ]
    if given is not None:
        choices = [option(say("Offered"), YES), option(say("Not offered any more"), NO)]
        offered = radio(Action.INPUT, choices, NO if given.retired else YES)
        blocks.append(field(say("Admins can give it"), offered, Block.PACKAGE_OFFERED))
    blocks.append(actions([_back(say)]))
    title = say.title("Edit package") if given else say.title("Add package")
    metadata = OfferMeta(given.id if given else "")
    return modal(title, Callback.PACKAGE, blocks, metadata=metadata, submit=say.title("Save"), close=say.title("Close"))


def _back(say: Say) -> Json:
    return button(f"‹ {say('Packages and pools')}", Action.CATALOGUE)


def _whole(value: int | None, most: int) -> Json:
    return number_input(Action.INPUT, None if value is None else str(value), most, least=1, decimals=False)


def pool_form(pool: Pool | None, say: Say) -> Json:
    """Build the form to add a company pool, or to change its name, contact and members."""
    who: Json = {"type": "users_select", "action_id": Action.INPUT}
    if pool is not None and pool.contact is not None and pool.contact.in_slack:
        who["initial_user"] = pool.contact.id
    members: Json = {"type": "multi_users_select", "action_id": Action.INPUT, "max_selected_items": MAX_MEMBERS}
    inside = [person.id for person in pool.members if person.in_slack] if pool else []
    if inside:
        members["initial_users"] = inside
    blocks = [
        field(say("Company"), text_input(Action.INPUT, initial=pool.name if pool else None, most=80), Block.POOL_NAME),
        field(
            say("Contact"),
            who,
            Block.POOL_CONTACT,
            hint=say("Sees who uses its credits, and is told what it gets and when credits expire."),
            optional=True,
        ),
        field(say("People who book from it"), members, Block.POOL_MEMBERS, optional=True),
        context(say("What somebody booked comes back to the pool when it is canceled, even after they have left it.")),
    ]
    if pool is not None:
        choices = [option(say("It gets credits"), YES), option(say("It gets none any more"), NO)]
        offered = radio(Action.INPUT, choices, NO if pool.retired else YES)
        hint = say("Its people can go on booking with what it has. Take them out of it to stop that.")
        blocks.append(field(say("Admins can give it credits"), offered, Block.POOL_OFFERED, hint=hint))
    blocks.append(actions([_back(say)]))
    title = say.title("Edit pool") if pool else say.title("Add pool")
    metadata = OfferMeta(pool.id if pool else "")
    return modal(title, Callback.POOL, blocks, metadata=metadata, submit=say.title("Save"), close=say.title("Close"))
