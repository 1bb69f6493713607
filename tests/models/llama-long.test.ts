/**
 * A decoder at position 131,071. Its cache is filled in place with keys and values that follow from a formula, in big
 * pieces, as a prompt of that length would leave it; transformers had the same cache: `python -m training architectures
 * language` (`write_long`). Two layers, one head of keys of 8 numbers: 16 MiB and a few activations.
 */
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generate } from "../../lib/generation";
import { attentionMap } from "../../lib/nn";
import { loadModel, type KeyValueCache, type LlamaForCausalLM } from "../../lib/models";
import { scope, tensor, writeInto, type Executor, type Tensor } from "../../lib/tensor";
import { distance, executorNames, openNamed, readGolden, relativeDistance, report } from "./golden";

const FIXTURES = pathToFileURL("tests/fixtures").href;
const LONG = 131_072;
const PIECE = 16_384;
const E = 8;
const golden = await readGolden("tests/fixtures/llama-long/golden.safetensors");

describe.each(executorNames)("on %s", (name) => {
  let executor: Executor;
  let model: LlamaForCausalLM;
  let before: number;
  let cache: KeyValueCache;
  beforeAll(async () => {
    executor = await openNamed(name);
    model = await loadModel("llama-long", { executor, baseUrl: FIXTURES, modelType: "llama" });
    before = executor.ledger().bytes;
    cache = model.createCache({ capacity: LONG });
    fill(cache, executor);
  });
  afterAll(() => executor?.dispose());

  test("generate goes on at the last position; another position is another answer", async () => {
    const wanted = golden.get(`logits.${LONG - 1}`)!.values;
    cache.length = LONG - 1;
    const tokens: number[] = [];
    for await (const { token } of generate(model, { inputIds: [7], maxNewTokens: 1, cache })) tokens.push(token);
    expect(tokens).toEqual([wanted.indexOf(Math.max(...wanted))]);

    cache.length = LONG - 1;
    const { logits } = await model.forward({ inputIds: [[7]], positionIds: [[LONG - 2]], cache });
    expect(distance(await logits.data(), wanted)).toBeGreaterThan(1e-2);
    logits.dispose();
  });

  // From the last on: a pass writes its own key at its position, which those before it do not see.
  test.each([LONG - 1, 65_536, 8191])("decoding at position %i, in a stated memory", async (past) => {
    cache.length = past;
    const seen = new Map<string, Tensor>();
    const wants = (path: string) => /\.1\.selfAttn\.(key|query|logSumExp)$/.test(path);
    const probe = Object.assign((path: string, value: Tensor) => seen.set(path, value), { wants });
    const { logits } = await model.forward({ inputIds: [[7]], cache }, { probe });
    const values = await logits.data();
    const error = relativeDistance(values, golden.get(`logits.${past}`)!.values);
    expect(error).toBeLessThan(1e-4);
    const key = seen.get("model.layers.1.selfAttn.key")!;
    expect(relativeDistance(await key.data(), golden.get(`key.${past}`)!.values)).toBeLessThan(1e-4);
    for (const head of [0, 1, 2]) {
      const [query, logSumExp] = ["query", "logSumExp"].map((part) => seen.get(`model.layers.1.selfAttn.${part}`)!);
      const end = scope(executor, () =>
        attentionMap(query!, cache.layers[1]!.key, logSumExp!, [0, head], { keys: past + 1 }).slice(0, [past + 1 - 64]),
      ); // of the map [1, past + 1] the golden has the last 64 keys
      const wanted = golden.get(`attention.${past}`)!.values.subarray(head * 64, (head + 1) * 64);
      expect(relativeDistance(await end.data(), wanted)).toBeLessThan(1e-4);
      end.dispose();
    }
    expect(cache.length).toBe(past + 1);
    if (past === LONG - 1) {
      // As if angles were exact: in f32 they are off by up to 0.004 radians here.
      expect(relativeDistance(values, golden.get("f64.logits")!.values)).toBeLessThan(5e-3);
    }
    expect(cache.bytes).toBe(2 * 2 * LONG * E * 4);
    expect(executor.ledger().bytes - before).toBeLessThan(cache.bytes + 2 ** 20);
    [logits, ...seen.values()].forEach((value) => value.dispose());
    report(`position ${past} on ${name}`, error);
  });

  test("the cache is freed", () => {
    cache.dispose();
    expect(executor.ledger().bytes).toBe(before);
  });
});

/** key[l, s, e] = sin(1 + s (e + 1) % 997 + l), value[l, s, e] = cos(2 + s (e + 3) % 1009 + l), up to position 131,070. */
function fill(cache: KeyValueCache, executor: Executor): void {
  cache.layers.forEach(({ key, value }, layer) => {
    for (let first = 0; first < LONG; first += PIECE) {
      const numbers = (at: (s: number, e: number) => number) =>
        tensor(
          Float32Array.from({ length: PIECE * E }, (_, i) => at(first + Math.floor(i / E), i % E)),
          [1, 1, PIECE, E],
          executor,
        );
      const keys = numbers((s, e) => Math.sin(1 + ((s * (e + 1)) % 997) + layer));
      const values = numbers((s, e) => Math.cos(2 + ((s * (e + 3)) % 1009) + layer));
      writeInto(key, keys, 2, first);
      writeInto(value, values, 2, first);
      keys.dispose();
      values.dispose();
    }
  });
}
