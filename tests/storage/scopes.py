"""What a workspace sets for its session types, packages and coaches, written through the store: terms and links."""

from dataclasses import replace
from datetime import datetime, timedelta

from coaching.addresses import Consent
from coaching.blocks import KnownBlock
from coaching.bringing.file_map import FileMap, Target
from coaching.export_columns import What
from coaching.exports import Export, Span
from coaching.meetings import LinkOf, LinkScope
from coaching.news.meetings import link_changed
from coaching.notes import PrivateNote
from coaching.notifications import Preferences, Ways
from coaching.policy import Policy, TermsOf, TermsScope
from coaching.ports import UnitOfWork
from coaching.sessions import Hat, Person
from coaching.stakeholders import NewsOf
from tests.support.world import ADMIN, ANNA, COACH

PAT = "mail:pat@example.com"


async def relink(uow: UnitOfWork, action_id: str, at: datetime) -> None:
    """Give session s2, its type and its coach another link, and record that. Anna's calendar gets another address.

    The coach gives the type, with one more, and it is for Anna and another one. Slack took a card, the coach writes a note
    on Anna, and an admin fetches an export.
    """
    [kind] = await uow.catalogue.session_types()
    await uow.catalogue.save_session_type(replace(kind, coaches=frozenset({COACH, f"U0{action_id}"})))
    await uow.catalogue.name_clients(kind.id, [ANNA, f"U0{action_id}"])
    for of, owner in ((LinkOf.COACH, COACH), (LinkOf.TYPE, kind.id), (LinkOf.SESSION, "s2")):
        changed = await uow.meetings.of(LinkScope(of, owner), at)
        await uow.meetings.save(LinkScope(of, owner), f"https://meet.example.com/{action_id}")
    assert [one.session_id for one in changed] == ["s2"]
    await uow.meetings.record(changed, action_id, at, COACH, Hat.COACH)
    await uow.calendars.keep(ANNA, action_id, at)
    await uow.notifications.choose(ANNA, Preferences(Ways.BOTH), at)
    await uow.mails.came_back(ANNA, f"{action_id}@example.com", at)
    await uow.mails.try_again(COACH)
    await uow.mails.retell_question(ANNA, at)
    await uow.mails.locked_out("tls_failed", at)
    await uow.workspace.remember_blocks([KnownBlock("message", "card", True, at)])
    await uow.notices.add(link_changed(action_id, {ANNA: at}, {}, at))
    await uow.notices.refresh_links(action_id, at)
    note = PrivateNote(id=action_id, client_id=ANNA, author=Person(COACH), at=at, text="shy", session_id="s2")
    await uow.notes.add(note)
    await uow.notes.change(action_id, COACH, "bold", at)
    await uow.exports.add(Export(action_id, Person(ADMIN), at, [What.LEDGER], Span()))
    assert await uow.exports.fetch(action_id, at)
    await uow.file_maps.keep("columns", FileMap(columns={Target.CLIENT: (action_id,)}), at)


async def name_besides(uow: UnitOfWork, at: datetime) -> None:
    """Have a channel and a mail address, which is asked, told what the coach is told."""
    await uow.stakeholders.save(NewsOf.COACH, COACH, ["C0OPS", PAT])
    await uow.stakeholders.ask([PAT], at)


async def rename_besides(uow: UnitOfWork, at: datetime) -> None:
    """Say yes for the address, and have an admin told instead of both."""
    await uow.stakeholders.answer(PAT, Consent.CONFIRMED, ADMIN)
    await uow.stakeholders.save(NewsOf.COACH, COACH, [ADMIN])
    await uow.stakeholders.forget_unnamed([], [PAT], at - timedelta(days=1))


async def save_terms(uow: UnitOfWork) -> None:
    """Give my type and package terms of their own, and take them away again from another of each."""
    for of, scope_id in await scopes(uow):
        for policy in (Policy(tiers=()), None, Policy(late_cancel=False, tiers=())):
            await uow.terms.save(TermsScope(of, scope_id), policy)


async def scopes(uow: UnitOfWork) -> list[tuple[TermsOf, str]]:
    [kind], packages = await uow.catalogue.session_types(), (await uow.catalogue.packages(9))[0]
    return [(TermsOf.TYPE, kind.id), *((TermsOf.PACKAGE, one.id) for one in packages)]
