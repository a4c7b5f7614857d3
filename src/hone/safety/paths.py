"""Which paths the tools may read and write, as one frozen value. It decides; `hone.tools` and the approvals obey.

Paths are judged by where they lead: symbolic links are resolved first. What a shell command touches is the sandbox's part.
"""

import os
import re
from pathlib import Path

import msgspec

from hone.errors import UsageError
from hone.git import find_root

_SECRETS_OF_HOME = (
    ".ssh",
    ".aws",
    ".azure",
    ".gnupg",
    ".kube",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".pypirc",
    ".vault-token",
    ".password-store",
    ".git-credentials",
    ".config/git/credentials",
    ".config/gh",
    ".config/gcloud",
    ".config/op",
    ".config/rclone",
    ".config/containers/auth.json",
    ".docker/config.json",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".terraform.d/credentials.tfrc.json",
    ".cache/huggingface/token",
    ".local/share/keyrings",
    ".local/share/kwalletd",
    "Library/Keychains",
)
_BROWSERS_OF_HOME = (
    ".mozilla",
    ".config/google-chrome",
    ".config/chromium",
    ".config/BraveSoftware",
    ".config/microsoft-edge",
    "snap/firefox",
    "snap/chromium",
    "Library/Application Support/Firefox",
    "Library/Application Support/Google/Chrome",
    "Library/Application Support/BraveSoftware",
    "Library/Application Support/Microsoft Edge",
    "Library/Safari",
    "Library/Cookies",
)
_SECRETS_OF_SYSTEM = ("/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/proc/kcore")
_PROCESS_SECRETS = re.compile(r"/proc/[^/]+/(task/[^/]+/)?(environ|mem|auxv|fd|map_files)(/|$)")


class PathPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What may be touched. All paths are kept resolved, so a workspace may be given as a symbolic link.

    `scratch` are directories of this session, free to use even below a hidden one, `shown` may be read even there and
    are never written; `confined`: writes only in the workspace and in scratch. Of a hidden directory and another one
    that both hold a path, the inner one counts.
    """

    workspace: Path
    scratch: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    shown: tuple[Path, ...] = ()
    confined: bool = True
    user_home: Path | None = None

    def __post_init__(self) -> None:
        force = msgspec.structs.force_setattr
        force(self, "workspace", _real(self.workspace))
        force(self, "scratch", tuple(dict.fromkeys(map(_real, self.scratch))))
        force(self, "shown", tuple(dict.fromkeys(map(_real, self.shown))))
        force(self, "hidden", tuple(dict.fromkeys(map(_real, self.hidden))))

    def resolve(self, text: str, cwd: Path) -> Path:
        """The absolute path that `text` leads to from `cwd`, with `~` as the user's home and all links followed.

        Raises UsageError for a text that cannot be a path, and for a link that may not be followed.
        """
        if self.user_home is not None and (text == "~" or text.startswith("~/")):
            return _real(self.user_home / text[2:].lstrip("/"))
        return _real(cwd / text)

    def inside(self, path: Path) -> bool:
        """Whether `path`, which `resolve` gave, is the workspace or in it."""
        return path.is_relative_to(self.workspace)

    def read_problem(self, path: Path) -> str | None:
        """Why `path` may not be read, as a sentence for the model; None if it may."""
        try:
            real = _real(path)
        except UsageError as error:
            return str(error)
        if self._is_hidden(real) or _PROCESS_SECRETS.match(str(real)):
            return f"{real} is hidden: it may hold keys or hone's own data; go on without it, or ask the user"
        if real.is_relative_to("/dev"):
            return f"{real} is a device, not a file; use the shell if you need it"
        return None

    def write_problem(self, path: Path) -> str | None:
        """Why `path` may not be written, as a sentence for the model; None if it may."""
        if problem := self.read_problem(path):
            return problem
        try:
            real = _real(path)
        except UsageError as error:  # what it leads to changed a moment ago
            return str(error)
        names = [part.casefold() for part in real.parts]
        if names[1:2] in (["proc"], ["sys"]):
            return f"{real} belongs to the kernel; use the shell if you must change it"
        if ".git" in names:
            return f"{real} belongs to git; use git commands in the shell instead of writing it"
        if names[-2:] == [".hone", "config.yaml"]:
            return f"{real} is hone's configuration; ask the user to change it"
        if any(map(real.is_relative_to, self.shown)):
            return f"{real} belongs to the user's skills; propose the change to the user instead"
        if self.confined and not any(real.is_relative_to(root) for root in (self.workspace, *self.scratch)):
            return f"{real} is outside the workspace; write below {self.workspace} instead"
        return None

    def _is_hidden(self, real: Path) -> bool:
        hidden = max((_depth_in(real, root) for root in self.hidden), default=0)
        open_here = max((_depth_in(real, root) for root in (*self.scratch, *self.shown)), default=0)
        return hidden > 0 and hidden >= open_here


def default_hidden(user_home: Path, hone_home: Path) -> tuple[Path, ...]:
    """Where keys, passwords, browser profiles and hone's own data usually are, whether or not they exist."""
    at_home = (user_home / name for name in (*_SECRETS_OF_HOME, *_BROWSERS_OF_HOME))
    return (hone_home, *at_home, *map(Path, _SECRETS_OF_SYSTEM))


def find_workspace(cwd: Path, user_home: Path) -> Path:
    """The git root around `cwd`, else `cwd`, resolved; a repository of the whole home or machine does not count.

    Raises UsageError where that would be `/` or the user's home itself.
    """
    too_wide = (Path("/"), _real(user_home))
    here = _real(cwd)
    root = find_root(here)
    if root is not None and root not in too_wide:
        return root
    if here in too_wide:
        raise UsageError(f"{here} is too wide for a workspace: cd into a project directory and try again")
    return here


def _real(path: Path) -> Path:
    try:
        return Path(os.path.realpath(path))  # unlike Path.resolve, a loop of links is no error
    except ValueError as error:  # a NUL, or a character that has no encoding
        raise UsageError(f"{str(path)!r} is no path: give the name of a file or directory") from error
    except OSError as error:  # links of /proc; guessing where they lead could be wrong
        raise UsageError(f"{path} cannot be followed ({error.strerror}); use another path") from error


def _depth_in(path: Path, root: Path) -> int:
    """How many parts of `path` are those of `root`, 0 if it is not in it. Case is ignored: some file systems do."""
    count = len(root.parts)
    same = [part.casefold() for part in path.parts[:count]] == [part.casefold() for part in root.parts]
    return count if same else 0
