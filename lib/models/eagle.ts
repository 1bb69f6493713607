/**
 * Eagle: several vision experts look at one picture, and a language model reads what they saw.
 * https://arxiv.org/abs/2408.15998   Code of its first release: NVlabs/EAGLE, `eagle/model`.
 *
 *     picture -> each expert at its own resolution -> maps -> fusion -> projectors -> into the text -> Llama
 *
 * The experts' order is that of `vision_configs` in config.json. Eagle-1 has clip-448; convnext-1024; (sam-1024;)
 * det-1024; pix2struct-1024, normalises with CLIP's mean and deviation, and concatenates on a grid of 32 × 32; with channel
 * concatenation, the columns of the projector's first matrix follow that order. LLaVA is the case of one expert.
 *
 * No released checkpoint has this layout, because Eagle-1 keeps its experts' files apart, in their own formats. Here a file
 * holds  vision_towers.{i}.* (names of the tower's own checkpoints),  fusion.*,  multi_modal_projectors.{j}.linear_{1,2}.*
 * (Eagle-1's mm_projector.0 and mm_projector.2; one per expert for sequence append, otherwise one), and
 * language_model.{model.*, lm_head.weight}.
 *
 * Shapes:  I pictures   N tokens of a picture   B rows of text   T tokens   D hidden size   V vocabulary
 *
 * Leaves out: SAM, EVA-02 and Pix2Struct towers, and training.
 */
import type { ActivationName } from "../nn";
import { concat, type Tensor } from "../tensor";
import type { Shapes } from "../weights";
import { clipVisionShapes } from "./clip";
import { convnextShapes } from "./convnext";
import { dinov2Shapes } from "./dinov2";
import {
  alignedWidth,
  blankMap,
  expertPixels,
  expertWidth,
  nativeMap,
  onGrid,
  type Between,
  type ExpertConfig,
  type ExpertWeights,
  type Normalization,
} from "./eagle-experts";
import { fuse, fusedWidths, fusionShapes, type FusionConfig, type FusionWeights } from "./eagle-fusion";
import { llamaShapes, type LlamaConfig, type LlamaWeights } from "./llama";
import { projector, projectorShapes, type Projector } from "./llava-projector";
import type { PatchGrid } from "./patch-grid";
import { under, type Probe } from "./probe";
import { siglipVisionShapes } from "./siglip";
import { vitModelShapes } from "./vit";

/** As in config.json. In brackets: what a file that is silent means. */
export type EagleConfig = {
  /** Pixels, [height, width], of the one picture that all experts get theirs from [1024] */
  imageSize: readonly [number, number];
  /** How that picture is normalised [CLIP's mean and deviation] */
  normalization: Normalization;
  /** The common grid: N = rows · columns [32] */
  grid: PatchGrid;
  /** [channel_concatenation] */
  fusion: FusionConfig;
  /** Between the projector's two matrices [gelu] */
  projectorHiddenAct: ActivationName;
  /** The token that keeps a place in the text for one token of a picture [-200] */
  imageTokenId: number;
  visionConfigs: readonly ExpertConfig[];
  textConfig: LlamaConfig;
};

export type EagleWeights = {
  visionTowers: ExpertWeights[];
  fusion?: FusionWeights;
  multiModalProjectors: Projector[];
  languageModel: LlamaWeights;
};

export type EagleOptions = {
  /** Names of the experts that look; the others give zeros, without being computed, and every shape stays [all] */
  experts?: readonly string[];
  probe?: Probe;
};

/** What the language model is told of each picture. pixelValues [I, 3, height, width] -> [I, N, D] */
export function eagleImageFeatures(
  pixelValues: Tensor,
  w: EagleWeights,
  config: EagleConfig,
  { experts: names, probe }: EagleOptions = {},
): Tensor {
  const { visionConfigs, grid } = config;
  checkInputs(pixelValues, config, names);

  const map = (i: number, between?: Between): Tensor => {
    const expert = visionConfigs[i]!;
    const seen = under(`visionTowers.${i}`, probe);
    let y: Tensor; // [I, C, rows, columns]
    if (names && !names.includes(expert.name)) {
      y = blankMap(pixelValues.shape[0]!, expert, pixelValues);
    } else {
      const x = expertPixels(pixelValues, expert, config.normalization);
      seen?.("pixelValues", x);
      y = nativeMap(x, w.visionTowers[i]!, expert, seen, between);
    }
    seen?.("map", y);
    return y;
  };
  const aligned = (i: number): Tensor => {
    const y = onGrid(map(i), visionConfigs[i]!, grid);
    probe?.(`visionTowers.${i}.aligned`, y);
    return y;
  };

  const experts = { count: visionConfigs.length, map, aligned };
  const sequences = fuse(config.fusion, experts, w.fusion, grid, under("fusion", probe)); // [I, N, C] each
  const projected = sequences.map((sequence, j) => {
    probe?.(`fused.${j}`, sequence);
    const seen = under(`multiModalProjectors.${j}`, probe);
    return projector(sequence, w.multiModalProjectors[j]!, config.projectorHiddenAct, seen);
  });
  const features = projected.length === 1 ? projected[0]! : concat(projected, 1);
  probe?.("imageFeatures", features);
  return features;
}

/** N: how many tokens of the text one picture takes. */
export function eagleImageTokens({ grid, fusion, visionConfigs }: EagleConfig): number {
  return grid.rows * grid.columns * (fusion.type === "sequence_append" ? visionConfigs.length : 1);
}

/** The shape of every weight, which a checkpoint has to match. */
export function eagleShapes(config: EagleConfig): Shapes<EagleWeights> {
  const { visionConfigs, grid, fusion, textConfig } = config;
  const widths = {
    native: visionConfigs.map(expertWidth),
    aligned: visionConfigs.map((expert) => alignedWidth(expert, grid)),
  };
  return {
    visionTowers: visionConfigs.map(towerShapes),
    fusion: fusionShapes(fusion, widths),
    multiModalProjectors: fusedWidths(fusion, widths).map((width) => projectorShapes(width, textConfig.hiddenSize)),
    languageModel: llamaShapes(textConfig),
  };
}

function towerShapes({ tower }: ExpertConfig): Shapes<ExpertWeights> {
  switch (tower.modelType) {
    case "clip_vision_model":
      return { visionModel: clipVisionShapes(tower.config) };
    case "siglip_vision_model":
      return { visionModel: siglipVisionShapes(tower.config) };
    case "vit":
      return vitModelShapes(tower.config);
    case "dinov2":
    case "dinov2_with_registers":
      return dinov2Shapes(tower.config);
    case "convnext":
      return convnextShapes(tower.config);
  }
}

function checkInputs(pixelValues: Tensor, config: EagleConfig, names: readonly string[] | undefined): void {
  const one = [3, ...config.imageSize];
  if (pixelValues.shape.length !== 4 || pixelValues.shape.slice(1).join() !== one.join()) {
    throw new RangeError(
      `eagle: expected pixelValues [pictures, ${one.join(", ")}], got [${pixelValues.shape.join(", ")}]; ` +
        "model.preprocess(picture) makes them",
    );
  }
  const known = config.visionConfigs.map(({ name }) => name);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`eagle: expected experts out of ${known.join(", ")}, got ${JSON.stringify(unknown)}`);
  }
  if (config.fusion.type === "llava_hr" && names && !names.includes(known[0]!)) {
    throw new RangeError(
      `eagle: expected ${known[0]} among the experts, because the others speak through it (llava_hr), ` +
        `got ${names.join(", ") || "none"}`,
    );
  }
}
