"""Multi-scale deformable attention: a query looks at a few points of a few maps, and says itself where these points are.
https://arxiv.org/abs/2010.04159, equation 3.

    v = value_proj(maps)
    offsets = sampling_offsets(q)   [.., heads, levels, points, 2 (x, y)], in cells of each level
    A = softmax over levels and points of attention_weights(q)
    at = reference point + offsets / (width, height)          in 0..1; outside of it a map is zero
    output = output_proj(sum over levels and points of A * bilinear(v, at))
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class DeformableAttention(nn.Module):
    def __init__(self, width: int, heads: int, levels: int, points: int) -> None:
        super().__init__()
        self.heads, self.levels, self.points = heads, levels, points
        self.sampling_offsets = nn.Linear(width, heads * levels * points * 2)
        self.attention_weights = nn.Linear(width, heads * levels * points)
        self.value_proj = nn.Linear(width, width)
        self.output_proj = nn.Linear(width, width)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """At first head m looks in direction m of the compass, at points 1, 2, 3, ... cells away, at all of them alike."""
        nn.init.zeros_(self.sampling_offsets.weight)
        nn.init.zeros_(self.attention_weights.weight)
        nn.init.zeros_(self.attention_weights.bias)
        bias = torch.empty(self.heads, self.levels, self.points, 2)
        for m in range(self.heads):
            angle = 2 * math.pi * m / self.heads
            x, y = math.cos(angle), math.sin(angle)
            largest = max(abs(x), abs(y))
            for p in range(self.points):
                bias[m, :, p] = torch.tensor([x / largest, y / largest]) * (p + 1)
        self.sampling_offsets.bias.data = bias.flatten()
        for projection in (self.value_proj, self.output_proj):
            nn.init.xavier_uniform_(projection.weight)
            nn.init.zeros_(projection.bias)

    def forward(self, queries: Tensor, reference: Tensor, maps: list[Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """queries [B, N, D], reference [N, 2] as (x, y) in 0..1, maps [B, D, h, w] each -> [B, N, D], and what was seen."""
        B, N, D = queries.shape
        M, L, P, E = self.heads, self.levels, self.points, D // self.heads
        offsets = self.sampling_offsets(queries).view(B, N, M, L, P, 2)
        weights = self.attention_weights(queries).view(B, N, M, L * P).softmax(-1).view(B, N, M, L, P)

        output = torch.zeros(B, N, M, E)
        locations = torch.empty(B, N, M, L, P, 2)
        for level, features in enumerate(maps):
            h, w = features.shape[2:]
            value = self.value_proj(features.flatten(2).transpose(1, 2))  # [B, h * w, D]
            locations[:, :, :, level] = reference[None, :, None, None] + offsets[:, :, :, level] / torch.tensor([w, h])
            for m in range(M):
                picture = value[..., m * E : (m + 1) * E].transpose(1, 2).reshape(B, E, h, w)
                at = locations[:, :, m, level] * 2 - 1  # [B, N, P, 2]: grid_sample counts from -1 to 1
                sampled = F.grid_sample(picture, at, mode="bilinear", padding_mode="zeros", align_corners=False)
                output[:, :, m] += torch.einsum("benp,bnp->bne", sampled, weights[:, :, m, level])
        return self.output_proj(output.flatten(2)), {"locations": locations, "weights": weights}
