/** How many answers are right: of all, by kind, and of signs that are read. As `training/vlm/scores.py` counts. */
import type { EvaluationQuestion } from "./question-set";

/** A share of answers that are right, and where it lies with 95 % confidence. */
export type Share = { accuracy: number; right: number; count: number; interval95: readonly [number, number] };

export type Score = Share & {
  /** By the kind of question. */
  kinds: Record<string, Share>;
  /** Of the questions of kind "read", those that ask for the text itself. */
  signs: Share;
};

/** Letter by letter, but for capitals and what stands around. */
export function isRight({ answer }: EvaluationQuestion, given: string): boolean {
  return given.trim().toLowerCase() === answer.trim().toLowerCase();
}

export function score(answered: readonly { question: EvaluationQuestion; answer: string }[]): Score {
  const right = (some: typeof answered) =>
    share(some.filter(({ question, answer }) => isRight(question, answer)).length, some.length);
  const kinds = [...new Set(answered.map(({ question }) => question.kind))].sort();
  return {
    ...right(answered),
    kinds: Object.fromEntries(
      kinds.map((kind) => [kind, right(answered.filter(({ question }) => question.kind === kind))]),
    ),
    signs: right(
      answered.filter(({ question }) => question.kind === "read" && !["yes", "no"].includes(question.answer)),
    ),
  };
}

export function share(right: number, count: number): Share {
  return { accuracy: rounded(right / Math.max(1, count)), right, count, interval95: interval(right, count) };
}

/** The 95 % interval of a share, after Wilson (1927). */
function interval(right: number, count: number): [number, number] {
  if (count === 0) return [0, 1];
  const z = 1.96;
  const p = right / count;
  const middle = (p + (z * z) / (2 * count)) / (1 + (z * z) / count);
  const half = (z / (1 + (z * z) / count)) * Math.sqrt((p * (1 - p)) / count + (z * z) / (4 * count * count));
  return [Math.max(0, rounded(middle - half)), Math.min(1, rounded(middle + half))];
}

const rounded = (value: number) => Math.round(value * 1e4) / 1e4;
