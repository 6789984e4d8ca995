"""Bringing sessions in from an uploaded file: the file, what its columns and words mean, what would be made, and a yes.

The file is fetched after each answer, because that may take longer than Slack waits: the dialog says so meanwhile.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

import structlog
from slack_sdk.errors import SlackApiError

from coaching.actions.access import check_admin
from coaching.actions.bring import explain, explained
from coaching.bringing.columns import proposed
from coaching.bringing.file_map import CONSTANT, DateOrder, FileMap, Meaning, Target
from coaching.bringing.questions import Ask
from coaching.bringing.service import BringsIn, FileUnavailable, Step
from coaching.errors import AdminsOnly, StorageBusy
from coaching.imports import BadFile
from coaching.records import Viewer
from coaching.zone_words import BadZone, zone_meant
from handlers import parse
from handlers.bring_meta import BringMeta
from handlers.bring_state import answers, columns_said, file_id
from handlers.deps import Deps
from handlers.ids import BRING_ASKED, BRING_COLUMN, BRING_SAME, Action, Callback
from handlers.inputs import BadInput
from handlers.parse import BadRequest
from handlers.press import Press, on_action, on_submit
from handlers.views.bring import (
    asking_form,
    columns_form,
    file_form,
    outlook_view,
    problems_view,
    reading_view,
    started_view,
    without_scope,
)
from handlers.views.bring_words import progress_words, result_words, trouble_words
from handlers.views.kit import Json
from handlers.views.message import message_view
from language.say import Say, say_for

OWN = "own"
_EVERY_SECONDS = 2.0
"""Between two edits of the message that tells how far an import is."""
log = structlog.get_logger(__name__)


class BringFeature:
    """The dialogs of bringing sessions in."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    @on_action(Action.BRING)
    async def form(self, press: Press) -> None:
        """Ask for the file."""
        viewer = await check_admin(self._deps.store, press.actor)
        say = say_for(viewer.person.locale)
        bring = self._deps.bring
        allowed = bring is not None and await bring.allowed(press.client)
        await press.show(file_form(say) if allowed else without_scope(say))
        await press.ack()

    @on_submit(Callback.BRING)
    async def chosen(self, press: Press) -> None:
        """Read the file, and ask what its columns are if they are not ours."""
        viewer = await check_admin(self._deps.store, press.actor)
        file = file_id(press.body)
        bring, say = self._bring(), say_for(viewer.person.locale)

        async def view() -> Json:
            opened = await bring.opened(press.client, press.actor, file)
            if opened.own:
                return await self._outlook(press, BringMeta(file=file, key=OWN), viewer, None)
            known = opened.known or FileMap(columns=proposed(opened.names))
            return columns_form(opened, known, BringMeta(file=file, key=opened.key), say)

        await self._after(press, say, view)

    @on_submit(Callback.BRING_MAP)
    async def mapped(self, press: Press) -> None:
        """Keep what the columns are, and go on."""
        await check_admin(self._deps.store, press.actor)
        meta = BringMeta.load(press.body)
        columns, always = columns_said(press.body)
        _check(columns, always)
        if (zone := always.get(Target.ZONE)) is not None:
            always = {**always, Target.ZONE: _zone(zone, f"{BRING_SAME}:{Target.ZONE}")}

        def change(known: FileMap | None) -> FileMap:
            return replace(known or FileMap(columns={}), columns=columns, always=always)

        viewer = await explain(self._deps.store, self._deps.clock, press.actor, meta.key, change)
        await self._go_on(press, meta, viewer)

    @on_submit(Callback.BRING_ASK)
    async def answered(self, press: Press) -> None:
        """Keep what the words of the file mean, and go on."""
        await check_admin(self._deps.store, press.actor)
        meta = BringMeta.load(press.body)
        said = answers(press.body)

        def change(known: FileMap | None) -> FileMap:
            found = known or FileMap(columns={})
            for ask, word, answer in said:
                found = _with(found, ask, word, answer)
            return found

        viewer = await explain(self._deps.store, self._deps.clock, press.actor, meta.key, change)
        await self._go_on(press, meta, viewer)

    @on_submit(Callback.BRING_SURE)
    async def sure(self, press: Press) -> None:
        """Make the sessions behind the answer, and tell in a message how far it is."""
        meta = BringMeta.load(press.body)
        viewer, found = await explained(self._deps.store, press.actor, meta.key)
        self._bring()
        say = say_for(viewer.person.locale)
        await press.replace(started_view(say))
        self._deps.later(self._made(press, meta, found, say), "bring sessions in")

    def _bring(self) -> BringsIn:
        if self._deps.bring is None:
            raise BadRequest("nobody reads files here")
        return self._deps.bring

    async def _go_on(self, press: Press, meta: BringMeta, viewer: Viewer) -> None:
        bring, say = self._bring(), say_for(viewer.person.locale)

        async def view() -> Json:
            _, found = await explained(self._deps.store, press.actor, meta.key)
            if found is None or any(target is not Target.DURATION for target in found.lacking()):
                opened = await bring.opened(press.client, press.actor, meta.file)
                known = found or FileMap(columns=proposed(opened.names))
                return columns_form(opened, known, meta, say)
            if questions := await bring.asked(press.client, press.actor, meta.file, found):
                return asking_form(questions, found, meta, say)
            return await self._outlook(press, meta, viewer, found)

        await self._after(press, say, view)

    async def _outlook(self, press: Press, meta: BringMeta, viewer: Viewer, found: FileMap | None) -> Json:
        outlook = await self._bring().outlook(press.client, press.actor, meta.file, found)
        if outlook.bad:
            return problems_view(outlook, say_for(viewer.person.locale))
        return outlook_view(outlook, meta, viewer)

    async def _after(self, press: Press, say: Say, view: Callable[[], Awaitable[Json]]) -> None:
        """Answer that the file is being read, and show afterwards what `view` makes of it."""
        await press.replace(reading_view(say))
        self._deps.later(self._shown(press, say, view), "read a file")

    async def _shown(self, press: Press, say: Say, view: Callable[[], Awaitable[Json]]) -> None:
        try:
            shown = await view()
        except (FileUnavailable, BadFile, AdminsOnly, StorageBusy) as error:
            log.info("a file was not read", why=type(error).__name__)
            shown = message_view(say.title("Bring sessions in"), trouble_words(error, say), say)
        view_id = str(parse.view(press.body).get("id"))

        async def update(form: Json) -> object:
            return await press.client.views_update(view_id=view_id, view=form)

        try:
            await press.blocks.sent(press.actor.workspace_id, shown, update)
        except SlackApiError:
            words = say("The dialog was closed before the file was read. Nothing was brought in.")
            await press.client.chat_postMessage(channel=press.actor.user_id, text=words)

    async def _made(self, press: Press, meta: BringMeta, found: FileMap | None, say: Say) -> None:
        posted = await press.client.chat_postMessage(
            channel=press.actor.user_id, text=progress_words(Step.READING, 0, say)
        )
        channel, ts = str(posted["channel"]), str(posted["ts"])
        last = time.monotonic()

        async def progress(step: Step, lines: int) -> None:
            nonlocal last
            if time.monotonic() - last >= _EVERY_SECONDS:
                last = time.monotonic()
                await press.client.chat_update(channel=channel, ts=ts, text=progress_words(step, lines, say))

        outcome = "failed"
        try:
            outlook = await self._bring().made(press.client, press.actor, meta.file, found, progress)
        except (FileUnavailable, BadFile, AdminsOnly, StorageBusy) as error:
            log.warning("nothing was brought in", why=type(error).__name__)
            words = trouble_words(error, say)
        else:
            words = result_words(outlook, say)
            outcome = "refused" if outlook.bad else "done"
        self._deps.count("bring", outcome)
        await press.client.chat_update(channel=channel, ts=ts, text=words)


def _check(columns: Mapping[Target, Sequence[str]], always: Mapping[Target, str]) -> None:
    """Raise BadInput at what no session can do without. A start with a dash has its end, and so its length."""
    found = FileMap(columns=columns, always=always)
    for target in found.lacking():
        if target is not Target.DURATION:
            block = f"{BRING_SAME}:{target}" if target in CONSTANT else f"{BRING_COLUMN}:{target}"
            raise BadInput(block, "Choose a column, or say what is the same for every line.")


def _zone(text: str, block: str) -> str:
    try:
        return zone_meant(text)
    except BadZone:
        raise BadInput(block, "That is no time zone: write a place, like Europe/London, or UTC.") from None


def _with(known: FileMap, ask: Ask, word: str, answer: str) -> FileMap:
    """Return what is known with one more answer."""
    block = f"{BRING_ASKED}:{ask}:{word}"
    match ask:
        case Ask.ORDER:
            return replace(known, order=parse.one_of(DateOrder, answer, "order"))
        case Ask.STATUS:
            meaning = parse.one_of(Meaning, answer, "status")
            return replace(known, statuses={**known.statuses, word: meaning})
        case Ask.ZONE:
            return replace(known, zones={**known.zones, word: _zone(answer, block)})
        case Ask.PERSON:
            return replace(known, people={**known.people, word: answer})
        case Ask.CURRENCY:
            if len(answer) != 3 or not answer.isascii() or not answer.isalpha():
                raise BadInput(block, "Write three letters, like USD.")
            return replace(known, always={**known.always, Target.CURRENCY: answer.upper()})
    return replace(known, always={**known.always, parse.one_of(Target, word, "column"): answer})
