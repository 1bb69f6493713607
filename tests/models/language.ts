/**
 * A shipped language model against `transformers`: its tokenizer, its chat template, logits, and greedy answers to one
 * question of each kind.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chat } from "../../lib/generation";
import { loadModel, type LlamaForCausalLM } from "../../lib/models";
import type { Executor } from "../../lib/tensor";
import type { ChatMessage } from "../../lib/tokenizers";
import { executorNames, openNamed, readGolden, relativeDistance, type Golden } from "./golden";

const MODELS = pathToFileURL("public/models").href;

type Question = {
  kind: string;
  heldOut: boolean;
  messages: ChatMessage[];
  prompt: string;
  ids: number[];
  given: string;
};
type GoldenText = { questions: Question[]; texts: { text: string; ids: number[] }[] };

/** `id`: a folder of public/models, with the goldens of `python -m training <id> golden`. */
export function testLanguageModel(id: string): void {
  const folder = `tests/fixtures/${id}`;
  const { questions, texts } = JSON.parse(readFileSync(`${folder}/golden.json`, "utf8")) as GoldenText;
  /** Where a software GPU would take minutes for all, a few. */
  const chosen = { reference: questions, webgpu: questions.slice(0, 3) };

  describe.each(executorNames)("on %s", { timeout: 240_000 }, (name) => {
    let executor: Executor;
    let model: LlamaForCausalLM;
    let golden: Golden;
    beforeAll(async () => {
      golden = await readGolden(`${folder}/golden.safetensors`);
      executor = await openNamed(name);
      model = await loadModel(id, { executor, modelType: "llama", baseUrl: MODELS });
    });
    afterAll(() => executor?.dispose());

    test("texts and chats become the same ids as in Python, and go back", () => {
      const tokenizer = model.tokenizer!;
      for (const { text, ids } of texts) expect(tokenizer.encode(text), text).toEqual(ids);
      for (const { messages, prompt, ids } of questions) {
        expect(tokenizer.applyChatTemplate(messages, { addGenerationPrompt: true })).toBe(prompt);
        expect(tokenizer.encode(prompt, { addSpecialTokens: false })).toEqual(ids);
        expect(tokenizer.decode(ids)).toBe(prompt);
      }
      expect(tokenizer.idOf("<|image|>")).toBeLessThan(model.config.vocabSize);
    });

    test("logits of prompts", async () => {
      expect(golden.size).toBeGreaterThan(1);
      for (const path of golden.keys()) {
        const { ids } = questions[Number(path.split(".")[1])]!;
        const [logitsToKeep] = golden.get(path)!.shape;
        const { logits } = await model.forward({ inputIds: [ids], logitsToKeep });
        expect(relativeDistance(await logits.data(), golden.get(path)!.values)).toBeLessThan(1e-4);
      }
    });

    test("greedy answers, word for word", async () => {
      for (const { messages, given } of chosen[name]) {
        let answer = "";
        for await (const piece of chat(model, messages, { temperature: 0, maxNewTokens: 24 })) answer += piece;
        expect(answer, messages.at(-1)!.content as string).toBe(given);
      }
    });
  });
}
