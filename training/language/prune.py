"""Structured pruning: whole layers, and whole neurons of the MLPs, the least important first. Both are measured.

A layer's importance is how much the loss rises when it is skipped, greedily: the least important layer goes, then all are
measured again. A neuron's is Σ |a · ∂L/∂a| over tokens, with a = silu(gate(x)) · up(x): to first order, what the loss
changes by if it is set to zero. Sources: Men et al., ShortGPT, arXiv 2403.03853; Molchanov et al., arXiv 1906.10771;
Muralidharan et al., Minitron, arXiv 2407.14679. Attention and the embeddings stay as they are.
"""

import copy

import torch
from torch import Tensor, nn
from transformers import LlamaConfig

from .llama import TrainingLlama
from .train import losses

Batch = tuple[Tensor, Tensor, Tensor, Tensor]
MATRICES = ("gate_proj", "up_proj", "down_proj")


@torch.no_grad()
def mean_loss(model: TrainingLlama, batches: list[Batch]) -> float:
    return sum(float(losses(model, *batch)[0]) for batch in batches) / len(batches)


def choose_layers(model: TrainingLlama, count: int, batches: list[Batch]) -> tuple[list[int], list[dict]]:
    """-> (the layers that stay, for each round the loss without each layer)"""
    kept, rounds = list(range(len(model.model.layers))), []
    every = model.model.layers
    while len(kept) > count:
        without = {}
        for layer in kept:
            model.model.layers = nn.ModuleList(every[i] for i in kept if i != layer)
            without[layer] = round(mean_loss(model, batches), 4)
        rounds.append({"kept": list(kept), "lossWithout": without})
        kept.remove(min(without, key=lambda layer: without[layer]))
    model.model.layers = every
    return kept, rounds


def neuron_importance(model: TrainingLlama, batches: list[Batch]) -> list[Tensor]:
    """For each layer, [MLP width]."""
    sums = [torch.zeros(layer.mlp.down_proj.in_features) for layer in model.model.layers]
    hooks = []
    for layer, total in zip(model.model.layers, sums):

        def keep(_: nn.Module, inputs: tuple[Tensor], total: Tensor = total) -> None:
            (value,) = inputs

            def add(gradient: Tensor) -> None:
                total.add_((value.detach() * gradient).float().abs().sum((0, 1)))

            value.register_hook(add)

        hooks.append(layer.mlp.down_proj.register_forward_pre_hook(keep))
    for batch in batches:
        losses(model, *batch)[0].backward()
    model.zero_grad(set_to_none=True)
    for hook in hooks:
        hook.remove()
    return sums


def prune(model: TrainingLlama, layers: int, width: int, batches: list[Batch]) -> tuple[TrainingLlama, dict]:
    """A smaller model made of parts of `model`, and what was measured to choose them."""
    kept, rounds = choose_layers(model, layers, batches)
    whole = copy.deepcopy(model)
    whole.model.layers = nn.ModuleList(whole.model.layers[i] for i in kept)
    importance = neuron_importance(whole, batches)
    neurons = [values.topk(width).indices.sort().values for values in importance]
    state = {}
    for name, value in whole.state_dict().items():
        parts = name.split(".")
        if parts[-2] in MATRICES:
            value = value.index_select(1 if parts[-2] == "down_proj" else 0, neurons[int(parts[2])])
        state[name] = value
    smaller = TrainingLlama(shaped(model.config, layers, width), model.cos.shape[0])
    smaller.load_state_dict(state)
    shares = [round(float(values.topk(width).values.sum() / values.sum()), 4) for values in importance]
    measured = {"layers": kept, "rounds": rounds, "width": width, "importanceKept": shares}
    return smaller, {**measured, "loss": round(mean_loss(smaller, batches), 4), "parameters": parameters(smaller)}


def shaped(config: LlamaConfig, layers: int, width: int) -> LlamaConfig:
    values = {**config.to_dict(), "num_hidden_layers": layers, "intermediate_size": width}
    return LlamaConfig(**{name: value for name, value in values.items() if name not in ("architectures", "dtype")})


def parameters(model: nn.Module) -> int:
    return sum(weight.numel() for weight in model.parameters())
