"""auth, users, team, bots and apps: identities."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from playground.errors import ApiError
from playground.json_types import JsonObject
from playground.methods_common import Args, Context, Method, page
from playground.workspace import User


def user_json(context: Context, user: User, *, include_locale: bool = False) -> JsonObject:
    """Return a member as `users.info` shows it. The e-mail address needs its scope."""
    now = datetime.now(UTC).astimezone(ZoneInfo(user.tz))
    offset = now.utcoffset()
    team = user.team or context.workspace.team["id"]
    profile: JsonObject = {
        "real_name": user.real_name,
        "display_name": user.name,
        "real_name_normalized": user.real_name,
        "display_name_normalized": user.name,
        "team": team,
    }
    if user.email and "users:read.email" in context.manifest.scopes:
        profile["email"] = user.email
    data: JsonObject = {
        "id": user.id,
        "team_id": team,
        "name": user.name,
        "deleted": user.deleted,
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": now.tzname() or user.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "profile": profile,
        "is_admin": user.is_admin,
        "is_owner": user.is_owner,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 0,
    }
    data |= belonging(user)
    if include_locale:
        data["locale"] = user.locale
    return data


def belonging(user: User) -> JsonObject:
    """Return the fields that a user object has for people of other organizations and for an organization's members."""
    shown: JsonObject = {"is_stranger": True} if user.team else {}
    if user.enterprise_id:
        shown["enterprise_user"] = {
            "id": user.id,
            "enterprise_id": user.enterprise_id,
            "enterprise_name": user.enterprise_id,
            "is_admin": False,
            "is_owner": False,
            "teams": user.enterprise_teams,
        }
    return shown


def auth_test(context: Context, _args: Args) -> JsonObject:
    """auth.test"""
    workspace = context.workspace
    return {
        "url": f"https://{workspace.team['domain']}.slack.com/",
        "team": workspace.team["name"],
        "user": workspace.users[workspace.bot_user].name,
        "team_id": workspace.team["id"],
        "user_id": workspace.bot_user,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


def users_info(context: Context, args: Args) -> JsonObject:
    """users.info"""
    user = context.workspace.users.get(args.required("user"))
    if user is None:
        raise ApiError("user_not_found")
    return {"user": user_json(context, user, include_locale=args.flag("include_locale"))}


def users_lookup_by_email(context: Context, args: Args) -> JsonObject:
    """users.lookupByEmail"""
    email = args.required("email").lower()
    for user in context.workspace.users.values():
        if user.email and user.email.lower() == email and not user.deleted:
            return {"user": user_json(context, user)}
    raise ApiError("users_not_found")


def users_list(context: Context, args: Args) -> JsonObject:
    """users.list"""
    members, metadata = page(list(context.workspace.users.values()), args, 200, 1000)
    locale = args.flag("include_locale")
    return {
        "members": [user_json(context, user, include_locale=locale) for user in members],
        "cache_ts": int(datetime.now(UTC).timestamp()),
        "response_metadata": metadata,
    }


def team_info(context: Context, args: Args) -> JsonObject:
    """team.info"""
    team = args.text("team")
    if team and team != context.workspace.team["id"]:
        raise ApiError("team_not_found")
    return {"team": {**context.workspace.team, "email_domain": "", "icon": {"image_default": True}}}


def bots_info(context: Context, args: Args) -> JsonObject:
    """bots.info"""
    workspace = context.workspace
    if args.text("bot") not in ("", workspace.bot_id):
        raise ApiError("bot_not_found")
    return {
        "bot": {
            "id": workspace.bot_id,
            "deleted": False,
            "name": workspace.users[workspace.bot_user].name,
            "updated": 0,
            "app_id": workspace.app_id,
            "user_id": workspace.bot_user,
            "icons": {},
        }
    }


def connections_open(context: Context, _args: Args) -> JsonObject:
    """apps.connections.open"""
    url = context.url.replace("http://", "ws://", 1)
    return {"url": f"{url}/link/?ticket={context.socket.ticket()}&app_id={context.workspace.app_id}"}


METHODS = {
    "auth.test": Method(auth_test),
    "users.info": Method(users_info, ("users:read",)),
    "users.lookupByEmail": Method(users_lookup_by_email, ("users:read.email",)),
    "users.list": Method(users_list, ("users:read",)),
    "team.info": Method(team_info, ("team:read",)),
    "bots.info": Method(bots_info, ("users:read",)),
    "apps.connections.open": Method(connections_open, by="app"),
}
