"""files.*: what people uploaded into forms."""

from playground.errors import ApiError
from playground.files import SCOPE
from playground.json_types import JsonObject
from playground.methods_common import Args, Context, Method


def info(context: Context, args: Args) -> JsonObject:
    """files.info"""
    stored = context.files.find(args.required("file"))
    if stored is None:
        raise ApiError("file_not_found")
    return {"file": context.files.shown(stored), "comments": [], "response_metadata": {"next_cursor": ""}}


METHODS = {"files.info": Method(info, (SCOPE,))}
