/**
 * The experts of a mixture of vision encoders: how one picture gets into each of them, and how a map comes out.
 *
 *     picture [I, 3, height, width]  -> at the expert's own resolution (bilinear, corners on corners)
 *                                    -> normalised as the expert was trained, if it says so
 *                                    -> tower -> one vector per patch, as a map [I, C, rows, columns]
 *                                    -> on the common grid: bilinear, or blocks of places folded into channels
 *
 * Class tokens and registers do not come along. A tower that gets a picture of another size than it learnt on stretches its
 * positions as its own Hugging Face model does; Eagle-1 does it for its CLIP with antialiasing.
 * Source: Eagle-1, `eagle/model/multimodal_encoder` (NVlabs/EAGLE).
 *
 * Shapes:  I pictures   C channels of an expert   N = rows · columns places
 */
import { interpolate, layerNorm, pixelUnshuffle } from "../nn";
import { tensor, zeros, type Tensor } from "../tensor";
import { clipVisionModel, type ClipVisionConfig, type ClipVisionWeights } from "./clip";
import { clipEncoder } from "./clip-encoder";
import { convnextModel, type ConvNextConfig, type ConvNextWeights } from "./convnext";
import { dinov2Model, type Dinov2Config, type Dinov2Weights } from "./dinov2";
import { featuresOf } from "./llava-features";
import { patchGrid, type PatchGrid } from "./patch-grid";
import { under, type Probe } from "./probe";
import { siglipVisionModel, type SiglipVisionConfig, type SiglipVisionWeights } from "./siglip";
import { vitModel, type ViTConfig, type ViTModelWeights } from "./vit";

/** Which encoder an expert is: `model_type` and the rest of its own Hugging Face config. */
export type Tower =
  | { modelType: "clip_vision_model"; config: ClipVisionConfig }
  | { modelType: "siglip_vision_model"; config: SiglipVisionConfig }
  | { modelType: "vit"; config: ViTConfig }
  | { modelType: "dinov2" | "dinov2_with_registers"; config: Dinov2Config }
  | { modelType: "convnext"; config: ConvNextConfig };

/** One of `vision_configs`. In brackets: what a file that is silent means. */
export type ExpertConfig = {
  /** What a lesson calls it [model_type] */
  name: string;
  tower: Tower;
  /** Pixels, [height, width], of the picture that it gets [image_size of the tower] */
  inputSize: readonly [number, number];
  /** How its map comes to the common grid [bilinear] */
  resample: "bilinear" | "pixel_unshuffle";
  /** What it was trained on, per channel, where that differs from the whole model's [the model's] */
  normalization?: Normalization;
  /** Which state is taken, as in Hugging Face's hidden_states [the last, after the final norm if the tower has one] */
  visionFeatureLayer?: number;
  /** Whether CLIP's class token goes through the layers; Eagle-1 and LLaVA-HR drop it before the first [kept] */
  classToken: "kept" | "dropped";
};

export type Normalization = {
  imageMean: readonly [number, number, number];
  imageStd: readonly [number, number, number];
};

/** The weights of a tower, at the paths of its own checkpoints without a classifier. */
export type ExpertWeights =
  | { visionModel: ClipVisionWeights }
  | { visionModel: SiglipVisionWeights }
  | ViTModelWeights
  | Dinov2Weights
  | ConvNextWeights;

/** May change the patches after each layer of an expert: x [I, N, C], layers so far and in all, and where patches are. */
export type Between = (x: Tensor, layer: { done: number; all: number; grid: PatchGrid }) => Tensor;

/** The picture as this expert wants it. [I, 3, height, width] -> [I, 3, ...inputSize] */
export function expertPixels(pixelValues: Tensor, expert: ExpertConfig, common: Normalization): Tensor {
  const [rows, columns] = expert.inputSize;
  const x = stretch(pixelValues, { rows, columns });
  const own = expert.normalization;
  if (!own) return x;
  // (x · std + mean) are grey levels from 0 to 1, which the expert's own numbers normalise: together, a · x + b.
  const perChannel = (of: (c: 0 | 1 | 2) => number) =>
    tensor(([0, 1, 2] as const).map(of), [3, 1, 1], pixelValues.executor);
  const a = perChannel((c) => common.imageStd[c] / own.imageStd[c]);
  const b = perChannel((c) => (common.imageMean[c] - own.imageMean[c]) / own.imageStd[c]);
  return x.mul(a).add(b);
}

/** What the expert sees. [I, 3, ...inputSize] -> [I, C, rows, columns] */
export function nativeMap(x: Tensor, w: ExpertWeights, expert: ExpertConfig, probe?: Probe, between?: Between): Tensor {
  const { tower } = expert;
  if (tower.modelType === "convnext") {
    return convnextModel(x, w as ConvNextWeights, tower.config, probe).lastHiddenState;
  }
  const grid = nativeGrid(expert);
  const patchesAlone = between || (tower.modelType === "clip_vision_model" && expert.classToken === "dropped");
  const tokens = patchesAlone
    ? withoutClassToken(x, w, expert, grid, probe, between)
    : towerTokens(x, w, expert, probe); // [I, specials + N, C]
  const [I, T, C] = tokens.shape as [number, number, number];
  const patches = tokens.slice(null, [T - grid.rows * grid.columns, T]);
  return patches.reshape([I, grid.rows, grid.columns, C]).transpose([0, 3, 1, 2]);
}

/** All tokens of a transformer, its special tokens first. -> [I, T, C] */
function towerTokens(x: Tensor, w: ExpertWeights, { tower, visionFeatureLayer }: ExpertConfig, probe?: Probe): Tensor {
  const run = towerOf(x, w, tower, probe);
  if (visionFeatureLayer === undefined) return run({}).lastHiddenState;
  return featuresOf(run, visionFeatureLayer, layersOf(tower));
}

/** Weights and tower come from one config, which is why each cast below holds. */
function towerOf(x: Tensor, w: ExpertWeights, tower: Tower, probe?: Probe) {
  return ({ layers }: { layers?: number }) => {
    const options = { layers, interpolatePosEncoding: true }; // an expert may get a picture of another size than it learnt on
    switch (tower.modelType) {
      case "clip_vision_model": {
        const { visionModel } = w as { visionModel: ClipVisionWeights };
        return clipVisionModel(x, visionModel, tower.config, under("visionModel", probe), options);
      }
      case "siglip_vision_model": {
        const { visionModel } = w as { visionModel: SiglipVisionWeights };
        const withoutHead = { ...visionModel, head: undefined }; // nobody asks for the picture as a whole
        return siglipVisionModel(x, withoutHead, tower.config, under("visionModel", probe), options);
      }
      case "vit":
        return vitModel(x, w as ViTModelWeights, tower.config, probe, options);
      case "dinov2":
      case "dinov2_with_registers":
        return dinov2Model(x, w as Dinov2Weights, tower.config, probe, options);
      case "convnext":
        throw new Error("eagle: expected a tower of tokens, got convnext, which has a map"); // nativeMap went before
    }
  };
}

/** CLIP or SigLIP layer by layer, its patches alone: the class token, if there is one, leaves before the first layer. */
function withoutClassToken(
  x: Tensor,
  w: ExpertWeights,
  { tower, name }: ExpertConfig,
  grid: PatchGrid,
  probe?: Probe,
  between?: Between,
): Tensor {
  if (tower.modelType !== "clip_vision_model" && tower.modelType !== "siglip_vision_model") {
    throw new Error(`eagle: expected ${name} to be clip_vision_model or siglip_vision_model, got ${tower.modelType}`);
  }
  const embedded = towerOf(x, w, tower, probe)({ layers: 0 }).lastHiddenState;
  const T = embedded.shape[1]!;
  let tokens = embedded.slice(null, [T - grid.rows * grid.columns, T]); // [I, N, C]
  const { encoder, postLayernorm } = (w as { visionModel: ClipVisionWeights | SiglipVisionWeights }).visionModel;
  const all = encoder.layers.length;
  encoder.layers.forEach((layer, i) => {
    const seen = renamed(under("visionModel.encoder", probe), "layers.0.", `layers.${i}.`);
    tokens = clipEncoder(tokens, [layer], tower.config, { probe: seen }).at(-1)!;
    if (between) tokens = between(tokens, { done: i + 1, all, grid });
  });
  return tower.modelType === "siglip_vision_model"
    ? layerNorm(tokens, postLayernorm, tower.config.layerNormEps)
    : tokens;
}

/** The map on the common grid. [I, C, rows, columns] -> [I, C', grid rows, grid columns] */
export function onGrid(map: Tensor, expert: ExpertConfig, grid: PatchGrid): Tensor {
  return expert.resample === "pixel_unshuffle" ? pixelUnshuffle(map, map.shape[2]! / grid.rows) : stretch(map, grid);
}

/** Bilinear, the corners of one grid on those of the other. [I, C, h, w] -> [I, C, rows, columns] */
export function stretch(x: Tensor, { rows, columns }: PatchGrid): Tensor {
  if (x.shape[2] === rows && x.shape[3] === columns) return x;
  return interpolate(x, { height: rows, width: columns }, { mode: "bilinear", alignCorners: true });
}

/** What an expert that is switched off gives, without computing anything: its map, all zeros. */
export function blankMap(pictures: number, expert: ExpertConfig, like: Tensor): Tensor {
  const { rows, columns } = nativeGrid(expert);
  return zeros([pictures, expertWidth(expert), rows, columns], like.executor);
}

/** C: numbers per place of the expert's own map. */
export function expertWidth({ tower }: ExpertConfig): number {
  return tower.modelType === "convnext" ? tower.config.hiddenSizes.at(-1)! : tower.config.hiddenSize;
}

/** C': the same on the common grid, where pixel unshuffle makes more channels of fewer places. */
export function alignedWidth(expert: ExpertConfig, grid: PatchGrid): number {
  const factor = expert.resample === "pixel_unshuffle" ? nativeGrid(expert).rows / grid.rows : 1;
  return expertWidth(expert) * factor * factor;
}

/** How many places the expert's own map has, down and across. */
export function nativeGrid({ tower, inputSize }: ExpertConfig): PatchGrid {
  const grid = patchGrid({ imageSize: inputSize, patchSize: tower.config.patchSize });
  if (tower.modelType !== "convnext") return grid;
  return tower.config.hiddenSizes.slice(1).reduce(
    ({ rows, columns }) => ({ rows: Math.floor(rows / 2), columns: Math.floor(columns / 2) }), // each stage halves
    grid,
  );
}

function layersOf(tower: Tower): number {
  return tower.modelType === "convnext" ? tower.config.hiddenSizes.length : tower.config.numHiddenLayers;
}

/** The same probe for one layer of a stack that is run on its own and thinks that it is the first. */
function renamed(probe: Probe | undefined, from: string, to: string): Probe | undefined {
  return (
    probe &&
    Object.assign((name: string, value: Tensor) => probe(name.replace(from, to), value), {
      wants: (name: string) => probe.wants?.(name.replace(from, to)) ?? true,
    })
  );
}
