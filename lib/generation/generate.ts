/**
 * A text, one token after the other: the model scores all tokens of its vocabulary, one is chosen and read in its turn.
 * Works with any model that has a cache: the first pass reads the prompt, with its pictures if the model sees, and each
 * later one a single token. Only the scores of the last token are computed and read back.
 */
import type { GenerationConfig } from "../models";
import type { Tensor } from "../tensor";
import type { Tokenizer } from "../tokenizers";
import {
  checkSampling,
  draw,
  highest,
  logProbability,
  processLogits,
  randomNumbers,
  type SamplingOptions,
} from "./sampling";
import { openStopScanner } from "./stop-strings";

type Rows = readonly (readonly number[])[];

/** What `generate` asks of a model. Further inputs, such as pictures, are passed through to the first pass. */
export type Decoder<Inputs = object, Cache extends DecoderCache = DecoderCache> = {
  generationConfig: GenerationConfig;
  tokenizer?: Tokenizer;
  createCache(options: { capacity: number; batch?: number }): Cache;
  forward(
    inputs: Inputs & { inputIds: Rows; cache: Cache; logitsToKeep: number },
    options?: { signal?: AbortSignal },
  ): Promise<{ logits: Tensor }>;
};

export type DecoderCache = {
  /** Positions that are filled. */
  length: number;
  readonly capacity: number;
  dispose(): void;
};

export type GenerateOptions<Cache = DecoderCache> = SamplingOptions & {
  /** The prompt: token ids, or one row of them. */
  inputIds: readonly number[] | Rows;
  /** [256] */
  maxNewTokens?: number;
  /** For sampling: the same seed gives the same text [0] */
  seed?: number;
  /** The text ends where one of these begins; it is not part of it. Needs the model's tokenizer. */
  stop?: string | readonly string[];
  /** Stops between tokens, and inside a pass. */
  signal?: AbortSignal;
  /** Tokens of a prompt that are read in one pass, if nothing else comes with them [512] */
  prefillChunk?: number;
  /** Positions to keep room for [the prompt's and maxNewTokens]: more if pictures become many positions. */
  capacity?: number;
  /**
   * What an earlier call read: `inputIds` then goes on behind it. It stays the caller's to dispose. A call's last token
   * was never read, so it belongs at the start of the next prompt.
   */
  cache?: Cache;
};

export type GeneratedToken = {
  token: number;
  /** What this token adds to the text: "" while a character, or what may be a stop string, is not whole yet. */
  text: string;
  /** log of its probability, by the model's own distribution: before temperature, top k, top p and penalty. */
  logprob: number;
  /** With the last token: it ends a text by the model's config, a stop string was found, or maxNewTokens is reached. */
  finishReason?: "eos" | "stop" | "length";
};

/** The inputs of a model's `forward` beside those that `generate` makes. */
type Further<Model extends { forward(inputs: never): unknown }> = Partial<
  Omit<Parameters<Model["forward"]>[0], keyof GenerateOptions | "logitsToKeep" | "positionIds">
>;

/**
 * @throws RangeError for options that make no sense; the signal's reason when aborted. However it ends, and also when
 *   the caller stops listening, what it made on the device is freed.
 */
export async function* generate<Model extends Decoder<never>>(
  model: Model,
  options: GenerateOptions<ReturnType<Model["createCache"]>> & Further<Model>,
): AsyncGenerator<GeneratedToken, void, undefined> {
  const {
    inputIds,
    maxNewTokens = 256,
    seed = 0,
    stop = [],
    signal,
    prefillChunk = 512,
    capacity,
    cache,
    ...rest
  } = options;
  const { temperature, topK, topP, repetitionPenalty, ...further } = rest as SamplingOptions & Record<string, unknown>;
  const sampling = { temperature, topK, topP, repetitionPenalty };
  const prompt = onlyRow(inputIds);
  const stops = typeof stop === "string" ? [stop] : stop;
  check({ prompt, maxNewTokens, prefillChunk, stops, seed }, model);
  checkSampling(sampling);
  signal?.throwIfAborted();

  const decoder = model as unknown as Decoder<Record<string, unknown>>;
  const own = cache ?? decoder.createCache({ capacity: capacity ?? prompt.length + maxNewTokens });
  const text = openText(decoder.tokenizer, stops);
  const random = randomNumbers(seed);
  const eos = endings(decoder);
  const previous = [...prompt];
  try {
    let logits = await prefill(decoder, own, prompt, further, { prefillChunk, signal });
    for (let count = 1; ; count++) {
      const scores = processLogits(logits, previous, sampling);
      const token = temperature ? draw(scores, random()) : highest(scores);
      const logprob = logProbability(logits, token);
      previous.push(token);
      const ends = eos.has(token);
      const { fresh, stopped } = text.push(token);
      const finishReason = ends ? "eos" : stopped ? "stop" : count === maxNewTokens ? "length" : undefined;
      const added = finishReason && !stopped ? fresh + text.end() : fresh;
      yield { token, text: added, logprob, ...(finishReason && { finishReason }) };
      if (finishReason) return;
      logits = await pass(decoder, { inputIds: [[token]], cache: own }, signal);
    }
  } finally {
    if (!cache) own.dispose();
  }
}

/** Reads the prompt; the scores of what comes next, [V]. */
async function prefill(
  model: Decoder<Record<string, unknown>>,
  cache: DecoderCache,
  prompt: readonly number[],
  further: Record<string, unknown>,
  { prefillChunk, signal }: { prefillChunk: number; signal?: AbortSignal },
): Promise<Float32Array> {
  const given = Object.entries(further).filter(([, value]) => value !== undefined);
  if (given.length > 0) return pass(model, { ...Object.fromEntries(given), inputIds: [prompt], cache }, signal);
  let at = 0;
  for (; prompt.length - at > prefillChunk; at += prefillChunk) {
    await pass(model, { inputIds: [prompt.slice(at, at + prefillChunk)], cache }, signal);
  }
  return pass(model, { inputIds: [prompt.slice(at)], cache }, signal);
}

/** One pass, and the scores of its last token: [V] */
async function pass(
  model: Decoder<Record<string, unknown>>,
  inputs: { inputIds: Rows; cache: DecoderCache },
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  signal?.throwIfAborted();
  const { logits } = await model.forward({ ...inputs, logitsToKeep: 1 }, { signal });
  try {
    return await logits.data(signal);
  } finally {
    logits.dispose();
  }
}

/** The text so far; without a tokenizer there is none. */
function openText(tokenizer: Tokenizer | undefined, stops: readonly string[]) {
  const stream = tokenizer?.stream({ skipSpecialTokens: true });
  const scanner = openStopScanner(stops);
  return {
    push(token: number): { fresh: string; stopped: boolean } {
      const { text, stopped } = scanner.push(stream?.push(token) ?? "");
      return { fresh: text, stopped };
    },
    end(): string {
      const { text, stopped } = scanner.push(stream?.end() ?? "");
      return stopped ? text : text + scanner.end();
    },
  };
}

function endings({ generationConfig, tokenizer }: Decoder): Set<number> {
  const { eosTokenIds } = generationConfig;
  if (eosTokenIds.length > 0) return new Set(eosTokenIds);
  return new Set(tokenizer?.eosTokenId === undefined ? [] : [tokenizer.eosTokenId]);
}

function onlyRow(inputIds: readonly number[] | Rows): readonly number[] {
  if (typeof inputIds[0] === "number" || inputIds.length === 0) return inputIds as readonly number[];
  if (inputIds.length > 1) {
    throw new RangeError(`generate: expected one row of inputIds, got ${inputIds.length}; call it once for each`);
  }
  return (inputIds as Rows)[0]!;
}

function check(
  values: {
    prompt: readonly number[];
    maxNewTokens: number;
    prefillChunk: number;
    stops: readonly string[];
    seed: number;
  },
  model: { tokenizer?: Tokenizer },
): void {
  const { prompt, maxNewTokens, prefillChunk, stops, seed } = values;
  if (prompt.length === 0) throw new RangeError("generate: expected a prompt of at least one token, got none");
  for (const [name, value] of Object.entries({ maxNewTokens, prefillChunk })) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`generate: expected ${name} of 1 or more, got ${value}`);
  }
  if (!Number.isInteger(seed)) throw new RangeError(`generate: expected a whole number as seed, got ${seed}`);
  if (stops.includes("")) throw new RangeError('generate: expected stop strings with a character at least, got ""');
  if (stops.length > 0 && !model.tokenizer) {
    throw new Error("generate: expected a model with a tokenizer for stop strings, got one without tokenizer.json");
  }
}
