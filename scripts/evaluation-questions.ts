/**
 * `npm run evaluation:questions [-- --check FOLDER]`: writes public/evaluation/questions.json, the questions that every model
 * which answers questions about scenes is measured with: all that is asked about the first 250 scenes of `test` and of
 * `heldout`, drawn from their seeds as scripts/expert-scenes.ts draws them.
 *
 * With --check, it also compares them with what lies in FOLDER/things-test-4000 and FOLDER/things-heldout-4000, which Python
 * asks: scenes, questions and every byte of the pictures.
 */
import { mkdir, open, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { drawScene, loadAtlas, type Atlas } from "../lib/scenes";
import { buildAtlas } from "./build-atlas";
import { drawQuestionSet, EVALUATED, splitOf } from "./evaluation/draw-question-set";
import { evaluationSplits, type EvaluationScene, type QuestionSet } from "../lib/evaluation";

const FILE = "public/evaluation/questions.json";
const { values } = parseArgs({ options: { check: { type: "string" } } });

await buildAtlas({ log: console.error });
const atlas = await loadAtlas((file) => readFile(path.join("public", "sprites", file)));
const set = drawQuestionSet(atlas);
await mkdir(path.dirname(FILE), { recursive: true });
await writeFile(FILE, text(set));
const counts = evaluationSplits.map((split) => {
  const questions = set.splits[split].reduce((sum, { questions }) => sum + questions.length, 0);
  return `${split}: ${questions} questions about ${EVALUATED} scenes`;
});
console.log(`${FILE}: ${counts.join("; ")}; ${((await stat(FILE)).size / 1000).toFixed(0)} kB`);
if (values.check)
  for (const split of evaluationSplits) await check(set.splits[split], splitOf[split], values.check, atlas);

/** A line a scene. */
function text({ splits }: QuestionSet): string {
  const parts = evaluationSplits.map(
    (split) => `${JSON.stringify(split)}:[\n${splits[split].map((one) => JSON.stringify(one)).join(",\n")}\n]`,
  );
  return `{"splits":{\n${parts.join(",\n")}\n}}\n`;
}

async function check(scenes: readonly EvaluationScene[], split: string, root: string, atlas: Atlas): Promise<void> {
  const folder = path.join(root, `things-${split}-4000`);
  const lines = async (file: string) =>
    (await readFile(path.join(folder, file), "utf8"))
      .split("\n")
      .slice(0, EVALUATED)
      .map((line) => JSON.parse(line) as unknown);
  same(
    `${folder}/scenes.jsonl`,
    await lines("scenes.jsonl"),
    scenes.map(({ scene }) => scene),
  );
  const asked = (await lines("questions.jsonl")) as { kind: string; question: string; answer: string }[][];
  const listed = asked.map((questions) => questions.map(({ kind, question, answer }) => ({ kind, question, answer })));
  same(
    `${folder}/questions.jsonl`,
    listed,
    scenes.map(({ questions }) => questions),
  );

  const file = await open(path.join(folder, "pixels.u8"));
  for (const [i, { scene }] of scenes.entries()) {
    const { data } = drawScene(scene, atlas);
    const rgb = Uint8Array.from(data.filter((_, at) => at % 4 !== 3));
    const stored = new Uint8Array(rgb.length);
    await file.read(stored, 0, rgb.length, i * rgb.length);
    if (Buffer.compare(rgb, stored) !== 0)
      throw new Error(`${folder}/pixels.u8: expected scene ${i} as it is drawn here`);
  }
  await file.close();
  console.log(`${folder}: the same scenes, questions and pictures`);
}

function same(name: string, there: unknown[], here: unknown[]): void {
  const at = here.findIndex((one, i) => JSON.stringify(one) !== JSON.stringify(there[i]));
  if (at >= 0)
    throw new Error(`${name}: line ${at}: expected ${JSON.stringify(here[at])}, got ${JSON.stringify(there[at])}`);
}
