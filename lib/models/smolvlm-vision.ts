/**
 * The eyes of SmolVLM and Idefics3: SigLIP's encoder without its head. What is new is how a patch learns its place, so that a
 * picture may fill only a part of a tile: places are fractions of the picture, rounded down to the grid of the training.
 * https://arxiv.org/abs/2504.05299, https://arxiv.org/abs/2307.06304 (fractional coordinates)
 * Weights and names: Hugging Face transformers, `models/smolvlm/modeling_smolvlm.py`.
 *
 * Shapes:  N tiles   C channels   G patches along a side in training   T patches of a tile   D hidden size
 */
import { layerNorm, patchEmbedding } from "../nn";
import type { Tensor } from "../tensor";
import { clipEncoder } from "./clip-encoder";
import { paddingMask } from "./padding-mask";
import { patchGrid, wholePatches, type PatchGrid } from "./patch-grid";
import { under, type Probe } from "./probe";
import type { SiglipVisionConfig, SiglipVisionWeights } from "./siglip";
import type { TowerOutput } from "./tower";

/** Per tile: 1 for a patch of the picture, 0 for one of padding below or to the right of it. [N][T] */
export type PatchMask = readonly (readonly number[])[];

/**
 * pixelValues [N, C, height, width] -> lastHiddenState [N, T, D]
 * @param patchMask undefined when the pictures fill their tiles
 */
export function smolvlmVisionModel(
  pixelValues: Tensor,
  patchMask: PatchMask | undefined,
  w: SiglipVisionWeights,
  config: SiglipVisionConfig,
  probe?: Probe,
): TowerOutput {
  const { imageSize: _, ...anySize } = config;
  const { pixelValues: whole, grid } = wholePatches("smolvlm", pixelValues, anySize);
  const patches = patchEmbedding(whole, w.embeddings.patchEmbedding); // [N, T, D]
  probe?.("embeddings.patchEmbedding.output", patches);

  const x = patches.add(positions(patches, patchMask, grid, w.embeddings.positionEmbedding.weight, config));
  probe?.("embeddings.output", x);
  const mask = paddingMask(patchMask, x.executor); // nobody looks at padding
  const hiddenStates = clipEncoder(x, w.encoder.layers, config, { mask, probe: under("encoder", probe) });
  const lastHiddenState = layerNorm(hiddenStates.at(-1)!, w.postLayernorm, config.layerNormEps);
  probe?.("postLayernorm.output", lastHiddenState);
  return { lastHiddenState, hiddenStates };
}

/** -> [N, T, D], or [1, T, D] for all tiles alike */
function positions(
  patches: Tensor,
  patchMask: PatchMask | undefined,
  grid: PatchGrid,
  table: Tensor, // [G², D]
  config: SiglipVisionConfig,
): Tensor {
  const [, T, D] = patches.shape as [number, number, number];
  const { rows: G } = patchGrid(config);
  const tiles = patchMask ?? [new Array<number>(T).fill(1)];
  const ids = tiles.map((mask) => patchPositions(mask, grid, G));
  return table.gather(ids.flat()).reshape([tiles.length, T, D]);
}

/**
 * Which row of the table of positions belongs to each patch of a tile. A picture of n patches down puts patch i at the
 * fraction i / n, and so in row ⌊G · i / n⌋ of the training's grid; the same across. Padding takes row 0.
 *
 * transformers compares fractions in f32, where one that is exactly at the start of a row can land in the row before. That
 * depends on the processor, and it does not happen in the grids of published models (16, 24, 26, 27, 28 and 32).
 * @param mask of one tile, row by row: [T]
 */
export function patchPositions(mask: readonly number[], { rows, columns }: PatchGrid, G: number): number[] {
  const down = count(rows, (row) => mask[row * columns]!); // the first column says how many patches there are down,
  const across = count(columns, (column) => mask[column]!); // and the first row how many across
  const place = (i: number, n: number) => Math.min(Math.floor((G * i) / n), G - 1);
  return mask.map((real, patch) => {
    const [row, column] = [Math.floor(patch / columns), patch % columns];
    return real ? place(row, down) * G + place(column, across) : 0;
  });
}

function count(length: number, real: (i: number) => number): number {
  return Array.from({ length }, (_, i) => real(i)).filter((value) => value !== 0).length;
}
