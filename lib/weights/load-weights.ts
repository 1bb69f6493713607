/**
 * From the files of a checkpoint to weights on a device, piece by piece: no weight is ever whole in JavaScript's memory.
 * Only what the model names is read. Everything is checked by the headers before the first number moves.
 */
import { allocate, write, type Tensor } from "../tensor";
import { breath } from "./breath";
import { overlaid } from "./delta";
import { openWeights, type OpenedWeights } from "./open-weights";
import { bytesOf, cut, type Piece } from "./pieces";
import type { StoredTensor } from "./safetensors";
import type { ComputedDtype, WeightFiles } from "./weight-files";
import { camelCase, flatten, grow, match, type Shapes } from "./weight-tree";

export type LoadedWeights<W> = {
  tree: W;
  /** Numbers in all weights. */
  parameterCount: number;
  /** How much of the files they are, headers included. */
  bytes: number;
  /** Frees all weights. */
  dispose(): void;
};

export type WeightOptions = {
  /**
   * The Hub's name for a name in this file, where they differ (`text_model.x` for `model.text_model.x`); undefined for
   * what is no weight (a buffer such as `position_ids`), which is then not read.
   */
  names?: (name: string) => string | undefined;
  /** Paths of the parts that are wanted (`["visionModel", "visualProjection"]`): what lies elsewhere is not read. */
  only?: readonly string[];
  /** What to add to an error about the weight at this path. */
  hints?: Record<string, string>;
};

/**
 * Reads the weights that `shapes` names, and no others, and puts them on the executor.
 * @throws WeightsError when files and shapes disagree; an AbortError when `confirmSize` says no; the signal's reason
 *   when aborted; else a sentence that says which file is wrong, and how.
 */
export async function loadWeights<W>(
  checkpoint: WeightFiles,
  shapes: Shapes<W>,
  { names, only, hints }: WeightOptions = {},
): Promise<LoadedWeights<W>> {
  const { modelType, files, delta, signal, onNote } = checkpoint;
  const pathOf = (name: string): string | undefined => {
    const known = names ? names(name) : name;
    const path = known === undefined ? undefined : camelCase(known);
    if (path === undefined || !only) return path;
    return only.some((part) => path === part || path.startsWith(`${part}.`)) ? path : undefined;
  };
  const wanted = flatten(shapes);
  const isWanted = (name: string) => wanted.has(pathOf(name) ?? "");
  const opened = await openWeights(files, isWanted, { signal, onNote }, delta);
  try {
    const { stored, elsewhere } = overlaid(opened, isWanted, delta);
    const found = match(modelType, stored, elsewhere, pathOf, wanted, hints);
    const weights = await bring(checkpoint, opened, found);
    checkpoint.onLoaded?.(weights.dispose);
    return { ...weights, tree: grow(shapes, weights.loaded) as W };
  } finally {
    await opened.close();
  }
}

/** Room for each weight, and then the numbers into it. */
async function bring(checkpoint: WeightFiles, opened: OpenedWeights, found: Map<string, StoredTensor>) {
  const { modelType, executor, dtype, signal, onProgress } = checkpoint;
  const used = new Set(found.values());
  const plan = opened.files.map(({ file, tensors }) => ({ file, pieces: cut(tensors.filter((one) => used.has(one))) }));
  const bytes = opened.headerBytes + plan.reduce((sum, { pieces }) => sum + bytesOf(pieces), 0);
  await confirm(checkpoint, plan);

  const loaded = new Map<string, Tensor>();
  const targets = new Map<StoredTensor, Tensor>();
  const dispose = () => loaded.forEach((weight) => weight.dispose());
  const pause = breath(signal);
  const use = async (piece: Piece, bytes: Uint8Array) => {
    for (const { tensor, start, end } of piece.parts) {
      const from = tensor.dtype as "F32" | "F16" | "BF16"; // `match` has seen to it
      const at = (start - tensor.start) / (from === "F32" ? 4 : 2);
      await write(targets.get(tensor)!, at, bytes.subarray(start - piece.start, end - piece.start), from);
      await pause();
    }
  };
  try {
    for (const [path, tensor] of found) {
      signal?.throwIfAborted();
      const weight = room(modelType, path, () =>
        allocate(tensor.shape, { executor, dtype: dtypeOf(path, tensor, dtype) }),
      );
      loaded.set(path, weight);
      targets.set(tensor, weight);
    }
    let arrived = opened.headerBytes;
    for (const { file, pieces } of plan) {
      await file.read(pieces, use, (more) => onProgress?.((arrived += more), bytes));
    }
    signal?.throwIfAborted();
  } catch (error) {
    dispose();
    throw error;
  }
  const parameterCount = [...loaded.values()].reduce((sum, { size }) => sum + size, 0);
  return { loaded, parameterCount, bytes, dispose };
}

/** Matrices, kernels and tables of embeddings may be halves; biases and norms are small, and added in f32. */
function dtypeOf(path: string, { shape }: StoredTensor, dtype: ComputedDtype): ComputedDtype {
  return shape.length > 1 && path.endsWith(".weight") ? dtype : "f32";
}

function room(modelType: string, path: string, make: () => Tensor): Tensor {
  try {
    return make();
  } catch (error) {
    throw new Error(`${modelType}: ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

type Plan = { file: OpenedWeights["files"][number]["file"]; pieces: Piece[] }[];

async function confirm({ modelType, signal, confirmSize }: WeightFiles, plan: Plan): Promise<void> {
  if (!confirmSize) return;
  let missing = 0;
  for (const { file, pieces } of plan) missing += await file.missing(pieces);
  if (missing === 0 || (await confirmSize(missing))) return;
  signal?.throwIfAborted();
  const size = `${(missing / 1e6).toFixed(1)} MB`;
  throw new DOMException(
    `${modelType}: its download (${size}) was declined; load it again to be asked again`,
    "AbortError",
  );
}
