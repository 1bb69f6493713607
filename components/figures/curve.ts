/** Lines over training: accuracy by step, one line a series, with an optional mark at the step that is looked at. */
import { element, svgElement } from "../ui/element";
import { frame } from "./frame";
import { percent } from "./words";

export type Series = { name: string; points: readonly { step: number; accuracy: number }[] };

const WIDTH = 640;
const HEIGHT = 260;
const LEFT = 76;
const RIGHT = 16;
const TOP = 14;
const BOTTOM = 40;

/** @param options.at the step to mark */
export function curve(series: readonly Series[], options: { at?: number } = {}): HTMLElement {
  const { at } = options;
  const last = Math.max(...series.flatMap(({ points }) => points.map(({ step }) => step)), 1);
  const x = (step: number) => LEFT + (step / last) * (WIDTH - LEFT - RIGHT);
  const y = (accuracy: number) => TOP + (1 - accuracy) * (HEIGHT - TOP - BOTTOM);

  const drawing = svgElement("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "fig-curve", "aria-hidden": "true" });
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    drawing.append(
      svgElement("line", { class: "fig-axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y(share), y2: y(share) }),
      svgElement("text", { x: LEFT - 8, y: y(share) + 6, "text-anchor": "end" }, `${share * 100} %`),
    );
  }
  for (const step of ticks(last))
    drawing.append(
      svgElement("text", { x: x(step), y: HEIGHT - BOTTOM + 26, "text-anchor": "middle" }, step.toLocaleString("en")),
    );
  if (at !== undefined)
    drawing.append(svgElement("line", { class: "fig-at", x1: x(at), x2: x(at), y1: TOP, y2: HEIGHT - BOTTOM }));
  series.forEach(({ points }, i) => {
    const path = points.map(
      ({ step, accuracy }, n) => `${n ? "L" : "M"}${x(step).toFixed(1)} ${y(accuracy).toFixed(1)}`,
    );
    drawing.append(svgElement("path", { class: `fig-series fig-series-${i}`, d: path.join("") }));
    const marked = points.find(({ step }) => step === at);
    if (marked)
      drawing.append(svgElement("circle", { class: `fig-dot-${i}`, cx: x(marked.step), cy: y(marked.accuracy), r: 5 }));
  });
  const key = element(
    "div",
    { class: "fig-key", "aria-hidden": "true" },
    ...series.map(({ name }, i) => element("span", { class: `fig-key-${i}` }, name)),
    element("span", { class: "fig-unit" }, "accuracy by training step"),
  );
  return frame("curve", [drawing, key], describeCurve(series, { at }));
}

/** About four round numbers from 0 to `last`. */
function ticks(last: number): number[] {
  const rough = last / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough)!;
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);
}

export function describeCurve(series: readonly Series[], { at }: { at?: number } = {}): string {
  const phrases = series.map(({ name, points }) => {
    const first = points[0];
    const end = points.at(-1);
    if (!first || !end) return `${name}: nothing measured`;
    const marked = points.find(({ step }) => step === at);
    const now =
      marked && marked !== end && marked !== first
        ? `, ${percent(marked.accuracy)} after ${marked.step.toLocaleString("en")}`
        : "";
    return `${name}: ${percent(first.accuracy)} after ${first.step.toLocaleString("en")} steps${now}, ${percent(end.accuracy)} after ${end.step.toLocaleString("en")}`;
  });
  return `Accuracy, ${phrases.join("; ")}.`;
}
