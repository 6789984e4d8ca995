"""The first contact with a workspace: ask Slack which one it is, create its row, and name its first admin."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import structlog
from sqlalchemy.exc import IntegrityError

from bot.authorize import SingleWorkspace, SlackUnavailable, TokenRefused
from coaching.errors import StorageBusy
from storage import SqlStore

AGAIN_SECONDS = 15.0
log = structlog.get_logger(__name__)


@asynccontextmanager
async def introduced(workspace: SingleWorkspace, store: SqlStore, first_admin: str | None) -> AsyncIterator[None]:
    """Set up the workspace before the block runs, or during it if Slack cannot be reached yet.

    Raises TokenRefused if Slack rejects the token, and StorageBusy.
    """
    try:
        await introduce(workspace, store, first_admin)
    except (SlackUnavailable, aiohttp.ClientError, TimeoutError) as error:
        log.warning("Slack cannot be reached; requests and notices wait until it can", why=type(error).__name__)
        later = asyncio.create_task(_keep_trying(workspace, store, first_admin), name="introduction")
        try:
            yield
        finally:
            later.cancel()
            await asyncio.wait([later])
    else:
        yield


async def _keep_trying(workspace: SingleWorkspace, store: SqlStore, first_admin: str | None) -> None:
    while True:
        await asyncio.sleep(AGAIN_SECONDS)
        try:
            return await introduce(workspace, store, first_admin)
        except (TokenRefused, SlackUnavailable, StorageBusy, aiohttp.ClientError, TimeoutError):
            continue


async def introduce(workspace: SingleWorkspace, store: SqlStore, first_admin: str | None) -> None:
    """Create the row of the workspace that Slack names, and add the first admin to its named admins.

    Raises what `SingleWorkspace.identity` raises, and StorageBusy.
    """
    known = await workspace.identity()
    if known.workspace_id is None:
        log.warning("auth.test names no workspace, as Slack's would; requests of any workspace are answered")
        if first_admin:
            log.warning("FIRST_ADMIN has no effect: it is not known of which workspace")
        return
    async with store.write(known.workspace_id) as uow:
        await uow.workspace.ensure(known.team)
        await uow.commit()
    if first_admin:
        await _name(store, known.workspace_id, first_admin)
    log.info("workspace ready", workspace_id=known.workspace_id)


async def _name(store: SqlStore, workspace_id: str, person_id: str) -> None:
    try:
        async with store.write(workspace_id) as uow:
            named = [person.id for person in await uow.people.admins()]
            if person_id in named:
                return
            await uow.people.save_admins([*named, person_id])
            await uow.commit()
    except IntegrityError:
        return  # another process that is starting was first
    log.info("the first admin was named", workspace_id=workspace_id, user_id=person_id)
