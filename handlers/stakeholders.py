"""The stakeholders of a coach or a session type: their form in the set-up (K7)."""

import re
from collections.abc import Mapping
from typing import Any

from coaching.actions.stakeholders import AlsoTold, answer_for, open_told, save_told
from coaching.mail_ids import pending_id
from coaching.stakeholders import NewsOf
from handlers import parse
from handlers.deps import Deps
from handlers.ids import Action, Block, Callback
from handlers.inputs import BadInput
from handlers.mail_address import writable
from handlers.meta import NewsMeta
from handlers.press import Draw, Press, on_action, on_submit
from handlers.views.kit import Json
from handlers.views.stakeholders import MAX_TYPED, told_form


class StakeholdersFeature:
    """The form that names stakeholders. `beneath` builds the set-up, from which it was opened, in its current state."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self.beneath: Draw | None = None

    async def open(self, press: Press, of: NewsOf, of_id: str) -> None:
        """Open the form of a coach or a session type. Raises AdminsOnly, BadInput."""
        found = await open_told(self._deps.store, self._deps.clock, press.actor, of, of_id)
        await press.show(self._form(found))

    @on_submit(Callback.SETUP_TOLD)
    async def save(self, press: Press) -> None:
        """Save the stakeholders, and redraw the set-up beneath."""
        meta = NewsMeta.load(press.body)
        people = parse.pickers(press.body, Block.TOLD_PEOPLE, "selected_users")
        await self._deps.introduced(press.client, press.actor, {Block.TOLD_PEOPLE: people})
        _, dropped = parse.offered(press.body, Block.TOLD_DROP)
        await save_told(
            self._deps.store,
            self._deps.clock,
            press.actor,
            parse.request_key(press.body),
            meta.of,
            meta.of_id,
            people=people,
            channels=parse.pickers(press.body, Block.TOLD_CHANNELS, "selected_conversations"),
            dropped=dropped,
            addresses=_addresses(press.body) if self._deps.mail else None,
            ask=self._deps.public_url is not None,
        )
        if self.beneath is not None:
            await press.redraw_beneath(self.beneath)
        await press.ack()

    @on_action(Action.TOLD_CONFIRM)
    async def confirm(self, press: Press) -> None:
        """Say yes for an address, and show the form and the set-up beneath with it."""
        meta = NewsMeta.load(press.body)
        address_id, key = parse.value(press.body), parse.request_key(press.body)
        store, clock = self._deps.store, self._deps.clock
        found = await answer_for(store, clock, press.actor, key, meta.of, meta.of_id, address_id)
        await press.redraw(self._form(found))
        if self.beneath is not None:
            await press.redraw_beneath(self.beneath)
        await press.ack()

    def _form(self, found: AlsoTold) -> Json:
        return told_form(found, mail=self._deps.mail, asks=self._deps.public_url is not None)


def _addresses(body: Mapping[str, Any]) -> list[str] | None:
    """Return the ids of the addresses that were typed, or None if the form did not ask. Raises BadInput."""
    if parse.state(body, Block.TOLD_ADDRESSES) is None:
        return None
    found: list[str] = []
    for one in re.split(r"[\s,;]+", parse.typed_text(body, Block.TOLD_ADDRESSES, MAX_TYPED) or ""):
        if not one:
            continue
        address = writable(one)
        if address is None:
            raise BadInput(
                Block.TOLD_ADDRESSES,
                "this is no e-mail address: {address}; write it like {example}",
                address=one[:100],
                example="anna@example.com",
            )
        found.append(pending_id(address))
    return found
