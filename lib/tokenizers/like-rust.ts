/**
 * Where `@huggingface/tokenizers` in JavaScript and `tokenizers` in Rust, which trained the files, take a step of a
 * tokenizer.json differently, the step is written in another way that both take alike. Found by comparing the two.
 */
import type { TokenizerJson } from "./check-tokenizer";

type Step = Readonly<Record<string, unknown>>;

/** The same file, for the library here. */
export function likeRust(json: TokenizerJson): TokenizerJson {
  const { normalizer, pre_tokenizer } = json as TokenizerJson & { normalizer: Step | null; pre_tokenizer: Step | null };
  return Object.assign({}, json, { normalizer: rewritten(normalizer), pre_tokenizer: rewritten(pre_tokenizer) });
}

function rewritten(step: Step | null): unknown {
  if (step === null) return null;
  const inner = ["normalizers", "pretokenizers"].filter((key) => Array.isArray(step[key]));
  const steps = inner.map((key) => [key, (step[key] as Step[]).map(rewritten)] as const);
  return steps.length > 0 ? { ...step, ...Object.fromEntries(steps) } : (rewrite[String(step.type)]?.(step) ?? step);
}

const rewrite: Partial<Record<string, (step: Step) => Step>> = {
  // Rust: every character that Unicode counts as a number, such as ½ and Ⅷ. JavaScript: 0 to 9 of any script.
  Digits: ({ individual_digits }) => ({
    type: "Split",
    pattern: { Regex: individual_digits ? "\\p{N}" : "\\p{N}+" },
    behavior: "Isolated",
    invert: false,
  }),
  // Rust: what Unicode calls white space. JavaScript's trim() also takes U+FEFF away.
  Strip: ({ strip_left, strip_right }) => {
    const ends = [strip_left ? ["\\A\\s+"] : [], strip_right ? ["\\s+\\z"] : []].flat();
    return { type: "Replace", pattern: { Regex: ends.join("|") || "\\z\\A." }, content: "" };
  },
};
