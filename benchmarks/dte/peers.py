"""Programs of others, each in an environment of its own below the cache, and what they say of documents.

Nothing of them is imported here: a small script of ``outside/`` reads files from a folder and prints JSON.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
import platformdirs

from benchmarks.gateway.environments import Say

OUTSIDE = Path(__file__).with_name("outside")

LIMIT_S = 600


class Peer(msgspec.Struct, frozen=True):
    """``script`` of ``outside/``; ``schemas``: where in its environment a set of the SII's schemas stands."""

    name: str
    package: str
    script: str
    schemas: str = ""


CL_SII = Peer("cl-sii", "cl-sii==0.79.0", "check_cl_sii.py", "cl_sii/data/ref/factura_electronica/schemas-xml")
FACTURACION = Peer(
    "facturacion_electronica",
    "facturacion_electronica==0.24.1",
    "check_facturacion_electronica.py",
    "facturacion_electronica/xsd",
)
XMLSEC = Peer("xmlsec", "xmlsec==1.3.17", "verify_xmlsec.py")

PEERS = (CL_SII, FACTURACION, XMLSEC)


class Verdict(msgspec.Struct, frozen=True):
    """``rejects``: the checks that object to the document. ``cannot``: why the peer does not take its kind, or ""."""

    rejects: tuple[str, ...]
    cannot: str


class Told(msgspec.Struct, frozen=True):
    """``cpu_us`` a document of each stage; ``verdicts`` by the name of the file."""

    version: str
    cpu_us: Mapping[str, float]
    verdicts: Mapping[str, Verdict]


class PeerFailed(Exception):
    """The peer cannot be asked; the text says why."""


def folder() -> Path:
    """``BENCH_ENVS``, or a folder below the user's cache."""
    return Path(os.environ.get("BENCH_ENVS") or platformdirs.user_cache_path("minga-bench") / "dte")


def install(peer: Peer, say: Say) -> None:
    """Where it is missing. What goes wrong is said; the peer is left out then."""
    where = folder() / peer.name
    if is_ready(peer):
        return
    say(f"installing {peer.package}")
    pip = (str(where / "bin" / "pip"), "install", "--quiet", peer.package)
    for command in ((sys.executable, "-m", "venv", str(where)), pip):
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=LIMIT_S)
        if done.returncode:
            say(done.stderr.decode("utf-8", "replace")[-300:])
            return
    (where / ".ready").touch()


def is_ready(peer: Peer) -> bool:
    return (folder() / peer.name / ".ready").exists()


def schemas(peer: Peer) -> Path | None:
    """The set of schemas that it brings."""
    found = sorted((folder() / peer.name).glob(f"lib/python*/site-packages/{peer.schemas}")) if peer.schemas else []
    return found[0] if found else None


def ask(peer: Peer, documents: Path) -> Told:
    """Raises PeerFailed."""
    command = (str(folder() / peer.name / "bin" / "python"), str(OUTSIDE / peer.script), str(documents))
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=LIMIT_S)
        return msgspec.json.decode(done.stdout, type=Told)
    except (OSError, subprocess.TimeoutExpired, msgspec.MsgspecError) as wrong:
        raise PeerFailed(f"{peer.name}: {wrong}") from wrong
