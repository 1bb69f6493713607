/**
 * A stage of training as what differs from the finished weights: a file of whole weights that take the place of others, and
 * weights that other models have. One lies over the other: the stage's file, shared weights from last to first, the finished
 * ones.
 */
import { show } from "./bounded-json";
import type { OpenedWeights } from "./open-weights";
import type { StoredTensor } from "./safetensors";

/** Weights of another model that lies beside this one. */
export type Shared = {
  /** The name of its folder. */
  model: string;
  /** Those take part whose names begin so: "vision_model."; all of them if it is empty. */
  from: string;
  /** What they are called by here instead of `from`: "vision_towers.0.vision_model." */
  prefix: string;
};

export type Delta = {
  /** Its name in the folder: "stages/projector.safetensors". */
  file?: string;
  shared?: readonly Shared[];
  /**
   * Whether the stage has a config of its own: then it may have weights that the finished model has not, or in other shapes,
   * and those that this config has no use for stay where they are.
   */
  ownConfig: boolean;
};

/**
 * The weights that count, and the names of those in files that were not opened.
 * @throws a sentence when the delta has a weight that replaces nothing, or is of another shape.
 */
export function overlaid(
  { files, elsewhere, shared, delta: opened }: OpenedWeights,
  isWanted: (name: string) => boolean,
  delta?: Delta,
): { stored: StoredTensor[]; elsewhere: readonly string[] } {
  const over = opened ? [...shared, opened] : shared;
  const base = files.flatMap((one) => (over.includes(one) ? [] : one.tensors));
  if (!delta) return { stored: base, elsewhere };
  const { ownConfig } = delta;
  if (!ownConfig) for (const { file, tensors } of over) checkReplaces(file.name, tensors, base, elsewhere);
  const finished = new Set([...base.map(({ name }) => name), ...elsewhere]);
  const fresh = new Map<string, StoredTensor>();
  for (const one of over) {
    for (const tensor of one.tensors) {
      // Of a shared model, too, what the config has no use for stays; what no config knows is told as surplus.
      const stays = one !== opened && finished.has(tensor.name) && ownConfig && !isWanted(tensor.name);
      if (!stays) fresh.set(tensor.name, tensor);
    }
  }
  const counts = (name: string) => !fresh.has(name) && (!ownConfig || isWanted(name));
  return {
    stored: [...base.filter(({ name }) => counts(name)), ...fresh.values()],
    elsewhere: elsewhere.filter(counts),
  };
}

function checkReplaces(
  file: string,
  fresh: readonly StoredTensor[],
  base: readonly StoredTensor[],
  elsewhere: readonly string[],
): void {
  const shapes = new Map(base.map(({ name, shape }) => [name, shape]));
  for (const { name, shape } of fresh) {
    const before = shapes.get(name);
    if (!before && !elsewhere.includes(name)) {
      throw new Error(`${file}: expected weights that the finished model has too, got ${show(name)}, which it has not`);
    }
    if (before && before.join() !== shape.join()) {
      throw new Error(
        `${file}: expected ${show(name)} of shape [${before.join(", ")}], as the finished model has it, got [${shape.join(", ")}]`,
      );
    }
  }
}
