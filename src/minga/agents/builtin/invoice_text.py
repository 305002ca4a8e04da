"""What the invoice skill says, in Spanish and in English."""

from datetime import date

from minga.agents.builtin.dates import in_words
from minga.agents.builtin.deadlines import Law
from minga.agents.builtin.question import Language
from minga.agents.builtin.skill import Declined, Fact
from minga.domain.terms import Term

_SATURDAY = 5


def render(received: date, claim: Term | None, payment: Term | None, law: Law, today: date, language: Language) -> str:
    es = language == "es"
    head = "Factura recibida el" if es else "Invoice received on"
    now = "hoy en Chile:" if es else "today in Chile:"
    lines = [f"{head} {in_words(received, language)} ({now} {in_words(today, language)})."]
    if received > today:
        lines.append(
            "Esa fecha es futura: los plazos valen si la recepción ocurre ese día y la ley no cambia."
            if es
            else "That day is in the future: the deadlines hold if the receipt happens then and the law does not "
            "change."
        )
    lines.append("")
    if claim:
        name = "Reclamo, art. 3 número 2 (8 días corridos)" if es else "Claim, art. 3 number 2 (8 consecutive days)"
        lines.append(_line(name, claim, today, language))
    if payment:
        name = "Pago, art. 2 (30 días corridos)" if es else "Payment, art. 2 (30 consecutive days)"
        lines.append(_line(name, payment, today, language))
    lines += ["", _counting(language), "", "Reservas:" if es else "Reservations:"]
    lines += [f"- {each}" for each in _doubts(claim, payment, law, language)]
    return "\n".join(lines)


def facts(claim: Term | None, payment: Term | None, law: Law, language: Language) -> tuple[Fact, ...]:
    keys: list[str] = []
    if claim:
        keys += ["claim", "acceptance", "acknowledgement"]
    if payment:
        keys += ["payment", "payment-unwritten", "other-term", "register", "interest", "commission", "public"]
    keys += ["whole-days", "holidays"]
    passages = [law.passage(key) for key in keys]
    if language == "es":
        return tuple(Fact(passage.text, passage.citation) for passage in passages)
    return tuple(Fact(each.text, f"{each.citation}. Unofficial translation: {each.english}") for each in passages)


def _line(name: str, term: Term, today: date, language: Language) -> str:
    last = in_words(term.last, language)
    if language == "es":
        return f"- {name}: hasta la medianoche en que termina el {last}. {_left(term.left(today), language)}"
    return f"- {name}: until the midnight that ends {last}. {_left(term.left(today), language)}"


def _left(days: int, language: Language) -> str:
    unit = ("día" if language == "es" else "day") + ("" if abs(days) == 1 else "s")
    if days == 0:
        return "Vence hoy." if language == "es" else "It ends today."
    if language == "es":
        return f"{'Queda' if days == 1 else 'Quedan'} {days} {unit}." if days > 0 else f"Venció hace {-days} {unit}."
    return f"{days} {unit} left." if days > 0 else f"It ended {-days} {unit} ago."


def _counting(language: Language) -> str:
    if language == "es":
        return (
            "Cómo se cuenta: el día de la recepción no se cuenta (la ley dice «siguientes a»), los días son corridos, "
            "los feriados y fines de semana se cuentan, y el último día corre completo (Código Civil, arts. 48 y 50)."
        )
    return (
        "How it is counted: the day of receipt is not counted (the law says «siguientes a», that follow), holidays and "
        "weekends count, and the last day runs whole (Código Civil, arts. 48 and 50)."
    )


def _doubts(claim: Term | None, payment: Term | None, law: Law, language: Language) -> list[str]:
    es = language == "es"
    said = [
        f"Texto de la Ley 19.983 del {law.text_from.isoformat()}, leído el {law.text_seen.isoformat()}; no conozco "
        "cambios posteriores. No es asesoría legal."
        if es
        else f"Text of Ley 19.983 of {law.text_from.isoformat()}, read on {law.text_seen.isoformat()}; I know of "
        f"no later "
        "changes. This is no legal advice."
    ]
    if claim:
        said += _claim_doubts(es)
    if payment:
        said += _payment_doubts(es)
    for term in (claim, payment):
        if term and term.last.weekday() >= _SATURDAY:
            day = in_words(term.last, language)
            said.append(
                f"El {day} es fin de semana: ninguno de los artículos citados traslada el plazo al día hábil siguiente."
                if es
                else f"{day} is on a weekend: none of the cited articles moves the term to the next business day."
            )
    return said


def _claim_doubts(es: bool) -> list[str]:
    if es:
        return [
            "«Su recepción» (art. 3) se lee como la de la factura, como dice expresamente el art. 4 inciso 4; no "
            "la de las "
            "mercaderías.",
            "En facturas electrónicas el registro de reclamos del SII cuenta 8 días en fecha y hora desde la "
            "recepción en el "
            "SII (manual del servicio web de registro de reclamos, p. 6): puede cerrar antes de la medianoche, y "
            "esa fecha "
            "puede ser otra que la tuya. Compruébala allí.",
            "Sin reclamo en plazo, o con aceptación expresa anterior, la factura queda irrevocablemente aceptada "
            "(art. 3).",
        ]
    return [
        "«Su recepción» (art. 3) is read as that of the invoice, as art. 4 paragraph 4 says expressly; not that "
        "of the goods.",
        "For electronic invoices the SII's register of claims counts 8 days by date and hour from receipt at the "
        "SII (manual "
        "of the claims web service, p. 6): it may close before midnight, and that date may differ from yours. "
        "Check it there.",
        "Without a claim in time, or after an express acceptance, the invoice is irrevocably accepted (art. 3).",
    ]


def _payment_doubts(es: bool) -> list[str]:
    if es:
        return [
            "Corre desde la recepción de la factura, no desde su emisión ni desde la entrega. Es el máximo legal: "
            "no revisé si "
            "se pactó un plazo menor.",
            "Un plazo mayor solo vale si es un acuerdo excepcional escrito e inscrito en el registro del Ministerio de "
            "Economía (art. 2); no revisé ese registro.",
            "Si el comprador es un organismo público de la Ley 19.886, las bases o el contrato pueden fijar hasta "
            "60 días "
            "(art. 2 quáter).",
            "Después del plazo hay mora, con interés corriente (art. 2 bis) y comisión de 1 % (art. 2 ter); no "
            "los calculo.",
        ]
    return [
        "It runs from receipt of the invoice, not from its issue nor from delivery. It is the legal maximum: I "
        "did not see "
        "whether a shorter term was agreed.",
        "A longer term holds only as an exceptional written agreement entered in the register of the Ministry of "
        "Economy "
        "(art. 2); I did not look into that register.",
        "If the buyer is a public body under Ley 19.886, the bidding terms or the contract may set up to 60 days "
        "(art. 2 quáter).",
        "After the term the debtor is in default, with current interest (art. 2 bis) and a fee of 1 % (art. 2 "
        "ter); I do not "
        "compute them.",
    ]


def ask(question: str, language: Language) -> Declined:
    """A question back, with a wording that would do."""
    if language == "es":
        return Declined(question, 'Por ejemplo: minga run "plazos de la factura recibida el 2026-11-02".')
    return Declined(question, 'For example: minga run "deadlines of the invoice received on 2026-11-02".')


def not_understood(words: str, language: Language) -> Declined:
    if language == "es":
        what = f": no entiendo {words}" if words else ": no leo documentos adjuntos"
        return ask(f"La tarea habla de plazos de una factura, pero pide más de lo que puedo probar{what}.", language)
    what = f": I do not understand {words}" if words else ": I read no attached documents"
    return ask(f"The task is about deadlines of an invoice but asks more than I can prove{what}.", language)


def claim_of_payment(language: Language) -> Declined:
    if language == "es":
        return ask(
            "Reclamar el pago es cobrarlo: eso depende de la prescripción de la acción, que no calculo. "
            "¿Preguntas por el "
            "plazo para reclamar contra la factura, o por el plazo de pago?",
            language,
        )
    return ask(
        "Claiming the payment is collecting it: that depends on the prescription of the action, which I do not "
        "compute. Do "
        "you ask for the term to claim against the invoice, or for the term of payment?",
        language,
    )


def what_to_do(language: Language) -> Declined:
    return ask("¿Qué plazo de la factura?" if language == "es" else "Which deadline of the invoice?", language)


def past(language: Language) -> Declined:
    if language == "es":
        return ask("Calculo plazos; no sé qué ocurrió con la factura ni cuándo.", language)
    return ask("I compute terms; I do not know what happened to the invoice, nor when.", language)


def unbound(written: str, language: Language) -> Declined:
    if language == "es":
        return ask(f"No sé qué pasó el «{written}». ¿Qué día se recibió la factura?", language)
    return ask(f"I do not know what happened on «{written}». On which day was the invoice received?", language)


def several(days: list[date], language: Language) -> Declined:
    said = ", ".join(day.isoformat() for day in days)
    if language == "es":
        return ask(f"Hay varias fechas de recepción: {said}. ¿Cuál es la de la factura?", language)
    return ask(f"There are several dates of receipt: {said}. Which one is the invoice's?", language)


def no_receipt(on_goods: bool, issued: bool, language: Language) -> Declined:
    es = language == "es"
    if on_goods:
        why = (
            "Los plazos corren desde la recepción de la factura (art. 2 y art. 3 de la Ley 19.983), no desde la "
            "entrega de "
            "los bienes o servicios."
            if es
            else "The terms run from receipt of the invoice (arts. 2 and 3 of Ley 19.983), not from delivery of "
            "the goods or "
            "services."
        )
    elif issued:
        why = (
            "Los plazos corren desde la recepción de la factura (art. 2 y art. 3 de la Ley 19.983), no desde su "
            "emisión."
            if es
            else "The terms run from receipt of the invoice (arts. 2 and 3 of Ley 19.983), not from its issue."
        )
    else:
        why = "Falta la fecha." if es else "The date is missing."
    return ask(
        f"{why} " + ("¿Qué día se recibió la factura?" if es else "On which day was the invoice received?"), language
    )


def issued_later(language: Language) -> Declined:
    if language == "es":
        return ask("La fecha de emisión es posterior a la de recepción. ¿Cuáles son las correctas?", language)
    return ask("The invoice is issued after it was received. Which dates are right?", language)


def before_the_law(received: date, law: Law, language: Language) -> Declined:
    if language == "es":
        return ask(
            f"El {received.isoformat()} la Ley 19.983 no estaba en vigencia: se publicó el "
            f"{law.published.isoformat()} y rige "
            f"desde cuatro meses después (art. 11), {law.in_force.isoformat()}. ¿Es correcta la fecha?",
            language,
        )
    return ask(
        f"On {received.isoformat()} Ley 19.983 was not in force: it was published on {law.published.isoformat()} "
        f"and holds from "
        f"four months later (art. 11), {law.in_force.isoformat()}. Is the date right?",
        language,
    )


def older_text(received: date, law: Law, language: Language) -> Declined:
    if language == "es":
        return ask(
            f"El {received.isoformat()} regía un texto anterior de la Ley 19.983, con otros plazos y normas "
            f"transitorias "
            f"(leyes 20.956 y 21.131, entre otras). Solo tengo el texto desde el {law.text_from.isoformat()}, y no "
            f"lo aplico "
            "hacia atrás. Las versiones están en https://www.leychile.cl/Navegar?idNorma=233421.",
            language,
        )
    return ask(
        f"On {received.isoformat()} an earlier text of Ley 19.983 was in force, with other terms and transitional "
        f"rules (laws "
        f"20.956 and 21.131, among others). I hold the text since {law.text_from.isoformat()} only and do not apply it "
        "backwards. The versions are at https://www.leychile.cl/Navegar?idNorma=233421.",
        language,
    )


def too_far(received: date, language: Language) -> Declined:
    if language == "es":
        return ask(
            f"El {received.isoformat()} está a más de un año. No sé qué ley regirá. ¿Es correcta la fecha?", language
        )
    return ask(
        f"{received.isoformat()} is more than a year ahead. I do not know which law will hold then. Is the date right?",
        language,
    )
