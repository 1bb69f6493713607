/** What both test files of a model need: the goldens, the executors, and how far apart two lists of numbers are. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { openExecutor, type Executor } from "../../lib/tensor";
import { parseSafetensors } from "../../lib/weights";
import { toFloat32 } from "../float32";
import { nodeGpu } from "../gpu";

export type Golden = Map<string, { shape: readonly number[]; values: Float32Array }>;

/** The f32 arrays of a golden file. */
export async function readGolden(path: string): Promise<Golden> {
  const file = new Uint8Array(await readFile(path));
  const golden: Golden = new Map();
  for (const entry of parseSafetensors(file, path)) {
    if (entry.dtype !== "U8") golden.set(entry.name, { shape: entry.shape, values: toFloat32(file, entry) });
  }
  return golden;
}

/** An array of bytes in a golden file. */
export function readBytes(path: string, name: string): { shape: readonly number[]; bytes: Uint8Array } {
  const file = new Uint8Array(readFileSync(path));
  const entry = parseSafetensors(file, path).find((stored) => stored.name === name && stored.dtype === "U8");
  if (!entry) throw new Error(`tests: expected bytes called ${name} in ${path}, found none`);
  return { shape: entry.shape, bytes: file.subarray(entry.start, entry.end) };
}

export const executorNames = ["reference", "webgpu"] as const;

/** Opens what is asked for, and fails if it is not what came. */
export async function openNamed(name: (typeof executorNames)[number]): Promise<Executor> {
  const gpu = name === "webgpu" ? await nodeGpu() : undefined;
  const { executor, note } = await openExecutor({ prefer: name, gpu });
  if (executor.name !== name) throw new Error(`tests: expected the ${name} executor, got ${executor.name}: ${note}`);
  return executor;
}

/** The largest difference, absolute. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`tests: expected ${b.length} numbers, got ${a.length}`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (Number.isNaN(difference)) return Infinity;
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** The largest difference, as a share of the largest number. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < b.length; i++) largest = Math.max(largest, Math.abs(b[i]!));
  return distance(a, b) / largest;
}

/** With PATCHWORK_ERRORS=1, how far apart two lists of numbers were, for the table of models. */
export function report(what: string, error: number): void {
  if (process.env.PATCHWORK_ERRORS) process.stdout.write(`${what}: ${error.toExponential(1)}\n`);
}
