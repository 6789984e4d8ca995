"""views.*: modals and App Home."""

from playground.errors import ApiError
from playground.files import SCOPE
from playground.json_types import JsonObject
from playground.methods_common import Args, Context, Method
from playground.whole_views import VIEW_BYTES


def _needs_files(context: Context, args: Args) -> None:
    """Refuse a form for files unless the app may read them."""
    view = args.json("view")
    blocks = view.get("blocks", ()) if isinstance(view, dict) else ()
    if any(isinstance(one, dict) and (one.get("element") or {}).get("type") == "file_input" for one in blocks):
        context.require(SCOPE)


def open_(context: Context, args: Args) -> JsonObject:
    """views.open"""
    _needs_files(context, args)
    view = context.views.open(args.text("trigger_id"), args.json("view"), small=args.size <= VIEW_BYTES)
    return {"view": context.views.shown(view)}


def push(context: Context, args: Args) -> JsonObject:
    """views.push"""
    _needs_files(context, args)
    view = context.views.push(args.text("trigger_id"), args.json("view"), small=args.size <= VIEW_BYTES)
    return {"view": context.views.shown(view)}


def update(context: Context, args: Args) -> JsonObject:
    """views.update"""
    _needs_files(context, args)
    view = context.views.update(
        args.json("view"),
        view_id=args.text("view_id"),
        external_id=args.text("external_id"),
        expected=args.text("hash"),
        small=args.size <= VIEW_BYTES,
    )
    return {"view": context.views.shown(view)}


def publish(context: Context, args: Args) -> JsonObject:
    """views.publish"""
    user = context.workspace.users.get(args.required("user_id"))
    if user is None or user.is_bot:
        raise ApiError("invalid_arguments", ["[ERROR] invalid user_id [json-pointer:/user_id]"])
    if not context.manifest.home_tab:
        raise ApiError("not_enabled")
    view = context.views.publish(user.id, args.json("view"), expected=args.text("hash"), small=args.size <= VIEW_BYTES)
    return {"view": context.views.shown(view)}


METHODS = {
    "views.open": Method(open_),
    "views.push": Method(push),
    "views.update": Method(update),
    "views.publish": Method(publish),
}
