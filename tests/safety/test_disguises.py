"""Shell lines that hide what they do: none is taken for harmless, none is covered by what was allowed for something else.

And the other way round: what somebody allowed once for always is not asked about again because it is spelled otherwise.
"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.safety.approve import Intent, Verdict, judge
from hone.safety.commands import Command, parse
from hone.safety.destructive import danger
from hone.safety.harmless import may_read_hidden
from hone.safety.paths import PathPolicy
from hone.safety.patterns import covers


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> PathPolicy:
    root = tmp_path_factory.mktemp("disguises")
    for name in ("ws/src", "ws/bare.git/refs", "ws/nested/.git", ".ssh"):
        (root / name).mkdir(parents=True)
    (root / "ws/bare.git/HEAD").touch()
    (root / ".ssh/id").touch()
    (root / "ws/leak").symlink_to(root / ".ssh")
    return PathPolicy(workspace=root / "ws", hidden=(root / ".ssh",), user_home=root)


def run(line: str, policy: PathPolicy) -> Verdict:
    return judge(Intent("run", line, policy.workspace), "ask", policy)


DISGUISED = r"""
ls;rm -rf src
ls && rm x
ls || rm x
ls | sh
ls & rm x
ls↵rm x
ls $(rm x)
ls `rm x`
ls "$(rm x)"
echo "`rm x`"
cat <(rm x)
cat >(rm x)
cat <<E↵$(rm x)↵E
cat <<E | sh↵rm x↵E
sh <<E↵rm x↵E
bash <<< 'rm x'
cat <<< "$(rm x)"
{ ls; rm x; }
(ls; rm x)
! rm x
if ls; then rm x; fi
for i in a; do rm $i; done
while ls; do rm x; done
until ls; do rm x; done
case a in a) rm x;; esac
{rm,x}
/bin/{rm,ls} x
/bin/r? x
r\m x
r''m x
"rm" x
'r'm x
$'rm' x
$'\x72m' x
$"rm" x
rm${IFS}x
${x:-rm} x
$(echo rm) x
`echo rm` x
r\↵m x
ls # a comment↵rm x
alias ls=rm
alias ls='rm x'; ls
ls() { rm x; }; ls
function ls { rm x; }; ls
eval rm x
eval "ls; rm x"
eval $(echo rm x)
exec rm x
command rm x
command -p rm x
builtin eval 'rm x'
env rm x
env -S 'rm x'
env -iS'rm x'
env --split-string='rm x'
env -i PATH=. ls
nohup rm x
setsid rm x
timeout 5 rm x
nice -n 5 rm x
time rm x
time -o src/x ls
/usr/bin/time -o src/x ls
coproc rm x
flock l rm x
strace -o f rm x
xargs rm
echo x | xargs -n1 rm
xargs -a f rm
parallel rm ::: x
find . -exec rm {} ;
find . -name x -execdir sh -c 'rm "$1"' _ {} \;
find . -ok rm {} \;
find . -delete
find . -fprintf out %p
find -L . -name x
echo cm0geA== | base64 -d | sh
base64 -d f | bash
source f
. f
. ./f
sudo -n rm x
sudo ls
doas ls
su -c 'rm x'
busybox rm x
busybox sh -c 'rm x'
python -c 'import os; os.remove("x")'
python3 - <<E↵import os↵E
perl -e 'unlink "x"'
ruby -e 'File.delete "x"'
node -e 'require("fs").rmSync("x")'
awk 'BEGIN{system("rm x")}'
awk '{print > "out"}' f
sed e f
sed -n '1e rm x' f
sed -i s/a/b/ f
sed 's/a/b/w out' f
sed -n 1,2w/etc/x f
tar --checkpoint=1 --checkpoint-action=exec=sh -cf a b
tar xf a.tar -C /
vim -c '!rm x' f
git -c alias.x='!rm x' x
git -c core.pager='rm x' log
git -c core.fsmonitor='rm x' status
git -p log
git --exec-path=. status
git --git-dir=evil status
git -C /tmp status
git -C bare.git status
git log --output=x
git log --outp=x
git log -p --ext-diff
git diff --no-index /etc/passwd a
git grep -O'rm x' a
git grep -nO'rm x' a
git grep --open-files='rm x' a
git show --textconv HEAD:f
git blame --contents /etc/passwd f
cd bare.git && git status
cd nested && git status
git stash
git config core.fsmonitor 'rm x'
git submodule foreach 'rm x'
git rebase -x 'rm x' HEAD~1
git bisect run rm x
ssh -o ProxyCommand='rm x' h
rsync -e 'rm x' a b:
npx evil
npm exec evil
docker run -v /:/host x rm /host/x
docker exec web rm x
ls > f
ls >> f
ls >| f
ls &> f
ls 2> f
ls >&f
> f
: > f
ls <> f
cat < /etc/passwd
cat ~/.ssh/id
cat ../.ssh/id
cat leak/id
cat leak/*
cat */id
cat ~root/x
cat $HOME/x
cat src/../../x
cat $(pwd)/x
cat /e?c/passwd
cat {/etc/passwd,a}
cat $(</etc/passwd)
cd; cat .netrc
cd -; cat x
cd ~; cat .netrc
cd -- -; cat x
cd src; cat ../../x
cd src; cd ../..; cat x
cd s*; cat ../x
cd $X; cat x
pushd /etc; cat passwd
ls<a0>-la
l<200b>s
ls<2003>rm x
ls<2028>rm x
rm<a0>x
ls<202e>
ls<feff>
ls<b>x
ls⏎rm x
ls 'a⏎b'
PATH=. ls
LD_PRELOAD=./x ls
GIT_DIR=evil git status
BASH_ENV=x ls
IFS=x; ls
export PATH=.; ls
declare PATH=.; ls
read PATH; ls
printf -v PATH .; ls
printf -v 'x[$(rm x)]' a
for PATH in .; do ls; done
select PATH in .; do ls; done
echo ${PATH_X:=.}
echo ${PATH=.}
echo $((PATH=5)); ls
((PATH=5)); ls
for ((PATH=5;;)); do ls; done
set -- x; ls
trap 'rm x' EXIT; ls
hash -p ./x ls; ls
enable -f ./x ls; ls
shopt -s expand_aliases; ls
[[ $(rm x) ]]
[ -n "$(rm x)" ]
[[ 'x[$(rm x)]' -eq 0 ]] && ls
[[ $(cat n) -eq 0 ]] && ls
[ -v 'x[$(rm x)]' ] && ls
test -v 'x[$(rm x)]'
(( x[$(rm x)] )); ls
echo $((x[$(rm x)]))
echo $(( $(cat n) + 1 ))
echo ${x[$(rm x)]}
echo ${x:-$(rm x)}
echo ${x:$(cat n):1}
sort -o f a
sort -uo f a
sort -of a
sort --outp=f a
sort --compress-prog=./x a
rg --pre=./x y
rg --pre ./x y
rg -L x
grep -R x .
grep -rf/etc/passwd x
file -C -m x
file -bm x y
tree -ao f
tee f
dd if=a of=b
cp a ~/.bashrc
ln -s /etc x
date --set=x
date -f /etc/passwd
diff --to-file=/etc/passwd a
""".strip().split("\n")  # fmt: skip
ALLOWED_BEFORE = (
    "ls", "cd src", "npm test", "npm run build", "npx vitest", "make", "make test", "pytest -q", "git add -A", "git commit -m x",
    "git log --oneline", "git stash pop", "git tag v1", "git branch new", "git config user.name x", "git submodule update", "cargo build",
    "docker build .", "docker compose up", "python manage.py x", "python -m pytest", "./run.sh", "uv run pytest", "go test ./...",
    "echo a > src/a", "mkdir x", "touch x", "prettier --check .",
)  # fmt: skip


@pytest.mark.parametrize("line", DISGUISED)
def test_a_disguise_is_asked_about_whatever_was_allowed_before(policy: PathPolicy, line: str) -> None:
    allowed = {pattern for before in ALLOWED_BEFORE for pattern in run(before, policy).patterns}
    line = re.sub(
        "<([0-9a-f]+)>", lambda code: chr(int(code[1], 16)), line.replace("↵", "\n").replace("⏎", "\r")
    )
    verdict = run(line, policy)
    if line.startswith("ls >") or line in ("> f", ": > f"):
        assert verdict.patterns == (f"write {policy.workspace}",)
        return
    assert verdict.decision == "ask"
    assert not verdict.patterns or not all(
        any(covers(each, need) for each in allowed) for need in verdict.patterns
    )


@pytest.mark.parametrize("line", [*ALLOWED_BEFORE, "git commit -m 'a; b & $c' -- 'x y'", "npm  test -- --grep 'a|b'", "cd src && npm test",
     "npm test 2>&1 | tail -5", "make test && git add -A && git commit -q -m 'done'", "(npm test)", "! npm test", "npm test || echo failed",
     "if npm test; then echo ok; fi", "[ -f package.json ] && npm test", "[[ $? -eq 0 ]] && npm test", "npm test > /dev/null",
     "npm test # all of them", "for i in 1 2 3; do npm test; done", "\"npm\" 'test'", "npm test \\\n  --verbose", "echo x >> src/b",
     "python manage.py migrate", "./run.sh --all", "cat src/a; npm test", "sleep 1 && npm test"])  # fmt: skip
def test_honest_work_that_was_allowed_is_not_asked_about_again(policy: PathPolicy, line: str) -> None:
    allowed = {pattern for before in ALLOWED_BEFORE for pattern in run(before, policy).patterns}
    verdict = run(line, policy)
    needed = verdict.patterns
    assert verdict.decision == "allow" or (
        needed and all(any(covers(each, need) for each in allowed) for need in needed)
    )


@pytest.mark.parametrize("line", ["git status && git diff", "cd src && git log", "ls src/*.py",
     "grep -rn 'a[$(]' src", "for f in a b; do echo $f; done", "[[ -f a && 3 -lt 4 ]] && echo yes", "echo $((1 + 2))", "sort -u a | uniq -c",
     "find . -name '*.py' | head", "tree -L 2", "du -sh src", "diff -u a b", "echo 'naïve — 日本'"])  # fmt: skip
def test_honest_looking_needs_no_question(policy: PathPolicy, line: str) -> None:
    expected = "ask" if "uniq" in line else "allow"
    assert run(line, policy).decision == expected


def _quoted(word: str, way: int) -> str:
    return [
        word,
        f"'{word}'",
        f'"{word}"',
        "\\" + "\\".join(word),
        word[:1] + "''" + word[1:],
        f"$'{word}'",
        "$'" + "".join(f"\\x{ord(sign):02x}" for sign in word) + "'",
        f'{word[:1]}"{word[1:]}"',
        f"${{nothing:-{word}}}",
        f"$(echo {word})",
        f"{word[:1]}\\\n{word[1:]}",
        "{" + word + ",}",
    ][way]


def _wrapped(line: str, way: int) -> str:
    single = line.replace("'", "'\\''")
    return [
        line,
        f"ls; {line}",
        f"ls && {line}",
        f"ls | {line}",
        f"({line})",
        f"{{ {line}; }}",
        f"ls $({line})",
        f'echo "$({line})"',
        f"cat <({line})",
        f"bash -c '{single}'",
        f"eval '{single}'",
        f"env {line}",
        f"timeout 5 {line}",
        f"if true; then {line}; fi",
        f"for i in 1; do {line}; done",
        f"while true; do {line}; done",
        f"ls &\n{line}",
        f"cat <<END\n$({line})\nEND",
        f"! {line}",
        f"coproc {line}",
    ][way]


@given(
    st.sampled_from(
        ["rm -rf src", "git push --force", "touch x", "chmod 777 src", "sed -i s/a/b/ f", "tee f"]
    ),
    st.lists(st.integers(0, 11), min_size=4, max_size=4),
    st.lists(st.integers(0, 19), max_size=3),
)
def test_no_way_of_quoting_and_nesting_makes_a_dangerous_command_harmless(
    policy: PathPolicy, line: str, quoting: list[int], nesting: list[int]
) -> None:
    disguised = " ".join(_quoted(word, way) for word, way in zip(line.split(), quoting, strict=False))
    for way in nesting:
        disguised = _wrapped(disguised, way)
    assert run(disguised, policy).decision == "ask"


@pytest.mark.parametrize(
    "line",
    ["flock l git push --force", "coproc git push --force", "env -S 'git push --force'", "env -i -S'git push' --force",
     "env --split-string='git push --force'", "trap 'git push --force' EXIT", "strace -f git push --force", "systemd-run git push --force",
     "xvfb-run git push --force", "/usr/bin/git push --force", "g''it pu'sh' --force", "for i in 1; do git push --force; done",
     "cat <<E\n$(git push --force)\nE", "eval 'git push' --force", "find . -exec git push --force ';'", "unshare -n git push --force"],
)  # fmt: skip
def test_a_destructive_command_is_seen_through_what_runs_it(line: str) -> None:
    assert danger(parse(line)) == "git: rewrites or deletes what others see"


@pytest.mark.parametrize(
    "line", ["env -S", "env -u X ls", "env --", "trap -p", "trap", "trap -- '' INT", "time -p ls", "time ls"]
)
def test_what_only_looks_like_a_disguise_is_read(line: str) -> None:
    assert danger(parse(line)) is None


def test_a_word_that_is_no_path_counts_as_hidden(policy: PathPolicy) -> None:
    assert may_read_hidden(Command(("cat", "a\0b")), policy.workspace, policy)
    assert not may_read_hidden(Command(("make", "a\0b")), policy.workspace, policy)
