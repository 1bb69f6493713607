/**
 * Small cases for every kernel, to be run on a reader's GPU and compared with the kernel's plain loops there: drivers
 * differ, and this says which of our shaders one of them gets wrong. `lib/tensor/self-test.ts` runs them.
 *
 * Inputs are seeded and lie within [-1, 1]. A tolerance is absolute and counts roundings: `ulps(n, largest)` allows n
 * units in the last place of the largest number on the way, by WGSL's own list of errors
 * (https://www.w3.org/TR/WGSL/#floating-point-accuracy); what only moves numbers must be exact. tests/kernels has the
 * sharper bounds, and more shapes.
 */
import type { Kernel } from "../gpu";
import { attention, maskedAttention } from "./attention";
import { attentionProbs, maskedAttentionProbs } from "./attention-probs";
import { binary, type BinaryName } from "./binary";
import { concat } from "./concat";
import { depthwiseConv2d, unfold } from "./convolution";
import { copyInto } from "./copy-into";
import { gatherPart } from "./gather-part";
import { gatherRows } from "./gather-rows";
import { gelu } from "./gelu";
import { gridSample } from "./grid-sample";
import { halfBits } from "./half";
import { layerNorm } from "./layer-norm";
import { linear } from "./linear";
import { linearRows } from "./linear-rows";
import { matmul, matmulTransposed } from "./matmul";
import { reductions, type ReductionName } from "./reduce";
import { rmsNorm } from "./rms-norm";
import { rotate } from "./rotate";
import { sigmoidGates, siluGate, type SigmoidGateName } from "./sigmoid-gates";
import { softmax } from "./softmax";
import { storedTypes, storeFloats, storeHalves } from "./store";
import { stridedCopy } from "./strided-copy";
import { simpleUnary, type SimpleUnaryName } from "./unary";
import { widenHalves } from "./widen-halves";

/** f32, halves as their 16 bits each, or words as they lie in memory. */
export type SelfTestNumbers = Float32Array | Uint16Array | Uint32Array;

export type SelfTest = {
  name: string;
  /** Its type is erased: `shape` is of the right one. */
  kernel: Kernel<unknown>;
  shape: unknown;
  /** In the order of the kernel's bindings. */
  inputs: () => SelfTestNumbers[];
  /** For a kernel that is launched into existing arrays: those. Words must come out the same, bit by bit. */
  targets?: () => SelfTestNumbers[];
  /** The largest difference to the loops, absolute. */
  tolerance: number;
  /** Whether shaders must know halves. */
  needsF16: boolean;
};

/** At least one case for every kernel that lib/kernels exports. */
export function selfTests(): SelfTest[] {
  return [products, rowByRow, attending, pictures, moves, weights, numberByNumber].flatMap((cases) => cases());
}

function products(): SelfTest[] {
  const sizes = { m: 33, k: 17, n: 35 };
  const batched = { batch: 2, ...sizes, aStep: 33 * 17, bStep: 17 * 35 };
  return [
    of(matmul, batched, [floats(2 * 33 * 17), floats(2 * 17 * 35)], sumOf(17)),
    of(matmulTransposed, sizes, [floats(33 * 17), floats(35 * 17)], sumOf(17)),
    of(linear, sizes, [floats(33 * 17), floats(35 * 17), floats(35)], sumOf(18)),
  ];
}

function rowByRow(): SelfTest[] {
  const shape = { rows: 5, cols: 70, eps: 1e-5 };
  // Of weights around 1 / 70 and their sum: an exp of 7 ulps each, 8 additions, a division.
  const share = ulps(7 + 7 + 8 + 3, 0.1);
  // What is normalised is below 2; sums of 8 steps, a division, a root, and the few roundings of the last line.
  const norm = ulps(8 + 3 + 2 + 5, 4);
  return [
    of(softmax, shape, [floats(350)], share),
    of(layerNorm, shape, [floats(350), floats(70), floats(70)], norm),
    of(rmsNorm, shape, [floats(350), floats(70)], norm),
  ];
}

function attending(): SelfTest[] {
  const shape = { heads: 4, group: 2, queries: 5, keys: 66, room: 70, size: 8, scale: 0.35, sees: 62 };
  const [q, k, v] = [floats(4 * 2 * 5 * 8), floats(4 * 70 * 8), floats(4 * 70 * 8)];
  const masks = { keyHeads: 2, maskBatch: 66, maskHead: 0, maskQuery: 0, maskKey: 1 }; // [2, 1, 1, 66]
  const map = { ...shape, head: 7, maskFirst: 66, maskQuery: 0, maskKey: 1 }; // of the second entry's last head
  const logSumExp = () => new Float32Array(40).fill(4);
  // Scores are below 3 and round 11 times; exp of them, twice for a rescaling; sums of 66 terms; a division.
  const error = ulps(2 * 3 * 11 + 2 * 9 + 66 + 3);
  return [
    of(attention, shape, [q, k, v], error * 5), // logSumExp is below 5
    of(maskedAttention, { ...shape, ...masks }, [q, k, v, padding], error * 5),
    of(attentionProbs, map, [q, k, logSumExp], error),
    of(maskedAttentionProbs, map, [q, k, logSumExp, padding], error),
  ];
}

function pictures(): SelfTest[] {
  const window = { batch: 2, channels: 3, height: 7, width: 6, kernelHeight: 3, kernelWidth: 3, stride: 2, padding: 1 };
  const picture = floats(2 * 3 * 7 * 6);
  const grid = { batch: 2, channels: 3, height: 7, width: 6, places: 9 };
  return [
    of(depthwiseConv2d, { ...window, multiplier: 2 }, [picture, floats(6 * 9), floats(6)], sumOf(10)),
    of(unfold, window, [picture], 0),
    // A place of up to 14 pixels rounds five times, and a pixel to the side changes a number by up to 2, both ways.
    of(gridSample, grid, [picture, floats(2 * 9 * 2)], ulps(2 * 2 * 5, 14)),
    of(rotate, { batch: 2, heads: 3, tokens: 5, size: 6, tables: 2 }, [floats(180), floats(60)], ulps(2, 2)),
  ];
}

function moves(): SelfTest[] {
  return [
    of(concat, { outer: 3, a: 7, b: 30 }, [floats(21), floats(90)], 0),
    of(gatherRows, { rows: 9, cols: 7, count: 10 }, [floats(63), indices], 0),
    of(stridedCopy, { shape: [3, 4, 6], strides: [1, 24, 4], offset: 2 }, [floats(100)], 0),
    { ...of(copyInto, { outer: 3, length: 7, room: 20, first: 5 }, [floats(21)], 0), targets: all([floats(60)]) },
  ];
}

/** Weights as they are kept: stored types on their way in, halves, and matrices in parts. */
function weights(): SelfTest[] {
  const part = { m: 5, k: 18, n: 7, first: 2, across: 10 };
  const linears = Object.entries(linearRows).map(([name, kernel]) => {
    const weight = name.startsWith("f32") ? floats(7 * 18) : halves(7 * 18);
    const bias = name.endsWith("Bias") ? [floats(10)] : [];
    const test = of(kernel, part, [floats(5 * 18), weight, ...bias], sumOf(19));
    return { ...test, targets: all([floats(50)]), needsF16: name.startsWith("shaderF16") };
  });
  const gathers = Object.entries(gatherPart).map(([type, kernel]) => {
    const table = type === "f16" ? halves(28) : floats(28);
    return {
      ...of(kernel, { rows: 4, cols: 7, count: 10, first: 3 }, [table, indices], 0),
      targets: all([floats(70)]),
    };
  });
  const stores = Object.entries(storedTypes).flatMap(([type, stored]) =>
    [storeFloats, storeHalves].map((kernel) => {
      const test = of(kernel, { stored, at: 3, count: 20 }, [words(20)], 0);
      return { ...test, name: `${kernel.name} from ${type}`, targets: all([words(23)]) };
    }),
  );
  return [...linears, ...gathers, ...stores, of(widenHalves, { length: 67 }, [halves(67)], 0)];
}

/** Where a function is steepest and its numbers are largest, for x within [-2, 2]. */
const unaryTolerances: Record<SimpleUnaryName | SigmoidGateName | "gelu", number> = {
  exp: ulps(3 + 2 * 2, Math.exp(2)),
  log: 2 ** -21 + ulps(3, 2.5),
  sqrt: ulps(2 + 2.5, 1.5),
  neg: 0,
  abs: 0,
  square: ulps(0.5, 4),
  relu: 0,
  tanh: ulps(3 + 8 + 1 + 2.5), // exp(-4), two sums, a division
  sigmoid: ulps(3 + 4 + 1 + 2.5),
  silu: ulps(3 + 4 + 1 + 2.5 + 1, 2),
  quickGelu: ulps(3 + 8 + 2 + 2.5 + 1, 2),
  geluTanh: ulps(3 + 8 + 16 + 2.5 + 1, 2), // what exp() is taken of, up to 4, is rounded 8 times
  gelu: 5e-7, // what its formula leaves out is most of it
};

function numberByNumber(): SelfTest[] {
  const walk = { shape: [5, 13], aStrides: [13, 1], bStrides: [0, 1] };
  const divisor = () => floats(13)().map((value) => (value < 0 ? -1 : 1) * Math.max(Math.abs(value), 0.25));
  const pairs = (Object.keys(binary) as BinaryName[]).map((name) =>
    of(binary[name], walk, [floats(65), divisor], name === "div" ? ulps(2.5, 4) : ulps(0.5, 2)),
  );
  const lines = (Object.keys(reductions) as ReductionName[]).map((name) => {
    const adds = name === "sum" || name === "mean";
    return of(reductions[name], { outer: 3, size: 70, inner: 2 }, [floats(420)], adds ? ulps(8 + 2.5, 70) : 0);
  });
  const functions = Object.entries({ ...simpleUnary, ...sigmoidGates, gelu }).map(([name, kernel]) => {
    const positive = name === "log" || name === "sqrt";
    const x = () => floats(65)().map((value) => (positive ? Math.abs(value) + 0.1 : 2 * value));
    return of(kernel, { length: 65 }, [x], unaryTolerances[name as keyof typeof unaryTolerances]);
  });
  const gate = of(siluGate, { length: 70 }, [floats(70), floats(70)], ulps(3 + 2 + 1 + 2.5 + 2));
  return [...pairs, ...lines, ...functions, gate];
}

type Source = () => SelfTestNumbers;

function of<Shape>(kernel: Kernel<Shape>, shape: Shape, inputs: Source[], tolerance: number): SelfTest {
  const erased = kernel as unknown as Kernel<unknown>;
  return { name: kernel.name, kernel: erased, shape, inputs: all(inputs), tolerance, needsF16: false };
}

function all(sources: Source[]): () => SelfTestNumbers[] {
  return () => sources.map((source) => source());
}

function ulps(count: number, largest = 1): number {
  return count * 2 ** -23 * largest;
}

/** n products of numbers within [-1, 1], summed in any order. */
function sumOf(n: number): number {
  return ulps((n + 1) / 2, n);
}

/** Spread evenly over [-1, 1]; another list for another length. */
function floats(length: number): () => Float32Array {
  return () => {
    let state = (length * 2654435761) >>> 0;
    return Float32Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' quick generator
      return (state >>> 8) / 2 ** 23 - 1;
    });
  };
}

function halves(length: number): () => Uint16Array {
  return () => Uint16Array.from(floats(length)(), halfBits);
}

/** Numbers as they lie in a file, by their bits. */
function words(length: number): () => Uint32Array {
  return () => new Uint32Array(floats(length)().buffer);
}

function indices(): Float32Array {
  return Float32Array.of(6, 3, 4, 4, 0, 8, 5, 2, 1, 7);
}

/** Of two entries of a batch, each hides other keys. */
function padding(): Float32Array {
  return Float32Array.from({ length: 2 * 66 }, (_, i) => ((i * 7) % 5 === 0 ? -1e30 : 0));
}
