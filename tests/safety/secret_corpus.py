"""Secrets of every kind and what only looks like one, made from the documented formats: seeded, so the same every time.

A format is written down as `prefix{count:alphabet}…`; none of what is made was ever anybody's key.
"""

import base64
import hashlib
import random
import re
import string
import uuid
from collections.abc import Iterator

ALPHABETS = {
    "alnum": string.ascii_letters + string.digits,
    "lower": string.ascii_lowercase + string.digits,
    "upper": string.ascii_uppercase + string.digits,
    "base32": string.ascii_uppercase + "234567",
    "hex": string.digits + "abcdef",
    "digit": string.digits,
    "url": string.ascii_letters + string.digits + "_-",
    "base64": string.ascii_letters + string.digits + "+/",
}
UUID = "{8:hex}-{4:hex}-{4:hex}-{4:hex}-{12:hex}"

FORMATS: tuple[tuple[str, str], ...] = (
    ("key", "sk-{48:alnum}"), ("key", "sk-proj-{74:alnum}T3BlbkFJ{74:alnum}"), ("key", "sk-ant-api03-{93:alnum}AA"),
    ("key", "sk-or-v1-{64:hex}"), ("key", "sk_live_{24:alnum}"), ("key", "rk_live_{24:alnum}"),
    ("stripe-test-key", "sk_test_{24:alnum}"), ("stripe-webhook-secret", "whsec_{32:alnum}"),
    ("github-token", "ghp_{36:alnum}"), ("github-token", "gho_{36:alnum}"), ("github-token", "ghs_{36:alnum}"),
    ("github-token", "github_pat_{22:alnum}_{59:alnum}"), ("gitlab-token", "glpat-{20:alnum}"),
    ("gitlab-agent-token", "glagent-{50:alnum}"), ("gitlab-ci-token", "glcbt-1f_{20:alnum}"),
    ("gitlab-deploy-token", "gldt-{20:alnum}"), ("gitlab-runner-token", "glrt-{20:alnum}"),
    ("gitlab-trigger-token", "glptt-{40:hex}"), ("aws-key", "AKIA{16:base32}"), ("aws-key", "ASIA{16:base32}"),
    ("aws-bedrock-key", "ABSK{109:base64}="), ("slack-token", "xoxb-{12:digit}-{12:digit}-{24:alnum}"),
    ("slack-token", "xoxp-{12:digit}-{12:digit}-{12:digit}-{32:hex}"),
    ("slack-app-token", "xapp-1-A{10:upper}-{13:digit}-{64:hex}"),
    ("slack-webhook", "https://hooks.slack.com/services/T{10:upper}/B{10:upper}/{24:alnum}"),
    ("discord-token", "MT{22:alnum}.{6:alnum}.{38:alnum}"),
    ("discord-webhook", "https://discord.com/api/webhooks/{19:digit}/{68:alnum}"),
    ("teams-webhook", f"https://acme.webhook.office.com/webhookb2/{UUID}@{UUID}/IncomingWebhook/{{32:hex}}/{UUID}"),
    ("zapier-webhook", "https://hooks.zapier.com/hooks/catch/{7:digit}/{7:lower}/"),
    ("telegram-token", "{10:digit}:AA{33:alnum}"), ("google-key", "AIza{35:alnum}"), ("google-key", "GOCSPX-{28:alnum}"),
    ("google-oauth-token", "ya29.{80:alnum}"), ("google-refresh-token", "1//0{80:alnum}"),
    ("alibaba-key", "LTAI{20:alnum}"), ("tencent-key", "AKID{32:alnum}"), ("yandex-key", "AQVN{36:alnum}"),
    ("azure-storage-key", "AccountKey={86:alnum}=="), ("azure-client-secret", "{3:alnum}8Q~{34:alnum}"),
    ("azure-devops-token", "{76:alnum}AZDO{4:alnum}"), ("azure-sas", "https://a.example.net/b?sv=1&sig={43:alnum}%3D"),
    ("digitalocean-token", "dop_v1_{64:hex}"), ("docker-token", "dckr_pat_{27:alnum}"),
    ("vault-token", "hvs.{90:alnum}"), ("vault-token", "hvb.{120:alnum}"), ("shopify-token", "shpat_{32:hex}"),
    ("age-key", "AGE-SECRET-KEY-1{58:upper}"), ("huggingface-token", "hf_{34:alnum}"), ("npm-token", "npm_{36:alnum}"),
    ("npm-token", "//registry.example.org/:_authToken={36:alnum}"), ("pypi-token", "pypi-AgEIcHlwaS5vcmc{90:alnum}"),
    ("rubygems-key", "rubygems_{48:hex}"), ("crates-token", "cio{32:alnum}"), ("nuget-key", "oy2{43:lower}"),
    ("clojars-token", "CLOJARS_{60:hex}"), ("artifactory-key", "AKCp{69:alnum}"),
    ("jwt", "eyJ{33:alnum}.eyJ{60:alnum}.{43:alnum}"), ("groq-key", "gsk_{52:alnum}"), ("xai-key", "xai-{80:alnum}"),
    ("perplexity-key", "pplx-{48:alnum}"), ("replicate-token", "r8_{37:alnum}"), ("cerebras-key", "csk-{48:lower}"),
    ("nvidia-key", "nvapi-{64:alnum}"), ("tavily-key", "tvly-{32:alnum}"),
    ("langsmith-key", "lsv2_pt_{32:hex}_{10:hex}"), ("langfuse-key", f"sk-lf-{UUID}"),
    ("pinecone-key", "pcsk_{5:alnum}_{63:alnum}"), ("databricks-token", "dapi{32:hex}"), ("supabase-key", "sbp_{40:hex}"),
    ("supabase-key", "sb_secret_{31:alnum}"), ("planetscale-key", "pscale_tkn_{43:alnum}"), ("neon-key", "napi_{64:lower}"),
    ("mongodb-atlas-secret", "mdb_sa_sk_{40:alnum}"), ("linear-key", "lin_api_{40:alnum}"),
    ("notion-token", "ntn_{46:alnum}"), ("notion-token", "secret_{43:alnum}"), ("figma-token", "figd_{40:alnum}"),
    ("airtable-token", "pat{14:alnum}.{64:hex}"), ("atlassian-token", "ATATT3xFfGF0{180:alnum}"),
    ("bitbucket-token", "ATBB{24:alnum}0A1B2C3D"), ("cloudflare-origin-key", "v1.0-{24:hex}-{146:hex}"),
    ("fly-token", "FlyV1 fm2_{100:base64}"), ("heroku-key", "HRKU-AA{58:alnum}"), ("netlify-token", "nfp_{36:alnum}"),
    ("vercel-token", "vercel_blob_rw_{16:alnum}_{30:alnum}"), ("render-key", "rnd_{28:alnum}"),
    ("tailscale-key", "tskey-auth-k{11:alnum}-{32:alnum}"), ("newrelic-key", "NRAK-{27:upper}"),
    ("newrelic-license", "{36:hex}NRAL"), ("grafana-token", "glsa_{32:alnum}_{8:hex}"),
    ("grafana-token", "glc_eyJ{80:alnum}"), ("sentry-token", "sntryu_{64:hex}"), ("sentry-token", "sntrys_eyJ{90:alnum}"),
    ("dynatrace-token", "dt0c01.{24:base32}.{64:base32}"), ("honeycomb-key", "hcaik_{58:lower}"),
    ("posthog-key", "phx_{43:alnum}"), ("launchdarkly-key", f"sdk-{UUID}"), ("doppler-token", "dp.pt.{43:alnum}"),
    ("onepassword-token", "ops_eyJ{260:alnum}"), ("infracost-key", "ico-{32:alnum}"), ("pulumi-token", "pul-{40:hex}"),
    ("prefect-key", "pnu_{36:alnum}"), ("dbt-token", "dbtc_{38:alnum}"), ("postman-key", "PMAK-{24:hex}-{34:hex}"),
    ("readme-key", "rdme_{70:lower}"), ("brevo-key", "xkeysib-{64:hex}-{16:alnum}"),
    ("sendgrid-key", "SG.{22:alnum}.{43:alnum}"), ("mailgun-key", "key-{32:hex}"), ("mailchimp-key", "{32:hex}-us12"),
    ("resend-key", "re_{8:alnum}_{24:alnum}"), ("twilio-key", "SK{32:hex}"), ("square-token", "EAAA{60:alnum}"),
    ("square-token", "sq0csp-{43:alnum}"), ("braintree-token", "access_token$production${16:lower}${32:hex}"),
    ("plaid-token", f"access-production-{UUID}"), ("flutterwave-key", "FLWSECK-{32:hex}-X"),
    ("easypost-key", "EZAK{54:hex}"), ("shippo-token", "shippo_live_{40:hex}"), ("duffel-token", "duffel_live_{43:alnum}"),
    ("frameio-token", "fio-u-{64:alnum}"), ("contentful-token", "CFPAT-{43:alnum}"),
    ("mapbox-key", "sk.eyJ{60:alnum}.{22:alnum}"), ("maxmind-key", "{6:alnum}_{29:alnum}_mmk"),
    ("sourcegraph-token", "sgp_{16:hex}_{40:hex}"), ("sonar-token", "squ_{40:hex}"), ("buildkite-token", "bkua_{40:hex}"),
    ("circleci-token", "CCIPAT_{22:alnum}_{40:hex}"), ("octopus-key", "API-{26:upper}"),
    ("harness-token", "pat.{22:alnum}.{24:hex}.{20:alnum}"), ("openshift-token", "sha256~{43:alnum}"),
    ("rancher-token", "token-{5:lower}:{54:lower}"), ("intra-secret", "s-s4t2ud-{64:hex}"),
    ("scalingo-token", "tk-us-{48:alnum}"), ("typeform-token", "tfp_{44:alnum}"),
    ("terraform-token", "{14:alnum}.atlasv1.{67:alnum}"), ("wireguard-key", "PrivateKey = {43:base64}="),
    ("authorization", "Authorization: Bearer {40:alnum}"), ("authorization", "curl -H 'Authorization: Basic {32:alnum}=='"),
    ("password", "postgres://shop:{16:alnum}@db.example.org/shop"), ("cookie", "Set-Cookie: session={40:alnum}; Path=/"),
    ("netrc-password", "machine api.example.org login me password {16:alnum}"),
    ("private-key", "-----BEGIN OPENSSH PRIVATE KEY-----\n{64:base64}\n{64:base64}\n-----END OPENSSH PRIVATE KEY-----"),
    ("private-key", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{64:base64}\n-----END PGP PRIVATE KEY BLOCK-----"),
    ("private-key", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\n{48:base64}\n"),
)  # fmt: skip

ASSIGNED: tuple[tuple[str, str], ...] = (
    ("password", "DB_PASSWORD=hunter2!x"), ("password", "  password: {12:alnum}0a1b"), ("password", 'password = "{16:alnum}0a1b"'),
    ("password", "mysql --password={12:alnum}0a1b shop"), ("password", "curl -u me:{12:alnum}0a1b https://example.org"),
    ("password", "sshpass -p {12:alnum}0a1b ssh host"), ("password", '{"user": "me", "passwd": "{16:alnum}0a1b"}'),
    ("key", "API_KEY: {32:hex}0a1b"), ("key", 'apiKey: "{32:alnum}0a1b"'), ("key", "export SERVICE_API_KEY={40:hex}0a1b"),
    ("key", "aws_secret_access_key = A{35:base64}0a1b"), ("key", "tool --api-key {32:alnum}0a1b run"),
    ("token", "token={40:hex}0a1b"), ("token", '"access_token":"{40:alnum}0a1b"'), ("token", "os.environ['TOKEN'] = '{32:alnum}0a1b'"),
    ("secret", "client_secret: {32:alnum}0a1b"), ("secret", 'CLIENT_SECRET="{40:alnum}0a1b"'),
)  # fmt: skip
"""Values that tell nothing by themselves, beside the name that does. The end makes sure of digits among letters."""

_PLAIN = (
    '_START = b"-----BEGIN OPENSSH PRIVATE KEY-----"\nx = "a-b"',
    "token: str | None = None", "password = get_password(user)", "api_key=os.environ['API_KEY_V2']", "self.token = self._token2",
    "PASSWORD=${DB_PASSWORD}", "password: $2", "api_key: ${API_KEY:-none}", "token = base64Encode(x)", "secret: tls-cert-7f8d9c",
    "nextPageToken: CAESBgoEMTIzNAa1b2c3d4e5f6", "max_tokens: 4096", "tokens: 12k", "public_key: a1b2c3d4e5f6a7b8c9d0e1f2",
    "password: password123", "password=changeme1", "the token is 12 characters", "cache_key: 9f8e7d6c5b4a39281706f5e4d3c2b1a0",
    "primary key 1a2b3c4d5e6f7a8b", "key: linux-deps-1a2b3c4d5e6f7a8b", "secret/data/shop/v2/db1", "Bearer ${TOKEN}",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "sk-your-api-key-goes-here-123", "AKIAIOSFODNN7EXAMPLE", "AKIAEXAMPLE",
    "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx", "Authorization: Bearer YOUR_API_KEY", "Authorization: Bearer $TOKEN", "hf_...",
    "xoxb-your-token-here", "https://example.org:8080/a@b", "https://user@example.org/x", "git@github.com:me/shop.git",
    "ssh://git@example.org:22/shop.git", "postgres://localhost:5432/shop", "postgres://${USER}:${PASS}@db/shop",
    "arn:aws:iam::123456789012:role/deploy-1", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbC12d",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJc0Jb3Yh5Zp1m2n3o4p5q6r7s8t9u0v1w2x3y4z5A6B me@example.org",
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----",
    "-----BEGIN CERTIFICATE-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END CERTIFICATE-----",
    "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq", "pk_live_51H8abcDEFghiJKLmnoPQRst",
    "AC0123456789abcdef0123456789abcdef", "npm_config_registry=https://example.org", "hvac.control.system.of.building.12",
    "desk-top-task-force-1234567890abcdef", "re_match_groups_and_other_things_of_1", "SG.UTF-8", "token-ring:network",
    "gh_page_of_the_project_with_number_1234567890", "pattern.of.names.1234567890", "sqlalchemy_migrate_revision_40_characters",
    "machine learning login page password reset", "Set-Cookie: theme=dark; Path=/", "sdk-tools-linux-4333796-and-others",
    "key-value-store-of-the-project-v12", "API-Gateway-Version-2024-for-everyone", "MTA-STS.example.org.policy",
)  # fmt: skip


def secrets(seed: int = 0, each: int = 3) -> Iterator[tuple[str, str, str]]:
    """`(kind, text, the part that must not be left)`, `each` times for every format."""
    rng = random.Random(seed)
    for kind, form in (*FORMATS, *ASSIGNED):
        for _ in range(each):
            filled = _filled(form, rng)
            yield kind, filled.text, filled.longest


def innocent(seed: int = 0, each: int = 3) -> Iterator[str]:
    """What must stay: plain texts, ids and hashes, and each format cut short, with other letters, or as a placeholder."""
    rng = random.Random(seed)
    yield from _PLAIN
    for _ in range(each * 20):
        yield from _hashes_and_ids(rng)
    for _, form in FORMATS:
        if not re.match(r"(?!sk-ant)[\w.-]+\{", form) or form.count("{") > 1:
            continue
        prefix, count, _ = re.split(r"[{:]", form.split("}")[0])
        for _ in range(each):
            yield f"{prefix}{_random(rng, int(count) // 3, 'lower')[:12]}"  # too short
        yield f"{prefix}<your-token>"
        yield f"${{{prefix.strip('-_.')}_TOKEN}}"
        yield f"{prefix}{'x' * int(count)}"


class _Filled:
    def __init__(self, text: str, longest: str) -> None:
        self.text, self.longest = text, longest


def _filled(form: str, rng: random.Random) -> _Filled:
    parts = re.split(r"\{(\d+:\w+)\}", form)
    made = [_random(rng, int(each.split(":")[0]), each.split(":")[1]) for each in parts[1::2]]
    text = "".join(a + b for a, b in zip(parts[::2], [*made, ""], strict=True))
    return _Filled(text, max(made, key=len) if made else text.partition("=")[2])


def _random(rng: random.Random, count: int, alphabet: str) -> str:
    """Always with a digit in the middle: what a generator makes has one nearly always."""
    letters = [rng.choice(ALPHABETS[alphabet]) for _ in range(count)]
    if count > 4:
        letters[count // 2] = rng.choice("234567")
    return "".join(letters)


def _hashes_and_ids(rng: random.Random) -> Iterator[str]:
    data = rng.randbytes(32)
    yield f"commit {hashlib.sha1(data).hexdigest()}"
    yield f'"integrity": "sha512-{base64.b64encode(hashlib.sha512(data).digest()).decode()}"'
    yield f"  resolved https://registry.example.org/pkg/-/pkg-1.2.3.tgz#{hashlib.sha1(data).hexdigest()}"
    yield f"requests==2.32.3 --hash=sha256:{hashlib.sha256(data).hexdigest()}"
    yield f"golang.org/x/net v0.33.0 h1:{base64.b64encode(data).decode()}"
    yield f"image: shop@sha256:{hashlib.sha256(data).hexdigest()}"
    yield f"id: {uuid.UUID(bytes=data[:16])}"
    yield f"token: {uuid.UUID(bytes=data[:16])}"
    yield f"index {data[:4].hex()}..{data[4:8].hex()} 100644"
    yield f'ETag: "{hashlib.md5(data).hexdigest()}"'
    yield f"data:image/png;base64,{base64.b64encode(rng.randbytes(900)).decode()}"
