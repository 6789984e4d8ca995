"""The fields of a form that a page sent."""

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from aiohttp import web

from coaching.texts import storable

BODY_SECONDS = 5.0
"""Seconds that a form may take to arrive."""
MOST_BYTES = 64 * 1024
MOST_FIELDS = 300
Form = Mapping[str, Sequence[str]]


async def read_form(request: web.Request) -> Form:
    """Return the fields of a form. Raises HTTPNotFound for what no page of ours sends."""
    if request.content_type != "application/x-www-form-urlencoded" or not (request.content_length or 0) <= MOST_BYTES:
        raise web.HTTPNotFound
    if request.content_length is None:
        raise web.HTTPNotFound
    try:
        async with asyncio.timeout(BODY_SECONDS):
            raw = await request.content.readexactly(request.content_length)
        found = parse_qs(raw.decode(errors="replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except (TimeoutError, asyncio.IncompleteReadError, ConnectionError, ValueError):
        raise web.HTTPNotFound from None
    fields: Form = storable(found)
    return fields
