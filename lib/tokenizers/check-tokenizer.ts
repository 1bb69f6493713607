/**
 * Looks at a tokenizer.json before anything is built from it. Whoever wrote the file may have written anything: numbers
 * that make arrays of billions, steps that double a text forty times, a step of length 0 that never ends, a regular
 * expression that takes years. What is left can be built and run in time and memory that grow with the text as usual.
 */
import { whyCostly } from "./pattern-cost";

/** The parts of a checked file that the rest of this folder reads. */
export type TokenizerJson = {
  model: { type: string; end_of_word_suffix?: string | null };
  added_tokens: { id: number; content: string; special: boolean }[];
  /** One above the highest id: not in the file, but counted. */
  vocabSize: number;
};

/** Above any published tokenizer (Gemma 3: 262,145 tokens, 515,000 merges; a token of 1,000 characters is noise). */
const MAX = {
  tokens: 1_048_576,
  merges: 2_097_152,
  addedTokens: 65_536,
  token: 1024,
  steps: 64,
  depth: 8,
  growth: 64,
  template: 64,
  problems: 5,
};

const STEPS: Record<string, readonly string[]> = {
  normalizer: words(
    "BertNormalizer Precompiled Sequence Replace NFC NFD NFKC NFKD Strip StripAccents Lowercase Prepend",
  ),
  pre_tokenizer: words(
    "BertPreTokenizer Sequence Whitespace WhitespaceSplit Metaspace ByteLevel Split Punctuation Digits Replace FixedLength",
  ),
  post_processor: words("TemplateProcessing ByteLevel BertProcessing RobertaProcessing Sequence"),
  decoder: words("ByteLevel WordPiece Metaspace BPEDecoder CTC Sequence Replace Fuse Strip ByteFallback"),
};

/** @throws one sentence that lists the first few things that are wrong. */
export function checkTokenizer(file: unknown, name: string): TokenizerJson {
  const problems: string[] = [];
  const wrong: Wrong = (where, expected, got) => {
    if (problems.length < MAX.problems) problems.push(`${where}: expected ${expected}, got ${show(got)}`);
  };
  if (!isObject(file) || !isObject(file.model)) {
    throw new Error(`${name}: expected a tokenizer with a model, got ${show(file)}`);
  }
  const parts = Object.fromEntries(Object.keys(STEPS).map((part) => [part, file[part] ?? null]));
  for (const [part, step] of Object.entries(parts)) checkSteps(part, step, wrong);
  const vocabulary = checkModel(file.model, wrong);
  const added = checkAddedTokens(file.added_tokens ?? [], wrong);
  if (problems.length > 0) throw new Error(`${name}: ${problems.join("; ")}`);
  const vocabSize = [...added.map((token) => token.id + 1)].reduce((a, b) => Math.max(a, b), vocabulary);
  return { ...file, ...parts, model: file.model as TokenizerJson["model"], added_tokens: added, vocabSize };
}

type Wrong = (where: string, expected: string, got: unknown) => void;
type Fields = Record<string, unknown>;

/** All steps of one part of the file, and of the sequences in it. */
function checkSteps(part: string, root: unknown, wrong: Wrong): void {
  let count = 0;
  let growth = 1;
  const visit = (step: unknown, depth: number): void => {
    if (step === null || ++count > MAX.steps) return;
    if (depth > MAX.depth) return wrong(part, `sequences at most ${MAX.depth} deep`, depth);
    if (!isObject(step)) return wrong(part, "an object with a type", step);
    const { type } = step;
    if (typeof type !== "string" || !STEPS[part]!.includes(type)) {
      return wrong(part, `a type that is known here (${STEPS[part]!.join(", ")})`, type);
    }
    const inner = ["normalizers", "pretokenizers", "processors", "decoders"].map((key) => step[key]);
    for (const list of inner) {
      if (list === undefined) continue;
      if (!Array.isArray(list)) wrong(`${part}: ${type}`, "a list of steps", list);
      else (list as unknown[]).forEach((child) => visit(child, depth + 1));
    }
    growth *= checkStep(part, type, step, wrong);
  };
  visit(root, 0);
  if (count > MAX.steps) wrong(part, `at most ${MAX.steps} steps`, count);
  if (growth > MAX.growth) wrong(part, `steps that make a text at most ${MAX.growth} times as long`, growth);
}

/** @returns how many times as long this step can make a text. */
function checkStep(part: string, type: string, step: Fields, wrong: Wrong): number {
  const where = `${part}: ${type}`;
  for (const key of ["content", "prepend", "replacement", "str_rep", "suffix", "prefix"]) {
    const value = step[key];
    if (value != null && !isText(value)) wrong(`${where}: ${key}`, `a text of at most ${MAX.token} characters`, value);
  }
  for (const key of ["start", "stop"]) {
    const value = step[key];
    if (value != null && !isCount(value, MAX.token)) wrong(`${where}: ${key}`, `at most ${MAX.token}`, value);
  }
  if (type === "FixedLength" && !(isCount(step.length, MAX.token) && step.length > 0)) {
    wrong(`${where}: length`, "a whole number of characters from 1", step.length);
  }
  for (const key of ["single", "pair"]) {
    if (type === "TemplateProcessing") checkTemplate(`${where}: ${key}`, step[key], wrong);
  }
  for (const key of ["cls", "sep"]) {
    const value = step[key];
    const isPair = Array.isArray(value) && isText(value[0]) && isCount(value[1], MAX.tokens);
    if (/^(Bert|Roberta)Processing$/.test(type) && !isPair) wrong(`${where}: ${key}`, "a token and its id", value);
  }
  const replaced = type === "Split" || type === "Replace" ? checkPattern(where, step.pattern, wrong) : 1;
  const content = isText(step.content) ? step.content.length : 0;
  const metaspace = isText(step.str_rep) ? step.str_rep.length : 1;
  return type === "Replace" ? Math.max(1, content / replaced + (replaced < 1 ? 1 : 0)) : Math.max(1, metaspace);
}

/** @returns the shortest text that the pattern matches: less than 1 if it may match nothing. */
function checkPattern(where: string, pattern: unknown, wrong: Wrong): number {
  if (isObject(pattern) && isText(pattern.String) && pattern.String.length > 0) return pattern.String.length;
  if (!isObject(pattern) || typeof pattern.Regex !== "string" || pattern.Regex === "") {
    wrong(`${where}: pattern`, "a String or a Regex", pattern);
    return 1;
  }
  const why = whyCostly(pattern.Regex);
  if (why) wrong(`${where}: pattern`, "a regular expression that cannot take very long", why);
  return /[*?{|]/.test(pattern.Regex) ? 0.5 : 1; // without these it matches a character at least
}

function checkTemplate(where: string, template: unknown, wrong: Wrong): void {
  const items: unknown[] = Array.isArray(template) ? template : [];
  const isItem = (item: unknown) => {
    const inner = isObject(item) ? (item.SpecialToken ?? item.Sequence) : undefined;
    return isObject(inner) && isText(inner.id);
  };
  if (!Array.isArray(template) || items.length > MAX.template || !items.every(isItem)) {
    wrong(where, `a list of at most ${MAX.template} special tokens and sequences`, template);
  }
}

/** @returns one above the highest id. */
function checkModel(model: Fields, wrong: Wrong): number {
  const { type = "BPE" } = model; // files of 2020 do not say it, and hold merges
  if (type === "Unigram") return checkUnigram(model, wrong);
  if (type !== "BPE" && type !== "WordPiece") {
    wrong("model", "a type that is known here (BPE, Unigram, WordPiece)", type);
    return 0;
  }
  model.type = type;
  if (!isObject(model.vocab)) {
    wrong("model: vocab", "an object of tokens and their ids", model.vocab);
    return 0;
  }
  const count = Object.keys(model.vocab).length;
  if (count === 0 || count > MAX.tokens) {
    wrong("model: vocab", `1 to ${MAX.tokens} tokens`, count);
    return 0;
  }
  const entries = Object.entries(model.vocab);
  const seen = new Set<unknown>();
  for (const [token, id] of entries) {
    if (!isText(token))
      wrong("model: vocab", `tokens of at most ${MAX.token} characters`, (token as string).slice(0, 40));
    if (!isCount(id, MAX.tokens - 1)) wrong(`model: vocab: ${show(token)}`, `an id below ${MAX.tokens}`, id);
    else if (seen.has(id)) wrong(`model: vocab: ${show(token)}`, "an id of its own", id);
    seen.add(id);
  }
  for (const key of ["unk_token", "end_of_word_suffix", "continuing_subword_suffix", "continuing_subword_prefix"]) {
    if (model[key] != null && !isText(model[key])) wrong(`model: ${key}`, "a text", model[key]);
  }
  if (type === "BPE") checkMerges(model, wrong);
  else if (model.max_input_chars_per_word != null && !isCount(model.max_input_chars_per_word, 1000)) {
    wrong("model: max_input_chars_per_word", "at most 1000", model.max_input_chars_per_word);
  }
  return entries.reduce((highest, [, id]) => Math.max(highest, (id as number) + 1), 0);
}

/** Each merge joins two tokens into a third, and all three are in the vocabulary: then merging ends. */
function checkMerges(model: Fields, wrong: Wrong): void {
  const merges = model.merges ?? [];
  if (!Array.isArray(merges) || merges.length > MAX.merges) {
    return wrong("model: merges", `a list of at most ${MAX.merges}`, Array.isArray(merges) ? merges.length : merges);
  }
  const vocabulary = model.vocab as Fields;
  const prefix = typeof model.continuing_subword_prefix === "string" ? model.continuing_subword_prefix : "";
  const pairs = Array.isArray(merges[0]);
  for (const [i, merge] of (merges as unknown[]).entries()) {
    const parts: unknown = pairs ? merge : typeof merge === "string" ? merge.split(" ") : undefined;
    const [left, right] = Array.isArray(parts) && parts.length === 2 ? (parts as unknown[]) : [];
    if (!isText(left) || !isText(right) || Array.isArray(merge) !== pairs) {
      return wrong(`model: merges: ${i}`, "two tokens", merge);
    }
    const joined = left + (prefix && right.startsWith(prefix) ? right.slice(prefix.length) : right);
    const stranger = [left, right, joined].find((token) => !Object.hasOwn(vocabulary, token));
    if (stranger !== undefined) return wrong(`model: merges: ${i}`, "tokens of the vocabulary", stranger);
  }
}

function checkUnigram(model: Fields, wrong: Wrong): number {
  const { vocab, unk_id: unknown } = model;
  if (!Array.isArray(vocab) || vocab.length === 0 || vocab.length > MAX.tokens) {
    wrong("model: vocab", `a list of 1 to ${MAX.tokens} tokens`, Array.isArray(vocab) ? vocab.length : vocab);
    return 0;
  }
  for (const [i, entry] of (vocab as unknown[]).entries()) {
    const [token, score] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (!isText(token) || typeof score !== "number" || !Number.isFinite(score)) {
      wrong(`model: vocab: ${i}`, "a token and its score", entry);
    }
  }
  if (!isCount(unknown, vocab.length - 1)) wrong("model: unk_id", `an id below ${vocab.length}`, unknown);
  return vocab.length;
}

function checkAddedTokens(tokens: unknown, wrong: Wrong): TokenizerJson["added_tokens"] {
  if (!Array.isArray(tokens) || tokens.length > MAX.addedTokens) {
    wrong("added_tokens", `a list of at most ${MAX.addedTokens}`, Array.isArray(tokens) ? tokens.length : tokens);
    return [];
  }
  return (tokens as unknown[]).map((token, i) => {
    const { id, content, special = false } = isObject(token) ? token : ({} as Fields);
    if (!isCount(id, MAX.tokens - 1) || !isText(content) || content === "" || typeof special !== "boolean") {
      wrong(`added_tokens: ${i}`, `an id below ${MAX.tokens} and a content`, token);
    }
    return { ...(token as object), id: id as number, content: content as string, special: special as boolean };
  });
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX.token;
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max;
}

/** Short, whatever the file holds. */
function show(value: unknown): string {
  const text =
    typeof value === "object" && value !== null ? (Array.isArray(value) ? "a list" : "an object") : undefined;
  return text ?? (JSON.stringify(value) ?? String(value)).slice(0, 60);
}

function words(list: string): string[] {
  return list.split(" ");
}
