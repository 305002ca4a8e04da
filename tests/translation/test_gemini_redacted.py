"""Thoughts of which a provider shows nothing, on their way through a caller of Gemini's format and back."""

import json

from gemini_speech import GEMINI, HELLO, read, said, user

from minga.providers.translation.form import Answer, Began, Closed, Opened, Text, Thinking
from minga.providers.translation.notes import Notes
from minga.providers.translation.sse import events_of

HIDDEN = Thinking("", "anthropic:ZW5jcnlwdGVk", redacted=True)


def test_a_thought_of_which_nothing_is_shown_comes_back_as_one() -> None:
    answer = Answer("a", "claude-x", (HIDDEN, Text("So it is.")), "end")
    content = json.loads(GEMINI.write_answer(answer, said(user("Hm?")), Notes()))["candidates"][0]["content"]
    assert read({"contents": [*HELLO["contents"], content]}).turns[1].parts == answer.parts


def test_it_comes_back_as_one_from_a_stream() -> None:
    writer = GEMINI.writer(said(user("Hm?")), Notes())
    events = (Began("a", "claude-x"), Opened(0, HIDDEN), Closed(0))
    [(_, data)] = events_of(b"".join(map(writer.feed, events)))
    content = json.loads(data)["candidates"][0]["content"]
    assert read({"contents": [*HELLO["contents"], content]}).turns[1].parts == (HIDDEN,)
