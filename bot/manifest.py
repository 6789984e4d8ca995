"""Variants of `manifest.yml` to paste into Slack: for HTTP with the installation's address, or for Socket Mode."""

from pathlib import Path
from typing import Any

import yaml

from bot.settings import public_url
from bot.web import EVENTS_PATH

MANIFEST = Path(__file__).parent.parent / "manifest.yml"


class ManifestError(Exception):
    """The requested manifest cannot be written. The message is one sentence for a person."""


def render(*, url: str | None = None, socket: bool = False) -> str:
    """Return the manifest as YAML, for HTTP at `url` or for Socket Mode.

    Raises ManifestError for both at once, for neither, and for a `url` that Slack could not call.
    """
    if not socket and url is None:
        raise ManifestError(
            "Say where Slack reaches the bot: give its public https address with --url or as PUBLIC_URL, or choose --socket, "
            "which needs none."
        )
    if socket and url is not None:
        raise ManifestError("Choose one: --url is for HTTP, and Socket Mode has no address.")
    manifest: dict[str, Any] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    settings = manifest["settings"]
    if socket:
        for command in manifest["features"]["slash_commands"]:
            del command["url"]
        del settings["event_subscriptions"]["request_url"]
        del settings["interactivity"]["request_url"]
        settings["socket_mode_enabled"] = True
    else:
        endpoint = _endpoint(url or "")
        for command in manifest["features"]["slash_commands"]:
            command["url"] = endpoint
        settings["event_subscriptions"]["request_url"] = endpoint
        settings["interactivity"]["request_url"] = endpoint
    return yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=120)


def _endpoint(url: str) -> str:
    try:
        base = public_url(url.strip())
    except ValueError as mistake:
        raise ManifestError(f"The address {mistake}") from None
    # People paste either the server's address or the whole request URL.
    return base.removesuffix(EVENTS_PATH) + EVENTS_PATH
