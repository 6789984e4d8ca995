"""Linking: transfer of everything under a person's e-mail to their Slack account, once they appear."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    delete,
    literal,
    literal_column,
    or_,
    select,
    text,
    true,
    union,
    update,
)

from coaching.addresses import Consent
from coaching.news.notice import Medium
from storage.constraints import LOCK_PEOPLE
from storage.repositories.base import Repository
from storage.tables import (
    admins,
    availability,
    calendar_addresses,
    coaches,
    drafts,
    exports,
    grants,
    link_changes,
    members,
    moves,
    notes,
    notices,
    notifications,
    pool_members,
    pools,
    refunds,
    replans,
    requests,
    session_type_clients,
    session_type_coaches,
    sessions,
    stakeholder_addresses,
    stakeholders,
    time_off,
    timeline,
    transfers,
)
from storage.types import by_key, word

_KEYS = (
    pool_members.c.member_id,
    stakeholders.c.scope_id,
    stakeholders.c.target,
    availability.c.coach_id,
    time_off.c.coach_id,
    session_type_coaches.c.coach_id,
    session_type_clients.c.client_id,
)
_LONGEST = literal_column("86400000000", BigInteger)  # no session is longer than a day

_NAMED = (
    (sessions.c.client_id, true()),
    (sessions.c.coach_id, true()),
    (moves.c.old_coach_id, true()),
    (moves.c.new_coach_id, true()),
    (grants.c.client_id, true()),
    (transfers.c.client_id, true()),
    (pools.c.contact_id, true()),
    (notes.c.client_id, true()),
    (notices.c.about_id, true()),
    (notices.c.copy_of, true()),
    (notices.c.recipient, notices.c.state == word("pending")),
)
# What they did on the page behind a mail's link: to sessions of theirs only.
_DEEDS = (
    (sessions.c.id, sessions.c.canceled_by),
    (refunds.c.session_id, refunds.c.by),
    (moves.c.session_id, moves.c.by),
    (timeline.c.session_id, timeline.c.actor_id),
    (requests.c.subject_id, requests.c.asked_by),
    (requests.c.subject_id, requests.c.answered_by),  # of one that they took back
)
_OTHERS = (members.c.id, coaches.c.member_id, notifications.c.member_id, requests.c.coach_id)
"""Columns that a method of their own transfers."""
HANDED: frozenset[Column[Any]] = frozenset(
    {*_KEYS, *_OTHERS, *(column for column, _ in _NAMED), *(column for _, column in _DEEDS)}
)
"""The columns that name a person and follow them."""
_ADMIN = "an admin, who acts in Slack"
STAYS: Mapping[Column[Any], str] = {
    admins.c.member_id: "only people in Slack can be named as admins",
    admins.c.named_by: _ADMIN,
    grants.c.granted_by: _ADMIN,
    transfers.c.by_id: _ADMIN,
    stakeholder_addresses.c.answered_by: _ADMIN,
    stakeholder_addresses.c.address_id: "it is about the address, and goes unless that said no (`_hand_addresses`)",
    calendar_addresses.c.member_id: "made in Slack: no page makes one",
    exports.c.made_by: _ADMIN,
    drafts.c.user_id: "an open dialog: on the page it begins again as theirs",
    link_changes.c.by: "links of meetings are set in Slack",
    notes.c.author_id: "private notes are written in Slack",
    notices.c.conversation: "a place in line: the relay finds it again by the recipient",
    replans.c.person_id: "everybody who appears is asked for anew (`people.remember`)",
    requests.c.subject_id: "a session; or who wants credits, who asks for them in Slack",
    requests.c.passed_by: "the contact of a pool, who passes it on in Slack",
}
"""The other columns that name people, with the reason for which they never name one known by e-mail, or keep doing so."""


_s = sessions.c
# By each index of its own: for one condition with OR, SQLite reads all sessions of the workspace in the order of ids.
_THEIRS = union(
    *(
        select(_s.id).where(_s.workspace_id == bindparam("ws"), hat == bindparam("pending"))
        for hat in (_s.client_id, _s.coach_id)
    )
)
"""The ids of the sessions of a person known by e-mail, in either role."""


def _actions(session: Column[str]) -> Select[Any]:
    t = session.table.c
    return select(t.action_id).where(t.workspace_id == bindparam("ws"), session.in_(_THEIRS))


class Links(Repository):
    """The transfer of a person's rows."""

    async def hand_over(self, pending_id: str, user_id: str) -> Sequence[str]:
        """Transfer everything of a person known by e-mail to their Slack account. Return the ids of their sessions."""
        if not await self._there(pending_id):
            return []
        given = {"ws": self._ws, "pending": pending_id}
        found = select(_s.id).where(_s.workspace_id == self._ws, _s.id.in_(_THEIRS)).order_by(_s.id)
        # In id order, as cancellations lock them: an UPDATE locks in its own order and could deadlock.
        moved = [row.id for row in await self._run(found if self._sqlite else found.with_for_update(), given)]
        if not self._sqlite:
            # Then grants, before the people's locks, as a booking takes them.
            mine = and_(grants.c.workspace_id == self._ws, grants.c.client_id == pending_id)
            await self._run(select(grants.c.id).where(mine).order_by(grants.c.id).with_for_update())
        if not await self._lock_people(pending_id, user_id):
            return []
        await self._write(self._insert_or_ignore(members), {"workspace_id": self._ws, "id": user_id, "is_admin": False})
        await self._hand_news(pending_id, user_id)
        await self._let_overlap(pending_id, user_id)
        for of, column in _DEEDS:
            theirs = (of.table.c.workspace_id == self._ws, of.in_(_THEIRS), column == pending_id)
            await self._write(update(of.table).where(*theirs).values({column.name: user_id}), given)
        for column, which in _NAMED:
            table = column.table
            changes: dict[str, Any] = {column.name: user_id}
            if column is notices.c.recipient:
                # From now on Slack tells them. What may have arrived by mail goes there once more, and not twice.
                sure = and_(column == pending_id, notices.c.ambiguous == 0)
                changes["medium"] = case((sure, str(Medium.SLACK)), else_=notices.c.medium)
            await self._write(
                update(table).where(table.c.workspace_id == self._ws, column == pending_id, which).values(changes)
            )
        await self._hand_addresses(pending_id)
        await self._hand_keys(pending_id, user_id)
        await self._hand_coach(pending_id, user_id)
        await self._hand_mail(pending_id, user_id)
        await self._write(delete(members).where(members.c.workspace_id == self._ws, members.c.id == pending_id))
        return moved

    async def _there(self, pending_id: str) -> bool:
        pending = select(literal(1)).where(members.c.workspace_id == self._ws, members.c.id == pending_id)
        return (await self._run(pending)).first() is not None

    async def _lock_people(self, pending_id: str, user_id: str) -> bool:
        """Take the locks of all people concerned, so that no booking, note or erasure of theirs happens meanwhile.

        In the order in which a booking takes two, before messages and the people's rows, as those do. Return False if
        somebody erased the person first.
        """
        if self._sqlite:
            return True
        mine = select(_s.coach_id, _s.client_id).where(_s.workspace_id == self._ws, _s.id.in_(_THEIRS))
        others = {person for row in await self._run(mine, {"ws": self._ws, "pending": pending_id}) for person in row}
        people = sorted({pending_id, user_id, *others})
        await self._run(text(LOCK_PEOPLE), {"ws": self._ws, "people": people})
        return await self._there(pending_id)

    async def _hand_news(self, pending_id: str, user_id: str) -> None:
        """Transfer notices addressed to the e-mail: those shown in a coach's channel, and those that expired unsent.

        Later edits of a message depend on its recipient. The notices are found by what they are about, because the
        index by recipient has pending ones only.
        """
        given = {"ws": self._ws, "pending": pending_id}
        here = notices.c.workspace_id == self._ws
        to_them = notices.c.recipient == pending_id
        about = [
            and_(here, named.in_(told), to_them)
            for named, told in (
                (notices.c.action_id, _actions(refunds.c.session_id)),
                (notices.c.action_id, _actions(moves.c.session_id)),
                (notices.c.action_id, _actions(link_changes.c.session_id)),
                (notices.c.action_id, _actions(requests.c.subject_id)),
                (notices.c.session_id, _THEIRS),
            )
        ]
        if not self._sqlite:
            # In the order of their keys, as the relay locks them: an UPDATE would lock them in its own order.
            named = [and_(here, column == pending_id, which) for column, which in _NAMED if column.table is notices]
            keys = union(*(select(notices.c.dedupe_key).where(which) for which in (*about, *named)))
            found = select(notices.c.dedupe_key).where(here, notices.c.dedupe_key.in_(keys))
            await self._run(found.order_by(by_key(notices.c.dedupe_key)).with_for_update(), given)
        for which in about:
            await self._write(update(notices).where(which).values(recipient=user_id), given)

    async def _let_overlap(self, pending_id: str, user_id: str) -> None:
        """Allow existing overlaps between the sessions of the two ids.

        Both ids may have been booked for the same time, as client or as coach, before they were known to be one person.
        The sessions stay, as overlapping imports do. Refusing would prevent the person from being linked at all. No
        booking can happen meanwhile: see `_lock_people`.
        """
        which = {"ws": self._ws, "pending": pending_id}
        twin = sessions.alias("twin")

        def meets(theirs: ColumnElement[str]) -> ColumnElement[bool]:
            return (
                select(literal(1))
                .where(
                    twin.c.workspace_id == self._ws,
                    theirs == user_id,
                    or_(twin.c.status == word("scheduled"), twin.c.held_until.is_not(None)),
                    twin.c.id != sessions.c.id,
                    twin.c.starts_at > sessions.c.starts_at - _LONGEST,
                    twin.c.starts_at < sessions.c.ends_at,
                    twin.c.ends_at > sessions.c.starts_at,
                )
                .exists()
            )

        await self._write(
            update(sessions)
            .where(
                sessions.c.workspace_id == self._ws,
                sessions.c.id.in_(_THEIRS),
                or_(sessions.c.status == word("scheduled"), sessions.c.held_until.is_not(None)),
                or_(meets(twin.c.coach_id), meets(twin.c.client_id)),
            )
            .values(may_overlap=True),
            which,
        )

    async def _hand_keys(self, pending_id: str, user_id: str) -> None:
        """Transfer rows with the person in their key, unless the account has the same row already."""
        for column in _KEYS:
            table = column.table
            mine = and_(table.c.workspace_id == self._ws, column == pending_id)
            rows = [
                dict(row) | {column.name: user_id} for row in (await self._run(select(table).where(mine))).mappings()
            ]
            if rows:
                await self._write(self._insert_or_ignore(table), rows)
                await self._write(delete(table).where(mine))

    async def _hand_addresses(self, pending_id: str) -> None:
        """Let a stakeholder known by address be told in Slack, which needs no consent, unless their address said no.

        That no stays known, so that nobody asks the address again.
        """
        a, k = stakeholder_addresses.c, stakeholders.c
        mine = and_(a.workspace_id == self._ws, a.address_id == pending_id)
        said_no = select(literal(1)).where(mine, a.consent == word(Consent.DECLINED)).exists()
        await self._write(delete(stakeholders).where(k.workspace_id == self._ws, k.target == pending_id, said_no))
        await self._write(delete(stakeholder_addresses).where(mine, a.consent != word(Consent.DECLINED)))

    async def _hand_coach(self, pending_id: str, user_id: str) -> None:
        """Make the account a coach with the e-mail's alert channel and meeting link.

        An account that is a coach already keeps its own.
        """
        mine = and_(coaches.c.workspace_id == self._ws, coaches.c.member_id == pending_id)
        old = (
            await self._run(select(coaches.c.alert_channel, coaches.c.removed, coaches.c.meeting_link).where(mine))
        ).first()
        if old is None:
            return
        await self._write(
            self._insert_or_ignore(coaches),
            {
                "workspace_id": self._ws,
                "member_id": user_id,
                "alert_channel": old.alert_channel,
                "removed": old.removed,
                "meeting_link": old.meeting_link,
            },
        )
        await self._write(delete(coaches).where(mine))
        r = requests.c  # those for credits say with whom they were to be used
        with_them = and_(r.workspace_id == self._ws, r.coach_id == pending_id)
        await self._write(update(requests).where(with_them).values(coach_id=user_id))

    async def _hand_mail(self, pending_id: str, user_id: str) -> None:
        """Keep in mind that mails to the address come back, and that its owner wants none.

        Wanting mails there was no choice between them and Slack.
        """
        here, m, n = self._ws, members.c, notifications.c
        refused, since = (
            select(column).where(m.workspace_id == here, m.id == pending_id).scalar_subquery()
            for column in (m.refused_address, m.refused_at)
        )
        unmarked = and_(m.workspace_id == here, m.id == user_id, m.refused_address.is_(None))
        await self._write(update(members).where(unmarked).values(refused_address=refused, refused_at=since))
        theirs = and_(n.workspace_id == here, n.member_id == pending_id)
        found = (await self._run(select(notifications).where(theirs, n.ways == word("slack")))).mappings().first()
        if found is not None:
            await self._write(self._insert_or_ignore(notifications), dict(found) | {"member_id": user_id})
        await self._write(delete(notifications).where(theirs))
