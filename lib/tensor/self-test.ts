/** Every kernel on this device, compared with its plain loops in JavaScript: for a reader's machine, and for tests. */
import { selfTests, type SelfTest, type SelfTestNumbers } from "../kernels";
import type { Executor, Storage } from "./executor";

export type SelfTestResult = {
  name: string;
  passed: boolean;
  /** The largest difference between shader and loops; undefined if the kernel failed or was left out. */
  error?: number;
  tolerance: number;
  /** From launch to numbers, and the loops on the CPU. The first launch of a kernel also compiles it. */
  milliseconds?: { device: number; loops: number };
  /** Why there is no error to tell. */
  message?: string;
};

/** One result after the other; rejects only when aborted. For an executor that launches shaders: loops equal loops. */
export async function* selfTestKernels(executor: Executor, signal?: AbortSignal): AsyncGenerator<SelfTestResult> {
  for (const test of selfTests()) {
    signal?.throwIfAborted();
    yield await outcomeOf(test, executor, signal);
  }
}

async function outcomeOf(test: SelfTest, executor: Executor, signal?: AbortSignal): Promise<SelfTestResult> {
  const { name, tolerance } = test;
  if (test.needsF16 && !executor.features.f16) {
    return { name, passed: true, tolerance, message: "left out: shaders here do not know halves" };
  }
  try {
    const start = performance.now();
    const actual = await launched(test, executor, signal);
    const middle = performance.now();
    const expected = expectedOf(test);
    const milliseconds = { device: middle - start, loops: performance.now() - middle };
    const error = Math.max(...actual.map((values, i) => largestDifference(values, expected[i]!)));
    return { name, passed: error <= tolerance, error, tolerance, milliseconds };
  } catch (error) {
    signal?.throwIfAborted();
    return { name, passed: false, tolerance, message: error instanceof Error ? error.message : String(error) };
  }
}

async function launched(test: SelfTest, executor: Executor, signal?: AbortSignal): Promise<Float32Array[]> {
  const inputs = await Promise.all(test.inputs().map((numbers) => uploaded(numbers, executor)));
  const targets = test.targets && (await Promise.all(test.targets().map((numbers) => uploaded(numbers, executor))));
  if (targets) executor.runInto(test.kernel, inputs, targets, test.shape);
  const outputs = targets ?? executor.run(test.kernel, inputs, test.shape);
  try {
    return await Promise.all(outputs.map((output) => executor.read(output, signal)));
  } finally {
    for (const storage of [...inputs, ...outputs]) executor.free(storage);
  }
}

/** Words go up as the f32 whose bits they are: nobody reads them as numbers. */
async function uploaded(numbers: SelfTestNumbers, executor: Executor): Promise<Storage> {
  if (!(numbers instanceof Uint16Array)) return executor.upload(new Float32Array(numbers.buffer));
  const storage = executor.allocate(numbers.length, "f16");
  await executor.write(storage, 0, new Uint8Array(numbers.buffer), "F16");
  return storage;
}

function expectedOf({ kernel, shape, inputs, targets }: SelfTest): ArrayLike<number>[] {
  const changed = targets?.();
  const loops = kernel.reference(inputs(), shape, changed);
  let step = loops.next();
  while (!step.done) step = loops.next();
  return changed ?? step.value;
}

/** Where words are expected, the number of words that differ. */
function largestDifference(actual: Float32Array, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  if (expected instanceof Uint32Array) {
    return new Uint32Array(actual.buffer).reduce((count, word, i) => count + (word === expected[i] ? 0 : 1), 0);
  }
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(difference)) return Infinity;
    largest = Math.max(largest, difference);
  }
  return largest;
}
