/**
 * Llama against transformers. Each fixture holds a small checkpoint with random weights and what `transformers` makes of
 * it: `python -m training architectures language` says how.
 */
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModel, type LlamaForCausalLM, type TextInputs } from "../../lib/models";
import { inverseFrequencies, ropeTable } from "../../lib/nn";
import type { Executor, Tensor } from "../../lib/tensor";
import { executorNames, openNamed, readGolden, relativeDistance, report, type Golden } from "./golden";

const FIXTURES = pathToFileURL("tests/fixtures").href;
const fixtures = ["llama-odd", "llama-tied", "llama-linear", "smollm-like"] as const;

const goldens = new Map<string, Golden>();
for (const fixture of [...fixtures, "llama-long"]) {
  goldens.set(fixture, await readGolden(`tests/fixtures/${fixture}/golden.safetensors`));
}

describe.each(executorNames)("on %s", (name) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await openNamed(name);
  });
  afterAll(() => executor?.dispose());

  describe.each(fixtures)("%s", (fixture) => {
    const golden = goldens.get(fixture)!;
    const inputIds = rows(golden, "input_ids");
    let model: LlamaForCausalLM;
    beforeAll(async () => {
      model = await loadModel(fixture, { executor, baseUrl: FIXTURES, modelType: "llama" });
    });
    afterAll(() => model?.dispose());

    const logitsOf = async (inputs: TextInputs): Promise<Float32Array> => {
      const { logits } = await model.forward(inputs);
      return logits.data();
    };

    test("logits, attention maps and states of every layer", async () => {
      const seen = new Map<string, Tensor>();
      const { logits } = await model.forward({ inputIds }, { probe: (path, value) => seen.set(path, value) });
      const errors: Record<string, number> = {};
      const compare = async (path: string, theirs: string) => {
        const [got, wanted] = [seen.get(path)!, golden.get(theirs)!];
        expect(got.shape).toEqual(wanted.shape);
        errors[path] = relativeDistance(await got.data(), wanted.values);
      };
      await compare("logits", "logits");
      await compare("model.norm.output", "last_hidden_state");
      await compare("model.embedTokens.output", "hidden_states.0");
      for (let i = 0; i < model.config.numHiddenLayers; i++) {
        await compare(`model.layers.${i}.selfAttn.probs`, `attentions.${i}`);
        if (i > 0) await compare(`model.layers.${i - 1}.output`, `hidden_states.${i}`);
      }
      for (const error of Object.values(errors)) expect(error).toBeLessThan(1e-4);
      expect(await seen.get("logits")!.data()).toEqual(await logits.data());
      report(`${fixture} on ${name}`, Math.max(...Object.values(errors)));
    });

    test.each(["left", "right"])("two rows padded at the %s: as transformers, and as each row alone", async (side) => {
      const padded = rows(golden, `${side}.input_ids`);
      const attentionMask = rows(golden, `${side}.attention_mask`);
      const both = await logitsOf({ inputIds: padded, attentionMask });
      const wanted = golden.get(`${side}.logits`)!;
      const [, T, V] = wanted.shape as [number, number, number];
      for (const [b, row] of attentionMask.entries()) {
        const first = row.indexOf(1);
        const count = row.reduce((sum, bit) => sum + bit, 0);
        const real = (values: Float32Array) => values.subarray((b * T + first) * V, (b * T + first + count) * V);
        expect(relativeDistance(real(both), real(wanted.values))).toBeLessThan(1e-4);
        const alone = await logitsOf({ inputIds: [padded[b]!.slice(first, first + count)] });
        expect(relativeDistance(real(both), alone)).toBeLessThan(1e-5);
      }
      const unmasked = await logitsOf({ inputIds: padded });
      expect(relativeDistance(unmasked, both)).toBeGreaterThan(side === "left" ? 1e-2 : 0); // control: the mask matters
    });

    test("positions far away change nothing, a gap does; both as transformers", async () => {
      const near = golden.get("logits")!.values;
      const far = await logitsOf({ inputIds, positionIds: rows(golden, "far.position_ids") });
      expect(relativeDistance(far, golden.get("far.logits")!.values)).toBeLessThan(1e-4);
      expect(relativeDistance(far, near)).toBeLessThan(1e-3);
      const gap = await logitsOf({ inputIds, positionIds: rows(golden, "gap.position_ids") });
      expect(relativeDistance(gap, golden.get("gap.logits")!.values)).toBeLessThan(1e-4);
      expect(relativeDistance(gap, near)).toBeGreaterThan(1e-2);
    });

    test("with the cache, token by token or in chunks: as the whole at once", async () => {
      const whole = golden.get("logits")!;
      const [, T, V] = whole.shape as [number, number, number];
      for (const chunk of [1, 3, T]) {
        const cache = model.createCache({ capacity: T + 5 }); // with room to spare: what is not filled is not seen
        for (let at = 0; at < T; at += chunk) {
          const part = inputIds[0]!.slice(at, at + chunk);
          const logits = await logitsOf({ inputIds: [part], cache });
          const wanted = whole.values.subarray(at * V, (at + part.length) * V);
          expect(relativeDistance(logits, wanted)).toBeLessThan(1e-4);
        }
        expect(cache.length).toBe(T);
        cache.dispose();
      }
    });

    test.each(["left", "right"])("a batch padded at the %s goes on with the cache", async (side) => {
      const padded = rows(golden, `${side}.input_ids`);
      const attentionMask = rows(golden, `${side}.attention_mask`);
      const cache = model.createCache({ batch: 2, capacity: padded[0]!.length + 2 });
      await logitsOf({ inputIds: padded, attentionMask, cache });
      await logitsOf({ inputIds: [[5], [6]], cache });
      const both = await logitsOf({ inputIds: [[7], [8]], cache });
      cache.dispose();
      for (const [b, next] of [
        [5, 7],
        [6, 8],
      ].entries()) {
        const prompt = padded[b]!.filter((_, t) => attentionMask[b]![t] === 1);
        const alone = await logitsOf({ inputIds: [[...prompt, ...next]], logitsToKeep: 1 });
        const V = alone.length;
        expect(relativeDistance(both.subarray(b * V, (b + 1) * V), alone)).toBeLessThan(1e-5);
      }
    });

    test("logitsToKeep: the last rows, and no others", async () => {
      const all = await logitsOf({ inputIds });
      const { logits } = await model.forward({ inputIds, logitsToKeep: 2 });
      expect(logits.shape).toEqual([1, 2, model.config.vocabSize]);
      expect(await logits.data()).toEqual(all.subarray(-2 * model.config.vocabSize));
    });

    test("f16: close, and the same first choice", async () => {
      const half = await loadModel(fixture, { executor, baseUrl: FIXTURES, modelType: "llama", dtype: "f16" });
      const { logits } = await half.forward({ inputIds });
      const wanted = golden.get("logits")!;
      const got = await logits.data();
      const error = relativeDistance(got, wanted.values);
      expect(error).toBeLessThan(2e-2);
      expect(error).toBeGreaterThan(1e-6); // control: halves were used
      const V = wanted.shape[2]!;
      expect(best(got.subarray(-V))).toBe(best(wanted.values.subarray(-V)));
      report(`${fixture} in f16 on ${name}`, error);
      half.dispose();
    });
  });

  test("a pass frees what it made, a cache and a model too", async () => {
    const own = await openNamed(name);
    const alive = () => (({ buffers, bytes }) => ({ buffers, bytes }))(own.ledger());
    const before = alive();
    const model = await loadModel("llama-odd", { executor: own, baseUrl: FIXTURES, modelType: "llama" });
    const loaded = alive();
    const cache = model.createCache({ capacity: 20, batch: 2 });
    expect(alive().bytes - loaded.bytes).toBe(cache.bytes);
    expect(cache.bytes).toBe(2 * 2 * 2 * 2 * 20 * 10 * 4); // layers, key and value, rows, heads, positions, E, bytes
    const inputIds = [
      [3, 4, 5],
      [6, 7, 8],
    ];
    const attentionMask = [
      [0, 1, 1],
      [1, 1, 1],
    ];
    const { logits } = await model.forward({ inputIds, attentionMask, cache });
    await logits.data();
    logits.dispose();
    cache.dispose();
    cache.dispose();
    expect(alive()).toEqual(loaded);
    model.dispose();
    expect(alive()).toEqual(before);
    own.dispose();
  });
});

test.each([...fixtures, "llama-long"])(
  "%s: frequencies and angles of RoPE, up to position 131,071",
  async (fixture) => {
    const executor = await openNamed("reference");
    const { config, dispose } = await loadModel(fixture, { executor, baseUrl: FIXTURES, modelType: "llama" });
    dispose();
    const golden = goldens.get(fixture)!;
    const frequencies = inverseFrequencies(config);
    const wanted = golden.get("rope.frequencies")!.values;
    expect(frequencies.length).toBe(wanted.length);
    // Relative to each, because the slowest pair matters at far positions, however small its frequency is. One last place
    // of f32 is 1.2e-7 of a number, and at position 131,071 it turns the fastest pair by 0.008.
    wanted.forEach((frequency, i) => expect(Math.abs(frequencies[i]! / frequency - 1)).toBeLessThan(1.2e-7));

    const table = ropeTable(rows(golden, "rope.positions"), wanted, executor);
    const [values, half] = [await table.data(), wanted.length];
    const [cos, sin] = [golden.get("rope.cos")!.values, golden.get("rope.sin")!.values];
    for (let i = 0; i < values.length; i++) {
      const [t, e] = [Math.floor(i / (2 * half)), i % (2 * half)];
      const theirs = (e < half ? cos : sin)[t * 2 * half + (e % half)]!;
      expect(Math.abs(values[i]! - theirs)).toBeLessThan(1e-6);
    }
  },
);

test("what does not fit is refused, with both numbers", async () => {
  const executor = await openNamed("reference");
  const model = await loadModel("llama-odd", { executor, baseUrl: FIXTURES, modelType: "llama" });
  const refused = (inputs: TextInputs) => expect(model.forward(inputs)).rejects;
  await refused({ inputIds: [[1, 131]] }).toThrow("token ids from 0 to 130, got 131");
  await refused({ inputIds: [[1], [2, 3]] }).toThrow("rows of one length, got rows of 1, 2");
  await refused({ inputIds: [] }).toThrow("got rows of nothing");
  await refused({ inputIds: [[1, 2]], attentionMask: [[1, 1, 1]] }).toThrow("attentionMask of 1 × 2");
  await refused({ inputIds: [[1, 2]], attentionMask: [[1, 2]] }).toThrow("1 (a token) and 0 (padding)");
  await refused({ inputIds: [[1, 2]], positionIds: [[1]] }).toThrow("positionIds of 1 × 2");
  const cache = model.createCache({ capacity: 3 });
  await model.forward({ inputIds: [[1, 2]], cache });
  await refused({ inputIds: [[1, 2]], cache }).toThrow("at most 1 more tokens, for which the cache has room, got 2");
  await refused({ inputIds: [[1], [2]], cache }).toThrow("1 rows, as the cache has, got 2");
  expect(cache.length).toBe(2);
  expect(() => model.createCache({ capacity: 0 })).toThrow("capacity");
  const signal = AbortSignal.abort(new Error("the reader left"));
  await expect(model.forward({ inputIds: [[1]] }, { signal })).rejects.toThrow("the reader left");
});

function rows(golden: Golden, name: string): number[][] {
  const { shape, values } = golden.get(name)!;
  const T = shape[1]!;
  return Array.from({ length: shape[0]! }, (_, b) => [...values.subarray(b * T, (b + 1) * T)]);
}

function best(logits: Float32Array): number {
  return logits.indexOf(Math.max(...logits));
}
