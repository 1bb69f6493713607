/**
 * Models of few weights that can say every word of the course's tokenizer: what they answer is nonsense, and the same
 * whichever way they are asked. Made from fixtures, with a larger vocabulary.
 */
import { readFileSync } from "node:fs";
import { configOf, json, readFixture, safetensors, weightsOf } from "./rewritten";

const TOKENIZER = "tests/fixtures/tokenizer-course";
const VOCABULARY = 2000;

export const smallModels = ["eagle", "mllama"] as const;

/** Their files, by name. */
export function smallModel(id: (typeof smallModels)[number]): Map<string, Uint8Array> {
  const fixture = id === "eagle" ? "eagle-channel" : "mllama-odd";
  const config = configOf(fixture);
  const text = { ...(config.text_config as object), vocab_size: VOCABULARY, eos_token_id: [idOf("<|eot_id|>")] };
  const image = { [id === "eagle" ? "image_token_id" : "image_token_index"]: idOf("<|image|>") };
  const weights = weightsOf(fixture);
  for (const [name, { shape, values }] of Object.entries(weights)) {
    if (!/(embed_tokens|lm_head)\.weight$/.test(name)) continue;
    const rows = VOCABULARY + (id === "mllama" && name.includes("embed_tokens") ? 8 : 0); // its image token lies behind
    const spread = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length) * 1.7;
    const columns = shape[1]!;
    const numbers = Float32Array.from(
      { length: rows * columns },
      (_, i) => spread * Math.sin(i * 1.7 + ((i * i) % 97)),
    );
    weights[name] = { shape: [rows, columns], values: numbers };
  }
  return new Map([
    ["config.json", json({ ...config, ...image, text_config: text })],
    ["model.safetensors", safetensors(weights)],
    ["preprocessor_config.json", readFixture(fixture, "preprocessor_config.json")],
    ...["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"].map(
      (name) => [name, new Uint8Array(readFileSync(`${TOKENIZER}/${name}`))] as const,
    ),
  ]);
}

function idOf(token: string): number {
  const { added_tokens } = JSON.parse(readFileSync(`${TOKENIZER}/tokenizer.json`, "utf8")) as {
    added_tokens: { id: number; content: string }[];
  };
  return added_tokens.find(({ content }) => content === token)!.id;
}
