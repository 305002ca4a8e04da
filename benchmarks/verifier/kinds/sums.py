"""Sums, products, taxes, shares and averages that an answer states, right and with a slip."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from benchmarks.verifier.labelled import Case
from benchmarks.verifier.slips import slipped
from benchmarks.verifier.voice import GOODS, MONTHS, Voice, table

IVA = Decimal("0.19")


def whole(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def table_of_goods(v: Voice) -> Iterator[Case]:
    goods = v.some(GOODS, v.between(3, 6))
    lines = [(good, v.between(2, 48), v.between(150, 84_000)) for good in goods]
    amounts = [count * price for _, count, price in lines]
    total = sum(amounts)
    heads = (v.say("Ítem", "Item"), v.say("Cantidad", "Quantity"), v.say("Precio", "Price"), "Subtotal")

    def answer(amounts: list[int], total: int) -> str:
        rows = [
            (v.of(good).capitalize(), str(count), v.money(price), v.money(amount))
            for (good, count, price), amount in zip(lines, amounts, strict=True)
        ]
        return v.around(table(heads, [*rows, ("**Total**", "", "", f"**{v.money(total)}**")]))

    prompt = v.say("Haz el presupuesto con el total.", "Make the quote, with the total.")
    yield Case(True, prompt, answer(amounts, total))
    off, how = slipped(v, total)
    yield Case(False, prompt, answer(amounts, off), f"total {off} for {total}: {how}")
    place = v.between(0, len(lines) - 1)
    off, how = slipped(v, amounts[place])
    wrong = [*amounts[:place], off, *amounts[place + 1 :]]
    yield Case(False, prompt, answer(wrong, sum(wrong)), f"a line's product {off} for {amounts[place]}: {how}")


def net_tax_total(v: Voice) -> Iterator[Case]:
    net = v.between(12_000, 9_400_000)
    tax = whole(net * IVA)
    shape = v.pick((
        "- Neto: {net}\n- IVA (19 %): {tax}\n- Total: {total}",
        "| Concepto | Monto |\n|---|---:|\n| Neto | {net} |\n| IVA 19% | {tax} |\n| **Total** | **{total}** |",
        "Neto {net} + IVA 19% {tax} = Total {total}",
    ))  # fmt: skip
    if v.language == "en":
        for spanish, english in (("Neto", "Net"), ("IVA", "VAT"), ("Concepto", "Item"), ("Monto", "Amount")):
            shape = shape.replace(spanish, english)

    def answer(tax: int, total: int) -> str:
        return v.around(shape.format(net=v.money(net), tax=v.money(tax), total=v.money(total)))

    prompt = v.say(f"¿Cuánto es con IVA, si el neto es {net}?", f"What is it with 19% VAT, net being {net}?")
    yield Case(True, prompt, answer(tax, net + tax))
    off, how = slipped(v, net + tax)
    yield Case(False, prompt, answer(tax, off), f"total {off} for {net + tax}: {how}")
    off = v.pick((whole(net * Decimal("0.18")), tax + v.pick((-2, 10, 100)), whole(net - net / (1 + IVA))))
    yield Case(False, prompt, answer(off, net + off), f"tax {off} for {tax}, and the total fits it")


def sum_in_a_line(v: Voice) -> Iterator[Case]:
    parts = [v.between(1_100, 990_000) for _ in range(v.between(2, 5))]
    total = sum(parts)

    def answer(total: int) -> str:
        written = " + ".join(map(v.number, parts))
        return v.around(
            v.say(f"El gasto del trimestre es {written} = {v.number(total)} pesos.",
                  f"The quarter's expense is {written} = {v.number(total)} pesos.")
        )  # fmt: skip

    prompt = v.say("Suma los gastos.", "Add up the expenses.")
    yield Case(True, prompt, answer(total))
    off, how = slipped(v, total)
    yield Case(False, prompt, answer(off), f"sum {off} for {total}: {how}")


def product_in_a_line(v: Voice) -> Iterator[Case]:
    count, price, sign = v.between(11, 97), v.between(1_050, 58_900), v.pick(("×", "x", "*"))
    total = count * price

    def answer(total: int) -> str:
        code = v.pick(("`", ""))
        formula = f"{code}{count} {sign} {v.number(price)} = {v.number(total)}{code}"
        return v.around(v.say(f"Por las {count} unidades: {formula}.", f"For the {count} units: {formula}."))

    prompt = v.say("¿Cuánto cuestan todas?", "How much do all of them cost?")
    yield Case(True, prompt, answer(total))
    off, how = slipped(v, total)
    yield Case(False, prompt, answer(off), f"product {off} for {total}: {how}")


def list_with_a_total(v: Voice) -> Iterator[Case]:
    months = MONTHS[: v.between(3, 9)]
    amounts = [v.between(120_000, 4_800_000) for _ in months]
    total = sum(amounts)

    def answer(total: int) -> str:
        lines = [
            f"- {v.of(month).capitalize()}: {v.money(amount)}" for month, amount in zip(months, amounts, strict=True)
        ]
        return v.around("\n".join([*lines, f"- **Total: {v.money(total)}**"]))

    prompt = v.say("Ventas por mes y total.", "Sales by month, and the total.")
    yield Case(True, prompt, answer(total))
    off, how = slipped(v, total)
    yield Case(False, prompt, answer(off), f"total {off} for {total}: {how}")


def share_of(v: Voice) -> Iterator[Case]:
    rate, whole_ = v.pick((5, 8, 12, 15, 18, 35)), v.between(210, 9_900) * 100
    part = rate * whole_ // 100

    def answer(part: int) -> str:
        return v.around(
            v.say(f"El {rate} % de {v.money(whole_)} es {v.money(part)}.",
                  f"{rate}% of {v.money(whole_)} is {v.money(part)}.")
        )  # fmt: skip

    prompt = v.say(f"¿Cuánto es el {rate} % de {whole_}?", f"How much is {rate}% of {whole_}?")
    yield Case(True, prompt, answer(part))
    off, how = slipped(v, part)
    yield Case(False, prompt, answer(off), f"share {off} for {part}: {how}")


def mean_in_a_line(v: Voice) -> Iterator[Case]:
    count = v.pick((3, 4, 5))
    values = [v.between(12, 90) for _ in range(count - 1)]
    values.append(v.between(13, 25) * count - sum(values) % count)
    mean = sum(values) // count

    def answer(mean: int) -> str:
        written = f"({' + '.join(map(str, values))}) / {count} = {mean}"
        return v.around(v.say(f"El promedio es {written}.", f"The average is {written}."))

    prompt = v.say("Calcula el promedio de las horas.", "Work out the average of the hours.")
    yield Case(True, prompt, answer(mean))
    off = mean + v.pick((1, -1))
    yield Case(False, prompt, answer(off), f"average {off} for {mean}: off by one")


def total_row_and_column(v: Voice) -> Iterator[Case]:
    """Kept apart: a table that adds both ways."""
    months, goods = MONTHS[:3], v.some(GOODS, 4)
    cells = [[v.between(80, 9_900) for _ in months] for _ in goods]
    across = [sum(row) for row in cells]
    down = [sum(column) for column in zip(*cells, strict=True)]
    heads = (v.say("Producto", "Product"), *(v.of(month) for month in months), "Total")

    def answer(across: list[int], down: list[int], total: int) -> str:
        rows = [
            (v.of(good), *map(v.number, row), v.number(end))
            for good, row, end in zip(goods, cells, across, strict=True)
        ]
        return v.around(table(heads, [*rows, ("**Total**", *map(v.number, down), f"**{v.number(total)}**")]))

    prompt = v.say("Ventas por producto y mes, con totales.", "Sales by product and month, with totals.")
    yield Case(True, prompt, answer(across, down, sum(down)))
    off, how = slipped(v, down[1])
    yield Case(False, prompt, answer(across, [down[0], off, down[2]], sum(down)), f"column {off} for {down[1]}: {how}")
    off, how = slipped(v, across[2])
    yield Case(
        False, prompt, answer([*across[:2], off, across[3]], down, sum(down)), f"row {off} for {across[2]}: {how}"
    )


def subtraction_in_steps(v: Voice) -> Iterator[Case]:
    """Kept apart: each step takes up the last one's result."""
    start = v.between(900_000, 5_000_000)
    paid, returned = v.between(10_000, 400_000), v.between(5_000, 300_000)
    first = start - paid

    def answer(first: int, last: int) -> str:
        return v.around(
            f"1. {v.number(start)} - {v.number(paid)} = {v.number(first)}\n"
            f"2. {v.number(first)} - {v.number(returned)} = {v.number(last)}"
        )

    prompt = v.say("¿Cuánto queda después del pago y la devolución?", "What is left after the payment and the refund?")
    yield Case(True, prompt, answer(first, first - returned))
    off, how = slipped(v, first)
    yield Case(False, prompt, answer(off, off - returned), f"first step {off} for {first}: {how}")


TEMPLATES = (
    table_of_goods, net_tax_total, sum_in_a_line, product_in_a_line, list_with_a_total, share_of, mean_in_a_line,
)  # fmt: skip
HELD = (total_row_and_column, subtraction_in_steps)
