"""What is written into Markdown comes back as it was, whatever comments stand in it."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from remembered import NOON

from minga.domain.memory import ItemId, Note, NoteKind
from minga.memory.exchange import Content, Kept, to_markdown
from minga.memory.incoming import from_file

PIECES = st.sampled_from(["<!--", "-->", "<!-- todo -->", "--", ">", "- ", "# ", "see", "keep this", " ", "\n", "  "])
TEXTS = st.lists(PIECES, min_size=1, max_size=12).map(lambda pieces: "".join(pieces).strip()).filter(bool)


@given(st.lists(TEXTS, min_size=1, max_size=3))
@example(["see <!-- todo --> here, keep this"])
@example(["left open <!-- here"])
@example(["[x] is what he typed"])
@settings(max_examples=150, deadline=None)
def test_notes_come_back_whole(texts: list[str]) -> None:
    kept = [
        Kept(ItemId(f"nabcdefghijk{number}"), Note(NoteKind.NOTE, one), "", NOON) for number, one in enumerate(texts)
    ]
    back = from_file(to_markdown(Content(kept, (), ())).encode()).notes
    assert [(one.note.text, one.id) for one in back] == [(one.note.text, one.id) for one in kept]
