/**
 * Tokenizers against the `tokenizers` library of Python and transformers' chat templates: `python -m training
 * architectures tokenizer` trained them on a few lines and stored what they make of nasty strings.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openTokenizer, type ChatMessage, type Tokenizer } from "../../lib/tokenizers";

type Golden = {
  texts: { text: string; ids: number[]; plain: number[]; decoded: string; skipped: string }[];
  special: { bos: number | null; eos: number | null; pad: number | null };
  paddingSide: string;
  batch?: { texts: string[]; inputIds: number[][]; attentionMask: number[][] };
  fixed?: { length: number; inputIds: number[][]; attentionMask: number[][] };
  chats: {
    messages: ChatMessage[];
    addGenerationPrompt: boolean;
    variables: Record<string, unknown>;
    text: string;
    ids: number[];
  }[];
};

const names = ["llama3", "llama2", "smollm", "clip", "siglip"] as const;

describe.each(names)("tokenizer-%s", (name) => {
  const golden = read(name, "golden.json") as Golden;
  const tokenizer = open(name);

  test.each(golden.texts.map(({ text, ...wanted }) => [text, wanted] as const))("%j", (text, wanted) => {
    expect(tokenizer.encode(text)).toEqual(wanted.ids);
    expect(tokenizer.encode(text, { addSpecialTokens: false })).toEqual(wanted.plain);
    expect(tokenizer.decode(wanted.ids)).toBe(wanted.decoded);
    expect(tokenizer.decode(wanted.ids, { skipSpecialTokens: true })).toBe(wanted.skipped);
  });
});

function open(name: string): Tokenizer {
  const template = name.startsWith("llama") || name === "smollm" ? readText(name, "chat_template.jinja") : undefined;
  return openTokenizer({
    tokenizer: read(name, "tokenizer.json"),
    config: read(name, "tokenizer_config.json"),
    chatTemplate: template,
  });
}

function readText(name: string, file: string): string {
  return readFileSync(`tests/fixtures/tokenizer-${name}/${file}`, "utf8");
}

function read(name: string, file: string): unknown {
  return JSON.parse(readText(name, file)) as unknown;
}
