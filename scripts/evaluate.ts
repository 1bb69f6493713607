/**
 * `npm run evaluate -- --model eagle [--stage sft] [--split training|heldOut] [--limit N] [--executor reference|webgpu]
 * [--json FILE]`: asks a model the fixed questions of public/evaluation through the engine, scores its answers by kind, and
 * compares them with those that Python got (answers.json), answer by answer. Ends with 1 when one differs.
 *
 * On Linux, WebGPU is a software adapter unless PATCHWORK_GPU=native.
 */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import {
  compare,
  evaluate,
  evaluationSplits,
  type AnswerSet,
  type Difference,
  type EvaluationSplit,
  type Score,
} from "../lib/evaluation";
import { folderOf, openAtlas, openModel, readQuestions, titleOf } from "./evaluation/model";

const USAGE =
  "usage: npm run evaluate -- --model ID [--stage NAME] [--split training|heldOut] [--limit N] [--executor reference|webgpu] [--json FILE]";

try {
  await main();
} catch (error) {
  console.error(`evaluate: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
process.exit(); // Dawn keeps Node alive

async function main(): Promise<void> {
  const choice = readOptions();
  const { model, executor } = await openModel(choice);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new Error("interrupted")));
  const set = await readQuestions();
  const { splits, answers } = await evaluate(model, set, await openAtlas(), {
    splits: choice.splits,
    limit: choice.limit,
    signal: stop.signal,
    onProgress: progress,
  });

  console.log(`${titleOf(choice)} on ${executor.name} (${executor.description})`);
  for (const [split, measured] of Object.entries(splits)) print(split, measured);
  const known = await pythonAnswers(choice);
  const compared = known && compare(set, answers, known.answers);
  if (compared) printDifferences(compared, known.file);
  else console.log("PyTorch: no answers.json beside the model's weights, so nothing to compare with");
  if (choice.json) {
    const { model: id, stage } = choice;
    const file = {
      model: id,
      stage,
      executor: executor.name,
      device: executor.description,
      splits,
      answers,
      ...compared,
    };
    await writeFile(choice.json, `${JSON.stringify(file, null, 1)}\n`);
  }
  if (compared && compared.differences.length > 0) process.exitCode = 1;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      model: { type: "string", default: "" },
      stage: { type: "string" },
      split: { type: "string" },
      limit: { type: "string" },
      executor: { type: "string", default: "reference" },
      json: { type: "string" },
    },
  });
  const { model, stage, split, limit, executor, json } = values;
  if (!model) throw new Error(`expected --model, got none; ${USAGE}`);
  if (split !== undefined && !evaluationSplits.includes(split as EvaluationSplit)) {
    throw new Error(`expected --split to be ${evaluationSplits.join(" or ")}, got ${JSON.stringify(split)}; ${USAGE}`);
  }
  if (limit !== undefined && !/^[1-9]\d*$/.test(limit)) {
    throw new Error(`expected --limit to be a whole number from 1, got ${JSON.stringify(limit)}; ${USAGE}`);
  }
  const splits = split === undefined ? undefined : [split as EvaluationSplit];
  return { model, stage, splits, limit: limit === undefined ? undefined : Number(limit), executor, json };
}

/** Of a stage, answers.json lies beside its file: stages/projector.answers.json. */
async function pythonAnswers({ model, stage }: { model: string; stage?: string }) {
  const file = path.join(folderOf(model), stage ? `stages/${stage}.answers.json` : "answers.json");
  if (!existsSync(file)) return undefined;
  return { file, answers: JSON.parse(await readFile(file, "utf8")) as AnswerSet };
}

function progress(answered: number, questions: number): void {
  if (process.stderr.isTTY)
    process.stderr.write(`\r${answered} of ${questions} questions${answered === questions ? "\n" : ""}`);
  else if (answered % 100 === 0 || answered === questions) console.error(`${answered} of ${questions} questions`);
}

function print(split: string, measured: Score & { seconds: number }): void {
  const { kinds, signs, seconds, count } = measured;
  console.log(`\n${split}: ${said(measured)}; ${(seconds / Math.max(1, count)).toFixed(3)} s a question`);
  for (const [kind, part] of Object.entries(kinds)) console.log(`  ${kind.padEnd(12)} ${said(part)}`);
  if (signs.count > 0) console.log(`  ${"signs".padEnd(12)} ${said(signs)} read letter by letter`);
}

function said({ accuracy, right, count, interval95: [low, high] }: Score | Score["signs"]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return `${percent(accuracy)} (${right} of ${count}; ${percent(low)} to ${percent(high)})`;
}

function printDifferences(
  { compared, differences }: { compared: number; differences: Difference[] },
  file: string,
): void {
  const name = path.relative(".", file);
  console.log(`\nPyTorch (${name}): ${compared - differences.length} of ${compared} answers are the same`);
  for (const { split, scene, question, answer, here, there } of differences) {
    console.log(
      `  ${split} ${scene}: ${question} here ${JSON.stringify(here)}, PyTorch ${JSON.stringify(there)}, true ${JSON.stringify(answer)}`,
    );
  }
}
