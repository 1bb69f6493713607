"""The vision encoder in training: the function of transformers' MllamaVisionModel, at less cost, under the Hub's names.

Each tile's tokens are filled up to a multiple of 8 with zeros, as in the published model, and those are not without effect:
tokens of the picture look at them. But in the local layers all of them are equal, and in the global ones those of a tile, so
one stands for all: its key counts n-fold, which is log(n) on the score. Taps are the states that ENTER a layer
(docs/decisions/0008).

Shapes:  B pictures   L tile slots   P = 1 + patches of a tile   D hidden size   H heads
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers.models.mllama.configuration_mllama import MllamaVisionConfig

HIDDEN = -1e9


class Attention(nn.Module):
    def __init__(self, config: MllamaVisionConfig):
        super().__init__()
        d = config.hidden_size
        self.heads = config.attention_heads
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (nn.Linear(d, d, bias=False) for _ in range(4))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        b, t, d = x.shape
        q, k, v = (proj(x).view(b, t, self.heads, -1).transpose(1, 2) for proj in (self.q_proj, self.k_proj, self.v_proj))
        attended = F.scaled_dot_product_attention(q, k, v, bias.to(q.dtype))
        return self.o_proj(attended.transpose(1, 2).reshape(b, t, d))


class Mlp(nn.Module):
    def __init__(self, config: MllamaVisionConfig):
        super().__init__()
        self.fc1 = nn.Linear(config.hidden_size, config.intermediate_size)
        self.fc2 = nn.Linear(config.intermediate_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class Layer(nn.Module):
    def __init__(self, config: MllamaVisionConfig, gain: float = 0):
        """`gain`: a gated layer, whose gates are stored divided by it."""
        super().__init__()
        self.gain = gain
        self.self_attn, self.mlp = Attention(config), Mlp(config)
        self.input_layernorm = nn.LayerNorm(config.hidden_size, eps=config.norm_eps)
        self.post_attention_layernorm = nn.LayerNorm(config.hidden_size, eps=config.norm_eps)
        if gain:
            self.gate_attn, self.gate_ffn = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        attended = self.self_attn(self.input_layernorm(x), bias)
        x = x + (attended * (self.gate_attn * self.gain).tanh() if self.gain else attended)
        thought = self.mlp(self.post_attention_layernorm(x))
        return x + (thought * (self.gate_ffn * self.gain).tanh() if self.gain else thought)


class Layers(nn.Module):
    def __init__(self, layers: list[Layer]):
        super().__init__()
        self.layers = nn.ModuleList(layers)


class Table(nn.Module):
    def __init__(self, rows: int, columns: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(rows, columns))


class TileEmbedding(nn.Module):
    def __init__(self, config: MllamaVisionConfig, gain: float):
        super().__init__()
        self.gain, self.slots = gain, config.max_num_tiles
        self.gate = nn.Parameter(torch.zeros(1))
        self.embedding = Table(config.max_aspect_ratio_id + 1, config.max_num_tiles * config.hidden_size)

    def forward(self, ids: Tensor) -> Tensor:
        """-> [B, L, 1, D]"""
        rows = F.embedding(ids, self.embedding.weight) * (self.gate * self.gain).tanh()
        return rows.view(len(ids), self.slots, 1, -1)


class PositionEmbedding(nn.Module):
    def __init__(self, config: MllamaVisionConfig, gain: float):
        super().__init__()
        self.gain, self.slots = gain, config.max_num_tiles
        tokens, d = (config.image_size // config.patch_size) ** 2 + 1, config.hidden_size
        self.gate = nn.Parameter(torch.zeros(1))
        self.embedding = nn.Parameter(0.02 * torch.randn(tokens, d))
        self.tile_embedding = Table(config.max_aspect_ratio_id + 1, config.max_num_tiles * tokens * d)

    def forward(self, ids: Tensor) -> Tensor:
        """-> [B, L, P, D]"""
        open_ = (self.gate * self.gain).tanh()
        rows = F.embedding(ids, self.tile_embedding.weight).view(len(ids), self.slots, *self.embedding.shape)
        return (1 - open_) * self.embedding + open_ * rows


class PatchEmbedding(nn.Module):
    def __init__(self, config: MllamaVisionConfig):
        super().__init__()
        size = config.patch_size
        self.weight = nn.Parameter(0.02 * torch.randn(config.hidden_size, config.num_channels, size, size))

    def forward(self, patches: Tensor) -> Tensor:
        """[B, L, P - 1, C · size · size] -> [B, L, P - 1, D]"""
        return F.linear(patches, self.weight.flatten(1))


class VisionModel(nn.Module):
    def __init__(self, config: MllamaVisionConfig, gain: float):
        super().__init__()
        d = config.hidden_size
        self.config = config
        self.patch_embedding = PatchEmbedding(config)
        self.class_embedding = nn.Parameter(0.02 * torch.randn(d))
        self.gated_positional_embedding = PositionEmbedding(config, gain)
        self.pre_tile_positional_embedding = TileEmbedding(config, gain)
        self.post_tile_positional_embedding = TileEmbedding(config, gain)
        self.layernorm_pre, self.layernorm_post = nn.LayerNorm(d), nn.LayerNorm(d)
        self.transformer = Layers([Layer(config) for _ in range(config.num_hidden_layers)])
        self.global_transformer = Layers([Layer(config, gain) for _ in range(config.num_global_layers)])

    def forward(self, patches: Tensor, ids: Tensor, empty: Tensor) -> Tensor:
        """patches [B, L, P - 1, pixels], aspect ratio ids [B], empty [B, L] (1 for an empty slot) -> [B, L · P, D · (1 + taps)]"""
        x = self.patch_embedding(patches) + self.pre_tile_positional_embedding(ids)
        b, slots, _, d = x.shape
        x = torch.cat([self.class_embedding.expand(b, slots, 1, d).to(x.dtype), x], 2)
        x = self.layernorm_pre(x + self.gated_positional_embedding(ids)).float()
        per_tile = x.shape[2]
        count, fill = slots * per_tile, -per_tile % 8  # the tokens; how many zeros fill up each tile
        hidden = empty.repeat_interleave(per_tile, 1)  # [B, L · P]

        bias = pair_bias(hidden, 1, slots * fill)
        x = torch.cat([x.view(b, count, d), x.new_zeros(b, 1, d)], 1)
        taps = []
        for i, layer in enumerate(self.transformer.layers):
            if i in self.config.intermediate_layers_indices:
                taps.append(x[:, :count])
            x = layer(x, bias)

        x, post = self.layernorm_post(x).float(), self.post_tile_positional_embedding(ids)  # [B, L, 1, D]
        tokens = (x[:, :count].view(b, slots, per_tile, d) + post).view(b, count, d)
        x = torch.cat([tokens, x[:, count:] + post[:, :, 0]], 1)  # a filler for each tile
        bias = pair_bias(hidden, slots, fill)
        for layer in self.global_transformer.layers:
            x = layer(x, bias)
        return torch.cat([x[:, :count], torch.stack(taps, -1).flatten(2).to(x.dtype)], -1)


def pair_bias(hidden: Tensor, fillers: int, times: int) -> Tensor:
    """Empty tokens do not look at empty tokens; each filler counts as so many. hidden [B, N] -> [B, 1, N + fillers, N + fillers]"""
    empty = torch.cat([hidden, hidden.new_ones(len(hidden), fillers)], 1)
    bias = HIDDEN * empty[:, :, None] * empty[:, None, :]
    bias[:, :, -fillers:] += math.log(times)
    return bias[:, None]
