"""multilingual-e5-small with two heads, in PyTorch: whether the passage answers the question, and where."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks.memory.reading.pytorch import functional, torch
from minga.infrastructure.e5_graph import unpacked

Tensor: TypeAlias = Any

SEED = 1

SMALL = 0.02
"""Standard deviation of the head's weights before training."""

NO_PLACE = -1e4
"""For padding."""


@dataclass(frozen=True, slots=True)
class Start:
    """What training starts from. ``words``, ``positions``: what stands for a piece and for its place; they stay as they
    are. ``matrices`` and ``plain`` (biases, normalization): of the layers, by name."""

    width: int
    layers: int
    heads: int
    epsilon: float
    words: Tensor
    positions: Tensor
    matrices: Mapping[str, Tensor]
    plain: Mapping[str, Tensor]
    device: str


class Network:
    """``parameters``: by name, as they are saved. ``base``: matrices that stay, to which those of low rank are added;
    empty while all is trained."""

    def __init__(self, start: Start, parameters: dict[str, Tensor], base: Mapping[str, Tensor]) -> None:
        self.start = start
        self.parameters = parameters
        self.base = base

    def forward(self, numbers: Tensor, mask: Tensor, drop: float = 0.0) -> tuple[Tensor, Tensor]:
        """How much each passage answers, and for each piece how much the answer begins and ends there. ``drop``: the
        share of numbers left out by chance, 0 unless in training."""
        given = self.start.words[numbers] + self.start.positions[: numbers.shape[1]]
        state = _dropped(self._normal(given, "p.emb"), drop)
        for layer in range(self.start.layers):
            state = self._layer(state, f"p.l{layer}", mask[:, None, None, :], drop)
        state = state.float()
        answers = self._product(state[:, 0], "head").squeeze(-1)
        return answers, self._product(state, "span").float().masked_fill(~mask[..., None], NO_PLACE)

    def _layer(self, state: Tensor, name: str, mask: Tensor, drop: float) -> Tensor:
        count, length, width = state.shape
        query, key, value = (
            self._linear(state, f"{name}_{one}").view(count, length, self.start.heads, -1).transpose(1, 2)
            for one in "qkv"
        )
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=drop)
        mixed = self._linear(mixed.transpose(1, 2).reshape(count, length, width), f"{name}_ao")
        state = self._normal(state + _dropped(mixed, drop), f"{name}_aln")
        wide = functional.gelu(self._linear(state, f"{name}_fi"), approximate="tanh")
        return self._normal(state + _dropped(self._linear(wide, f"{name}_fo"), drop), f"{name}_oln")

    def _linear(self, state: Tensor, name: str) -> Tensor:
        return functional.linear(state, self.matrix(name), self.parameters[f"{name}_b"])

    def matrix(self, name: str) -> Tensor:
        if name not in self.base:
            return self.parameters[name]
        return self.base[name] + self.parameters[f"{name}_c"] @ self.parameters[f"{name}_a"]

    def _product(self, state: Tensor, name: str) -> Tensor:
        return functional.linear(state, self.parameters[f"{name}.weight"], self.parameters[f"{name}.bias"])

    def _normal(self, state: Tensor, name: str) -> Tensor:
        weight, bias = self.parameters[f"{name}_w"], self.parameters[f"{name}_b"]
        return functional.layer_norm(state, (self.start.width,), weight, bias, self.start.epsilon)


def _dropped(state: Tensor, drop: float) -> Tensor:
    return functional.dropout(state, drop, drop > 0)


def fresh(start: Start) -> Network:
    """All weights of the layers are there to be trained, the heads begin by chance."""
    torch.manual_seed(SEED)
    torch_head, torch_span = (torch.nn.Linear(start.width, count).to(start.device) for count in (1, 2))
    torch.nn.init.normal_(torch_head.weight, std=SMALL)
    torch.nn.init.zeros_(torch_head.bias)
    made = {name: one.clone().requires_grad_() for name, one in {**start.plain, **start.matrices}.items()}
    heads = {"head": torch_head, "span": torch_span}
    made |= {f"{name}.{kind}": getattr(one, kind) for name, one in heads.items() for kind in ("weight", "bias")}
    return Network(start, made, {})


def cut(network: Network, rank: int) -> tuple[Network, float]:
    """What training changed in each matrix as a product of two of ``rank`` (singular value decomposition), and which
    share of the change's energy that leaves out."""
    made = {name: one for name, one in network.parameters.items() if name not in network.start.matrices}
    lost = []
    with torch.no_grad():
        for name, base in network.start.matrices.items():
            left, sizes, right = torch.linalg.svd(network.parameters[name] - base, full_matrices=False)
            root = sizes[:rank].sqrt()
            made[f"{name}_c"] = (left[:, :rank] * root).requires_grad_()
            made[f"{name}_a"] = (right[:rank] * root[:, None]).requires_grad_()
            lost.append(float((sizes[rank:] ** 2).sum() / (sizes**2).sum()))
    return Network(network.start, made, network.start.matrices), sum(lost) / len(lost)


def save(network: Network, rank: int, file: Path) -> None:
    """In sixteen bits."""
    held = {name: one.detach().float().cpu().numpy().astype(np.float16) for name, one in network.parameters.items()}
    np.savez(file, **held, shape=np.asarray([network.start.layers, rank]))


def start(file: Path, layers: int, device: str) -> Start:
    """From what `prepare` made, the first ``layers``."""
    with np.load(file, allow_pickle=False) as data:
        width, _, heads, inner = (int(one) for one in data["head"])
        places = _plain(data["w:emb.pos"]).reshape(-1, width) + _plain(data["w:emb.type"])[:width]
        matrices, plain = _layers(data, layers, {"fi": (inner, width), "fo": (width, inner)}, (width, width))
        return Start(
            width,
            layers,
            heads,
            float(data["eps"]),
            torch.tensor(unpacked(data["words"]).reshape(-1, width)).to(device),
            torch.tensor(places).to(device),
            {name: torch.tensor(one).to(device) for name, one in matrices.items()},
            {name: torch.tensor(one).to(device) for name, one in plain.items()},
            device,
        )


Arrays: TypeAlias = dict[str, npt.NDArray[np.float32]]


def _layers(
    data: Mapping[str, Any], layers: int, wide: Mapping[str, tuple[int, int]], usual: tuple[int, int]
) -> tuple[Arrays, Arrays]:
    """Their matrices, of the ``usual`` shape unless they are ``wide``, and what is plain."""
    plain = {"p.emb_w": _plain(data["w:emb.ln.w"]), "p.emb_b": _plain(data["w:emb.ln.b"])}
    matrices = {}
    for layer in range(layers):
        for one in ("q", "k", "v", "ao", "fi", "fo"):
            shape = wide.get(one, usual)
            matrices[f"p.l{layer}_{one}"] = unpacked(data[f"w:l{layer}.{one}.w"]).reshape(shape)
            plain[f"p.l{layer}_{one}_b"] = _plain(data[f"w:l{layer}.{one}.b"])
        for one in ("aln", "oln"):
            plain |= {f"p.l{layer}_{one}_{kind}": _plain(data[f"w:l{layer}.{one}.{kind}"]) for kind in "wb"}
    return matrices, plain


def _plain(packed: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    return np.frombuffer(packed.tobytes(), np.float32)
