/**
 * How alike the vectors of all patches are to the vector of one patch, drawn where the patches lie.
 * For position embeddings, as in figure 7 of https://arxiv.org/abs/2010.11929. Cosine similarity, from -1 to 1.
 */
import { element, svgElement } from "../ui/element";
import { frame } from "./frame";
import { matrix, row, type Matrix } from "./matrix";
import { list, place } from "./words";

/** @param vectors one row a patch, [rows * columns of the grid, D]; leave the class token out */
export function similarity(vectors: Matrix, options: { patch?: number; columns?: number } = {}): HTMLElement {
  const flat = matrix(vectors);
  const { patch = 0, columns = Math.round(Math.sqrt(flat.rows)) } = options;
  if (!(Number.isInteger(patch) && patch >= 0 && patch < flat.rows))
    throw new RangeError(`similarity: expected patch to be from 0 to ${flat.rows - 1}, got ${patch}`);
  const values = cosines(flat, patch);
  const squares = values.map((value, i) =>
    svgElement("rect", {
      x: i % columns,
      y: Math.floor(i / columns),
      width: 0.94,
      height: 0.94,
      rx: 0.08,
      class: value < 0 ? "fig-below" : "fig-above",
      "fill-opacity": Math.abs(value).toFixed(3),
    }),
  );
  const mark = svgElement("rect", {
    x: patch % columns,
    y: Math.floor(patch / columns),
    width: 0.94,
    height: 0.94,
    rx: 0.08,
    class: "fig-mark-query",
  });
  const drawing = svgElement(
    "svg",
    { viewBox: `-0.06 -0.06 ${columns + 0.06} ${Math.ceil(flat.rows / columns) + 0.06}`, "aria-hidden": "true" },
    ...squares,
    mark,
  );
  const stage = element("div", { class: "fig-similarity" }, drawing);
  return frame("similarity", [stage], describeSimilarity(values, { patch, columns }));
}

export function cosines(flat: { rows: number; columns: number; values: ArrayLike<number> }, patch: number): number[] {
  const of = row(flat, patch);
  const length = (v: number[]) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
  return Array.from({ length: flat.rows }, (_, i) => {
    const other = row(flat, i);
    return other.reduce((sum, x, n) => sum + x * of[n]!, 0) / (length(of) * length(other) || 1);
  });
}

export function describeSimilarity(values: readonly number[], { patch, columns }: { patch: number; columns: number }) {
  const others = values.map((_, i) => i).filter((i) => i !== patch);
  const near = others.filter(
    (i) =>
      Math.abs((i % columns) - (patch % columns)) + Math.abs(Math.floor(i / columns) - Math.floor(patch / columns)) ===
      1,
  );
  const mean = (of: number[]) => of.reduce((sum, i) => sum + values[i]!, 0) / (of.length || 1);
  const short = (x: number) => x.toFixed(2).replace("-", "−");
  const best = others.sort((a, b) => values[b]! - values[a]!).slice(0, 3);
  return (
    `Patch ${patch} (${place(patch, columns)}): its cosine to its direct neighbours is ${short(mean(near))} on average, ` +
    `to all others ${short(mean(others))}. Teal is above 0, amber below. Most alike: ${list(best.map((i) => `patch ${i} (${place(i, columns)}, ${short(values[i]!)})`))}.`
  );
}
