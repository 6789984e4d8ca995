"""chat.*: posting, editing and deleting messages."""

import json

from playground.blocks import MARKDOWN_TOTAL, blocks_too_long, check_blocks
from playground.errors import ApiError
from playground.json_types import Json, JsonObject
from playground.methods_common import Args, Context, Method
from playground.payloads import message_json
from playground.values import completed
from playground.workspace import Channel, Message

TEXT_LIMIT = 40_000
"""The most characters in a posted message."""
UPDATE_TEXT = 4_000
"""The most characters in a message after chat.update."""
METADATA_BYTES = 8 * 1024
EVENT_TYPE = 255


def _blocks(context: Context, args: Args) -> list[JsonObject] | None:
    blocks = args.json("blocks", "invalid_blocks_format")
    if blocks is None:
        return None
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    errors = check_blocks(blocks, "message", without=context.workspace.without_blocks())
    if errors:
        raise ApiError("invalid_blocks", [f"[ERROR] {error}" for error in errors], errors=errors)
    if blocks_too_long(blocks):
        raise ApiError("msg_blocks_too_long")
    return completed(blocks)


def _attachments(args: Args) -> list[Json]:
    attachments = args.json("attachments", "invalid_attachments")
    if attachments is None:
        return []
    if not isinstance(attachments, list):
        raise ApiError("invalid_attachments")
    if len(attachments) > 100:
        raise ApiError("too_many_attachments")
    return attachments


def _text(args: Args, blocks: list[JsonObject] | None, attachments: list[Json], most: int = TEXT_LIMIT) -> str:
    text, markdown = args.text("text"), args.text("markdown_text")
    if markdown and (text or args.text("blocks")):
        raise ApiError("markdown_text_conflict")
    if not text and not markdown and not blocks and not attachments:
        raise ApiError("no_text")
    if len(text) > most or len(markdown) > MARKDOWN_TOTAL:
        raise ApiError("msg_too_long")
    return text or markdown


def _metadata(args: Args) -> Json:
    metadata = args.json("metadata", "invalid_metadata_format")
    if metadata in (None, {}):
        return metadata
    if not isinstance(metadata, dict):
        raise ApiError("invalid_metadata_format")
    kind, payload = metadata.get("event_type"), metadata.get("event_payload")
    if not isinstance(kind, str) or not 0 < len(kind) <= EVENT_TYPE or not isinstance(payload, dict):
        raise ApiError("invalid_metadata_schema")
    if len(json.dumps(metadata, ensure_ascii=False).encode()) > METADATA_BYTES:
        raise ApiError("metadata_too_large")
    return metadata


def _may_post(context: Context, channel: Channel) -> None:
    if channel.is_archived:
        raise ApiError("is_archived")
    if context.workspace.bot_user in channel.members:
        return
    if channel.kind != "public" or "chat:write.public" not in context.manifest.scopes:
        raise ApiError("not_in_channel")


def post_message(context: Context, args: Args) -> JsonObject:
    """chat.postMessage"""
    channel = context.destination(args.required("channel"))
    _may_post(context, channel)
    blocks, attachments, metadata = _blocks(context, args), _attachments(args), _metadata(args)
    text = _text(args, blocks, attachments)
    if context.posting is not None:
        wait = context.posting.take(channel.id)
        if wait is not None:
            raise ApiError("ratelimited", retry_after=wait)
    message = context.workspace.post(
        channel,
        context.workspace.bot_user,
        text,
        blocks or (),
        by_app=True,
        thread_ts=args.text("thread_ts") or None,
        attachments=attachments,
        metadata=metadata,
    )
    context.events.message(channel, message)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(context.workspace, message)}


def _own(context: Context, args: Args, refusal: str) -> tuple[Channel, Message]:
    channel = context.channel(args.required("channel"))
    message = channel.messages.get(args.required("ts"))
    if message is None or message.ephemeral_to is not None:
        raise ApiError("message_not_found")
    if not message.by_app:
        raise ApiError(refusal)
    return channel, message


def update(context: Context, args: Args) -> JsonObject:
    """chat.update: blocks stay if none are given, as Slack documents."""
    channel, message = _own(context, args, "cant_update_message")
    if channel.is_archived:
        # This code differs from that for posting: chat.update has its own for archived and frozen channels.
        raise ApiError("is_inactive")
    blocks, attachments = _blocks(context, args), _attachments(args)
    _metadata(args)
    text = _text(
        args, blocks if blocks is not None else message.blocks, attachments or message.attachments, UPDATE_TEXT
    )
    if "text" not in args.raw and "markdown_text" not in args.raw:
        text = message.text
    if "attachments" in args.raw:
        message.attachments = attachments
    context.workspace.edit(message, text, blocks)
    shown = message_json(context.workspace, message)
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": shown}


def post_ephemeral(context: Context, args: Args) -> JsonObject:
    """chat.postEphemeral"""
    channel = context.destination(args.required("channel"))
    user = args.required("user")
    _may_post(context, channel)
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    blocks, attachments = _blocks(context, args), _attachments(args)
    text = _text(args, blocks, attachments)
    message = context.workspace.post(
        channel,
        context.workspace.bot_user,
        text,
        blocks or (),
        by_app=True,
        ephemeral_to=user,
        thread_ts=args.text("thread_ts") or None,
        attachments=attachments,
    )
    return {"message_ts": message.ts}


def delete(context: Context, args: Args) -> JsonObject:
    """chat.delete"""
    channel, message = _own(context, args, "cant_delete_message")
    context.workspace.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(context: Context, args: Args) -> JsonObject:
    """chat.getPermalink"""
    channel = context.channel(args.required("channel"))
    message = channel.messages.get(args.required("message_ts"))
    if message is None or message.ephemeral_to is not None:
        raise ApiError("message_not_found")
    domain = context.workspace.team["domain"]
    number = message.ts.replace(".", "")
    return {"channel": channel.id, "permalink": f"https://{domain}.slack.com/archives/{channel.id}/p{number}"}


METHODS = {
    "chat.postMessage": Method(post_message, ("chat:write",)),
    "chat.update": Method(update, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",)),
    "chat.delete": Method(delete, ("chat:write",)),
    "chat.getPermalink": Method(get_permalink),
}
