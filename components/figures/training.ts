/** The course of a training, from the training-log.json that lies beside a model: one number, step by step. */
import { chart, type Line } from "./chart";
import { frame } from "./frame";
import { percent } from "./words";

type Entry = { step: number; [field: string]: unknown };

/** What the trainer writes. */
export type TrainingLog = { steps: readonly Entry[]; evaluations?: readonly Entry[] };

/** How a field is called in a sentence; others by their own name. */
const names: Record<string, string> = {
  loss: "loss",
  lr: "learning rate",
  accuracy: "accuracy on what it trains on",
  training: "accuracy, training styles",
  heldOut: "accuracy, a style it never saw",
  views: "loss of the views",
  masked: "loss of the masked patches",
};
const shares = new Set(["accuracy", "training", "heldOut", "recall", "retrieved"]);

export type TrainingOptions = {
  /** Numbers of `steps` or of `evaluations`: ["loss"], ["training", "heldOut"] [loss] */
  fields?: readonly string[];
  /** The step to mark. */
  at?: number;
};

/** @param logs one log; or several by name, for one field each */
export function training(logs: TrainingLog | Readonly<Record<string, TrainingLog>>, options: TrainingOptions = {}) {
  const { fields = ["loss"], at } = options;
  const lines = linesOf(logs, fields);
  const inShares = fields.every((field) => shares.has(field));
  const called = (field: string) => names[field] ?? field;
  const drawn = chart(lines, {
    x: {
      label: "training step",
      from: 0,
      to: Math.max(...lines.map(({ points }) => points.at(-1)![0])),
      format: steps,
    },
    y: {
      label: fields.length === 1 ? called(fields[0]!) : inShares ? "share" : fields.map(called).join(", "),
      ...(inShares ? { from: 0, to: 1 } : {}),
      format: inShares ? (value) => `${Math.round(100 * value)} %` : (value) => String(value),
    },
    at,
  });
  return frame("training", drawn, describeTraining(lines, { inShares }));
}

function linesOf(logs: TrainingLog | Readonly<Record<string, TrainingLog>>, fields: readonly string[]): Line[] {
  const byName = isLog(logs) ? { "": logs } : logs;
  return Object.entries(byName).flatMap(([model, log]) =>
    fields.map((field) => {
      if (!isLog(log))
        throw new TypeError("training: expected the contents of a training-log.json, got something else");
      const entries = [...log.steps, ...(log.evaluations ?? [])].filter((entry) => typeof entry[field] === "number");
      if (entries.length === 0) {
        const known = new Set([...log.steps, ...(log.evaluations ?? [])].flatMap((entry) => Object.keys(entry)));
        known.delete("step");
        throw new RangeError(`training: expected one of ${[...known].join(", ")}, got ${field}`);
      }
      const points = entries.map((entry) => [entry.step, entry[field] as number] as const);
      const name = [model, model && fields.length === 1 ? "" : (names[field] ?? field)].filter(Boolean).join(", ");
      return { name, points: points.sort((a, b) => a[0] - b[0]) };
    }),
  );
}

const isLog = (value: unknown): value is TrainingLog => Array.isArray((value as TrainingLog | null)?.steps);
const steps = (value: number) => value.toLocaleString("en");

export function describeTraining(lines: readonly Line[], { inShares }: { inShares: boolean }): string {
  const said = (value: number) => (inShares ? percent(value) : String(Number(value.toPrecision(3))));
  const phrases = lines.map(({ name, points }) => {
    const [first, last] = [points[0]!, points.at(-1)!];
    const best = points.reduce((best, point) => (inShares === point[1] > best[1] ? point : best), first);
    const extreme =
      best === last || best === first
        ? ""
        : `, ${inShares ? "highest" : "lowest"} ${said(best[1])} at step ${steps(best[0])}`;
    return `${name}: ${said(first[1])} at step ${steps(first[0])}, ${said(last[1])} at step ${steps(last[0])}${extreme}`;
  });
  return `${capital(phrases.join("; "))}.`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
