"""Trains a network on material, and asks it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.memory.reading.material import UNKNOWN, Material, Places
from benchmarks.memory.reading.network import Network, Tensor
from benchmarks.memory.reading.pytorch import functional, torch

SEED = 1
DROPPED = 0.1
DECAY = 0.01
BETAS = (0.9, 0.98)
LENGTH_MAX = 1.0
"""Of a step's gradient."""

WARM = 0.06
"""The share of steps in which the learning rate rises; after it falls in a line, to the ``LEAST`` share."""
LEAST = 0.02

PLACES = 0.25
"""How much it counts where the answer stands, beside whether there is one."""

TOLD_EVERY = 400

ASKED_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Plan:
    """``rate``: how fast is learned. ``size``: examples in a batch. ``places``: how much it counts where the answer
    stands. ``dropped``: the share of numbers left out by chance. ``steps``: at most so many batches."""

    epochs: int
    rate: float
    size: int
    places: float = PLACES
    dropped: float = DROPPED
    steps: int | None = None


def trained(
    network: Network, material: Material, places: Places, plan: Plan, worth: Mapping[str, float] | None = None
) -> Network:
    """The same network, changed. ``worth``: how much an example of a group counts, 1 unless told."""
    chance = np.random.default_rng(SEED)
    batches = [one for _ in range(plan.epochs) for one in material.batches(places, plan.size, chance)][: plan.steps]
    optimizer, schedule = _optimizer(network, plan.rate, len(batches))
    lost = torch.zeros((), device=network.start.device)
    for step, batch in enumerate(batches):
        loss = _loss(network, material, batch, plan, _worth(material, batch, worth or {}, network.start.device))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(network.parameters.values()), LENGTH_MAX)
        optimizer.step()
        schedule.step()
        lost += loss.detach()
        if step and step % TOLD_EVERY == 0:
            print(f"  step {step} of {len(batches)}, loss {float(lost) / TOLD_EVERY:.4f}", flush=True)
            lost.zero_()
    return network


def _optimizer(network: Network, rate: float, steps: int) -> tuple[Any, Any]:
    """Only matrices decay."""
    some = network.parameters.values()
    groups = [
        {"params": [one for one in some if one.dim() > 1], "weight_decay": DECAY, "lr": rate},
        {"params": [one for one in some if one.dim() < 2], "weight_decay": 0.0, "lr": rate},
    ]
    optimizer = torch.optim.AdamW(groups, betas=BETAS, fused=network.start.device == "cuda")
    return optimizer, torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / (WARM * steps)) * max(LEAST, 1 - step / steps)
    )


def _worth(material: Material, batch: Places, worth: Mapping[str, float], device: str) -> Tensor:
    return torch.tensor([worth.get(material.groups[place], 1.0) for place in batch], device=device)


def _loss(network: Network, material: Material, batch: Places, plan: Plan, worth: Tensor) -> Tensor:
    device = network.start.device
    with torch.autocast(device, torch.bfloat16):
        answers, spans = network.forward(*_given(material, batch, device), plan.dropped)
    labels = torch.from_numpy(material.labels[batch]).to(device)
    loss = functional.binary_cross_entropy_with_logits(answers.float(), labels, worth, reduction="sum") / worth.sum()
    places = material.answers(batch)
    if not plan.places or (places == UNKNOWN).all():
        return loss
    first, last = (
        functional.cross_entropy(spans[..., one], torch.from_numpy(places[:, one]).to(device), ignore_index=UNKNOWN)
        for one in (0, 1)
    )
    return loss + plan.places * (first + last)


def _given(material: Material, batch: Places, device: str) -> tuple[Tensor, Tensor]:
    numbers, mask = (torch.from_numpy(one).to(device, non_blocking=True) for one in material.batch(batch))
    return numbers, mask


def judged(network: Network, material: Material, places: Sequence[int] | Places) -> dict[int, float]:
    """Log-odds that a passage answers, by place."""
    sorted_places = material.by_length(np.asarray(places, np.int64))
    found: dict[int, float] = {}
    with torch.no_grad(), torch.autocast(network.start.device, torch.bfloat16):
        for start in range(0, len(sorted_places), ASKED_AT_ONCE):
            batch = sorted_places[start : start + ASKED_AT_ONCE]
            answers, _ = network.forward(*_given(material, batch, network.start.device))
            found |= zip(batch.tolist(), answers.float().tolist(), strict=True)
    return found
