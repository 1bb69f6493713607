"""MllamaForConditionalGeneration as it is trained, its weights under the Hub's names, and which of them a stage trains.

Shapes:  B rows (pictures)   T tokens   K places of a row whose next token is asked for   L tile slots   V vocabulary
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import LlamaConfig, MllamaConfig

from ..language.llama import Layer as TextLayer
from ..vlm.rows import Rows, attention_mask
from .text import CrossLayer, LanguageModel
from .vision import Layer as VisionLayer, VisionModel


@dataclass
class Pictures:
    patches: Tensor  # [B, L, P - 1, pixels of a patch]
    ids: Tensor  # [B] aspect ratio ids
    empty: Tensor  # [B, L] 1 for an empty slot

    def tensors(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.patches, self.ids, self.empty


class TrainingMllama(nn.Module):
    """`hub_state()` has the names and values of files on the Hub."""

    def __init__(self, config: MllamaConfig, llama_config: LlamaConfig, gain: float):
        super().__init__()
        self.config, self.gain = config, gain
        self.image = config.image_token_index
        self.vision_model = VisionModel(config.vision_config, gain)
        self.multi_modal_projector = nn.Linear(config.vision_config.vision_output_dim, config.text_config.hidden_size)
        self.language_model = LanguageModel(config.text_config, llama_config, gain)

    def see(self, patches: Tensor, ids: Tensor, empty: Tensor) -> Tensor:
        """What the text looks at: [B, L · P, D]"""
        return self.multi_modal_projector(self.vision_model(patches, ids, empty))

    def read(self, states: Tensor | None, empty: Tensor | None, rows: Rows) -> Tensor:
        """The last hidden state at the places `said`. -> [B, K, D]"""
        if states is not None:
            empty = empty.repeat_interleave(states.shape[1] // empty.shape[1], 1)
        sees = ((rows.segments > 0) | (rows.input_ids == self.image)).float()
        mask = attention_mask(rows.segments)
        return self.language_model.model(rows.input_ids, rows.positions, mask, states, empty, sees, rows.said)

    def forward(self, pictures: Pictures | None, rows: Rows) -> Tensor:
        """-> logits [B, K, V] at the places `said`"""
        states = self.see(*pictures.tensors()) if pictures else None
        return self.language_model.lm_head(self.read(states, pictures and pictures.empty, rows))

    def gates(self) -> dict[int, float]:
        """How far attention's gate of each layer that looks is open: from 0 to 1, or below 0."""
        layers = self.language_model.model.layers
        cross = self.config.text_config.cross_attention_layers
        return {i: float((layers[i].cross_attn_attn_gate.detach() * self.gain).tanh()) for i in cross}

    def hub_state(self) -> dict[str, Tensor]:
        return {name: value * self.gain if is_gate(name) else value for name, value in self.state_dict().items()}

    def load_hub(self, state: dict[str, Tensor]) -> None:
        """Also a part of the weights, as the file of a stage has them."""
        known = self.state_dict()
        unknown = sorted(set(state) - set(known))
        if unknown:
            raise SystemExit(f"mllama: expected weights of this model, got {', '.join(unknown[:3])}, which it does not have")
        own = {name: value.float() / self.gain if is_gate(name) else value.float() for name, value in state.items()}
        self.load_state_dict({**known, **own})

    def train_only(self, *parts: str) -> None:
        """Weights whose name begins with one of the parts, or the layers that look at the picture for "cross"."""
        for name, weight in self.named_parameters():
            weight.requires_grad_(any(name.startswith(part) or (part == "cross" and self.is_cross(name)) for part in parts))

    def is_cross(self, name: str) -> bool:
        cross = self.config.text_config.cross_attention_layers
        return any(name.startswith(f"language_model.model.layers.{i}.") for i in cross)


ADAPTER = ("cross", "multi_modal_projector", "vision_model")  # what is trained until the preferences


def is_gate(name: str) -> bool:
    return name.endswith(("gate", "gate_attn", "gate_ffn"))


def is_matrix(name: str, weight: Tensor) -> bool:
    return weight.requires_grad and weight.ndim == 2 and ".layers." in name


def compile_layers(model: TrainingMllama) -> None:
    """Layer by layer: layers of a kind share what is compiled, so that it takes seconds where the whole takes minutes."""
    for module in model.modules():
        if isinstance(module, (VisionLayer, TextLayer, CrossLayer)):
            module.compile(dynamic=False)


@torch.no_grad()
def initialise(model: TrainingMllama, seed: int) -> None:
    """Matrices such that sizes keep; gates, biases and tile embeddings at 0, norms at 1."""
    generator = torch.Generator().manual_seed(seed)
    for name, weight in model.named_parameters():
        if weight.ndim == 2 and "embedding" not in name:
            weight.normal_(0, weight.shape[1] ** -0.5, generator=generator)
        elif name.endswith("bias"):
            weight.zero_()
