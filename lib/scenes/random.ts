/**
 * Seeded random numbers that are the same in every engine: Chris Doty-Humphrey's sfc32 (from PractRand), on 32-bit
 * integers only, and an integer hash (the finaliser of MurmurHash3, Austin Appleby) for noise.
 */

export type Random = {
  /** A number in [0, 1), a multiple of 2^-32. */
  next(): number;
  /** An integer in [0, count). */
  int(count: number): number;
  /** A number in [low, high). */
  range(low: number, high: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
};

/** A 32-bit hash of an integer: neighbours in, unrelated numbers out. */
export function hash32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A generator from a seed in [0, 2^53) and a stream number: different streams never share a state to start from. */
export function random(seed: number, stream = 0): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new Error(`random: expected a seed that is an integer from 0 to 2^53 - 1, got ${String(seed)}`);
  }
  let a = seed | 0;
  let b = Math.floor(seed / 4294967296) | 0;
  let c = stream | 0;
  let counter = 1;
  const next32 = () => {
    const out = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + out;
    c |= 0;
    return out >>> 0;
  };
  // PractRand's advice: the first outputs still resemble the seed.
  for (let i = 0; i < 15; i++) next32();

  const next = () => next32() / 4294967296;
  return {
    next,
    int: (count) => Math.floor(next() * count),
    range: (low, high) => low + (high - low) * next(),
    chance: (probability) => next() < probability,
    pick: (list) => {
      if (list.length === 0)
        throw new Error("random: expected a list with something in it to pick from, got an empty one");
      return list[Math.floor(next() * list.length)]!;
    },
  };
}

/** Fisher and Yates's shuffle, of a copy. */
export function shuffled<T>(r: Random, list: readonly T[]): T[] {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = r.int(i + 1);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}
