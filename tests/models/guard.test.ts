/** public/models/guard gives what `transformers` gives, and the probabilities of `unsafe` that its eval.json shows. */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { loadModel } from "../../lib/models";
import { openNamed } from "./golden";
import { testLanguageModel } from "./language";

testLanguageModel("guard");

type Evaluation = {
  prompt: string;
  prompts: { message: string; category: string | null; unsafe: number; answer: string }[];
};
const { prompt, prompts } = JSON.parse(readFileSync("public/models/guard/eval.json", "utf8")) as Evaluation;

test("the probability of `unsafe` is what eval.json says", { timeout: 120_000 }, async () => {
  const executor = await openNamed("reference");
  const model = await loadModel("guard", {
    executor,
    modelType: "llama",
    baseUrl: pathToFileURL("public/models").href,
  });
  const tokenizer = model.tokenizer!;
  const [safe, unsafe] = ["safe", "unsafe"].map((word) => tokenizer.encode(word, { addSpecialTokens: false })[0]!);
  expect(safe).not.toBe(unsafe);
  for (const one of prompts.filter((_, i) => i % 40 === 0)) {
    const content = prompt.replace("{message}", one.message);
    const text = tokenizer.applyChatTemplate([{ role: "user", content }], { addGenerationPrompt: true });
    const inputIds = [tokenizer.encode(text, { addSpecialTokens: false })];
    const { logits } = await model.forward({ inputIds, logitsToKeep: 1 });
    const values = await logits.data();
    const probability = 1 / (1 + Math.exp(values[safe!]! - values[unsafe!]!));
    expect(Math.abs(probability - one.unsafe), one.message).toBeLessThan(1e-3);
    expect(one.answer.startsWith("unsafe"), one.message).toBe(probability > 0.5);
  }
  executor.dispose();
});
