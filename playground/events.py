"""Events for the app: only those it subscribed to, sent in the background, retried up to three times."""

import asyncio
from collections.abc import Sequence

from playground.dispatch import Ack, Dispatcher
from playground.json_types import JsonObject
from playground.manifest import Manifest
from playground.payloads import Payloads, message_json
from playground.workspace import Channel, Message, Workspace

RETRY_DELAYS = (0.0, 60.0, 300.0)
_MESSAGE_EVENTS = {"public": "message.channels", "private": "message.groups", "im": "message.im"}
_CHANNEL_TYPES = {"public": "channel", "private": "group", "im": "im"}
_REASONS = {
    "operation_timeout": "http_timeout",
    "dispatch_failed": "connection_failed",
    "http_client_error": "http_error",
    "http_service_error": "http_error",
}


class Events:
    """Publishes events of the workspace."""

    def __init__(
        self,
        workspace: Workspace,
        payloads: Payloads,
        dispatcher: Dispatcher,
        manifest: Manifest,
        *,
        retry_delays: Sequence[float] = RETRY_DELAYS,
    ) -> None:
        self._workspace = workspace
        self._payloads = payloads
        self._dispatcher = dispatcher
        self._manifest = manifest
        self._delays = tuple(retry_delays)
        self._tasks: set[asyncio.Task[None]] = set()

    def publish(self, subscription: str, event: JsonObject) -> None:
        """Send an event in the background if the app subscribed to it."""
        if subscription not in self._manifest.events:
            return
        payload = self._payloads.event({"event_ts": self._workspace.new_ts(), **event})
        task = asyncio.get_running_loop().create_task(self._send(subscription, payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, name: str, payload: JsonObject) -> None:
        ack = await self._dispatcher.deliver("event", name, payload)
        for number, delay in enumerate(self._delays, start=1):
            if ack.ok or _no_retry(ack):
                return
            if delay:
                await asyncio.sleep(delay)
            reason = _REASONS.get(ack.error or "", "unknown_error")
            ack = await self._dispatcher.deliver("event", name, payload, retry=(number, reason))

    async def stop(self) -> None:
        """Stop sending, and drop what is not delivered yet."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def message(self, channel: Channel, message: Message) -> None:
        """Publish a message that the app can see."""
        if message.ephemeral_to is not None or self._workspace.bot_user not in channel.members:
            return
        event = message_json(self._workspace, message)
        event |= {"channel": channel.id, "channel_type": _CHANNEL_TYPES[channel.kind]}
        self.publish(_MESSAGE_EVENTS[channel.kind], event)
        if self._workspace.bot_user in message.pings and not message.by_app:
            self.publish("app_mention", event | {"type": "app_mention"})


def _no_retry(ack: Ack) -> bool:
    return any(name.lower() == "x-slack-no-retry" and value == "1" for name, value in (ack.headers or {}).items())
