/**
 * How long the vectors of the residual stream are, place by place: after the embeddings, after each layer, or of what each
 * layer adds. A norm is the square root of the sum of squares.
 */
import { element } from "../ui/element";
import { frame } from "./frame";
import { matrix, type Matrix } from "./matrix";
import { numbered } from "./words";

/** One place of the model: its name, and one vector a token, [T, D]. */
export type Place = { name: string; value: Matrix };

/** @param options.tokens what each token is, to name the longest vector */
export function norms(places: readonly Place[], options: { tokens?: readonly string[] } = {}): HTMLElement {
  const measured = places.map(({ name, value }) => ({ name, norms: normsOf(value) }));
  const largest = Math.max(...measured.flatMap((place) => place.norms), Number.MIN_VALUE);
  const width = (value: number) => `${((100 * value) / largest).toFixed(2)}%`;
  const bars = element("div", { class: "fig-bars fig-shares", "aria-hidden": "true" });
  for (const { name, norms } of measured) {
    const [low, high] = [Math.min(...norms), Math.max(...norms)];
    bars.append(
      element("span", { class: "fig-bar-label" }, name),
      element(
        "span",
        { class: "fig-bar" },
        element("i", { style: `width: ${width(mean(norms))}` }),
        element("b", { class: "fig-range", style: `left: ${width(low)}; width: ${width(high - low)}` }),
      ),
      element("span", { class: "fig-bar-value" }, short(mean(norms))),
    );
  }
  return frame("norms", [bars], describeNorms(measured, options));
}

export function normsOf(value: Matrix): number[] {
  const { rows, columns, values } = matrix(value);
  return Array.from({ length: rows }, (_, r) => {
    let squares = 0;
    for (let c = 0; c < columns; c++) squares += values[r * columns + c]! ** 2;
    return Math.sqrt(squares);
  });
}

export function describeNorms(
  places: readonly { name: string; norms: readonly number[] }[],
  { tokens }: { tokens?: readonly string[] } = {},
): string {
  if (places.length === 0) return "No vectors.";
  const means = numbered(places.map(({ name, norms }) => [name, short(mean(norms))]));
  let longest = { name: "", token: 0, norm: -1 };
  for (const { name, norms } of places)
    norms.forEach((norm, token) => {
      if (norm > longest.norm) longest = { name, token, norm };
    });
  const who = tokens?.[longest.token] === undefined ? "" : ` (“${tokens[longest.token]!.trim()}”)`;
  return (
    `Length of a token’s vector, on average: ${means}. A thin line goes from the shortest to the longest. ` +
    `The longest of all is token ${longest.token}${who} at ${longest.name}, ${short(longest.norm)}.`
  );
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / (values.length || 1);
const short = (value: number) => (value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3));
