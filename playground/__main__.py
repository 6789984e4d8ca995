"""`python -m playground`: a local Slack workspace as a process of its own."""

import argparse
import asyncio
import json
import signal
import sys
import zoneinfo
from pathlib import Path

from playground.manifest import ManifestError
from playground.seed import SeedError
from playground.server import Playground


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m playground", description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="the app's manifest (YAML or JSON)")
    parser.add_argument("--seed", type=Path, required=True, help="people and channels to start with (JSON)")
    parser.add_argument("--request-url", help="where the app takes requests; without it, Socket Mode")
    parser.add_argument("--signing-secret", required=True)
    parser.add_argument("--bot-token", required=True)
    parser.add_argument("--app-token", help="for Socket Mode")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--no-rate-limits", action="store_true", help="for benchmarks")
    return parser.parse_args(argv)


async def _serve(options: argparse.Namespace) -> None:
    playground = Playground(
        options.manifest,
        json.loads(options.seed.read_text(encoding="utf-8")),
        request_url=options.request_url,
        signing_secret=options.signing_secret,
        bot_token=options.bot_token,
        app_token=options.app_token,
        rate_limits=not options.no_rate_limits,
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with playground.serve(options.host, options.port):
        sys.stdout.write(f"{json.dumps({'url': playground.url, 'api_url': playground.api_url})}\n")
        sys.stdout.flush()
        await stop.wait()


def main(argv: list[str] | None = None) -> int:
    """Serve until interrupted. Return 2 if manifest, seed or port cannot be used."""
    options = _arguments(argv)
    zoneinfo.reset_tzpath(())  # use the zones of the tzdata package: what people see must not depend on the machine
    try:
        asyncio.run(_serve(options))
    except (ManifestError, SeedError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
