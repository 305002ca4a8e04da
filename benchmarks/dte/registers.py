"""How fast a register is compared with documents, and what memory that takes: every line differs, the worst case.

``python -m benchmarks.dte.registers [LINES]``
"""

import io
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks import machine
from minga.domain.rut import check_digit
from minga.dte.reconcile import Book, Comparison
from minga.dte.registers import read_register

HEAD = (
    "Nro;Tipo Doc;Tipo Compra;RUT Proveedor;Razon Social;Folio;Fecha Docto;Fecha Recepcion;Fecha Acuse;Monto Exento;"
    "Monto Neto;Monto IVA Recuperable;Monto Iva No Recuperable;Codigo IVA No Rec.;Monto Total;Monto Neto Activo Fijo;"
    "IVA Activo Fijo;IVA uso Comun;Tabacos Puros;Codigo Otro Impuesto;Valor Otro Impuesto;Tasa Otro Impuesto\n"
)
SUPPLIERS = 5_000


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds of this process; ``peak_mb`` of all it ever held."""

    lines: int
    read_s: float
    judged_s: float
    differences: int
    peak_mb: int


def measure(lines: int) -> Measured:
    with tempfile.TemporaryFile() as file, Comparison(Book(side="purchases", at=datetime.now(UTC))) as comparison:
        _write(file, lines)  # type: ignore[arg-type]
        begin = time.process_time()
        comparison.add_register("register.csv", read_register(file), print)  # type: ignore[arg-type]
        read = time.process_time()
        found = sum(1 for _ in comparison.differences())
        end = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Measured(lines, read - begin, end - read, found, peak)


def _write(file: io.BufferedRandom, lines: int) -> None:
    file.write(HEAD.encode())
    for number in range(1, lines + 1):
        body = 76_000_000 + number % SUPPLIERS
        net, day = 1_000 + number * 7 % 9_000_000, 1 + number % 28
        iva = round(net * 0.19)
        file.write(
            f"{number};33;Del Giro;{body}-{check_digit(body)};Empresa Inventada {body} SpA;{number};{day:02}/11/2026;"
            f"{day:02}/11/2026 {number % 24:02}:{number % 60:02}:00;;0;{net};{iva};;;{net + iva};;;;;;;;\n".encode()
        )
    file.seek(0)


def main() -> None:
    found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
    print(machine.look())
    print(f"{found.lines:,} lines read: {found.lines / found.read_s:,.0f} a second")
    print(f"{found.differences:,} differences judged and sorted: {found.lines / found.judged_s:,.0f} lines a second")
    print(f"memory at most {found.peak_mb} MB")


if __name__ == "__main__":
    main()
