/** Tokens in a row, each with how probable the model found it: as they come, or all at once. */
import { element } from "../ui/element";
import { frame } from "./frame";
import { count as counted, percent } from "./words";

/** One token, as `generate` gives it, or as a tokenizer spells it. */
export type StreamedToken = {
  text: string;
  /** Its number in the vocabulary; shown where there is no probability. */
  token?: number;
  /** log of its probability; or the probability itself. */
  logprob?: number;
  probability?: number;
};

/** `stream(generate(…), figures.tokenStream())` shows each token as it comes. */
export type TokenStream = HTMLElement & { push(token: StreamedToken): void };

/** @param tokens what is there already */
export function tokenStream(tokens: readonly StreamedToken[] = []): TokenStream {
  const row = element("div", { class: "fig-words", "aria-hidden": "true" });
  const figure = frame("token-stream", [row], "");
  const caption = figure.querySelector("figcaption")!;
  const all: StreamedToken[] = [];
  const push = (token: StreamedToken) => {
    all.push(token);
    row.append(chip(token));
    caption.textContent = describeTokenStream(all);
  };
  caption.textContent = describeTokenStream([]);
  tokens.forEach(push);
  return Object.assign(figure, { push });
}

function chip(token: StreamedToken): HTMLElement {
  const share = probabilityOf(token);
  const below = share === undefined ? (token.token === undefined ? "" : String(token.token)) : percent(share);
  return element(
    "span",
    { class: "fig-word" },
    element("span", { class: "fig-word-text" }, visible(token.text)),
    share === undefined
      ? undefined
      : element("span", { class: "fig-word-bar" }, element("i", { style: `width: ${(100 * share).toFixed(1)}%` })),
    element("small", {}, below),
  );
}

function probabilityOf({ probability, logprob }: StreamedToken): number | undefined {
  return probability ?? (logprob === undefined ? undefined : Math.exp(logprob));
}

/** Spaces and line breaks are tokens too. */
function visible(text: string): string {
  return text.replace(/ /g, "·").replace(/\n/g, "\\n") || "(end)";
}

export function describeTokenStream(tokens: readonly StreamedToken[]): string {
  if (tokens.length === 0) return "No tokens yet.";
  const text = tokens.map((token) => token.text).join("");
  const begin = `${counted(tokens.length, "token")}${text.trim() ? `: “${text.trim()}”` : ", without a word"}${/[.!?]$/.test(text.trim()) ? "" : "."}`;
  const rated = tokens
    .map((token) => ({ text: token.text, share: probabilityOf(token) }))
    .filter((token): token is { text: string; share: number } => token.share !== undefined);
  if (rated.length === 0) return begin;
  if (rated.length === 1) return `${begin} Its probability is ${percent(rated[0]!.share)}.`;
  const [sure, ...others] = [...rated].sort((a, b) => b.share - a.share);
  const unsure = others.at(-1);
  const least = unsure ? `, least sure of ${named(unsure.text)} (${percent(unsure.share)})` : "";
  return `${begin} The model was surest of ${named(sure!.text)} (${percent(sure!.share)})${least}.`;
}

function named(text: string): string {
  if (text === "") return "the end";
  if (/^ +$/.test(text)) return "a space";
  return /^\s+$/.test(text) ? "a line break" : `“${text.trim()}”`;
}
