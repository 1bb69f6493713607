/** What the models' eval.json and cards say is what was answered and what was run: counted again from the files beside them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  evaluationSplits,
  score,
  type AnswerSet,
  type EvaluationSplit,
  type QuestionSet,
  type Score,
} from "../../lib/evaluation";

const ROOT = "public/models";
const read = <T>(path: string) => JSON.parse(readFileSync(path, "utf8")) as T;
const having = (file: string) => readdirSync(ROOT).filter((id) => existsSync(join(ROOT, id, file)));

type Run = { totalSteps: number; recipe: { steps: number } };
type Mllama = { stages: Record<string, unknown>; text: { equal: Record<string, boolean> } };

const set = read<QuestionSet>("public/evaluation/questions.json");

describe("answers.json", () => {
  test.each(having("answers.json"))("%s: an answer to each question, and the scores that eval.json has", (id) => {
    const answers = read<Required<AnswerSet>>(join(ROOT, id, "answers.json"));
    const { splits } = read<{ splits: Record<EvaluationSplit, Score> }>(join(ROOT, id, "eval.json"));
    for (const split of evaluationSplits) {
      const pairs = set.splits[split].flatMap(({ questions }, scene) =>
        questions.map((question, i) => ({ question, answer: answers[split][scene]![i]! })),
      );
      const { kinds, signs, ...all } = score(pairs);
      expect(splits[split]).toMatchObject(all);
      expect(splits[split].signs).toMatchObject(signs);
      expect(Object.keys(splits[split].kinds).sort()).toEqual(Object.keys(kinds).sort());
      for (const [kind, share] of Object.entries(kinds)) expect(splits[split].kinds[kind], kind).toMatchObject(share);
    }
  });
});

describe("training-log.json", () => {
  test.each(having("training-log.json"))("%s: runs that went to the end of their recipe", (id) => {
    const log = read<Run | { stages: Record<string, Run> | Run[] }>(join(ROOT, id, "training-log.json"));
    const runs = "stages" in log ? Object.values(log.stages) : [log];
    expect(runs.length).toBeGreaterThan(0);
    for (const { totalSteps, recipe } of runs) expect(totalSteps).toBe(recipe.steps);
  });

  test.each(having("training-log.json"))("%s: its card tells how many steps each run took", (id) => {
    const log = read<Run | { stages: Record<string, Run> | Run[] }>(join(ROOT, id, "training-log.json"));
    const card = readFileSync(join(ROOT, id, "README.md"), "utf8").replace(/(\d),(\d)/g, "$1$2");
    const runs = "stages" in log ? Object.values(log.stages) : [log];
    for (const { totalSteps } of runs) expect(card).toMatch(new RegExp(`\\b${totalSteps}\\b`));
  });
});

test("mllama: PyTorch found llama-tiny's logits without a picture after every stage", () => {
  const { stages, text } = read<Mllama>(join(ROOT, "mllama", "eval.json"));
  // `synthetic-without` trains the same layers as `synthetic`, and as little of the language model.
  const compared = Object.keys(stages).filter((name) => name !== "synthetic-without");
  expect(compared.length).toBeGreaterThanOrEqual(6);
  expect(Object.keys(text.equal).sort()).toEqual(compared.sort());
  expect(Object.values(text.equal).every(Boolean)).toBe(true);
});
