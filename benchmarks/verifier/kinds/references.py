"""Where something stands in the project: files, lines and symbols, right and wrong."""

from collections.abc import Iterator

from benchmarks.verifier.kinds.projects import Project, project
from benchmarks.verifier.labelled import Case
from benchmarks.verifier.voice import Voice


def _case(v: Voice, right: bool, made: Project, point: str, why: str = "") -> Case:
    prompt = v.say("¿Dónde está eso en el código?", "Where is that in the code?")
    return Case(right, prompt, v.around(point), why, files=made.files)


def _misnamed(path: str) -> str:
    folder, name = path.rsplit("/", 1)
    return f"{folder}/{name.removesuffix('.py')}s.py" if not name.endswith("s.py") else f"{folder}/{name[:-4]}.py"


def file_and_line(v: Voice) -> Iterator[Case]:
    made = project(v)
    name = v.pick(made.functions)
    shape = v.pick((
        v.say("`{name}` se define en `{path}:{line}`.", "`{name}` is defined at `{path}:{line}`."),
        v.say("Mira {path}:{line}: ahí está la función `{name}`.", "See {path}:{line}: there stands the function `{name}`."),
        v.say("- `{path}:{line}`: define `{name}()`", "- `{path}:{line}`: defines `{name}()`"),
    ))  # fmt: skip
    yield _case(v, True, made, shape.format(name=name, path=made.module, line=made.lines[name]))
    wrong = v.pick((
        (name, made.module, made.length + v.between(20, 300), "a line beyond the end of the file"),
        (name, _misnamed(made.module), made.lines[name], "a file that does not exist"),
        (v.pick(made.absent), made.module, made.lines[name], "a function that does not exist"),
    ))  # fmt: skip
    symbol, path, line, why = wrong
    yield _case(v, False, made, shape.format(name=symbol, path=path, line=line), why)


def line_of_another(v: Voice) -> Iterator[Case]:
    made = project(v)
    name, other = v.some(made.functions, 2)
    shape = v.say("La función `{}` está definida en `{}:{}`.", "The function `{}` is defined at `{}:{}`.")
    yield _case(v, True, made, shape.format(name, made.module, made.lines[name]))
    yield _case(v, False, made, shape.format(name, made.module, made.lines[other]), f"the line of {other}")


def several(v: Voice) -> Iterator[Case]:
    made = project(v)
    tests = next(path for path in made.files if path.startswith("tests/"))
    first, second = v.some(made.functions, 2)
    shape = v.say("El flujo es:\n\n1. `{0}` ({1}:{2})\n2. `{3}` ({1}:{4})\n3. se prueba en `{5}`",
                  "The flow is:\n\n1. `{0}` ({1}:{2})\n2. `{3}` ({1}:{4})\n3. tested in `{5}`")  # fmt: skip
    at = made.lines
    yield _case(v, True, made, shape.format(first, made.module, at[first], second, at[second], tests))
    wrong, why = v.pick((
        (shape.format(first, made.module, at[first], second, made.length + 57, tests), "one line is beyond the end"),
        (shape.format(first, made.module, at[first], second, at[second], tests.replace("test_", "test_all_")), "no such test file"),
        (shape.format(first, made.module, at[first], v.pick(made.absent), at[second], tests), "no such function"),
    ))  # fmt: skip
    yield _case(v, False, made, wrong, why)


def symbol_in_a_module(v: Voice) -> Iterator[Case]:
    made = project(v)
    shape = v.say(
        "Usa la función `{}()` de `{}`, que ya hace eso.", "Use the function `{}()` of `{}`, which does that already."
    )
    yield _case(v, True, made, shape.format(v.pick(made.functions), made.module))
    yield _case(v, False, made, shape.format(v.pick(made.absent), made.module), "a function that does not exist")


def look_alikes(v: Voice) -> Iterator[Case]:
    made = project(v)
    name = v.pick(made.functions)
    folder = made.module.rsplit("/", 1)[0]
    extra = v.own((
        v.say(f"Crea el archivo `{folder}/cache.py` con una función `cached_rows()`.",
              f"Create the file `{folder}/cache.py` with a function `cached_rows()`."),
        v.say("El servidor escucha en `localhost:8080`, y la tarea corre a las 12:30.",
              "The server listens on `localhost:8080`, and the job runs at 12:30."),
        v.say("Sirve la imagen `python:3.11`; en Windows la ruta sería `C:\\datos\\a.py`.",
              "The image `python:3.11` will do; on Windows the path would be `C:\\data\\a.py`."),
        v.say(f"No existe un archivo `{folder}/utils.py`; por eso falla el import.",
              f"There is no file `{folder}/utils.py`; that is why the import fails."),
        v.say("El rastro termina en `/usr/lib/python3.11/json/decoder.py:355`.",
              "The traceback ends at `/usr/lib/python3.11/json/decoder.py:355`."),
        v.say("Todos los `tests/*.py` usan `pytest.raises` y `Decimal.quantize`.",
              "All of `tests/*.py` use `pytest.raises` and `Decimal.quantize`."),
        v.say("Falta agregar una función `total_rows()`; te propongo llamarla así.",
              "A function `total_rows()` is missing; I suggest that name."),
        v.say("Esto se parece a `node_modules/left-pad/index.js:14` en otro proyecto.",
              "It is like `node_modules/left-pad/index.js:14` in another project."),
        v.say("Ver https://example.org/guia/setup.py:443 y la proporción 16:9.",
              "See https://example.org/guide/setup.py:443 and the ratio 16:9."),
        v.say("Compila con `gcc -o main main.c`, si tuvieras un `main.c`.",
              "Compile with `gcc -o main main.c`, if you had a `main.c`."),
    ))  # fmt: skip
    said = v.say(
        f"`{name}` está en `{made.module}:{made.lines[name]}`.", f"`{name}` is at `{made.module}:{made.lines[name]}`."
    )
    yield _case(v, True, made, f"{said}\n\n{extra}", extra)


def look_alikes_again(v: Voice) -> Iterator[Case]:
    yield from look_alikes(v)
    yield from look_alikes(v)


def other_ways_to_write_a_place(v: Voice) -> Iterator[Case]:
    made = project(v)
    name = v.pick(made.functions)
    line, path = made.lines[name], made.module
    short = path.rsplit("/", 1)[1]
    point, why = v.own((
        (f"`{path}#L{line}` → `{name}`", "a place as GitHub writes it"),
        (f"`{path}:{line}-{line + 3}`: `{name}`", "a range of lines"),
        (f"`{short}:{line}`: `{name}`", "the file's name alone"),
        (f"[`{name}`]({path}#L{line})", "a link"),
        (f"`./{path}:{line}:5`: `{name}`", "a column, and ./ before"),
        (f"`{path}::{name}`", "pytest's way"),
        (v.say(f"{path}, línea {line}: `{name}`", f"{path}, line {line}: `{name}`"), "in words"),
        (v.say(f"`{name}` ocupa de `{path}:{line + 1}` en adelante", f"the body of `{name}` starts at `{path}:{line + 1}`"),
         "the line of its body"),
    ))  # fmt: skip
    yield _case(v, True, made, point, why)


def line_in_words(v: Voice) -> Iterator[Case]:
    """Kept apart: the line stands in words, away from the file."""
    made = project(v)
    name = v.pick(made.functions)
    shape = v.say("La función `{}` está en la línea {} de `{}`.", "The function `{}` is on line {} of `{}`.")
    yield _case(v, True, made, shape.format(name, made.lines[name], made.module))
    yield _case(
        v, False, made, shape.format(name, made.length + v.between(9, 90), made.module), "beyond the end of the file"
    )


def table_of_places(v: Voice) -> Iterator[Case]:
    """Kept apart: places in a table."""
    made = project(v)
    rows = [(name, made.module, made.lines[name]) for name in made.functions[:4]]

    def answer(rows: list[tuple[str, str, int]]) -> str:
        heads = v.say("| Función | Lugar |", "| Function | Place |")
        return "\n".join([heads, "|---|---|", *(f"| `{name}` | `{path}:{line}` |" for name, path, line in rows)])

    yield _case(v, True, made, answer(rows))
    name, path, line = rows[2]
    wrong = v.pick(((v.pick(made.absent), path, line), (name, _misnamed(path), line), (name, path, made.length + 33)))
    yield _case(v, False, made, answer([*rows[:2], wrong, rows[3]]), f"one row is wrong: {wrong}")


TEMPLATES = (
    file_and_line, line_of_another, several, symbol_in_a_module, look_alikes_again, other_ways_to_write_a_place,
)  # fmt: skip
HELD = (line_in_words, table_of_places)
