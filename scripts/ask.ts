/**
 * `npm run ask -- --model eagle --scene 7 "What is left of the cat?"`: a question about a picture, answered in the terminal.
 *
 *   --scene N        a scene of the fixed evaluation [0]; --split training|heldOut says of which [training]
 *   --picture FILE   a PNG file instead
 *   --stage NAME     a stage of the model's training
 *   --executor NAME  webgpu or reference [reference]
 *   --probabilities  the likeliest first tokens, and the probability of each token of the answer
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { decode } from "fast-png";
import { evaluationSplits, openPicture, type EvaluationSplit, type OpenedPicture } from "../lib/evaluation";
import { describeScene, drawScene, type Picture } from "../lib/scenes";
import { openAtlas, openModel, readQuestions } from "./evaluation/model";

const USAGE =
  'usage: npm run ask -- --model ID [--stage NAME] [--scene N [--split training|heldOut] | --picture FILE] [--executor webgpu|reference] [--probabilities] "QUESTION"';

try {
  await main();
} catch (error) {
  console.error(`ask: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
process.exit(); // Dawn keeps Node alive

async function main(): Promise<void> {
  const options = readOptions();
  const picture = await pictureOf(options);
  const { model } = await openModel(options);
  const opened = await openPicture(model, picture);
  if (options.probabilities) await printFirst(opened, options.question);
  for await (const { text, token, logprob } of opened.ask(options.question)) {
    if (!options.probabilities) process.stdout.write(text);
    else console.log(`${percent(Math.exp(logprob))}  ${JSON.stringify(model.tokenizer!.decode([token]))}`);
  }
  if (!options.probabilities) process.stdout.write("\n");
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      model: { type: "string", default: "" },
      stage: { type: "string" },
      scene: { type: "string" },
      split: { type: "string", default: "training" },
      picture: { type: "string" },
      executor: { type: "string", default: "reference" },
      probabilities: { type: "boolean", default: false },
    },
  });
  const { model, scene, split, picture } = values;
  if (!model) throw new Error(`expected --model, got none; ${USAGE}`);
  if (positionals.length !== 1 || positionals[0]!.trim() === "") {
    throw new Error(`expected one question in quotes, got ${positionals.length}; ${USAGE}`);
  }
  if (!evaluationSplits.includes(split as EvaluationSplit)) {
    throw new Error(`expected --split to be ${evaluationSplits.join(" or ")}, got ${JSON.stringify(split)}; ${USAGE}`);
  }
  if (picture !== undefined && scene !== undefined) {
    throw new Error(`expected --scene or --picture, got both; ${USAGE}`);
  }
  return { ...values, split: split as EvaluationSplit, scene: scene ?? "0", question: positionals[0]! };
}

async function pictureOf({ scene, split, picture }: ReturnType<typeof readOptions>): Promise<Picture> {
  if (picture !== undefined) return readPicture(picture);
  const scenes = (await readQuestions()).splits[split];
  const entry = /^\d+$/.test(scene) ? scenes[Number(scene)] : undefined;
  if (!entry) throw new Error(`expected --scene to be from 0 to ${scenes.length - 1}, got ${JSON.stringify(scene)}`);
  const atlas = await openAtlas();
  console.error(describeScene(entry.scene));
  return drawScene(entry.scene, atlas);
}

/** In a browser pictures of all kinds are read; Node has no decoder for them. */
async function readPicture(file: string): Promise<Picture> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${file}: expected a picture, got ${error.code ?? error.message}`);
  });
  let png: ReturnType<typeof decode>;
  try {
    png = decode(bytes);
  } catch (error) {
    throw new Error(
      `${file}: expected a PNG file, got something else (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  const { width, height, data, channels, depth, palette } = png;
  if (palette || depth !== 8)
    throw new Error(
      `${file}: expected 8 bits a channel and no palette, got ${palette ? "a palette" : `${depth} bits`}`,
    );
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const grey = channels < 3;
    for (let c = 0; c < 3; c++) rgba[i * 4 + c] = data[i * channels + (grey ? 0 : c)]!;
    rgba[i * 4 + 3] = channels % 2 === 0 ? data[(i + 1) * channels - 1]! : 255;
  }
  return { width, height, data: rgba };
}

async function printFirst(opened: OpenedPicture, question: string): Promise<void> {
  console.log("an answer may begin with");
  for (const { text, probability } of await opened.firstTokens(question)) {
    console.log(`${percent(probability)}  ${JSON.stringify(text)}`);
  }
  console.log("the answer");
}

function percent(probability: number): string {
  return `${(100 * probability).toFixed(1).padStart(6)} %`;
}
