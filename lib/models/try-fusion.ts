/**
 * A fusion of experts tried on a picture: what it makes of the maps that a trained Eagle's experts give, how many
 * weights it has, and what it computes. The trained fusion comes with its weights; any other one starts as its authors let
 * it start, with random numbers or with zeros, and shows shapes, prices and places, but no understanding.
 */
import type { Picture } from "../images";
import { concat, isTensor, keep, scope, tensor, type Executor, type Tensor } from "../tensor";
import type { EagleForConditionalGeneration } from "./eagle-model";
import type { Probe } from "./probe";
import { alignedWidth, expertPixels, expertWidth, nativeMap, onGrid, type Between } from "./eagle-experts";
import { fuse, fusedWidths, fusionShapes, type FusionConfig, type FusionWeights } from "./eagle-fusion";
import { projector, projectorShapes, type Projector } from "./llava-projector";

/** Of deformable attention, as in its paper. */
const [HEADS, POINTS] = [8, 4];

export type FuseOptions = {
  /** [that of the model] */
  type?: FusionConfig["type"];
  /** Sees what the fusion makes on its way. */
  probe?: Probe;
  signal?: AbortSignal;
};

export type Fused = {
  type: FusionConfig["type"];
  /** Whether its weights were trained. */
  trained: boolean;
  /** What the projectors take: a sequence of tokens, or one for each expert. [1, N, C] each */
  sequences: Tensor[];
  /** What the language model would read. [1, N, D] */
  features: Tensor;
  /** Numbers in weights. */
  parameters: { fusion: number; projectors: number };
  /** Multiplications with an addition, for one picture; the experts' own are left out. */
  operations: { fusion: number; projectors: number };
};

/** What the experts gave last: five fusions of one picture look once. */
let looked: { model: object; picture: Picture; maps: Tensor[] } | undefined;

export function fuseExperts(
  model: EagleForConditionalGeneration,
  picture: Picture,
  { type: wanted, probe, signal }: FuseOptions = {},
): Fused {
  if (model.modelType !== "eagle") throw new TypeError(`fuse: expected an eagle, got a ${String(model.modelType)}`);
  const type = wanted ?? model.config.fusion.type;
  const { config, weights, executor } = model;
  const { visionConfigs, grid } = config;
  const trained = type === config.fusion.type;
  const settings = trained ? config.fusion : settingsOf(type);
  const widths = {
    native: visionConfigs.map(expertWidth),
    aligned: visionConfigs.map((expert) => alignedWidth(expert, grid)),
  };
  const projectors = fusedWidths(settings, widths).map((width) => projectorShapes(width, config.textConfig.hiddenSize));

  const made = scope(executor, () => {
    const pixelValues = model.preprocess(picture);
    const own = trained ? weights.fusion : (starting(fusionShapes(settings, widths), executor) as FusionWeights);
    const heads = trained ? weights.multiModalProjectors : (starting(projectors, executor) as Projector[]);
    const inputs = visionConfigs.map((expert) => expertPixels(pixelValues, expert, config.normalization));
    if (looked?.model !== model || looked.picture !== picture) looked = { model, picture, maps: [] };
    const { maps } = looked;

    const count = counting(executor);
    try {
      const tower = (i: number, between?: Between) =>
        count.without(() => nativeMap(inputs[i]!, weights.visionTowers[i]!, visionConfigs[i]!, undefined, between));
      const map = (i: number, between?: Between) =>
        between ? tower(i, (...given) => count.during(() => between(...given))) : (maps[i] ??= keep(tower(i)));
      const experts = {
        count: visionConfigs.length,
        map,
        aligned: (i: number) => onGrid(map(i), visionConfigs[i]!, grid),
      };
      const kept: Probe | undefined =
        probe && Object.assign((name: string, value: Tensor) => probe(name, keep(value)), { wants: probe.wants });
      const sequences = count.during(() => fuse(settings, experts, own, grid, kept));
      const fusion = count.take();
      const projected = count.during(() =>
        sequences.map((sequence, j) => projector(sequence, heads[j]!, config.projectorHiddenAct)),
      );
      const features = projected.length === 1 ? projected[0]! : concat(projected, 1);
      return {
        sequences,
        features,
        parameters: { fusion: numbersIn(own), projectors: numbersIn(heads) },
        operations: { fusion, projectors: count.take() },
      };
    } finally {
      count.end();
    }
  });
  signal?.throwIfAborted();
  return { type, trained, ...made };
}

function settingsOf(type: FusionConfig["type"]): FusionConfig {
  return type === "deformable_attention" ? { type, numHeads: HEADS, numPoints: POINTS, numLayers: 1 } : { type };
}

/** Adds up what the kernels multiply while it listens. */
function counting(executor: Executor) {
  const own = Object.getOwnPropertyDescriptor(executor, "run");
  const run: Executor["run"] = executor.run.bind(executor);
  let listening = false;
  let total = 0;
  executor.run = (kernel, inputs, shape) => {
    if (listening) total += products(kernel.name, shape as Record<string, number>);
    return run(kernel, inputs, shape);
  };
  const listenWhile = <T>(on: boolean, body: () => T): T => {
    const before = listening;
    listening = on;
    try {
      return body();
    } finally {
      listening = before;
    }
  };
  return {
    during: <T>(body: () => T) => listenWhile(true, body),
    without: <T>(body: () => T) => listenWhile(false, body),
    take: () => {
      const counted = total;
      total = 0;
      return counted;
    },
    end: () => {
      if (own) Object.defineProperty(executor, "run", own);
      else delete (executor as Partial<Executor>).run; // what its class has
    },
  };
}

/** How many products a kernel adds up. What only moves, adds or scales numbers is left out. */
function products(name: string, s: Record<string, number>): number {
  const of = (...names: string[]) => names.reduce((product, key) => product * (s[key] ?? 1), 1);
  if (name.startsWith("linear")) return of("m", "k") * (s.across ?? s.n ?? 1);
  if (name.startsWith("matmul")) return of("batch", "m", "k", "n");
  if (name.includes("ttention"))
    return (name.includes("robs") ? 1 : 2) * of("heads", "group", "queries", "keys", "size");
  if (name.startsWith("depthwise"))
    return of("batch", "channels", "multiplier", "height", "width", "kernelHeight", "kernelWidth");
  if (name.startsWith("gridSample")) return 4 * of("batch", "channels", "places");
  return 0;
}

/** The shapes of a tree of weights. */
type Tree = { readonly [key: string]: Tree } | readonly Tree[] | readonly number[] | undefined;
const isShape = (tree: Tree): tree is readonly number[] => Array.isArray(tree) && typeof tree[0] === "number";

/**
 * Weights that nobody has trained: matrices random, so that sizes stay about the same, biases 0, norms 1. What begins with
 * zeros by its authors' design begins so here: LLaVA-HR's projections, and the offsets and scores of deformable attention,
 * whose offsets' biases point outwards in a circle.
 */
function starting(shapes: unknown, executor: Executor): unknown {
  const random = normals(20);
  const grow = (tree: Tree, path: readonly string[]): unknown => {
    if (tree === undefined) return undefined;
    if (isShape(tree)) return leaf(tree, path, random, executor);
    const grown = Object.entries(tree).map(([key, part]) => [key, grow(part, [...path, key])] as const);
    return Array.isArray(tree) ? grown.map(([, part]) => part) : Object.fromEntries(grown);
  };
  return grow(shapes as Tree, []);
}

function leaf(shape: readonly number[], path: readonly string[], random: () => number, executor: Executor): Tensor {
  const length = shape.reduce((product, side) => product * side, 1);
  const name = path.join(".");
  const values = new Float32Array(length);
  if (name.endsWith("samplingOffsets.bias")) circle(values);
  else if (name.endsWith("weight") && shape.length === 1) values.fill(1);
  else if (name.endsWith("weight") && !/adapters\.\d\.(slow|fast)Proj|samplingOffsets|attentionWeights/.test(name)) {
    const inputs = length / shape[0]!;
    for (let i = 0; i < length; i++) values[i] = random() / Math.sqrt(inputs);
  }
  return tensor(values, shape, executor);
}

/** Point p of a head lies p + 1 places from the middle, in the head's own direction. [M · L · P · 2], M 8, P 4 */
function circle(offsets: Float32Array): void {
  const [M, P] = [HEADS, POINTS];
  const L = offsets.length / (M * P * 2);
  for (let m = 0; m < M; m++) {
    const [x, y] = [Math.cos((2 * Math.PI * m) / M), Math.sin((2 * Math.PI * m) / M)];
    const largest = Math.max(Math.abs(x), Math.abs(y));
    for (let l = 0; l < L; l++)
      for (let p = 0; p < P; p++)
        offsets.set([((p + 1) * x) / largest, ((p + 1) * y) / largest], ((m * L + l) * P + p) * 2);
  }
}

/** The same numbers each time, around 0, spread by 1. */
function normals(seed: number): () => number {
  let state = seed;
  const uniform = () => (state = (state * 16807) % 2147483647) / 2147483647;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

function numbersIn(tree: unknown): number {
  if (isTensor(tree)) return tree.shape.reduce((product, side) => product * side, 1);
  if (typeof tree !== "object" || tree === null) return 0;
  return Object.values(tree).reduce<number>((sum, part) => sum + numbersIn(part), 0);
}
