/** The fixed questions, from the seeds of their scenes. */
import type { EvaluationScene, EvaluationSplit, QuestionSet } from "../../lib/evaluation";
import { drawWithTruth, sceneFacts, type Atlas, type Split } from "../../lib/scenes";
import { askedAbout, expertScene } from "../expert-scenes/scene";

/** Scenes of each split: those of the seeds 0 to 249. */
export const EVALUATED = 250;

/** What the generator calls a split. */
export const splitOf: Record<EvaluationSplit, Split> = { training: "test", heldOut: "heldout" };

export function drawQuestionSet(atlas: Atlas): QuestionSet {
  const drawn = (split: EvaluationSplit) =>
    Array.from({ length: EVALUATED }, (_, seed) => evaluationScene(seed, splitOf[split], atlas));
  return { splits: { training: drawn("training"), heldOut: drawn("heldOut") } };
}

export function evaluationScene(seed: number, split: Split, atlas: Atlas): EvaluationScene {
  const scene = expertScene(seed, { split }, atlas);
  const facts = sceneFacts(scene, drawWithTruth(scene, atlas));
  const questions = askedAbout(facts, seed, split).map(({ kind, question, answer }) => ({ kind, question, answer }));
  return { scene, questions };
}
