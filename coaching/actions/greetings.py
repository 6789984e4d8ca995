"""Greetings: a welcome once per person, and an answer to each message."""

from coaching.clock import Clock
from coaching.news.greetings import answer, welcome
from coaching.ports import Store
from coaching.records import Viewer
from coaching.sessions import Actor


async def met(store: Store, actor: Actor) -> Viewer:
    """Return the person who opened the app."""
    async with store.read(actor.workspace_id) as queries:
        return await queries.people.viewer(actor.user_id)


async def greet(store: Store, clock: Clock, actor: Actor) -> None:
    """Welcome a person, unless they were welcomed before."""
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        if await uow.people.greet(actor.user_id):
            await uow.notices.add([welcome(actor.user_id, now)])
            await uow.commit()


async def reply(store: Store, clock: Clock, actor: Actor, message: str) -> None:
    """Answer a message that a person wrote to the app, once. `message` is its id: what it says is nobody's business."""
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        await uow.people.know_of([actor.user_id])
        await uow.notices.add([answer(actor.user_id, message, now)])
        await uow.commit()
