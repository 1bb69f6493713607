/** What was measured, from the eval.json beside a model: a bar for each kind of question, with its 95 % interval. */
import { element } from "../ui/element";
import { frame } from "./frame";
import { percent } from "./words";

export type Measured = { accuracy: number; count?: number; interval95?: readonly number[] };
type Split = Measured & { [group: string]: unknown };

/** The parts of an eval.json that are drawn. */
export type Evaluation = { /** "text" for a language model. */ task?: string; splits: Readonly<Record<string, Split>> };

export type EvaluationOptions = {
  /** Which group of a split is drawn: "kinds", "styles", "classes" [kinds] */
  by?: string;
  /** Which splits, of one model [all]; of several, the one [training] */
  splits?: readonly string[];
  /** Only these, in this order [all] */
  only?: readonly string[];
  /** What splits are called. */
  names?: Readonly<Record<string, string>>;
};

type Series = { name: string; total: Measured; groups: Readonly<Record<string, Measured>> };

const splitNames: Record<string, string> = { training: "training styles", heldOut: "a style it never saw" };
const textNames: Record<string, string> = { training: "like its training", heldOut: "held out from training" };

/** @param evaluations one eval.json, of which splits are compared; or several by name, in one split */
export function evaluation(
  evaluations: Evaluation | Readonly<Record<string, Evaluation>>,
  options: EvaluationOptions = {},
): HTMLElement {
  const series = seriesOf(evaluations, options);
  const kinds = options.only ?? [...new Set(series.flatMap(({ groups }) => Object.keys(groups)))];
  const rows = [
    row(
      "all",
      series.map(({ total }) => total),
    ),
    ...kinds.map((kind) =>
      row(
        kind,
        series.map(({ groups }) => groups[kind]),
      ),
    ),
  ];
  const head = element(
    "thead",
    {},
    element(
      "tr",
      {},
      element("td", {}),
      ...series.map(({ name }, i) => element("th", { scope: "col", class: `fig-key-${i}` }, name)),
    ),
  );
  const table = element("table", { class: "fig-table" }, head, element("tbody", {}, ...rows));
  const scroll = element(
    "div",
    { class: "fig-scroll", tabindex: 0, role: "group", "aria-label": "Measured accuracy" },
    table,
  );
  return frame("evaluation", [scroll], describeEvaluation(series, kinds));
}

function row(name: string, measured: readonly (Measured | undefined)[]): HTMLElement {
  const cells = measured.map((value, i) => {
    if (!value) return element("td", {}, "–");
    const [low, high] = value.interval95 ?? [value.accuracy, value.accuracy];
    const left = Math.max(0, low!);
    return element(
      "td",
      {},
      element(
        "span",
        { class: `fig-bar fig-bar-${i}`, "aria-hidden": "true" },
        element("i", { style: `width: ${share(value.accuracy)}` }),
        element("b", { class: "fig-range", style: `left: ${share(left)}; width: ${share(high! - left)}` }),
      ),
      element("span", { class: "fig-bar-value" }, percent(value.accuracy)),
    );
  });
  return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
}

const share = (value: number) => `${(100 * Math.min(1, Math.max(0, value))).toFixed(2)}%`;

function seriesOf(
  evaluations: Evaluation | Readonly<Record<string, Evaluation>>,
  { by = "kinds", splits, names = {} }: EvaluationOptions,
): Series[] {
  if (isEvaluation(evaluations)) {
    const usual = evaluations.task === "text" ? textNames : splitNames;
    return (splits ?? Object.keys(evaluations.splits)).map((name) =>
      one(names[name] ?? usual[name] ?? name, splitOf(evaluations, name), by),
    );
  }
  const [split = "training"] = splits ?? [];
  return Object.entries(evaluations).map(([name, value]) => {
    if (!isEvaluation(value))
      throw new TypeError("evaluation: expected the contents of an eval.json, got something else");
    return one(name, splitOf(value, split), by);
  });
}

function splitOf({ splits }: Evaluation, name: string): Split {
  const split = splits[name];
  if (split) return split;
  throw new RangeError(`evaluation: expected a split out of ${Object.keys(splits).join(", ")}, got ${name}`);
}

function one(name: string, split: Split, by: string): Series {
  const groups = split[by];
  if (typeof groups === "object" && groups !== null) {
    return { name, total: split, groups: groups as Record<string, Measured> };
  }
  const known = Object.keys(split).filter((key) => {
    const [first] = Object.values(split[key] ?? {}) as unknown[];
    return typeof (first as Measured | undefined)?.accuracy === "number";
  });
  throw new RangeError(`evaluation: expected by to be one of ${known.join(", ") || "nothing here"}, got ${by}`);
}

const isEvaluation = (value: unknown): value is Evaluation => typeof (value as Evaluation | null)?.splits === "object";

export function describeEvaluation(series: readonly Series[], kinds: readonly string[]): string {
  const phrases = series.map(({ name, total, groups }) => {
    const known = kinds.filter((kind) => groups[kind]).sort((a, b) => groups[b]!.accuracy - groups[a]!.accuracy);
    const [best, worst] = [known[0], known.at(-1)];
    const ends =
      best === undefined || best === worst
        ? ""
        : `, best at “${best}” (${percent(groups[best]!.accuracy)}), worst at “${worst}” (${percent(groups[worst!]!.accuracy)})`;
    const of = total.count === undefined ? "" : ` of ${total.count.toLocaleString("en")}`;
    return `${name}: ${percent(total.accuracy)}${of} right${ends}`;
  });
  return `${capital(phrases.join("; "))}. Thin lines are 95\u00a0% intervals.`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
