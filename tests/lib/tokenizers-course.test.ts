/** The tokenizer of the course's language model: the same ids as in Python for texts and for chats, and back again. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openTokenizer, type ChatMessage } from "../../lib/tokenizers";

const read = (file: string) => readFileSync(`tests/fixtures/tokenizer-course/${file}`, "utf8");
type Golden = {
  chats: { messages: ChatMessage[]; prompt: string; ids: number[] }[];
  texts: { text: string; ids: number[] }[];
};
const { chats, texts } = JSON.parse(read("golden.json")) as Golden;
const tokenizer = openTokenizer({
  tokenizer: JSON.parse(read("tokenizer.json")),
  config: JSON.parse(read("tokenizer_config.json")),
  chatTemplate: read("chat_template.jinja"),
});

test("texts become the same ids, those that no training text had too", () => {
  for (const { text, ids } of texts) {
    expect(tokenizer.encode(text), text).toEqual(ids);
    expect(tokenizer.decode(ids.slice(1))).toBe(text);
  }
});

test("chats become the same text and ids", () => {
  expect(chats.length).toBeGreaterThan(20);
  for (const { messages, prompt, ids } of chats) {
    expect(tokenizer.applyChatTemplate(messages, { addGenerationPrompt: true })).toBe(prompt);
    expect(tokenizer.encode(prompt, { addSpecialTokens: false })).toEqual(ids);
    expect(tokenizer.decode(ids)).toBe(prompt);
  }
});

test("2,000 tokens, with Llama 3's special ones and one for pictures", () => {
  expect(tokenizer.vocabSize).toBe(2000);
  for (const token of ["<|begin_of_text|>", "<|eot_id|>", "<|image|>", "<|reserved_special_token_8|>"]) {
    expect(tokenizer.specialTokenIds).toContain(tokenizer.idOf(token));
  }
});
