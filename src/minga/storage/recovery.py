"""What a recovery file holds: the master keys that the key store needs, as JSON text. Whoever calls encrypts it."""

import base64
import json

from minga.domain.errors import BadInput, MasterKeyUnusable, UnfitFile
from minga.storage.keys import KeyStore
from minga.storage.wrapping import KEY_BYTES, fingerprint

FORMAT = "minga-recovery-1"


def exported(keys: KeyStore) -> bytes:
    """Raises MasterKeyLost; MasterKeyUnusable where a master key cannot leave its source."""
    found = {}
    for master in keys.masters():
        found[master.id] = base64.b64encode(keys.exported(master)).decode()
    if not found:
        raise BadInput(detail="there are no keys yet: the first session makes them")
    return json.dumps({"format": FORMAT, "made_at": keys.now().isoformat(), "keys": found}, indent=2).encode()


def bring_back(keys: KeyStore, content: bytes, source: str) -> list[str]:
    """Put the master keys that are needed here back where they were, or into ``source`` if it is not empty; return
    their ids. Raises UnfitFile if ``content`` holds none of them, MasterKeyUnusable."""
    given = _read(content)
    needed = [master for master in keys.masters() if master.id in given]
    if not needed:
        raise UnfitFile(
            detail="it holds no key that is needed here",
            suggestion="Take the newest: a rotation or a move makes older ones worthless. `minga keys show` says which"
            " key is needed.",
        )
    for master in needed:
        target = source or master.source
        if keys.source(target).add(given[master.id]) != master.id:
            raise MasterKeyUnusable(source=keys.source(target).shown, detail="it gave the key another name")
        keys.note_source(master, target)
    return [master.id for master in needed]


def no_recovery_file() -> UnfitFile:
    return UnfitFile(
        detail="it is no recovery file of Minga, or not all of one",
        suggestion="Take another copy of the file that `minga keys export` wrote.",
    )


def _read(content: bytes) -> dict[str, bytes]:
    try:
        given = json.loads(content)
        if given["format"] != FORMAT:
            raise ValueError
        found = {master_id: base64.b64decode(text, validate=True) for master_id, text in given["keys"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as wrong:
        raise no_recovery_file() from wrong
    if any(len(key) != KEY_BYTES or fingerprint(key) != master_id for master_id, key in found.items()):
        raise no_recovery_file()
    return found
