"""What stands in the full-text table of a passage. Taking out needs just what was put in."""

from minga.memory.recall.words import terms

PERSON_MARK = "u"
NOTE_MARK = "n"


def indexed_words(body: tuple[str, str], session: int, project: int, role: str, kind: str) -> tuple[str, str, str]:
    """The three columns: stems of what was said, of what was done, and marks by which a question is narrowed."""
    said, done = body
    marks = [session_mark(session), project_mark(project)]
    marks += [PERSON_MARK] if role == "user" else []
    marks += [NOTE_MARK] if kind == "note" else []
    return " ".join(terms(said)), " ".join(terms(done)), " ".join(marks)


def session_mark(number: int) -> str:
    return f"s{number}"


def project_mark(number: int) -> str:
    return f"p{number}"
