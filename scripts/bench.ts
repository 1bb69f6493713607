/**
 * `npm run bench [-- --json FILE] [--runs N] [--only NAME] [--lesson no]`: how long models take on this machine, on each
 * executor, what a pass asks of the device beside arithmetic, and what a reader of a lesson downloads before its first
 * cell is live. On Linux, WebGPU is a software adapter unless PATCHWORK_GPU=native; the report names it.
 */
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { answering, measureAnswers } from "./bench/answers";
import { decoders, encoders } from "./bench/cases";
import { firstVisit } from "./bench/lesson";
import { measureDecoder, measureEncoder, type ExecutorName } from "./bench/measure";

const LESSON = "/course/vision-transformers/patches/";
const executors: ExecutorName[] = ["webgpu", "reference"];

const { values } = parseArgs({
  options: {
    json: { type: "string" },
    runs: { type: "string", default: "9" },
    only: { type: "string", default: "" },
    lesson: { type: "string", default: "yes" },
  },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1)
  throw new Error(`bench: expected --runs to be a whole number from 1, got ${values.runs}`);

const report = {
  machine: { platform: process.platform, cpu: cpus()[0]?.model, cores: cpus().length, node: process.version },
  models: await measureModels(),
  ...(values.lesson === "no" ? {} : { lesson: await firstVisit(LESSON) }),
};
console.log(JSON.stringify(report, null, 2));
if (values.json) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
process.exit(0); // Dawn keeps Node alive

/** Per model and executor. */
async function measureModels() {
  const models: Record<string, Record<string, unknown>> = {};
  const wanted = ({ name }: { name: string }) => name.includes(values.only);
  for (const name of executors) {
    for (const test of encoders.filter(wanted)) {
      (models[test.name] ??= {})[name] = await measureEncoder(test, name, runs);
    }
    for (const test of decoders.filter(wanted)) {
      (models[test.name] ??= {})[name] = await measureDecoder(test, name, runs);
    }
    for (const id of answering.filter((name) => wanted({ name }))) {
      (models[id] ??= {})[name] = await measureAnswers(id, name, runs);
    }
  }
  return models;
}
