/**
 * Where the tokens of one forward pass of a decoder stand, and what they may look at: positions, padding, the cache.
 *
 * Shapes:  B rows of text   T tokens of this pass   P tokens of earlier passes, in the cache   S = P + T keys
 *          E numbers per head
 */
import { inverseFrequencies, ropeTable, type RopeOptions, type RopeTable } from "../nn";
import type { Executor, Tensor } from "../tensor";
import type { KeyValueCache } from "./key-value-cache";
import { paddingMask, type AttentionMask } from "./padding-mask";

/** What the layers of one forward pass share: where its tokens stand, what they may see, what earlier passes left. */
export type DecoderState = {
  /** Where each token stands: [B][T] */
  positions: readonly (readonly number[])[];
  /** The angles of these positions, by which queries and keys are turned: [B, T, E] */
  rope: RopeTable;
  /** P */
  past: number;
  /** Which of the S positions hold a token, and which padding: [B][S] of 1 and 0. Undefined: there is no padding. */
  attentionMask?: AttentionMask;
  /** The same, to be added to scores: [B, 1, 1, S] */
  mask?: Tensor;
  cache?: KeyValueCache;
};

export type DecoderStateOptions = {
  /** B and T of this pass. */
  batch: number;
  tokens: number;
  /** 1 for a token, 0 for padding: [B][S], or [B][T] when what is in the cache stays as it is [all 1] */
  attentionMask?: AttentionMask;
  /** [B][T] [counted along the attention mask, as transformers' `generate` does] */
  positionIds?: readonly (readonly number[])[];
  cache?: KeyValueCache;
  executor: Executor;
};

/** @throws RangeError when the mask, the positions or the cache do not fit the tokens. */
export function decoderState(
  config: RopeOptions,
  { batch, tokens, attentionMask, positionIds, cache, executor }: DecoderStateOptions,
): DecoderState {
  const past = cache?.length ?? 0;
  const keys = past + tokens;
  if (cache && cache.batch !== batch) {
    throw new RangeError(`decoder: expected ${cache.batch} rows, as the cache has, got ${batch}`);
  }
  if (cache && keys > cache.capacity) {
    throw new RangeError(
      `decoder: expected at most ${cache.capacity - past} more tokens, for which the cache has room, got ${tokens}; ` +
        "create it with a larger capacity",
    );
  }
  const whole = wholeMask({ batch, tokens, attentionMask, cache });
  const positions = positionIds ?? countedPositions(whole, batch, past, tokens);
  checkRows("positionIds", positions, batch, tokens);
  return {
    positions,
    rope: ropeTable(positions, inverseFrequencies(config), executor),
    past,
    attentionMask: whole,
    mask: paddingMask(whole, executor),
    cache,
  };
}

/** Says that the tokens of this pass are in the cache now: the last step of a stack of layers. */
export function advance({ cache, past, positions, attentionMask }: DecoderState): void {
  if (!cache) return;
  cache.length = past + positions[0]!.length;
  cache.attentionMask = attentionMask;
}

/** The mask of all S positions, what the cache remembers first; undefined when nothing in it is padding. */
function wholeMask(options: Omit<DecoderStateOptions, "executor" | "positionIds">): AttentionMask | undefined {
  const { batch, tokens, attentionMask: given, cache } = options;
  const past = cache?.length ?? 0;
  if (given) {
    checkRows("attentionMask", given, batch, given[0]?.length === past + tokens ? past + tokens : tokens);
    if (given.some((row) => row.some((visible) => visible !== 0 && visible !== 1))) {
      throw new RangeError("decoder: expected an attentionMask of 1 (a token) and 0 (padding), got something else");
    }
  }
  const padded = cache?.attentionMask ?? given?.some((row) => row.includes(0));
  if (!padded) return undefined; // the rule: a mask as long as the text is not carried along for nothing
  const ones = (count: number) => new Array<number>(count).fill(1);
  return Array.from({ length: batch }, (_, b) => {
    const now = given?.[b] ?? ones(tokens);
    return now.length === past + tokens ? now : [...(cache?.attentionMask?.[b] ?? ones(past)), ...now];
  });
}

/** 0, 1, 2, … for the tokens; padding repeats the number before it, and nobody looks at it. */
function countedPositions(mask: AttentionMask | undefined, batch: number, past: number, tokens: number): number[][] {
  if (!mask) return Array.from({ length: batch }, () => Array.from({ length: tokens }, (_, t) => past + t));
  return mask.map((row) => {
    let count = 0;
    return row.map((visible) => Math.max(0, (count += visible) - 1)).slice(past);
  });
}

function checkRows(what: string, rows: readonly (readonly number[])[], batch: number, length: number): void {
  if (rows.length !== batch || rows.some((row) => row.length !== length)) {
    const got = rows.map((row) => row.length).slice(0, 8);
    throw new RangeError(
      `decoder: expected ${what} of ${batch} × ${length} (rows × tokens), got rows of ${got.join(", ") || "nothing"}`,
    );
  }
}
