"""Which texts name something of their turn, and which would be as true of any other."""

import pytest

from hone.changes.rules.vague import vague

TURN = {
    "e1": "deploy the shop to staging please, and check that the service is healthy",
    "e2": "shell: npm run build",
    "e3": "exit 1\nError: NODE_ENV is not set, refusing to build\n    at scripts/build.mjs:14:9",
    "e4": "shell: NODE_ENV=production npm run build",
    "e5": "exit 0\nwrote dist/app.js (41 kB)",
    "e6": "shell: ./deploy.sh staging",
    "e7": "exit 1\nERROR: pending migration 0007_orders, run `npm run migrate` first",
    "e8": "shell: npm run migrate && ./deploy.sh staging",
    "e9": "exit 7\ncurl: (7) Failed to connect to localhost port 8431: Connection refused",
    "e10": "shell: curl -sf http://localhost:8431/health",
    "e11": "exit 22\ncurl: (22) The requested URL returned error: 404",
    "e12": "shell: curl -sf http://localhost:8431/healthz",
    "e13": 'exit 0\n{"status": "ok", "version": "2.4.1"}',
    "e14": "no, always use pnpm in this repository and never force-push to main",
    "e15": "edit: src/orders/OrderService.ts\nretry_limit: 30s",
    "e16": "shell: pytest -x tests/test_api.py\nE   fixture 'redis_server' not found\nImportError: cannot import name 'EventLoop'",
    "e17": "shell: docker compose up -d\npermission denied while trying to connect to the Docker daemon socket",
}


@pytest.mark.parametrize(
    "text",
    [
        "Check that everything works",
        "Be careful with the configuration",
        "Make sure the service is healthy",
        "Always verify the results before you continue",
        "Test the changes thoroughly",
        "Read the documentation first",
        "Follow best practices for error handling",
        "If something fails, try again",
        "Handle errors appropriately",
        "Double-check the output for mistakes",
        "Ensure all dependencies are up-to-date",
        "Understand the problem before making changes",
        "Look at the logs when there is an error",
        "Keep the code clean and simple",
        "Use the right tool for the task",
        "Remember to save your work",
        "Verify that the deployment was successful",
        "Run the tests to confirm that nothing is broken",
        "Review the code for possible issues",
        "Some commands may take a long time",
        "Be patient: the build can be slow",
        "Set the configuration values correctly",
        "The environment must be set up properly",
        "Check the status of the server after the deployment",
        "Pay attention to the order of the steps",
        "Watch out for unexpected behaviour",
        "Do not forget to update the project",
        "Make a plan and work step by step",
        "Use appropriate flags and options",
        "The API might return errors",
        "Make sure that the URL is correct",
        "Wait until the service is ready",
        "NEVER skip verification",
        "Be careful with docker",
        "Take care when you use git and curl",
        "Set DATABASE_URL in /etc/shop/production.env",  # specific, and nothing of this turn
        "Use `kubectl rollout status` to follow it",
        "Port 9000 must be open",
        "e.g. check the values, i.e. the settings",
        "...",
    ],
)
def test_what_would_be_true_of_any_turn_is_vague(text: str) -> None:
    assert vague((text,), TURN) == (text,)


@pytest.mark.parametrize(
    "text",
    [
        "Health check is at /healthz, not /health",
        "Set NODE_ENV=production before npm run build",
        "The first connection is refused: retry once",
        "Migrations must run before the deploy",
        "Run `npm run migrate` first",
        "Run ./deploy.sh staging",
        "Build with npm run build",
        "The server listens on port 8431",
        "NODE_ENV must be set",
        "Look for dist/app.js after the build",
        "A 404 from the check means that the path is wrong",
        "Use pnpm, not npm",
        "Never force-push to main",
        "OrderService is in src/orders",
        "The limit for retries is 30s",
        "Expect version 2.4.1",
        "Run pytest -x on one file at a time",
        "The redis_server fixture is missing: start it by hand",
        "EventLoop moved to another module",
        "Connect to the Docker daemon only with the right permission",
        "Use curl -sf so that a bad status is a failure",
        "scripts/build.mjs refuses without an environment",
        "Pending migrations stop the deployment",
        "Migrate, then deploy",
        'Look for "status" in the answer',
        "Call `/healthz` on localhost",
        "If curl says exit 7, the server is not up yet",
        "Start everything with docker compose up -d",
        "0007_orders is the migration that must run",
        "Wait for port 8431 and try again",
        "Be careful with port 8431: the first connection is refused",
        "The build needs an environment variable, NODE_ENV",
        "retry_limit=30s is enough",
        "deploy.sh takes the name of the environment",
        "Pass (NODE_ENV) to the build",
    ],
)
def test_what_names_something_of_the_turn_is_not(text: str) -> None:
    assert vague((text,), TURN) == ()


def test_of_several_texts_the_vague_ones_are_named_in_order() -> None:
    texts = ("Check the results", "Run ./deploy.sh", "Be careful")
    assert vague(texts, TURN) == ("Check the results", "Be careful")


def test_where_nothing_is_known_of_the_turn_nothing_is_vague() -> None:
    assert vague(("Check that everything works",), {}) == ()


def test_a_word_of_the_turn_counts_only_where_a_word_begins() -> None:
    assert vague(("Ask Pam",), {"e1": "the spam filter"}) == ("Ask Pam",)


def test_a_short_word_counts_only_whole() -> None:
    assert vague(("Say ham",), {"e1": "hamster"}) == ("Say ham",)
    assert vague(("Say ham",), {"e1": "hamster, ham"}) == ()
