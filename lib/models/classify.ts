/** Questions to an image classifier: what is it, and where did it look. */
import type { Picture } from "../images";
import { attentionMap as mapOf, softmax } from "../nn";
import type { Tensor } from "../tensor";
import type { Model, ViTForImageClassification } from "./model";
import { seeOnly } from "./probe";

export type Answer = { label: string; probability: number };

/** The `k` likeliest labels, best first; the probabilities of all labels sum to 1. Rejects when aborted. */
export async function classify(
  model: Model,
  picture: Picture,
  { k = 5, signal }: { k?: number; signal?: AbortSignal } = {},
): Promise<Answer[]> {
  const classifier = imageClassifier(model);
  const pixelValues = classifier.preprocess(picture);
  const { logits } = await classifier.forward({ pixelValues }, { signal });
  const probabilities = softmax(logits); // [1, numLabels]
  try {
    const values = await probabilities.data(signal);
    return classifier.labels
      .map((label, i) => ({ label, probability: values[i]! }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, k);
  } finally {
    for (const tensor of [pixelValues, logits, probabilities]) tensor.dispose();
  }
}

export type AttentionMap = {
  /** Tokens that look, tokens that are looked at. Token 0 is the class token; patches follow, row by row. */
  shape: [number, number];
  /** Row t: how much token t looks at each token; sums to 1. */
  probs: Float32Array;
};

/**
 * Where the tokens of a picture look, in one head of one layer (both counted from 0). Rejects when aborted.
 * To look at several heads of one picture, `rememberAttention` computes the model once.
 */
export async function attentionMap(
  model: Model,
  picture: Picture,
  { layer, head, signal }: { layer: number; head: number; signal?: AbortSignal },
): Promise<AttentionMap> {
  const memory = await rememberAttention(model, picture, { layers: [layer], signal });
  try {
    return await memory.map({ layer, head, signal });
  } finally {
    memory.dispose();
  }
}

export type AttentionMemory = {
  map(which: { layer: number; head: number; signal?: AbortSignal }): Promise<AttentionMap>;
  dispose(): void;
};

/**
 * One forward pass that keeps each layer's queries, keys and log-sum-exps, which is little; a map is computed when asked for.
 * @param options.layers which layers to keep; all of them unless given
 */
export async function rememberAttention(
  model: Model,
  picture: Picture,
  { layers, signal }: { layers?: readonly number[]; signal?: AbortSignal } = {},
): Promise<AttentionMemory> {
  if (model.modelType !== "vit") throw new TypeError(`attention: expected a vit, got a ${model.modelType}`);
  const { numHiddenLayers, numAttentionHeads } = model.config;
  const kept = new Map<string, Tensor>();
  const wanted = layers ?? Array.from({ length: numHiddenLayers }, (_, i) => i);
  wanted.forEach((layer) => checkIndex("layer", layer, numHiddenLayers));

  const names = wanted.flatMap((layer) => parts.map((part) => pathOf(layer, part)));
  const pixelValues = model.preprocess(picture);
  const { logits } = await model.forward(
    { pixelValues },
    { signal, probe: seeOnly(names, (name, value) => kept.set(name, value)) },
  );
  pixelValues.dispose();
  logits.dispose();

  return {
    async map({ layer, head, signal }) {
      checkIndex("layer", layer, numHiddenLayers);
      checkIndex("head", head, numAttentionHeads);
      const [q, k, logSumExp] = parts.map((part) => kept.get(pathOf(layer, part))); // [1, H, T, E] twice, [1, H, T]
      if (!q || !k || !logSumExp) {
        throw new Error(`attention: expected one of the layers ${wanted.join(", ")}, got ${layer}`);
      }
      const probs = mapOf(q, k, logSumExp, [0, head]); // [T, T]
      try {
        return { shape: probs.shape as [number, number], probs: await probs.data(signal) };
      } finally {
        probs.dispose();
      }
    },
    dispose: () => kept.forEach((tensor) => tensor.dispose()),
  };
}

const parts = ["query", "key", "logSumExp"] as const;

function pathOf(layer: number, part: (typeof parts)[number]): string {
  return `vit.encoder.layer.${layer}.attention.attention.${part}`;
}

function checkIndex(what: string, index: number, count: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`attention: expected a ${what} from 0 to ${count - 1}, got ${index}`);
  }
}

/** Every model that gives logits for labels, from a picture. */
type ImageClassifier = Extract<Model, Pick<ViTForImageClassification, "labels" | "preprocess" | "forward">>;

function imageClassifier(model: Model): ImageClassifier {
  if ("labels" in model && "preprocess" in model) return model;
  throw new TypeError(`classify: expected a model with labels for pictures, got a ${model.modelType}`);
}
