/**
 * `npx tsx scripts/check-expert.ts --model DIR --golden DIR`: a checkpoint of a vision expert through the course's engine,
 * on the plain loops, against what `transformers` made of the same scenes (training/experts/export.py writes it).
 * Fails when a number is further off than 1e-4 of the largest one.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Picture } from "../lib/images";
import { loadModel } from "../lib/models";
import { concat, openExecutor, type Tensor } from "../lib/tensor";
import { parseSafetensors } from "../lib/weights";

const TOLERANCE = 1e-4;
const USAGE = "usage: npx tsx scripts/check-expert.ts --model DIR --golden DIR";

type Golden = Map<string, { shape: readonly number[]; bytes: Uint8Array }>;
type Outputs = Record<string, Tensor | undefined>;

try {
  const { values } = parseArgs({ options: { model: { type: "string" }, golden: { type: "string" } } });
  if (!values.model || !values.golden) throw new Error(`expected --model and --golden; ${USAGE}`);
  await check(path.resolve(values.model), values.golden);
} catch (error) {
  console.error(`check-expert: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function check(folder: string, goldenFolder: string): Promise<void> {
  const golden = await readGolden(path.join(goldenFolder, "golden.safetensors"));
  const texts = JSON.parse(await readFile(path.join(goldenFolder, "texts.json"), "utf8")) as string[];
  const { executor } = await openExecutor({ prefer: "reference" });
  const model = await loadModel(folder, { executor });
  if (!("preprocess" in model)) throw new Error(`expected a model that takes pictures, got ${model.modelType}`);
  const { preprocess } = model as { preprocess: (picture: Picture) => Tensor };

  const pixelValues = concat(pictures(golden).map((picture) => preprocess(picture)));
  const errors: Record<string, number> = { pixel_values: await distance(golden, "pixel_values", pixelValues) };
  const inputs: Record<string, unknown> = { pixelValues };
  if (model.modelType === "clip") {
    const batch = model.tokenizer!.encodeBatch(texts, { paddingSide: "right" });
    sameRows(golden, batch.inputIds);
    Object.assign(inputs, batch);
  }
  const outputs = (await (model.forward as (inputs: unknown) => Promise<unknown>)(inputs)) as Outputs;
  for (const name of golden.keys()) {
    const ours = outputs[name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())];
    if (ours) errors[name] = await distance(golden, name, ours);
  }
  const answers = Object.keys(errors).filter((name) => name !== "pixel_values");
  if (answers.length === 0) throw new Error(`expected an output to compare, got ${Object.keys(outputs).join(", ")}`);
  const told = Object.entries(errors).map(([name, error]) => `${name} ${error.toExponential(1)}`);
  console.log(`check-expert: ${model.modelType}, ${model.parameterCount} parameters, errors ${told.join(", ")}`);
  const wrong = Object.entries(errors).filter(([, error]) => !(error <= TOLERANCE));
  if (wrong.length > 0)
    throw new Error(`expected errors up to ${TOLERANCE}, got more in ${wrong.map(([n]) => n).join(", ")}`);
}

async function readGolden(file: string): Promise<Golden> {
  const bytes = new Uint8Array(await readFile(file));
  return new Map(
    parseSafetensors(bytes, file).map((e) => [e.name, { shape: e.shape, bytes: bytes.slice(e.start, e.end) }]),
  );
}

function pictures(golden: Golden): Picture[] {
  const { shape, bytes } = golden.get("pixels")!;
  const [count, height, width] = shape as [number, number, number, number];
  return Array.from({ length: count }, (_, i) => {
    const data = new Uint8ClampedArray(width * height * 4).fill(255);
    for (let p = 0; p < width * height; p++) {
      data.set(bytes.subarray((i * width * height + p) * 3, (i * width * height + p) * 3 + 3), p * 4);
    }
    return { width, height, data };
  });
}

function numbers({ bytes }: { bytes: Uint8Array }): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

function sameRows(golden: Golden, rows: readonly (readonly number[])[]): void {
  const wanted = [...numbers(golden.get("input_ids")!)];
  if (wanted.join() !== rows.flat().join()) {
    throw new Error(`expected the tokens ${wanted.join(" ")}, got ${rows.flat().join(" ")}`);
  }
}

/** The largest difference, as a share of the largest number. */
async function distance(golden: Golden, name: string, ours: Tensor): Promise<number> {
  const wanted = golden.get(name)!;
  if (ours.shape.join() !== wanted.shape.join()) {
    throw new Error(`${name}: expected the shape [${wanted.shape.join(", ")}], got [${ours.shape.join(", ")}]`);
  }
  const got = await ours.data();
  let [apart, largest] = [0, 0];
  numbers(wanted).forEach((value, i) => {
    apart = Math.max(apart, Number.isFinite(got[i]!) ? Math.abs(got[i]! - value) : Infinity);
    largest = Math.max(largest, Math.abs(value));
  });
  return apart / largest;
}
