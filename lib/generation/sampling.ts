/**
 * From the scores of a pass to one token. The steps and their order are those of transformers' `generate`:
 * repetition penalty, then, when sampling, temperature, top k, top p. `generation/logits_process.py`
 *
 * Shapes:  V vocabulary
 */

export type SamplingOptions = {
  /** 0 takes the highest score, of equals the lowest id. Above, scores are divided by it, and a token is drawn [0] */
  temperature?: number;
  /** Draws among the k highest scores, and those equal to the last of them [all] */
  topK?: number;
  /** Draws among the fewest tokens whose probabilities sum to at least p [1] */
  topP?: number;
  /** Scores of tokens that were there before are divided by it, or multiplied if they are below 0 [1] */
  repetitionPenalty?: number;
};

/** @throws RangeError for a value that makes no sense. */
export function checkSampling({ temperature = 0, topK = 1, topP = 1, repetitionPenalty = 1 }: SamplingOptions): void {
  const wrong = (what: string, expected: string, got: number): never => {
    throw new RangeError(`generate: expected ${what} ${expected}, got ${got}`);
  };
  if (!(temperature >= 0 && temperature < Infinity)) wrong("a temperature", "of 0 or more", temperature);
  if (!Number.isInteger(topK) || topK < 1) wrong("topK", "of 1 or more, a whole number", topK);
  if (!(topP > 0 && topP <= 1)) wrong("topP", "above 0 and up to 1", topP);
  if (!(repetitionPenalty > 0 && repetitionPenalty < Infinity)) {
    wrong("a repetitionPenalty", "above 0", repetitionPenalty);
  }
}

/** The scores that a token is chosen by; -Infinity for one that cannot be. logits [V], ids so far -> [V] */
export function processLogits(
  logits: Float32Array,
  previous: Iterable<number>,
  { temperature = 0, topK, topP = 1, repetitionPenalty = 1 }: SamplingOptions,
): Float64Array {
  const scores = Float64Array.from(logits);
  if (repetitionPenalty !== 1) penalise(scores, previous, repetitionPenalty);
  if (temperature === 0) return scores;
  for (let id = 0; id < scores.length; id++) scores[id]! /= temperature;
  if (topK !== undefined && topK < scores.length) keepHighest(scores, topK);
  if (topP < 1) keepLikeliest(scores, topP);
  return scores;
}

/** The id of the highest score; of equals the lowest. */
export function highest(scores: ArrayLike<number>): number {
  let best = 0;
  for (let id = 1; id < scores.length; id++) if (scores[id]! > scores[best]!) best = id;
  return best;
}

/** Draws an id with probability softmax(scores). `random` is a number from 0 up to 1. */
export function draw(scores: Float64Array, random: number): number {
  const top = scores[highest(scores)]!;
  let total = 0;
  for (const score of scores) total += Math.exp(score - top);
  let left = random * total;
  let last = 0;
  for (let id = 0; id < scores.length; id++) {
    const weight = Math.exp(scores[id]! - top);
    if (weight === 0) continue;
    if (left < weight) return id;
    left -= weight;
    last = id; // rounding may leave a little over: it belongs to the last that can be drawn
  }
  return last;
}

/** log softmax(logits)[id]: of the model's own distribution, before any of the steps above. */
export function logProbability(logits: Float32Array, id: number): number {
  const top = logits[highest(logits)]!;
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - top);
  return logits[id]! - top - Math.log(total);
}

/**
 * Numbers from 0 up to 1, the same for the same seed: mulberry32, a counter that is mixed by two multiplications
 * (https://gist.github.com/tommyettinger/46a874533244883189143505d203312c), two draws of it for 53 bits.
 */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  const word = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return () => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) / 2 ** 53;
}

function penalise(scores: Float64Array, previous: Iterable<number>, penalty: number): void {
  for (const id of new Set(previous)) {
    const score = scores[id];
    if (score === undefined) continue; // a table of embeddings may have more rows than there are scores
    scores[id] = score < 0 ? score * penalty : score / penalty;
  }
}

function keepHighest(scores: Float64Array, k: number): void {
  const lowestKept = scores.slice().sort()[scores.length - k]!;
  for (let id = 0; id < scores.length; id++) if (scores[id]! < lowestKept) scores[id] = -Infinity;
}

/** From the least likely on, tokens go while together they have at most 1 - p; of equals the highest id first. */
function keepLikeliest(scores: Float64Array, p: number): void {
  const top = scores[highest(scores)]!;
  const weights = scores.map((score) => Math.exp(score - top));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const most = (1 - p) * total;
  // All that are this unlikely have at most 1 - p together, so they go at once, and few are left to be sorted.
  const surely = most / scores.length;
  let gone = 0;
  const rest: number[] = [];
  weights.forEach((weight, id) => {
    if (weight > surely) return void rest.push(id);
    gone += weight;
    scores[id] = -Infinity;
  });
  rest.sort((a, b) => weights[a]! - weights[b]! || b - a);
  for (const id of rest.slice(0, -1)) {
    gone += weights[id]!;
    if (gone > most) return;
    scores[id] = -Infinity;
  }
}
