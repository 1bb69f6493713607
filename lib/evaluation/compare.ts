/** Two lists of answers to the same questions, answer by answer: ours and PyTorch's, or two executors'. */
import {
  evaluationSplits,
  type AnswerSet,
  type EvaluationQuestion,
  type EvaluationSplit,
  type QuestionSet,
} from "./question-set";

export type Difference = EvaluationQuestion & {
  split: EvaluationSplit;
  /** Its place in the split. */
  scene: number;
  here: string;
  there: string;
};

/**
 * What was answered differently, of all questions that `here` has answers to.
 * @throws a sentence when `there` lacks one of them, so that none goes unseen.
 */
export function compare(
  set: QuestionSet,
  here: AnswerSet,
  there: AnswerSet,
): { compared: number; differences: Difference[] } {
  let compared = 0;
  const differences: Difference[] = [];
  for (const split of evaluationSplits) {
    here[split]?.forEach((answers, scene) =>
      answers.forEach((answer, i) => {
        const question = set.splits[split][scene]!.questions[i]!;
        const other = there[split]?.[scene]?.[i];
        if (other === undefined) {
          throw new Error(
            `evaluation: expected an answer to question ${i} of scene ${scene} (${split}) on both sides, got one here alone`,
          );
        }
        compared += 1;
        if (answer !== other) differences.push({ ...question, split, scene, here: answer, there: other });
      }),
    );
  }
  return { compared, differences };
}
