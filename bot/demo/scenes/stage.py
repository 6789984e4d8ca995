"""The tour's stage: printing, checking promises, and reading people's screens."""

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from playground.person import Person
from playground.seen import SeenMessage, SeenView


class Tour:
    """Prints what people see and counts broken promises."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.broken: list[str] = []
        self.kept = 0

    def scene(self, words: str) -> None:
        """Begin a scene."""
        self.console.print()
        self.console.print(Rule(words, align="left", style="bold"))

    def show(self, title: str, lines: Sequence[str]) -> None:
        """Print what a person sees."""
        self.console.print(Panel(Text("\n".join(lines)), title=Text(title), title_align="left", border_style="dim"))

    def dialog(self, who: str, person: Person) -> None:
        """Print the dialog that a person has open."""
        self.show(f"{who} · {modal(person).title}", modal(person).lines)

    def promise(self, words: str, kept: bool) -> None:
        """Check a promise, and print whether it was kept."""
        self.kept += kept
        if not kept:
            self.broken.append(words)
        self.console.print(Text(f"  {'✓' if kept else '✗ BROKEN:'} {words}", style="green" if kept else "bold red"))


def modal(person: Person) -> SeenView:
    """Return the dialog that a person has open. Raises LookupError if there is none."""
    if person.modal is None:
        raise LookupError(f"no dialog is open before {person.id}:\n{person.text}")
    return person.modal


def boxes(person: Person) -> list[str]:
    """Return the labels of all check boxes, in the order of their start times."""
    labels = []
    for block in modal(person).blocks:
        element = block.get("element") or {}
        if isinstance(element, dict) and element.get("type") == "checkboxes":
            labels += [option["text"]["text"] for option in element["options"]]
    return labels


def offered(person: Person, action_id: str) -> list[str]:
    """Return the options of a select, in order."""
    found: list[str] = []
    for block in modal(person).blocks:
        for element in [block.get("element"), block.get("accessory"), *(block.get("elements") or [])]:
            if isinstance(element, dict) and element.get("action_id") == action_id:
                groups = element.get("option_groups") or [{"options": element.get("options") or []}]
                found += [option["text"]["text"] for group in groups for option in group["options"]]
    return found


async def until(person: Person, wanted: Callable[[SeenMessage], bool]) -> SeenMessage:
    """Wait for a message that is `wanted`, and return the newest one."""
    await person.wait_for(lambda p: any(wanted(m) for m in p.messages))
    return [m for m in person.messages if wanted(m)][-1]


async def heard(person: Person, words: str) -> list[SeenMessage]:
    """Wait for direct messages from the app that contain these words, and return them."""
    await person.wait_for(lambda p: _direct(p, words))
    return await _direct(person, words)


async def _direct(person: Person, words: str) -> list[SeenMessage]:
    return [m for m in await person.dms() if words in m.text]


async def posted(person: Person, name: str, words: str) -> list[SeenMessage]:
    """Wait for messages in a channel that contain these words, and return them."""
    await person.wait_for(lambda p: any(words in m.text for m in p.messages))
    return [m for m in await person.channel(name) if words in m.text]
