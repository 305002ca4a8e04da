"""Which vectors are near that of a question: by a bit a dimension first, then by the vectors themselves.

A vector is taken relative to the mean of its encoder's, turned, and kept as the signs of its numbers, with two
numbers that make the estimate of its product with another one fair (J. Gao and C. Long, "RaBitQ", SIGMOD 2024).
"""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import groupby
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from minga.domain.memory import Question
from minga.memory import vectors
from minga.memory.index import meaning
from minga.memory.index.listed import listed
from minga.memory.index.meaning import Place
from minga.memory.index.pages import Cache
from minga.memory.index.reading import projects
from minga.memory.vectors import Vector
from minga.storage.database import Transaction
from minga.storage.instants import to_micros

EXACT_MAX = 3000
"""So many vectors are all compared themselves."""

BY_SIGNS = 40
BY_ESTIMATE = 10
"""For each that is wanted, how many are left after the first step, and after the second; the last ones are compared
themselves. Measured with e5 over 4,588 texts: .99 of the nearest 200 are among them; of 1,000,000 made ones
(`benchmarks.memory.made`) .95 of the nearest 100, with 80 and 8 it was .92 and took longer."""

JOINED = 4
"""Pages that are looked through at once: they stay in the processor's cache, and fewer steps take a third less time."""

_NO_TIME = -(1 << 63)

_STEPS = 127
_SAMPLED = 16
_IN_A_BYTE = 3

Bits: TypeAlias = npt.NDArray[np.uint64]

_BITS_OF_BYTES = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little").astype(np.float32)


class PagesDamaged(Exception):
    """``pages`` do not hold what was written, or records of vectors of another length than the encoder's."""

    def __init__(self, pages: Sequence[int]) -> None:
        super().__init__(f"pages {list(pages)} of the memory's vectors cannot be used")
        self.pages = pages


@dataclass(frozen=True, slots=True)
class Space:
    """``mean`` of passages' vectors, and of questions'; ``turn``: a rotation."""

    mean: Vector
    mean_of_questions: Vector
    turn: Vector


@dataclass(frozen=True, slots=True)
class Page:
    """Columns of its records. ``bits``: a row for each 64 dimensions."""

    numbers: npt.NDArray[np.int64]
    sessions: npt.NDArray[np.int64]
    at: npt.NDArray[np.int64]
    factor: Vector
    offset: Vector
    bits: Bits

    def part(self, start: int, end: int) -> "Page":
        return Page(*(getattr(self, name)[..., start:end] for name in self.__dataclass_fields__))


class Within:
    """Which records of a page are within a question's bounds."""

    def __init__(self, since: int | None, until: int | None, without: int) -> None:
        self._since, self._until, self._without = since, until, without
        self.narrows = since is not None or until is not None or bool(without)

    def __call__(self, page: Page) -> npt.NDArray[np.bool_]:
        kept = page.sessions != self._without
        if self._since is not None or self._until is not None:
            kept &= page.at > _NO_TIME
        if self._since is not None:
            kept &= page.at >= self._since
        if self._until is not None:
            kept &= page.at <= self._until
        return np.asarray(kept, np.bool_)


@lru_cache(maxsize=2)
def space(encoder: str, dimensions: int) -> Space:
    """That of an encoder whose means are not known has none."""
    means = np.zeros((2, dimensions), np.float32)
    with (files("minga.memory.index") / "means.npz").open("rb") as file, np.load(file) as held:
        if encoder in held.files and held[encoder].shape == means.shape:
            means = held[encoder].astype(np.float32)
    return Space(means[0], means[1], _turn(dimensions))


def stored(encoder: str, passages: Sequence[Place], given: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """Of each passage its vector with a byte a number, and its record in a page. ``given`` as an `Encoder` gives them.
    Raises ValueError where they differ in their number of dimensions."""
    numbers = np.frombuffer(b"".join(given), "<f4").reshape(len(given), -1)
    steps = np.maximum(np.abs(numbers).max(axis=1, keepdims=True), 1e-30) / _STEPS
    bodies = np.rint(numbers / steps).astype(np.int8)
    whole = _unit(bodies.astype(np.float32))
    held = space(encoder, whole.shape[1])
    relative = whole - held.mean
    turned: Vector = np.asarray(relative @ held.turn, np.float32)
    rows = np.zeros(len(whole), _record(whole.shape[1]))
    rows["number"] = [one[0] for one in passages]
    rows["session"] = [one[1] for one in passages]
    rows["at"] = [_NO_TIME if one[2] is None else one[2] for one in passages]
    rows["factor"] = (turned**2).sum(axis=1) / np.maximum(np.abs(turned).sum(axis=1), 1e-9)
    rows["offset"] = relative @ held.mean_of_questions
    rows["bits"] = _packed(turned)
    return [(body.tobytes(), row.tobytes()) for body, row in zip(bodies, rows, strict=True)]


def pages_of(transaction: Transaction, cache: Cache, question: Question, dimensions: int) -> list[Page]:
    """Those of the question's projects, some joined to one; read where this process has not read them as they are now.
    Raises PagesDamaged."""
    where = ""
    if question.places is not None:
        where = f" WHERE project IN ({', '.join(map(str, projects(transaction, question.places)))})"
    sql = f"SELECT project, number, version FROM pages{where} ORDER BY project, number"  # noqa: S608 - numbers
    rows = transaction.execute(sql)
    _read(transaction, cache, {row[1]: row[2] for row in rows}, dimensions)
    together = [
        [row[1] for row in some[start : start + JOINED]]
        for some in (list(group) for _, group in groupby(rows, key=lambda row: row[0]))
        for start in range(0, len(some), JOINED)
    ]
    if question.places is None:
        kept, firsts = {row[1] for row in rows}, {some[0] for some in together}
        cache.read = {number: one for number, one in cache.read.items() if number in kept}
        cache.joined = {first: one for first, one in cache.joined.items() if first in firsts}
    return [_joined(cache, some) for some in together]


def _read(transaction: Transaction, cache: Cache, versions: Mapping[int, int], dimensions: int) -> None:
    damaged, sql = [], "SELECT count, crc, records FROM pages WHERE number = ?"
    for number in [one for one, version in versions.items() if cache.read.get(one, (0,))[0] != version]:
        [(count, crc, body)] = transaction.execute(sql, (number,))
        if zlib.crc32(body) != crc or len(body) != count * _record(dimensions).itemsize:
            damaged.append(number)
        else:
            cache.read[number] = versions[number], _columns(body, dimensions)
    if damaged:
        raise PagesDamaged(damaged)


def _joined(cache: Cache, numbers: Sequence[int]) -> Page:
    """As one page, of which those that were read are parts then: nothing is kept twice."""
    versions = [cache.read[one][0] for one in numbers]
    if (held := cache.joined.get(numbers[0])) and held[0] == versions:
        return cast(Page, held[1])
    parts = [cache.read[one][1] for one in numbers]
    columns = [[getattr(part, name) for part in parts] for name in Page.__dataclass_fields__]
    page = Page(*(np.concatenate(some, axis=-1) for some in columns))
    ends = np.cumsum([len(part.numbers) for part in parts]).tolist()
    for number, version, start, end in zip(numbers, versions, [0, *ends], ends, strict=False):
        cache.read[number] = version, page.part(start, end)
    cache.joined[numbers[0]] = versions, page
    return page


def nearest(
    transaction: Transaction, held: Sequence[Page], vector: Vector, question: Question, count: int
) -> list[int]:
    """Numbers of passages whose vectors may be the nearest ``count``; ``held`` as of `pages_of`."""
    within = _within(transaction, question)
    if sum(len(page.numbers) for page in held) <= EXACT_MAX:
        return [one for page in held for one in page.numbers[within(page)].tolist()]
    [(encoder,)] = transaction.execute("SELECT encoder FROM state")
    where = space(encoder, len(vector))
    direction: Vector = np.asarray((vector - where.mean_of_questions) @ where.turn, np.float32)
    return _by_estimate(held, _by_signs(held, direction, within, BY_SIGNS * count), direction, BY_ESTIMATE * count)


def compared(transaction: Transaction, cache: Cache, held: Sequence[Page], vector: Vector) -> dict[int, float]:
    """The cosine of every vector of these pages, which are few. Whole vectors are kept as long as the pages are the
    same ones. Raises meaning.WrongLength."""
    if cache.whole is None or list(map(id, cache.whole[0])) != list(map(id, held)):
        numbers = [one for page in held for one in page.numbers.tolist()]
        rows = transaction.execute(meaning.VECTORS, (listed(numbers),))
        meaning.compare_lengths((row[1] for row in rows), len(vector))
        kept = vectors.packed([row[1] for row in rows]) if rows else None
        cache.whole = held, [row[0] for row in rows], kept
    _, numbers, kept = cache.whole
    return dict(zip(numbers, kept.cosines(vector).tolist(), strict=True)) if kept else {}


def _by_signs(held: Sequence[Page], direction: Vector, within: Within, count: int) -> npt.NDArray[np.intp]:
    """The best places in all pages one after the other."""
    signs = _packed(direction[None])[0]
    scale = float(np.abs(direction).mean())
    ends = np.cumsum([len(page.numbers) for page in held]).tolist()
    estimate = np.empty(ends[-1], np.float32)
    for page, start, end in zip(held, [0, *ends], ends, strict=False):
        apart = estimate[start:end]
        _add_up(np.bitwise_count(page.bits ^ signs[:, None]), apart)
        apart *= -2 * scale
        apart += scale * len(direction)
        apart *= page.factor
        apart += page.offset
        if within.narrows:
            apart[~within(page)] = -np.inf
    return _best_places(estimate, count)


def _best_places(estimate: Vector, count: int) -> npt.NDArray[np.intp]:
    """In order. Of very many a sample tells which may be among the best; -inf is none."""
    chosen = np.flatnonzero(estimate > -np.inf) if len(estimate) <= _SAMPLED * count else _above_sample(estimate, count)
    return np.sort(chosen[_largest(estimate[chosen], count)])


def _above_sample(estimate: Vector, count: int) -> npt.NDArray[np.intp]:
    sample, place = estimate[::_SAMPLED], -2 * count // _SAMPLED
    least = np.partition(sample, place)[place]
    chosen = np.flatnonzero(estimate > max(least, np.finfo(np.float32).min))
    return chosen if len(chosen) >= count else np.flatnonzero(estimate > -np.inf)


def _add_up(counts: npt.NDArray[np.uint8], sums: Vector) -> None:
    """Of each column: ``counts`` of bits of 64, so few at a time that a byte holds their sum."""
    sums[...] = 0
    for first in range(0, len(counts), _IN_A_BYTE):
        sums += np.add.reduce(counts[first : first + _IN_A_BYTE], axis=0, dtype=np.uint8)


def _by_estimate(held: Sequence[Page], places: npt.NDArray[np.intp], direction: Vector, count: int) -> list[int]:
    starts = np.cumsum([0, *(len(page.numbers) for page in held)])
    edges = np.searchsorted(places, starts).tolist()
    chosen = [
        (page, places[low:high] - start)
        for page, start, low, high in zip(held, starts.tolist(), edges, edges[1:], strict=False)
        if low < high
    ]
    if not chosen:
        return []
    bits = np.concatenate([page.bits[:, here] for page, here in chosen], axis=1)
    product = 2 * _sums(bits, direction) - direction.sum()
    product *= np.concatenate([page.factor[here] for page, here in chosen])
    product += np.concatenate([page.offset[here] for page, here in chosen])
    numbers = np.concatenate([page.numbers[here] for page, here in chosen])
    found: list[int] = numbers[_largest(product, count)].tolist()
    return found


def _sums(bits: Bits, direction: Vector) -> Vector:
    """Of the numbers of ``direction`` whose bits are set, for each record. Each byte is looked up."""
    padded = np.zeros(64 * len(bits), np.float32)
    padded[: len(direction)] = direction
    of_bytes = padded.reshape(-1, 8) @ _BITS_OF_BYTES.T
    whole = np.ascontiguousarray(bits.T).view(np.uint8)
    sums: Vector = np.take(of_bytes, whole + np.arange(0, of_bytes.size, 256)).sum(axis=1)
    return sums


def _within(transaction: Transaction, question: Question) -> Within:
    since = None if question.since is None else to_micros(question.since)
    until = None if question.known_by is None else to_micros(question.known_by)
    rows = transaction.execute("SELECT number FROM sessions WHERE id = ?", (question.without or "",))
    return Within(since, until, rows[0][0] if rows else 0)


def _columns(body: bytes, dimensions: int) -> Page:
    rows = np.frombuffer(body, _record(dimensions))
    numbers, sessions = rows["number"].astype(np.int64), rows["session"].astype(np.int64)
    factor, offset = np.ascontiguousarray(rows["factor"]), np.ascontiguousarray(rows["offset"])
    return Page(numbers, sessions, rows["at"].copy(), factor, offset, np.ascontiguousarray(rows["bits"].T))


@lru_cache(maxsize=2)
def _record(dimensions: int) -> np.dtype[Any]:
    fields = [("number", "<u4"), ("session", "<u4"), ("at", "<i8"), ("factor", "<f4"), ("offset", "<f4")]
    return np.dtype([*fields, ("bits", "<u8", (-(-dimensions // 64),))])


def _packed(rows: Vector) -> Bits:
    width = -(-rows.shape[1] // 64) * 8
    signs = np.packbits(rows >= 0, axis=1, bitorder="little")
    padded = np.zeros((len(rows), width), np.uint8)
    padded[:, : signs.shape[1]] = signs
    packed: Bits = padded.view("<u8")
    return packed


def _largest(values: Vector, count: int) -> npt.NDArray[np.intp]:
    if len(values) <= count:
        return np.arange(len(values))
    return np.argpartition(-values, count - 1)[:count]


def _unit(rows: Vector) -> Vector:
    unit: Vector = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit


def _turn(dimensions: int) -> Vector:
    """A cosine transform of signs that are as good as random, twice: it mixes all dimensions, and is the same on every
    machine."""
    places = np.arange(dimensions)
    cosine = np.cos(np.pi / dimensions * (places[:, None] + 0.5) * places[None]) * np.sqrt(2 / dimensions)
    cosine[:, 0] /= np.sqrt(2)
    turned = np.eye(dimensions)
    for step in range(2):
        noise = hashlib.shake_256(f"turn {step}".encode()).digest(dimensions)
        turned = (turned * np.where(np.frombuffer(noise, np.uint8) & 1, 1.0, -1.0)) @ cosine
    return turned.astype(np.float32)
