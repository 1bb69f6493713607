/**
 * Where in a picture a model that answers looks, at the moment when it begins its answer. Eagle and LLaVA have the picture
 * among their tokens, so it is the attention of the last token to those; Llama 3.2 Vision looks at it by cross-attention.
 */
import type { Answering } from "../evaluation";
import type { Picture } from "../images";
import type { Probe } from "../models";
import type { Tensor } from "../tensor";

export type PictureAttention = {
  /** Layers that look at the picture; `layer` is one of them. */
  layers: number[];
  layer: number;
  rows: number;
  columns: number;
  /** A weight for each place of the picture, in reading order, its heads averaged. */
  weights: Float32Array;
  /** How much of the token's attention they are together. */
  share: number;
};

export type PictureAttentionOptions = {
  /** [the last that looks at the picture] */
  layer?: number;
  /** Of Eagle: names of the experts that look [all] */
  experts?: readonly string[];
  signal?: AbortSignal;
};

const IMAGE = "<|image|>";

export async function pictureAttention(
  model: Answering,
  picture: Picture,
  question: string,
  { layer: wanted, experts, signal }: PictureAttentionOptions = {},
): Promise<PictureAttention> {
  const { seeOnly } = await import("../models");
  const layers = layersOf(model);
  const layer = wanted ?? layers.at(-1)!;
  if (!layers.includes(layer))
    throw new RangeError(`pictureAttention: expected a layer of ${layers.join(", ")}, got ${layer}`);
  const part = model.modelType === "mllama" ? "crossAttn" : "selfAttn";
  let probs: Tensor | undefined; // [1, H, T, S]
  const probe = seeOnly([`languageModel.model.layers.${layer}.${part}.probs`], (_, value) => (probs = value));

  const prompt = model.prepare({ text: idsOf(model, question), pictures: [picture] });
  const inputs = { ...prompt, logitsToKeep: 1, ...(experts && model.modelType === "eagle" ? { experts } : {}) };
  try {
    (await (model as Forward).forward(inputs, { probe, signal })).logits.dispose();
    if (!probs)
      throw new Error(`pictureAttention: expected the attention of layer ${layer}, and the model showed none`);
    const seen = placesOf(model, prompt);
    return { layers, layer, ...weighed(await probs.data(signal), probs.shape, seen) };
  } finally {
    prompt.pixelValues?.dispose();
    probs?.dispose();
  }
}

type Forward = {
  forward(inputs: object, options: { probe: Probe; signal?: AbortSignal }): Promise<{ logits: Tensor }>;
};

function layersOf(model: Answering): number[] {
  const { textConfig } = model.config;
  if ("crossAttentionLayers" in textConfig) return [...textConfig.crossAttentionLayers];
  return Array.from({ length: textConfig.numHiddenLayers }, (_, i) => i);
}

/** The prompt of training: one message of the user, the picture and then the question. */
function idsOf({ tokenizer, modelType }: Answering, question: string): number[] {
  if (!tokenizer) throw new Error(`${modelType}: expected a tokenizer.json beside the weights, got none`);
  const messages = [{ role: "user", content: IMAGE + question }];
  return tokenizer.encode(tokenizer.applyChatTemplate(messages, { addGenerationPrompt: true }), {
    addSpecialTokens: false,
  });
}

type Places = { rows: number; columns: number; /** The key of each place, in reading order. */ keys: number[] };

function placesOf(model: Answering, prompt: ReturnType<Answering["prepare"]>): Places {
  if (model.modelType === "mllama") {
    const { visionConfig } = model.config;
    const n = visionConfig.imageSize / visionConfig.patchSize;
    const id = ("aspectRatioIds" in prompt && prompt.aspectRatioIds?.[0]?.[0]) || 1;
    const [down, across] = visionConfig.supportedAspectRatios[id - 1] ?? [1, 1];
    const [rows, columns] = [down * n, across * n];
    const keys = Array.from({ length: rows * columns }, (_, i) => {
      const [y, x] = [Math.floor(i / columns), i % columns];
      const tile = Math.floor(y / n) * across + Math.floor(x / n);
      return tile * (1 + n * n) + 1 + (y % n) * n + (x % n); // the class token comes first in a tile
    });
    return { rows, columns, keys };
  }
  const image = model.config.imageTokenId;
  const keys = (prompt.inputIds as number[][])[0]!.flatMap((id, t) => (id === image ? [t] : []));
  const grid = "grid" in model.config ? model.config.grid : undefined;
  const side = Math.round(Math.sqrt(model.imageTokens));
  const { rows, columns } = grid ?? { rows: side, columns: side };
  return { rows, columns, keys };
}

/** The last token's row, its heads averaged; several experts' tokens of one place are added up (sequence append). */
function weighed(probs: Float32Array, shape: readonly number[], { rows, columns, keys }: Places) {
  const [H, T, S] = shape.slice(1) as [number, number, number];
  const weights = new Float32Array(rows * columns);
  keys.forEach((key, i) => {
    for (let h = 0; h < H; h++) weights[i % weights.length]! += probs[(h * T + T - 1) * S + key]! / H;
  });
  return { rows, columns, weights, share: weights.reduce((sum, weight) => sum + weight, 0) };
}
