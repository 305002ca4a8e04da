"""`minga memory forget` where the disk is nearly full: it forgets, says what it could prove, and the rest is told."""

import json

import pytest
from program import Program
from test_memory_without_room import add, without_room

NEARLY_FULL = (
    'mount -t tmpfs -o size=8m tmpfs "{{home}}"; cp -a "{{was}}/." "{{home}}"; cat /dev/zero > "{{home}}/f" || true;'
    ' truncate -s -{free} "{{home}}/f"'
)


@pytest.mark.parametrize("free", [200_000, 500_000])
def test_on_a_nearly_full_disk_it_forgets_says_what_it_could_prove_and_tells_the_rest(
    minga: Program, free: int
) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    item = add(minga, "The staging database is at port 5433.")
    add(minga, "The office of Valdivia is blue.")
    shelves = "".join(f"- The shelf {one} of the store holds {one * 3} boxes of spare parts.\n" for one in range(60))
    imported = minga.run("memory", "import", "-", input=shelves.encode())
    assert imported.code == 0, imported.err
    forgotten, other, gone = without_room(
        minga,
        NEARLY_FULL.format(free=free),
        ("memory", "forget", item, "--yes", "--json"),
        ("memory", "search", "Valdivia"),
        ("memory", "search", "5433"),
    )
    told = json.loads(forgotten.out)
    [proof] = told["proofs"].values()
    assert (told["forgotten"], [one["found"] for one in proof["places"]]) == (1, [[]] * len(proof["places"]))
    unread = {one["name"]: one["unread"] for one in proof["places"] if one["unread"]}
    assert (forgotten.code, "→ " in forgotten.err) == (int(bool(unread)), bool(unread)), forgotten
    assert all("is full" in " ".join(why) for why in unread.values())
    assert (other.code, "blue" in other.out, gone.code, gone.out) == (0, True, 1, ""), (other, gone)
