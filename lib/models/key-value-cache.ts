/**
 * What a decoder remembers of the tokens that it has seen, so that each new one costs one row of work and not all.
 * Keys are stored after their rotation, as transformers does: a position never changes.
 *
 * Room for `capacity` positions is taken once and written in place; nothing grows while text is generated.
 *
 * Shapes:  B rows   KV heads of keys and values   E numbers per head   capacity positions
 */
import { allocate, writeInto, type Executor, type Tensor } from "../tensor";

export type KeyValueCache = {
  /** B */
  readonly batch: number;
  /** How many positions have room. */
  readonly capacity: number;
  /** How many positions are filled, padding included. A forward pass moves this on at its end. */
  length: number;
  /** Per row and filled position: 1 for a token, 0 for padding. Undefined while there is no padding. */
  attentionMask?: readonly (readonly number[])[];
  /** Per layer, in the order of the layers that attend to the text. [B, KV, capacity, E] each. */
  readonly layers: readonly { key: Tensor; value: Tensor }[];
  /** Bytes on the device. */
  readonly bytes: number;
  /** Frees it. Harmless when repeated. */
  dispose(): void;
};

export type CacheOptions = {
  /** Positions to keep room for: the prompt and all that is generated. */
  capacity: number;
  /** Rows [1] */
  batch?: number;
};

/** Bytes: layers · 2 · B · KV · capacity · E · 4. */
export function createKeyValueCache(
  { capacity, batch = 1 }: CacheOptions,
  { layers, heads, headDim, executor }: { layers: number; heads: number; headDim: number; executor: Executor },
): KeyValueCache {
  if (!isCount(capacity) || !isCount(batch)) {
    throw new RangeError(`cache: expected a capacity and a batch of 1 or more, got ${capacity} and ${batch}`);
  }
  const shape = [batch, heads, capacity, headDim];
  const stored = Array.from({ length: layers }, () => ({
    key: allocate(shape, { executor }),
    value: allocate(shape, { executor }),
  }));
  return {
    batch,
    capacity,
    length: 0,
    layers: stored,
    bytes: layers * 2 * batch * heads * capacity * headDim * 4,
    dispose: () => stored.forEach(({ key, value }) => [key, value].forEach((tensor) => tensor.dispose())),
  };
}

/** Puts the keys and values of new tokens behind those of `past` earlier ones. key, value: [B, KV, T, E] */
export function remember(cache: KeyValueCache, layer: number, past: number, key: Tensor, value: Tensor): void {
  const stored = cache.layers[layer]!;
  writeInto(stored.key, key, 2, past);
  writeInto(stored.value, value, 2, past);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
