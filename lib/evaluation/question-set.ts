/**
 * The questions that every model which answers questions about scenes is measured with: public/evaluation/questions.json,
 * written by `npm run evaluation:questions`. Python asks the same ones of the same pictures.
 */
import type { QuestionKind, Scene } from "../scenes";

export type EvaluationQuestion = { kind: QuestionKind; question: string; answer: string };

export type EvaluationScene = { scene: Scene; questions: readonly EvaluationQuestion[] };

/** Unseen scenes in the styles of training, and in the style that training never shows. */
export const evaluationSplits = ["training", "heldOut"] as const;
export type EvaluationSplit = (typeof evaluationSplits)[number];

export type QuestionSet = { splits: Record<EvaluationSplit, readonly EvaluationScene[]> };

/** A model's answers by Python: answers.json beside its weights. Of each scene, an answer to each question. */
export type AnswerSet = Partial<Record<EvaluationSplit, readonly (readonly string[])[]>>;
