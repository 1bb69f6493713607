"""The language model with its cross-attention layers, in training: rows of many questions about one picture.

The layers of llama-tiny are as they were and stay so. Between them, layers that look at the picture, each behind two gates:
    x += tanh(gate) · attention(norm(x), picture);   x += tanh(gate) · sees · mlp(norm(x))
Source: Grattafiori et al., arXiv 2407.21783, section 7.2; names: transformers, models/mllama/modeling_mllama.py.

Shapes:  B rows (pictures)   T tokens   S tokens of a picture   K places of a row that are asked for   D hidden size
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding
from transformers.models.mllama.configuration_mllama import MllamaTextConfig

from ..language.llama import HIDDEN, Layer, Mlp, Norm, rotate

EXTRA = 8  # rows of the embeddings beyond the vocabulary, as in the published model


class CrossAttention(nn.Module):
    def __init__(self, config: MllamaTextConfig, head_dim: int):
        super().__init__()
        d, e = config.hidden_size, head_dim
        self.heads, self.groups, self.head_dim = config.num_attention_heads, config.num_key_value_heads, e
        self.q_proj = nn.Linear(d, self.heads * e, bias=False)
        self.k_proj = nn.Linear(d, self.groups * e, bias=False)
        self.v_proj = nn.Linear(d, self.groups * e, bias=False)
        self.o_proj = nn.Linear(self.heads * e, d, bias=False)
        self.q_norm, self.k_norm = Norm(e, config.rms_norm_eps), Norm(e, config.rms_norm_eps)

    def forward(self, x: Tensor, states: Tensor, mask: Tensor) -> Tensor:
        """x [B, T, D] looks at states [B, S, D]; mask [B, 1, T, S] is added to the scores."""
        (b, t, _), s, g, e = x.shape, states.shape[1], self.groups, self.head_dim
        v = self.v_proj(states).view(b, s, g, e).transpose(1, 2)
        k = self.k_norm(self.k_proj(states).view(b, s, g, e).transpose(1, 2)).to(v.dtype)
        q = self.q_norm(self.q_proj(x).view(b, t, self.heads, e).transpose(1, 2)).to(v.dtype)
        q = q.reshape(b, g, self.heads // g * t, e)
        scores = ((q * e**-0.5) @ k.transpose(2, 3)).view(b, self.heads, t, s).float() + mask
        probs = scores.softmax(-1).to(v.dtype).view(b, g, self.heads // g * t, s)
        return self.o_proj((probs @ v).view(b, self.heads, t, e).transpose(1, 2).reshape(b, t, self.heads * e))


class CrossLayer(nn.Module):
    def __init__(self, config: MllamaTextConfig, head_dim: int, gain: float):
        """Gates are stored divided by `gain`, so that they move that much faster than other weights."""
        super().__init__()
        self.gain = gain
        self.cross_attn, self.mlp = CrossAttention(config, head_dim), Mlp(config)
        self.input_layernorm = Norm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = Norm(config.hidden_size, config.rms_norm_eps)
        self.cross_attn_attn_gate, self.cross_attn_mlp_gate = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor, states: Tensor, mask: Tensor, sees: Tensor) -> Tensor:
        looked = self.cross_attn(self.input_layernorm(x), states, mask)
        x = x + looked * (self.cross_attn_attn_gate * self.gain).tanh()
        thought = self.mlp(self.post_attention_layernorm(x)) * sees[..., None]
        return x + thought * (self.cross_attn_mlp_gate * self.gain).tanh()


class TextModel(nn.Module):
    def __init__(self, config: MllamaTextConfig, llama_config, gain: float):
        super().__init__()
        self.cross = set(config.cross_attention_layers)
        self.embed_tokens = nn.Embedding(config.vocab_size + EXTRA, config.hidden_size)
        head_dim = llama_config.head_dim
        self.layers = nn.ModuleList(
            CrossLayer(config, head_dim, gain) if i in self.cross else Layer(llama_config)
            for i in range(config.num_hidden_layers)
        )
        self.norm = Norm(config.hidden_size, config.rms_norm_eps)
        with torch.no_grad():
            cos, sin = LlamaRotaryEmbedding(llama_config)(torch.zeros(1), torch.arange(config.max_position_embeddings)[None])
        self.register_buffer("cos", cos[0], persistent=False)  # [positions, E]
        self.register_buffer("sin", sin[0], persistent=False)

    def forward(
        self,
        input_ids: Tensor,
        positions: Tensor,
        mask: Tensor,
        states: Tensor | None,
        empty: Tensor | None,
        sees: Tensor,
        places: Tensor,
    ) -> Tensor:
        """input_ids, positions [B, T]; mask [B, 1, T, T]; states [B, S, D] of the picture, or None: the layers that look are
        left out; empty [B, S] 1 for what is of no tile; sees [B, T] 1 from the picture's token on; places [B, K] whose last
        hidden state is wanted. -> [B, K, D]

        A token before the picture looks at all of it, empty slots too, but does not think about it: so do transformers and
        the engine."""
        x = self.embed_tokens(input_ids)
        cos, sin = self.cos[positions][:, None], self.sin[positions][:, None]
        if states is not None:
            hidden = HIDDEN * (sees[:, :, None] * empty[:, None, :])[:, None]
        for i, layer in enumerate(self.layers):
            if i in self.cross:
                x = x if states is None else layer(x, states, hidden, sees)
            elif i < len(self.layers) - 1:
                x = layer(x, cos, sin, mask)
            else:
                return self.norm(last_layer(layer, x, cos, sin, mask, places))
        return self.norm(take(x, places))


def take(x: Tensor, places: Tensor) -> Tensor:
    """[B, T, D] at [B, K] -> [B, K, D]"""
    return x.gather(1, places[:, :, None].expand(-1, -1, x.shape[2]))


def last_layer(layer: Layer, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor, places: Tensor) -> Tensor:
    """What `layer` gives at some places alone: the others are only looked at. -> [B, K, D]"""
    (b, t, _), count, of = x.shape, places.shape[1], layer.self_attn
    g, e, share = of.groups, of.head_dim, of.heads // of.groups
    normed, x = layer.input_layernorm(x), take(x, places)
    k = rotate(of.k_proj(normed).view(b, t, g, e).transpose(1, 2), cos, sin)
    v = of.v_proj(normed).view(b, t, g, e).transpose(1, 2)
    at = [take(table.squeeze(1), places)[:, None] for table in (cos, sin)]
    q = rotate(of.q_proj(take(normed, places)).view(b, count, of.heads, e).transpose(1, 2), *at)
    scores = ((q.reshape(b, g, share * count, e) * e**-0.5) @ k.transpose(2, 3)).view(b, of.heads, count, t).float()
    probs = (scores + take(mask.squeeze(1), places)[:, None]).softmax(-1).to(v.dtype).view(b, g, share * count, t)
    x = x + of.o_proj((probs @ v).view(b, of.heads, count, e).transpose(1, 2).reshape(b, count, of.heads * e))
    return x + layer.mlp(layer.post_attention_layernorm(x))


class LanguageModel(nn.Module):
    def __init__(self, config: MllamaTextConfig, llama_config, gain: float):
        super().__init__()
        self.model = TextModel(config, llama_config, gain)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
