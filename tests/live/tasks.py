"""What a small model is asked to do on a real machine: requests, the files that they are about, the fact that tells.

Two sets that have nothing in common: `TRIAL`, to improve hone by, and `REPORTED`, which is only run to report it.
"""

import datetime
from pathlib import Path

import msgspec

_TODAY = datetime.date.today()  # noqa: DTZ011 - the day that `date` says
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Task(msgspec.Struct, frozen=True):
    """`fact` is a regular expression; in a tool's result, or in an answer, it matches what tells that the task is done."""

    name: str
    request: str
    fact: str


class Tasks(msgspec.Struct, frozen=True):
    """`easy` ones are settled by one command; in `two_steps` the second command depends on what the first one says."""

    files: dict[str, str]
    easy: tuple[Task, ...]
    two_steps: tuple[Task, ...]

    def lay_out(self, workspace: Path) -> None:
        """Write the files into an empty `workspace`."""
        for name, text in self.files.items():
            path = workspace / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


REPORTED = Tasks(
    files={
        "poem.txt": "".join(f"verse {'la' * n}\n" for n in range(17)),
        "notes/code.txt": "The code word is marzipan.\n",
        "src/stripes.py": "zebra = 'black and white'\n",
        "src/spots.py": "leopard = 'yellow'\n",
        "settings.ini": "[server]\nhost = localhost\nport = 8642\n",
        "log.txt": "".join(f"copied part {n}\n" for n in range(1, 41)) + "backup finished in 73 s\n",
        "data/ant.bin": "a" * 120,
        "data/walrus.bin": "w" * 4321,
        "data/cat.bin": "c" * 900,
        **{f"inbox/{day}.txt": "hello\n" for day in _DAYS},
        "where.txt": "vault/third.txt\n",
        **{f"vault/{name}.txt": "nothing here\n" for name in ("first", "second", "fourth")},
        "vault/third.txt": "The password is heliotrope.\n",
        "VERSION": "2.7\n",
        **{f"releases/{n}.md": f"# {n}\n\nNothing new.\n" for n in ("2.5", "2.6", "2.8")},
        "releases/2.7.md": "# 2.7\n\nNew: the lighthouse view.\n",
        "check.sh": (
            "if [ -f token.txt ]; then echo all good 5150; "
            "else echo 'token.txt is missing: create it with touch'; exit 1; fi\n"
        ),
        "reports/north.txt": "snow\n" * 4 + "cold in Tromso\n",
        "reports/south.txt": "sun\n" * 60 + "warm in Seville\n",
        "reports/west.txt": "rain\n" * 9 + "wet in Bergen\n",
        "lib/sums.py": "def total():\n    return 900 + 77\n\n\nprint('total is', total())\n",
        "lib/names.py": "def first():\n    return 'Ada'\n\n\nprint('first is', first())\n",
    },
    easy=(
        Task("directory", "Run one command that prints which directory you are in.", r"/workspace\b"),
        Task("lines", "Run one command that counts the lines of poem.txt.", r"\b17\b"),
        Task(
            "size",
            "Run one command that shows the files in the folder data with their sizes.",
            r"\b4321\b|\b4\.[23]K\b",
        ),
        Task(
            "word", "Run one command that prints the file notes/code.txt. What is the code word?", "marzipan"
        ),
        Task("files", "Run one command that counts the files in the folder inbox.", r"\b7\b"),
        Task("year", "Run one command that prints the current year.", str(_TODAY.year)),
        Task(
            "search", "Run one command that finds the line below src with the word zebra.", "black and white"
        ),
        Task("product", "Run one command that computes 4711 * 13.", "61243"),
        Task("setting", "Run one command that shows which port settings.ini names.", "8642"),
        Task("end", "Run one command that prints the last line of log.txt.", "backup finished in 73 s"),
    ),
    two_steps=(
        Task(
            "pointer", "where.txt names another file. Print that file and tell me the password.", "heliotrope"
        ),
        Task(
            "release",
            "The file VERSION holds a number. Print the file in the folder releases that has this number as its name.",
            "lighthouse",
        ),
        Task(
            "check",
            "Run bash check.sh. Do what it says, then run it again until it is all good.",
            r"\b5150\b",
        ),
        Task("largest", "Find the largest file in the folder reports, then print its last line.", "Seville"),
        Task("define", "Find the file below lib that defines total, then run it with python3.", r"\b977\b"),
    ),
)

TRIAL = Tasks(
    files={
        "story.txt": "Once upon a noon\nthere was a small grey owl\nwho could not sleep\n",
        "fruits.txt": "pear\nbanana\napple\ncherry\n",
        "app.log": "INFO start\nINFO ready\nERROR disk full\nINFO stop\n",
        "conf/host.txt": "host: umbra.example\n",
        "blob.bin": "b" * 2750,
        **{f"music/{name}.mp3": "la" for name in ("violin", "drum", "flute")},
        **{f"tree/{name}/leaf.txt": "leaf\n" for name in ("oak", "elm", "ash", "fir")},
        "next.txt": "box/red.txt\n",
        "box/red.txt": "The color is vermilion.\n",
        "box/blue.txt": "The color is azure.\n",
        "number.txt": "4242\n",
        "build.sh": (
            "if [ -d out ]; then echo built in 1717 ms; else echo 'the directory out is missing: make it'; exit 1; fi\n"
        ),
        "tables/short.csv": "name,age\nx,1\n",
        "tables/long.csv": "city,river\n" + "a,b\n" * 30,
        "tables/mid.csv": "bird,color\n" + "a,b\n" * 9,
        "tools/one.sh": "echo one\n",
        "tools/two.sh": "# greeter\necho hello from the greeter 3131\n",
    },
    easy=(
        Task("first", "Run one command that prints the first line of story.txt.", "Once upon a noon"),
        Task("words", "Run one command that counts the words in story.txt.", r"\b14\b"),
        Task("list", "Run one command that lists the files in the folder music.", r"violin\.mp3"),
        Task("sort", "Run one command that sorts the lines of fruits.txt.", r"apple\s+banana\s+cherry"),
        Task("weekday", "Run one command that prints which day of the week it is.", _TODAY.strftime("%a")),
        Task("sum", "Run one command that computes 1234 + 8766.", r"\b10000\b"),
        Task("errors", "Run one command that shows the lines of app.log with ERROR in them.", "disk full"),
        Task(
            "host", "Run one command that prints the file conf/host.txt. Which host is it?", r"umbra\.example"
        ),
        Task("folders", "Run one command that counts the directories in the folder tree.", r"\b4\b"),
        Task("bytes", "Run one command that prints how many bytes blob.bin has.", r"\b2750\b"),
    ),
    two_steps=(
        Task("color", "next.txt names another file. Print that file. Which color is it?", "vermilion"),
        Task(
            "triple",
            "number.txt holds a number. Read it, then compute three times that number.",
            r"\b12726\b",
        ),
        Task(
            "build",
            "Run bash build.sh. If something is missing make it, and run build.sh again.",
            r"\b1717\b",
        ),
        Task(
            "table",
            "Find out which file in tables has the most lines, then print its first line.",
            "city,river",
        ),
        Task(
            "greeter",
            "Find the file below tools with the word greeter in it, then run it with bash.",
            r"\b3131\b",
        ),
    ),
)
