/** Operations on both executors against torch and transformers: `python -m training architectures operations`. */
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import * as nn from "../../lib/nn";
import { concat, openExecutor, tensor, type Tensor } from "../../lib/tensor";
import { nodeGpu } from "../gpu";
import { readGolden, relativeDistance } from "../models/golden";

const folder = new URL("../fixtures/operations/", import.meta.url).pathname;
const golden = await readGolden(`${folder}golden.safetensors`);
type Case = { name: string } & Record<string, unknown>;
const cases = JSON.parse(readFileSync(`${folder}cases.json`, "utf8")) as Record<string, Case[]>;

const webgpu = (await openExecutor({ gpu: await nodeGpu() })).executor;
const reference = (await openExecutor({ prefer: "reference" })).executor;
afterAll(() => webgpu.dispose());

/** torch computes in f32 too; a few dozen roundings of numbers around 1 on either side. */
const TOLERANCE = 5e-6;

const named = (operation: string) => cases[operation]!.map((c) => [c.name, c] as const);
const values = (name: string) => golden.get(name)!;

describe.each([
  ["reference", reference],
  ["webgpu", webgpu],
] as const)("%s", (_, executor) => {
  const get = (name: string) => tensor(values(name).values, values(name).shape, executor);

  async function distance(actual: Tensor, name: string): Promise<number> {
    expect(actual.shape).toEqual(values(name).shape);
    return relativeDistance(await actual.data(), values(name).values);
  }

  test.each(named("interpolate"))("%s: %j", async (name, { name: _name, ...options }) => {
    const [height, width] = values(`${name}.y`).shape.slice(-2) as [number, number];
    const resized = nn.interpolate(get(`${name}.x`), { height, width }, options as nn.InterpolateOptions);
    expect(await distance(resized, `${name}.y`)).toBeLessThan(TOLERANCE);
  });

  test.each(named("conv2d"))("%s: %j", async (name, { name: _name, ...options }) => {
    const bias = golden.has(`${name}.bias`) ? get(`${name}.bias`) : undefined;
    const y = nn.conv2d(get(`${name}.x`), { weight: get(`${name}.weight`), bias }, options);
    expect(await distance(y, `${name}.y`)).toBeLessThan(TOLERANCE);
  });

  test.each(named("gridSample"))("%s", async (name) => {
    const y = nn.gridSample(get(`${name}.x`), get(`${name}.grid`));
    expect(await distance(y, `${name}.y`)).toBeLessThan(TOLERANCE);
  });

  test.each(named("pixelShuffle"))("%s", async (name, { factor }) => {
    const y = nn.pixelUnshuffle(get(`${name}.x`), factor as number);
    expect(await distance(y, `${name}.y`)).toBe(0);
    expect(await distance(nn.pixelShuffle(y, factor as number), `${name}.x`)).toBe(0);
  });

  test.each(named("activation"))("%s: %j", async (name, { activation }) => {
    const y = nn.activations[activation as nn.ActivationName](get(`${name}.x`));
    expect(await distance(y, `${name}.y`)).toBeLessThan(1e-6);
  });

  test.each(named("rmsNorm"))("%s: %j", async (name, { eps }) => {
    const y = nn.rmsNorm(get(`${name}.x`), { weight: get(`${name}.weight`) }, eps as number);
    expect(await distance(y, `${name}.y`)).toBeLessThan(TOLERANCE);
  });

  test.each(named("rope"))("%s: %j", async (name, { name: _name, ...options }) => {
    const frequencies = nn.inverseFrequencies(options as nn.RopeOptions);
    expect([...frequencies]).toEqual([...values(`${name}.frequencies`).values]); // to the last bit
    const { shape, values: flat } = values(`${name}.positions`);
    const positions = Array.from({ length: shape[0]! }, (_, b) => flat.slice(b * shape[1]!, (b + 1) * shape[1]!));
    const [B, T] = shape as [number, number];
    const table = nn.ropeTable(positions, frequencies, executor);
    const half = frequencies.length;
    const [cos, sin] = [table.slice(null, null, [0, half]), table.slice(null, null, [half])];
    expect(table.shape).toEqual([B, T, 2 * half]);
    expect(await distance(concat([cos, cos], 2), `${name}.cos`)).toBeLessThan(1e-7);
    expect(await distance(concat([sin, sin], 2), `${name}.sin`)).toBeLessThan(1e-7);
    expect(await distance(nn.rope(get(`${name}.x`), positions, frequencies), `${name}.y`)).toBeLessThan(1e-6);
  });
});

test("llama3 frequencies of Llama 3.2 1B are slower by the factors in the notes of its authors' formula", () => {
  const headDim = 64;
  const llama3 = { factor: 32, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositionEmbeddings: 8192 };
  const plain = nn.inverseFrequencies({ headDim, ropeTheta: 5e5 });
  const scaled = nn.inverseFrequencies({ headDim, ropeTheta: 5e5, ropeScaling: { ropeType: "llama3", ...llama3 } });
  const factors = [...plain].map((frequency, i) => Number((frequency / scaled[i]!).toPrecision(6)));
  expect(factors).toEqual([...Array<number>(15).fill(1), 1.65133, 3.29226, 9.66673, ...Array<number>(14).fill(32)]);
});

test("control: angles of unrounded frequencies differ from transformers' at long positions", () => {
  const { name, ropeTheta, headDim } = cases.rope![1]! as Case & { ropeTheta: number; headDim: number };
  const exact = Array.from({ length: headDim / 2 }, (_, i) => Math.cos(131_071 * ropeTheta ** ((-2 * i) / headDim)));
  const last = values(`${name}.cos`).values.slice(6 * headDim, 6 * headDim + headDim / 2);
  expect(relativeDistance(exact, last)).toBeGreaterThan(1e-4);
});
