/**
 * What Llama 3.2 Vision remembers between passes: of the text, what every decoder does; of the images, their keys and values
 * in each layer that looks at them, and which of them the last token could see.
 *
 * Shapes:  B rows   KV heads of keys and values   S tokens of all images so far   E numbers per head
 */
import { concat, keep, type Executor, type Tensor } from "../tensor";
import { createKeyValueCache, type CacheOptions, type KeyValueCache } from "./key-value-cache";
import type { CrossAttentionMask } from "./mllama-mask";

type KeysAndValues = { key: Tensor; value: Tensor }; // [B, KV, S, E] each

export type MllamaCache = KeyValueCache & {
  readonly cross: {
    /** By the number of the layer. */
    readonly layers: Map<number, KeysAndValues>;
    /** Images per row so far, those that only fill the batch included. */
    images: number;
    /** Per row, image and tile: 1 where the last token looks. Later tokens look there too, unless a pass says otherwise. */
    last: CrossAttentionMask[number];
  };
};

/** Room for the text is taken at once; for the images, when they come. */
export function createMllamaCache(
  options: CacheOptions,
  shape: { layers: number; heads: number; headDim: number; executor: Executor },
): MllamaCache {
  const text = createKeyValueCache(options, shape);
  const cross: MllamaCache["cross"] = { layers: new Map(), images: 0, last: [] };
  const tensors = () => [...cross.layers.values()].flatMap(({ key, value }) => [key, value]);
  return {
    ...text,
    cross,
    get bytes() {
      return text.bytes + tensors().reduce((bytes, { size }) => bytes + size * 4, 0);
    },
    dispose() {
      text.dispose();
      tensors().forEach((tensor) => tensor.dispose());
    },
  };
}

/** Adds an image's keys and values to those of a layer, if there are new ones, and gives all of them. */
export function rememberCross(cache: MllamaCache, layer: number, fresh: KeysAndValues | undefined): KeysAndValues {
  const { layers } = cache.cross;
  const old = layers.get(layer);
  if (!fresh) {
    if (!old)
      throw new Error(`mllama: expected images in the cache for layer ${layer}, got none; send them with pixelValues`);
    return old;
  }
  const both = (part: keyof KeysAndValues) => (old ? concat([old[part], fresh[part]], 2) : fresh[part]);
  const all = { key: keep(both("key")), value: keep(both("value")) };
  old?.key.dispose();
  old?.value.dispose();
  layers.set(layer, all);
  return all;
}
