"""What friction finds in realistic traces, and what it must not find: (command, exit code, output) a line."""

import pytest
from tests.learning.traces import Did, edit, found, refused, shell, tool

Case = tuple[list[Did], list[str]]
NODE_ENV = "> shop@1.0.0 build\n> node build.js\n\nbuild.js:3\nError: NODE_ENV must be set to production\n    at build.js:3:9"
NPM_404 = "npm ERR! code E404\nnpm ERR! 404 Not Found - GET https://registry.example/left-padd\nnpm ERR! A complete log of this run can be found in: x"
REFUSED = "curl: (7) Failed to connect to localhost port 8080 after 0 ms: Connection refused"
NOT_FOUND = "curl: (22) The requested URL returned error: 404"
RED = "def test_total():\n>       assert total([1]) == 2\nE       assert 1 == 2\n\nFAILED tests/test_cart.py::test_total - assert 1 == 2\n=== 1 failed in 0.02s ==="
NO_MODULE = "Traceback (most recent call last):\n  File \"app.py\", line 1, in <module>\n    import flask\nModuleNotFoundError: No module named 'flask'"
NO_DB = 'psycopg2.OperationalError: connection to server at "localhost", port 5432 failed: FATAL: database "shop" does not exist'

FIXES: dict[str, Case] = {
    "a variable was missing": (
        [("npm run build", 1, NODE_ENV), "cat build.js", ("NODE_ENV=production npm run build", 0, "built")],
        ["fix: npm run build => NODE_ENV=production npm run build"],
    ),
    "a variable exported in the line": (
        [("npm run build", 1, NODE_ENV), ("export NODE_ENV=production && npm run build", 0, "built")],
        ["fix: npm run build => export NODE_ENV=production && npm run build"],
    ),
    "another path of the same service": (
        [
            ("curl -sf localhost:8080/health", 22, NOT_FOUND),
            ("curl -sf localhost:8080/healthz", 0, '{"ok": true}'),
        ],
        ["fix: curl -sf localhost:8080/health => curl -sf localhost:8080/healthz"],
    ),
    "an error page without an exit code": (
        [
            (
                "curl -s http://127.0.0.1:8080/health",
                0,
                "<!DOCTYPE HTML>\n<html><head><title>Error response</title></head>\n<p>Error code: 404</p></html>",
            ),
            ("curl -s http://127.0.0.1:8080/healthz", 0, "ok"),
        ],
        ["fix: curl -s http://127.0.0.1:8080/health => curl -s http://127.0.0.1:8080/healthz"],
    ),
    "a status line without an exit code": (
        [
            ("curl -i localhost:8080/v1/users", 0, "HTTP/1.1 404 Not Found\nContent-Length: 0\n"),
            ("curl -i localhost:8080/v2/users", 0, "HTTP/1.1 200 OK\n\n[]"),
        ],
        ["fix: curl -i localhost:8080/v1/users => curl -i localhost:8080/v2/users"],
    ),
    "a status code that was asked for": (
        [
            ("curl -s -o /dev/null -w '%{http_code}' localhost:3000/users", 0, "404"),
            ("curl -s -o /dev/null -w '%{http_code}' localhost:3000/api/users", 0, "200"),
        ],
        [
            (
                "fix: curl -s -o /dev/null -w '%{http_code}' localhost:3000/users"
                " => curl -s -o /dev/null -w '%{http_code}' localhost:3000/api/users"
            )
        ],
    ),
    "a header was missing": (
        [
            (
                "curl -sf https://api.example.com/v1/jobs",
                22,
                "curl: (22) The requested URL returned error: 401",
            ),
            ("curl -sf -H 'Authorization: Bearer x' https://api.example.com/v1/jobs", 0, "[]"),
        ],
        [
            (
                "fix: curl -sf https://api.example.com/v1/jobs"
                " => curl -sf -H 'Authorization: Bearer x' https://api.example.com/v1/jobs"
            )
        ],
    ),
    "another method": (
        [
            ("curl -sf localhost:8080/jobs", 22, "curl: (22) The requested URL returned error: 405"),
            ("curl -sf -X POST localhost:8080/jobs", 0, "{}"),
        ],
        ["fix: curl -sf localhost:8080/jobs => curl -sf -X POST localhost:8080/jobs"],
    ),
    "another port": (
        [("curl -s localhost:8080/healthz", 7, REFUSED), ("curl -s localhost:9090/healthz", 0, "ok")],
        ["fix: curl -s localhost:8080/healthz => curl -s localhost:9090/healthz"],
    ),
    "the tool of hone for pages": (
        [
            tool(
                "web_fetch",
                ok=False,
                url="http://localhost:8080/health",
                text="http://localhost:8080/health (404)",
            ),
            tool(
                "web_fetch",
                url="http://localhost:8080/healthz",
                text="http://localhost:8080/healthz (200)\n\nok",
            ),
        ],
        ["fix: web_fetch http://localhost:8080/health => web_fetch http://localhost:8080/healthz"],
    ),
    "an option": (
        [
            ("pip install requests", 1, "error: externally-managed-environment"),
            ("pip install --break-system-packages requests", 0, "Successfully installed requests"),
        ],
        ["fix: pip install requests => pip install --break-system-packages requests"],
    ),
    "another installer": (
        [
            ("pip install -r requirements.txt", 1, "error: externally-managed-environment"),
            ("uv pip install -r requirements.txt", 0, "Installed 3 packages"),
        ],
        ["fix: pip install -r requirements.txt => uv pip install -r requirements.txt"],
    ),
    "another package manager": (
        [
            ("npm install", 1, "npm ERR! This project uses pnpm\nnpm ERR! A complete log of this run"),
            ("pnpm install", 0, "Done in 3s"),
        ],
        ["fix: npm install => pnpm install"],
    ),
    "an interpreter's other name": (
        [
            ("python manage.py migrate", 127, "bash: line 1: python: command not found"),
            ("python3 manage.py migrate", 0, "OK"),
        ],
        ["fix: python manage.py migrate => python3 manage.py migrate"],
    ),
    "the environment of the project": (
        [("pytest -q", 127, "bash: line 1: pytest: command not found"), ("uv run pytest -q", 0, "3 passed")],
        ["fix: pytest -q => uv run pytest -q"],
    ),
    "inside the container": (
        [
            ("pytest tests", 1, "E   could not connect to server: Name or service not known"),
            ("docker compose exec -T web pytest tests", 0, "12 passed"),
        ],
        ["fix: pytest tests => docker compose exec -T web pytest tests"],
    ),
    "a shell that was prepared": (
        [
            ("./manage.py check_all", 1, "ImportError: Couldn't import Django"),
            ("source .venv/bin/activate && ./manage.py check_all", 0, "ok"),
        ],
        ["fix: ./manage.py check_all => source .venv/bin/activate && ./manage.py check_all"],
    ),
    "another directory": (
        [
            ("npm run build", 254, "npm ERR! code ENOENT\nnpm ERR! enoent Could not read package.json"),
            ("cd frontend && npm run build", 0, "built"),
        ],
        ["fix: npm run build => cd frontend && npm run build"],
    ),
    "root's rights": (
        [
            ("docker ps", 1, "permission denied while trying to connect to the Docker daemon socket"),
            ("sudo docker ps", 0, "CONTAINER ID"),
        ],
        ["fix: docker ps => sudo docker ps"],
    ),
    "a missing argument": (
        [("./deploy.sh", 2, "usage: deploy.sh ENVIRONMENT"), ("./deploy.sh staging", 0, "deployed")],
        ["fix: ./deploy.sh => ./deploy.sh staging"],
    ),
    "a value that the error named": (
        [
            ("./deploy.sh prod", 2, "unknown environment prod: one of staging, production"),
            ("./deploy.sh production", 0, "deployed"),
        ],
        ["fix: ./deploy.sh prod => ./deploy.sh production"],
    ),
    "a script that is called otherwise": (
        [
            ("npm run test:unit", 1, 'npm ERR! Missing script: "test:unit"'),
            ("npm run test", 0, "5 passing"),
        ],
        ["fix: npm run test:unit => npm run test"],
    ),
    "a database on another port": (
        [
            ("psql -h localhost -p 5432 -c 'select 1'", 2, "psql: error: connection refused"),
            ("psql -h localhost -p 5433 -c 'select 1'", 0, "1"),
        ],
        ["fix: psql -h localhost -p 5432 -c 'select 1' => psql -h localhost -p 5433 -c 'select 1'"],
    ),
    "a namespace": (
        [
            (
                "kubectl logs deploy/shop",
                1,
                'Error from server (NotFound): deployments.apps "shop" not found',
            ),
            ("kubectl logs -n staging deploy/shop", 0, "listening"),
        ],
        ["fix: kubectl logs deploy/shop => kubectl logs -n staging deploy/shop"],
    ),
    "an ssh key": (
        [
            ("ssh deploy@web1 uptime", 255, "deploy@web1: Permission denied (publickey)."),
            ("ssh -i ~/.ssh/deploy deploy@web1 uptime", 0, "up 3 days"),
        ],
        ["fix: ssh deploy@web1 uptime => ssh -i ~/.ssh/deploy deploy@web1 uptime"],
    ),
    "an upstream": (
        [
            (
                "git push",
                128,
                "fatal: The current branch x has no upstream branch.\n    git push --set-upstream origin x",
            ),
            ("git push --set-upstream origin x", 0, "ok"),
        ],
        ["fix: git push => git push --set-upstream origin x"],
    ),
    "a version": (
        [
            ("pip install numpy==1.19", 1, "ERROR: No matching distribution found for numpy==1.19"),
            ("pip install numpy==1.26", 0, "Successfully installed numpy-1.26"),
        ],
        ["fix: pip install numpy==1.19 => pip install numpy==1.26"],
    ),
    "a library for the linker": (
        [
            (
                "gcc main.c -o main",
                1,
                "undefined reference to `sqrt'\ncollect2: error: ld returned 1 exit status",
            ),
            ("gcc main.c -o main -lm", 0),
        ],
        ["fix: gcc main.c -o main => gcc main.c -o main -lm"],
    ),
    "more time": (
        [
            shell("make release", 124, "[timed out after 120 s]"),
            shell("make release", 0, "released", timeout=900),
        ],
        ["fix: make release => make release (timeout 900 s)"],
    ),
    "a server in the background": (
        [
            shell("npm start", 124, "listening on 3000\n[timed out after 120 s]"),
            shell("npm start", 0, "[j1 is running]", background=True),
        ],
        ["fix: npm start => npm start (in the background)"],
    ),
    "a printed exit code": (
        [
            ("npm run build; echo exit=$?", 0, f"{NODE_ENV}\nexit=1"),
            ("NODE_ENV=production npm run build; echo exit=$?", 0, "built\nexit=0"),
        ],
        ["fix: npm run build => NODE_ENV=production npm run build"],
    ),
    "a pipe that hides the exit code": (
        [
            (
                "npm run build 2>&1 | tail -5",
                0,
                f"{NODE_ENV}\nnpm ERR! code ELIFECYCLE\nnpm ERR! A complete log of this run",
            ),
            ("NODE_ENV=production npm run build 2>&1 | tail -5", 0, "built in 2s"),
        ],
        ["fix: npm run build => NODE_ENV=production npm run build"],
    ),
    "the part of a chain": (
        [
            ("cd /srv/shop && npm ci && npm run build", 1, NODE_ENV),
            ("cd /srv/shop && NODE_ENV=production npm run build 2>&1 | tail -3", 0, "built"),
        ],
        ["fix: npm run build => cd /srv/shop && NODE_ENV=production npm run build"],
    ),
    "an edit that had nothing to do with it": (
        [("npm run build", 1, NODE_ENV), edit("notes.md"), ("NODE_ENV=production npm run build", 0, "built")],
        ["fix: npm run build => NODE_ENV=production npm run build"],
    ),
    "an argument of another tool": (
        [
            tool(
                "create_ticket", ok=False, queue="ops", due="11/30", title="x", text="due must be YYYY-MM-DD"
            ),
            tool("create_ticket", queue="ops", due="2026-11-30", title="x", text="T-1"),
        ],
        [
            (
                'fix: create_ticket {"queue":"ops","due":"11/30","title":"x"}'
                ' => create_ticket {"queue":"ops","due":"2026-11-30","title":"x"}'
            )
        ],
    ),
    "two attempts before it": (
        [
            ("curl -sf localhost:8080/health", 7, REFUSED),
            "sleep 2",
            ("curl -sf localhost:8080/health", 22, NOT_FOUND),
            ("curl -sf localhost:8080/healthz", 0, "ok"),
        ],
        ["fix: curl -sf localhost:8080/health => curl -sf localhost:8080/healthz"],
    ),
    "a parameter of a query": (
        [
            ("curl -sf localhost:8080/search", 22, "curl: (22) The requested URL returned error: 422"),
            ("curl -sf 'localhost:8080/search?q=tea'", 0, "[]"),
        ],
        ["fix: curl -sf localhost:8080/search => curl -sf 'localhost:8080/search?q=tea'"],
    ),
    "one argument too many": (
        [
            ("docker compose up -d db cache", 1, "no such service: cache"),
            ("docker compose up -d db", 0, "Started"),
        ],
        ["fix: docker compose up -d db cache => docker compose up -d db"],
    ),
    "the same file elsewhere": (
        [
            ("./load.sh shop.csv", 1, "shop.csv: No such file or directory"),
            ("./load.sh data/shop.csv", 0, "3 rows"),
        ],
        ["fix: ./load.sh shop.csv => ./load.sh data/shop.csv"],
    ),
    "the name of a table": (
        [
            ("sqlite3 shop.db 'select count(*) from user'", 1, "Error: no such table: user"),
            ("sqlite3 shop.db 'select count(*) from users'", 0, "3"),
        ],
        ["fix: sqlite3 shop.db 'select count(*) from user' => sqlite3 shop.db 'select count(*) from users'"],
    ),
    "an option that the tests do not know": (
        [
            ("pytest --cov tests", 4, "error: unrecognized arguments: --cov"),
            ("pytest tests", 0, "3 passed"),
        ],
        ["fix: pytest --cov tests => pytest tests"],
    ),
    "inside the pod": (
        [
            ("redis-cli ping", 1, "Could not connect to Redis"),
            ("kubectl exec -n prod pod/cache -- redis-cli ping", 0, "PONG"),
        ],
        ["fix: redis-cli ping => kubectl exec -n prod pod/cache -- redis-cli ping"],
    ),
    "the plugin instead of the old command": (
        [
            ("docker-compose -f dev.yml up -d", 127, "docker-compose: command not found"),
            ("docker compose -f dev.yml up -d", 0, "Started"),
        ],
        ["fix: docker-compose -f dev.yml up -d => docker compose -f dev.yml up -d"],
    ),
    "a page of a service, asked for by a script": (
        [
            ("./get http://127.0.0.1:41/health", 22, "HTTP 404\nthere are /healthz /version"),
            ("./get http://127.0.0.1:41/healthz", 0, "HTTP 200\nok"),
        ],
        ["fix: ./get http://127.0.0.1:41/health => ./get http://127.0.0.1:41/healthz"],
    ),
    "a retry that the error asked for": (
        [
            ("./get http://127.0.0.1:41/", 56, "get: closed the connection; --retry N tries again"),
            ("./get --retry 2 http://127.0.0.1:41/", 0, "HTTP 200"),
        ],
        ["fix: ./get http://127.0.0.1:41/ => ./get --retry 2 http://127.0.0.1:41/"],
    ),
    "a workspace of terraform": (
        [
            ("terraform apply -auto-approve", 1, "Error: No value for required variable region"),
            ("terraform apply -auto-approve -var region=eu", 0, "Apply complete!"),
        ],
        ["fix: terraform apply -auto-approve => terraform apply -auto-approve -var region=eu"],
    ),
}

PRECONDITIONS: dict[str, Case] = {
    "migrations before the deploy": (
        [
            ("./deploy.sh", 1, "deploy: pending migrations"),
            ("cat deploy.sh", 0, "..."),
            ("./migrate.sh", 0, "3 applied"),
            ("./deploy.sh", 0, "deployed"),
        ],
        ["precondition: ./deploy.sh needs ./migrate.sh"],
    ),
    "migrations in the same line": (
        [("./deploy.sh", 1, "deploy: pending migrations"), ("./migrate.sh && ./deploy.sh", 0, "deployed")],
        ["precondition: ./deploy.sh needs ./migrate.sh"],
    ),
    "a missing package": (
        [("python app.py", 1, NO_MODULE), ("pip install flask", 0, "ok"), ("python app.py", 0, "up")],
        ["precondition: python app.py needs pip install flask"],
    ),
    "two commands": (
        [
            ("pytest", 1, NO_DB),
            "docker compose up -d db",
            "createdb -h localhost shop",
            ("pytest", 0, "8 passed"),
        ],
        ["precondition: pytest needs docker compose up -d db && createdb -h localhost shop"],
    ),
    "a file to be copied": (
        [
            ("docker compose up -d", 1, "env file .env not found"),
            "cp .env.example .env",
            ("docker compose up -d", 0, "Started"),
        ],
        ["precondition: docker compose up -d needs cp .env.example .env"],
    ),
    "a server that was not started": (
        [
            ("curl -s localhost:3000/", 7, REFUSED),
            shell("npm start", 0, "[j1 is running]", background=True),
            ("curl -s localhost:3000/", 0, "<html>"),
        ],
        ["precondition: curl -s localhost:3000/ needs npm start &"],
    ),
    "a list of packages to be updated": (
        [
            ("apt-get install -y jq", 100, "E: Unable to locate package jq"),
            "apt-get update",
            ("apt-get install -y jq", 0, "ok"),
        ],
        ["precondition: apt-get install -y jq needs apt-get update"],
    ),
    "a workspace to be initialised": (
        [
            ("terraform apply", 1, "Error: Inconsistent dependency lock file\nrun: terraform init"),
            "terraform init",
            ("terraform apply", 0, "Apply complete!"),
        ],
        ["precondition: terraform apply needs terraform init"],
    ),
    "a login": (
        [
            ("docker push registry.example/shop:1", 1, "denied: requested access to the resource is denied"),
            "docker login registry.example",
            ("docker push registry.example/shop:1", 0, "pushed"),
        ],
        ["precondition: docker push registry.example/shop:1 needs docker login registry.example"],
    ),
    "the working directory": (
        [
            ("make deploy", 2, "make: *** No rule to make target 'deploy'.  Stop."),
            "cd infra",
            ("make deploy", 0, "deployed"),
        ],
        ["precondition: make deploy needs cd infra"],
    ),
    "what generates code": (
        [
            ("cargo build", 101, "error: couldn't read src/proto.rs\nerror: could not compile `shop`"),
            "make proto",
            ("cargo build", 0, "Finished"),
        ],
        ["precondition: cargo build needs make proto"],
    ),
    "a service": (
        [
            ("psql -c 'select 1'", 2, "psql: error: could not connect to server: Connection refused"),
            "sudo systemctl start postgresql",
            ("psql -c 'select 1'", 0, "1"),
        ],
        ["precondition: psql -c 'select 1' needs sudo systemctl start postgresql"],
    ),
}

NO_METHOD: dict[str, Case] = {
    "a server that needs a moment": (
        [("curl -s localhost:8080/healthz", 7, REFUSED), ("curl -s localhost:8080/healthz", 0, "ok")],
        ["warm_up: curl -s localhost:8080/healthz"],
    ),
    "a server that needs a moment and is looked at": (
        [
            ("curl -s localhost:8080/healthz", 7, REFUSED),
            ("docker logs shop", 0, "starting"),
            "sleep 3 && docker ps",
            ("sleep 1; curl -s -v localhost:8080/healthz", 0, "ok"),
        ],
        ["warm_up: curl -s localhost:8080/healthz => curl -s -v localhost:8080/healthz"],
    ),
    "a server that is waited for in a loop": (
        [
            ("curl -sf localhost:8080/healthz", 7, REFUSED),
            ("for i in 1 2 3; do curl -sf localhost:8080/healthz && break; sleep 1; done", 0, "ok"),
        ],
        ["warm_up: curl -sf localhost:8080/healthz"],
    ),
    "unrelated work while waiting": (
        [
            ("curl -s localhost:8080/healthz", 7, REFUSED),
            "mkdir -p build/notes",
            ("curl -s localhost:8080/healthz", 0, "ok"),
        ],
        ["warm_up: curl -s localhost:8080/healthz"],
    ),
    "a flaky test": ([("pytest -q", 1, RED), ("pytest", 0, "1 passed")], ["warm_up: pytest -q => pytest"]),
    "given up": ([("./deploy.sh", 1, "boom"), "ls"], ["dead_end: ./deploy.sh"]),
    "never resolved by something else": (
        [("make release", 2, "make: *** [release] Error 1"), ("make docs", 0, "ok")],
        ["dead_end: make release"],
    ),
    "lines that break off": (
        [("make &&", 2, "unexpected end of file"), ("./x.sh |", 2, "unexpected end of file")],
        ["dead_end: make", "dead_end: ./x.sh"],
    ),
    "a line that only prepares": ([("./x.sh", 1, "boom"), "export X=x.sh"], ["dead_end: ./x.sh"]),
    "the same twice in a line": ([("./x.sh && ./x.sh", 1, "boom")], ["dead_end: ./x.sh"]),
    "a limit that was met once": (
        [shell("make", 124, "[timed out after 120 s]"), "make"],
        ["warm_up: make"],
    ),
    "the same three times": (
        [("make", 2, "cc: not found")] * 3,
        ["in_vain: make"],
    ),
    "the same three times, then another way": (
        [*[("npm run build", 1, NODE_ENV)] * 3, ("NODE_ENV=production npm run build", 0, "built")],
        ["in_vain: npm run build", "fix: npm run build => NODE_ENV=production npm run build"],
    ),
    "three times with changes": (
        [
            ("make", 2, "x.c:1: error: a"),
            edit(),
            ("make", 2, "x.c:2: error: b"),
            edit(),
            ("make", 2, "x.c: error: c"),
        ],
        ["dead_end: make"],
    ),
    "a host that answers no more": (
        [("ssh web1 uptime", 255, "ssh: connect to host web1: timed out"), ("ssh web2 uptime", 0, "up")],
        ["dead_end: ssh web1 uptime"],
    ),
    "fewer tests": (
        [
            ("pytest", 1, RED),
            ("pytest tests/test_other.py", 0, "2 passed"),
            ("pytest -k other", 0, "2 passed"),
        ],
        ["dead_end: pytest"],
    ),
    "help": (
        [("./deploy.sh", 2, "missing ENV"), ("./deploy.sh --help", 0, "usage")],
        ["dead_end: ./deploy.sh"],
    ),
    "success that a pipe may hide": (
        [
            ("npm run build", 1, NODE_ENV),
            ("NODE_ENV=prod npm run build 2>&1 | tail -2", 0, "Error: NODE_ENV must be production"),
        ],
        ["dead_end: npm run build"],
    ),
    "another thing at the same service": (
        [
            ("curl -sf localhost:8080/users/1", 22, NOT_FOUND),
            ("curl -sf localhost:8080/users/2", 0, "{}"),
            ("curl -sf localhost:8080/orders", 0, "[]"),
        ],
        ["dead_end: curl -sf localhost:8080/users/1"],
    ),
    "another query": (
        [
            ("curl -sf 'localhost:8080/search?q=tea'", 22, NOT_FOUND),
            ("curl -sf 'localhost:8080/search?q=milk'", 0, "[]"),
        ],
        ["dead_end: curl -sf 'localhost:8080/search?q=tea'"],
    ),
    "an address that only running it would tell": (
        [
            ('curl -sf "$SHOP/health"', 22, NOT_FOUND),
            ('curl -sf "$OTHER/health"', 0, "ok"),
            ("curl -sf localhost:port/health", 0, "ok"),
        ],
        ['dead_end: curl -sf "$SHOP/health"'],
    ),
    "another host": (
        [("curl -sf a.example.com/", 22, NOT_FOUND), ("curl -sf b.example.com/", 0, "ok")],
        ["dead_end: curl -sf a.example.com/"],
    ),
    "another method on another path": (
        [("curl -sf localhost:80/jobs", 22, NOT_FOUND), ("curl -sf -d x=1 localhost:80/job", 0, "ok")],
        ["dead_end: curl -sf localhost:80/jobs"],
    ),
    "another page, asked for by a script": (
        [
            ("./get http://127.0.0.1:41/users", 22, "HTTP 404"),
            ("./get http://127.0.0.1:41/orders", 0, "HTTP 200"),
            ("./get http://127.0.0.1:port/users", 0, "HTTP 200"),
        ],
        ["dead_end: ./get http://127.0.0.1:41/users"],
    ),
    "other targets": (
        [
            ("./sync.sh shop", 1, "host is down"),
            ("./sync.sh invoices letters", 0),
            ("./sync.sh invoices", 0),
            ("./sync.sh a b c shop", 0),
            ("./sync.sh shop extra", 0),
        ],
        ["dead_end: ./sync.sh shop"],
    ),
    "another lookup": (
        [
            tool("book", ok=False, room="blue", day="2026-11-30", text="taken"),
            tool("book", room="green hall", day="2026-12-01", text="ok"),
        ],
        ['dead_end: book {"room":"blue","day":"2026-11-30"}'],
    ),
}

NOTHING: dict[str, list[Did]] = {
    "red, edit, green": [("pytest", 1, RED), edit(), ("pytest", 0, "1 passed")],
    "red, edit, green, narrowed": [
        ("pytest", 1, RED),
        edit(),
        ("pytest tests/test_cart.py", 0, "1 passed"),
        ("pytest", 0, "1 passed"),
    ],
    "red, sed, green": [("npm test", 1, "1 failing"), "sed -i s/a/b/ src/a.js", ("npm test", 0, "ok")],
    "red, sed and green in a line": [
        ("go test ./...", 1, "FAIL"),
        ("sed -i s/a/b/ a.go && go test ./...", 0, "ok"),
    ],
    "red, tee, green": [("make test", 2, "FAIL"), "echo 1 | tee src/v.txt", ("make test", 0, "ok")],
    "red, redirect, green": [
        ("python app.py", 1, NO_MODULE),
        ("cat > app.py <<'EOF'\nimport os && true\nEOF", 0),
        ("python app.py", 0, "ok"),
    ],
    "red, patch, green": [("cargo test", 101, "test failed"), "git apply fix.patch", ("cargo test", 0, "ok")],
    "red, script that edits, green": [
        ("pytest", 1, RED),
        ("python3 - <<'EOF'\nopen('a.py', 'w').write('x')\nEOF", 0),
        ("pytest", 0, "ok"),
    ],
    "red, moved, green": [("pytest", 1, RED), "mv a.py b.py", ("pytest", 0, "ok")],
    "red, copied code, green": [("pytest", 1, RED), "cp good.py app.py", ("pytest", 0, "ok")],
    "a test that was removed": [("pytest", 1, RED), "rm tests/test_old.py", ("pytest", 0, "ok")],
    "red, checkout, green": [("pytest", 1, RED), "git checkout main -- src", ("pytest", 0, "ok")],
    "a compiler error, repaired": [
        ("cargo build", 101, "error[E0308]: mismatched types\nerror: could not compile `x`"),
        edit("src/main.rs"),
        ("cargo build --release", 0, "Finished"),
    ],
    "a linter that repairs": [
        ("ruff check src", 1, "F401"),
        ("ruff check --fix src", 0, "Fixed"),
        ("ruff check src", 0),
    ],
    "a formatter": [("cargo fmt --check", 1, "Diff"), "cargo fmt", ("cargo fmt --check", 0)],
    "a script, repaired": [
        ("bash run.sh", 1, "run.sh: line 3: syntax error"),
        edit("run.sh"),
        ("bash run.sh", 0),
    ],
    "a push after a pull": [
        ("git push", 1, "! [rejected] main -> main (fetch first)"),
        "git pull --rebase",
        ("git push", 0, "ok"),
    ],
    "a commit after an add": [
        ("git commit -m x", 1, "nothing added to commit"),
        "git add .",
        "git commit -m x",
    ],
    "grep without a match": [("grep -rn TODO src", 1), ("grep -rni todo src", 0, "src/a.py:1")],
    "grep at the end of a pipe": [("npm test | grep failing", 1), ("npm test | grep passing", 0, "3")],
    "files that differ": [("diff a b", 1, "1c1"), ("diff a c", 0)],
    "a dirty tree": [("git diff --exit-code", 1, "diff --git"), ("git diff --exit-code", 0)],
    "bytes that differ": [("cmp a b", 1, "differ: byte 1"), ("cmp a a", 0)],
    "a test of a file": [("test -f .env", 1), ("[ -d dist ]", 1), ("[[ -n $X ]]", 1)],
    "no such process": [("pgrep -f server", 1), ("pkill -f server", 1), ("lsof -i :8080", 1)],
    "a program that is absent": [("which pnpm", 1), ("command -v yarn", 1), ("which npm", 0, "/usr/bin/npm")],
    "a service that is off": [
        ("systemctl is-active nginx", 3, "inactive"),
        ("systemctl status nginx", 3, "dead"),
    ],
    "looking for a directory": [("ls nofile", 2, "No such file"), ("ls", 0, "src")],
    "looking for a file": [("cat a.txt", 1, "No such file"), ("cat b.txt", 0, "hi")],
    "a slip in a path": [("cat src/mian.py", 1, "No such file"), ("cat src/main.py", 0, "x")],
    "a directory that is there": [("mkdir build", 1, "File exists"), ("mkdir -p build", 0)],
    "a file that is not there to be read": [
        tool("read", ok=False, path="src/mian.py", text="src/mian.py does not exist"),
        tool("read", path="src/main.py"),
    ],
    "an edit that missed": [
        tool("edit", ok=False, path="a.py", text="a.py: old is not in the file"),
        edit("a.py"),
    ],
    "arguments that were not understood": [
        tool("shell", ok=False, ran=False, text="the arguments were not understood", cmd="ls"),
        "ls",
    ],
    "a tool that does not exist": [tool("bash", ok=False, ran=False, text="no tool named 'bash'"), "ls"],
    "a refusal": [refused("rm -rf dist"), refused("rm -rf ./dist"), "npm run build"],
    "a refusal, then an allowed way": [refused("git push --force"), "git push"],
    "the sandbox": [
        ("pip install --user x", 1, "[sandbox: writes outside the workspace are not permitted]"),
        ("pip install --target lib x", 0),
    ],
    "a command that was lost": [
        tool(
            "shell",
            ok=False,
            command="make",
            text="[the command was lost: killed; the next one starts in /w]",
        ),
        ("make", 0),
    ],
    "stopped by hand": [("npm start", 130, "^C"), ("npm run start:prod", 0)],
    "a probe of a version": [("python --version", 127, "not found"), ("python3 --version", 0, "3.12")],
    "errors in a log": [
        ("tail -5 app.log", 0, "Traceback (most recent call last):\nValueError: x"),
        ("tail app.log", 0),
    ],
    "errors in words only": [
        ("npm run build 2>&1 | tail -3", 0, "0 errors, error handling built"),
        "npm run build",
    ],
    "an exit code that went elsewhere": [("make; echo $? > code", 0, "ok"), "make"],
    "a failure that is allowed": [
        ("rm -f x || true", 0),
        ("docker rm -f x || true", 0, "Error: No such container"),
    ],
    "a scratch script": [
        ("python -c 'import jso'", 1, "ModuleNotFoundError: No module named 'jso'"),
        ("python -c 'import json'", 0),
        edit(),
        "python -c 'import jso'",
    ],
    "a job that is watched": [
        tool("shell", ok=False, job="j1", text="[j1 has ended]\n[exit 1]") | {"exit": 1},
        tool("shell", job="j1", text="[nothing new]\n[j1 is running]"),
    ],
    "questions without calls": [],
}

TABLE = [
    *(
        (f"{kind}: {name}", *case)
        for kind, cases in (
            ("fix", FIXES),
            ("precondition", PRECONDITIONS),
            ("no method", NO_METHOD),
        )
        for name, case in cases.items()
    ),
    *((f"nothing: {name}", did, list[str]()) for name, did in NOTHING.items()),
]


@pytest.mark.parametrize(("did", "episodes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_trace_shows_these_episodes(did: list[Did], episodes: list[str]) -> None:
    assert found(*did) == episodes


SERVER = "http://127.0.0.1:41"
DEPLOYMENT: list[Did] = [
    tool("read", path="README.md"),
    ("./build", 1, "build: NODE_ENV must be production"),
    "cat ./build",
    ("NODE_ENV=production ./build", 0, "dist/app.json"),
    ("./deploy", 1, "deploy: the staging server refused the release: migrations are pending"),
    ("ls", 0, "build deploy get migrate"),
    ("./migrate", 0, "2 applied"),
    ("./deploy", 0, "deployed"),
    (
        f"./get {SERVER}/",
        56,
        "get: 127.0.0.1:41 closed the connection before it answered; --retry N tries again",
    ),
    (f"./get --retry 2 {SERVER}/", 0, "HTTP 200"),
    (f"./get {SERVER}/health", 22, "HTTP 404\nno /health here: there are / /healthz"),
    (f"./get {SERVER}/healthz", 0, "HTTP 200\nok"),
]


def test_a_deployment_that_finds_out_the_hard_way_shows_each_thing_once() -> None:
    assert found(*DEPLOYMENT) == [
        "fix: ./build => NODE_ENV=production ./build",
        "precondition: ./deploy needs ./migrate",
        f"fix: ./get {SERVER}/ => ./get --retry 2 {SERVER}/",
        f"fix: ./get {SERVER}/health => ./get {SERVER}/healthz",
    ]


def test_a_deployment_that_knows_shows_nothing() -> None:
    assert found(*(each for each in DEPLOYMENT if not (isinstance(each, tuple) and each[1]))) == []
