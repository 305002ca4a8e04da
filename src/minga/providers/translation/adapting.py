"""Fits a request to what a model takes, and gives back to its caller what was renamed for that."""

from dataclasses import dataclass

import msgspec

from minga.domain.model_calls import Wire
from minga.providers.translation import setting_fitting, tool_fitting, turn_fitting
from minga.providers.translation.form import Request
from minga.providers.translation.notes import Notes
from minga.providers.translation.quirks import quirks_of
from minga.providers.translation.restoring import Restore
from minga.providers.translation.tool_fitting import CallIds, Names


@dataclass(frozen=True, slots=True)
class Adapted:
    """``request`` for the target; ``restore`` for what it answers."""

    request: Request
    restore: Restore


def adapt(request: Request, dialect: Wire, model: str, provider: str, notes: Notes) -> Adapted:
    """``request`` has been checked (`conversation.check`); ``model`` as ``provider`` calls it. Each change is told.
    Raises Refused for a schema that is none, and for a choice of a tool that is not there."""
    quirks = quirks_of(dialect, model, provider)
    calls = tool_fitting.calls_of(request)
    names = Names(request.tools, calls, quirks, notes)
    ids = CallIds(calls, quirks, notes)
    told = msgspec.structs.replace(request, model=model, turns=tool_fitting.turns(request, names, ids, quirks))
    told = tool_fitting.tools(told, names, quirks, notes)
    told = turn_fitting.conversation(told, quirks, notes)
    told = setting_fitting.settings(told, quirks, notes)
    return Adapted(told, Restore(names.given, notes))
