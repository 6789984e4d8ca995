"""Two thousand due mails: our relay against a bare loop of aiosmtplib over one connection."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import aiohttp
from sqlalchemy import text

from benchmarks.processes import child
from benchmarks.report import Promise, Result, paired
from benchmarks.standin import WORKSPACE
from benchmarks.waves import Wave, sent, waves_of
from benchmarks.world import TYPE, databases, engines_in_a_hurry, introduce
from storage import SqlStore
from storage.types import to_micros
from tests.support.postgres import free_port

MAILS, WAVES = 2_000, 10
SIDES = ("ours", "loop")


async def measure(*, quick: bool = False) -> list[Result]:
    """Send confirmations of bookings with invitations, in waves and in turns.

    The loop is given what ours has to find: subject, text, HTML and calendar. It builds each mail by the standard library's
    `email` with `policy.SMTP` and sends it, one after the other; it has no database and keeps no record. Both send to one
    aiosmtpd in a process of its own.
    """
    waves, each = (2, 20) if quick else (WAVES, MAILS // WAVES)
    with databases() as made:
        places = {"ours": await made.fresh("sqlite")}
        await write_mails(places["ours"], waves, each)
        places["loop"] = await made.copy(places["ours"])
        async with AsyncExitStack() as stack:
            port = free_port()
            sink = await stack.enter_async_context(
                child("-m", "benchmarks.mail_sink", "{port}", str(port), ready="/counts")
            )
            sides = {
                side: await stack.enter_async_context(
                    waves_of(
                        "benchmarks.mail_side",
                        *(side, waves, each),
                        environment={"DATABASE_URL": url, "SMTP_URL": f"smtp://127.0.0.1:{port}"},
                    )
                )
                for side, url in places.items()
            }
            done: dict[str, list[Wave]] = {side: [] for side in SIDES}
            for wave in range(waves):
                for name in SIDES[:: 1 if wave % 2 else -1]:
                    done[name].append(await sides[name].deliver(wave))
            async with aiohttp.ClientSession() as session, session.get(f"{sink.url}/counts") as response:
                taken = (await response.json())["mails"]
        marked = await sent(places["ours"])
        if taken != 2 * waves * each or marked != waves * each:
            raise RuntimeError(f"{waves * each} mails: {marked} marked as sent, the server took {taken}")
    rates = {side: [each / wave.took for wave in done[side]] for side in SIDES}
    work = {side: [each / wave.cpu for wave in done[side]] for side in SIDES}
    cpu = {side: sum(wave.cpu for wave in done[side]) / (waves * each) * 1000 for side in SIDES}
    what = f"Mail relay, {waves * each:,} mails: a bare loop over one connection"
    told = f"processor time per mail: {cpu['ours']:.2f} ms, the loop {cpu['loop']:.2f} ms"
    return [
        paired(what, rates["ours"], rates["loop"], "mails/s", Promise.AT_LEAST, 0.7, told),
        paired(what, work["ours"], work["loop"], "mails/CPU-s", Promise.AT_LEAST, 0.7),
    ]


async def write_mails(url: str, waves: int, each: int) -> None:
    """Write one session of each of `waves` times `each` people known by e-mail, and its confirmation.

    A wave falls due every second.
    """
    engines = engines_in_a_hurry(url)
    try:
        await introduce(SqlStore(engines), 1)
        now = to_micros(datetime.now(UTC) + timedelta(hours=1))
        parameters = {"ws": WORKSPACE, "now": now, "last": waves * each - 1, "each": each, "type": TYPE}
        async with engines.writer.begin() as connection:
            for statement in _MAILS:
                used = {name: value for name, value in parameters.items() if f":{name}" in statement}
                await connection.execute(text(statement), used)
    finally:
        await engines.dispose()


_HOUR = "CAST(3600000000 AS BIGINT)"
_CLIENTS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < CAST(:last AS INTEGER))"
_MAILS = (
    "INSERT INTO session_types (workspace_id, id, name, minutes, price) VALUES (:ws, 'leadership', :type, 50, 100)",
    f"""
INSERT INTO members (workspace_id, id, name, email, is_admin)
{_CLIENTS}
SELECT :ws, 'mail:client' || i || '@example.org', 'Client Number ' || i, 'client' || i || '@example.org', false FROM n""",
    f"""
INSERT INTO sessions (workspace_id, id, origin, may_overlap,
  client_id, coach_id, session_type_id, starts_at, ends_at, time_zone, booked_at, meeting_link,
  policy_id, refund_cutoff_at, price, status, version, cancellation_no, reschedules, reminders_kept)
{_CLIENTS}
SELECT w.workspace_id, 's' || (100000000 + i), 'imported', true, 'mail:client' || i || '@example.org',
  'U0K' || (100 + i % 20), 'leadership', t.at + 26 * {_HOUR}, t.at + 27 * {_HOUR}, 'America/New_York', t.at - 1,
  'https://meet.example.com/' || i, w.policy_id, t.at + 2 * {_HOUR}, 100, 'scheduled', 1, 0, 0, false
FROM (SELECT i, CAST(:now AS BIGINT) + (i / :each) * CAST(1000000 AS BIGINT) AS at FROM n) t
CROSS JOIN workspaces w WHERE w.workspace_id = :ws""",
    f"""
INSERT INTO notices (workspace_id, dedupe_key, kind, recipient, session_id, due_at, expires_at, state, revision, attempts,
  ambiguous)
SELECT workspace_id, 'booked:' || id, 'booked', client_id, id, refund_cutoff_at - 2 * {_HOUR}, starts_at, 'pending', 1, 0, 0
FROM sessions WHERE workspace_id = :ws""",
)
