/** The most probable answers, as bars. */
import { element } from "../ui/element";
import { frame } from "./frame";
import { list, percent } from "./words";

export type Prediction = { label: string; probability: number };

/**
 * @param answers labels with their probabilities; or, with `options.labels`, one probability a label
 * @param options.k how many to show, from the most probable down
 */
export function topClasses(
  answers: readonly Prediction[] | ArrayLike<number>,
  options: { k?: number; labels?: readonly string[] } = {},
): HTMLElement {
  const { k = 5, labels } = options;
  const best = sorted(predictions(answers, labels)).slice(0, k);
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

export function describeClasses(answers: readonly Prediction[]): string {
  const [first, ...others] = sorted(answers);
  if (!first) return "No answer.";
  const rest = others.map(({ label, probability }) => `${quoted(label)} (${percent(probability)})`);
  return `The answer is ${quoted(first.label)}, with a probability of ${percent(first.probability)}${rest.length ? `; then ${list(rest)}` : ""}.`;
}

/** A sentence or a sign among other words needs its bounds shown; a plain name does not. */
const quoted = (label: string) =>
  /^[\p{L}\p{N}]([\p{L}\p{N} -]*[\p{L}\p{N}])?$/u.test(label) ? label : `“${label.trim()}”`;

function predictions(
  answers: readonly Prediction[] | ArrayLike<number>,
  labels: readonly string[] | undefined,
): readonly Prediction[] {
  if (!labels) {
    if (answers.length > 0 && typeof answers[0] === "number")
      throw new TypeError("topClasses: expected labels for the probabilities, got none; pass { labels: model.labels }");
    return answers as readonly Prediction[];
  }
  if (answers.length !== labels.length)
    throw new RangeError(`topClasses: expected ${labels.length} probabilities, one a label, got ${answers.length}`);
  return labels.map((label, i) => ({ label, probability: (answers as ArrayLike<number>)[i]! }));
}

const sorted = (answers: readonly Prediction[]) => [...answers].sort((a, b) => b.probability - a.probability);
