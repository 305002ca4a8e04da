"""The documents that answers quote: written for this bench."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Sentence:
    """``slips``: a word as it stands, and the word that a wrong quotation has there."""

    text: str
    slips: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Writing:
    name: str
    url: str
    language: Literal["es", "en"]
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        """As a file has it: lines broken at 72 characters or so, in two paragraphs."""
        half = len(self.sentences) // 2
        paragraphs = (self.sentences[:half], self.sentences[half:])
        head = f"{self.name.rsplit('.', 1)[0].replace('-', ' ').title()}\n{self.url}"
        return "\n\n".join([head, *(_wrapped(" ".join(each.text for each in part)) for part in paragraphs)]) + "\n"


def _wrapped(text: str, width: int = 72) -> str:
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\n".join([*lines, line])


WRITINGS = (
    Writing("contrato-arriendo.md", "https://arriendos.example.cl/contratos/2026/118", "es", (
        Sentence("El arrendatario pagará la renta dentro de los cinco primeros días de cada mes.",
                 (("cinco", "diez"), ("arrendatario", "arrendador"), ("primeros", "últimos"))),
        Sentence("El atraso en el pago devengará un interés de 1,5 % mensual sobre la suma adeudada.",
                 (("mensual", "anual"), ("1,5", "1,8"), ("suma", "renta"))),
        Sentence("Queda prohibido subarrendar el inmueble sin autorización escrita del propietario.",
                 (("escrita", "verbal"), ("sin", "con"), ("prohibido", "permitido"))),
        Sentence("La garantía equivale a un mes de renta y se devolverá a más tardar treinta días después de la entrega.",
                 (("treinta", "sesenta"), ("mes", "año"), ("después", "antes"))),
        Sentence("Las reparaciones locativas serán siempre de cargo del arrendatario, salvo las causadas por fuerza mayor.",
                 (("arrendatario", "propietario"), ("siempre", "nunca"), ("salvo", "incluso"))),
        Sentence("El contrato se renovará automáticamente por períodos iguales si ninguna de las partes avisa su término.",
                 (("ninguna", "alguna"), ("iguales", "menores"), ("automáticamente", "anualmente"))),
    )),
    Writing("informe-seguridad.txt", "https://intranet.example.cl/informes/seguridad-t3", "es", (
        Sentence("Durante el trimestre se registraron 14 incidentes, dos de ellos de gravedad alta.",
                 (("14", "41"), ("dos", "tres"), ("alta", "media"))),
        Sentence("El servidor de respaldo no fue probado en los últimos seis meses.",
                 (("no", "ya"), ("seis", "tres"), ("respaldo", "correo"))),
        Sentence("Recomendamos cifrar los discos de los portátiles antes de marzo.",
                 (("cifrar", "cambiar"), ("antes", "después"), ("marzo", "mayo"))),
        Sentence("Ningún dato de clientes salió de la red interna, según los registros del cortafuegos.",
                 (("Ningún", "Algún"), ("interna", "externa"), ("clientes", "empleados"))),
        Sentence("La causa principal fue una clave compartida entre varias personas del área de soporte.",
                 (("compartida", "robada"), ("soporte", "ventas"), ("principal", "única"))),
        Sentence("El plan de continuidad deberá estar aprobado por la gerencia en la primera semana de diciembre.",
                 (("aprobado", "redactado"), ("primera", "última"), ("gerencia", "comisión"))),
    )),
    Writing("release-notes.md", "https://docs.example.org/harbor/release-notes/4.2", "en", (
        Sentence("Connections that stay idle for more than ninety seconds are now closed by the server.",
                 (("ninety", "sixty"), ("idle", "open"), ("server", "client"))),
        Sentence("The configuration key `max_workers` must be set before the first request is accepted.",
                 (("before", "after"), ("must", "may"), ("first", "last"))),
        Sentence("Uploads larger than 64 MB are rejected unless streaming is enabled.",
                 (("64", "46"), ("unless", "when"), ("rejected", "accepted"))),
        Sentence("Support for the old token format will be removed in version 5, not earlier.",
                 (("removed", "restored"), ("earlier", "later"), ("old", "new"))),
        Sentence("Backups taken with version 3 can be restored without conversion.",
                 (("without", "after"), ("can", "cannot"), ("restored", "removed"))),
        Sentence("We do not recommend running two schedulers against the same database.",
                 (("not", "still"), ("two", "several"), ("same", "main"))),
    )),
    Writing("minutes-board.txt", "https://files.example.org/board/2026-10", "en", (
        Sentence("The board approved the purchase of the northern warehouse by five votes to two.",
                 (("northern", "southern"), ("five", "four"), ("approved", "postponed"))),
        Sentence("Ms Araya pointed out that the insurance does not cover flooding.",
                 (("not", "also"), ("flooding", "fire"), ("insurance", "lease"))),
        Sentence("The treasurer will present a revised budget no later than 15 January.",
                 (("15", "25"), ("revised", "reduced"), ("later", "earlier"))),
        Sentence("All members agreed that hiring should stop until the audit is finished.",
                 (("stop", "start"), ("All", "Most"), ("until", "once"))),
        Sentence("Travel expenses above 800 dollars need the signature of two directors.",
                 (("above", "below"), ("800", "600"), ("two", "three"))),
        Sentence("The next meeting takes place in Valdivia, at the offices of the cooperative.",
                 (("Valdivia", "Valparaíso"), ("next", "last"), ("cooperative", "corporation"))),
    )),
)  # fmt: skip
