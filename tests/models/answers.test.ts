/** Answers to questions about scenes: the same whichever way a model is asked, and nothing left behind. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  compare,
  evaluate,
  isAnswering,
  openPicture,
  type Answering,
  type EvaluationScene,
  type QuestionSet,
} from "../../lib/evaluation";
import { generate } from "../../lib/generation";
import { loadModel } from "../../lib/models";
import { drawScene, type Atlas } from "../../lib/scenes";
import type { Executor } from "../../lib/tensor";
import { serveFiles, type FileServer } from "../lib/file-server";
import { builtAtlas } from "../lib/scenes-atlas";
import { executorNames, openNamed } from "./golden";
import { smallModel, smallModels } from "./small-answering";

const whole = JSON.parse(readFileSync("public/evaluation/questions.json", "utf8")) as QuestionSet;
/** Two scenes of each split. */
const set: QuestionSet = {
  splits: { training: whole.splits.training.slice(0, 2), heldOut: whole.splits.heldOut.slice(0, 2) },
};

let server: FileServer;
let atlas: Atlas;
beforeAll(async () => {
  atlas = await builtAtlas();
  server = await serveFiles();
  for (const id of smallModels) {
    for (const [name, bytes] of smallModel(id)) server.files.set(`/${id}/${name}`, bytes);
  }
});
afterAll(() => server.close());

/** Each question by itself: the picture and the whole prompt in one pass. */
async function alone(model: Answering, { scene, questions }: EvaluationScene, count: number): Promise<string[]> {
  const answers: string[] = [];
  for (const { question } of questions.slice(0, count)) {
    const messages = [{ role: "user", content: `<|image|>${question}` }];
    const text = model.tokenizer!.applyChatTemplate(messages, { addGenerationPrompt: true });
    const ids = model.tokenizer!.encode(text, { addSpecialTokens: false });
    const prompt = model.prepare({ text: ids, pictures: [drawScene(scene, atlas)] });
    let answer = "";
    for await (const { text } of generate(model as never, { ...prompt, maxNewTokens: 8 } as never)) answer += text;
    prompt.pixelValues!.dispose();
    answers.push(answer);
  }
  return answers;
}

describe.each(executorNames)("on %s", (name) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await openNamed(name);
  });
  afterAll(() => executor?.dispose());

  describe.each(smallModels)("%s", (id) => {
    let model: Answering;
    beforeAll(async () => {
      const loaded = await loadModel(id, { executor, baseUrl: server.base });
      if (!isAnswering(loaded)) throw new Error(`tests: expected a model that answers, got ${loaded.modelType}`);
      model = loaded;
    });
    afterAll(() => model?.dispose());

    test(
      "a picture seen once for all questions: the answers of each question alone; nothing is left behind",
      { timeout: 240_000 },
      async () => {
        const before = executor.ledger().bytes;
        const limit = name === "reference" ? 3 : 1; // the software adapter is slow
        const seen: [number, number][] = [];
        const { answers, splits } = await evaluate(model, set, atlas, {
          limit,
          onProgress: (...now) => seen.push(now),
        });
        expect(executor.ledger().bytes).toBe(before);
        for (const split of ["training", "heldOut"] as const) {
          expect(answers[split]).toEqual([await alone(model, set.splits[split][0]!, limit)]);
          expect(splits[split]!.count).toBe(limit);
        }
        const given = [...answers.training!.flat(), ...answers.heldOut!.flat()];
        expect(new Set(given).size).toBeGreaterThan(1); // pictures and questions make a difference
        expect(seen.at(-1)).toEqual([given.length, given.length]);
        expect(compare(set, answers, answers)).toEqual({ compared: given.length, differences: [] });
      },
    );

    if (name === "reference")
      test("a limit goes on into the next scene; one split alone", async () => {
        const limit = set.splits.training[0]!.questions.length + 1;
        const { answers } = await evaluate(model, set, atlas, { splits: ["training"], limit });
        expect(answers.training!.map((scene) => scene.length)).toEqual([limit - 1, 1]);
        expect(answers.heldOut).toBeUndefined();
      });

    test("the likeliest first tokens begin with that of the answer", async () => {
      const picture = await openPicture(model, drawScene(set.splits.training[0]!.scene, atlas));
      const tokens = [];
      for await (const token of picture.ask("Is there a cat?")) tokens.push(token);
      const [first, second] = await picture.firstTokens("Is there a cat?", { k: 2 });
      expect(first!.token).toBe(tokens[0]!.token);
      expect(first!.probability).toBeCloseTo(Math.exp(tokens[0]!.logprob), 5);
      expect(second!.probability).toBeLessThanOrEqual(first!.probability);
      picture.dispose();
    });

    test("stops when told to, with the reason, and leaves nothing behind", async () => {
      const before = executor.ledger().bytes;
      const stop = new AbortController();
      const reason = new Error("the reader left");
      const onProgress = (answered: number) => answered === 1 && stop.abort(reason);
      await expect(evaluate(model, set, atlas, { signal: stop.signal, onProgress })).rejects.toBe(reason);
      expect(executor.ledger().bytes).toBe(before);
    });
  });
});
