/**
 * A matrix as a picture, one pixel a number: teal above zero, amber below, the stronger the farther from it.
 * For weights, tokens and other numbers whose sign matters.
 */
import { element } from "../ui/element";
import { frame } from "./frame";
import { matrix, type Matrix } from "./matrix";

const ABOVE = [15, 139, 141] as const; // the light theme's --patch and --token; drawn with alpha, they read on both papers
const BELOW = [200, 120, 0] as const;

/** @param options.rows, columns what one row and one column stand for: "token", "number of the token" */
export function heatmap(value: Matrix, options: { rows?: string; columns?: string; label?: string } = {}): HTMLElement {
  const { rows, columns, values } = matrix(value);
  const canvas = element("canvas", { width: columns, height: rows, class: "fig-heat", "aria-hidden": "true" });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context) {
    const largest = largestOf(values);
    const pixels = context.createImageData(columns, rows);
    for (let i = 0; i < values.length; i++) {
      const share = Math.min(1, Math.abs(values[i]!) / largest);
      pixels.data.set([...(values[i]! < 0 ? BELOW : ABOVE), Math.round(255 * share)], i * 4);
    }
    context.putImageData(pixels, 0, 0);
  }
  return frame("heatmap", [canvas], describeMatrix(value, options));
}

/** The scale ends at 2.5 root mean squares, so that one outlier does not leave the rest pale. */
function largestOf(values: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!;
  return 2.5 * Math.sqrt(squares / values.length) || 1;
}

export function describeMatrix(value: Matrix, options: { rows?: string; columns?: string; label?: string } = {}) {
  const { rows, columns, values } = matrix(value);
  let low = Infinity;
  let high = -Infinity;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
    sum += values[i]!;
  }
  const short = (x: number) => x.toFixed(2).replace("-", "−");
  const what = options.label ? `${options.label}: ` : "";
  return (
    `${what}${rows} row${rows === 1 ? "" : "s"}${options.rows ? ` (${options.rows})` : ""} of ${columns} numbers${options.columns ? ` (${options.columns})` : ""}, ` +
    `from ${short(low)} (${low < 0 ? "amber" : "pale"}) to ${short(high)} (${high > 0 ? "teal" : "pale"}), on average ${short(sum / values.length)}.`
  );
}
