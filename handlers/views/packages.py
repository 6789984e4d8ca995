"""The catalogue of packages and the company pools, as admins keep them."""

from coaching.actions.packages import MAX_DAYS, MAX_MEMBERS, MAX_SESSIONS, Catalogue
from coaching.naming import told_apart, visible
from coaching.packages import CatalogPackage, Pool
from coaching.sessions import Person
from handlers.amounts import money_text
from handlers.ids import NO, YES, Action, Block, Callback
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
    option,
    overflow,
    radio,
    section,
    select,
    text_input,
    typed,
)
from handlers.views.policies import terms_kind
from handlers.views.words import count, money, span

SHOWN = 40
"""Packages, and pools, that the view has room for."""


def catalogue_view(catalogue: Catalogue) -> Json:
    """Build the packages and pools."""
    blocks: list[Json] = [actions([button("Give credits…", Action.CREDITS_GIVE, style="primary")]), header("Packages")]
    if not catalogue.types:
        blocks.append(context("A package is for one kind of session: add a session type in the set-up first."))
    elif not catalogue.packages:
        blocks.append(context("None yet. A package is so many sessions of one kind, sold together."))
    # What is offered comes first; what came in with imports can be completed and then sold.
    order = sorted(catalogue.packages, key=lambda one: (not one.offered, one.retired))
    blocks.extend(_package(one) for one in order[:SHOWN])
    if len(order) > SHOWN:
        blocks.append(context(f"… and {len(order) - SHOWN} more."))
    if catalogue.types:
        blocks.append(actions([button("Add package", Action.PACKAGE_ADD)]))
    blocks += [divider(), header("Company pools")]
    if not catalogue.pools:
        blocks.append(context("None yet. A company pays for a pool, and the people in it book from it."))
    blocks.extend(_pool(one) for one in catalogue.pools[:SHOWN])
    if len(catalogue.pools) > SHOWN:
        blocks.append(context(f"… and {len(catalogue.pools) - SHOWN} more."))
    blocks.append(actions([button("Add pool", Action.POOL_ADD)]))
    blocks.append(context("Changes count for what is given from now on; credits that people have stay as they are."))
    return modal("Packages and credits", Callback.CATALOGUE, blocks)


def _package(one: CatalogPackage) -> Json:
    if one.sessions is None:
        facts = ["came in with an import, not sold here yet"]
    else:
        facts = [count(one.sessions)]
        if one.valid_days:
            facts.append(f"valid for {count(one.valid_days, 'day')}")
        if one.money:
            facts.append(money(one.money))
        if one.retired:
            facts.append("not offered any more")
    facts.append(terms_kind(one.policy_id, "terms of its sessions").lower())
    menu = [option("Edit", f"edit:{one.id}"), option("Terms…", f"terms:{one.id}")]
    words = f"*{typed(one.name)}* · {typed(one.session_type)}\n{' · '.join(facts)}"
    return section(words, overflow(Action.PACKAGE_MENU, menu))


def _pool(pool: Pool) -> Json:
    contact = f"looked after by {_name(pool.contact)}" if pool.contact else "no contact yet"
    menu = [option("Credits", f"credits:{pool.id}"), option("Edit", f"edit:{pool.id}")]
    return section(
        f"*{typed(pool.name)}*\n{count(len(pool.members), 'member')} · {contact}",
        overflow(Action.POOL_MENU, menu),
    )


def _name(person: Person) -> str:
    return (
        typed(person.name)
        if person.name and visible(person.name)
        else f"<@{person.id}>"
        if person.in_slack
        else "somebody"
    )


def package_form(catalogue: Catalogue, given: CatalogPackage | None) -> Json:
    """Add a package, or change one."""
    blocks = [
        field("Name", text_input(Action.INPUT, initial=given.name if given else None, most=80), Block.PACKAGE_NAME),
    ]
    if given is None:
        types = catalogue.types[:SELECT]
        labels = told_apart([bare(one.name) for one in types], [span(one.length) for one in types], OPTION)
        options = [option(label, one.id) for label, one in zip(labels, types, strict=True)]
        chosen = options[0]["value"] if len(options) == 1 else None
        menu = select(Action.INPUT, options, chosen=chosen, placeholder="Choose a session type")
        blocks.append(field("For sessions of this kind", menu, Block.PACKAGE_TYPE))
    else:
        blocks.append(section(f"*For:* {typed(given.session_type)}"))
    blocks += [
        field("Number of sessions", _whole(given.sessions if given else None, MAX_SESSIONS), Block.PACKAGE_SESSIONS),
        field(
            "Valid for so many days",
            _whole(given.valid_days if given else None, MAX_DAYS),
            Block.PACKAGE_DAYS,
            hint="Counted from the day it is given. Empty: it does not expire.",
            optional=True,
        ),
        field(
            "Price",
            text_input(Action.INPUT, initial=money_text(given.money) if given else None, most=30),
            Block.PACKAGE_PRICE,
            hint="For the record, like 900 USD.",
            optional=True,
        ),
    ]
    if given is not None:
        choices = [option("Offered", YES), option("Not offered any more", NO)]
        offered = radio(Action.INPUT, choices, NO if given.retired else YES)
        blocks.append(field("Admins can give it", offered, Block.PACKAGE_OFFERED))
    blocks.append(actions([button("‹ Packages and pools", Action.CATALOGUE)]))
    title = "Edit package" if given else "Add package"
    return modal(title, Callback.PACKAGE, blocks, metadata=given.id if given else "", submit="Save")


def _whole(value: int | None, most: int) -> Json:
    element: Json = {
        "type": "number_input",
        "action_id": Action.INPUT,
        "is_decimal_allowed": False,
        "min_value": "1",
        "max_value": str(most),
    }
    if value is not None:
        element["initial_value"] = str(value)
    return element


def pool_form(pool: Pool | None) -> Json:
    """Add a company pool, or change its name, contact and members."""
    who: Json = {"type": "users_select", "action_id": Action.INPUT}
    if pool is not None and pool.contact is not None and pool.contact.in_slack:
        who["initial_user"] = pool.contact.id
    members: Json = {"type": "multi_users_select", "action_id": Action.INPUT, "max_selected_items": MAX_MEMBERS}
    inside = [person.id for person in pool.members if person.in_slack] if pool else []
    if inside:
        members["initial_users"] = inside
    blocks = [
        field("Company", text_input(Action.INPUT, initial=pool.name if pool else None, most=80), Block.POOL_NAME),
        field(
            "Contact",
            who,
            Block.POOL_CONTACT,
            hint="Sees who uses its credits, and is told what it gets and when credits expire.",
            optional=True,
        ),
        field("People who book from it", members, Block.POOL_MEMBERS, optional=True),
        context("What somebody booked comes back to the pool when it is canceled, even after they have left it."),
        actions([button("‹ Packages and pools", Action.CATALOGUE)]),
    ]
    title = "Edit pool" if pool else "Add pool"
    return modal(title, Callback.POOL, blocks, metadata=pool.id if pool else "", submit="Save")
