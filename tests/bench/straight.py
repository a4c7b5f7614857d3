"""What somebody who knows everything would run in each scenario: a line of shell, before and after the world has changed."""

import subprocess
from pathlib import Path

import msgspec


class Straight(msgspec.Struct, frozen=True):
    """The procedure, the procedure in the changed world, and what the look-alike request wants instead."""

    before: str
    after: str
    other: str


STRAIGHT = {
    "deploy-shop": Straight(
        "MODE=production ./build && ./migrate && ./deploy {version} && ./get {server}/healthz",
        "MODE=production ./build && ./migrate && ./deploy {version} && ./get {server}/readyz",
        "./rollback {version}",
    ),
    "rotate-keys": Straight(
        "KEYTYPE=ecdsa ./issue {host} && ./drain && ./install {host} --reload && ./undrain {host}",
        "KEYTYPE=ed25519 ./issue {host} && ./drain && ./install {host} --reload && ./undrain {host}",
        "./revoke {host}",
    ),
    "scale-queue": Straight(
        "./pause && ./scale {workers} --confirm && ./get {server}/workers",
        "./pause && ./scale {workers} --confirm && ./get {server}/v2/workers",
        "./purge",
    ),
    "run-acceptance-tests": Straight(
        "./prepare {module} && ./fixtures && TZ=UTC ./check {module}",
        "./prepare {module} && ./fixtures && TZ=Europe/Berlin ./check {module}",
        "./skip {module}",
    ),
    "release-package": Straight(
        "CHANNEL=stable ./pack {version} && ./sum {version} --detached",
        "CHANNEL=general ./pack {version} && ./sum {version} --detached",
        "./withdraw {version}",
    ),
    "bump-dependency": Straight(
        "./unlock && MIRROR=internal ./bump {package} && ./commit {package} --signoff",
        "./unlock && MIRROR=proxy ./bump {package} && ./commit {package} --signoff",
        "./pin {package}",
    ),
    "load-orders": Straight(
        "./fetch && ./validate {day} && SEPARATOR=semicolon ./load {day}",
        "./fetch && ./validate {day} && SEPARATOR=auto ./load {day}",
        "./archive-orders {day}",
    ),
    "close-books": Straight(
        "./freeze && ./total {month} --units && ROUNDING=down ./close {month}",
        "./freeze && ./total {month} --units && ROUNDING=even ./close {month}",
        "./reopen {month}",
    ),
    "clean-contacts": Straight(
        "LOCALE=de_DE ./clean {region} && ./publish {region} --notify",
        "LOCALE=C ./clean {region} && ./publish {region} --notify",
        "./export-raw {region}",
    ),
    "count-errors": Straight(
        "./unpack && ./index {day} && LEVEL=error ./errors {day} --service=api",
        "./unpack && ./index {day} && LEVEL=fault ./errors {day} --service=api",
        "./forget {day}",
    ),
    "capacity-report": Straight(
        "./tunnel && REALM=internal ./login {cluster} && ./get {server}/v2/usage",
        "./tunnel && REALM=internal ./login {cluster} && ./get {server}/v3/usage",
        "./pause-report {cluster}",
    ),
    "incident-timeline": Straight(
        "./collect && ./select {incident} && ZONE=utc ./timeline {incident} --oldest-first",
        "./collect && ./select {incident} && ZONE=local ./timeline {incident} --oldest-first",
        "./close-incident {incident}",
    ),
}


def run(command: str, workspace: Path) -> tuple[int, str]:
    """Exit code and output of a command."""
    done = subprocess.run(
        command, shell=True, cwd=workspace, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return done.returncode, done.stdout
