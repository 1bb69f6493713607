/** Where the tokens of a picture look, in any encoder that has attention. */
import type { Picture } from "../images";
import { attentionMap as mapOf } from "../nn";
import type { Tensor } from "../tensor";
import { disposeTensors } from "./dispose-tensors";
import type { Model } from "./model";
import { seeOnly, type Probe } from "./probe";

export type AttentionMap = {
  /**
   * Tokens that look, tokens that are looked at. Special tokens come first (`specialTokens` says how many: of a ViT the
   * class token, 0); patches follow, row by row.
   */
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
  const encoder = pictureEncoder(model);
  const { numHiddenLayers, numAttentionHeads } = encoder.config;
  const kept = new Map<string, Tensor>();
  const wanted = layers ?? Array.from({ length: numHiddenLayers }, (_, i) => i);
  wanted.forEach((layer) => checkIndex("layer", layer, numHiddenLayers));

  const names = wanted.flatMap((layer) => parts.map((part) => `${encoder.path(layer)}.${part}`));
  const probe = seeOnly(names, (name, value) => kept.set(name, value));
  disposeTensors(await encoder.see(picture, { signal, probe }));

  return {
    async map({ layer, head, signal }) {
      checkIndex("layer", layer, numHiddenLayers);
      checkIndex("head", head, numAttentionHeads);
      const [q, k, logSumExp] = parts.map((part) => kept.get(`${encoder.path(layer)}.${part}`)); // [1, H, T, E] twice, [1, H, T]
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

type PictureEncoder = {
  config: { numHiddenLayers: number; numAttentionHeads: number };
  /** What a layer's queries and keys are called before their last name. */
  path(layer: number): string;
  /** A forward pass. */
  see(picture: Picture, options: { probe?: Probe; signal?: AbortSignal }): Promise<unknown>;
};

/** Which config and which names a model's picture encoder has. */
function pictureEncoder(model: Model): PictureEncoder {
  const { modelType: type } = model;
  if (type === "vit" || type === "deit") {
    return seeing(model, model.config, (layer) => `${type}.encoder.layer.${layer}.attention.attention`);
  }
  if (type === "vit_model" || type === "dinov2" || type === "dinov2_with_registers") {
    return seeing(model, model.config, (layer) => `encoder.layer.${layer}.attention.attention`);
  }
  const towerPath = (layer: number) => `visionModel.encoder.layers.${layer}.selfAttn`;
  if (type === "clip" || type === "siglip") return seeing(model, model.config.visionConfig, towerPath);
  if (type === "clip_vision_model" || type === "siglip_vision_model") return seeing(model, model.config, towerPath);
  throw new TypeError(`attention: expected an encoder of pictures with attention, got a ${type}`);
}

type Forward = {
  preprocess(picture: Picture): Tensor;
  forward(inputs: { pixelValues: Tensor }, options: { probe?: Probe; signal?: AbortSignal }): Promise<unknown>;
};

function seeing(model: Forward, config: PictureEncoder["config"], path: PictureEncoder["path"]): PictureEncoder {
  return {
    config,
    path,
    async see(picture, options) {
      const pixelValues = model.preprocess(picture);
      try {
        return await model.forward({ pixelValues }, options);
      } finally {
        pixelValues.dispose();
      }
    },
  };
}

function checkIndex(what: string, index: number, count: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`attention: expected a ${what} from 0 to ${count - 1}, got ${index}`);
  }
}
