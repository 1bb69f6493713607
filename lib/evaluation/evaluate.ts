/** A model's answers to the fixed questions, and what they score. Greedy, at most 8 new tokens; each picture is seen once. */
import { drawScene, type Atlas } from "../scenes";
import { openPicture, type Answering } from "./ask";
import { evaluationSplits, type AnswerSet, type EvaluationSplit, type QuestionSet } from "./question-set";
import { score, type Score } from "./score";

export type EvaluateOptions = {
  /** [all] */
  splits?: readonly EvaluationSplit[];
  /** How many questions of each split, from the first scene on [all] */
  limit?: number;
  signal?: AbortSignal;
  /** Questions that are answered, and all of them. */
  onProgress?: (answered: number, questions: number) => void;
};

export type Evaluation = {
  splits: Partial<Record<EvaluationSplit, Score & { seconds: number }>>;
  /** Of the scenes that were asked about, in their order; of the last one perhaps not all. */
  answers: AnswerSet;
};

/** @throws the signal's reason when aborted. */
export async function evaluate(
  model: Answering,
  set: QuestionSet,
  atlas: Atlas,
  { splits = evaluationSplits, limit = Infinity, signal, onProgress }: EvaluateOptions = {},
): Promise<Evaluation> {
  const parts = splits.map((split) => ({ split, scenes: firstQuestions(set, split, limit) }));
  const all = parts.reduce((sum, { scenes }) => sum + count(scenes), 0);
  const result: Evaluation = { splits: {}, answers: {} };
  let answered = 0;
  for (const { split, scenes } of parts) {
    const started = performance.now();
    const answers: string[][] = [];
    for (const { scene, questions } of scenes) {
      signal?.throwIfAborted();
      const picture = await openPicture(model, drawScene(scene, atlas), { signal });
      const given: string[] = [];
      try {
        for (const { question } of questions) {
          given.push(await picture.answer(question, { signal }));
          onProgress?.((answered += 1), all);
        }
      } finally {
        picture.dispose();
      }
      answers.push(given);
    }
    const pairs = scenes.flatMap(({ questions }, i) =>
      questions.map((question, j) => ({ question, answer: answers[i]![j]! })),
    );
    result.splits[split] = { ...score(pairs), seconds: (performance.now() - started) / 1000 };
    result.answers = { ...result.answers, [split]: answers };
  }
  return result;
}

/** The first scenes that have so many questions together; of the last scene only those that are still to be asked. */
function firstQuestions(set: QuestionSet, split: EvaluationSplit, limit: number): QuestionSet["splits"]["training"] {
  let left = limit;
  return set.splits[split].flatMap(({ scene, questions }) => {
    const asked = questions.slice(0, left);
    left -= asked.length;
    return asked.length > 0 ? [{ scene, questions: asked }] : [];
  });
}

function count(scenes: QuestionSet["splits"]["training"]): number {
  return scenes.reduce((sum, { questions }) => sum + questions.length, 0);
}
