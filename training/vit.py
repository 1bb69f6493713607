"""The Vision Transformer as it is trained: the same function as ViTForImageClassification, laid out to train fast on a CPU.

    x = [cls; patches · W + b] + positions;  x += attention(norm(x));  x += mlp(norm(x));  logits = norm(x)[cls] · C
Query, key and value are one matrix, patches may be dropped, and a second head names the thing in every patch. None of
this is exported: `hub_weights` gives the names and shapes of a Hugging Face checkpoint, and `hub_model` the
`transformers` model that the weights belong to.
Source: Dosovitskiy et al., arXiv 2010.11929; names: transformers, models/vit/modeling_vit.py.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import ViTConfig, ViTForImageClassification


class Layer(nn.Module):
    def __init__(self, config: ViTConfig, drop_path: float):
        super().__init__()
        d = config.hidden_size
        self.heads = config.num_attention_heads
        self.drop_path = drop_path
        self.norm1 = nn.LayerNorm(d, eps=config.layer_norm_eps)
        self.qkv = nn.Linear(d, 3 * d)
        self.out = nn.Linear(d, d)
        self.norm2 = nn.LayerNorm(d, eps=config.layer_norm_eps)
        self.up = nn.Linear(d, config.intermediate_size)
        self.down = nn.Linear(config.intermediate_size, d)

    def residual(self, x: Tensor, branch: Tensor) -> Tensor:
        """x + branch, where in training whole branches of some samples are left out (stochastic depth)."""
        if not self.training or self.drop_path == 0:
            return x + branch
        keep = torch.rand(x.shape[0], 1, 1) >= self.drop_path
        return x + branch * (keep / (1 - self.drop_path)).to(branch.dtype)

    def attention(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        e = d // self.heads
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, e).permute(2, 0, 3, 1, 4)
        # Plain products: measured faster on a CPU, backwards, than scaled_dot_product_attention.
        probs = ((q * e**-0.5) @ k.transpose(2, 3)).softmax(-1)
        return self.out((probs @ v).transpose(1, 2).reshape(b, t, d))

    def forward(self, x: Tensor) -> Tensor:
        x = self.residual(x, self.attention(self.norm1(x)))
        return self.residual(x, self.down(F.gelu(self.up(self.norm2(x)))))


class TrainingViT(nn.Module):
    def __init__(self, config: ViTConfig, drop_path: float = 0.0):
        super().__init__()
        self.config = config
        d, p, layers = config.hidden_size, config.patch_size, config.num_hidden_layers
        self.grid = config.image_size // p
        self.patches = nn.Linear(3 * p * p, d)
        self.cls = nn.Parameter(torch.zeros(1, 1, d))
        self.positions = nn.Parameter(torch.zeros(1, self.grid**2 + 1, d))
        self.layers = nn.ModuleList(Layer(config, drop_path * i / max(1, layers - 1)) for i in range(layers))
        self.norm = nn.LayerNorm(d, eps=config.layer_norm_eps)
        self.classifier = nn.Linear(d, config.num_labels)
        self.patch_classifier = nn.Linear(d, config.num_labels + 1)  # not exported; the last class is the ground
        for name, weight in self.named_parameters():
            if name in ("cls", "positions") or weight.ndim == 2:
                nn.init.trunc_normal_(weight, std=config.initializer_range)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def forward(self, pixel_values: Tensor, kept: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """pixel_values [B, 3, S, S], kept [B, M] indices of the patches to look at -> logits [B, K], [B, M, K + 1]."""
        b, p, g = pixel_values.shape[0], self.config.patch_size, self.grid
        x = pixel_values.view(b, 3, g, p, g, p).permute(0, 2, 4, 1, 3, 5).reshape(b, g * g, 3 * p * p)
        positions = self.positions[:, 1:].expand(b, -1, -1)
        if kept is not None:
            x = x.gather(1, kept[:, :, None].expand(-1, -1, x.shape[2]))
            positions = positions.gather(1, kept[:, :, None].expand(-1, -1, positions.shape[2]))
        x = self.patches(x)
        x = x + positions.to(x.dtype)
        cls = (self.cls + self.positions[:, :1]).to(x.dtype).expand(b, -1, -1)
        x = torch.cat([cls, x], 1)
        for layer in self.layers:
            x = layer(x)
        x = self.norm(x)
        return self.classifier(x[:, 0]), self.patch_classifier(x[:, 1:])


def hub_weights(state: dict[str, Tensor], config: ViTConfig) -> dict[str, Tensor]:
    """The weights of a TrainingViT under the names that checkpoints on the Hugging Face Hub carry."""
    d, p = config.hidden_size, config.patch_size
    hub = {
        "vit.embeddings.cls_token": state["cls"],
        "vit.embeddings.position_embeddings": state["positions"],
        "vit.embeddings.patch_embeddings.projection.weight": state["patches.weight"].view(d, 3, p, p),
        "vit.embeddings.patch_embeddings.projection.bias": state["patches.bias"],
    }
    for i in range(config.num_hidden_layers):
        ours, theirs = f"layers.{i}.", f"vit.encoder.layer.{i}."
        for kind in ("weight", "bias"):
            for part, value in zip(("query", "key", "value"), state[f"{ours}qkv.{kind}"].chunk(3)):
                hub[f"{theirs}attention.attention.{part}.{kind}"] = value
            hub[f"{theirs}attention.output.dense.{kind}"] = state[f"{ours}out.{kind}"]
            hub[f"{theirs}layernorm_before.{kind}"] = state[f"{ours}norm1.{kind}"]
            hub[f"{theirs}layernorm_after.{kind}"] = state[f"{ours}norm2.{kind}"]
            hub[f"{theirs}intermediate.dense.{kind}"] = state[f"{ours}up.{kind}"]
            hub[f"{theirs}output.dense.{kind}"] = state[f"{ours}down.{kind}"]
    for kind in ("weight", "bias"):
        hub[f"vit.layernorm.{kind}"] = state[f"norm.{kind}"]
        hub[f"classifier.{kind}"] = state[f"classifier.{kind}"]
    return {name: value.detach().float().contiguous().clone() for name, value in hub.items()}


def hub_model(folder: str) -> ViTForImageClassification:
    """The exported model, loaded by `transformers`: f32 computation, attention maps available."""
    return ViTForImageClassification.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
