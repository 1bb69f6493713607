"""Eagle: several vision experts look at one picture, and a language model reads what they saw.
https://arxiv.org/abs/2408.15998. Towers and language model are those of `transformers`; the rest is plain PyTorch.

    picture -> each expert at its own resolution -> native maps -> fusion -> projectors -> spliced into the text -> Llama

`config` is the config.json of model_type "eagle", described in lib/models/eagle.ts.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, LlamaConfig, LlamaForCausalLM

from . import fusion
from .fusion import Grid, picture, tokens


def sides(size: int | list[int]) -> Grid:
    return (size, size) if isinstance(size, int) else (size[0], size[1])


class Expert(nn.Module):
    """A tower, and how a picture gets into it and a map out of it."""

    NOT_THE_TOWERS = ("name", "resample", "input_size", "image_mean", "image_std", "vision_feature_layer", "class_token")

    def __init__(self, config: dict) -> None:
        super().__init__()
        self.config = config
        self.kind = config["model_type"]
        own = {key: value for key, value in config.items() if key not in (*self.NOT_THE_TOWERS, "model_type")}
        tower_config = AutoConfig.for_model(self.kind, **own)
        tower_config._attn_implementation = "eager"
        options = {"add_pooling_layer": False} if self.kind == "vit" else {}
        self.tower = AutoModel.from_config(tower_config, **options)
        self.width = tower_config.hidden_sizes[-1] if self.kind == "convnext" else tower_config.hidden_size
        self.input_size = sides(config.get("input_size", config["image_size"]))

    def pixels(self, pixel_values: Tensor, mean: list[float], std: list[float]) -> Tensor:
        """The common picture at this expert's resolution, normalised as this expert was trained."""
        x = fusion.stretch(pixel_values, self.input_size)
        if "image_mean" in self.config:
            column = lambda values: torch.tensor(values)[:, None, None]  # noqa: E731
            x = x * column(std) + column(mean)
            x = (x - column(self.config["image_mean"])) / column(self.config["image_std"])
        return x

    def native_map(self, x: Tensor, between=None) -> Tensor:
        """Pixels -> [B, C, h, w]: one vector per patch; class token and registers do not come along."""
        if self.kind == "convnext":
            return self.tower(x).last_hidden_state
        patch = self.tower.config.patch_size
        grid = (x.shape[2] // patch, x.shape[3] // patch)
        if between or self.config.get("class_token") == "dropped":
            return picture(self.patches_only(x, grid, between), grid)
        options = {"interpolate_pos_encoding": True} if self.kind in ("clip_vision_model", "siglip_vision_model") else {}
        out = self.tower(x, output_hidden_states=True, **options)
        layer = self.config.get("vision_feature_layer")
        y = out.last_hidden_state if layer is None else out.hidden_states[layer]
        return picture(y[:, y.shape[1] - grid[0] * grid[1] :], grid)

    def patches_only(self, x: Tensor, grid: Grid, between) -> Tensor:
        """CLIP as Eagle and LLaVA-HR run it: the class token leaves before the first layer. SigLIP has none."""
        y = self.tower.embeddings(x, interpolate_pos_encoding=True)
        if self.kind == "clip_vision_model":
            y = self.tower.pre_layrnorm(y[:, 1:])
        layers = self.tower.encoder.layers
        for i, layer in enumerate(layers, 1):
            y = layer(y, attention_mask=None)
            if between:
                y = between(y, i, len(layers), grid)
        return self.tower.post_layernorm(y) if self.kind == "siglip_vision_model" else y


class Projector(nn.Module):
    """mlp2x_gelu"""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(inputs, outputs)
        self.linear_2 = nn.Linear(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear_2(F.gelu(self.linear_1(x)))


class Eagle(nn.Module):
    def __init__(self, config: dict) -> None:
        super().__init__()
        self.config = config
        self.grid = sides(config["grid"])
        self.vision_towers = nn.ModuleList(Expert(expert) for expert in config["vision_configs"])
        self.strategy = config["fusion"]["type"]
        widths = [expert.width for expert in self.vision_towers]
        self.fusion = self.build_fusion(widths, [self.aligned_width(expert) for expert in self.vision_towers])
        text = LlamaConfig(**config["text_config"], attn_implementation="eager")
        self.multi_modal_projectors = nn.ModuleList(
            Projector(width, text.hidden_size) for width in self.fusion.outputs
        )
        self.language_model = LlamaForCausalLM(text)

    def aligned_width(self, expert: Expert) -> int:
        if expert.config.get("resample") != "pixel_unshuffle":
            return expert.width
        patch = expert.tower.config.patch_size
        return expert.width * (expert.input_size[0] // patch // self.grid[0]) ** 2

    def build_fusion(self, widths: list[int], aligned: list[int]) -> nn.Module:
        settings = self.config["fusion"]
        if self.strategy == "llava_hr":
            return fusion.LlavaHR(widths)
        if self.strategy == "deformable_attention":
            settings = {"num_heads": 8, "num_points": 4, "num_layers": 1, **settings}
            return fusion.Deformable(
                widths, aligned, settings["num_heads"], settings["num_points"], settings["num_layers"]
            )
        kinds = {
            "sequence_append": fusion.SequenceAppend,
            "channel_concatenation": fusion.ChannelConcatenation,
            "mini_gemini": fusion.MiniGemini,
        }
        return kinds[self.strategy](widths, aligned)

    def image_features(self, pixel_values: Tensor, seen: dict[str, Tensor], experts: list[str] | None = None) -> Tensor:
        """[I, 3, height, width] -> [I, visual tokens, D]. An expert that is not in `experts` gives zeros."""
        mean, std = self.config["image_mean"], self.config["image_std"]
        inputs = [expert.pixels(pixel_values, mean, std) for expert in self.vision_towers]
        for i, x in enumerate(inputs):
            seen[f"vision_towers.{i}.pixel_values"] = x

        def native(i: int, between=None) -> Tensor:
            expert = self.vision_towers[i]
            y = expert.native_map(inputs[i], between)
            if experts is not None and expert.config["name"] not in experts:
                y = torch.zeros_like(y)
            seen[f"vision_towers.{i}.map"] = y
            return y

        if self.strategy == "llava_hr":
            slow = fusion.detail_map([native(i) for i in range(1, len(inputs))])
            seen["fusion.detail"] = slow
            fast = native(0, self.fusion.between(slow, seen))
            sequences = self.fusion(fast, slow, self.grid)
        else:
            maps = [native(i) for i in range(len(inputs))]
            aligned = [
                fusion.resample(m, self.grid, expert.config.get("resample", "bilinear"))
                for m, expert in zip(maps, self.vision_towers)
            ]
            all_of_them = self.strategy in ("sequence_append", "channel_concatenation")
            for i, a in enumerate(aligned if all_of_them else aligned[:1]):
                seen[f"vision_towers.{i}.aligned"] = a
            sequences = self.fusion(maps, aligned, seen)
        for i, sequence in enumerate(sequences):
            seen[f"fused.{i}"] = sequence
        features = [projector(s) for projector, s in zip(self.multi_modal_projectors, sequences)]
        seen["image_features"] = torch.cat(features, 1)
        return seen["image_features"]

    def forward(
        self,
        input_ids: Tensor,
        pixel_values: Tensor | None,
        attention_mask: Tensor | None = None,
        experts: list[str] | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """input_ids [B, T] with an image_token_id for each visual token -> logits [B, T, V], and what was seen."""
        seen: dict[str, Tensor] = {}
        is_image = input_ids == self.config["image_token_id"]
        embeds = self.language_model.model.embed_tokens(input_ids.masked_fill(is_image, 0))
        if pixel_values is not None:
            embeds[is_image] = self.image_features(pixel_values, seen, experts).flatten(0, 1)
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
        logits = self.language_model(
            inputs_embeds=embeds, attention_mask=attention_mask, position_ids=positions
        ).logits
        return logits, seen
