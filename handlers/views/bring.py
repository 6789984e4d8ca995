"""The dialogs of bringing sessions in: the file, its columns, its words, what would be made, and what is wrong."""

from collections.abc import Sequence

from coaching.bringing.file_map import NEEDED, DateOrder, FileMap, Meaning, Target, word_key
from coaching.bringing.questions import Ask, Question
from coaching.bringing.service import Opened, Outlook, OutlookLine
from coaching.imports import shown
from coaching.records import Viewer
from coaching.sessions import PENDING
from handlers.bring_meta import BringMeta
from handlers.ids import BRING_ASKED, BRING_COLUMN, BRING_SAME, BRING_TIME, Action, Block, Callback
from handlers.views.bring_words import NAMES, counts_lines, problem_heads, problem_lines
from handlers.views.kit import (
    Json,
    button,
    context,
    divider,
    escape,
    field,
    modal,
    option,
    paragraphs,
    section,
    select,
    text_input,
)
from handlers.views.message import message_view
from handlers.views.words import Reader, in_credits, reader_for
from language.say import Say, Word, word

MOST_COLUMNS = 100
MOST_NAME = 150
MOST_QUESTIONS = 40
MOST_WORD = 200
_SAME: dict[Target, Word] = {
    Target.COACH: word("Coach of every line"),
    Target.TYPE: word("Session type of every line"),
    Target.DURATION: word("Length of every line, in minutes"),
    Target.ZONE: word("Time zone of every line"),
}
_MEANINGS: dict[Meaning, Word] = {
    Meaning.SCHEDULED: word("It is scheduled"),
    Meaning.COMPLETED: word("It took place"),
    Meaning.CANCELED: word("It is canceled"),
    Meaning.LEFT_OUT: word("Leave such lines out"),
}
_ORDERS: dict[DateOrder, Word] = {
    DateOrder.DAY_FIRST: word("The day comes first"),
    DateOrder.MONTH_FIRST: word("The month comes first"),
}


def bring_section(say: Say) -> Json:
    """Return the section that leads here."""
    words = say(
        "Sessions from a CSV file, as this bot or another product wrote it. You see what would be made before it is."
    )
    return section(f"*{say('Bring sessions in')}*\n{words}", button(say("Bring in sessions…"), Action.BRING))


def without_scope(say: Say) -> Json:
    """Say how to let the app read files, and how it goes without."""
    words = say(
        "This app may not read files yet. Whoever runs it can add the scope {scope}: paste the output of {manifest} as the app's "
        "manifest and reinstall the app. Without it, {command} brings files in at the command line.",
        scope="`files:read`",
        manifest="`python -m bot manifest`",
        command="`python -m bot import`",
    )
    return message_view(say.title("Bring sessions in"), words, say)


def file_form(say: Say) -> Json:
    """Ask for the file."""
    chosen: Json = {"type": "file_input", "action_id": Action.INPUT, "filetypes": ["csv", "tsv", "txt"], "max_files": 1}
    hint = say("CSV of at most 5 MB, with a header. Semicolons, tabs and every usual encoding are fine.")
    return modal(
        say.title("Bring sessions in"),
        Callback.BRING,
        [
            section(say("Nothing is made yet: the next steps ask what is not clear and show what would be made.")),
            field(say("File"), chosen, Block.BRING_FILE, hint=hint),
        ],
        submit=say.title("Next"),
        close=say.title("Back"),
    )


def reading_view(say: Say) -> Json:
    """Say that the file is being read."""
    return message_view(say.title("Bring sessions in"), say("The file is being read. This takes a moment…"), say)


def started_view(say: Say) -> Json:
    """Say where the rest is told."""
    words = say("The sessions are being brought in. A direct message tells you how far it is; you can close this.")
    return message_view(say.title("Bring sessions in"), words, say)


def columns_form(opened: Opened, known: FileMap, meta: BringMeta, say: Say) -> Json:
    """Ask what each column is. What is known or proposed is preset."""
    names = [name for name in opened.names if name and len(name) <= MOST_NAME][:MOST_COLUMNS]
    options = [option(shown(name, 75), name) for name in names]
    blocks = [
        section(say("Say which column of the file is what. Everything that is preset is a proposal.")),
        *_examples(opened),
    ]
    for target in Target:
        if target is Target.DURATION:
            blocks += _same_or_column(target, options, known, say, hint=say("Not needed where there is an end."))
        elif target in _SAME:
            blocks += _same_or_column(target, options, known, say)
        else:
            blocks.append(_column(target, options, known, say, optional=target not in NEEDED))
        if target is Target.START:
            blocks.append(_time(options, known, say))
    return modal(
        say.title("What is what"),
        Callback.BRING_MAP,
        blocks,
        metadata=meta,
        submit=say.title("Next"),
        close=say.title("Close"),
    )


def _examples(opened: Opened) -> list[Json]:
    lines = [
        f"*{escape(shown(name))}:* "
        + escape(" | ".join(shown(row[at], 30) for row in opened.examples if row[at].strip()))
        for at, name in enumerate(opened.names[:30])
        if name
    ]
    return [context("\n".join(lines))]


def _column(target: Target, options: Sequence[Json], known: FileMap, say: Say, *, optional: bool) -> Json:
    chosen = next(iter(known.columns.get(target, ())), None)
    menu = select(Action.INPUT, options, chosen=chosen, placeholder=say("Choose a column"))
    return field(say.of(NAMES[target]), menu, f"{BRING_COLUMN}:{target}", optional=optional)


def _time(options: Sequence[Json], known: FileMap, say: Say) -> Json:
    columns = known.columns.get(Target.START, ())
    chosen = columns[1] if len(columns) > 1 else None
    menu = select(Action.INPUT, options, chosen=chosen, placeholder=say("Choose a column"))
    return field(say("Time of the start"), menu, f"{BRING_TIME}:{Target.START}", optional=True)


def _same_or_column(
    target: Target, options: Sequence[Json], known: FileMap, say: Say, *, hint: str | None = None
) -> list[Json]:
    same = known.always.get(target)
    element: Json = {"type": "users_select", "action_id": Action.INPUT}
    if target is Target.COACH:
        if same is not None and "@" not in same:
            element["initial_user"] = same
    else:
        element = text_input(Action.INPUT, initial=same, most=100)
    label = say.of(_SAME[target])
    return [
        _column(target, options, known, say, optional=True),
        field(
            label,
            element,
            f"{BRING_SAME}:{target}",
            optional=True,
            hint=hint or say("Only if there is no column for it."),
        ),
    ]


def asking_form(questions: Sequence[Question], found: FileMap, meta: BringMeta, say: Say) -> Json:
    """Ask about everything that the file does not say by itself, as much as fits."""
    fitting = [one for one in questions if len(word_key(one.word)) <= MOST_WORD][:MOST_QUESTIONS]
    return modal(
        say.title("What means what"),
        Callback.BRING_ASK,
        [
            section(say("The file does not say this by itself.")),
            *(_question(one, found, say) for one in fitting),
        ],
        metadata=meta,
        submit=say.title("Next"),
        close=say.title("Close"),
    )


def _question(question: Question, found: FileMap, say: Say) -> Json:
    text, line = shown(question.word), say.number(question.line)
    block = (
        f"{BRING_ASKED}:{question.ask}:{word_key(question.word) if question.ask is not Ask.COLUMN else question.word}"
    )
    where = say(
        "Line {n}, column {column}", n=line, column=shown(found.named(_COLUMNS.get(question.ask, Target.START)))
    )
    match question.ask:
        case Ask.ORDER:
            menu = _menu([option(say.of(name), str(one)) for one, name in _ORDERS.items()], say)
            return field(say("Which number is the day in “{date}”?", date=text), menu, block, hint=where)
        case Ask.STATUS:
            menu = _menu([option(say.of(name), str(one)) for one, name in _MEANINGS.items()], say)
            return field(say("What does the status “{status}” mean?", status=text), menu, block, hint=where)
        case Ask.ZONE:
            zone = text_input(Action.INPUT, initial=question.meant, most=100)
            return field(say("Which time zone is “{zone}”?", zone=text), zone, block, hint=where)
        case Ask.PERSON:
            person: Json = {"type": "users_select", "action_id": Action.INPUT}
            if question.meant is not None and "@" not in question.meant:
                person["initial_user"] = question.meant
            return field(say("Who is “{name}”?", name=text), person, block, hint=where)
        case Ask.CURRENCY:
            letters = text_input(Action.INPUT, most=3)
            return field(say("In which currency is “{price}”?", price=text), letters, block, hint=where)
    return field(say("Length of every line, in minutes"), text_input(Action.INPUT, most=10), block)


_COLUMNS = {Ask.STATUS: Target.STATUS, Ask.PERSON: Target.COACH, Ask.CURRENCY: Target.PRICE, Ask.ZONE: Target.ZONE}


def _menu(options: Sequence[Json], say: Say) -> Json:
    return select(Action.INPUT, options, placeholder=say("Choose"))


def outlook_view(outlook: Outlook, meta: BringMeta, viewer: Viewer) -> Json:
    """Show what would be made, and ask for a yes."""
    reader = reader_for(viewer, [], outlook.now)
    say = reader.say
    counts = outlook.counts
    assert counts is not None  # noqa: S101 - files with bad lines have a view of their own
    blocks = paragraphs(counts_lines(counts, outlook.left_out, say, done=False))
    if outlook.first:
        first = say("The first of them, on your clock:")
        blocks += [divider(), *paragraphs([first, *(_line(line, reader) for line in outlook.first)])]
    return modal(
        say.title("Bring sessions in?"),
        Callback.BRING_SURE,
        blocks,
        metadata=meta,
        submit=say.title("Bring them in") if counts.sessions else None,
        close=say.title("Close"),
    )


def _line(line: OutlookLine, reader: Reader) -> str:
    say = reader.say
    parts = [
        reader.instant(line.starts_at),
        say.duration(line.minutes, "minute"),
        escape(shown(line.session_type)),
        f"{_person(line.client)} → {_person(line.coach)}",
        escape(shown(line.package)) if line.package else in_credits(line.price, say),
    ]
    if line.canceled:
        parts.append(say("canceled"))
    return "• " + " · ".join(parts)


def _person(person_id: str) -> str:
    return escape(person_id.removeprefix(PENDING)) if person_id.startswith(PENDING) else f"<@{person_id}>"


def problems_view(outlook: Outlook, say: Say) -> Json:
    """Name what is wrong. Nothing can be made."""
    blocks = paragraphs([*problem_heads(outlook, say), *problem_lines(outlook, say)])
    return modal(say.title("Not understood"), Callback.MESSAGE, blocks, close=say.title("Close"))
