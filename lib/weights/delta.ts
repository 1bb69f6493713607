/** A stage of training as what differs from the finished weights: a file of whole weights that take the place of others. */
import { show } from "./bounded-json";
import type { OpenedWeights } from "./open-weights";
import type { StoredTensor } from "./safetensors";

export type Delta = {
  /** Its name in the folder: "stages/projector.safetensors". Nothing but a config of its own without it. */
  file?: string;
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
  { files, elsewhere, delta: opened }: OpenedWeights,
  isWanted: (name: string) => boolean,
  delta?: Delta,
): { stored: StoredTensor[]; elsewhere: readonly string[] } {
  const base = files.flatMap((one) => (one === opened ? [] : one.tensors));
  if (!delta) return { stored: base, elsewhere };
  const { ownConfig } = delta;
  if (opened && !ownConfig) checkReplaces(opened.file.name, opened.tensors, base, elsewhere);
  const replaced = new Set(opened?.tensors.map(({ name }) => name));
  const stays = (name: string) => !replaced.has(name) && (!ownConfig || isWanted(name));
  return {
    stored: [...base.filter(({ name }) => stays(name)), ...(opened?.tensors ?? [])],
    elsewhere: elsewhere.filter(stays),
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
