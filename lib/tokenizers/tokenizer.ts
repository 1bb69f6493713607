/**
 * From text to token ids and back, as tokenizer.json says; chats as text, as the chat template says.
 * The work is done by `@huggingface/tokenizers` and `@huggingface/jinja`. This is a thin layer over them: it checks the
 * files first, pads batches, and streams text without half characters.
 *
 * Leaves out: `truncation` and `padding` of tokenizer.json, which transformers ignores too unless it is told otherwise.
 */
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { renderChatTemplate, type ChatMessage, type ChatTemplateOptions } from "./chat-template";
import { checkTokenizer } from "./check-tokenizer";
import { likeRust } from "./like-rust";
import { readTokenizerConfig } from "./tokenizer-config";
import { openTokenStream, type TokenStream } from "./token-stream";

export type { TokenStream };

export type TokenizerFiles = {
  /** tokenizer.json */
  tokenizer: unknown;
  /** tokenizer_config.json */
  config?: unknown;
  /** chat_template.jinja, which wins over the `chat_template` of tokenizer_config.json */
  chatTemplate?: string;
  /** Where the files are, ending in a slash: what errors call them [nothing] */
  name?: string;
};

export type BatchEncoding = {
  /** Rows of one length: [B][T] */
  inputIds: number[][];
  /** 1 for a token, 0 for padding: [B][T] */
  attentionMask: number[][];
};

export type Tokenizer = {
  /** One above the highest id. */
  vocabSize: number;
  bosTokenId?: number;
  eosTokenId?: number;
  padTokenId?: number;
  unkTokenId?: number;
  /** All ids that `decode` leaves out when it is asked to skip special tokens. */
  specialTokenIds: readonly number[];
  /** On which side a batch is padded, by tokenizer_config.json. Text goes on at the right, so decoders want left. */
  paddingSide: "left" | "right";
  /** Special tokens that the file puts around a text, such as <s>, come with it unless `addSpecialTokens` is false. */
  encode(text: string, options?: { addSpecialTokens?: boolean }): number[];
  /**
   * Texts in rows of one length: the longest's, or `length`, to which longer ones are cut at the right, keeping the
   * special token at their end.
   */
  encodeBatch(
    texts: readonly string[],
    options?: { addSpecialTokens?: boolean; paddingSide?: "left" | "right"; length?: number },
  ): BatchEncoding;
  decode(ids: readonly number[], options?: { skipSpecialTokens?: boolean }): string;
  /** Decodes ids as they come, and never shows half a character. */
  stream(options?: { skipSpecialTokens?: boolean }): TokenStream;
  /** The token's own spelling, such as "Ġthe"; undefined for an id that is not in the vocabulary. */
  tokenOf(id: number): string | undefined;
  idOf(token: string): number | undefined;
  /** Whether the files have a template for chats. */
  hasChatTemplate: boolean;
  /**
   * A chat as the text that the model was trained on, special tokens included: encode it with addSpecialTokens false.
   * @throws one sentence when there is no template, or it refuses the messages.
   */
  applyChatTemplate(
    messages: readonly ChatMessage[],
    options?: ChatTemplateOptions & { chatTemplate?: string },
  ): string;
};

/**
 * @throws one sentence that lists what is wrong with the files; what they ask for is bounded in time and memory.
 */
export function openTokenizer({ tokenizer: file, config, chatTemplate, name = "" }: TokenizerFiles): Tokenizer {
  const json = likeRust(checkTokenizer(file, `${name}tokenizer.json`));
  const settings = readTokenizerConfig(config, chatTemplate, `${name}tokenizer_config.json`);
  const inner = construct(json, settings.cleanUp && json.model.type !== "BPE", `${name}tokenizer.json`);
  const idOf = (token: string) => inner.token_to_id(token);
  const special = Object.fromEntries(Object.entries(settings.specialTokens).map(([key, token]) => [key, idOf(token)]));
  const specialTokenIds = json.added_tokens.filter((token) => token.special).map((token) => token.id);

  const encode: Tokenizer["encode"] = (text, { addSpecialTokens = true } = {}) =>
    inner.encode(text, { add_special_tokens: addSpecialTokens }).ids;
  const skipped = new Set(specialTokenIds);
  const decode: Tokenizer["decode"] = (ids, { skipSpecialTokens = false } = {}) => {
    const kept = skipSpecialTokens ? ids.filter((id) => !skipped.has(id)) : [...ids];
    const known = kept.filter((id) => inner.id_to_token(id) !== undefined);
    const text = known.length > 0 ? inner.decode(known, { skip_special_tokens: false }) : "";
    // CLIP's words end in a space, the last one too. Not trim(): that takes U+FEFF, which Python's strip() leaves.
    return json.model.end_of_word_suffix ? text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "") : text;
  };

  return {
    vocabSize: json.vocabSize,
    bosTokenId: special.bos_token,
    eosTokenId: special.eos_token,
    padTokenId: special.pad_token,
    unkTokenId: special.unk_token,
    specialTokenIds,
    paddingSide: settings.paddingSide,
    encode,
    encodeBatch(texts, { addSpecialTokens, paddingSide = settings.paddingSide, length } = {}) {
      const padding = special.pad_token ?? special.eos_token ?? 0;
      const affixes = addSpecialTokens === false ? 0 : endingLength(encode);
      const rows = texts.map((text) => encode(text, { addSpecialTokens }));
      return pad(rows, { padding, paddingSide, length, affixes });
    },
    decode,
    stream: (options) => openTokenStream((ids) => decode(ids, options)),
    tokenOf: (id) => inner.id_to_token(id),
    idOf,
    hasChatTemplate: settings.chatTemplate !== undefined,
    applyChatTemplate(messages, { chatTemplate: own, ...options } = {}) {
      const template = own ?? settings.chatTemplate;
      if (template === undefined) {
        throw new Error(
          `${name}: expected a chat template in chat_template.jinja or tokenizer_config.json, found none; ` +
            "this model was not trained on chats, so give it plain text",
        );
      }
      return renderChatTemplate(template, messages, settings.specialTokens, options);
    },
  };
}

function construct(json: object, cleanUp: boolean, name: string): HuggingFaceTokenizer {
  try {
    const inner = new HuggingFaceTokenizer(json, { clean_up_tokenization_spaces: cleanUp });
    // What stands around every text: the post-processor may name tokens that are not there.
    if (inner.encode("").ids.includes(undefined as unknown as number))
      throw new Error("a post_processor of other tokens");
    return inner;
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : String(error);
    throw new Error(`${name}: expected a tokenizer that can be built here, got: ${why}`);
  }
}

/** How many special tokens stand behind a text. */
function endingLength(encode: Tokenizer["encode"]): number {
  const [whole, plain] = [encode("a"), encode("a", { addSpecialTokens: false })];
  let ending = 0;
  while (ending < whole.length - plain.length && whole.at(-1 - ending) !== plain.at(-1)) ending++;
  return ending;
}

type PadOptions = { padding: number; paddingSide: "left" | "right"; length?: number; affixes: number };

function pad(rows: number[][], { padding, paddingSide, length, affixes }: PadOptions): BatchEncoding {
  const width = length ?? Math.max(0, ...rows.map((row) => row.length));
  const cut = rows.map((row) => {
    if (row.length <= width) return row;
    return [...row.slice(0, Math.max(0, width - affixes)), ...row.slice(row.length - Math.min(affixes, width))];
  });
  const place = (row: number[], filling: number[]) =>
    paddingSide === "left" ? [...filling, ...row] : [...row, ...filling];
  const filling = (row: number[], value: number) => new Array<number>(width - row.length).fill(value);
  return {
    inputIds: cut.map((row) => place(row, filling(row, padding))),
    attentionMask: cut.map((row) => place(new Array<number>(row.length).fill(1), filling(row, 0))),
  };
}
