/** Text in, text out: a prompt or a chat becomes tokens, and tokens become text as they come. */
import type { ChatMessage, ChatTemplateOptions, Tokenizer } from "../tokenizers";
import { generate, type Decoder } from "./generate";

type TextOptions<Model extends Decoder<never>> = Omit<Parameters<typeof generate<Model>>[1], "inputIds">;

/**
 * Goes on where the prompt ends. Yields pieces of text; together they are the answer, without special tokens.
 * @throws when the model has no tokenizer; otherwise as `generate`.
 */
export async function* complete<Model extends Decoder<never>>(
  model: Model,
  prompt: string,
  options: TextOptions<Model> = {} as TextOptions<Model>,
): AsyncGenerator<string, void, undefined> {
  yield* textOf(model, tokenizerOf(model).encode(prompt), options);
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
  yield* textOf(model, inputIds, options as unknown as TextOptions<Model>);
}

async function* textOf<Model extends Decoder<never>>(
  model: Model,
  inputIds: readonly number[],
  options: TextOptions<Model>,
): AsyncGenerator<string, void, undefined> {
  const whole = { ...options, inputIds } as unknown as Parameters<typeof generate<Model>>[1];
  for await (const { text } of generate(model, whole)) if (text !== "") yield text;
}

function tokenizerOf(model: { tokenizer?: Tokenizer }): Tokenizer {
  if (model.tokenizer) return model.tokenizer;
  throw new Error(
    "generate: expected a model with a tokenizer, got one without tokenizer.json; give inputIds to generate",
  );
}
