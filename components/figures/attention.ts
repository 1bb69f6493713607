/**
 * One row of an attention map over the picture: where one token looks, in one head of one layer.
 * A row sums to 1 over all tokens. Token 0 is the class token, token 1 + i is patch i.
 */
import { frame } from "./frame";
import { matrix, row, type Matrix } from "./matrix";
import { overlay } from "./overlay";
import { patchGrid } from "./patch-grid";
import { type Picture } from "../ui/paint";
import { list, percent, place } from "./words";

/** What each patch shows: a class per patch, -1 for the ground, and the names of the classes. */
export type PatchTruth = { patches: ArrayLike<number>; labels: readonly string[] };

export type AttentionOptions = {
  picture: Picture;
  layer?: number;
  head?: number;
  /** The token that looks: 0 is the class token, 1 + i is patch i. */
  token?: number;
  patchSize?: number;
  truth?: PatchTruth;
  scale?: number;
};

/** @param map the weights, [T, T], T = 1 + patches: row i says how token i spreads its attention over all tokens */
export function attention(map: Matrix, options: AttentionOptions): HTMLElement {
  const { picture, patchSize = 16, token = 0, scale = 2.5 } = options;
  const grid = patchGrid(picture, patchSize);
  const weights = tokenRow(map, token, grid.count);
  const overPatches = weights.slice(1);
  const stage = overlay(picture, overPatches, {
    patchSize,
    marks: strongest(overPatches, 3),
    query: token > 0 ? token - 1 : undefined,
    width: `${picture.width * scale}px`,
  });
  return frame("attention", [stage], describeAttention(weights, { ...options, columns: grid.columns }));
}

export function tokenRow(map: Matrix, token: number, patches: number): number[] {
  const flat = matrix(map);
  if (flat.columns !== patches + 1)
    throw new RangeError(
      `attention: expected a map of ${patches + 1} tokens (the class token and ${patches} patches), got ${flat.columns}`,
    );
  if (!(Number.isInteger(token) && token >= 0 && token < flat.rows))
    throw new RangeError(`attention: expected token to be from 0 to ${flat.rows - 1}, got ${token}`);
  return row(flat, token);
}

/** The numbers of the k largest weights, the largest first. */
export function strongest(weights: readonly number[], k: number): number[] {
  return weights
    .map((_, i) => i)
    .sort((a, b) => weights[b]! - weights[a]!)
    .slice(0, k);
}

/** @param weights one row of the map: first the weight on the class token, then one a patch */
export function describeAttention(
  weights: readonly number[],
  options: Pick<AttentionOptions, "layer" | "head" | "token" | "truth"> & { columns: number },
): string {
  const { token = 0, truth, columns } = options;
  const overPatches = weights.slice(1);
  const who = `${headName(options)}${token === 0 ? "the class token" : `patch ${token - 1} (${place(token - 1, columns)})`}`;
  const self = token === 0 ? "itself" : "the class token";
  const best = strongest(overPatches, 3).map(
    (i, n) => `${n === 0 ? "patch " : ""}${i} (${place(i, columns)}) with ${percent(overPatches[i]!)}`,
  );
  const seen = truth ? ` ${capital(list(sharesByThing(overPatches, truth)))}.` : "";
  return `${capital(who)} puts ${percent(weights[0]!)} of its weight on ${self} and the rest on the patches.${seen} The strongest are ${list(best)}.`;
}

/** "head 3 of layer 5: ", as much of it as is known. */
function headName({ layer, head }: { layer?: number; head?: number }): string {
  if (layer === undefined && head === undefined) return "";
  if (head === undefined) return `in layer ${layer}, `;
  return layer === undefined ? `in head ${head}, ` : `in head ${head} of layer ${layer}, `;
}

/** "54 % of it falls on the cat (9 patches)", for each thing and the ground, the largest share first. */
export function sharesByThing(overPatches: readonly number[], { patches, labels }: PatchTruth): string[] {
  if (patches.length !== overPatches.length)
    throw new RangeError(`attention: expected a truth for ${overPatches.length} patches, got ${patches.length}`);
  const shares = new Map<number, { weight: number; patches: number }>();
  overPatches.forEach((weight, i) => {
    const thing = Math.max(-1, patches[i]!);
    const share = shares.get(thing) ?? { weight: 0, patches: 0 };
    shares.set(thing, { weight: share.weight + weight, patches: share.patches + 1 });
  });
  return [...shares]
    .sort(([, a], [, b]) => b.weight - a.weight)
    .map(([thing, { weight, patches: n }], i) => {
      const name = thing < 0 ? "the ground" : `the ${labels[thing] ?? `class ${thing}`}`;
      return `${percent(weight)}${i === 0 ? " falls" : ""} on ${name} (${n} ${n === 1 ? "patch" : "patches"})`;
    });
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
