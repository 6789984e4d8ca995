"""`python -m tests.words`: bring every catalogue up to date with what code says; with `--check`, only say what is wrong."""

import argparse
import sys
from collections.abc import Sequence

from language.catalogue import FILE, FOLDER, is_done, read
from tests.words.catalogues import clashes, faults, files, merged, new, rooms_of, template, text_of, with_forms
from tests.words.extract import everything, needless
from tests.words.unsaid import complaints


def main(argv: Sequence[str]) -> int:
    """Return 0 when nothing is wrong, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.words", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail where something is missing or wrong")
    parser.add_argument("--add", metavar="LOCALE", help="begin a catalogue, such as de or pt_BR")
    given = parser.parse_args(argv)
    said, wrong = everything()
    wrong = [*wrong, *needless(said), *complaints()]
    found = template(said) if not wrong else None
    if found is not None and given.add:
        path = FOLDER / given.add / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(text_of(new(given.add)))
    for path in files() if found is not None else ():
        if not given.check:
            catalogue = read(path)
            path.write_bytes(text_of(merged(with_forms(catalogue, catalogue.locale), found)))
            left = sum(not is_done(message) for message in read(path) if message.id)
            print(f"{path.relative_to(FOLDER.parent)}: {left} of {len(found)} to translate")
        wrong += list(faults(path, found, rooms_of(said))) if given.check else []
    if given.check and not wrong:
        wrong = list(clashes(files()))
    for line in wrong:
        print(line)
    print(f"{len({(one.message, one.context) for one in said})} messages, {len(files())} catalogues")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
