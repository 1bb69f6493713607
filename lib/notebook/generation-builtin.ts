/** `generate`, `complete` and `chat` in a cell: lib/generation's own, which end when the cell does. */
import type { chat, complete, generate } from "../generation";
import type { Picture } from "../images";
import type { Tokenizer } from "../tokenizers";
import { perCell, type PerCell } from "./cell-context";
import { asStream } from "./stream";

export type GenerationBuiltins = {
  generate: typeof generate;
  complete: typeof complete;
  /** A question alone is one message of the user, with a place for each of `pictures` before it. */
  chat: typeof chat;
};

type Options = { signal?: AbortSignal; pictures?: readonly Picture[] };
type Generation = Record<keyof GenerationBuiltins, (model: unknown, asked: unknown, options?: Options) => object>;

export async function generationBuiltin<Name extends keyof GenerationBuiltins>(
  name: Name,
): Promise<PerCell<GenerationBuiltins[Name]>> {
  const generation = (await import("../generation")) as unknown as Generation;
  return perCell(({ signal }) => {
    const ending = (options: Options = {}): Options => ({ ...options, signal: either(signal, options.signal) });
    const builtin = {
      generate: (model: unknown, options: Options) => asStream(generation.generate(model, ending(options))),
      complete: (model: unknown, prompt: unknown, options?: Options) =>
        asStream(generation.complete(model, prompt, ending(options))),
      chat: (model: unknown, messages: unknown, options?: Options) =>
        asStream(generation.chat(model, asMessages(model, messages, options?.pictures), ending(options))),
    };
    return builtin[name] as unknown as GenerationBuiltins[Name];
  });
}

/** Llama's own image token stands in the text; other models' templates put theirs where a part says "image". */
const IMAGE = "<|image|>";

function asMessages(model: unknown, messages: unknown, pictures: readonly Picture[] = []): unknown {
  if (typeof messages !== "string") return messages;
  const { tokenizer } = model as { tokenizer?: Tokenizer };
  const content =
    pictures.length === 0 || tokenizer?.idOf(IMAGE) !== undefined
      ? IMAGE.repeat(pictures.length) + messages
      : [...pictures.map(() => ({ type: "image" })), { type: "text", text: messages }];
  return [{ role: "user", content }];
}

export const either = (signal: AbortSignal, own?: AbortSignal) =>
  own && own !== signal ? AbortSignal.any([own, signal]) : signal;
