"""Patches in an answer: ones that apply and ones that do not, or that leave the workspace."""

import difflib
import re
from collections.abc import Iterator

from benchmarks.verifier.kinds.projects import Project, project
from benchmarks.verifier.labelled import Case
from benchmarks.verifier.voice import Voice


def diff(path: str, before: str, after: str, context: int = 3) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{path}", f"b/{path}", n=context
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def changed(v: Voice, made: Project) -> str:
    """The module with one function made another."""
    name = v.pick(made.functions)
    return made.text.replace(f"chosen[:limit]]  # {name}", f"chosen[: limit + 1]]  # {name}, one more")


def _case(
    v: Voice, right: bool, made: Project, patch: str, why: str = "", said: str = "", allowed: tuple[str, ...] = ()
) -> Case:
    prompt = v.say("Dame el cambio como parche.", "Give me the change as a patch.")
    shape = v.say("Aplica este parche:\n\n```diff\n{}```{}", "Apply this patch:\n\n```diff\n{}```{}")
    point = v.around(shape.format(patch, said and f"\n\n{said}"))
    return Case(right, prompt, point, why, files=made.files, allowed=allowed)


def one_file(v: Voice) -> Iterator[Case]:
    made = project(v)
    patch = diff(made.module, made.text, changed(v, made), v.pick((3, 3, 1)))
    yield _case(v, True, made, patch)
    lines = patch.splitlines(keepends=True)
    removed = next(number for number, line in enumerate(lines) if line.startswith("-") and number > 1)
    wrong, why = v.pick((
        ("".join([*lines[:removed], lines[removed].replace("limit", "limits", 1), *lines[removed + 1 :]]),
         "the line to be removed reads otherwise in the file"),
        (patch.replace("    chosen = [row for", "    chosen = [each for").replace("-    return [row", "-    return [each"),
         "the context reads otherwise in the file"),
        (patch.replace(made.module, made.module.replace(".py", "s.py")), "a file that does not exist"),
        (_recounted(patch), "the hunk has fewer lines than its heading says"),
    ))  # fmt: skip
    yield _case(v, False, made, wrong, why)


def _recounted(patch: str) -> str:
    heading = next(line for line in patch.splitlines() if line.startswith("@@"))
    begin, _, rest = heading.partition(",")
    count, _, after = rest.partition(" ")
    return patch.replace(heading, f"{begin},{int(count) + 2} {after}")


def new_file(v: Voice) -> Iterator[Case]:
    made = project(v)
    folder = made.module.rsplit("/", 1)[0]
    path = f"{folder}/{v.pick(('cache', 'errors', 'limits'))}.py"
    body = f"LIMIT = {v.between(2, 90)}\n\n\ndef limit():\n    return LIMIT\n"

    def patch(path: str, body: str) -> str:
        lines = body.splitlines()
        return f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines)

    yield _case(v, True, made, patch(path, body), "a file that does not exist yet")
    wrong, why = v.pick((
        (patch(f"../{path}", body), "a path that leaves the workspace"),
        (patch(f"src/../../{path}", body), "a path that leaves the workspace"),
        (patch(made.module, body), "a new file where one stands already"),
        (patch("/etc/cron.d/x", body).replace("b//etc", "/etc"), "an absolute path"),
    ))  # fmt: skip
    yield _case(v, False, made, wrong, why)


def only_below(v: Voice) -> Iterator[Case]:
    """Only some paths may be changed."""
    made = project(v)
    patch = diff(made.module, made.text, changed(v, made))
    yield _case(v, True, made, patch, allowed=("src",))
    other = made.files["pyproject.toml"]
    more = diff("pyproject.toml", other, other.replace("1.0.0", "1.0.1"))
    yield _case(v, False, made, patch + more, "changes a file that it may not", allowed=("src",))


def shapes_that_apply(v: Voice) -> Iterator[Case]:
    made = project(v)
    after = changed(v, made)
    patch = diff(made.module, made.text, after)
    readme = made.files["README.md"]
    more = diff("README.md", readme, readme.replace("Run", "First run"))
    text, why = v.own((
        (patch + more, "two files"),
        (_drifted(patch, v.between(3, 30)), "line numbers that are off, as git takes them"),
        (f"diff --git a/{made.module} b/{made.module}\nindex 1234567..89abcde 100644\n{patch}", "git's heading"),
        (patch.replace("--- a/", "--- ").replace("+++ b/", "+++ "), "no a/ and b/"),
        (patch.replace("\n \n", "\n\n"), "empty lines of context without their blank"),
        (diff(made.module, made.text, after.rstrip("\n")), "no newline at the end"),
        (diff(made.module, made.text, f"# -*- coding: utf-8 -*-\n{made.text}"), "a line before the first"),
        (diff("README.md", readme, readme.replace("make test", "-- make\n--- test\n+++ all")), "lines that look like headings"),
    ))  # fmt: skip
    yield _case(v, True, made, text, why)


def _drifted(patch: str, lines: int) -> str:
    return re.sub(
        r"^@@ -(\d+),(\d+) \+(\d+),",
        lambda at: f"@@ -{int(at[1]) + lines},{at[2]} +{int(at[3]) + lines},",
        patch,
        flags=re.M,
    )


def shapes_again(v: Voice) -> Iterator[Case]:
    yield from shapes_that_apply(v)
    yield from shapes_that_apply(v)


def beside_an_illustration(v: Voice) -> Iterator[Case]:
    made = project(v)
    patch = diff(made.module, made.text, changed(v, made))
    said = v.say("En resumen:\n\n```diff\n- limit\n+ limit + 1\n```", "In short:\n\n```diff\n- limit\n+ limit + 1\n```")
    yield _case(v, True, made, patch, "a second block in diff colours that is no patch", said)


def whole_file_removed(v: Voice) -> Iterator[Case]:
    """Kept apart: a file is deleted."""
    made = project(v)
    text = made.files["README.md"]
    lines = text.splitlines()

    def patch(lines: list[str]) -> str:
        return f"--- a/README.md\n+++ /dev/null\n@@ -1,{len(lines)} +0,0 @@\n" + "".join(f"-{line}\n" for line in lines)

    yield _case(v, True, made, patch(lines))
    yield _case(v, False, made, patch([*lines[:-1], "Run `make check`."]), "removes a line that the file does not have")


def second_hunk(v: Voice) -> Iterator[Case]:
    """Kept apart: of two hunks the second does not fit."""
    made = project(v)
    first, last = made.functions[0], made.functions[-1]
    after = made.text
    for name in (first, last):
        after = after.replace(f"chosen[:limit]]  # {name}", f"chosen[: limit * 2]]  # {name}")
    patch = diff(made.module, made.text, after)
    yield _case(v, True, made, patch)
    wrong = patch.replace(
        f"-    return [row['id'] for row in chosen[:limit]]  # {last}", "-    return [row['id'] for row in chosen]"
    )
    yield _case(v, False, made, wrong, "the second hunk removes a line that the file does not have")


TEMPLATES = (one_file, one_file, new_file, only_below, shapes_again, beside_an_illustration)
HELD = (whole_file_removed, second_hunk)
