"""Which wrong answers a check answers for, by kind or by template: the fault of another is none of its own."""

from collections.abc import Mapping, Sequence

KINDS_OF_CHECKS: Mapping[str, Sequence[str]] = {
    "command": ("mends",),
    "compiles": ("syntax",),
    "data": ("json_block",),
    "dte": ("tax documents",),
    "names": (
        "plausible_function",
        "wrong_keyword",
        "undefined_name",
        "in_the_project",
        "method_of_a_module_object",
        "missing_name_in_a_branch",
    ),
    "patch": ("patches",),
    "references": ("references",),
    "rut": ("RUTs",),
    "schema": ("JSON",),
    "sources": ("quotations",),
    "sums": ("sums",),
}
