/** What the corpus is made of. */
import { hash32 } from "../../lib/scenes";

export type Turn = { role: "user" | "assistant"; content: string };

/** A chat, or plain text. */
export type TextDocument = { kind: string; messages: Turn[] } | { kind: string; text: string };

export type CorpusSplit = "train" | "test";

/** A closed question: one answer is right, word for word. `kind` groups the results. */
export type Asked = { kind: string; question: string; answer: string };

/** As the test split has it: the chat up to the question, and whether training never had such a one. */
export type TestQuestion = { kind: string; heldOut: boolean; messages: Turn[]; answer: string };

/** A chat of questions and answers; the first may come with a text to read. */
export function chatOf(asked: readonly Asked[], text?: string): Turn[] {
  return asked.flatMap(({ question, answer }, i): Turn[] => [
    { role: "user", content: i === 0 && text !== undefined ? `${text}\n${question}` : question },
    { role: "assistant", content: answer },
  ]);
}

/** Whether a question is kept for the test: about one in ten, for ever the same. */
export function isHeldOutQuestion(name: string): boolean {
  let hash = 0;
  for (const character of name) hash = hash32(hash + character.codePointAt(0)!);
  return hash % 10 === 0;
}

export function shuffled<T>(list: readonly T[], r: { int(count: number): number }): T[] {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = r.int(i + 1);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}
