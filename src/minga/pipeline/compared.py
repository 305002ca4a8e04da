"""Compares what was written into a native session with the history that its CLI sends to the model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from minga.domain.transcript import Called, Item, Said
from minga.sessions.formats.fitting import fit_name
from minga.testing import Message
from minga.testing.conversation import parsed

SHOWN = 60
"""Characters of a text by which a difference names it."""


@dataclass(frozen=True, slots=True)
class _Atom:
    """One thing in a request: a text of one side, or a tool call with the id by which its result is found."""

    role: str
    text: str
    name: str = ""
    input: object = None
    pictures: int = 0


def differences(items: Sequence[Item], messages: Sequence[Message], marker: str) -> list[str]:
    """What of ``items`` is missing in ``messages``, out of order or there more often, each as words for a person.

    A tool's name may be made to fit what an API takes. CLIs put texts of their own around a person's text and join
    neighbours: an item's text has to stand somewhere in a text of the same side, after the item before it.
    """
    found = [atom for message in _before(messages, marker) for atom in _atoms(message)]
    results = {message.result.call_id: message for message in messages if message.result is not None}
    missing: list[str] = []
    place, offset = 0, 0
    for item in items:
        index, end = _find(item, found, place, offset)
        if index is None:
            missing.append(f"missing or out of order: {_name(item)}")
            continue
        if isinstance(item, Called):
            missing.extend(_incomplete(item, results.get(found[index].text)))
            place, offset = index + 1, 0
        else:
            place, offset = index, end
    return [*missing, *_doubled(items, found)]


def _before(messages: Sequence[Message], marker: str) -> Sequence[Message]:
    """The history: everything before the question that was asked last."""
    places = [place for place, message in enumerate(messages) if message.role == "user" and marker in message.text]
    return messages[: places[-1] + 1] if places else messages


def _atoms(message: Message) -> Iterator[_Atom]:
    if message.role in ("user", "assistant") and (message.text or message.pictures):
        yield _Atom(message.role, message.text, pictures=message.pictures)
    for call in message.calls:
        yield _Atom("call", call.call_id, call.name, call.input)


def _find(item: Item, found: Sequence[_Atom], place: int, offset: int) -> tuple[int | None, int]:
    """Return the index of the atom that holds ``item``, from ``place`` on, and where in its text the item ends."""
    for index in range(place, len(found)):
        atom = found[index]
        if isinstance(item, Called):
            if atom.role == "call" and _is_call(item, atom):
                return index, 0
            continue
        begin = offset if index == place else 0
        if atom.role == item.role and (at := atom.text.find(item.text.strip(), begin)) >= 0:
            return index, at + len(item.text.strip())
    return None, 0


def _is_call(item: Called, atom: _Atom) -> bool:
    names = item.call.name, fit_name(item.call.name)
    return atom.name in names and _plain(parsed(item.call.arguments)) == _plain(atom.input)


def _plain(value: object) -> object:
    """Free text stands alone on some wires, and as the only value of an object on others."""
    if isinstance(value, dict) and list(value) == ["input"]:
        return value["input"]
    return value


def _incomplete(item: Called, message: Message | None) -> list[str]:
    if message is None or message.result is None:
        return [f"missing: the result of {_name(item)}"]
    if item.result.output.strip() not in message.result.text:
        return [f"changed: the result of {_name(item)}"]
    return []


def _doubled(items: Sequence[Item], found: Sequence[_Atom]) -> list[str]:
    expected = sum(isinstance(item, Called) for item in items)
    calls = sum(atom.role == "call" for atom in found)
    doubled = [f"{calls} tool calls reached the model, {expected} were written"] if calls > expected else []
    for role in ("user", "assistant"):
        written = "\n".join(item.text for item in items if isinstance(item, Said) and item.role == role)
        arrived = "\n".join(atom.text for atom in found if atom.role == role)
        texts = dict.fromkeys(item.text.strip() for item in items if isinstance(item, Said) and item.role == role)
        doubled += [
            f"there twice: {_short(text)}" for text in texts if text and _times(text, arrived) > _times(text, written)
        ]
    pictures = sum(len(item.images) for item in items if isinstance(item, Said))
    arrived_pictures = sum(atom.pictures for atom in found)
    if arrived_pictures < pictures:
        doubled.append(f"{pictures - arrived_pictures} of {pictures} pictures are missing")
    return doubled


def _times(text: str, whole: str) -> int:
    """How often ``text`` stands in ``whole`` as lines of its own: a short one may stand within what a CLI adds."""
    count, at = 0, whole.find(text)
    while at >= 0:
        end = at + len(text)
        begins = not whole[whole.rfind("\n", 0, at) + 1 : at].strip()
        ends = not whole[end : None if (stop := whole.find("\n", end)) < 0 else stop].strip()
        count += begins and ends
        at = whole.find(text, end)
    return count


def _name(item: Item) -> str:
    if isinstance(item, Called):
        return f"tool call {item.call.name} {_short(item.call.arguments)}"
    return f"{item.role} text {_short(item.text)}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= SHOWN else line[: SHOWN - 1] + "…")
