"""The configuration files of the peers, each with the stub as its model server, and with a key where it knows keys."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.gateway.load import MODEL

KEY = "sk-bench-1234"

CONCURRENT = 10_000
"""Calls at once that the stub is said to take, where a gateway would else find it out, or refuse, by itself."""

WELL = "well"
"""The healthy server beside the faulty ones."""


def nginx(folder: Path, port: int, upstream: int) -> Path:
    temporary = "\n".join(
        f"  {kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi")
    )
    text = f"""
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log /dev/null;
events {{ worker_connections 16384; }}
http {{
  access_log off;
{temporary}
  scgi_temp_path {folder}/scgi;
  client_max_body_size 16m;
  client_body_buffer_size 512k;
  keepalive_requests 100000000;
  upstream stub {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://stub;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }}
  }}
}}
"""
    return written(folder / "nginx.conf", text)


def litellm(folder: Path, upstream: int) -> Path:
    server = f'{{model: openai/{MODEL}, api_base: "http://127.0.0.1:{upstream}/v1", api_key: k}}'
    text = f"""
model_list:
  - model_name: {MODEL}
    litellm_params: {server}
general_settings: {{master_key: {KEY}}}
litellm_settings: {{drop_params: true, request_timeout: 60}}
"""
    return written(folder / "litellm.yaml", text)


def litellm_faults(folder: Path, upstream: int, faults: Sequence[str], limit_s: int) -> Path:
    """Each fault is a model, with the healthy one to fall back to."""
    models = "\n".join(
        f"  - model_name: {name}\n    litellm_params: "
        f'{{model: openai/m, api_base: "http://127.0.0.1:{upstream}/{name}/v1", api_key: k}}'
        for name in (*faults, WELL)
    )
    other = ", ".join(f"{{{name}: [{WELL}]}}" for name in faults)
    text = f"""
model_list:
{models}
general_settings: {{master_key: {KEY}}}
litellm_settings: {{request_timeout: {limit_s}, num_retries: 0, fallbacks: [{other}]}}
"""
    return written(folder / "litellm-faults.yaml", text)


def rolter(folder: Path, port: int, upstream: int) -> Path:
    """By itself it sends 8 calls at once, and refuses those beyond 256 that wait."""
    text = f"""
[server]
host = "127.0.0.1"
port = {port}
[queue]
capacity = {CONCURRENT}
workers = 512
[[providers]]
name = "stub"
kind = "openai_compatible"
api_base = "http://127.0.0.1:{upstream}"
[[routes]]
model = "{MODEL}"
strategy = "round_robin"
[[routes.targets]]
provider = "stub"
model = "{MODEL}"
[[virtual_keys]]
key = "{KEY}"
name = "bench"
models = []
"""
    return written(folder / "rolter.toml", text)


def rolter_faults(folder: Path, port: int, upstream: int, faults: Sequence[str], limit_s: int) -> Path:
    """Each fault is a model with two targets: the faulty one and the healthy one, in turn."""
    providers = "".join(
        f'[[providers]]\nname = "{name}"\nkind = "openai_compatible"\napi_base = "http://127.0.0.1:{upstream}/{name}"\n'
        for name in (*faults, WELL)
    )
    targets = {
        fault: "".join(f'[[routes.targets]]\nprovider = "{name}"\nmodel = "m"\n' for name in (fault, WELL))
        for fault in faults
    }
    routes = "".join(
        f'[[routes]]\nmodel = "{fault}"\nstrategy = "round_robin"\n{target}' for fault, target in targets.items()
    )
    text = f"""
[server]
host = "127.0.0.1"
port = {port}
[retry]
max_retries = 2
base_backoff_ms = 20
max_backoff_ms = 50
[timeouts]
connect_secs = 2
request_secs = {limit_s}
{providers}{routes}
[[virtual_keys]]
key = "{KEY}"
name = "bench"
models = []
"""
    return written(folder / "rolter-faults.toml", text)


def tensorzero(folder: Path, upstream: int) -> Path:
    text = f"""
[gateway]
observability.enabled = false
[models."{MODEL}"]
routing = ["stub"]
[models."{MODEL}".providers.stub]
type = "openai"
model_name = "{MODEL}"
api_base = "http://127.0.0.1:{upstream}/v1/"
api_key_location = "none"
"""
    return written(folder / "tensorzero.toml", text)


def claude_code_router(folder: Path, port: int, upstream: int) -> Path:
    """Return the home to start it with."""
    fields = {
        "LOG": False,
        "HOST": "127.0.0.1",
        "PORT": port,
        "APIKEY": KEY,
        "API_TIMEOUT_MS": 60000,
        "Providers": [
            {
                "name": "stub",
                "api_base_url": f"http://127.0.0.1:{upstream}/v1/chat/completions",
                "api_key": "k",
                "models": [MODEL],
            }
        ],
        "Router": {"default": f"stub,{MODEL}"},
    }
    home = folder / "ccr"
    written(home / ".claude-code-router" / "config.json", msgspec.json.encode(fields).decode())
    return home


def minga(folder: Path, upstream: int, providers: Sequence[tuple[str, str, Sequence[str]]]) -> Path:
    """Return the directory for ``MINGA_CONFIG``, with providers of (name, path before ``/v1``, patterns of models)."""
    for name, path, models in providers:
        text = f"""
name = "{name}"
title = "A stub of the benchmark"
auth = "bearer"
key_variables = ["BENCH_KEY"]
models = {msgspec.json.encode(list(models)).decode()}

[wires]
openai-chat = "http://127.0.0.1:{upstream}{path}/v1"

[limits]
concurrent = {CONCURRENT}
"""
        written(folder / "providers" / f"{name}.toml", text)
    return folder


def written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.lstrip("\n"))
    return file
