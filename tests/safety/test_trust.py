"""Whose word the output of a command is."""

import pytest

from hone.safety.remote import host_of, is_loopback
from hone.safety.trust import trust_of_command

EXTERNAL = [
    "curl -sSf -o out.html https://example.org",
    "curl example.org",
    "curl http://localhost@example.org",
    "curl -x http://proxy.example.org http://localhost",
    "curl --url https://example.org",
    "curl $URL",
    "wget -qO- https://example.org/x",
    "http GET example.org/x",
    "nc example.org 80",
    "websocat wss://example.org",
    "git pull",
    "git -C sub fetch --all",
    "git clone https://example.org/x",
    "git clone git@example.org:a/b",
    "pip install x",
    "python3 -m pip install x",
    "python -c 'fetch(\"https://example.org\")'",
    "node -e 'fetch(\"https://example.org\")'",
    "npm i",
    "npx cowsay",
    "yarn",
    "cargo add x",
    "go mod download",
    "sudo apt-get update",
    "ssh host ls",
    "rsync -a host:x y",
    "rsync $X y",
    "gh pr list",
    "docker pull x",
    "psql postgres://db.example.org/x",
    "psql -h $DB",
    "ls && (curl https://example.org)",
    "bash -c 'curl https://example.org'",
    "for u in $X; do $u https://example.org; done",
    "pacman -Syu",
]
WORKSPACE = [
    "ls",
    "cat README.md",
    "curl localhost:8000/health",
    "curl -s -H 'Host: example.org' http://127.0.0.1/x",
    "curl 'http://[::1]:80/'",
    "curl --version",
    "wget -qO- http://localhost:3000/",
    "http :8000/x",
    "nc -z localhost 80",
    "nc -l 8000",
    "grpcurl localhost:50051 list",
    "git status",
    "git clone ./a b",
    "python -m http.server",
    "python script.py",
    "python -c 'print(1)'",
    "npm test",
    "yarn test",
    "go test ./...",
    "rsync -a a b",
    "psql -h localhost -c 'select 1'",
    "psql",
    "for u in a b; do $u; done",
    "$X",
    "",
]


@pytest.mark.parametrize("line", EXTERNAL)
def test_what_another_host_may_have_said_is_external(line: str) -> None:
    assert trust_of_command(line) == "external"


@pytest.mark.parametrize("line", WORKSPACE)
def test_what_this_machine_says_is_the_workspaces(line: str) -> None:
    assert trust_of_command(line) == "workspace"


@pytest.mark.parametrize(
    ("address", "host", "loopback"),
    [
        ("localhost", "localhost", True),
        ("http://app.localhost:3000/x", "app.localhost", True),
        ("127.0.0.1:80", "127.0.0.1", True),
        ("0.0.0.0", "0.0.0.0", True),
        ("http://[::1]:80/", "::1", True),
        ("::1", "::1", True),
        ("http://localhost.example.org", "localhost.example.org", False),
        ("http://127.0.0.1.example.org", "127.0.0.1.example.org", False),
        ("http://a@b.org/c@localhost", "b.org", False),
        ("http://b.org\\@localhost", "b.org", False),
        ("10.0.0.1", "10.0.0.1", False),
    ],
)
def test_a_host_is_read_from_an_address(address: str, host: str, loopback: bool) -> None:
    assert host_of(address) == host
    assert is_loopback(address) is loopback
