/**
 * `npm run stories -- --split train --count 60000 --out DIR`: the text corpus of the course's language model.
 *
 *   documents.jsonl   a line each: { kind, text } or { kind, messages: [{ role, content }, …] }
 *   questions.jsonl   of the test split: { kind, heldOut, messages, answer }, with `--questions` stories
 *   meta.json         split, seeds, counts by kind; written last, so that a folder with it is complete
 *
 * Document i has the seed `from + i`. The `--first` of them are what a model reads first: short stories and copying.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { corpusDocument, testQuestions } from "./stories/corpus";

const USAGE =
  "usage: npm run stories -- --split train|test --count N --out DIR [--from SEED] [--first COUNT] [--questions STORIES]";

try {
  await write();
} catch (error) {
  console.error(`stories: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function write(): Promise<void> {
  const { split, count, from, first, questions, out } = readOptions();
  await mkdir(out, { recursive: true });
  await rm(path.join(out, "meta.json"), { force: true });
  const kinds: Record<string, number> = {};
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const document = corpusDocument(from + i, split, i < first);
    kinds[document.kind] = (kinds[document.kind] ?? 0) + 1;
    lines.push(JSON.stringify(document));
  }
  await writeFile(path.join(out, "documents.jsonl"), `${lines.join("\n")}\n`);
  const asked = split === "test" ? testQuestions(questions) : [];
  const text = asked.map((question) => `${JSON.stringify(question)}\n`).join("");
  if (asked.length > 0) await writeFile(path.join(out, "questions.jsonl"), text);
  const meta = { split, count, from, first, kinds, questions: asked.length };
  await writeFile(path.join(out, "meta.json"), `${JSON.stringify(meta, null, 1)}\n`);
  console.error(`${count} documents, ${asked.length} questions`);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      split: { type: "string" },
      count: { type: "string" },
      out: { type: "string" },
      from: { type: "string", default: "0" },
      first: { type: "string", default: "0" },
      questions: { type: "string", default: "300" },
    },
  });
  const { out } = values;
  const split = (["train", "test"] as const).find((name) => name === values.split);
  if (!out || !values.count) throw new Error(`expected --split, --count and --out; ${USAGE}`);
  if (!split) throw new Error(`expected --split to be train or test, got ${String(values.split)}; ${USAGE}`);
  const whole = (flag: "count" | "from" | "first" | "questions") => {
    const value = values[flag]!;
    if (!/^\d+$/.test(value)) throw new Error(`expected --${flag} to be a whole number, got ${value}; ${USAGE}`);
    return Number(value);
  };
  const numbers = { count: whole("count"), from: whole("from"), first: whole("first"), questions: whole("questions") };
  return { split, out, ...numbers };
}
