/** Next tokens, one after the other, against transformers' `generate`, and what must hold of any of them. */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chat, complete, generate, type GeneratedToken } from "../../lib/generation";
import { loadModel, type LlamaForCausalLM } from "../../lib/models";
import type { Executor } from "../../lib/tensor";
import { executorNames, openNamed, readGolden } from "./golden";

const FIXTURES = pathToFileURL("tests/fixtures").href;
const golden = await readGolden("tests/fixtures/smollm-like/golden.safetensors");
const text = JSON.parse(readFileSync("tests/fixtures/smollm-like/text.json", "utf8")) as {
  prompt: string;
  greedy: string;
};
const prompt = [...golden.get("chat.input_ids")!.values];
const greedy = [...golden.get("chat.greedy")!.values];
const logprobs = [...golden.get("chat.logprobs")!.values];

type Options = Omit<Parameters<typeof generate<LlamaForCausalLM>>[1], "inputIds">;

describe.each(executorNames)("on %s", (name) => {
  let executor: Executor;
  let model: LlamaForCausalLM;
  beforeAll(async () => {
    executor = await openNamed(name);
    model = await loadModel("smollm-like", { executor, baseUrl: FIXTURES, modelType: "llama" });
    (model as { generationConfig: object }).generationConfig = { eosTokenIds: [] }; // the goldens go on after eos
  });
  afterAll(() => executor?.dispose());

  const all = async (options: Options = {}, inputIds: readonly number[] = prompt) => {
    const steps: GeneratedToken[] = [];
    for await (const step of generate(model, { maxNewTokens: greedy.length, ...options, inputIds })) steps.push(step);
    return steps;
  };
  const alive = () => (({ buffers, bytes }) => ({ buffers, bytes }))(executor.ledger());

  test("greedy: transformers' tokens, their log-probabilities, and the text", async () => {
    const before = alive();
    const steps = await all();
    expect(steps.map(({ token }) => token)).toEqual(greedy);
    steps.forEach(({ logprob }, i) => expect(Math.abs(logprob - logprobs[i]!)).toBeLessThan(1e-4));
    expect(steps.map((step) => step.text).join("")).toBe(text.greedy);
    expect(steps.map(({ finishReason }) => finishReason)).toEqual([...greedy.slice(1).map(() => undefined), "length"]);
    expect(alive()).toEqual(before);
  });

  test("a prompt read in pieces gives the same", async () => {
    expect(await all({ prefillChunk: 7 })).toEqual(
      (await all()).map((step) => ({ ...step, logprob: expect.closeTo(step.logprob, 4) as number })),
    );
  });

  test("sampling: the same seed gives the same text, another seed another", async () => {
    const sampling = { temperature: 1.5, topK: 40, topP: 0.95, repetitionPenalty: 1.1, seed: 3 };
    const [first, second, other] = [await all(sampling), await all(sampling), await all({ ...sampling, seed: 4 })];
    const tokens = (steps: GeneratedToken[]) => steps.map(({ token }) => token);
    expect(tokens(second)).toEqual(tokens(first));
    expect(tokens(other)).not.toEqual(tokens(first));
    expect(tokens(first)).not.toEqual(greedy);
    expect(tokens(await all({ ...sampling, topK: 1, repetitionPenalty: 1 }))).toEqual(greedy);
  });

  test("a repetition penalty counts in greedy decoding too", async () => {
    const steps = await all({ repetitionPenalty: 50 });
    const tokens = [...prompt, ...steps.map(({ token }) => token)];
    expect(new Set(tokens.slice(prompt.length)).size).toBe(greedy.length); // so high that none comes twice
  });

  test("an end of text by the config ends it; the token is there, its name is not in the text", async () => {
    const own = { ...model, generationConfig: { eosTokenIds: [greedy[5]!] } } as LlamaForCausalLM;
    const steps: GeneratedToken[] = [];
    for await (const step of generate(own, { inputIds: prompt, maxNewTokens: 20 })) steps.push(step);
    const first = greedy.indexOf(greedy[5]!);
    expect(steps.map(({ token }) => token)).toEqual(greedy.slice(0, first + 1));
    expect(steps.at(-1)!.finishReason).toBe("eos");
  });

  test("a stop string, over several tokens", async () => {
    const whole = text.greedy;
    const at = Math.floor(whole.length / 2);
    const stop = whole.slice(at, at + 4);
    const steps = await all({ stop });
    expect(steps.map((step) => step.text).join("")).toBe(whole.slice(0, whole.indexOf(stop)));
    expect(steps.at(-1)!.finishReason).toBe("stop");
    expect(steps.length).toBeLessThan(greedy.length);
    expect((await all({ stop: ["never in there"] })).map((step) => step.text).join("")).toBe(whole);
  });

  test("a cache that goes on: the first half, then the rest", async () => {
    const cache = model.createCache({ capacity: prompt.length + greedy.length });
    const first = await all({ cache, maxNewTokens: 7 });
    const second = await all({ cache, maxNewTokens: 4 }, [first.at(-1)!.token]); // the last was not read yet
    expect([...first, ...second].map(({ token }) => token)).toEqual(greedy.slice(0, 11));
    expect(cache.length).toBe(prompt.length + 10);
    cache.dispose();
  });

  test("an abort between tokens, one inside a pass, and a caller who stops listening: all is freed", async () => {
    const before = alive();
    const between = new AbortController();
    let count = 0;
    const listening = async () => {
      for await (const step of generate(model, { inputIds: prompt, signal: between.signal })) {
        expect(step.token).toBe(greedy[count]);
        if (++count === 3) between.abort(new Error("the reader left"));
      }
    };
    await expect(listening()).rejects.toThrow("the reader left");
    expect(count).toBe(3);
    expect(alive()).toEqual(before);

    const inside = new AbortController();
    const pending = generate(model, { inputIds: prompt, signal: inside.signal }).next();
    await Promise.resolve();
    inside.abort(new Error("changed my mind"));
    await expect(pending).rejects.toThrow("changed my mind");
    expect(alive()).toEqual(before);

    const aborted = AbortSignal.abort(new Error("too late"));
    await expect(all({ signal: aborted })).rejects.toThrow("too late");

    for await (const { token } of generate(model, { inputIds: prompt })) if (token >= 0) break;
    expect(alive()).toEqual(before);
  });

  test("only the scores of the last token are made and read", async () => {
    const shapes: (readonly number[])[] = [];
    const watched: LlamaForCausalLM = {
      ...model,
      forward: async (inputs, options) => {
        const outputs = await model.forward(inputs, options);
        shapes.push(outputs.logits.shape);
        return outputs;
      },
    };
    for await (const step of generate(watched, { inputIds: prompt, maxNewTokens: 3 })) expect(step).toBeDefined();
    expect(shapes).toEqual([0, 1, 2].map(() => [1, 1, model.config.vocabSize]));
  });

  test("chat and complete: text in, text out", async () => {
    const messages = [
      { role: "system", content: "You look at pictures." },
      { role: "user", content: "  What is this?  " },
      { role: "assistant", content: "A cat.\n" },
      { role: "user", content: "Are you sure? <b>\"yes\" & 'no'</b> 🙂" },
    ];
    let answer = "";
    for await (const piece of chat(model, messages, { maxNewTokens: greedy.length })) answer += piece;
    expect(answer).toBe(text.greedy);
    let completed = "";
    for await (const piece of complete(model, text.prompt, { maxNewTokens: greedy.length })) completed += piece;
    expect(completed).toBe(text.greedy);
  });
});

test("a picture in a prompt: the model's own way to put it there, and what it made is freed", async () => {
  const executor = await openNamed("reference");
  const model = await loadModel("smolvlm-odd", { executor, baseUrl: FIXTURES, modelType: "smolvlm" });
  const pictures = [{ width: 64, height: 31, data: new Uint8ClampedArray(64 * 31 * 4).fill(200) }];
  const question = "User:<image>What is it?<end_of_utterance>\nAssistant:";
  const before = executor.ledger().bytes;
  let answer = "";
  for await (const piece of complete(model, question, { pictures, maxNewTokens: 4 })) answer += piece;
  expect(executor.ledger().bytes).toBe(before);
  let wanted = "";
  const prompt = model.prepare({ text: question, pictures });
  for await (const { text } of generate(model, { ...prompt, maxNewTokens: 4 })) wanted += text;
  expect(answer).toBe(wanted);

  const reader = await loadModel("smollm-like", { executor, baseUrl: FIXTURES, modelType: "llama" });
  const blind = complete(reader, question, { pictures } as object);
  await expect(blind.next()).rejects.toThrow("got one that only reads");
});

test("the eos of generation_config.json; a tokenizer beside the weights", async () => {
  const executor = await openNamed("reference");
  const model = await loadModel("smollm-like", { executor, baseUrl: FIXTURES, modelType: "llama" });
  expect(model.generationConfig).toEqual({ bosTokenId: 1, eosTokenIds: [2], padTokenId: 2 });
  expect(model.tokenizer!.decode(model.tokenizer!.encode("Hello, 世界"))).toBe("Hello, 世界");
  const odd = await loadModel("llama-odd", { executor, baseUrl: FIXTURES, modelType: "llama" });
  expect(odd.generationConfig.eosTokenIds).toEqual([2, 5]);
  expect(odd.tokenizer).toBeUndefined();

  const steps: GeneratedToken[] = [];
  for await (const step of generate(odd, { inputIds: [[3, 4]], maxNewTokens: 4 })) steps.push(step);
  expect(steps.every((step) => step.text === "")).toBe(true);
  const first = (options: object) => generate(odd, { inputIds: [3], ...options }).next();
  await expect(first({ stop: "x" })).rejects.toThrow("expected a model with a tokenizer for stop strings");
  await expect(first({ inputIds: [] })).rejects.toThrow("a prompt of at least one token, got none");
  await expect(first({ inputIds: [[1], [2]] })).rejects.toThrow("one row of inputIds, got 2");
  await expect(first({ maxNewTokens: 0 })).rejects.toThrow("maxNewTokens of 1 or more, got 0");
  await expect(first({ temperature: -1 })).rejects.toThrow("a temperature of 0 or more, got -1");
  await expect(first({ seed: 0.5 })).rejects.toThrow("a whole number as seed, got 0.5");
  await expect(first({ stop: [""] })).rejects.toThrow("a character at least");
  await expect(chat(odd, []).next()).rejects.toThrow("got one without tokenizer.json");
});
