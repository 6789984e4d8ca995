"""conversations.*: channels and direct conversations that the app may see."""

from playground.errors import ApiError
from playground.json_types import JsonObject
from playground.methods_common import Args, Context, Method, page
from playground.payloads import channel_json, message_json
from playground.workspace import Channel

MOST_USERS = 8
_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_PREFIX = {"public": "channels", "private": "groups", "im": "im"}
_TYPES = {"public_channel": "public", "private_channel": "private", "im": "im", "mpim": "mpim"}


def _readable(context: Context, args: Args, access: str) -> Channel:
    channel = context.channel(args.required("channel"))
    context.require(f"{_PREFIX[channel.kind]}:{access}")
    return channel


def info(context: Context, args: Args) -> JsonObject:
    """conversations.info"""
    channel = _readable(context, args, "read")
    shown = channel_json(channel, context.workspace)
    if not args.flag("include_num_members"):
        shown.pop("num_members", None)
    return {"channel": shown}


def list_(context: Context, args: Args) -> JsonObject:
    """conversations.list"""
    kinds = set()
    for name in (args.text("types") or "public_channel").split(","):
        kind = _TYPES.get(name.strip())
        if kind is None:
            raise ApiError("invalid_types")
        context.require(f"{_PREFIX.get(kind, 'mpim')}:read")
        kinds.add(kind)
    bot = context.workspace.bot_user
    found = [
        channel
        for channel in context.workspace.channels.values()
        if channel.kind in kinds
        and (channel.kind == "public" or bot in channel.members)
        and not (channel.is_archived and args.flag("exclude_archived"))
    ]
    channels, metadata = page(found, args, 100, 1000)
    shown = [channel_json(channel, context.workspace) for channel in channels]
    return {"channels": shown, "response_metadata": metadata}


def open_(context: Context, args: Args) -> JsonObject:
    """conversations.open: with one person. Group conversations are not supported."""
    if args.text("channel"):
        channel = context.channel(args.text("channel"))
    else:
        users = [user for user in args.required("users").split(",") if user]
        if len(users) > MOST_USERS:
            raise ApiError("too_many_users")
        if len(users) != 1:
            raise ApiError("not_enough_users" if not users else "mpim_not_supported_in_playground")
        user = context.workspace.users.get(users[0])
        if user is None:
            raise ApiError("user_not_found")
        if user.is_bot or user.deleted:
            raise ApiError("user_disabled" if user.deleted else "cannot_dm_bot")
        existed = any(c.kind == "im" and user.id in c.members for c in context.workspace.channels.values())
        channel = context.workspace.dm(user.id)
        if existed:
            brief = channel_json(channel, context.workspace) if args.flag("return_im") else {"id": channel.id}
            return {"no_op": True, "already_open": True, "channel": brief}
    brief = channel_json(channel, context.workspace) if args.flag("return_im") else {"id": channel.id}
    return {"channel": brief}


def members(context: Context, args: Args) -> JsonObject:
    """conversations.members"""
    channel = _readable(context, args, "read")
    ids, metadata = page(list(channel.members), args, 100, 1000)
    return {"members": ids, "response_metadata": metadata}


def history(context: Context, args: Args) -> JsonObject:
    """conversations.history: newest first, without ephemeral messages and thread replies."""
    channel = _readable(context, args, "history")
    if context.workspace.bot_user not in channel.members:
        raise ApiError("not_in_channel")
    oldest, latest = args.text("oldest"), args.text("latest")
    inclusive = args.flag("inclusive")
    found = [
        message
        for message in reversed(channel.messages.values())
        if message.ephemeral_to is None
        and message.thread_ts in (None, message.ts)
        and (not oldest or message.ts > oldest or (inclusive and message.ts == oldest))
        and (not latest or message.ts < latest or (inclusive and message.ts == latest))
    ]
    messages, metadata = page(found, args, 100, 999)
    return {
        "messages": [message_json(context.workspace, message) for message in messages],
        "has_more": bool(metadata["next_cursor"]),
        "pin_count": 0,
        "response_metadata": metadata,
    }


METHODS = {
    "conversations.info": Method(info, _READ),
    "conversations.list": Method(list_, _READ),
    "conversations.open": Method(open_, ("channels:manage", "groups:write", "im:write", "mpim:write")),
    "conversations.members": Method(members, _READ),
    "conversations.history": Method(history, _HISTORY),
}
