"""Right answers whose numbers look as if they did not add up. Each states something that does, too."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from benchmarks.verifier.labelled import Case
from benchmarks.verifier.slips import slipped
from benchmarks.verifier.voice import COMPANIES, GOODS, MONTHS, Voice, table


def _proof(v: Voice) -> str:
    """A sum that is right and easily seen to be."""
    one, other = v.between(1_200, 9_900), v.between(1_200, 9_900)
    written = f"{v.number(one)} + {v.number(other)} = {v.number(one + other)}"
    return v.say(f"Comprobación: {written}.", f"Check: {written}.")


def _told(v: Voice, prompt: tuple[str, str], point: str, why: str) -> Iterator[Case]:
    yield Case(True, v.of(prompt), v.around(f"{point}\n\n{_proof(v)}"), why)


def shares_that_are_rounded(v: Voice) -> Iterator[Case]:
    counts = [v.between(100, 900) for _ in range(v.pick((3, 6, 7)))]
    shares = [(Decimal(100 * each) / sum(counts)).quantize(Decimal("0.1"), ROUND_HALF_UP) for each in counts]
    names = v.some(COMPANIES, len(counts))
    rows = [
        (name, v.number(count), f"{v.number(share, 1)} %")
        for name, count, share in zip(names, counts, shares, strict=True)
    ]
    rows.append(("Total", v.number(sum(counts)), v.say("100,0 %", "100.0 %")))
    heads = (v.say("Cliente", "Customer"), v.say("Pedidos", "Orders"), v.say("Parte", "Share"))
    prompt = v.say("¿Qué parte tiene cada cliente?", "What is each customer's share?")
    yield Case(True, prompt, v.around(table(heads, rows)), "rounded shares need not add to 100.0")
    off, how = slipped(v, sum(counts))
    rows[-1] = ("Total", v.number(off), rows[-1][2])
    yield Case(False, prompt, v.around(table(heads, rows)), f"total {off} for {sum(counts)}: {how}")


def columns_that_do_not_add(v: Voice) -> Iterator[Case]:
    rows, staff, years = [], [], []
    for name in v.some(COMPANIES, 4):
        staff.append(v.between(8, 240))
        years.append(v.between(1961, 2019))
        rows.append((name, str(years[-1]), str(staff[-1]), f"{v.number(Decimal(v.between(10, 49)) / 10, 1)}"))
    rows.append(("Total", "", str(sum(staff)), v.say("prom. 2,9", "avg. 2.9")))
    heads = (
        v.say("Empresa", "Company"), v.say("Fundada", "Founded"), v.say("Personas", "People"), v.say("Nota", "Rating")
    )  # fmt: skip
    prompt = v.say("Compara las empresas.", "Compare the companies.")
    yield Case(True, prompt, v.around(table(heads, rows)), "years and ratings stand in the table, and do not add")
    off, how = slipped(v, sum(staff))
    rows[-1] = ("Total", "", str(off), rows[-1][3])
    yield Case(False, prompt, v.around(table(heads, rows)), f"people {off} for {sum(staff)}: {how}")


def subtotals_and_a_discount(v: Voice) -> Iterator[Case]:
    first, second = ([v.between(9_000, 300_000) for _ in range(3)] for _ in range(2))
    goods = iter(v.some(GOODS, 6))
    discount = -v.between(1_000, 20_000)
    rows = [(v.of(next(goods)), v.money(each)) for each in first]
    rows.append((f"*{v.say('Subtotal materiales', 'Subtotal, materials')}*", v.money(sum(first))))
    rows += [(v.of(next(goods)), v.money(each)) for each in second]
    rows.append((f"*{v.say('Subtotal servicios', 'Subtotal, services')}*", v.money(sum(second))))
    rows.append((v.say("Descuento", "Discount"), v.money(discount)))
    total = sum(first) + sum(second) + discount
    heads = (v.say("Concepto", "Item"), v.say("Monto", "Amount"))
    prompt = v.say("Desglosa el presupuesto.", "Break the budget down.")
    right = table(heads, [*rows, (f"**{v.say('Total', 'Total')}**", v.money(total))])
    yield Case(True, prompt, v.around(f"{right}\n\n{_proof(v)}"), "subtotals stand between the lines; one is negative")


def running_balance(v: Voice) -> Iterator[Case]:
    balance = v.between(200_000, 900_000)
    rows = [(v.say("Saldo inicial", "Opening balance"), "", v.money(balance))]
    for month in v.some(MONTHS, 5):
        moved = v.between(-90_000, 150_000)
        balance += moved
        rows.append((v.of(month), v.money(moved), v.money(balance)))
    rows.append((v.say("Saldo final", "Closing balance"), "", v.money(balance)))
    heads = (v.say("Mes", "Month"), v.say("Movimiento", "Change"), v.say("Saldo", "Balance"))
    prompt = ("Muestra el saldo de la cuenta mes a mes.", "Show the account's balance month by month.")
    return _told(v, prompt, table(heads, rows), "the balance runs on and is no sum of its column")


def wrong_sum_as_the_subject(v: Voice) -> Iterator[Case]:
    one, other = v.between(10_000, 400_000), v.between(10_000, 400_000)
    off, _ = slipped(v, one + other)
    right, wrong = (f"{v.number(one)} + {v.number(other)} = {v.number(each)}" for each in (one + other, off))
    point = v.pick((
        v.say(f"La factura dice «{wrong}», y eso está mal: {right}.",
              f"The invoice says “{wrong}”, which is wrong: {right}."),
        v.say(f"El error está en la línea 7: allí se lee `{wrong}`. Lo correcto es `{right}`.",
              f"The mistake is in line 7, which reads `{wrong}`. It should be `{right}`."),
        v.say(f"> {wrong}\n\nNo cuadra; la suma correcta es {right}.",
              f"> {wrong}\n\nThis does not add up; the right sum is {right}."),
    ))  # fmt: skip
    prompt = ("¿Dónde está el error de la factura?", "Where is the mistake in the invoice?")
    return _told(v, prompt, point, "a wrong sum is quoted, and corrected")


def about_equal(v: Voice) -> Iterator[Case]:
    up = v.between(3, 9)
    third = v.number((Decimal(up) / 7).quantize(Decimal("0.01"), ROUND_HALF_UP), 2)
    thousands = v.between(1_000, 9_000)
    point = v.pick((
        v.say(f"{up} / 7 ≈ {third}, o sea cerca de un {third} por unidad.",
              f"{up} / 7 ≈ {third}, so about {third} for each."),
        v.say(f"{up} / 7 = {third} (redondeado a dos decimales).", f"{up} / 7 = {third} (rounded to two places)."),
        v.say(f"Son unos ${thousands // 10 * 10} al día, unos {v.number(thousands // 10 * 10 * 30 // 1000 * 1000)} al mes.",
              f"That is some ${thousands // 10 * 10} a day, some {v.number(thousands // 10 * 10 * 30 // 1000 * 1000)} a month."),
    ))  # fmt: skip
    return _told(v, ("Dame una idea del costo.", "Give me an idea of the cost."), point, "rounded, and said to be")


def signs_that_are_no_sums(v: Voice) -> Iterator[Case]:
    point = v.own((
        v.say("Cambia `retries = 3 + 1 = 4` no existe en Python; escribe `retries = 4`.",
              "There is no `a = 3 + b = 4` in Python; write `retries = 4`."),
        v.say("El turno va de 08:30 - 17:30 = 9 h, con 1 h de colación quedan 8 h.",
              "The shift is 08:30 - 17:30 = 9 h; with 1 h for lunch 8 h are left."),
        v.say("1 h 30 min + 45 min = 2 h 15 min, y el 31-12 + 1 día = 1-1.",
              "1 h 30 min + 45 min = 2 h 15 min, and 31 Dec + 1 day = 1 Jan."),
        v.say("En binario, 1 + 1 = 10; en hexadecimal, 9 + 1 = A.", "In binary, 1 + 1 = 10; in hexadecimal, 9 + 1 = A."),
        v.say("Plan 2024-2026 (3 años), modelo A-12 + B-4 = kit 16-C.",
              "Plan 2024-2026 (3 years), model A-12 + B-4 = kit 16-C."),
        v.say("La fórmula es f(x) = 2x + 3, así que f(4) = 11 y f(x) + 1 = 12 cuando x = 4.",
              "The formula is f(x) = 2x + 3, so f(4) = 11, and f(x) + 1 = 12 where x = 4."),
        v.say("2 docenas + 6 = 30 unidades; 3 kg + 500 g = 3,5 kg.", "2 dozen + 6 = 30 pieces; 3 kg + 500 g = 3.5 kg."),
        v.say("12 USD + 10.000 CLP = 21.400 CLP al cambio de 950.", "12 USD + 10,000 CLP = 21,400 CLP at a rate of 950."),
        v.say("17 / 5 = 3 con resto 2; 17 % 5 = 2.", "17 / 5 = 3 with remainder 2; 17 % 5 = 2."),
    ))  # fmt: skip
    return _told(
        v, ("Explica la cuenta.", "Explain the calculation."), point, "looks like a sum, and is of another kind"
    )


def other_totals(v: Voice) -> Iterator[Case]:
    values = [v.between(40, 900) for _ in range(4)]
    names = v.some(COMPANIES, 4)
    rows = [(name, v.number(value)) for name, value in zip(names, values, strict=True)]
    end = v.pick((
        (v.say("Máximo", "Maximum"), v.number(max(values))),
        (v.say("Total (con otros 12 clientes)", "Total (with 12 other customers)"), v.number(sum(values) + 1_310)),
        (v.say("Total año anterior", "Total of the year before"), v.number(sum(values) - 37)),
        (v.say("Mediana", "Median"), v.number(Decimal(sum(sorted(values)[1:3])) / 2, 1)),
    ))  # fmt: skip
    heads = (v.say("Cliente", "Customer"), v.say("Pedidos", "Orders"))
    prompt = ("Muestra los principales clientes.", "Show the main customers.")
    return _told(v, prompt, table(heads, [*rows, end]), "the last row is no sum of the rows above")


def net_from_gross(v: Voice) -> Iterator[Case]:
    gross = v.between(20_000, 800_000)
    net = int((Decimal(gross) / Decimal("1.19")).quantize(Decimal(1), ROUND_HALF_UP))
    point = v.say(
        f"| Concepto | Monto |\n|---|---:|\n| Total | {v.money(gross)} |\n| Neto | {v.money(net)} |\n"
        f"| IVA (19 %) | {v.money(gross - net)} |",
        f"| Item | Amount |\n|---|---:|\n| Total | {v.money(gross)} |\n| Net | {v.money(net)} |\n"
        f"| VAT (19%) | {v.money(gross - net)} |",
    )
    prompt = ("Saca el neto del total.", "Take the net out of the total.")
    return _told(v, prompt, point, "the total stands first; the tax is what rounding leaves")


def thousands_of_pesos(v: Voice) -> Iterator[Case]:
    """Kept apart: shown in thousands, added before they were rounded."""
    exact = [v.between(100_000, 9_000_000) for _ in range(5)]
    shown = [round(each / 1000) for each in exact]
    total = round(sum(exact) / 1000)
    rows = [(v.of(month), v.number(each)) for month, each in zip(v.some(MONTHS, 5), shown, strict=True)]
    heads = (v.say("Mes", "Month"), v.say("Ventas (miles de $)", "Sales (thousands of $)"))
    note = v.say("Los montos están redondeados a miles, por lo que pueden no sumar exactamente.",
                 "Amounts are rounded to thousands and may not add up exactly.")  # fmt: skip
    prompt = ("Muestra las ventas en miles.", "Show sales in thousands.")
    return _told(v, prompt, f"{table(heads, [*rows, ('Total', v.number(total))])}\n\n{note}", "rounded before shown")


def votes_and_codes(v: Voice) -> Iterator[Case]:
    """Kept apart: a table of codes, telephone numbers and dates under a heading like that of amounts."""
    rows = [
        (name, f"{v.between(100, 999)}", f"{v.between(22, 45)} {v.between(200, 299)} {v.between(1000, 9999)}", "12-11-2026")
        for name in v.some(COMPANIES, 4)
    ]  # fmt: skip
    heads = (
        v.say("Cliente", "Customer"),
        v.say("Código", "Code"),
        v.say("Teléfono", "Telephone"),
        v.say("Total al", "Total at"),
    )
    prompt = ("Lista los clientes.", "List the customers.")
    return _told(v, prompt, table(heads, rows), "numbers that are names")


TEMPLATES = (
    shares_that_are_rounded, columns_that_do_not_add, subtotals_and_a_discount, running_balance,
    wrong_sum_as_the_subject, about_equal, signs_that_are_no_sums, other_totals, net_from_gross,
)  # fmt: skip
HELD = (thousands_of_pesos, votes_and_codes)
