"""What the doctor says of Slack: the token, its scopes, and the workspaces that it serves."""

from pathlib import Path

from tests.bot.doctor.conftest import Doctor
from tests.bot.slack_stand_in import SECRET, TOKEN, slack
from tests.support.postgres import free_port
from tests.support.world import WORKSPACE, World


async def test_slack_knows_the_token_and_its_scopes(
    world: World, database_url: str, tmp_path: Path, doctor: Doctor
) -> None:
    async with slack(tmp_path) as settings:
        code, said = await doctor(database_url, **settings)
    assert code == 0
    assert "✓ Slack" in said
    assert f"the token works in Test ({WORKSPACE}), and has the " in said
    assert "✓ Settings good, for HTTP" in said


async def test_a_scope_that_is_missing_is_named_with_how_to_add_it(
    world: World, database_url: str, tmp_path: Path, doctor: Doctor
) -> None:
    async with slack(tmp_path, without="users:read.email") as settings:
        code, said = await doctor(database_url, **settings)
    assert code == 1
    assert "✗ Slack" in said
    assert "missing: users:read.email." in said
    assert "then reinstall the app to the workspace" in said
    assert TOKEN not in said
    assert SECRET not in said


async def test_a_dead_token_is_told(world: World, database_url: str, tmp_path: Path, doctor: Doctor) -> None:
    async with slack(tmp_path) as settings:
        code, said = await doctor(database_url, **{**settings, "SLACK_BOT_TOKEN": "xoxb-dead-token"})
    assert code == 1
    assert "auth.test answered invalid_auth." in said
    assert "xoxb-dead-token" not in said


async def test_a_token_of_another_workspace_is_told(
    world: World, database_url: str, tmp_path: Path, doctor: Doctor
) -> None:
    async with slack(tmp_path, team="T0ELSEWHERE") as settings:
        code, said = await doctor(database_url, **settings)
    assert code == 1
    assert f"the token is of T0ELSEWHERE, the database holds {WORKSPACE}." in said
    assert "is answered or told anything" not in said


async def test_workspaces_that_the_token_does_not_serve_are_named(
    world: World, database_url: str, tmp_path: Path, doctor: Doctor
) -> None:
    async with slack(tmp_path) as settings:
        _, alone = await doctor(database_url, **settings)
        await World(world.store, world.clock, "T0OTHER").people()
        _, said = await doctor(database_url, **settings)
    assert "is answered or told anything" not in alone
    assert "nobody in T0OTHER of this database is answered or told anything with it" in " ".join(said.split())


async def test_a_slack_that_does_not_answer_is_told(world: World, database_url: str, doctor: Doctor) -> None:
    api = f"http://127.0.0.1:{free_port()}/api/"
    code, said = await doctor(database_url, SLACK_BOT_TOKEN=TOKEN, SLACK_SIGNING_SECRET=SECRET, SLACK_API_URL=api)
    assert code == 1
    assert f"{api} did not answer" in said
