"""Files from Slack: fetched with the bot's token, from Slack's own hosts only, into a private temporary file."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from coaching.bringing.service import MOST_BYTES, FileUnavailable, NotFetched
from coaching.sessions import Actor

FETCH_SECONDS = 60.0
_CHUNK = 1 << 16
_HOSTS = ("slack.com", "slack-files.com")
SCOPE = "files:read"


async def may_read_files(client: AsyncWebClient) -> bool:
    """Return whether the token has the scope. If Slack does not say, it may have it."""
    try:
        answer = await client.auth_test()
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError):
        return True
    found = {str(name).lower(): value for name, value in answer.headers.items()}
    scopes = found.get("x-oauth-scopes")
    return scopes is None or SCOPE in {one.strip() for one in str(scopes).split(",")}


@asynccontextmanager
async def fetched(client: AsyncWebClient, actor: Actor, file_id: str) -> AsyncIterator[BinaryIO]:
    """Yield a file that the actor uploaded; it is deleted at the end. Raises FileUnavailable."""
    url = _address(await _info(client, file_id), actor, client.base_url)
    # Nobody else on this machine may read it, and it has no name.
    with tempfile.TemporaryFile() as file:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                await _stream(url, str(client.token or ""), file)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise FileUnavailable(NotFetched.SILENT) from error
        file.seek(0, os.SEEK_SET)
        yield file


async def _info(client: AsyncWebClient, file_id: str) -> Mapping[str, Any]:
    try:
        answer = await client.files_info(file=file_id)
    except SlackApiError as error:
        code = str(error.response.get("error", "")) if error.response else ""
        why = NotFetched.NO_SCOPE if code == "missing_scope" else NotFetched.GONE
        raise FileUnavailable(why) from error
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise FileUnavailable(NotFetched.SILENT) from error
    found = answer.get("file")
    return found if isinstance(found, Mapping) else {}


def _address(found: Mapping[str, Any], actor: Actor, api_url: str) -> str:
    if found.get("user") != actor.user_id:
        raise FileUnavailable(NotFetched.NOT_THEIRS)
    size = found.get("size")
    if isinstance(size, int) and size > MOST_BYTES:
        raise FileUnavailable(NotFetched.TOO_BIG)
    url = found.get("url_private_download")
    if not isinstance(url, str) or not is_slacks(url, api_url):
        raise FileUnavailable(NotFetched.GONE)
    return url


def is_slacks(url: str, api_url: str) -> bool:
    """Return whether a token may be sent to an address: https on Slack's hosts, or where the Web API itself is."""
    try:
        there, api = urlsplit(url), urlsplit(api_url)
        same = (there.scheme, there.hostname, there.port) == (api.scheme, api.hostname, api.port)
        port = there.port
    except ValueError:
        return False
    if there.username is not None or there.password is not None:
        return False
    host = there.hostname or ""
    of_slack = any(host == one or host.endswith(f".{one}") for one in _HOSTS)
    return same or (there.scheme == "https" and port in (None, 443) and of_slack)


async def _stream(url: str, token: str, file: BinaryIO) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    # Without redirects: the token is for this address, and Slack redirects those who may not have the file.
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers=headers, allow_redirects=False) as answer,
    ):
        if answer.status != 200 or answer.content_type == "text/html":
            raise FileUnavailable(NotFetched.NO_SCOPE if answer.content_type == "text/html" else NotFetched.GONE)
        size = 0
        async for chunk in answer.content.iter_chunked(_CHUNK):
            size += len(chunk)
            if size > MOST_BYTES:
                raise FileUnavailable(NotFetched.TOO_BIG)
            await asyncio.to_thread(file.write, chunk)
