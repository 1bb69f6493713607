/** The most probable answers, as bars. */
import { element } from "../ui/element";
import { frame } from "./frame";
import { list, percent } from "./words";

export type Prediction = { label: string; probability: number };

/** @param options.k how many answers to show, from the most probable down */
export function topClasses(predictions: readonly Prediction[], options: { k?: number } = {}): HTMLElement {
  const { k = 5 } = options;
  const best = sorted(predictions).slice(0, k);
  const bars = element("div", { class: "fig-bars", "aria-hidden": "true" });
  for (const { label, probability } of best) {
    bars.append(
      element("span", { class: "fig-bar-label" }, label),
      element("span", { class: "fig-bar" }, element("i", { style: `width: ${(probability * 100).toFixed(2)}%` })),
      element("span", { class: "fig-bar-value" }, probability.toFixed(3)),
    );
  }
  return frame("top-classes", [bars], describeClasses(best));
}

export function describeClasses(predictions: readonly Prediction[]): string {
  const [first, ...others] = sorted(predictions);
  if (!first) return "No answer.";
  const rest = others.map(({ label, probability }) => `${label} (${percent(probability)})`);
  return `The answer is ${first.label}, with a probability of ${percent(first.probability)}${rest.length ? `; then ${list(rest)}` : ""}.`;
}

const sorted = (predictions: readonly Prediction[]) => [...predictions].sort((a, b) => b.probability - a.probability);
