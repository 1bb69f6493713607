/**
 * Questions about one picture: it is looked at once, and what the model then remembers is where each question goes on.
 *
 * The prompt is that of training: the tokenizer's chat template around one message, `<|image|>` and the question.
 */
import { generate, type GeneratedToken } from "../generation";
import type { Picture } from "../images";
import type {
  EagleForConditionalGeneration,
  LlavaForConditionalGeneration,
  MllamaForConditionalGeneration,
  Model,
} from "../models";
import type { Tensor } from "../tensor";
import type { Tokenizer } from "../tokenizers";

/** Models that take token numbers with an image token among them. */
export type Answering = EagleForConditionalGeneration | LlavaForConditionalGeneration | MllamaForConditionalGeneration;

/** A token that an answer may begin with. */
export type Candidate = { token: number; text: string; probability: number };

export type AskOptions = {
  /** [8] */
  maxNewTokens?: number;
  signal?: AbortSignal;
};

/** One question at a time: each begins where the picture ends, over what the one before left. */
export type OpenedPicture = {
  /** The likeliest tokens, one by one. */
  ask(question: string, options?: AskOptions): AsyncGenerator<GeneratedToken, void, undefined>;
  /** The whole answer, without special tokens and as the model wrote it. */
  answer(question: string, options?: AskOptions): Promise<string>;
  /** The k likeliest first tokens of an answer, best first. */
  firstTokens(question: string, options?: { k?: number; signal?: AbortSignal }): Promise<Candidate[]>;
  /** Frees what the model remembers of the picture. */
  dispose(): void;
};

const NEW_TOKENS = 8;
const IMAGE = "<|image|>";
/** Tokens that a question may take. */
const ROOM = 256;

export function isAnswering(model: Model): model is Answering {
  return model.modelType === "eagle" || model.modelType === "llava" || model.modelType === "mllama";
}

/** @throws a sentence when the model has no tokenizer or no chat template; the signal's reason when aborted. */
export async function openPicture(
  model: Answering,
  picture: Picture,
  { signal, maxNewTokens = NEW_TOKENS }: AskOptions = {},
): Promise<OpenedPicture> {
  const { prefix } = promptOf(model, "?");
  const { inputIds, attentionMask: _, ...seen } = model.prepare({ text: prefix, pictures: [picture] });
  const past = inputIds[0]!.length;
  const cache = model.createCache({ capacity: past + ROOM + maxNewTokens });
  const reading = model as Reading;
  try {
    (await reading.forward({ ...seen, inputIds, cache, logitsToKeep: 1 }, { signal })).logits.dispose();
  } catch (error) {
    cache.dispose();
    throw error;
  } finally {
    seen.pixelValues?.dispose();
  }

  /** A question starts behind the picture, whatever was asked before. */
  const restart = (question: string): number[] => {
    cache.length = past;
    return promptOf(model, question).rest;
  };
  async function* ask(question: string, options: AskOptions = {}) {
    yield* generate(reading, { inputIds: restart(question), cache, maxNewTokens, ...options });
  }
  return {
    ask,
    async answer(question, options) {
      let answer = "";
      for await (const { text } of ask(question, options)) answer += text;
      return answer;
    },
    async firstTokens(question, { k = 5, signal } = {}) {
      const inputIds = [restart(question)];
      const { logits } = await reading.forward({ inputIds, cache, logitsToKeep: 1 }, { signal });
      try {
        return likeliest(await logits.data(signal), k, model.tokenizer!);
      } finally {
        logits.dispose();
      }
    },
    dispose: () => cache.dispose(),
  };
}

/** The three kinds of models differ in nothing that is used here. */
type Cache = ReturnType<EagleForConditionalGeneration["createCache"]>;
type Reading = Pick<Answering, "generationConfig" | "tokenizer"> & {
  createCache(options: { capacity: number }): Cache;
  forward(
    inputs: { inputIds: readonly (readonly number[])[]; cache: Cache; logitsToKeep: number; pixelValues?: Tensor },
    options?: { signal?: AbortSignal },
  ): Promise<{ logits: Tensor }>;
};

/** The tokens up to and with the picture's, and those after it. */
function promptOf(model: Answering, question: string): { prefix: number[]; rest: number[] } {
  const { tokenizer, modelType } = model;
  if (!tokenizer)
    throw new Error(`${modelType}: expected a tokenizer.json beside the weights, for questions, got none`);
  const text = tokenizer.applyChatTemplate([{ role: "user", content: IMAGE + question }], {
    addGenerationPrompt: true,
  });
  const ids = tokenizer.encode(text, { addSpecialTokens: false });
  const image = model.modelType === "mllama" ? model.config.imageTokenIndex : model.config.imageTokenId;
  const at = ids.indexOf(image);
  if (at < 0 || ids.includes(image, at + 1)) {
    const places = ids.filter((id) => id === image).length;
    throw new Error(`${modelType}: expected one image token (id ${image}) in a prompt with ${IMAGE}, got ${places}`);
  }
  return { prefix: ids.slice(0, at + 1), rest: ids.slice(at + 1) };
}

function likeliest(logits: Float32Array, k: number, tokenizer: Tokenizer): Candidate[] {
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0);
  return [...logits.keys()]
    .sort((a, b) => logits[b]! - logits[a]! || a - b)
    .slice(0, k)
    .map((token) => ({
      token,
      text: tokenizer.decode([token]),
      probability: Math.exp(logits[token]! - top) / total,
    }));
}
