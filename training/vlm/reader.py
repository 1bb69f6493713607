"""TrainingLlama over rows that begin with a picture: the same function, with scores in bf16 where training computes
in it: twice as fast as in f32, measured on one thread.

Shapes:  B rows   T tokens   S places   D hidden size   E head size   V vocabulary
"""

import torch.nn.functional as F
from torch import Tensor

from ..language.llama import Attention, TrainingLlama, rotate


def attend(layer: Attention, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
    """What Attention.forward computes, in x's own precision. cos, sin [B, 1, T, E]; mask [B, 1, T, T] -> [B, T, D]"""
    b, t, _ = x.shape
    h, g, e = layer.heads, layer.groups, layer.head_dim
    q = rotate(layer.q_proj(x).view(b, t, h, e).transpose(1, 2), cos, sin) * e**-0.5
    k = rotate(layer.k_proj(x).view(b, t, g, e).transpose(1, 2), cos, sin)
    v = layer.v_proj(x).view(b, t, g, e).transpose(1, 2)
    q = q.reshape(b, g, h // g * t, e)  # the heads of a group are more queries to its keys
    probs = ((q @ k.transpose(2, 3)).view(b, h, t, t) + mask.to(q.dtype)).softmax(-1).to(v.dtype)
    y = (probs.view(b, g, h // g * t, t) @ v).view(b, h, t, e)
    return layer.o_proj(y.transpose(1, 2).reshape(b, t, h * e))


def read(llama: TrainingLlama, x: Tensor, positions: Tensor, mask: Tensor, said: Tensor) -> Tensor:
    """Embeddings x [B, T, D] -> logits [B, S, V] after the places `said`"""
    cos, sin = llama.cos[positions][:, None], llama.sin[positions][:, None]  # [B, 1, T, E]
    for layer in llama.model.layers:
        x = x + attend(layer.self_attn, layer.input_layernorm(x), cos, sin, mask)
        x = x + layer.mlp(layer.post_attention_layernorm(x))
    x = x.gather(1, said[:, :, None].expand(-1, -1, x.shape[2]))
    return F.linear(llama.model.norm(x), llama.model.embed_tokens.weight)
