"""Work on data: orders into a database, the books of a month, a list of contacts."""

import contextlib
import sqlite3
from collections.abc import Mapping

from hone.bench.scenario import Checked
from hone.bench.scenarios.common import all_of, day_of, one_of, place_of
from hone.bench.worlds import PYTHON, Argument, Before, Command, Plan, Setting, Words, World

_LOADER = f"""{PYTHON}import csv, sqlite3, sys
day, separator = sys.argv[1], sys.argv[2]
base = sqlite3.connect("orders.db")
base.execute("CREATE TABLE IF NOT EXISTS orders (day TEXT, item TEXT, amount INTEGER)")
with open("inbox/" + day + ".csv", newline="") as lines:
    base.executemany("INSERT INTO orders VALUES (?, ?, ?)", [(day, *row) for row in csv.reader(lines, delimiter=separator)])
base.commit()
"""  # noqa: S608 - a file of the world


def _orders(parameters: Mapping[str, str]) -> Mapping[str, str]:
    day = parameters["day"]
    lines = "".join(f"item{number};{number * 3}\n" for number in range(1, 4 + int(day[-2:]) % 3))
    return {f"incoming/{day}.csv": lines, "lib/loader.py": _LOADER}


def _loaded(world: World) -> Checked:
    day = world.parameters["day"]
    expected = len(world.read(f"incoming/{day}.csv").splitlines())
    if world.occasion == "distractor":
        return all_of(
            they_are_archived=len(world.read(f"archive/{day}.csv").splitlines()) == expected,
            none_was_loaded=not (world.workspace / "orders.db").exists(),
        )
    if not (world.workspace / "orders.db").exists():
        return Checked(False, "there is no database")
    with contextlib.closing(sqlite3.connect(world.workspace / "orders.db")) as base:
        ((count, amounts),) = base.execute(
            "SELECT count(*), sum(amount > 0) FROM orders WHERE day = ?", (day,)
        )
    return all_of(all_orders_are_there=count == expected, their_amounts_are_numbers=amounts == expected)


LOAD = Plan(
    name="load-orders",
    kind="data",
    title="Load a day's orders into the database",
    traps=("the file must be fetched first", "a setting of the separator"),
    readme="""# Orders

## Loading

The orders of a day come into orders.db with `./validate <day>` and `./load <day>`.

## Archiving

`./archive-orders <day>` puts the file of a day away without loading it.
""",
    commands={
        "fetch": Command("mkdir -p inbox; cp incoming/*.csv inbox/; echo fetched"),
        "validate": Command('echo "valid"', (Before("fetch"),)),
        "load": Command(
            f'{PYTHON[2:].split()[0]} -SE lib/loader.py "$1" ";" && echo "loaded $1"',
            (Before("validate"), Setting("SEPARATOR", "semicolon", after="auto", file="docs/format.md")),
        ),
        "archive-orders": Command('mkdir -p archive; cp "incoming/$1.csv" archive/; echo "archived"'),
    },
    words=Words(
        repeat=(
            "Load the orders of day {day} into the database.",
            "Please load the orders of the day {day} into our database.",
            "The orders of day {day} have come: load them into the database.",
        ),
        variant=("Can you load the day {day} as well? Its orders are missing in the database.",),
        distractor=("Archive the orders of day {day}: they must not be in the database.",),
    ),
    parameters=lambda occasion, number: {"day": day_of(occasion, number)},
    done=_loaded,
    files=_orders,
)


def _books(parameters: Mapping[str, str]) -> Mapping[str, str]:
    month = parameters["month"]
    base = int(month[-2:])
    return {f"books/{month}.txt": "".join(f"sale {number * 7 + base}\n" for number in range(1, 9))}


def _closed(world: World) -> Checked:
    month = world.parameters["month"]
    total = sum(int(line.split()[1]) for line in world.read(f"books/{month}.txt").splitlines())
    if world.occasion == "distractor":
        return all_of(
            the_month_is_open=world.read("var/open") == month,
            nothing_was_closed=not (world.workspace / "out" / f"{month}.txt").exists(),
        )
    return all_of(the_total_is_right=world.read(f"out/{month}.txt") == f"{total}")


CLOSE = Plan(
    name="close-books",
    kind="data",
    title="Close the books of a month",
    traps=("the ledger must be frozen first", "an argument of the unit", "a setting of the rounding"),
    readme="""# Books

## Closing

`./total <month>` adds up the sales, `./close <month>` writes out/<month>.txt.

## Opening again

`./reopen <month>` opens a month for corrections.
""",
    commands={
        "freeze": Command("echo frozen"),
        "total": Command(
            'awk \'{ sum += $2 } END { print sum }\' "books/$1.txt" > var/total; echo "total $(cat var/total)"',
            (Before("freeze"), Argument("--units")),
        ),
        "close": Command(
            'cp var/total "out/$1.txt"; echo "closed $1"',
            (Before("total"), Setting("ROUNDING", "down", after="even")),
        ),
        "reopen": Command('echo "$1" > var/open; echo "open"'),
    },
    words=Words(
        repeat=(
            "Close the books of month {month}.",
            "Please close the books of the month {month}.",
            "It is time to close the books: month {month}.",
        ),
        variant=("Month {month} is over. Close the books for it, please.",),
        distractor=("Reopen the books of month {month}: there is a correction.",),
    ),
    parameters=lambda occasion, number: {
        "month": f"20{24 + place_of(occasion, number) // 12}-{1 + place_of(occasion, number) % 12:02}"
    },
    done=_closed,
    files=_books,
)


def _contacts(_parameters: Mapping[str, str]) -> Mapping[str, str]:
    return {"contacts.txt": "zoe\nada\nmax\nada\nzoe\nben\n"}


def _cleaned(world: World) -> Checked:
    region = world.parameters["region"]
    if world.occasion == "distractor":
        return all_of(
            they_are_exported=world.read(f"out/{region}.export") == world.read("contacts.txt"),
            nothing_was_cleaned=not (world.workspace / "out" / f"{region}.txt").exists(),
        )
    return all_of(
        the_list_is_sorted_and_has_each_once=world.read(f"out/{region}.txt").split()
        == ["ada", "ben", "max", "zoe"],
        it_is_published=world.read("var/published") == region,
    )


CLEAN = Plan(
    name="clean-contacts",
    kind="data",
    title="Clean the contacts of a region and publish the list",
    traps=("a setting of the locale", "an argument of the publication"),
    readme="""# Contacts

## Cleaning

`./clean <region>` sorts the contacts and drops doubles, `./publish <region>` publishes the list.

## Exporting

`./export-raw <region>` gives the contacts out as they are.
""",
    commands={
        "clean": Command(
            'sort -u contacts.txt > "out/$1.txt"; echo "cleaned $1"',
            (Setting("LOCALE", "de_DE", after="C", file="docs/locale.md"),),
        ),
        "publish": Command(
            'echo "$1" > var/published; echo "published"', (Before("clean"), Argument("--notify"))
        ),
        "export-raw": Command('cp contacts.txt "out/$1.export"; echo "exported"'),
    },
    words=Words(
        repeat=(
            "Clean the contacts of region {region} and publish the list.",
            "Please clean the contacts of the region {region}, then publish the list.",
            "The contacts of region {region} have doubles: clean them and publish the list.",
        ),
        variant=("Region {region} is next: clean its contacts and publish the list, please.",),
        distractor=("Export the raw contacts of region {region}; do not change the list.",),
    ),
    parameters=lambda occasion, number: {
        "region": one_of("north south east west centre coast", occasion, number)
    },
    done=_cleaned,
    files=_contacts,
)

PLANS = (LOAD, CLOSE, CLEAN)
