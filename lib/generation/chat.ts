/** Text in, text out: a prompt or a chat becomes tokens, and tokens become text as they come. */
import { isTensor } from "../tensor";
import type { ChatMessage, ChatTemplateOptions, Tokenizer } from "../tokenizers";
import { generate, type Decoder } from "./generate";

type TextOptions<Model extends Decoder<never>> = Omit<Parameters<typeof generate<Model>>[1], "inputIds"> & {
  /** For models that see: one for each place that the text has for a picture, in its order. */
  pictures?: Model extends { prepare(prompt: { pictures?: infer Pictures }): unknown } ? Pictures : never;
};

/**
 * Goes on where the prompt ends. Yields pieces of text; together they are the answer, without special tokens.
 * @throws when the model has no tokenizer; otherwise as `generate`.
 */
export async function* complete<Model extends Decoder<never>>(
  model: Model,
  prompt: string,
  options: TextOptions<Model> = {} as TextOptions<Model>,
): AsyncGenerator<string, void, undefined> {
  yield* textOf(model, prompt, options, tokenizerOf(model).encode(prompt));
}

/**
 * Answers the last message. Yields pieces of text; together they are the answer, without special tokens.
 * @throws when the model has no tokenizer or no chat template, or its template refuses the messages.
 */
export async function* chat<Model extends Decoder<never>>(
  model: Model,
  messages: readonly ChatMessage[],
  { template, ...options }: TextOptions<Model> & { template?: ChatTemplateOptions } = {} as TextOptions<Model>,
): AsyncGenerator<string, void, undefined> {
  const tokenizer = tokenizerOf(model);
  const text = tokenizer.applyChatTemplate(messages, { addGenerationPrompt: true, ...template });
  const inputIds = tokenizer.encode(text, { addSpecialTokens: false }); // the template wrote them already
  yield* textOf(model, text, options as unknown as TextOptions<Model>, inputIds);
}

async function* textOf<Model extends Decoder<never>>(
  model: Model,
  prompt: string,
  { pictures, ...options }: TextOptions<Model>,
  inputIds: readonly number[],
): AsyncGenerator<string, void, undefined> {
  const prepared = pictures === undefined ? {} : withPictures(model, prompt, pictures);
  const whole = { ...options, inputIds, ...prepared } as unknown as Parameters<typeof generate<Model>>[1];
  try {
    for await (const { text } of generate(model, whole)) if (text !== "") yield text;
  } finally {
    for (const made of Object.values(prepared)) if (isTensor(made)) made.dispose();
  }
}

/** The model's own way to put pictures into a text: token ids, pixel values and what else it needs. */
function withPictures(model: object, text: string, pictures: unknown): object {
  if ("prepare" in model) {
    return (model as { prepare(prompt: object): object }).prepare({ text, pictures });
  }
  throw new Error("generate: expected a model that sees, for pictures, got one that only reads");
}

function tokenizerOf(model: { tokenizer?: Tokenizer }): Tokenizer {
  if (model.tokenizer) return model.tokenizer;
  throw new Error(
    "generate: expected a model with a tokenizer, got one without tokenizer.json; give inputIds to generate",
  );
}
