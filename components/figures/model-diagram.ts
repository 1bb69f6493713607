/** A model as its weights tell it: every part by its name, with shapes and how many numbers it has. */
import { element } from "../ui/element";
import { frame } from "./frame";
import { count as counted, list, percent } from "./words";

type Leaf = { shape: readonly number[] };
type Part = {
  name: string;
  /** Numbers in it. */
  numbers: number;
  /** How many equal ones it stands for. */
  times: number;
  shape?: readonly number[];
  parts: Part[];
};

export type DiagramOptions = {
  /** What the whole is called [model] */
  name?: string;
  /** How many levels are open [2] */
  open?: number;
};

/** @param weights `model.weights`, or a part of it */
export function modelDiagram(weights: object, { name = "model", open = 2 }: DiagramOptions = {}): HTMLElement {
  const whole = partOf(name, weights, new Set());
  if (!whole)
    throw new TypeError("modelDiagram: expected a tree of weights, such as model.weights, got something without any");
  const tree = element("ul", { class: "fig-tree" }, drawn(whole, whole.numbers, open));
  return frame("model-diagram", [tree], describeModel(whole));
}

/** Undefined where there are no weights. A weight that is used twice counts once. */
function partOf(name: string, value: unknown, seen: Set<unknown>): Part | undefined {
  if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
  if (isLeaf(value)) {
    seen.add(value);
    const numbers = value.shape.reduce((product, side) => product * side, 1);
    return { name, numbers, times: 1, shape: value.shape, parts: [] };
  }
  const parts = Object.entries(value).flatMap(([key, child]) => partOf(key, child, seen) ?? []);
  if (parts.length === 0) return undefined;
  return {
    name,
    numbers: parts.reduce((sum, part) => sum + part.numbers * part.times, 0),
    times: 1,
    parts: Array.isArray(value) ? grouped(parts) : parts,
  };
}

const isLeaf = (value: object): value is Leaf => Array.isArray((value as Partial<Leaf>).shape);

/** Neighbours of one form, such as the layers of an encoder, as one. */
function grouped(parts: readonly Part[]): Part[] {
  const groups: Part[][] = [];
  for (const part of parts) {
    const last = groups.at(-1);
    if (last && form(last[0]!) === form(part)) last.push(part);
    else groups.push([part]);
  }
  return groups.map((group) => {
    const [first, last] = [group[0]!, group.at(-1)!];
    return group.length === 1 ? first : { ...first, name: `${first.name} … ${last.name}`, times: group.length };
  });
}

/** Names and shapes below a part, its own name left out. */
const form = ({ shape, parts, times }: Part): string =>
  shape ? shape.join("×") : parts.map((part) => `${part.name}(${form(part)})×${times}`).join();

function drawn(part: Part, whole: number, open: number): HTMLElement {
  const { name, numbers, times, shape, parts } = part;
  const all = numbers * times;
  const line = [
    element("code", {}, name),
    times > 1 ? element("span", { class: "fig-tree-times" }, `${times} alike`) : undefined,
    shape ? element("span", { class: "fig-tree-shape" }, `[${shape.join(", ")}]`) : undefined,
    element(
      "span",
      { class: "fig-bar", "aria-hidden": "true" },
      element("i", { style: `width: ${((100 * all) / whole).toFixed(2)}%` }),
    ),
    element("span", { class: "fig-bar-value" }, all.toLocaleString("en")),
  ];
  if (parts.length === 0) return element("li", {}, element("div", { class: "fig-tree-line" }, ...line));
  return element(
    "li",
    {},
    element(
      "details",
      { open: open > 0 },
      element("summary", { class: "fig-tree-line" }, ...line),
      element("ul", {}, ...parts.map((part) => drawn(part, whole, open - 1))),
    ),
  );
}

function describeModel(whole: Part): string {
  const leaves = (part: Part): number =>
    part.times * (part.shape ? 1 : part.parts.reduce((sum, child) => sum + leaves(child), 0));
  // A single part inside the whole says nothing: go in until there is a choice.
  let inner = whole;
  while (inner.parts.length === 1 && inner.parts[0]!.parts.length > 0) inner = inner.parts[0]!;
  const biggest = inner.parts
    .map(({ name, numbers, times }) => ({ name, share: (numbers * times) / whole.numbers }))
    .sort((a, b) => b.share - a.share)
    .slice(0, 4)
    .map(({ name, share }) => `${percent(share)} in ${name}`);
  const where = biggest.length > 0 ? `: ${list(biggest)}` : "";
  return `${whole.name}: ${whole.numbers.toLocaleString("en")} numbers in ${counted(leaves(whole), "weight")}${where}.`;
}
