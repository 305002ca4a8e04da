"""What the verbs that make signed files share: the key, the time, where files go, and telling what was found."""

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from minga.domain.errors import BadDraft, BadInput, BadMessage, BadSigningKey, FileInTheWay, FileUnwritable
from minga.domain.signing import SigningKey
from minga.domain.terms import day_in_chile
from minga.dte import trial
from minga.dte.checking import check_around
from minga.dte.document import Document, Unreadable, read
from minga.dte.finding import Finding
from minga.dte.grounds import Grounds
from minga.dte.making import STOPPING
from minga.dte.printing.sheet import WORTHLESS
from minga.dte.reading import Container, containers_in, head
from minga.dte.schemas import Schemas
from minga.entrypoints.cli.ending import complain
from minga.entrypoints.cli.pages import option
from minga.entrypoints.cli.passphrase import ask, read_small
from minga.entrypoints.cli.verb import Desk
from minga.infrastructure.certificates import certificate
from minga.infrastructure.files import place_new
from minga.infrastructure.signing_keys import BYTES_MAX, read_signing_key

FILE_BYTES_MAX = 100_000_000
TEXT_BYTES_MAX = 1_000_000
CAF_BYTES_MAX = 100_000
LOGO_BYTES_MAX = 5_000_000


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: the key, and the RUT of its owner."""

    key: SigningKey
    rut: str


def key_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What `signer` takes."""
    for add in (
        option("--trial", is_flag=True, help="Without certificate and CAF: the result is marked as worth nothing."),
        option("--key-password-file", metavar="FILE", help="Its first line is the key's password; else you are asked."),
        option("--token", metavar="NAME", help="With --device: the label of the token or card."),
        option(
            "--device",
            metavar="LIBRARY",
            help="For a certificate in a token or card: the PKCS#11 library of its maker.",
        ),
        option("--key", metavar="FILE", help="Your digital certificate with its key: .p12, .pfx or PEM."),
    ):
        command = add(command)
    return command


@dataclass(frozen=True, slots=True)
class GivenKey:
    """What the person said of the key."""

    file: str | None
    device: str | None
    token: str | None
    password_file: str | None
    is_trial: bool


def signer(desk: Desk, given: GivenKey) -> Signer:
    """Raises BadInput, BadSigningKey, DeviceFailed."""
    if given.is_trial:
        if given.file or given.device or given.token:
            raise BadInput(detail="--trial takes no key")
        return Signer(trial.signing_key(), trial.SIGNER.rut)
    if bool(given.device) != bool(given.token):
        raise BadInput(detail="--device and --token go together")
    if given.device and given.file:
        raise BadInput(detail="a file or a device holds the key: --key or --device")
    found: SigningKey
    if given.device and given.token:
        found = _of_device(desk, given.device, given.token, given.password_file)
    elif given.file:
        content = read_small(at(given.file), BYTES_MAX)
        found = read_signing_key(content, given.file, lambda: ask(desk, given.password_file))
    else:
        raise BadInput(detail="a certificate signs it: --key FILE; or --trial, for one that is worth nothing")
    rut = certificate(found.certificate).rut
    if rut is None:
        name = given.file or given.token or ""
        raise BadSigningKey(path=name, detail="its certificate names no RUT", suggestion="")
    return Signer(found, rut)


def _of_device(desk: Desk, library: str, token: str, password_file: str | None) -> SigningKey:
    try:
        devices = importlib.import_module("minga.infrastructure.device_keys")
    except ModuleNotFoundError as missing:
        raise BadInput(detail="tokens and cards need the extra: pip install 'minga[pkcs11]'") from missing
    found: SigningKey = devices.open_device(library, token, "", lambda: ask(desk, password_file))
    return found


def now() -> datetime:
    return datetime.now(UTC)


def grounds(desk: Desk, *, is_trial: bool) -> Grounds:
    found = Grounds(day_in_chile(now()), schemas=Schemas.at(desk.settings.dte_schemas))
    return trial.grounds(found) if is_trial else found


def text_of(file: str) -> str:
    """A short form. Raises UnreadableFile, BadDraft."""
    content = sys.stdin.buffer.read(TEXT_BYTES_MAX) if file == "-" else read_small(at(file), TEXT_BYTES_MAX)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise BadDraft(place="FILE", detail="it is no text in UTF-8", suggestion="") from wrong


def at(file: str) -> Path:
    return Path(file).expanduser()


def container_in(file: str) -> Container:
    """What one file holds. Raises UnreadableFile, BadInput."""
    content = sys.stdin.buffer.read(FILE_BYTES_MAX) if file == "-" else read_small(at(file), FILE_BYTES_MAX)
    found = list(containers_in(content, file))
    if len(found) != 1 or not found[0].pieces:
        raise BadInput(detail=f"{file!r} holds no tax document")
    return found[0]


def documents_in(container: Container) -> list[Document]:
    """Raises BadInput where one cannot be read."""
    try:
        return [read(piece) for piece in container.pieces]
    except Unreadable as wrong:
        raise BadInput(detail=f"{container.place!r} cannot be read: {wrong.why}") from wrong


def refuse_in_the_way(*files: str | None) -> None:
    """Before anything is used up. Raises BadInput, FileInTheWay, FileUnwritable."""
    named = [file for file in files if file]
    if len({at(file) for file in named}) < len(named):
        raise BadInput(detail="two files cannot have the same name")
    for file in named:
        if file == "-":
            continue
        path = at(file)
        try:
            is_there, has_folder = path.exists(), path.parent.is_dir()
        except OSError as wrong:  # a name that is too long
            raise FileUnwritable(path=file, detail=wrong.strerror or str(wrong)) from wrong
        if is_there:
            raise FileInTheWay(path=file)
        if not has_folder:
            raise FileUnwritable(path=file, detail="its folder does not exist")


def write(file: str, content: bytes) -> None:
    """A new file, or standard output (``-``). Raises FileInTheWay, FileUnwritable."""
    if file == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        place_new(at(file), content, 0o644)
    except FileExistsError as wrong:
        raise FileInTheWay(path=file) from wrong
    except OSError as wrong:
        raise FileUnwritable(path=file, detail=wrong.strerror or str(wrong)) from wrong


def tell_unprintable(desk: Desk, file: str, letters: str) -> None:
    """Say on standard error which letters a print lacks, if any."""
    if letters:
        complain(
            desk.say(
                "{file}: letters that the print does not have, shown there as ?: {letters}", file=file, letters=letters
            )
        )


def marked(content: bytes) -> bytes:
    """A file of a trial says so to whoever reads it."""
    declaration, _, rest = content.partition(b"\n")
    return declaration + b"\n<!-- " + WORTHLESS.encode("ascii") + b" -->\n" + rest


def refuse_unfit(desk: Desk, content: bytes, found: Grounds) -> None:
    """What is made and would be rejected is not written. Raises BadMessage, having told why."""
    (container,) = containers_in(content, "")
    around = check_around(container, found, [head(each) for each in documents_in(container)])
    if wrong := [each for each in around.findings if each.severity in STOPPING]:
        complain_of(desk, wrong)
        raise BadMessage(detail=f"it would break rules, {len(wrong)} times")


def told(desk: Desk, findings: Sequence[Finding]) -> Iterator[str]:
    spanish = desk.say.language == "es"
    for each in findings:
        yield f"  {desk.say(each.severity)}  {each.rule.says_es if spanish else each.rule.says}  [{each.rule.id}]"
        values = [
            each.path,
            *([f"{each.found} ({each.expected})" if each.expected else each.found] if each.found else []),
        ]
        if any(values):
            yield f"      {'  '.join(filter(None, values))}"
        yield f"      → {each.rule.fix_es if spanish else each.rule.fix}"


def complain_of(desk: Desk, findings: Sequence[Finding]) -> None:
    for line in told(desk, findings):
        click.echo(line, err=True)
