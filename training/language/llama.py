"""Llama as it is trained: the same function as LlamaForCausalLM under the same names, with rows of several documents.

    x = E[tokens];  x += attention(norm(x));  x += down(silu(gate(norm(x))) · up(norm(x)));  logits = norm(x) · Eᵀ
A token sees those before it in its own document. RoPE turns by distance alone, so positions count along the row.
Source: Grattafiori et al., arXiv 2407.21783; names: transformers, models/llama/modeling_llama.py.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

HIDDEN = -1e9


class Norm(nn.Module):
    def __init__(self, size: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        x = x.float()
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps))


class Attention(nn.Module):
    def __init__(self, config: LlamaConfig):
        super().__init__()
        d, e = config.hidden_size, config.head_dim
        self.heads, self.groups, self.head_dim = config.num_attention_heads, config.num_key_value_heads, e
        self.q_proj = nn.Linear(d, self.heads * e, bias=False)
        self.k_proj = nn.Linear(d, self.groups * e, bias=False)
        self.v_proj = nn.Linear(d, self.groups * e, bias=False)
        self.o_proj = nn.Linear(self.heads * e, d, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        b, t, _ = x.shape
        g, e = self.groups, self.head_dim
        q = rotate(self.q_proj(x).view(b, t, self.heads, e).transpose(1, 2), cos, sin)
        k = rotate(self.k_proj(x).view(b, t, g, e).transpose(1, 2), cos, sin)
        v = self.v_proj(x).view(b, t, g, e).transpose(1, 2)
        q = q.reshape(b, g, self.heads // g * t, e)  # the heads of a group are more queries to its keys
        scores = ((q * e**-0.5) @ k.transpose(2, 3)).view(b, self.heads, t, t).float() + mask
        probs = scores.softmax(-1).to(v.dtype).view(b, g, self.heads // g * t, t)
        return self.o_proj((probs @ v).view(b, self.heads, t, e).transpose(1, 2).reshape(b, t, self.heads * e))


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x [B, H, T, E]; the first half of a head is turned with the second."""
    one, two = x.chunk(2, -1)
    return (x * cos + torch.cat([-two, one], -1) * sin).to(x.dtype)


class Mlp(nn.Module):
    def __init__(self, config: LlamaConfig):
        super().__init__()
        d, m = config.hidden_size, config.intermediate_size
        self.gate_proj = nn.Linear(d, m, bias=False)
        self.up_proj = nn.Linear(d, m, bias=False)
        self.down_proj = nn.Linear(m, d, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, config: LlamaConfig):
        super().__init__()
        self.self_attn = Attention(config)
        self.mlp = Mlp(config)
        self.input_layernorm = Norm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = Norm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    def __init__(self, config: LlamaConfig):
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = Norm(config.hidden_size, config.rms_norm_eps)


class TrainingLlama(nn.Module):
    """`state_dict()` has the names of a LlamaForCausalLM whose embeddings are tied."""

    def __init__(self, config: LlamaConfig, length: int):
        super().__init__()
        self.config = config
        self.model = Decoder(config)
        with torch.no_grad():
            cos, sin = LlamaRotaryEmbedding(config)(torch.zeros(1), torch.arange(length)[None])
        self.register_buffer("cos", cos[0], persistent=False)  # [T, E]
        self.register_buffer("sin", sin[0], persistent=False)
        for weight in self.parameters():
            if weight.ndim == 2:
                nn.init.normal_(weight, std=config.initializer_range)

    def forward(self, input_ids: Tensor, document: Tensor) -> Tensor:
        """input_ids [B, T], document [B, T] (tokens of one number see each other) -> logits [B, T, V]"""
        t = input_ids.shape[1]
        seen = (document[:, :, None] == document[:, None, :]) & torch.ones(t, t, dtype=torch.bool).tril()
        mask = torch.where(seen, 0.0, HIDDEN)[:, None]  # [B, 1, T, T]
        x = self.model.embed_tokens(input_ids)
        cos, sin = self.cos[:t].to(x.dtype), self.sin[:t].to(x.dtype)
        for layer in self.model.layers:
            x = layer(x, cos, sin, mask)
        return F.linear(self.model.norm(x), self.model.embed_tokens.weight)
