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

  test("special tokens, and where padding goes", () => {
    const { bos, eos, pad } = golden.special;
    const { bosTokenId, eosTokenId, padTokenId } = tokenizer;
    expect([bosTokenId ?? null, eosTokenId ?? null, padTokenId ?? null]).toEqual([bos, eos, pad]);
    expect(tokenizer.paddingSide).toBe(golden.paddingSide);
    for (const id of [bos, eos, pad]) if (id !== null) expect(tokenizer.specialTokenIds).toContain(id);
    expect(tokenizer.tokenOf(tokenizer.vocabSize - 1)).toBeDefined();
    expect(tokenizer.tokenOf(tokenizer.vocabSize)).toBeUndefined();
    expect(tokenizer.idOf(tokenizer.tokenOf(7)!)).toBe(7);
  });

  if (golden.batch)
    test("a batch: padded to its longest, and to a length that cuts", () => {
      const { texts, ...longest } = golden.batch!;
      const { length, ...fixed } = golden.fixed!;
      expect(tokenizer.encodeBatch(texts)).toEqual(longest);
      expect(tokenizer.encodeBatch(texts, { length })).toEqual(fixed);
      const other = golden.paddingSide === "left" ? "right" : "left";
      expect(tokenizer.encodeBatch(texts, { paddingSide: other })).not.toEqual(longest);
    });

  test.each(golden.chats.map((entry) => [entry.addGenerationPrompt, entry.variables, entry] as const))(
    "a chat: %j, %j",
    (addGenerationPrompt, variables, { messages, text, ids }) => {
      const rendered = tokenizer.applyChatTemplate(messages, { addGenerationPrompt, variables });
      expect(rendered).toBe(text);
      expect(tokenizer.encode(rendered, { addSpecialTokens: false })).toEqual(ids);
    },
  );

  test("a stream shows what decode gives, and never half a character", () => {
    for (const { plain, text } of golden.texts) {
      const stream = tokenizer.stream();
      const pieces = plain.map((id) => stream.push(id));
      const shown = pieces.join("");
      if (!text.includes("\ufffd")) expect(shown).not.toContain("\ufffd");
      expect(shown + stream.end()).toBe(tokenizer.decode(plain));
    }
  });
});

test("a stream waits for a character's last byte, and gives up at the end", () => {
  const tokenizer = open("llama3");
  const smile = tokenizer.encode("🫠", { addSpecialTokens: false });
  expect(smile.length).toBeGreaterThan(1);
  const stream = tokenizer.stream();
  expect(
    smile
      .slice(0, -1)
      .map((id) => stream.push(id))
      .join(""),
  ).toBe("");
  expect(stream.push(smile.at(-1)!)).toBe("🫠");
  expect(stream.end()).toBe("");
  expect(stream.push(smile[0]!)).toBe("");
  expect(stream.end()).toBe("\ufffd");

  const special = tokenizer.stream({ skipSpecialTokens: true });
  const ids = [...tokenizer.encode("hi<|eot_id|>", { addSpecialTokens: false }), ...tokenizer.encode(" you")];
  expect(ids.map((id) => special.push(id)).join("") + special.end()).toBe("hi you");
});

test("a long stream costs as much per token as a short one", () => {
  const tokenizer = open("smollm");
  const ids = tokenizer.encode("The model reads the question. ".repeat(2000));
  const stream = tokenizer.stream();
  const started = performance.now();
  expect(ids.map((id) => stream.push(id)).join("") + stream.end()).toHaveLength(60_000);
  expect(performance.now() - started).toBeLessThan(5000); // decoding all of it for each token takes minutes
});

test("older files: tokens as objects, templates in the config and by name", () => {
  const config = read("llama3", "tokenizer_config.json") as Record<string, unknown>;
  const asObject = (content: string) => ({ __type: "AddedToken", content, lstrip: false, special: true });
  const chat_template = [
    { name: "tool_use", template: "never" },
    { name: "default", template: "{{ bos_token }}{{ messages[0].content }}" },
  ];
  const old = { ...config, bos_token: asObject("<|begin_of_text|>"), chat_template };
  const tokenizer = openTokenizer({ tokenizer: read("llama3", "tokenizer.json"), config: old });
  expect(tokenizer.bosTokenId).toBe(open("llama3").bosTokenId);
  expect(tokenizer.applyChatTemplate([{ role: "user", content: "hi" }])).toBe("<|begin_of_text|>hi");
  const bare = openTokenizer({ tokenizer: read("llama3", "tokenizer.json") });
  expect(bare.bosTokenId).toBeUndefined();
  expect(bare.hasChatTemplate).toBe(false);
  expect(() => bare.applyChatTemplate([])).toThrow("expected a chat template in chat_template.jinja");
});

test("what is not in the vocabulary: ids show nothing, characters are left out, as in Python", () => {
  const json = read("smollm", "tokenizer.json") as { model: { vocab: Record<string, number> } };
  const { a, ...vocab } = json.model.vocab;
  const tokenizer = openTokenizer({ tokenizer: { ...json, model: { ...json.model, vocab, merges: [] } } });
  expect(tokenizer.decode([a!, 99_999])).toBe("");
  expect(tokenizer.encode("ab")).toEqual([vocab.b]);
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
