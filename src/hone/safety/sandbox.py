"""The sandbox: what a command sees and may change, as a command line of bubblewrap (bwrap). Linux only.

The machine is read-only and the user's home is an empty scratch directory, so keys vanish without being listed one by
one; tools below the home come back read-only, the workspace and hone's scratch directories writable.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from hone.git import Git
from hone.late import late
from hone.safety.commands import names
from hone.safety.guards import guards
from hone.safety.paths import PathPolicy

DENIED_WRITE = "[sandbox: writes outside the workspace are not permitted]"
DENIED_PATH = "[sandbox: this path outside the workspace is not permitted]"
DENIED_NETWORK = "[sandbox: the network is switched off]"
_READ_ONLY = late(r"(?::|\]) Read-only file system|\bEROFS\b|\bErrno 30\b")
_NO_PERMISSION = late(r"(?:^|[\s'\"‘])(/[^\s:'\"‘’]*)['\"’]?: Permission denied")
_NO_NETWORK = late(
    r"Network is unreachable|Could not resolve host|Temporary failure in name resolution|ENETUNREACH|EAI_AGAIN"
    r"|Name or service not known"
)
# Programs of the user that live below the home; none of these holds credentials.
_TOOLS_OF_HOME = names(
    ".asdf .bun .cargo/bin .deno .fnm .juliaup .local/bin .local/lib .local/pipx .local/share/fnm .local/share/mise "
    ".local/share/pipx .local/share/pnpm .local/share/uv .local/state/nix .nix-profile .nodenv .nvm .opam .pyenv .rbenv "
    ".rustup .rvm .sdkman .volta anaconda3 go/bin go/pkg/mod miniconda3 miniforge3 n .ghcup/bin"
)
# Sockets of the user and the system are below /run: agents, D-Bus, Docker, databases. Name resolution stays.
_RUN_KEPT = (
    "systemd/resolve",
    "resolvconf",
    "NetworkManager/resolv.conf",
    "nscd",
    "current-system",
    "wrappers",
)
# Other directories with sockets through which a member of a group commands the machine.
_DAEMONS = (
    "/var/lib/docker",
    "/var/lib/incus",
    "/var/lib/lxd",
    "/var/snap/lxd",
    "/var/lib/containerd",
    "/var/lib/libvirt",
)
# Only root can read these, and hone may run as root.
_FOR_ROOT = (
    "/home",
    "/root",
    "/etc/ssl/private",
    "/var/spool/cron",
    "/var/backups",
    "/var/mail",
    "/var/spool/mail",
)
# Root inside keeps what package managers and ownership need; nothing that could undo a mount.
_ROOT_KEEPS = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "NET_BIND_SERVICE")
_CACHES = {
    "XDG_CACHE_HOME": "",
    "PIP_CACHE_DIR": "pip",
    "UV_CACHE_DIR": "uv",
    "npm_config_cache": "npm",
    "YARN_CACHE_FOLDER": "yarn",
    "CARGO_HOME": "cargo",
    "GOMODCACHE": "go-mod",
    "GOCACHE": "go-build",
    "GRADLE_USER_HOME": "gradle",
}


class SandboxSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a sandbox is made of. `home` and `tmp` are directories of the session, shown as the user's home and /tmp;
    `cache` outlives sessions. `programs` are directories or files that must be visible wherever they lie. `trusted`:
    hone reads the `.hone` of this workspace, so that none may appear there.
    """

    policy: PathPolicy
    user_home: Path
    home: Path
    tmp: Path
    cache: Path
    network: bool = True
    programs: tuple[Path, ...] = ()
    trusted: bool = True

    @property
    def seen_home(self) -> Path:
        """The home as commands see it: the user's, or /tmp where the user has none."""
        home = Path(os.path.realpath(self.user_home))
        return home if home.is_dir() and home != Path("/") else Path("/tmp")  # noqa: S108 - as seen inside

    def host_path(self, path: Path) -> Path:
        """Where a path of the sandbox is on this machine, for what looks at files from outside."""
        if any(map(path.is_relative_to, (self.policy.workspace, *self.policy.scratch, *self.policy.shown))):
            return path
        for inside, outside in (
            (self.seen_home / ".cache", self.cache),
            (self.seen_home, self.home),
            (Path("/tmp"), self.tmp),  # noqa: S108
            (Path("/var/tmp"), self.tmp),  # noqa: S108
        ):
            if path.is_relative_to(inside):
                return outside / path.relative_to(inside)
        return path


class _Mount(msgspec.Struct, frozen=True):
    """One argument of bwrap: `kind` is its option, `source` is empty for one that takes none."""

    kind: str
    target: Path
    source: Path | None = None

    @property
    def words(self) -> list[str]:
        return [self.kind, *([str(self.source)] if self.source else []), str(self.target)]


def probe(environ: Mapping[str, str], *, network: bool = True) -> str | None:
    """Why bwrap does not work here, as a few words; None if it does. It is really tried, which takes some 10 ms."""
    program = shutil.which("bwrap", path=environ.get("PATH"))
    if program is None:
        return "bwrap not found"
    trial = [program, *_namespaces(network), *_capabilities()]
    trial += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true"]
    try:
        done = subprocess.run(trial, capture_output=True, timeout=10, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bwrap does not start: {error}"
    if done.returncode == 0:
        return None
    said = " ".join(done.stderr.decode(errors="replace").split()) or f"exit {done.returncode}"
    if re.search(r"namespace|uid map|Operation not permitted|EPERM", said):
        return f"user namespaces are disabled ({said[:150]})"
    return f"bwrap fails: {said[:150]}"


def prepare(spec: SandboxSpec, environ: Mapping[str, str]) -> None:
    """Create the directories of `spec`, and give the scratch home the user's name for git."""
    for directory in (spec.home, spec.tmp, spec.cache):
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    spec.tmp.chmod(0o1777)
    wanted = r"^(user\.(name|email)|init\.defaultbranch)$"
    said = Git(spec.policy.workspace, environ).run(
        "config", "--global", "-z", "--get-regexp", wanted, timeout=2
    )
    config = spec.home / ".gitconfig"
    if said and not config.exists():
        entries = [entry.partition("\n") for entry in said.split("\0") if entry]
        lines = [
            f"[{key.split('.')[0]}]\n\t{key.split('.')[1]} = {_quoted(value)}\n" for key, _, value in entries
        ]
        config.write_text("".join(lines), encoding="utf-8")


def command_line(spec: SandboxSpec, environ: Mapping[str, str]) -> list[str]:
    """bwrap with its options; what follows is the command to run inside. Raises OSError if a path cannot be looked at."""
    words = [shutil.which("bwrap", path=environ.get("PATH")) or "bwrap"]
    words += [*_namespaces(spec.network), *_capabilities()]
    for mount in _ordered(_mounts(spec, environ)):
        words += mount.words
    return [*words, "--"]


def sandbox_environ(spec: SandboxSpec, environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` for commands in the sandbox: its home, its temporary directory and caches that are kept."""
    caches = {name: str(spec.seen_home / ".cache" / part) for name, part in _CACHES.items()}
    kept = {name: value for name, value in environ.items() if not name.startswith("XDG_")}
    return kept | caches | {"HOME": str(spec.seen_home), "TMPDIR": "/tmp"}  # noqa: S108 - as seen inside


def denial_in(output: str, spec: SandboxSpec) -> str | None:
    """The mark for a failure that the sandbox caused, if `output` shows one."""
    if _READ_ONLY.search(output):
        return DENIED_WRITE
    if not spec.network and _NO_NETWORK.search(output):
        return DENIED_NETWORK
    own = (spec.policy.workspace, *spec.policy.scratch, spec.seen_home, Path("/tmp"))  # noqa: S108 - as seen inside
    refused = (Path(match[1]) for match in _NO_PERMISSION.finditer(output))
    outside = any(not any(map(path.is_relative_to, own)) for path in refused)
    return DENIED_PATH if outside else None


def _namespaces(network: bool) -> list[str]:
    words = ["--die-with-parent", "--new-session", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
    return words if network else [*words, "--unshare-net"]


def _capabilities() -> list[str]:
    if os.geteuid() != 0:
        return []  # bwrap leaves an ordinary user none
    return ["--cap-drop", "ALL", *(word for name in _ROOT_KEEPS for word in ("--cap-add", f"CAP_{name}"))]


def _mounts(spec: SandboxSpec, environ: Mapping[str, str]) -> Iterator[_Mount]:
    """All mounts, in no order; of two on the same place the later one counts."""
    yield _Mount("--ro-bind", Path("/"), Path("/"))
    yield _Mount("--dev", Path("/dev"))
    yield _Mount("--proc", Path("/proc"))
    if os.geteuid() == 0:  # bwrap leaves root what would change the running system, even without capabilities
        for name in ("sys", "acpi", "scsi", "fs", "mtrr", "sysrq-trigger", "timer_list", "latency_stats"):
            if (Path("/proc") / name).exists():
                yield _Mount("--ro-bind", Path("/proc") / name, Path("/proc") / name)
    for name in ("/tmp", "/var/tmp"):  # noqa: S108
        if Path(name).is_dir():
            yield _Mount("--bind", Path(os.path.realpath(name)), spec.tmp)
    yield from _without_sockets()
    home = spec.seen_home
    yield from _of_others(home)
    yield _Mount("--bind", home, spec.home)
    yield _Mount("--bind", home / ".cache", spec.cache)
    writable = (*spec.policy.scratch, spec.policy.workspace)
    for program in (*_tools(home, environ.get("PATH", "")), *spec.programs, *spec.policy.shown):
        if program.exists() and not any(map(program.is_relative_to, writable)):
            yield _Mount("--ro-bind", program, program)
    for root in writable:
        if root.is_dir():
            yield _Mount("--bind", root, root)
    for guard in guards(spec.policy.workspace, environ):
        yield _Mount("--bind" if guard.writable else "--ro-bind", guard.path, guard.path)
    for hidden in spec.policy.hidden:
        yield from _hide(hidden)


def _without_sockets() -> Iterator[_Mount]:
    for run in dict.fromkeys(Path(os.path.realpath(name)) for name in ("/run", "/var/run")):
        if run.is_dir():
            yield _Mount("--tmpfs", run)
            for name in _RUN_KEPT:
                if (run / name).exists():
                    yield _Mount("--ro-bind", run / name, run / name)


def _of_others(home: Path) -> Iterator[_Mount]:
    """What is not the user's, hidden where rights do not hide it."""
    private = [Path(name) for name in (*_DAEMONS, *(_FOR_ROOT if os.geteuid() == 0 else ()))]
    for directory in private:
        if directory.is_dir() and not directory.is_symlink():
            yield _Mount("--tmpfs", directory)
    if os.geteuid() == 0:
        for key in Path("/etc/ssh").glob("*_key"):
            yield _Mount("--ro-bind", key, Path(os.devnull))


def _tools(home: Path, path: str) -> Iterator[Path]:
    on_path = [Path(entry) for entry in path.split(os.pathsep) if entry.startswith("/")]
    for directory in (*(home / name for name in _TOOLS_OF_HOME), *on_path):
        if directory.is_relative_to(home) and directory != home and ".." not in directory.parts:
            yield directory


def _hide(path: Path) -> Iterator[_Mount]:
    if path.is_dir():
        yield _Mount("--tmpfs", path)
    elif path.exists():
        yield _Mount("--ro-bind", path, Path(os.devnull))


def _ordered(mounts: Iterator[_Mount]) -> list[_Mount]:
    """Outer before inner, so that an inner one is seen; without those that would only hide what is not there."""
    by_target = {mount.target: mount for mount in mounts}
    kept: dict[Path, _Mount] = {}
    for mount in sorted(by_target.values(), key=lambda each: len(each.target.parts)):
        around = next((kept[parent] for parent in mount.target.parents if parent in kept), None)
        hides = mount.kind == "--tmpfs" or mount.source == Path(os.devnull)
        if hides and around is not None and (around.kind == "--tmpfs" or around.source != around.target):
            continue
        kept[mount.target] = mount
    return list(kept.values())


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
