/** All heads of a layer, small, side by side: the row of one token in each. */
import { strongest, tokenRow, type PatchTruth } from "./attention";
import { element } from "../ui/element";
import { frame } from "./frame";
import type { Matrix } from "./matrix";
import { overlay } from "./overlay";
import { patchGrid } from "./patch-grid";
import { type Picture } from "../ui/paint";
import { percent, place } from "./words";

export type HeadGridOptions = {
  picture: Picture;
  layer?: number;
  token?: number;
  patchSize?: number;
  truth?: PatchTruth;
};

/** @param maps one map of [T, T] per head */
export function headGrid(maps: readonly Matrix[], options: HeadGridOptions): HTMLElement {
  const { picture, patchSize = 16, token = 0, layer, truth } = options;
  const grid = patchGrid(picture, patchSize);
  const rows = maps.map((map) => tokenRow(map, token, grid.count));
  const heads = rows.map((weights, head) =>
    element(
      "div",
      {},
      overlay(picture, weights.slice(1), { patchSize, width: "100%" }),
      element("small", { "aria-hidden": "true" }, `head ${head}`),
    ),
  );
  const drawn = element("div", { class: "fig-heads" }, ...heads);
  return frame("head-grid", [drawn], describeHeads(rows, { layer, truth, columns: grid.columns }));
}

/** @param rows per head, the weights of one token: first on the class token, then one a patch */
export function describeHeads(
  rows: readonly (readonly number[])[],
  { layer, truth, columns }: { layer?: number; truth?: PatchTruth; columns: number },
): string {
  const heads = rows.map((weights, head) => {
    const overPatches = weights.slice(1);
    const [best] = strongest(overPatches, 1);
    const peak = `most on patch ${best} (${place(best!, columns)}, ${percent(overPatches[best!]!)})`;
    if (!truth) return `head ${head}: ${peak}`;
    let onThings = 0;
    overPatches.forEach((weight, i) => (onThings += truth.patches[i]! >= 0 ? weight : 0));
    return `head ${head}: ${percent(onThings)} on things, ${peak}`;
  });
  return `${layer === undefined ? "Each head" : `Each head of layer ${layer}`}, on its own scale: ${heads.join("; ")}.`;
}
