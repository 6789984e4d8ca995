"""The question to an address that an admin named: whether it may be written to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.delivery.news.family import Loaded, News
from coaching.addresses import Consent, NamedAddress, Whose
from coaching.news.announcement import Announcement
from coaching.news.stakeholders import AddressAsked
from coaching.records import Viewer
from coaching.why import Why
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads


@dataclass(frozen=True, slots=True)
class Questions(News):
    """The addresses as they are now, and where each is named."""

    loaded: Loaded
    asked: Mapping[str, NamedAddress]
    whose: Mapping[str, Whose]

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        row, loaded = rows[0], self.loaded
        one = self.asked.get(row.recipient)
        if one is None or not self.whose[row.recipient]:
            return Why.NOT_NAMED
        if one.consent is not Consent.WAITING or one.asked_at > row.due_at:
            return Why.SETTLED
        whose = self.whose[row.recipient]
        return AddressAsked(
            viewer=viewer,
            settings=loaded.settings,
            now=loaded.now,
            asked=one,
            coaches=whose.coaches,
            types=whose.types,
        )


async def load(reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
    """Load what is known of the addresses."""
    who = sorted({row.recipient for row in rows})
    asked = await reads.stakeholders.addresses(who)
    return Questions(
        loaded, {one.id: one for one in asked}, {one.id: await reads.stakeholders.whose(one.id) for one in asked}
    )
