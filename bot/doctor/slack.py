"""What Slack says about the bot's token: whether it works, and whether it has the scopes that the bot needs."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import yaml
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.authorize import TOKEN_IS_DEAD, Identity, identity_of
from bot.doctor.report import Fault, Group
from bot.manifest import MANIFEST
from bot.settings import Settings

ANSWER_SECONDS = 10
SKEW = timedelta(seconds=60)
"""How far this machine's clock may be from Slack's: requests older than five minutes are refused."""

_GOT = "Slack accepts the bot's token."
_REINSTALL = "then reinstall the app to the workspace there, and start the bot again with the Bot User OAuth Token that it shows."


OPTIONAL = {
    "files:read": "bringing sessions in from a file in Slack",
    "im:history": "answers to what people write to the app",
}
"""Scopes that earlier installations lack and can do without, and what they miss."""


def asked_scopes() -> frozenset[str]:
    """Return the scopes in manifest.yml. The bot uses each of them and no others."""
    manifest: dict[str, Any] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return frozenset(manifest["oauth_config"]["scopes"]["bot"])


def needed_scopes() -> frozenset[str]:
    """Return the scopes without which something fails."""
    return asked_scopes() - OPTIONAL.keys()


async def look(settings: Settings, known: Collection[str] | None) -> Group:
    """Ask Slack whose token this is and what it may do. `known` are the database's workspaces, None if unknown."""
    if settings.slack_bot_token is None:
        return _group("not asked: SLACK_BOT_TOKEN is not set", skipped=True)
    timeout = aiohttp.ClientTimeout(ANSWER_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        token = settings.slack_bot_token.get_secret_value()
        client = AsyncWebClient(token, base_url=settings.slack_api_url, session=session, retry_handlers=[])
        try:
            answer = await client.auth_test()
        except SlackApiError as error:
            code = str(error.response.get("error", "unknown_error")) if error.response else "unknown_error"
            return _group("does not accept the token", _refused(code))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _group("does not answer", _silent(settings, error))
    now = datetime.now(UTC)
    identity = identity_of(answer.data if isinstance(answer.data, dict) else {}, answer.headers)
    faults = [*_scopes(identity), *_stranger(identity, known), *_clock(answer.headers, now)]
    where = identity.team or "a workspace"
    note = f"the token works in {where} ({identity.workspace_id})" if identity.workspace_id else "the token works"
    granted = "" if not identity.scopes or faults else _granted(identity)
    return _group(note + granted + _others(identity, known), *faults)


def _group(note: str, *faults: Fault, skipped: bool = False) -> Group:
    return Group(id="slack", name="Slack", note=note, faults=faults, skipped=skipped)


def _refused(code: str) -> Fault:
    dead = (
        "copy the Bot User OAuth Token (xoxb-…) again from your app's OAuth & Permissions page into SLACK_BOT_TOKEN; "
    )
    later = "Slack said nothing about the token: try again in a minute, and look at status.slack.com."
    return Fault(
        id="slack_token",
        truth=_GOT,
        what=f"auth.test answered {code}.",
        advice=f"Nobody's request is answered until this works: {dead}if the app was removed, install it again."
        if code in TOKEN_IS_DEAD
        else later,
    )


def _silent(settings: Settings, error: Exception) -> Fault:
    return Fault(
        id="slack_reachable",
        truth="Slack answers.",
        what=f"{settings.slack_api_url} did not answer within {ANSWER_SECONDS} s ({type(error).__name__}).",
        advice="See that this machine reaches that address (proxy, firewall, DNS), and that SLACK_API_URL is right if it is "
        "set. Notices wait meanwhile, and nothing is lost.",
    )


def _scopes(identity: Identity) -> list[Fault]:
    missing = sorted(needed_scopes().difference(identity.scopes))
    if not missing or not identity.scopes:  # a stand-in may not say; Slack always does
        return []
    return [
        Fault(
            id="slack_scopes",
            truth="The token has every scope of manifest.yml.",
            what=f"missing: {', '.join(missing)}.",
            advice="What needs them fails in Slack. Add them under OAuth & Permissions, Bot Token Scopes, or paste the output "
            f"of `python -m bot manifest` as your app's manifest; {_REINSTALL}",
            count=len(missing),
        )
    ]


def _granted(identity: Identity) -> str:
    """Say which scopes the token has, and what it misses by one that is optional."""
    lacking = sorted(OPTIONAL.keys() - set(identity.scopes))
    has = f", and has the {len(asked_scopes()) - len(lacking)} scopes of manifest.yml"
    missed = "; ".join(f"{scope} (optional, for {OPTIONAL[scope]})" for scope in lacking)
    return f"{has} but {missed}: reinstall the app for it" if lacking else has


def _stranger(identity: Identity, known: Collection[str] | None) -> list[Fault]:
    if not known or identity.workspace_id is None or identity.workspace_id in known:
        return []
    held = ", ".join(sorted(known)[:5])
    return [
        Fault(
            id="slack_workspace",
            truth="The token belongs to a workspace of this database.",
            what=f"the token is of {identity.workspace_id}, the database holds {held}.",
            advice="The bot would start afresh beside what is there, and nobody in those workspaces would be answered. Correct "
            "DATABASE_URL or SLACK_BOT_TOKEN; if it is a new workspace, start the bot once and it is known.",
        )
    ]


def _others(identity: Identity, known: Collection[str] | None) -> str:
    """Name the other workspaces in the database. This token does not serve them: each needs a bot of its own."""
    others = sorted(set(known or ()) - {identity.workspace_id})
    if not others or identity.workspace_id not in (known or ()):
        return ""
    named = ", ".join(others[:5]) + (f" and {len(others) - 5} more" if others[5:] else "")
    return (
        f"; nobody in {named} of this database is answered or told anything with it, only by bots with tokens of theirs"
    )


def _clock(headers: Any, now: datetime) -> list[Fault]:  # noqa: ANN401 - aiohttp's, or a plain dictionary
    date = {str(name).lower(): str(value) for name, value in dict(headers).items()}.get("date")
    try:
        theirs = parsedate_to_datetime(date or "")
    except ValueError:
        return []
    if theirs.tzinfo is None or abs(theirs - now) <= SKEW:
        return []
    return [
        Fault(
            id="slack_clock",
            truth="This machine's clock and Slack's agree.",
            what=f"this machine is {abs(theirs - now).total_seconds():,.0f} s {'behind' if theirs > now else 'ahead'}.",
            advice="Requests from Slack are turned away when they look more than five minutes old, and cutoffs are judged by "
            "this clock: let the machine keep its time (NTP).",
        )
    ]
