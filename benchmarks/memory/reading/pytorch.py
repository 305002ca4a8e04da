"""PyTorch, which is not among Minga's dependencies: brought in when it is first used, without types."""

from importlib import import_module
from typing import Any


class _Later:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)


torch: Any = _Later("torch")
functional: Any = _Later("torch.nn.functional")
