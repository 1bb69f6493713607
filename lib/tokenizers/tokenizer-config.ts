/** Reads tokenizer_config.json: what the special tokens are called, where padding goes, how a chat becomes text. */

export type TokenizerConfig = {
  /** By the names that the file and templates use: bos_token, eos_token, … */
  specialTokens: Record<string, string>;
  paddingSide: "left" | "right";
  /** Whether spaces before punctuation go when ids become text: made for WordPiece. */
  cleanUp: boolean;
  chatTemplate?: string;
};

const NAMES = ["bos_token", "eos_token", "pad_token", "unk_token", "cls_token", "sep_token", "mask_token"];
const MAX_TOKEN = 1000; // characters

/**
 * @param file tokenizer_config.json, or undefined when there is none
 * @param template chat_template.jinja, or undefined when there is none
 * @throws one sentence that lists every value that makes no sense.
 */
export function readTokenizerConfig(file: unknown, template: string | undefined, name: string): TokenizerConfig {
  const json = file ?? {};
  if (typeof json !== "object" || Array.isArray(json))
    throw new Error(`${name}: expected an object, got ${show(json)}`);
  const fields = json as Record<string, unknown>;
  const problems: string[] = [];
  const specialTokens: Record<string, string> = {};
  for (const key of NAMES) {
    const token = spelling(fields[key]);
    if (token === null) problems.push(`${key}: expected a token, got ${show(fields[key])}`);
    else if (token !== undefined) specialTokens[key] = token;
  }
  const side = fields.padding_side ?? "right";
  if (side !== "left" && side !== "right") problems.push(`padding_side: expected left or right, got ${show(side)}`);
  const own = defaultTemplate(fields.chat_template);
  if (own === null) problems.push(`chat_template: expected a text, or named texts, got ${show(fields.chat_template)}`);
  if (problems.length > 0) throw new Error(`${name}: ${problems.join("; ")}`);
  return {
    specialTokens,
    paddingSide: side as "left" | "right",
    cleanUp: fields.clean_up_tokenization_spaces === true,
    chatTemplate: template ?? own ?? undefined,
  };
}

/** A token is a text, or an object with its content; null for what is neither. */
function spelling(value: unknown): string | undefined | null {
  if (value == null) return undefined;
  const text = typeof value === "object" ? (value as { content?: unknown }).content : value;
  return typeof text === "string" && text.length > 0 && text.length <= MAX_TOKEN ? text : null;
}

/** One template, or a list of named ones, of which "default" counts; null for what is neither. */
function defaultTemplate(value: unknown): string | undefined | null {
  if (value == null) return undefined;
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return null;
  const named = value as { name?: unknown; template?: unknown }[];
  const found = named.find((entry) => entry?.name === "default")?.template;
  return typeof found === "string" ? found : null;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 60);
}
