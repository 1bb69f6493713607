/** What TypeScript sends must be what each shader declares: bindings in order, and params word by word. */
import { describe, expect, test } from "vitest";
import { WgslReflect } from "wgsl_reflect/wgsl_reflect.module.js";
import { float32Bits, type Kernel } from "../../lib/gpu";
import * as kernels from "../../lib/kernels";

/** A kernel with how many inputs it takes and a shape in which every number is different. */
type Sample = [kernel: Kernel<never>, inputs: number, shape: Record<string, number | number[]>];

const walk = { shape: [2, 3, 5, 7], aStrides: [11, 13, 17, 19], bStrides: [23, 29, 31, 37] };

const window = { batch: 2, channels: 3, height: 11, width: 13, kernelHeight: 5, kernelWidth: 7, stride: 6, padding: 1 };
const oneHead = { head: 6, group: 2, queries: 3, keys: 5, room: 11, size: 7, scale: 0.3, sees: 4 };
const heads = { heads: 6, group: 2, queries: 3, keys: 5, room: 11, size: 7, scale: 0.3, sees: 4 };

const samples: Sample[] = [
  [kernels.matmul, 2, { batch: 2, m: 3, k: 5, n: 7, aStep: 15, bStep: 35 }],
  [kernels.matmulTransposed, 2, { m: 3, k: 5, n: 7 }],
  [kernels.linear, 3, { m: 3, k: 5, n: 7 }],
  [kernels.softmax, 1, { rows: 3, cols: 5 }],
  [kernels.layerNorm, 3, { rows: 3, cols: 5, eps: 1e-5 }],
  [kernels.stridedCopy, 1, { shape: [2, 3, 5, 7, 11, 13, 17, 19], strides: [1, 4, 6, 8, 9, 10, 12, 14], offset: 21 }],
  [kernels.concat, 2, { outer: 2, a: 3, b: 5 }],
  [kernels.gatherRows, 2, { rows: 3, cols: 5, count: 7 }],
  [kernels.copyInto, 1, { outer: 2, length: 3, room: 5, first: 1 }],
  [kernels.storeFloats, 1, { stored: 2, at: 3, count: 5 }],
  [kernels.storeHalves, 1, { stored: 2, at: 3, count: 5 }],
  [kernels.widenHalves, 1, { length: 65 }],
  ...Object.values(kernels.gatherPart).map((kernel): Sample => [kernel, 2, { rows: 3, cols: 5, count: 7, first: 2 }]),
  ...Object.entries(kernels.linearRows).map(([name, kernel]): Sample => [
    kernel,
    name.endsWith("Bias") ? 3 : 2,
    { m: 3, k: 5, n: 7, first: 2, across: 11 },
  ]),
  [kernels.rmsNorm, 2, { rows: 3, cols: 5, eps: 1e-5 }],
  [kernels.siluGate, 2, { length: 65 }],
  [kernels.rotate, 2, { batch: 2, heads: 3, tokens: 5, size: 8, tables: 1 }],
  [kernels.gridSample, 2, { batch: 2, channels: 3, height: 5, width: 7, places: 11 }],
  [kernels.unfold, 1, window],
  [kernels.depthwiseConv2d, 3, { ...window, multiplier: 4 }],
  [kernels.attention, 3, heads],
  [kernels.maskedAttention, 4, { ...heads, keyHeads: 19, maskBatch: 23, maskHead: 29, maskQuery: 31, maskKey: 37 }],
  [kernels.attentionProbs, 3, oneHead],
  [kernels.maskedAttentionProbs, 4, { ...oneHead, maskFirst: 19, maskQuery: 23, maskKey: 29 }],
  ...Object.values(kernels.unary).map((kernel): Sample => [kernel, 1, { length: 65 }]),
  ...Object.values(kernels.binary).map((kernel): Sample => [kernel, 2, walk]),
  ...Object.values(kernels.reductions).map((kernel): Sample => [kernel, 1, { outer: 2, size: 3, inner: 5 }]),
];

test("every kernel is here", () => {
  const isKernel = (value: unknown) => typeof value === "object" && value !== null && "wgsl" in value;
  const all = Object.values(kernels).flatMap((value): unknown[] =>
    isKernel(value) ? [value] : Object.values(value as object),
  );
  const names = (list: readonly unknown[]) => list.map((kernel) => (kernel as Kernel<never>).name).sort();
  expect(names(samples.map(([kernel]) => kernel))).toEqual(names(all.filter(isKernel)));
});

describe.each(samples.map((sample) => [sample[0].name, ...sample] as const))("%s", (_, kernel, inputs, shape) => {
  const reflection = new WgslReflect(kernel.wgsl);
  const params = kernel.params(shape as never);
  const members = reflection.uniforms[0]!.members!;

  test("binds inputs, outputs and params, in this order", () => {
    const declared = [...reflection.storage, ...reflection.uniforms];
    const inOrder = declared.sort((a, b) => a.binding - b.binding);
    const expected = [
      ...new Array<string>(inputs).fill("read"),
      ...kernel.outputs(shape as never).map(() => "read_write"),
      "params",
    ];
    expect(inOrder.map(({ binding }) => binding)).toEqual(expected.map((_, i) => i));
    expect(inOrder.every(({ group }) => group === 0)).toBe(true);
    expect(inOrder.map(({ name, access }) => (name === "params" ? name : access))).toEqual(expected);
  });

  test("params fill the struct", () => {
    expect(params.byteLength).toBe(reflection.uniforms[0]!.size);
  });

  test("each number of the shape lies where the struct has its name", () => {
    for (const [name, value] of Object.entries(shape)) {
      const member = members.find((candidate) => candidate.name === name);
      if (!member) throw new Error(`${kernel.name}: expected a member ${name} in Params, got none`);
      const words = [...params.subarray(member.offset / 4, (member.offset + member.size) / 4)];
      if (typeof value === "number") expect(words).toEqual([member.type.name === "f32" ? float32Bits(value) : value]);
      else expect(words).toEqual(Array.from({ length: 8 }, (_, axis) => value[axis] ?? 0));
    }
  });

  test("lengths that follow from the shape", () => {
    const lengths = shape.shape as number[] | undefined;
    const word = (name: string) => params[members.find((member) => member.name === name)!.offset / 4];
    if (!lengths) return;
    expect(word("rank")).toBe(lengths.length);
    expect(word("length")).toBe(lengths.reduce((size, length) => size * length, 1));
  });
});
