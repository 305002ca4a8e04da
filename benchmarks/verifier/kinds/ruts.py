"""RUTs with a right and a wrong check digit, and what only looks like a RUT."""

from collections.abc import Iterator

from benchmarks.verifier.labelled import Case
from benchmarks.verifier.voice import COMPANIES, Voice, table

_DIGITS = "0123456789K"


def check_digit(number: int) -> str:
    """Modulo 11 with the weights 2 to 7 from the right (SII)."""
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(str(number))))
    return "0123456789K"[-total % 11]


def rut(v: Voice, ending: str = "") -> tuple[int, str]:
    """A body and its digit, which is ``ending`` where that is given."""
    while True:
        body = v.pick((v.between(5_000_000, 26_999_999), v.between(76_000_000, 78_999_999)))
        if not ending or check_digit(body) == ending:
            return body, check_digit(body)


def wrong(v: Voice, body: int, digit: str) -> tuple[int, str, str]:
    """A RUT that is not valid, and how it came from a right one."""
    chosen = v.pick(("digit", "swap", "typed"))
    digits = str(body)
    if chosen == "swap":
        place = v.between(1, len(digits) - 2)
        other = int(digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :])
        if check_digit(other) != digit:
            return other, digit, f"two digits of {body}-{digit} transposed"
    if chosen == "typed":
        place = v.between(1, len(digits) - 1)
        other = int(digits[:place] + str((int(digits[place]) + 1) % 10) + digits[place + 1 :])
        return other, digit, f"a digit of {body}-{digit} mistyped"
    off = "0" if digit == "K" else v.pick([each for each in _DIGITS if each != digit])
    return body, off, f"check digit {off} for {digit}"


def written(v: Voice, body: int, digit: str) -> str:
    dotted = f"{body:,}".replace(",", ".")
    digit = v.pick((digit, digit.lower()))
    return v.pick((f"{dotted}-{digit}", f"{body}-{digit}"))


def in_a_sentence(v: Voice) -> Iterator[Case]:
    body, digit = rut(v, v.pick(("", "K", "0")))
    company = v.pick(COMPANIES)
    prompt = v.say(f"¿Cuál es el RUT de {company}?", f"What is the RUT of {company}?")
    for right in (True, False):
        shown = (body, digit, "") if right else wrong(v, body, digit)
        said = written(v, *shown[:2])
        point = v.say(f"El RUT de {company} es {said}.", f"The RUT of {company} is {said}.")
        yield Case(right, prompt, v.around(point), shown[2])


def in_a_table(v: Voice) -> Iterator[Case]:
    names = v.some(COMPANIES, v.between(3, 6))
    ruts = [rut(v) for _ in names]
    heads = (v.say("Proveedor", "Supplier"), "RUT", v.say("Teléfono", "Telephone"))

    def answer(ruts: list[tuple[int, str]]) -> str:
        rows = [
            (name, written(v, *each), f"+56 9 {v.between(4000, 9999)} {v.between(1000, 9999)}")
            for name, each in zip(names, ruts, strict=True)
        ]
        return v.around(table(heads, rows))

    prompt = v.say("Haz una lista de los proveedores.", "Make a list of the suppliers.")
    yield Case(True, prompt, answer(ruts))
    place = v.between(0, len(names) - 1)
    *off, why = wrong(v, *ruts[place])
    yield Case(False, prompt, answer([*ruts[:place], (off[0], off[1]), *ruts[place + 1 :]]), why)


def in_code(v: Voice) -> Iterator[Case]:
    body, digit = rut(v)
    prompt = v.say("Dame el cliente como JSON.", "Give me the customer as JSON.")
    for right in (True, False):
        shown = (body, digit, "") if right else wrong(v, body, digit)
        data = (
            f'{{\n  "rut": "{shown[0]}-{shown[1]}",\n  "razon_social": "{v.pick(COMPANIES)}",\n  "giro": "Comercio"\n}}'
        )
        yield Case(right, prompt, v.around(f"```json\n{data}\n```"), shown[2])


def with_the_name_before(v: Voice) -> Iterator[Case]:
    body, digit = rut(v)
    prompt = v.say("Redacta el encabezado de la carta.", "Write the letter's heading.")
    for right in (True, False):
        shown = (body, digit, "") if right else wrong(v, body, digit)
        said = written(v, *shown[:2])
        point = f"{v.pick(COMPANIES)} SpA\nR.U.T. N° {said}\n" + v.say(
            "Giro: comercio al por menor", "Line: retail trade"
        )
        yield Case(right, prompt, v.around(point), shown[2])


def invalid_as_the_subject(v: Voice) -> Iterator[Case]:
    body, digit = rut(v)
    off = v.pick([each for each in _DIGITS if each != digit])
    shown, good = (f"{body:,}".replace(",", ".") + f"-{each}" for each in (off, digit))
    point = v.pick((
        v.say(f"El RUT {shown} no es válido: el dígito verificador debería ser {digit}, o sea {good}.",
              f"The RUT {shown} is not valid: its check digit should be {digit}, that is {good}."),
        v.say(f"En la fila 4 dice {shown}, pero está mal escrito; el correcto es {good}.",
              f"Row 4 says {shown}, but that is mistyped; the right one is {good}."),
        v.say(f"Corregí el RUT inválido {shown} por {good}.", f"I replaced the invalid RUT {shown} by {good}."),
    ))  # fmt: skip
    prompt = v.say(f"¿Está bien el RUT {shown}?", f"Is the RUT {shown} right?")
    yield Case(True, prompt, v.around(point), "an invalid RUT is the subject, and called so")


def look_alikes(v: Voice) -> Iterator[Case]:
    body, digit = rut(v)
    like = v.own((
        v.say(f"El pedido N° {v.between(10_000_000, 99_999_999)}-{v.between(1, 9)} llega el 12-11-2026.",
              f"Order no. {v.between(10_000_000, 99_999_999)}-{v.between(1, 9)} arrives on 12-11-2026."),
        v.say(f"Teléfono: 2 2{v.between(100, 999)} {v.between(1000, 9999)}-3; ISBN 978-956-12-3456-7.",
              f"Telephone: 2 2{v.between(100, 999)} {v.between(1000, 9999)}-3; ISBN 978-956-12-3456-7."),
        v.say("Escríbelo con el formato 12.345.678-X o XX.XXX.XXX-X.", "Write it in the form 12.345.678-X or XX.XXX.XXX-X."),
        v.say(f"Cuenta corriente {v.between(10_000_000, 99_999_999)}-{v.between(0, 9)} del Banco Estado.",
              f"Current account {v.between(10_000_000, 99_999_999)}-{v.between(0, 9)} at Banco Estado."),
        v.say("Rangos: 1.000.000-2.000.000 y 2024-2026; corte 20261112-1.", "Ranges: 1000000-2000000 and 2024-2026; build 20261112-1."),
        v.say(f"Commit 1{v.between(100000, 999999)}-4, ticket SOP-{v.between(1000000, 9999999)}-2.",
              f"Commit 1{v.between(100000, 999999)}-4, ticket SOP-{v.between(1000000, 9999999)}-2."),
    ))  # fmt: skip
    prompt = v.say("¿A nombre de quién va?", "In whose name is it?")
    point = v.say(f"Va a nombre de RUT {body}-{digit}. {like}", f"It goes to RUT {body}-{digit}. {like}")
    yield Case(True, prompt, v.around(point), f"a number with a hyphen that is no RUT: {like}")


def worked_out(v: Voice) -> Iterator[Case]:
    """Kept apart: the digit is derived before the reader's eyes."""
    body, digit = rut(v)
    total = sum(int(each) * (2 + place % 6) for place, each in enumerate(reversed(str(body))))
    prompt = v.say(f"¿Qué dígito verificador tiene {body}?", f"What is the check digit of {body}?")
    off = v.pick([each for each in _DIGITS if each != digit])
    for right in (True, False):
        last = digit if right else off
        point = v.say(
            f"La suma ponderada es {total} y el resto al dividir por 11 es {total % 11}; el RUT completo es {body}-{last}.",
            f"The weighted sum is {total}, its remainder by 11 is {total % 11}; the whole RUT is {body}-{last}.",
        )
        yield Case(right, prompt, v.around(point), "" if right else f"check digit {last} for {digit}")


def list_to_sort(v: Voice) -> Iterator[Case]:
    """Kept apart: which of those given are valid."""
    good, bad = [rut(v) for _ in range(3)], rut(v)
    off = v.pick([each for each in _DIGITS if each != bad[1]])
    point = "\n".join(
        [v.say("Válidos:", "Valid:"), *(f"- {written(v, *each)}" for each in good), "",
         v.say("No válidos:", "Not valid:"), f"- {bad[0]}-{off}"]
    )  # fmt: skip
    prompt = v.say("Separa los RUT válidos de los inválidos.", "Sort the valid RUTs from the invalid ones.")
    yield Case(True, prompt, v.around(point), "an invalid RUT stands in the list of the invalid ones")


TEMPLATES = (
    in_a_sentence, in_a_table, in_code, with_the_name_before, invalid_as_the_subject, look_alikes,
)  # fmt: skip
HELD = (worked_out, list_to_sort)
