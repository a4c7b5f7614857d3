"""A made-up machine with ten projects: what is run there all day, and the mistakes that its skills know.

Every command is harmless or the known mistake by construction. The conditions are written as a model writes them after
one failure and what worked instead: the telling words of the one, those of the other as `lacks` where they overlap.
"""

from collections.abc import Sequence

import msgspec

from hone.skills.tripwires import Condition

_WORDS = """
file: src/app.py src/index.ts lib/main.rs cmd/server.go web/App.tsx src/Main.java docs/setup.md config/app.yaml
dir: src tests web docs scripts services/api packages/ui internal
name: user order invoice cart session token report export login search
svc: db api web worker redis queue
pkg: zod lodash requests pydantic serde chrono left-pad httpx
host: localhost 127.0.0.1 api.shop.example staging.shop.example
port: 3000 5173 8000 8080 9090
n: 1 2 3 5 10 20 40 100
"""
WORDS = {name: words.split() for name, words in (line.split(": ") for line in _WORDS.strip().splitlines())}


class Mistake(msgspec.Struct, frozen=True):
    """What goes wrong in `project` (everywhere if empty), what works instead, and the tripwire that was learned.

    With `first`, the wrong command is none after that one in the same turn.
    """

    project: str
    wrong: Sequence[str]
    right: Sequence[str]
    condition: Condition
    first: str = ""


def known(
    project: str, wrong: Sequence[str], right: Sequence[str], has: Sequence[str], lacks: Sequence[str] = ()
) -> Mistake:
    condition = Condition("shell", tuple(has), tuple(lacks), say=f"What works here: {right[0]}")
    return Mistake(project, wrong, right, condition)


def needs(
    project: str, wrong: Sequence[str], first: str, has: Sequence[str], after: Sequence[str]
) -> Mistake:
    condition = Condition("shell", tuple(has), unless_after=tuple(after), say=f"Run first: {first}")
    return Mistake(project, wrong, (), condition, first)


EVERYWHERE = (
    known(
        "",
        [
            "docker-compose up -d {svc}",
            "docker-compose logs {svc}",
            "docker-compose -f docker-compose.dev.yml ps",
        ],
        ["docker compose up -d {svc}", "docker compose -f docker-compose.yml ps"],
        ["docker-compose"],
    ),
    known(
        "",
        ["pip install {pkg}", "pip install -r requirements.txt", "pip3 install {pkg}"],
        [".venv/bin/pip install {pkg}", "uv pip install {pkg}"],
        ["pip install"],
        [".venv/bin/pip", "uv pip"],
    ),
    known(
        "",
        ["git push --force origin {name}", "git push --force"],
        ["git push --force-with-lease origin {name}"],
        ["git push", "--force"],
    ),
    known(
        "",
        ["apt-get install {pkg}", "apt-get install -y {pkg}"],
        ["sudo apt-get install -y {pkg}"],
        ["apt-get install"],
        ["sudo"],
    ),
    known(
        "",
        ["sed -i '' 's/a/b/' {file}", "sed -i '' -e 's/x/y/' {file}"],
        ["sed -i 's/a/b/' {file}"],
        ["sed -i ''"],
    ),
    known(
        "",
        ["curl http://git.old.example/{name}.tgz -o x.tgz", "git clone http://git.old.example/{name}.git"],
        ["git clone https://git.example/{name}.git"],
        ["git.old.example"],
    ),
    known(
        "",
        ["ssh prod uptime", "ssh prod 'df -h'", "scp {file} prod:/srv"],
        ["ssh prod-1 uptime", "scp {file} prod-1:/srv"],
        ["ssh prod"],
    ),
    known(
        "",
        ["psql -U postgres -c 'select {n}'", "psql -U postgres -d shop -f {file}"],
        ["psql -h localhost -U app -c 'select {n}'"],
        ["psql", "-U postgres"],
    ),
    known(
        "",
        ["docker build -t {name} . --platform=linux/arm64"],
        ["docker buildx build -t {name} . --platform=linux/arm64"],
        ["docker build", "--platform"],
        ["buildx"],
    ),
    known("", ["gh pr create --fill --label {name}"], ["gh pr create --fill"], ["gh pr create", "--label"]),
)
WEB = (
    known(
        "web",
        ["npm install {pkg}", "npm install", "npm i {pkg}"],
        ["pnpm add {pkg}", "pnpm install"],
        ["npm install"],
    ),
    known("web", ["npm test", "npm test -- {name}"], ["pnpm test {name}", "pnpm test"], ["npm test"]),
    known("web", ["npx tsc --noEmit", "npx tsc"], ["pnpm exec tsc --noEmit"], ["npx tsc"]),
    known(
        "web",
        ["curl http://localhost:3000/{name}", "curl -s localhost:3000"],
        ["curl http://localhost:5173/{name}"],
        ["localhost:3000"],
    ),
    known("web", ["pnpm run lint --fix"], ["pnpm run lint:fix"], ["pnpm run lint", "--fix"]),
    needs(
        "web",
        ["pnpm run e2e", "pnpm run e2e --headed"],
        "pnpm run build",
        ["pnpm run e2e"],
        ["pnpm run build"],
    ),
)
API = (
    known(
        "api",
        ["curl http://127.0.0.1:8000/health", "curl -sf localhost:8000/health"],
        ["curl http://127.0.0.1:8000/healthz"],
        ["/health"],
        ["/healthz"],
    ),
    known(
        "api",
        ["python -m pytest {dir}", "python -m pytest -k {name}", "python -m pytest"],
        [".venv/bin/python -m pytest {dir}", "uv run pytest {dir}"],
        ["python -m pytest"],
        [".venv/bin/python"],
    ),
    known(
        "api",
        ["uvicorn app:app --port {port}", "uvicorn app:app --reload"],
        ["uvicorn api.main:app --port {port}"],
        ["uvicorn app:app"],
    ),
    known(
        "api",
        ["alembic upgrade head", "cd services && alembic upgrade head"],
        ["alembic -c db/alembic.ini upgrade head"],
        ["alembic upgrade"],
        ["-c"],
    ),
    known("api", ["ruff src", "ruff src tests"], ["ruff check src"], ["ruff src"]),
    needs(
        "api",
        ["pytest tests/integration", "pytest tests/integration -k {name}"],
        "docker compose up -d db",
        ["pytest", "tests/integration"],
        ["up -d db", "up -d"],
    ),
)
CORE = (
    known(
        "core",
        ["cargo test --all-features", "cargo test --all-features {name}"],
        ["cargo test --features std"],
        ["cargo test", "--all-features"],
    ),
    known(
        "core",
        ["cargo build --release --target wasm32-unknown-unknown"],
        ["cargo build --release --target wasm32-wasip1"],
        ["wasm32-unknown-unknown"],
    ),
    known(
        "core",
        ["cargo fmt --check", "cargo fmt --all --check"],
        ["cargo +nightly fmt --check"],
        ["cargo fmt"],
        ["+nightly"],
    ),
    known(
        "core",
        ["cargo clippy -- -D warnings"],
        ["cargo clippy --workspace -- -D warnings"],
        ["cargo clippy"],
        ["--workspace"],
    ),
    known("core", ["cargo publish -p core"], ["cargo release -p core"], ["cargo publish"]),
    known(
        "core",
        ["cargo run --bin {name} -- --conf app.toml"],
        ["cargo run --bin {name} -- --config app.toml"],
        ["--conf"],
    ),
)
GO = (
    known(
        "svc",
        ["go test ./...", "go test ./... -run {name}"],
        ["go test -tags=unit ./..."],
        ["go test"],
        ["-tags=unit"],
    ),
    known(
        "svc",
        ["go build -o bin/server main.go"],
        ["go build -o bin/server ./cmd/server"],
        ["go build", "main.go"],
    ),
    known("svc", ["protoc --go_out=. api/{name}.proto"], ["buf generate"], ["protoc"]),
    known("svc", ["golangci-lint run --fast"], ["golangci-lint run"], ["golangci-lint run", "--fast"]),
    known(
        "svc",
        ["curl localhost:8080/metrics", "curl -s http://127.0.0.1:8080/metrics | grep {name}"],
        ["curl localhost:9090/metrics"],
        ["8080/metrics"],
    ),
    known("svc", ["make migrate ENV=dev"], ["make migrate ENV=local"], ["make migrate", "ENV=dev"]),
)
SHOP = (
    known(
        "shop", ["mvn test", "mvn test -Dtest={name}Test"], ["./mvnw test", "./mvnw -q test"], ["mvn test"]
    ),
    known("shop", ["mvn package -DskipTests"], ["./mvnw package -DskipTests"], ["mvn package"]),
    known(
        "shop",
        ["java -jar target/shop.jar", "java -Xmx1g -jar target/shop.jar"],
        ["java -jar target/shop-exec.jar"],
        ["target/shop.jar"],
    ),
    known(
        "shop",
        ["./mvnw spring-boot:run"],
        ["./mvnw spring-boot:run -Dspring-boot.run.profiles=dev"],
        ["spring-boot:run"],
        ["profiles"],
    ),
    known(
        "shop",
        ["curl localhost:8080/api/v1/{name}", "curl -s localhost:8080/api/v1/{name}/{n}"],
        ["curl localhost:8080/api/v2/{name}"],
        ["/api/v1"],
    ),
    known(
        "shop",
        ["git push origin main"],
        ["git push origin HEAD:refs/for/main"],
        ["git push", "main"],
        ["refs/for"],
    ),
)
INFRA = (
    known(
        "infra",
        ["terraform apply", "terraform apply -auto-approve"],
        ["terraform apply -var-file=env/dev.tfvars"],
        ["terraform apply"],
        ["-var-file"],
    ),
    known(
        "infra",
        ["terraform plan"],
        ["terraform plan -var-file=env/dev.tfvars"],
        ["terraform plan"],
        ["-var-file"],
    ),
    known("infra", ["aws s3 ls", "aws s3 cp {file} s3://bucket/"], ["aws --profile dev s3 ls"], ["aws s3"]),
    known(
        "infra",
        ["terraform fmt -check {dir}"],
        ["terraform fmt -check -recursive"],
        ["terraform fmt", "-check"],
        ["-recursive"],
    ),
    known("infra", ["packer build image.json"], ["packer build image.pkr.hcl"], ["image.json"]),
    needs(
        "infra",
        ["terraform validate", "terraform validate -json"],
        "terraform init -backend=false",
        ["terraform validate"],
        ["terraform init"],
    ),
)
CLUSTER = (
    known(
        "cluster",
        ["kubectl get pods", "kubectl get deploy {name}"],
        ["kubectl -n shop get pods"],
        ["kubectl get"],
        ["-n"],
    ),
    known(
        "cluster",
        ["helm install {name} charts/{name}"],
        ["helm upgrade --install {name} charts/{name}"],
        ["helm install"],
    ),
    known(
        "cluster",
        ["kubectl apply -f k8s/{name}.yaml"],
        ["kubectl apply -k overlays/dev"],
        ["kubectl apply -f"],
    ),
    known(
        "cluster", ["kubectl logs {name}"], ["kubectl -n shop logs deploy/{name}"], ["kubectl logs"], ["-n"]
    ),
    known("cluster", ["kind create cluster --name {name}"], ["k3d cluster create {name}"], ["kind create"]),
    known(
        "cluster",
        ["docker push localhost:5000/{name}"],
        ["docker push registry.local:5000/{name}"],
        ["localhost:5000"],
    ),
)
SITE = (
    known(
        "site",
        ["hugo server", "hugo server -D"],
        ["hugo server --source site"],
        ["hugo server"],
        ["--source"],
    ),
    known("site", ["bundle exec jekyll build"], ["hugo --minify --source site"], ["jekyll build"]),
    known(
        "site",
        ["rsync -a public/ web@{host}:/var/www"],
        ["rsync -a site/public/ web@{host}:/srv/www"],
        ["/var/www"],
    ),
    known("site", ["htmlproofer public"], ["lychee site/public"], ["htmlproofer"]),
)
DATA = (
    known(
        "data",
        ["dbt run", "dbt run --select {name}"],
        ["dbt run --profiles-dir . --select {name}"],
        ["dbt run"],
        ["--profiles-dir"],
    ),
    known(
        "data",
        ["psql shop -c 'select * from users limit {n}'"],
        ["psql shop -c 'select * from app.users limit {n}'"],
        ["psql", "from users"],
    ),
    known(
        "data", ["python3 etl/{name}.py --date {n}"], ["python3 -m etl.{name} --date {n}"], ["python3 etl"]
    ),
    known("data", ["jupyter notebook --no-browser"], ["jupyter lab --no-browser"], ["jupyter notebook"]),
    needs("data", ["dbt test --profiles-dir ."], "dbt deps", ["dbt test"], ["dbt deps"]),
)
LEGACY = (
    known(
        "legacy",
        ["composer install"],
        ["docker compose exec php composer install"],
        ["composer install"],
        ["exec php"],
    ),
    known(
        "legacy",
        ["vendor/bin/phpunit", "vendor/bin/phpunit --filter {name}"],
        ["docker compose exec php vendor/bin/phpunit"],
        ["vendor/bin/phpunit"],
        ["exec php"],
    ),
    known(
        "legacy",
        ["php artisan migrate"],
        ["docker compose exec php php artisan migrate"],
        ["php artisan"],
        ["exec php"],
    ),
    known(
        "legacy",
        ["mysql -u root -e 'show tables'"],
        ["docker compose exec db mysql -u root -proot -e 'show tables'"],
        ["mysql -u root"],
        ["exec db"],
    ),
    known(
        "legacy",
        ["tail -n {n} /var/log/apache2/error.log"],
        ["docker compose logs --tail {n} php"],
        ["/var/log/apache2"],
    ),
)
MISTAKES = (*EVERYWHERE, *WEB, *API, *CORE, *GO, *SHOP, *INFRA, *CLUSTER, *SITE, *DATA, *LEGACY)

ANYWHERE = """
ls -la {dir}
cat {file}
head -n {n} {file}
tail -n {n} app.log
wc -l {file}
find {dir} -name '*.md'
grep -rn "{name}" {dir}
grep -n {name} {file}
rg -A {n} '{name}_id' {dir}
git status --short
git diff --stat
git diff HEAD~{n} -- {file}
git log --oneline -n {n}
git log -p --follow {file}
git add {file}
git commit -m "Fix {name} in {dir}"
git commit -am 'Rename {name}; see docs/setup.md'
git checkout -b fix/{name}
git push origin fix/{name}
git push --force-with-lease origin fix/{name}
git stash push -m '{name}'
git pull --rebase origin main
git fetch origin main
git rebase origin/main
git merge --no-ff main
docker ps
docker compose ps
docker compose logs --tail {n} {svc}
docker compose -f docker-compose.yml config
docker images | head -n {n}
docker run --rm python:3.12 python -V
docker run --rm node:22 node -v
curl -s https://api.shop.example/v2/{name}
curl -sS http://{host}:9000/{name}/{n}
curl -fsSL https://example.com/install.sh -o /tmp/install.sh
jq '.{name}' package.json
jq -r '.[] | .{name}' out.json
sed -n '{n},40p' {file}
sed -i 's/{name}/{name}s/' {file}
awk '{{print $1}}' app.log | sort | uniq -c
mkdir -p {dir}/{name}
cp {file} /tmp/{name}.bak
mv {dir}/{name}.txt {dir}/{name}.md
rm -f /tmp/{name}.bak
tar czf /tmp/{name}.tgz {dir}
python3 -c "print({n})"
python3 scripts/{name}.py
python3 -m json.tool out.json
node -e 'console.log({n})'
node scripts/{name}.js
make {name}
make test
make lint
ps aux | grep {name}
lsof -i :{port}
ssh prod-1 uptime
echo {name} done
echo "{name}={n}" >> .env
printenv PATH
which docker python3 node
date -u
sleep {n}
ls /var/log
cat /var/log/syslog | tail -n {n}
cat docker-compose.yml
cat requirements.txt
cat package.json
gh pr view --comments
gh pr create --fill
gh run list --limit {n}
""".strip().splitlines()

HERE = {
    "web": "pnpm install; pnpm run build; pnpm run dev --port {port}; pnpm exec vitest run {name}; pnpm run lint; cat pnpm-lock.yaml | head -n {n}; curl -s localhost:5173/health-check; node --test; pnpm dlx tsc-watch; ls node_modules/npm/docs",
    "api": "curl -sf localhost:8000/healthz; curl localhost:8000/health-check; uv run pytest -k {name}; uv run ruff check {dir}; pytest tests/unit -k {name}; uv sync; uv pip install {pkg}; uv run mypy {dir}; .venv/bin/python -V; alembic -c db/alembic.ini history",
    "core": "cargo build; cargo test {name}; cargo check --all-targets; cargo run --bin {name} -- --config app.toml; cargo add {pkg}; cargo tree -i {pkg}; cargo +nightly fmt; cargo doc --no-deps; rustc --version; cargo bench {name}",
    "svc": "go vet ./...; go mod tidy; go test -tags=unit ./internal/{name}; go build ./cmd/server; buf lint; golangci-lint run --fast=false; curl localhost:8080/healthz; make migrate ENV=local; gofmt -l {dir}; go run ./cmd/{name}",
    "shop": "./mvnw test -Dtest={name}Test; ./mvnw -q verify; ./mvnw dependency:tree; java -version; curl localhost:8080/api/v2/{name}; curl localhost:8080/actuator/health; ls target; git push origin HEAD:refs/for/main; ./mvnw -pl {name} package; javap target/classes/Main.class",
    "infra": "terraform init; terraform output -json; terraform state list; terraform fmt -recursive; terraform plan -var-file=env/prod.tfvars; aws --profile dev sts get-caller-identity; tflint; terraform -chdir=modules/{name} fmt; packer validate image.pkr.hcl; cat image.pkr.hcl",
    "cluster": "kubectl -n shop get pods; kubectl config get-contexts; helm list -n shop; helm template charts/{name}; kubectl -n shop describe pod {name}; kubectl -n shop logs {name}; kubectl kustomize overlays/dev; k3d cluster list; helm upgrade --install {name} charts/{name} -n shop; kubectl apply -k overlays/dev",
    "site": "hugo --source site; hugo new --source site posts/{name}.md; lychee site/public; ls site/public; hugo server --source site -D --port {port}; cat site/config.toml; du -sh site/public; npx prettier --check site; convert a.png -resize {n}% b.png; curl -sI https://www.shop.example/{name}",
    "data": "dbt deps; dbt compile --profiles-dir .; dbt run --profiles-dir . --select {name}+; psql shop -c 'select count(*) from app.{name}'; python3 -m etl.{name} --date {n}; duckdb out.db 'select {n}'; psql shop -c '\\d app.users'; ls etl/{name}; csvcut -n {name}.csv; sqlfluff lint models/{name}.sql",
    "legacy": "docker compose exec php composer show; docker compose exec php vendor/bin/phpunit --list-tests; docker compose up -d php db; docker compose exec php php -v; docker compose exec db mysql -u root -proot shop; ls vendor/bin; cat composer.json; php -l {file}; docker compose restart php; docker compose exec php php artisan route:list",
}

AROUND = (
    *["{c}"] * 10,
    *(
        "cd {dir} && {c}",
        "{c} 2>&1 | tail -n {n}",
        "{c} | head -n {n}",
        "timeout 60 {c}",
        "{c} && git status",
    ),
    *("CI=1 {c}", "set -e; {c}", "({c})", "{c}; echo exit $?", "ls {dir}; {c}", "{c} > /tmp/{name}.log 2>&1"),
)
MENTIONS = (
    *('grep -rn "{c}" docs', "rg '{c}'", 'git log --grep="{c}" --oneline', 'git commit -m "Replace {c}"'),
    *(
        "ls {dir} # instead of {c}",
        "echo 'do not: {c}' >> docs/setup.md",
        "sed -i 's#{c}#make {name}#' README.md",
    ),
    *("cat > docs/{name}.md <<'EOF'\nNot any more: {c}\nEOF", "git grep -n '{c}' -- docs"),
)
