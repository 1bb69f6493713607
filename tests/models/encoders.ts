/** What the tests of all encoders need. */
import { pathToFileURL } from "node:url";
import { expect } from "vitest";
import type { Picture } from "../../lib/images";
import { rememberAttention, type EncoderModel, type Probe } from "../../lib/models";
import { tensor, type Executor, type Tensor } from "../../lib/tensor";
import { readGolden, relativeDistance, type Golden } from "./golden";

export const FIXTURES = pathToFileURL("tests/fixtures").href;

/** As a share of the largest number: what a model may differ from transformers by, in f32. */
export const TOLERANCE = 1e-4;

export const goldenOf = (fixture: string): Promise<Golden> =>
  readGolden(`tests/fixtures/${fixture}/golden.safetensors`);

export function goldenTensor(golden: Golden, name: string, executor: Executor): Tensor {
  const { values, shape } = golden.get(name)!;
  return tensor(values, shape, executor);
}

/** Token numbers of a golden: [B][T] */
export function goldenRows(golden: Golden, name: string): number[][] {
  const { values, shape } = golden.get(name)!;
  const [B, T] = shape as [number, number];
  return Array.from({ length: B }, (_, b) => [...values.subarray(b * T, (b + 1) * T)]);
}

/** Compares what came with the golden of each name; the largest error is kept for the report. */
export function comparer(golden: Golden) {
  const errors: number[] = [];
  return {
    async same(got: Tensor | undefined, name: string): Promise<void> {
      const wanted = golden.get(name);
      if (!got || !wanted) throw new Error(`tests: expected ${name} in both, ours ${!!got}, golden ${!!wanted}`);
      expect([name, got.shape]).toEqual([name, wanted.shape]);
      const error = relativeDistance(await got.data(), wanted.values);
      errors.push(error);
      expect(error, name).toBeLessThan(TOLERANCE);
    },
    /** Hidden states, and attention maps where there are any, of a tower whose layers are called `path`. */
    async layers(seen: Map<string, Tensor>, states: Tensor[] | undefined, prefix: string, path: string): Promise<void> {
      let compared = 0;
      for (let i = 0; golden.has(`${prefix}hidden_states.${i}`); i++, compared++) {
        await this.same(states?.[i], `${prefix}hidden_states.${i}`);
        if (golden.has(`${prefix}attentions.${i}`))
          await this.same(seen.get(`${path}.${i}.probs`), `${prefix}attentions.${i}`);
      }
      expect(compared).toBeGreaterThan(1);
      expect(states).toHaveLength(compared);
    },
    /** Prints how far apart the two were at most, with PATCHWORK_ERRORS=1. */
    report(what: string): void {
      if (!process.env.PATCHWORK_ERRORS) return;
      process.stderr.write(`${what}: largest error ${Math.max(...errors).toExponential(1)}\n`);
    },
  };
}

/** A probe that keeps everything, attention maps under the layer's path alone. */
export function seeAll(): { seen: Map<string, Tensor>; probe(name: string, value: Tensor): void } {
  const seen = new Map<string, Tensor>();
  return {
    seen,
    probe(name, value) {
      seen.set(name, value);
      const layer = /^(.*\.layers?\.\d+)\..*\bprobs$/.exec(name)?.[1];
      if (layer) seen.set(`${layer}.probs`, value);
    },
  };
}

/** A map that is asked for is the one that a probe sees, in each layer and head. -> how many tokens look and are looked at */
export async function sameMaps(model: EncoderModel & TakesPictures, path: string): Promise<readonly number[]> {
  const { seen, probe } = seeAll();
  await (model.forward as Forward)({ pixelValues: model.preprocess(picture) }, { probe });
  const memory = await rememberAttention(model, picture);
  let shape: readonly number[] = [];
  let layers = 0;
  for (let layer = 0; seen.has(`${path}.${layer}.probs`); layer++, layers++) {
    const probs = seen.get(`${path}.${layer}.probs`)!; // [1, H, T, T]
    for (let head = 0; head < probs.shape[1]!; head++) {
      const map = await memory.map({ layer, head });
      shape = map.shape;
      expect(relativeDistance(map.probs, await probs.slice(0, head).data())).toBeLessThan(1e-5);
    }
  }
  expect(layers).toBe(2);
  memory.dispose();
  return shape;
}

type TakesPictures = { preprocess(picture: Picture): Tensor };
type Forward = (inputs: { pixelValues: Tensor }, options: { probe: Probe }) => Promise<unknown>;

/** A picture with something in it, the same in every run. */
export const picture: Picture = {
  width: 57,
  height: 31,
  data: Uint8ClampedArray.from({ length: 57 * 31 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 7 + (i >> 5) * 13) % 256)),
};
