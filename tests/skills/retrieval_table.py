"""A library of the kind that hone writes, requests that must attach one of its skills, and requests that must attach none."""

from typing import NamedTuple


class Known(NamedTuple):
    name: str
    description: str
    when: str
    steps: tuple[str, ...]
    requests: tuple[str, ...]


KNOWN = (
    Known(
        "deploy-to-staging",
        "Deploy the web app to the staging server. Use when the app has to be deployed to staging or the staging release is broken.",
        "Deploying this app to the staging server.",
        (
            "Run `make migrate` first.",
            "Build with `NODE_ENV=production npm run build`.",
            "Run `./deploy.sh staging`.",
            "Check `curl -fsS http://staging:8080/healthz`.",
        ),
        (
            "deploy to staging again",
            "How do I deploy to staging?",
            "redeploy to staging",
            "Deploy the app to the staging server and check that it is healthy.",
            "Please ship the current version of the web app to staging, then tell me whether it is up.",
        ),
    ),
    Known(
        "release-python-package",
        "Release a new version of the Python package to the package index. Use when asked to publish, tag or release a version of the library.",
        "Publishing a new version of the Python package.",
        (
            "Bump the version in `pyproject.toml`.",
            "Run `python -m build`.",
            "Run `twine upload dist/*`.",
            "Tag with `git tag v1.2.3`.",
        ),
        (
            "release version 1.4.0 of the Python package",
            "publish version 2.0.1 of the library",
            "We need a new release of the library: bump it, tag it, publish it.",
        ),
    ),
    Known(
        "rotate-logs",
        "Rotate and compress the logs of the API server before the disk fills up. Use when the log directory is too large.",
        "The logs of the API server take too much disk space.",
        ("Run `logrotate -f /etc/logrotate.d/api`.", "Check `du -sh /var/log/api`."),
        (
            "rotate the logs of the api server",
            "The disk is nearly full of API logs, rotate and compress them.",
            "logs rotation on the API server please",
        ),
    ),
    Known(
        "restore-postgres-dump",
        "Restore a Postgres dump into the local database. Use when asked to load, import or restore a database backup.",
        "Loading a dump of the production database into the local Postgres.",
        ("Run `dropdb shop && createdb shop`.", "Run `pg_restore --no-owner -d shop dump.pgc`."),
        (
            "restore last night's postgres dump into my local database",
            "Import the Postgres backup dump.pgc locally",
            "load the database dump into local Postgres, please",
        ),
    ),
    Known(
        "renew-tls-certificate",
        "Renew the TLS certificate of the shop's domain with certbot. Use when a certificate expires or is about to.",
        "The certificate of shop.example.com expires soon.",
        ("Run `certbot renew --cert-name shop.example.com`.", "Run `nginx -t && systemctl reload nginx`."),
        (
            "renew the tls certificate",
            "The certificate of shop.example.com expires in three days, renew it",
            "certbot renewal for the shop domain is due, can you do it?",
        ),
    ),
    Known(
        "generate-monthly-sales-report",
        "Generate the monthly sales report as a PDF from the orders database. Use when a sales report for a month is asked for.",
        "Making the sales report of a month.",
        ("Run `psql -f reports/sales.sql -v month=2026-10`.", "Run `python reports/render.py --pdf`."),
        (
            "generate the sales report for October",
            "Make the monthly sales report as pdf",
            "I need last month's sales report by noon",
        ),
    ),
    Known(
        "add-api-endpoint",
        "Add a new REST endpoint to the API with its schema, route and tests. Use when asked for a new endpoint or route of the API.",
        "Adding an endpoint to the REST API.",
        (
            "Add the schema to `api/schemas.py`.",
            "Register the route in `api/routes.py`.",
            "Run `pytest tests/api`.",
        ),
        (
            "add a new endpoint to the API that lists invoices",
            "We need a REST endpoint /orders/export, add it",
            "Add an API endpoint for deleting customers, with schema and tests",
        ),
    ),
    Known(
        "upgrade-django",
        "Upgrade Django to the next major version. Use when the Django version has to be raised or its deprecation warnings removed.",
        "Upgrading Django in this repository.",
        ("Run `python -Wd manage.py test`.", "Change `Django==` in `requirements.txt`."),
        (
            "upgrade django to 6.0",
            "Upgrade this project to the next Django version",
            "django has to be upgraded, remove its deprecation warnings as well",
        ),
    ),
    Known(
        "flash-esp32-firmware",
        "Build and flash the firmware of the ESP32 sensor board. Use when firmware has to be flashed or the board does not boot.",
        "Flashing firmware onto the ESP32 board.",
        ("Run `idf.py build`.", "Hold BOOT and run `idf.py -p /dev/ttyUSB0 flash`."),
        (
            "flash the firmware onto the esp32",
            "Build the sensor firmware and flash it to the ESP32 board",
            "new firmware for the esp32 board: build it and flash it",
        ),
    ),
    Known(
        "rebuild-search-index",
        "Rebuild the Elasticsearch index of products without downtime. Use when product search is stale or the mapping changed.",
        "Reindexing products in Elasticsearch.",
        ("Create `products_v2` with the new mapping.", "POST `/_reindex`.", "Switch the alias `products`."),
        (
            "rebuild the elasticsearch index of products",
            "Product search is stale: rebuild its index",
            "the mapping changed, reindex the products in Elasticsearch without downtime",
        ),
    ),
    Known(
        "create-git-worktree-for-review",
        "Check out a pull request in a git worktree of its own to review it. Use when a pull request is to be reviewed locally.",
        "Reviewing a pull request locally without touching the present checkout.",
        ("Run `git fetch origin pull/123/head:pr-123`.", "Run `git worktree add ../pr-123 pr-123`."),
        (
            "check out pull request 123 in a worktree for review",
            "review pull request 88 locally in a git worktree",
            "I want to review the pull request 17 in its own worktree",
        ),
    ),
    Known(
        "convert-videos-for-web",
        "Convert videos to MP4 and WebM for the web site with ffmpeg. Use when a video has to be converted or made smaller.",
        "Converting videos for the web site.",
        ("Run `ffmpeg -i in.mov -c:v libx264 -crf 23 -movflags +faststart out.mp4`.",),
        (
            "convert these videos for the web site",
            "convert intro.mov to webm and mp4",
            "Make the videos smaller for the web with ffmpeg",
        ),
    ),
    Known(
        "sync-translations",
        "Pull the translations from the translation service and compile the message catalogs. Use when translations are missing or out of date.",
        "Updating translations of the user interface.",
        ("Run `tx pull -a`.", "Run `python manage.py compilemessages`."),
        (
            "sync the translations",
            "The German translations are out of date, pull and compile them",
            "pull the newest translations and compile the message catalogs",
        ),
    ),
    Known(
        "seed-load-test-data",
        "Seed the load test database with generated customers and run k6 against it. Use when a load test is asked for.",
        "Running a load test against the local API.",
        ("Run `python seed.py --customers 100000`.", "Run `k6 run load.js`."),
        (
            "run a load test with k6",
            "Seed the load test data with 50000 customers",
            "do the load test against the local API again",
        ),
    ),
)

NOTHING = (
    "run the tests",
    "what does this function do",
    "fix the typo in README",
    "why is the build red?",
    "hello",
    "thanks, that works",
    "explain the deploy script to me line by line",
    "explain how the staging server works",
    "how does the staging server restart the app?",
    "deploy the docs to GitHub Pages",
    "check whether the staging database is up",
    "update the README about deploying",
    "does the deploy function return a promise?",
    "what is the difference between staging and production in general?",
    "how do I stage only a part of a file in git?",
    "rename the variable deploy to publish",
    "write a unit test for parse_config",
    "add a docstring to the class Server",
    "what version of Python do we use?",
    "refactor utils.py into two modules",
    "add logging to the payment service",
    "why does the log say connection refused?",
    "rotate the image by 90 degrees",
    "rotate the API keys of the payment provider",
    "the certificate of participation needs a new logo",
    "which database do we use?",
    "write a query for the number of orders per day",
    "drop the unused column from the orders table",
    "report the bug to upstream",
    "summarize the sales meeting notes",
    "how many endpoints has this API?",
    "delete the endpoint /ping",
    "is Django or Flask better for a small site?",
    "what is an ESP32?",
    "search for TODO comments in src",
    "add an index to the users table",
    "create a git branch for this",
    "review my last commit message",
    "make the text on the home page smaller",
    "translate this sentence into French: where is the station?",
    "load the page in a browser and take a screenshot",
    "test whether port 8080 is open",
    "convert this list comprehension to a loop",
    "add a dark mode to the web site",
    "the server returns 500 when the cart is empty, find out why",
    "how long did the last deployment take?",
    "write a release announcement for the blog",
    "install the Python package requests",
    "show me what is in package.json",
    "compress this paragraph to one sentence",
    "why is the disk of my laptop so loud?",
    "set up a new React project with Vite",
    "what is the capital of France?",
    "pull the latest changes and resolve the conflicts",
    "import the CSV file into a data frame",
)
