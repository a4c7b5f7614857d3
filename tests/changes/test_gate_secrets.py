"""What counts as a secret, what only looks like one, and that no verdict repeats it.

The secrets are put together at run time, so that no scanner stumbles over this file.
"""

import base64
import json
import time

import pytest

from hone.changes.change import (
    Add,
    AddStep,
    Archive,
    Change,
    Create,
    Effect,
    Gotcha,
    Remove,
    Replace,
    SetWhen,
    Write,
)
from hone.changes.rules.leaks import kinds_of_secrets, leaks, without_secrets

MIXED = "aB3dE9fGh1Jk7LmN0pQr5StU2vWx4Yz6" * 4
HEX = "3f9c2b7e1d4a8056" * 8
UPPER = "A7K2M9Q4X1Z8B5N3" * 4
_HEADER, _CLAIMS = (
    base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
    for part in ({"alg": "HS256", "typ": "JWT"}, {"sub": "42"})
)
JWT = ".".join((_HEADER, _CLAIMS, MIXED[:43]))
PASS = "tr0ub4" + "dor&3x"

SECRETS = {
    "openai": "sk-" + MIXED[:40],
    "openai project": "sk-proj-" + MIXED[:60],
    "anthropic": "export KEY=sk-ant-api03-" + MIXED[:50],
    "openrouter": "sk-or-v1-" + HEX[:64],
    "stripe": "sk_" + "live_" + MIXED[:24],
    "stripe restricted": "rk_" + "live_" + MIXED[:24],
    "github": "use ghp_" + MIXED[:36],
    "github server": "ghs_" + MIXED[:36],
    "github fine-grained": "github_pat_" + MIXED[:40],
    "gitlab": "glpat-" + MIXED[:20],
    "gitlab runner": "glrt-" + MIXED[:20],
    "aws id": "AKIA" + UPPER[:16],
    "aws temporary id": "ASIA" + UPPER[:16],
    "aws secret": f'aws_secret_access_key = "{MIXED[:40]}"',
    "slack": "xoxb-" + "24681357902-" + MIXED[:24],
    "slack hook": "https://hooks.slack" + f".com/services/T{UPPER[:8]}/B{UPPER[:8]}/{MIXED[:24]}",
    "google": "AIza" + MIXED[:35],
    "google client": "GOCSPX-" + MIXED[:28],
    "hugging face": "hf_" + MIXED[:34],
    "npm": "npm_" + MIXED[:36],
    "npmrc": "//npm.example.org/:_authToken=npm_" + MIXED[:36],
    "npmrc of old": "//npm.example.org/:_authToken=" + HEX[:36],
    "pypi": "pypi-" + "AgEIcHlwaS5vcmc" + MIXED[:80],
    "sendgrid": "SG." + MIXED[:22] + "." + MIXED[:43],
    "telegram": "987654321:" + MIXED[:35],
    "twilio": "SK" + HEX[:32],
    "mailchimp": HEX[:32] + "-us14",
    "discord": "M" + MIXED[:23] + "." + MIXED[:6] + "." + MIXED[:27],
    "square": "sq0csp-" + MIXED[:43],
    "azure": "AccountKey=" + MIXED[:86] + "==",
    "digitalocean": "dop_v1_" + HEX[:64],
    "docker hub": "dckr_pat_" + MIXED[:27],
    "vault": "hvs." + MIXED[:28],
    "shopify": "shpat_" + HEX[:32],
    "age": "AGE-SECRET-KEY-1" + (UPPER * 2)[:58],
    "jwt": "the token " + JWT,
    "private key": "-----BEGIN " + "OPENSSH PRIVATE KEY-----\n" + MIXED,
    "authorization": "curl -H 'Authorization: Bearer " + MIXED[:24] + "'",
    "basic authorization": "Authorization: Basic " + base64.b64encode(b"me:" + PASS.encode()).decode(),
    "url": f"postgres://shop:{PASS}@db.example.org/shop",
    "url of my-user": f"https://my-user:{PASS}@git.example.org",
    "password": f"DB_PASSWORD={PASS}",
    "quoted password": f'password: "{PASS}"',
    "password in words": f"the admin password is {PASS}",
    "password of a word": "POSTGRES_PASSWORD=" + "postgres15",
    "token": "DEPLOY_TOKEN=" + MIXED[:20],
    "api key": f"api_key = '{HEX[:32]}'",
    "secret": f"client_secret: {MIXED[:32]}",
    "in JSON": json.dumps({"apiKey": MIXED[:32]}),
    "option": f"mysqladmin --password={PASS}",
    "option with a space": f"registry login --token {MIXED[:24]}",
    "curl user": f"curl -u admin:{PASS} http://localhost:8431",
    "sshpass": f"sshpass -p {PASS} ssh me@host",
}

HARMLESS = (
    "export API_KEY=${API_KEY}",
    "DEPLOY_TOKEN=$DEPLOY_TOKEN ./deploy.sh",
    "curl -H 'Authorization: Bearer ${TOKEN}'",
    "curl -H 'Authorization: Bearer $TOKEN_FROM_LOGIN_2'",
    "Authorization: Bearer <your-token>",
    "Authorization: Bearer YOUR_TOKEN_123",
    "Authorization: Bearer token-from-login",
    "api_key: <your-token>",
    "OPENAI_API_KEY=sk-...",
    "OPENAI_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxx1",
    "sk-your-key-goes-here-123456789",
    "ghp_" + "x" * 36,
    "password: changeme123",
    "password = os.environ['DB_PASSWORD_2']",
    "password: process.env.DB_PASSWORD_2",
    "password=$(cat /run/secrets/db1)",
    "DB_PASSWORD_FILE=/run/secrets/db_password1",
    "token: /var/run/secrets/token1",
    "--password-stdin",
    "docker login --password-stdin < token2.txt",
    "the password is at least 12 characters",
    "the token is base64-encoded",
    "token: sha256-based",
    "passwords are hashed with argon2id",
    "secret: db-credentials-v2",
    "secretName: web-tls-2026",
    "secret: k8s-prod-db1",
    "https://${USER}:${PASSWORD}@example.org",
    "https://user:password@example.org",
    "https://user:<password>@example.org",
    "postgres://me:[redacted:password]@host/db",
    "DB_PASSWORD=[redacted:known]",
    "commit 3f9c2b7e1d4a80563f9c2b7e1d4a80563f9c2b7e",
    "git checkout 3f9c2b7",
    "value: sha256:" + HEX[:64],
    "secret: sha256:" + HEX[:64],
    "image: app@sha256:" + HEX[:64],
    "integrity sha512-" + MIXED[:86] + "==",
    "id 8c2b6f0e-1d4a-4056-9f3c-2b7e1d4a8056",
    "token: 8c2b6f0e-1d4a-4056-9f3c-2b7e1d4a8056",
    "hone undo c4k2zqh",
    "md5 d41d8cd98f00b204e9800998ecf8427e",
    "/nix/store/3f9c2b7e1d4a80563f9c2b7e1d4a8056-node-22",
    "node_modules/.pnpm/lodash@4.17.21/node_modules/lodash",
    "src/auth/token_v2/TokenService2.ts",
    "e12 and e17 show it",
    "port 8431, then 10.0.0.7:5432",
    "NODE_ENV=production npm run build",
    "token bucket: 100 per minute",
    "task-force-of-twenty-people-1",
    "sk-learn-contrib-project-template-2",
    "the API key lives in the keychain as deploy-key-2",
    "rotate the access key every 90 days",
    "primary key: order_items_2024_idx",
    "curl -u admin http://localhost:8431/health2",
    "AccountKey=<from the portal>",
    "tokens: input 1200, output 300",
    "max_tokens=200000",
    "registry login --token deploy-token",
    "the pwd is printed by the pwd command of busybox1",
    "CSRF token: X-CSRF-Token2 header",
)


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_a_secret_is_found(text: str) -> None:
    assert kinds_of_secrets(text)


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "ghp_" + "1234567890abcdefghijklmnopqrstuvwxyz12",
        "sk-ant-api03-" + "abcdefg1" * 8,
    ],
)
def test_an_exact_form_is_a_secret_also_if_it_looks_made_up(text: str) -> None:
    assert kinds_of_secrets(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_placeholders_references_hashes_and_ids_are_none(text: str) -> None:
    assert kinds_of_secrets(text) == ()


KEY = SECRETS["openai"]


def test_the_finding_names_detector_and_place_and_never_the_text() -> None:
    create = Create(
        title=f"T {KEY}",
        description=f"D {KEY}",
        when_to_use=f"W {KEY}",
        steps=("fine", f"S {KEY}"),
        gotchas=(Gotcha(f"G {KEY}", ("e1",)),),
        scope="project:shop",
    )
    change = Change(target="skills/x/SKILL.md", origin="review", ops=(create,), note=f"N {KEY}")
    found = leaks(change, ())
    places = ("title", "description", "when to use", "step 2", "gotcha 1", "note")
    assert [finding.reason for finding in found] == [
        f"a secret (key) in {place}: say where it is kept instead" for place in places
    ]
    assert {finding.decision for finding in found} == {"reject"}
    clean = without_secrets(change)
    assert KEY not in repr(clean)
    assert clean.note == "[redacted:key]"
    assert clean.ops == (
        Create(
            title="[redacted:key]",
            description="[redacted:key]",
            when_to_use="[redacted:key]",
            steps=("fine", "[redacted:key]"),
            gotchas=(Gotcha("[redacted:key]", ("e1",)),),
            scope="project:shop",
        ),
    )


def test_edits_are_looked_at_and_cleaned_one_by_one() -> None:
    change = Change(
        target="memory.md",
        origin="tool",
        ops=(Add("fine"), Add(KEY), Replace("old", KEY), Archive(), SetWhen(KEY)),
    )
    assert [finding.reason.split(" in ")[1] for finding in leaks(change, ())] == [
        "when to use: say where it is kept instead",
        *["entry: say where it is kept instead"] * 2,
    ]
    mark = "[redacted:key]"
    assert without_secrets(change).ops == (
        Add("fine"),
        Add(mark),
        Replace("old", mark),
        Archive(),
        SetWhen(mark),
    )


def test_of_a_file_that_is_written_whole_only_new_lines_are_looked_at() -> None:
    before = f"- old {KEY}\n- b\n".encode()
    after = before + f"- c\n- new {SECRETS['aws id']}\n".encode()
    write = Change(target="memory.md", origin="user", ops=(Write(after.decode()),))
    (finding,) = leaks(write, (Effect("memory.md", before, after),))
    assert finding.reason == "a secret (aws-key) in line 4 of memory.md: say where it is kept instead"
    assert without_secrets(write).ops == (Write("[redacted:key]"),)


def test_a_secret_can_be_taken_away() -> None:
    ops = (Remove(KEY), Write(None))
    change = Change(target="memory.md", origin="user", ops=ops)
    assert leaks(change, (Effect("memory.md", f"- {KEY}\n".encode(), None),)) == ()
    assert without_secrets(change).ops == (Remove("[redacted:key]"), Write(None))


@pytest.mark.parametrize(
    "piece", ["sk-", "a://b:", "password=a1", "curl -u ", "eyJhbGciOi.", "_authToken=", "is "]
)
def test_a_hostile_line_takes_no_time(piece: str) -> None:
    start = time.process_time()
    kinds_of_secrets(piece * 20_000)
    assert time.process_time() - start < 2


def test_a_secret_in_a_step_is_found_among_steps() -> None:
    change = Change(target="skills/x/SKILL.md", origin="review", ops=(AddStep(KEY),))
    assert "in step" in leaks(change, ())[0].reason


@pytest.mark.parametrize(
    "text",
    [
        "password: " + "hunter2",
        "the db password is " + "Xy7pQ2mm",
        "AWS_SECRET_ACCESS_KEY=" + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "api_key: " + "abcdef1234567890" * 2,
    ],
)
def test_a_value_with_a_placeholders_word_in_it_or_a_short_password_is_a_secret(text: str) -> None:
    assert kinds_of_secrets(text)


@pytest.mark.parametrize(
    "text", ["the password is base64 encoded", "password is sha256-hashed", "token: your-token-123456"]
)
def test_how_a_password_is_kept_and_what_stands_for_one_is_none(text: str) -> None:
    assert kinds_of_secrets(text) == ()
