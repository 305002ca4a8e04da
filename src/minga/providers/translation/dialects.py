"""The dialects by the names of their wires."""

from collections.abc import Mapping
from types import MappingProxyType

from minga.domain.model_calls import Wire
from minga.providers.translation import gemini
from minga.providers.translation.dialect import Dialect

DIALECTS: Mapping[Wire, Dialect] = MappingProxyType({"gemini": gemini.DIALECT})
