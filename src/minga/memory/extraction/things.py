"""What work is about: files, modules, models and tables, commands, errors, versions and services."""

import re
from collections.abc import Iterator

from minga.domain.memory import Entity, EntityKind, Mention

NAME_MAX = 120
"""Characters of a name; longer ones are cut."""

_FILE = re.compile(
    r"(?<![\w/.@:-])(?:~/|\./|\.\./|/)?(?:[\w.@+-]{1,80}/){0,12}[\w@+-][\w.@+-]{0,80}\."
    r"(?:py|pyi|js|jsx|ts|tsx|mjs|cjs|css|scss|html|xml|xsd|json|jsonl|toml|ya?ml|md|rst|txt|csv|xlsx?|sql|sh"
    r"|conf|cfg|ini|env|lock|pem|c\+\+"
    r"|p12|pfx|log|po|pot|rs|go|java|rb|php|c|h|cpp|vue|svelte|tf|service|dockerfile|pdf|ipynb|patch|diff|gz"
    r"|zip|tar|db|sqlite3?|key|crt)"
    r"(?![\w/-]|\+\+|\.\w)"
)
_ROOTED = re.compile(
    r"(?<![\w/.@:<-])(?:~/|/(?:etc|var|usr|opt|home|srv|tmp|mnt|root|app|data)/)[\w.@+/-]{1,150}(?<![.,])"
)
_NAMED_FILE = re.compile(
    r"(?<![\w/.])(?:Dockerfile|Makefile|Jenkinsfile|CODEOWNERS|Procfile|Vagrantfile|\.nvmrc|\.gitignore|\.env"
    r"(?:\.\w{1,20})?)\b"
)

_MODEL = re.compile(
    r"(?<![\w./@-])(?:account|res|stock|sale|purchase|product|ir|mail|pos|hr|crm|project|uom|base|website"
    r"|payment|mrp|maintenance|fleet"
    r"|l10n_\w{2,20}|calendar|report|bus|digest|event|helpdesk|quality|loyalty|delivery|barcode)"
    r"(?:\.[a-z][a-z0-9_]{1,40}){1,5}(?![\w/(-])(?!\.\w)"
)
_OWN_MODEL = re.compile(
    r"(?:_name|_inherit|_inherits)\s*=\s*\[?['\"]([a-z][a-z0-9_]*"
    r"(?:\.[a-z][a-z0-9_]*){1,5})['\"]"
)
_ENV_MODEL = re.compile(r"\benv\[['\"]([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*){1,5})['\"]\]")
_SQL = re.compile(
    r"\b(?:from|join|into|update|alter table|create table(?: if not exists)?|drop table|truncate(?: table)?"
    r"|delete from)\s+([a-z][a-z0-9_]{2,60})\b(?=\s*(?:where|set|\(|;|as\b|on\b|join|group|order|limit|add|drop"
    r"|values|$|\"|'|`|\w{1,2}\s))",
    re.IGNORECASE,
)
_SQL_VERB = re.compile(
    r"\b(?:select\b[^\n]{1,300}\bfrom|insert\s+into|update\s+\w{3,60}\s+set|delete\s+from|alter\s+table"
    r"|create\s+table|truncate|drop\s+table)\b",
    re.IGNORECASE,
)
_TABLE = re.compile(
    r"\b(?:tablas?|tables?)\s+`([a-z][a-z0-9_]{2,60})`|`([a-z][a-z0-9_]{2,60})`\s+(?:table|tabla)\b", re.IGNORECASE
)

_ADDON = re.compile(
    r"(?:\baddons|custom[_-]addons|extra-addons|\bmodules|\bmodulos)/([a-z][a-z0-9_]{2,60})(?=/|`|\s|$)"
)
_MODULE = re.compile(
    r"\b(?:m[oó]dulos?|modules?|addons?|paquetes?|packages?)\s+(?:propios?\s*:?\s*|own\s*|de\s+odoo\s+"
    r"|llamad[oa]\s+)?`([a-z][a-z0-9_]{2,60})`|`([a-z][a-z0-9_]{2,60})`\s+(?:module|addon|package)\b",
    re.IGNORECASE,
)
_LOCALE = re.compile(r"(?<![\w/.])l10n_[a-z]{2}(?:_[a-z0-9_]{1,40})?(?![\w/.])")
_IMPORT = re.compile(
    r"^\s*(?:>>> )?(?:from\s+([a-z_][\w.]{1,80})\s+import\s+\w|import\s+([a-z_][\w.]{1,80})\s*(?:$|,|as\s))",
    re.MULTILINE,
)

_PROGRAMS = (
    "git|pip|pip3|uv|poetry|pytest|python|python3|docker|docker-compose|kubectl|helm|odoo|odoo-bin|openupgrade"
    "|psql|pg_dump|pg_restore"
    "|pg_basebackup|pgbackrest|npm|npx|pnpm|yarn|node|make|systemctl|journalctl|sudo|curl|wget|ssh|scp|rsync"
    "|crontab|redis-cli|nginx|certbot"
    "|openssl|xmllint|grep|rg|sed|awk|find|ls|cat|tail|ruff|mypy|black|alembic|flask|uvicorn|gunicorn"
    "|terraform|ansible|ansible-playbook"
    "|aws|gcloud|az|gh|sops|age|cargo|go|mvn|gradle|tox|pre-commit|lint-imports|vitest|jest|tsc|eslint|nc|dig"
    "|df|du|vacuumdb|reindexdb"
    "|pg_ctl|pg_resetwal|pg_upgrade|k3s|timedatectl|autocannon|minga|claude|codex|gemini|copilot|opencode|qwen"
    "|apt|apt-get|chmod|chown"
)
_COMMAND = re.compile(
    rf"`((?:\$ )?(?:[A-Z][A-Z0-9_]{{1,40}}=\S{{1,60}}\s+){{0,3}}(?:\./|(?:[\w.-]+/){{0,4}})?"
    rf"(?:{_PROGRAMS})\s[^`\n]{{1,300}})`"
)
_SHELL = re.compile(
    r"^(?:shell|bash|Bash|exec_command|exec|run_shell_command|local_shell|shell_command|unified_exec|terminal"
    r"|powershell)[^:\n]{0,20}: (\S[^\n]{1,400})",
    re.MULTILINE,
)

_EXCEPTION = re.compile(
    r"(?<![\w./])((?:[a-z_][\w]{1,30}\.){0,4}[A-Z][A-Za-z0-9]{1,60}(?:Error|Exception|Warning|Violation|Timeout"
    r"|NotFound|DoesNotExist|Interrupt))\b"
    r"(?:\s?[:(]\s?([^\n`]{1,200}))?"
)
_FATAL = re.compile(r"\b((?:FATAL|PANIC|ERROR|error|Error)(?::\s?\[\d{1,4}\])?:\s{0,2}\w[^\n`]{3,160})")
_STATUS = re.compile(r"\b(?:HTTP(?: Error| status)?\s?|[Ee]rror\s|status(?: code)?\s|c[oó]digo\s)(4\d\d|5\d\d)\b")
_SHOWN = re.compile(
    r"\b(?:error|errores|excepcion|exception|mensaje|message|falla|fails with"
    r"|warning)\b[^\"\n.]{0,40}\"([^\"\n]{6,160})\"",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"'[^'\n]{0,120}'|\"[^\"\n]{0,120}\"|0x[0-9a-f]+|/[\w./-]+|\b\d[\d.,:]*\b")

_PRODUCTS = {
    "odoo": "Odoo", "postgresql": "PostgreSQL", "postgres": "PostgreSQL", "python": "Python", "node": "Node",
    "node.js": "Node",
    "nodejs": "Node", "redis": "Redis", "nginx": "Nginx", "docker": "Docker", "kubernetes": "Kubernetes",
    "k8s": "Kubernetes",
    "k3s": "k3s", "pgbouncer": "PgBouncer", "pgbackrest": "pgBackRest", "ubuntu": "Ubuntu", "debian": "Debian",
    "django": "Django",
    "typescript": "TypeScript", "react": "React", "vue": "Vue", "fastapi": "FastAPI", "flask": "Flask",
    "jenkins": "Jenkins",
    "grafana": "Grafana", "prometheus": "Prometheus", "traefik": "Traefik", "rabbitmq": "RabbitMQ", "kafka": "Kafka",
    "elasticsearch": "Elasticsearch", "mysql": "MySQL", "mariadb": "MariaDB", "sqlite": "SQLite",
    "fastify": "Fastify", "vitest": "Vitest",
    "pytest": "pytest", "werkzeug": "Werkzeug", "celery": "Celery", "terraform": "Terraform", "ansible": "Ansible",
    "java": "Java",
    "rust": "Rust", "golang": "Go", "npm": "npm", "pnpm": "pnpm", "wkhtmltopdf": "wkhtmltopdf",
    "openssl": "OpenSSL", "luxon": "Luxon",
    "openupgrade": "OpenUpgrade", "pgvector": "pgvector", "minio": "MinIO", "sentry": "Sentry", "gitlab": "GitLab",
    "github": "GitHub",
    "jira": "Jira", "slack": "Slack", "haproxy": "HAProxy", "caddy": "Caddy", "memcached": "Memcached",
    "wal-g": "WAL-G", "loki": "Loki",
    "zabbix": "Zabbix", "vault": "Vault", "keycloak": "Keycloak", "argocd": "Argo CD", "helm": "Helm",
    "sops": "SOPS", "pg-boss": "pg-boss",
    "playwright": "Playwright", "selenium": "Selenium", "hypothesis": "Hypothesis", "mypy": "mypy", "ruff": "Ruff",
}  # fmt: skip
_LANGUAGES = frozenset(("python", "java", "rust", "typescript", "golang", "react", "vue"))
"""With a version they are one; without, everybody's daily word and no service."""
_PRODUCT = re.compile(
    r"(?<![\w/.@-])(" + "|".join(sorted(map(re.escape, _PRODUCTS), key=len, reverse=True)) + r")(?![\w/@-]|\.\w)"
    r"(?:\s+(?:version|versión|v\.?)?\s?v?(\d{1,4}(?:\.\d{1,3}){0,3})(?![\w/%:-]|,\d|\s?(?:%|dias|days|horas"
    r"|hours|minut|pesos|veces|tests|GB|MB)))?"
)


def mentions(text: str, plain: str) -> Iterator[Mention]:
    """``plain`` is the folded text."""
    if "." in text or "/" in text:
        yield from _files(text)
        yield from _each(_MODEL, text, EntityKind.TABLE)
    if "_" in text or "import" in text:
        yield from _modules(text)
    if "`" in text:
        yield from _each(_TABLE, text, EntityKind.TABLE)
        yield from (
            _mention(EntityKind.COMMAND, command(found[1]), found.start(1), found.end(1))
            for found in _COMMAND.finditer(text)
        )
    if "env[" in text or "_inherit" in text or "_name" in text:
        yield from _each(_OWN_MODEL, text, EntityKind.TABLE)
        yield from _each(_ENV_MODEL, text, EntityKind.TABLE)
    if _SQL_VERB.search(text):
        yield from _each(_SQL, text, EntityKind.TABLE)
    yield from errors(text)
    yield from _products(plain)


def done(text: str) -> Iterator[Entity]:
    """What the tools of a message touched: files, commands, errors, models. ``text`` as `Passage.done`."""
    for found in _SHELL.finditer(text):
        yield Entity(EntityKind.COMMAND, command(found[1]))
    for one in (*_files(text), *_each(_MODEL, text, EntityKind.TABLE), *errors(text)):
        yield one.entity


def errors(text: str) -> Iterator[Mention]:
    for found in _EXCEPTION.finditer(text):
        message = _clause(found[2] or "")
        name = found[1].rpartition(".")[2]
        yield _mention(EntityKind.ERROR, f"{name}: {message}" if message else name, found.start(), found.end(1))
    if "rror" in text or "FATAL" in text or "PANIC" in text or "ERROR" in text:
        for found in _FATAL.finditer(text):
            yield _mention(EntityKind.ERROR, _clause(found[1]), found.start(), found.end())
        for found in _SHOWN.finditer(text):
            if not _EXCEPTION.match(found[1]):
                yield _mention(EntityKind.ERROR, _clause(found[1]), found.start(1), found.end(1))
    for found in _STATUS.finditer(text):
        yield _mention(EntityKind.ERROR, f"HTTP {found[1]}", found.start(), found.end())


def command(text: str) -> str:
    return " ".join(text.removeprefix("$ ").split())[:NAME_MAX]


def path(text: str) -> str:
    return text.removeprefix("./")


def _clause(message: str) -> str:
    """Of an error's message what is the same the next time."""
    return " ".join(_VARIABLE.sub("…", message.strip().rstrip(".,;)")).split())[:NAME_MAX]


def _files(text: str) -> Iterator[Mention]:
    for pattern in _FILE, _ROOTED, _NAMED_FILE:
        for found in pattern.finditer(text):
            if not _is_name(found[0]):
                yield _mention(EntityKind.FILE, path(found[0]), found.start(), found.end())


def _is_name(text: str) -> bool:
    """``Node.js`` and ``odoo.conf``'s like: a product, not a file."""
    return text.lower() in _PRODUCTS or (text[:1].isupper() and text.lower().endswith(".js") and "/" not in text)


def _modules(text: str) -> Iterator[Mention]:
    yield from _each(_ADDON, text, EntityKind.MODULE)
    yield from _each(_MODULE, text, EntityKind.MODULE)
    yield from _each(_LOCALE, text, EntityKind.MODULE)
    yield from _each(_IMPORT, text, EntityKind.MODULE)


def _each(pattern: re.Pattern[str], text: str, kind: EntityKind) -> Iterator[Mention]:
    for found in pattern.finditer(text):
        group = next((number for number in range(1, pattern.groups + 1) if found[number]), 0)
        yield _mention(kind, found[group], found.start(group), found.end(group))


def _products(plain: str) -> Iterator[Mention]:
    for found in _PRODUCT.finditer(plain):
        name, number = _PRODUCTS[found[1]], found[2]
        if number:
            number = f"{number}.0" if name == "Odoo" and "." not in number else number
            yield _mention(EntityKind.VERSION, f"{name} {number}", found.start(), found.end(2))
        if found[1] not in _LANGUAGES:
            yield _mention(EntityKind.SERVICE, name, found.start(1), found.end(1))


def _mention(kind: EntityKind, name: str, start: int, end: int) -> Mention:
    return Mention(Entity(kind, name[:NAME_MAX]), start, end)
