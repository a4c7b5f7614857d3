"""What a checkpoint keeps, and that it leaves the user's repository alone. With real git."""

import fcntl
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.checkpoints.places import Places

from hone.checkpoints import survey as survey_module
from hone.checkpoints.shadow import Shadow
from hone.checkpoints.survey import may_hold_keys
from hone.checkpoints.trees import differences, restore
from hone.errors import HoneError


def restored(places: Places, tree: str) -> dict[str, bytes | str]:
    directory = places.home / f"restored-{len(list(places.home.iterdir()))}"
    directory.mkdir()
    restore(places.shadow, tree, directory)
    return contents(directory)


def contents(directory: Path) -> dict[str, bytes | str]:
    return {
        str(path.relative_to(directory)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in directory.rglob("*")
        if (path.is_symlink() or path.is_file()) and ".git" not in path.parts
    }


def everything_of(git: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in git.rglob("*") if path.is_file()}


def test_what_is_restored_is_byte_for_byte_what_was_there_whatever_the_attributes_say(
    repository: Places,
) -> None:
    marker = repository.home / "filter-ran"
    git = ["git", "config"]
    for name in ("clean", "smudge", "process"):
        subprocess.run([*git, f"filter.lfs.{name}", f"touch {marker}; cat"], cwd=repository.work, check=True)
    subprocess.run([*git, "core.autocrlf", "true"], cwd=repository.work, check=True)
    subprocess.run([*git, "core.fsmonitor", f"touch {marker}"], cwd=repository.work, check=True)
    repository.write(".gitattributes", "* text=auto ident filter=lfs eol=lf working-tree-encoding=UTF-16\n")
    repository.write("crlf.txt", b"one\r\ntwo\r\n")
    repository.write("ident.txt", b"$Id$ and $Id: old $\n")
    repository.write("bytes.bin", bytes(range(256)))
    assert restored(repository, repository.snapshot()) == contents(repository.work)
    assert not marker.exists()


def test_nothing_of_the_users_repository_changes(repository: Places) -> None:
    hook = repository.work / ".git" / "hooks" / "post-index-change"
    hook.write_text(f"#!/bin/sh\ntouch {repository.home}/hook-ran\n")
    hook.chmod(0o755)
    repository.write("tracked.txt", "changed\n")
    repository.write("staged.txt", "staged\n")
    subprocess.run(["git", "add", "staged.txt"], cwd=repository.work, check=True)
    (repository.home / "hook-ran").unlink(missing_ok=True)
    before = everything_of(repository.work / ".git")
    repository.snapshot()
    repository.write("tracked.txt", "changed again\n")
    repository.snapshot()
    assert everything_of(repository.work / ".git") == before
    assert not (repository.home / "hook-ran").exists()


def test_links_executables_and_names_that_are_no_text_come_back(places: Places) -> None:
    places.write("run.sh", "#!/bin/sh\n")
    (places.work / "run.sh").chmod(0o755)
    (places.work / "link").symlink_to("/nowhere at all")
    (places.work / os.fsdecode(b'caf\xe9\n\t"x\\')).write_bytes(b"odd")
    (places.work / "git~1").write_bytes(b"a name as any other")
    directory = places.home / "restored"
    directory.mkdir()
    assert restore(places.shadow, places.snapshot(), directory) == ()
    assert contents(directory) == contents(places.work)
    assert os.access(directory / "run.sh", os.X_OK)
    assert not os.access(directory / "link", os.F_OK)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.dictionaries(
        st.lists(st.sampled_from(["a", "b", "ü", "x y", "-n"]), min_size=1, max_size=3).map("/".join),
        st.binary(max_size=20),
        max_size=6,
    )
)
def test_any_tree_comes_back_after_any_other(places: Places, files: dict[str, bytes]) -> None:
    subprocess.run(["rm", "-rf", places.work], check=True)
    places.work.mkdir()
    for path, data in files.items():
        if (
            not any((places.work / above).is_file() for above in Path(path).parents)
            and not (places.work / path).is_dir()
        ):
            places.write(path, data)
    assert restored(places, places.snapshot()) == contents(places.work)


def test_a_second_checkpoint_sees_what_came_went_and_changed(places: Places) -> None:
    places.write("kept", "k\n")
    places.write("changed", "1\n2\n")
    places.write("gone", "g\n")
    before = places.snapshot()
    places.write("changed", "1\n3\n4\n")
    places.write("new/one", "n\n")
    (places.work / "gone").unlink()
    found = differences(places.shadow, before, places.snapshot())
    assert [(each.path, each.status, each.added, each.removed) for each in found] == [
        ("changed", "modified", 2, 1),
        ("gone", "deleted", 0, 1),
        ("new/one", "added", 1, 0),
    ]
    assert differences(places.shadow, before, before) == ()


def test_a_file_becomes_a_directory_and_a_directory_a_file(places: Places) -> None:
    places.write("a", "file")
    places.write("b/c", "in a directory")
    places.snapshot()
    (places.work / "a").unlink()
    places.write("a/d", "in a directory")
    subprocess.run(["rm", "-r", places.work / "b"], check=True)
    places.write("b", "file")
    assert restored(places, places.snapshot()) == contents(places.work)


def test_ignored_files_are_left_out_and_tracked_ones_kept_even_if_ignored(repository: Places) -> None:
    repository.write(".gitignore", "build/\n*.log\ntracked.txt\n")
    repository.write("build/out", "o")
    repository.write("x.log", "l")
    assert restored(repository, repository.snapshot()).keys() == {".gitignore", "tracked.txt"}


def test_without_a_repository_gitignore_counts_and_what_programs_make_is_left_out(places: Places) -> None:
    places.write(".gitignore", "*.log\n")
    for path in ("a.log", "node_modules/m.js", "deep/.venv/x", "__pycache__/x.pyc", "src/a.py"):
        places.write(path, "x")
    assert restored(places, places.snapshot()).keys() == {".gitignore", "src/a.py"}


def test_a_broken_repository_is_a_folder_without_one(places: Places) -> None:
    places.write(".git", "gitdir: /nowhere\n")
    places.write("a", "a")
    assert restored(places, places.snapshot()).keys() == {"a"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (".env", True),
        (".env.local", True),
        (".ENV", True),
        ("server.pem", True),
        ("tls.key", True),
        ("id_ed25519", True),
        ("id_rsa.pub", True),
        (".netrc", True),
        ("credentials", True),
        ("credentials.json", True),
        ("id_generator.py", False),
        ("credentials_test.go", False),
        ("environment.md", False),
        ("main.py", False),
    ],
)
def test_names_of_files_that_hold_keys_are_known(name: str, expected: bool) -> None:
    assert may_hold_keys(name) is expected


def test_no_copy_is_made_of_files_with_keys_large_ones_and_hidden_ones(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey_module, "MOST_BYTES_OF_A_FILE", 20)
    places.write(".env", "TOKEN=abcdef123456")
    places.write("big.bin", b"0123456789" * 3)
    places.write("vault/inner/note", "hidden")
    places.write("a", "a")
    before = places.snapshot()
    assert restored(places, before).keys() == {"a"}
    stored = b"".join(
        places.shadow.git("cat-file", "--batch-all-objects", "--batch", "--unordered").splitlines()
    )
    assert b"abcdef" not in stored
    assert b"hidden" not in stored
    places.write(".env", "TOKEN=changed")
    places.write("big.bin", "small")
    found = differences(places.shadow, before, places.snapshot())
    assert [(each.path, each.status, each.why_not_kept) for each in found] == [
        (".env", "not kept", "it may hold keys"),
        ("big.bin", "not kept", "it has more than 5 MB"),
    ]


def test_what_was_ignored_before_is_not_taken_for_new_when_it_is_ignored_no_more(repository: Places) -> None:
    repository.write(".gitignore", "build/\n*.log\n")
    repository.write("build/out", "o")
    repository.write("x.log", "l")
    before = repository.snapshot()
    repository.write(".gitignore", "")
    found = differences(repository.shadow, before, repository.snapshot())
    assert {each.path: each.status for each in found} == {
        ".gitignore": "modified",
        "build/out": "not kept",
        "x.log": "not kept",
    }


def test_an_ignored_file_that_comes_or_goes_is_no_difference(repository: Places) -> None:
    repository.write(".gitignore", "build/\n")
    repository.write("a", "a")
    before = repository.snapshot()
    repository.write("build/out", "o")
    assert differences(repository.shadow, before, repository.snapshot()) == ()


def test_a_repository_in_the_workspace_is_noted_and_not_kept(repository: Places) -> None:
    before = repository.snapshot()
    marker = repository.home / "ran"
    for command in (["init", "-q"], ["config", "core.fsmonitor", f"touch {marker}"]):
        (repository.work / "inner").mkdir(exist_ok=True)
        subprocess.run(["git", *command], cwd=repository.work / "inner", check=True)
    repository.write("inner/file", "x")
    (found,) = differences(repository.shadow, before, repository.snapshot())
    assert (found.path, found.why_not_kept) == ("inner", "it is a repository of its own")
    assert not marker.exists()


def test_a_file_behind_what_became_a_link_is_not_read(repository: Places) -> None:
    repository.write("d/f", "tracked")
    repository.commit()
    outside = repository.home / "outside"
    outside.mkdir()
    (outside / "f").write_text("not of the workspace")
    subprocess.run(["rm", "-r", repository.work / "d"], check=True)
    (repository.work / "d").symlink_to(outside)
    assert restored(repository, repository.snapshot()) == {"tracked.txt": b"tracked\n", "d": str(outside)}


def test_pipes_and_sockets_are_no_files(places: Places) -> None:
    os.mkfifo(places.work / "pipe")
    places.write("a", "a")
    assert restored(places, places.snapshot()).keys() == {"a"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_is_noted(places: Places) -> None:
    places.write("shut", "s")
    (places.work / "shut").chmod(0)
    assert restored(places, places.snapshot()) == {}


@pytest.mark.parametrize(
    ("limit", "said"), [("MOST_FILES", "more than 2 files"), ("MOST_BYTES", "more than 0 MB")]
)
def test_too_much_is_refused(places: Places, monkeypatch: pytest.MonkeyPatch, limit: str, said: str) -> None:
    monkeypatch.setattr(survey_module, limit, 2)
    for name in "abc":
        places.write(name, name)
    with pytest.raises(HoneError, match=said):
        places.snapshot()


def test_without_git_it_says_so(places: Places) -> None:
    shadow = Shadow(places.home, places.work, {"PATH": "/nonexistent"})
    with pytest.raises(HoneError, match="git is not installed"):
        shadow.snapshot(5.0)
    with pytest.raises(HoneError, match="git cannot be started"):
        shadow.git("--version")


def test_without_time_it_gives_up(places: Places) -> None:
    with pytest.raises(HoneError, match="too long"):
        places.shadow.snapshot(0.0)


def test_a_git_that_hangs_is_ended(places: Places) -> None:
    (places.home / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (places.home / "git").chmod(0o755)
    path = f"{places.home}:{places.environ['PATH']}"
    shadow = Shadow(places.home, places.work, {**places.environ, "PATH": path})
    with pytest.raises(HoneError, match="too long"):
        shadow.git("write-tree", seconds=0.1)


def test_it_waits_for_another_process_no_longer_than_it_may(places: Places) -> None:
    places.snapshot()
    with (places.shadow.directory / "hone.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(HoneError, match="too long"):
            places.shadow.snapshot(0.1)
        assert not places.shadow.prune(())


def test_the_lock_of_a_killed_git_is_in_nobodys_way(places: Places) -> None:
    places.write("a", "a")
    places.snapshot()
    (places.shadow.directory / "files.index.lock").touch()
    places.write("a", "b")
    assert restored(places, places.snapshot()) == {"a": b"b"}


def test_a_damaged_store_says_what_to_remove(places: Places) -> None:
    places.write("a", "a")
    places.snapshot()
    (places.shadow.directory / "files.index").write_bytes(b"no index")
    with pytest.raises(HoneError, match=r"remove .*checkpoints"):
        places.snapshot()


def test_a_store_that_cannot_be_made_says_why(places: Places) -> None:
    (places.home / "checkpoints").write_text("a file")
    with pytest.raises(HoneError, match="checkpoints"):
        places.snapshot()


def test_the_store_is_for_its_user_alone(places: Places) -> None:
    places.snapshot()
    assert places.shadow.directory.stat().st_mode & 0o777 == 0o700


def test_pruning_keeps_what_is_named_or_young_and_drops_the_rest(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    trees = []
    for number in range(3):
        places.write("a", f"{number}\n" * 100)
        trees.append(places.snapshot())
    old, kept, young = trees
    yesterday = time.time() - 2 * 86_400
    for tree in (old, kept):
        os.utime(places.shadow.directory / "refs" / "trees" / tree, (yesterday, yesterday))
    assert places.shadow.prune([kept])
    assert restored(places, kept) == {"a": b"1\n" * 100}
    assert restored(places, young) == {"a": b"2\n" * 100}
    with pytest.raises(HoneError):
        places.shadow.git("cat-file", "-t", old)
    assert places.shadow.size() < 20_000
    assert time.time() - places.shadow.pruned_at() < 60


def test_where_there_is_no_store_there_is_nothing_to_prune(places: Places) -> None:
    assert time.time() - places.shadow.pruned_at() < 60
    assert not places.shadow.exists


def test_an_old_git_makes_no_pack_of_each_file(places: Places) -> None:
    real = shutil.which("git")
    fake = f'#!/bin/sh\nfor last; do :; done\n[ "$last" = version ] && echo git version 2.36.6 && exit\nexec {real} "$@"\n'
    (places.home / "git").write_text(fake)
    (places.home / "git").chmod(0o755)
    places.write("a", "a")
    path = f"{places.home}:{places.environ['PATH']}"
    shadow = Shadow(places.home, places.work, {**places.environ, "PATH": path})
    shadow.snapshot(30.0)
    assert list(shadow.directory.glob("objects/pack/*")) == []
    places.write("b", "b")
    assert restored(places, places.snapshot()) == {"a": b"a", "b": b"b"}


def test_several_at_once_get_the_same_tree(places: Places) -> None:
    for number in range(20):
        places.write(f"f{number}", str(number))
    with ThreadPoolExecutor(4) as pool:
        trees = set(pool.map(lambda _: places.snapshot(), range(8)))
    assert len(trees) == 1
