/**
 * Files of strangers: whatever a tokenizer.json or a chat template holds, the answer is a tokenizer or one sentence, in
 * bounded time.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openTokenizer, renderChatTemplate } from "../../lib/tokenizers";
import { whyCostly } from "../../lib/tokenizers/pattern-cost";

type Json = Record<string, unknown> & { model: Record<string, unknown> };
const read = (name = "llama3") =>
  JSON.parse(readFileSync(`tests/fixtures/tokenizer-${name}/tokenizer.json`, "utf8")) as Json;
const replace = (pattern: object, content: string) => ({ type: "Replace", pattern, content });
const nested = (depth: number): unknown =>
  depth === 0 ? { type: "NFC" } : { type: "Sequence", normalizers: [nested(depth - 1)] };
const vocab = (entries: Record<string, unknown>) => ({ model: { type: "BPE", vocab: entries, merges: [] } });
const split = (Regex: string) => ({ pre_tokenizer: { type: "Split", pattern: { Regex }, behavior: "Isolated" } });

/** Nothing here may take long, wrong or right. */
function timed<T>(work: () => T, milliseconds = 2000): T {
  const started = performance.now();
  try {
    return work();
  } finally {
    expect(performance.now() - started).toBeLessThan(milliseconds);
  }
}

test("control: the file itself is a tokenizer", () => {
  expect(openTokenizer({ tokenizer: read() }).encode("a").length).toBeGreaterThan(0);
});

describe("tokenizer.json", () => {
  test.each<[string, unknown, string]>([
    ["no object", 7, "expected a tokenizer with a model, got 7"],
    ["null", null, "got null"],
    ["a list", [], "got a list"],
    ["without a model", { model: 3 }, "expected a tokenizer with a model, got an object"],
    [
      "an unknown model",
      { model: { type: "Magic" } },
      'a type that is known here (BPE, Unigram, WordPiece), got "Magic"',
    ],
    ["an id like an array of billions", vocab({ a: 4_000_000_000 }), 'model: vocab: "a": expected an id below 1048576'],
    ["a negative id", vocab({ a: -1 }), "got -1"],
    ["an id that is half", vocab({ a: 0.5 }), "got 0.5"],
    ["an id that is a text", vocab({ a: "0" }), 'got "0"'],
    ["two tokens of one id", vocab({ a: 1, b: 1 }), 'model: vocab: "b": expected an id of its own, got 1'],
    ["no tokens", vocab({}), "1 to 1048576 tokens, got 0"],
    ["a token of 2,000 characters", vocab({ ["x".repeat(2000)]: 0 }), "tokens of at most 1024 characters"],
    [
      "merges of tokens that are not there",
      { model: { type: "BPE", vocab: { a: 0, b: 1 }, merges: ["a b"] } },
      'got "ab"',
    ],
    [
      "a merge of one",
      { model: { type: "BPE", vocab: { a: 0 }, merges: ["a"] } },
      'model: merges: 0: expected two tokens, got "a"',
    ],
    ["merges that are numbers", { model: { type: "BPE", vocab: { a: 0 }, merges: [1] } }, "expected two tokens, got 1"],
    [
      "merges of two kinds",
      { model: { type: "BPE", vocab: { a: 0, aa: 1 }, merges: [["a", "a"], "a a"] } },
      "model: merges: 1",
    ],
    ["merges that are no list", { model: { type: "BPE", vocab: { a: 0 }, merges: {} } }, "a list of at most"],
    [
      "a score that is no number",
      { model: { type: "Unigram", vocab: [["a", "0"]], unk_id: 0 } },
      "a token and its score",
    ],
    ["an unknown token out of range", { model: { type: "Unigram", vocab: [["a", 0]], unk_id: 5 } }, "model: unk_id"],
    [
      "a step that never ends",
      { pre_tokenizer: { type: "FixedLength", length: 0 } },
      "a whole number of characters from 1, got 0",
    ],
    ["a step without a type", { normalizer: {} }, "normalizer: expected a type that is known here"],
    ["a step that is a number", { decoder: 5 }, "decoder: expected an object with a type, got 5"],
    ["a step of another part", { normalizer: { type: "ByteFallback" } }, 'got "ByteFallback"'],
    ["steps inside steps", { normalizer: nested(20) }, "sequences at most 8 deep"],
    [
      "a thousand steps",
      { normalizer: { type: "Sequence", normalizers: new Array(1000).fill({ type: "NFC" }) } },
      "at most 64 steps",
    ],
    [
      "steps that double a text forty times",
      { normalizer: { type: "Sequence", normalizers: new Array(40).fill(replace({ String: "a" }, "aa")) } },
      "steps that make a text at most 64 times as long",
    ],
    ["a replacement of nothing by much", { normalizer: replace({ Regex: "x*" }, "y".repeat(900)) }, "64 times as long"],
    ["a replacement of 2 MB", { normalizer: replace({ String: "a" }, "y".repeat(2e6)) }, "a text of at most 1024"],
    ["no pattern", { pre_tokenizer: { type: "Split" } }, "a String or a Regex"],
    ["a pattern that takes years", split("(a+)+b"), "a regular expression that cannot take very long"],
    ["a pattern that is none", split("a**"), "expected a tokenizer that can be built here"],
    [
      "a template of a million tokens",
      { post_processor: { type: "TemplateProcessing", single: new Array(1e6).fill(0), pair: [] } },
      "a list of at most 64",
    ],
    [
      "a template of other tokens",
      {
        post_processor: {
          type: "TemplateProcessing",
          single: [{ SpecialToken: { id: "<x>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
          pair: [],
        },
      },
      "can be built here",
    ],
    ["an added token without a content", { added_tokens: [{ id: 1, content: "" }] }, "added_tokens: 0"],
    ["an added token of a far id", { added_tokens: [{ id: 1e12, content: "x" }] }, "added_tokens: 0"],
    ["added tokens that are no list", { added_tokens: 9 }, "added_tokens: expected a list"],
  ])("%s", (_, change, message) => {
    const file =
      typeof change === "object" && change !== null && !Array.isArray(change) ? { ...read(), ...change } : change;
    expect(() => timed(() => openTokenizer({ tokenizer: file, name: "here/" }))).toThrow(message);
    expect(() => openTokenizer({ tokenizer: file, name: "here/" })).toThrow(/^here\/tokenizer\.json: [^\n]{1,700}$/);
  });

  test("millions of tokens or merges are refused by their count", () => {
    const unigram = { model: { type: "Unigram", vocab: new Array(2_000_000), unk_id: 0 } };
    const merges = { model: { type: "BPE", vocab: { a: 0 }, merges: new Array(3_000_000) } };
    const open = (change: object) => timed(() => openTokenizer({ tokenizer: { ...read(), ...change } }), 500);
    expect(() => open(unigram)).toThrow("a list of 1 to 1048576 tokens, got 2000000");
    expect(() => open(merges)).toThrow("a list of at most 2097152, got 3000000");
  });

  test("everything that is wrong is told at once, up to a few", () => {
    const file = { ...read(), ...vocab({ a: -1 }), normalizer: { type: "?" }, decoder: 3 };
    expect(() => openTokenizer({ tokenizer: file })).toThrow(/normalizer.*decoder.*vocab/);
  });

  test("a thousand random changes: a tokenizer or a sentence, quickly", () => {
    let state = 12345;
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return state % below;
    };
    const strange = [null, -1, 1e9, 0.5, "", "x", [], {}, true, "a".repeat(5000), [[]], { type: "Sequence" }, "(a+)+$"];
    const opened = { well: 0, refused: 0 };
    for (let round = 0; round < 1000; round++) {
      const file = read(["llama3", "llama2", "clip", "siglip", "smollm"][round % 5]);
      let at = file as Record<string, unknown>;
      for (let depth = 0; depth < 8; depth++) {
        const keys = Object.keys(at);
        const key = keys[random(keys.length)]!;
        const inner = at[key];
        if (typeof inner === "object" && inner !== null && Object.keys(inner).length > 0 && random(4) > 0) {
          at = inner as Record<string, unknown>;
          continue;
        }
        at[key] = strange[random(strange.length)];
        break;
      }
      try {
        timed(() => {
          const tokenizer = openTokenizer({ tokenizer: file });
          const ids = tokenizer.encode("It's 12 cats,  🙂 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n");
          tokenizer.decode(ids);
        });
        opened.well++;
      } catch (error) {
        expect((error as Error).message).toMatch(/^tokenizer\.json: expected|^tokenizer\.json: \w+/);
        opened.refused++;
      }
    }
    expect(opened.refused).toBeGreaterThan(100);
    expect(opened.well).toBeGreaterThan(100);
  });
});

describe("tokenizer_config.json", () => {
  test.each<[unknown, string]>([
    [[], "expected an object, got []"],
    [{ bos_token: 5 }, "bos_token: expected a token, got 5"],
    [{ eos_token: { content: 1 } }, "eos_token: expected a token"],
    [{ padding_side: "top" }, 'padding_side: expected left or right, got "top"'],
    [{ chat_template: 5 }, "chat_template: expected a text, or named texts, got 5"],
    [{ chat_template: [{ name: "other", template: "x" }] }, "chat_template"],
  ])("%j", (config, message) => {
    expect(() => openTokenizer({ tokenizer: read(), config, name: "here/" })).toThrow(message);
  });
});

describe("regular expressions", () => {
  const published = {
    "GPT-2": "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
    "Llama 3":
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" +
      "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    "o200k, Llama 4":
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?" +
      "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    CLIP: "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
    BLOOM: " ?[^(\\s|[.,!?…。，、।۔،])]+",
    spaces: " {2,}",
  };
  test.each(Object.entries(published))("%s may run", (_, pattern) => {
    expect(whyCostly(pattern)).toBeUndefined();
  });

  test.each([
    "(a+)+b",
    "(a*)*b",
    "(a|a)*b",
    "(?:a|aa)+$",
    "(x+x+)+y",
    "(.*a){20}",
    "a*a*a*b",
    "\\s*\\s*x",
    "a*(?:a*b)?a",
    "(?=a*b)a*c",
    "a{1,3}+b",
    "a?".repeat(30) + "a".repeat(30),
    "(?:a|a)".repeat(20) + "b",
    "(".repeat(500) + ")".repeat(500),
    "a{1,100000}",
    "(a)\\1",
    "a".repeat(10_000),
    "[a",
    "(a",
    "a)",
    "a\\",
  ])("%j is refused", (pattern) => {
    expect(timed(() => whyCostly(pattern), 100)).toBeDefined();
  });

  test("what may run is quick on what makes others slow", () => {
    const texts = [" ", "a", "\n", "1", "aA", " \n", "'"].map((part) => part.repeat(3000) + "!");
    for (const pattern of Object.values(published)) {
      const tokenizer = openTokenizer({ tokenizer: { ...read(), ...split(pattern), model: read().model } });
      for (const text of texts) timed(() => tokenizer.encode(text), 4000);
    }
  });
});

describe("chat templates", () => {
  const render = (template: string) =>
    timed(() => renderChatTemplate(template, [{ role: "user", content: "hi" }], {}), 8000);

  test("control: a template renders", () => {
    expect(render("{% for i in range(2, 8, 3) %}{{ i }},{% endfor %}{{ messages[0].content | upper }}")).toBe("2,5,HI");
    expect(render("{{ strftime_now('%Y') | length }}")).toBe("4");
  });

  test.each([
    ["a long loop", "{% for i in range(1000000000) %}{% endfor %}", "a range of more than 100000"],
    ["a range that goes nowhere", "{% for i in range(0, 5, 0) %}{% endfor %}", "a range of more than 100000"],
    [
      "loops in loops",
      "{% for i in range(99999) %}{% for j in range(99999) %}{{ i }}{% endfor %}{% endfor %}",
      "more than",
    ],
    [
      "a text that doubles",
      "{% set s = namespace(x='ab') %}{% for i in range(60) %}{% set s.x = s.x ~ s.x %}{% endfor %}{{ s.x }}",
      "more than 2000000 characters",
    ],
    [
      "a list that doubles",
      "{% set s = namespace(x=[1, 2]) %}{% for i in range(60) %}{% set s.x = s.x + s.x %}{% endfor %}",
      "a list of more than 100000",
    ],
    ["a macro that calls itself", "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}", "expected a Jinja template"],
    ["an indent of a billion", "{{ 'a\nb' | indent(1000000000) }}", "expected a Jinja template"],
    ["no Jinja", "{% for %}", "expected a Jinja template that renders these messages"],
    ["an open bracket", "{{ (((((", "expected a Jinja template"],
    ["brackets in brackets", "{{ " + "(".repeat(100_000), "expected a Jinja template"],
    ["a template of 2 MB", "x".repeat(2_000_000), "at most 1000000 characters, got 2000000"],
    ["one that refuses", "{{ raise_exception('no pictures, please') }}", "chat template: no pictures, please"],
  ])("%s", (_, template, message) => {
    expect(() => render(template)).toThrow(message);
  });

  test("a template of a megabyte of text is read in time", () => {
    expect(render("x".repeat(900_000) + "{{ messages[0].role }}")).toHaveLength(900_004);
  });
});
