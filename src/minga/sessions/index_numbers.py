"""Which number a document of the index gets: that of its second, else the next free one.

However many messages have one second (an archive that was written at once, or no time at all), each costs the same:
of a second without room it is noted where to look on.
"""

from minga.sessions import volumes
from minga.storage.database import Transaction

FREE, TAKEN = b"\0", 1


class Numbers:
    """Those of one transaction; whoever adds documents in it takes their numbers here."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._seconds: dict[int, bytearray] = {}
        """Of the seconds in which somebody was in the way: which of their numbers are taken."""
        self._hints: dict[int, int | None] = {}
        """Of seconds that were asked for: where to look on, None where there may be room."""

    def take(self, wanted: int) -> int:
        """``wanted``, or the next number that no document has."""
        if not self._is_taken(wanted):
            self._note(wanted, TAKEN)
            return wanted
        second = volumes.second_of(wanted)
        place = self._numbers(second).find(FREE, wanted - volumes.first_number(second))
        while place < 0:
            second = self._on_from(second)
            place = self._numbers(second).find(FREE)
        number = volumes.first_number(second) + place
        self._note(number, TAKEN)
        return number

    def give_back(self, number: int) -> None:
        """Its document has been taken out."""
        self._note(number, 0)

    def _is_taken(self, number: int) -> bool:
        second = volumes.second_of(number)
        if second in self._seconds:
            return bool(self._seconds[second][number - volumes.first_number(second)])
        return bool(self._transaction.execute("SELECT 1 FROM documents WHERE number = ?", (number,)))

    def _numbers(self, second: int) -> bytearray:
        if second not in self._seconds:
            first = volumes.first_number(second)
            taken = bytearray(volumes.IN_A_SECOND)
            select = "SELECT number FROM documents WHERE number BETWEEN ? AND ?"
            for (number,) in self._transaction.execute(select, (first, first + volumes.IN_A_SECOND - 1)):
                taken[number - first] = TAKEN
            self._seconds[second] = taken
        return self._seconds[second]

    def _note(self, number: int, state: int) -> None:
        second = volumes.second_of(number)
        if second in self._seconds:
            self._seconds[second][number - volumes.first_number(second)] = state

    def _on_from(self, second: int) -> int:
        """The second in which to look after this one. Full ones that are passed point there from now on."""
        hint = self._hint(second)
        there = second + 1 if hint is None else hint
        full = [second] if self._numbers(second).find(FREE) < 0 else []
        while (further := self._hint(there)) is not None:
            full.append(there)
            there = further
        for one in full:
            if self._hints[one] != there:
                self._hints[one] = there
                self._transaction.execute("INSERT OR REPLACE INTO full_seconds VALUES (?, ?)", (one, there))
        return there

    def _hint(self, second: int) -> int | None:
        if second not in self._hints:
            rows = self._transaction.execute("SELECT go_on FROM full_seconds WHERE second = ?", (second,))
            self._hints[second] = rows[0][0] if rows else None
        return self._hints[second]
