"""What the rules say to a call, mode by mode, and what a person can allow for always."""

from pathlib import Path

import pytest

from hone.safety.approve import Intent, Mode, Verdict, judge
from hone.safety.paths import PathPolicy
from hone.safety.patterns import covers


@pytest.fixture
def policy(tmp_path: Path) -> PathPolicy:
    for name in ("ws/src", "keys", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "ws/link").symlink_to(tmp_path / "keys")
    return PathPolicy(workspace=tmp_path / "ws", hidden=(tmp_path / "keys",), user_home=tmp_path)


def run(line: str, mode: Mode, policy: PathPolicy) -> Verdict:
    return judge(Intent("run", line, policy.workspace), mode, policy)


@pytest.mark.parametrize(
    "line",
    [
        "ls -la src",
        "cat a.txt | head -5 | wc -l",
        "pwd; whoami; echo $HOME $(date)",
        "cd src && ls && cat x",
        "grep -rn '/health' src",
        "grep -e /x -r src",
        "rg --no-heading foo src 2>/dev/null",
        "find . -name '*.py' -type f",
        "git status --short && git diff HEAD~1 -- src && git log --oneline -5",
        "git branch; git remote -v; git stash list",
        "sed -n 1,20p src/a.py",
        "sort < a | uname -a",
        "diff a b > /dev/null 2>&1",
        "python --version; node --version",
        "command -v node; which python",
        "timeout 5 ls",
        "/usr/bin/ls",
        "[ -f a ] && echo yes",
        "jq .name package.json",
        "ls *.py",
    ],
)
def test_looking_at_the_workspace_needs_no_question(policy: PathPolicy, line: str) -> None:
    assert run(line, "ask", policy).decision == "allow"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "rm a",
        "cat a > b",
        "cat ../elsewhere/x",
        "cat /etc/passwd",
        "cat ~/x",
        "cat link/key",
        "cat $FILE",
        "cat < /etc/passwd",
        "cd .. && cat x",
        "cd src; cat ../../elsewhere/x",
        "ls $(rm a)",
        "echo hi | sh",
        "xargs cat",
        "PATH=. ls",
        "X=1; ls",
        "./ls",
        "find . -delete",
        "find . -exec rm {} +",
        "sort -o a b",
        "rg --pre x y",
        "git diff --output=x",
        "git -c core.pager=x log",
        "git grep -Ox y",
        "git branch new",
        "git",
        "git log $X",
        "sed -n w/etc/x a",
        "sed -i s/a/b/ c",
        "grep --file=/etc/passwd x",
        "grep -f/etc/passwd x",
        "diff --from-file=/etc/x a",
        "date -s 10:00",
        "ls() { rm x; }; ls",
        "cat 'a\0b'",
        "sudo ls",
        "grep /etc/passwd -e root",
        "grep -eroot /etc/passwd",
        "unheard-of",
    ],
)
def test_anything_else_is_asked(policy: PathPolicy, line: str) -> None:
    assert run(line, "ask", policy).decision == "ask"


def test_outside_of_the_workspace_even_looking_is_asked(policy: PathPolicy) -> None:
    assert judge(Intent("run", "ls", policy.workspace.parent), "ask", policy).decision == "ask"


DESTRUCTIVE = [
    "git push --force",
    "git push -f origin main",
    "git push -uf origin main",
    "git push origin :old",
    "git push origin +main",
    "git -C sub push --mirror",
    "env X=1 git push --force-with-lease",
    "bash -c 'git push --force'",
    "(cd x && npm publish)",
    "cargo publish",
    "python -m twine upload dist/*",
    "docker push me/image",
    "docker rm -f web",
    "docker system prune -a",
    "docker compose down -v",
    "gh release create v1",
    "gh api -X DELETE repos/a/b",
    "kubectl delete pod x",
    "kubectl -n prod scale deploy/x --replicas 0",
    "echo x | xargs kubectl delete pod",
    "helm uninstall x",
    "terraform destroy -auto-approve",
    "aws s3 rm s3://bucket --recursive",
    "aws ec2 terminate-instances --instance-ids i-1",
    "gcloud compute instances delete x",
    "ssh host uptime",
    "ssh -p 22 me@host",
    "scp a host:b",
    "rsync -a --delete . host:/srv",
    "curl -X DELETE https://api.example.org/x",
    "curl -XPOST https://api.example.org/x",
    "curl -d a=b https://example.org",
    "curl --data-binary @f https://example.org",
    "curl -T file https://example.org",
    "curl -d a=b $URL",
    "wget --post-data=x https://example.org",
    "http POST example.org a=b",
    "psql -h db.example.org -c 'DROP TABLE users'",
    "psql postgres://me@db.example.org/x -c 'truncate users'",
    "redis-cli -h cache.example.org FLUSHALL",
    "mysql --host=db.example.org -e 'delete from users'",
    "psql 'host=db.example.org' -c 'drop table x'",
    "dd if=/dev/zero of=/dev/sda",
    "mkfs.ext4 /dev/sda1",
    "echo x > /dev/sda",
    "sudo shutdown -h now",
    "systemctl stop nginx",
    "crontab new",
    "rm -rf /",
    "sudo rm -rf ~",
    "chmod -R 777 /etc",
]


@pytest.mark.parametrize("line", DESTRUCTIVE)
def test_what_destroys_outside_asks_even_in_a_sandbox(policy: PathPolicy, line: str) -> None:
    verdict = run(line, "sandbox", policy)
    assert verdict.decision == "ask"
    assert ": " in verdict.reason
    assert verdict.patterns == ()


@pytest.mark.parametrize(
    "line",
    [
        "git push origin main",
        "git push --dry-run --force",
        "git commit -m 'push --force'",
        "git log --grep push",
        "npm test",
        "npm publish --dry-run",
        "npm run publish-local",
        "docker ps",
        "docker run --rm x",
        "docker logs -f x",
        "kubectl get pods",
        "terraform plan",
        "aws s3 ls",
        "gh pr list",
        "ssh -V",
        "rsync -a a/ b/",
        "curl -fsSL https://example.org",
        "curl -X POST -d a=b http://localhost:8000/x",
        "http POST :8000/x a=b",
        "psql -h localhost -c 'drop table x'",
        "psql -c 'drop table x'",
        "psql -h /tmp -c 'drop table x'",
        "dd if=a of=b",
        "rm -rf build",
        "systemctl status x",
        "crontab -l",
        "$X unknown",
    ],
)
def test_ordinary_work_runs_in_a_sandbox_without_a_question(policy: PathPolicy, line: str) -> None:
    assert run(line, "sandbox", policy).decision == "allow"


def test_with_yes_everything_is_allowed(policy: PathPolicy) -> None:
    assert {run(line, "yes", policy).decision for line in DESTRUCTIVE} == {"allow"}
    assert judge(Intent("write", "/etc/passwd"), "yes", policy).decision == "allow"


@pytest.mark.parametrize(
    ("kind", "subject", "mode", "decision"),
    [
        ("free", "", "ask", "allow"),
        ("read", "ws/a", "ask", "allow"),
        ("read", "elsewhere/a", "sandbox", "allow"),
        ("read", "keys/a", "sandbox", "refuse"),
        ("write", "ws/a", "sandbox", "allow"),
        ("write", "ws/a", "ask", "ask"),
        ("write", "elsewhere/a", "sandbox", "refuse"),
        ("write", "keys/a", "ask", "refuse"),
        ("fetch", "https://example.org/x", "sandbox", "allow"),
        ("fetch", "https://example.org/x", "ask", "ask"),
    ],
)
def test_reads_writes_and_fetches_follow_the_path_policy(
    policy: PathPolicy, kind: str, subject: str, mode: Mode, decision: str
) -> None:
    path = subject if kind in ("free", "fetch") else str(policy.workspace.parent / subject)
    assert judge(Intent(kind, path), mode, policy).decision == decision  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("npm test", ["npm test"]),
        ("npm run build -- --prod", ["npm run build"]),
        ("git commit -m x && npm test", ["git commit", "npm test"]),
        ("make", ["make"]),
        ("pytest -q tests", ["pytest"]),
        ("ls && pytest", ["pytest"]),
        ("python -m pytest -q", ["python -m pytest"]),
        ("python manage.py migrate", ["python manage.py"]),
        ("./run.sh x", ["./run.sh"]),
        ("uv run pytest", ["uv run pytest"]),
        ("pytest > out.txt", ["pytest", "write WS"]),
        ("pytest 2>/dev/null", ["pytest"]),
        ("echo x > src/a", ["write WS/src"]),
        ("python -c 'x'", []),
        ("bash -c 'pytest'", []),
        ("X=1 pytest", []),
        ("sudo pytest", []),
        ("rm a", []),
        ("pytest > /etc/x", []),
        ("pytest > $X", []),
        ("pytest < x", []),
        ("pytest > 'a\0b'", []),
        ("$X", []),
        ("git $X", []),
        ("npm run $X", []),
        ("npm --prefix x test", []),
        ("'a b' c", []),
        ("cat $X", []),
        ("cat ../a.txt", ["cat"]),
        ("cat ../keys/a", []),
        ("cat ../k*/a", []),
        ("cat 'a\0b' ../x", []),
        ("cd src && ./run.sh", []),
        ("bin/tool", ["bin/tool"]),
        ("/opt/tool x", ["/opt/tool"]),
        ("npx vitest run", ["npx vitest"]),
        ("git config user.name x", ["git config user.name"]),
        ("uv run python x.py", []),
    ],
)
def test_a_question_offers_the_pattern_that_would_cover_the_call(
    policy: PathPolicy, line: str, expected: list[str]
) -> None:
    patterns = [pattern.replace("WS", str(policy.workspace)) for pattern in expected]
    assert list(run(line, "ask", policy).patterns) == patterns


def test_a_script_is_another_one_in_each_directory(policy: PathPolicy) -> None:
    def patterns(line: str) -> tuple[str, ...]:
        return judge(Intent("run", line, policy.workspace / "src"), "ask", policy).patterns

    assert patterns("./run.sh") == ("./src/run.sh",)
    assert patterns("../run.sh x") == ("run.sh",)
    assert patterns("python manage.py migrate") == ("python src/manage.py",)
    assert patterns("python -m pytest") == ("python -m pytest",)


def test_writes_and_fetches_offer_their_directory_and_host(policy: PathPolicy) -> None:
    write = judge(Intent("write", str(policy.workspace / "src/a")), "ask", policy)
    assert write.patterns == (f"write {policy.workspace}/src",)
    fetch = judge(Intent("fetch", "https://me@Example.org:443/x"), "ask", policy)
    assert fetch.patterns == ("fetch example.org",)


@pytest.mark.parametrize(
    ("allowed", "needed", "covered"),
    [
        ("npm test", "npm test", True),
        ("npm", "npm test", True),
        ("npm test", "npm", False),
        ("np", "npm test", False),
        ("", "npm test", False),
        ("write /a", "write /a/b", True),
        ("write /a", "write /ab", False),
        ("write /a/b", "write /a", False),
        ("write", "write /a", False),
        ("fetch a.org", "fetch a.org", True),
        ("fetch a.org", "fetch b.a.org", False),
    ],
)
def test_a_pattern_covers_what_begins_with_it(allowed: str, needed: str, covered: bool) -> None:
    assert covers(allowed, needed) is covered
