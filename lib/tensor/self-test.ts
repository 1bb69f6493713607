/** Every kernel on this device, compared with its plain loops in JavaScript: for a reader's machine, and for tests. */
import { selfTests, type SelfTest, type SelfTestNumbers } from "../kernels";
import type { Executor, Storage } from "./executor";
import { pauses } from "./pauses";
import { timeOfOne, timeByPage } from "./self-test-times";

export type SelfTestResult = {
  /** Of the case. */
  name: string;
  /** A kernel may have several cases. */
  kernel: string;
  /** `failed`: it did not run to its end. `left out`: this device lacks what it needs. `ran`: the loops alone. */
  outcome: "agrees" | "differs" | "failed" | "left out" | "ran";
  /** The largest difference between shader and loops, if both ran; where words are compared, how many differ. */
  error?: number;
  tolerance: number;
  /** Milliseconds, if asked for: of a launch, and of the loops. */
  times?: { device?: number; loops: number };
  /** If it does not agree: what was expected and what came, or what is missing. */
  message?: string;
};

export type SelfTestOptions = {
  signal?: AbortSignal;
  /** Whether to measure too: everything runs many times then. */
  measure?: boolean;
};

/** What a page can show of each case before it runs. */
export type SelfTestCase = Pick<SelfTestResult, "name" | "kernel" | "tolerance"> & { needsF16: boolean };

export function selfTestCases(): SelfTestCase[] {
  return selfTests().map(({ name, kernel, tolerance, needsF16 }) => ({
    ...{ name, kernel: kernel.name, tolerance, needsF16 },
  }));
}

/**
 * One result after the other; rejects only when aborted. On the reference executor there is nothing to compare with: the
 * loops run alone and have to give numbers.
 */
export async function* selfTestKernels(
  executor: Executor,
  options: SelfTestOptions = {},
): AsyncGenerator<SelfTestResult> {
  for (const test of selfTests()) {
    options.signal?.throwIfAborted();
    const { name, kernel, tolerance } = test;
    yield { name, kernel: kernel.name, tolerance, ...(await outcomeOf(test, executor, options)) };
  }
}

type Outcome = Pick<SelfTestResult, "outcome" | "error" | "times" | "message">;

async function outcomeOf(test: SelfTest, executor: Executor, options: SelfTestOptions): Promise<Outcome> {
  const compares = executor.name !== "reference";
  if (compares && test.needsF16 && !executor.features.f16) {
    return { outcome: "left out", message: `${test.name}: needs shader-f16, which this device does not have` };
  }
  try {
    const expected = expectedOf(test);
    const ran = compares ? await launched(test, executor, options) : undefined;
    const times = options.measure ? { device: ran?.time, loops: await timeOfLoops(test, options.signal) } : undefined;
    if (!ran) return { ...numbersOnly(test.name, expected), times };
    const error = Math.max(...ran.numbers.map((values, i) => largestDifference(values, expected[i]!)));
    if (error <= test.tolerance) return { outcome: "agrees", error, times };
    return { outcome: "differs", error, times, message: inWords(error, test, expected) };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { outcome: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

/** Results go into arrays that hold no numbers yet, so that what the kernel leaves out is noticed. */
async function launched(
  { kernel, shape, inputs, targets }: SelfTest,
  executor: Executor,
  { measure, signal }: SelfTestOptions,
): Promise<{ numbers: Float32Array[]; time?: number }> {
  const empty = () => kernel.outputs(shape).map((length) => new Float32Array(length).fill(NaN));
  const inside = await Promise.all(inputs().map((numbers) => uploaded(numbers, executor)));
  const outside = await Promise.all((targets ?? empty)().map((numbers) => uploaded(numbers, executor)));
  const launchAndRead = async () => {
    executor.runInto(kernel, inside, outside, shape);
    return Promise.all(outside.map((output) => executor.read(output, signal)));
  };
  try {
    const numbers = await launchAndRead();
    if (!measure) return { numbers };
    const time = executor.time
      ? await timeOfOne((count) => executor.time!(kernel, inside, outside, shape, count), signal)
      : await timeByPage(launchAndRead, signal);
    return { numbers, time };
  } finally {
    for (const storage of [...inside, ...outside]) executor.free(storage);
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
  const results = finish(kernel.reference(inputs(), shape, changed));
  return changed ?? results;
}

async function timeOfLoops({ kernel, shape, inputs, targets }: SelfTest, signal?: AbortSignal): Promise<number> {
  const [given, changed] = [inputs(), targets?.()];
  const pause = pauses();
  return timeOfOne(async (count) => {
    await pause(signal);
    const start = performance.now();
    for (let i = 0; i < count; i++) finish(kernel.reference(given, shape, changed));
    return performance.now() - start;
  }, signal);
}

function finish<T>(loops: Generator<undefined, T, undefined>): T {
  let step = loops.next();
  while (!step.done) step = loops.next();
  return step.value;
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

function inWords(error: number, { name, tolerance }: SelfTest, expected: ArrayLike<number>[]): string {
  if (expected.some((values) => values instanceof Uint32Array))
    return `${name}: expected the words of the plain loops, bit by bit, got ${error} others`;
  const came = error === Infinity ? "something that is no number" : `a difference of ${error.toPrecision(2)}`;
  const limit = tolerance === 0 ? "the very numbers" : `numbers within ${tolerance.toPrecision(2)}`;
  return `${name}: expected ${limit} of the plain loops, got ${came}`;
}

function numbersOnly(name: string, results: ArrayLike<number>[]): Outcome {
  if (results.every((values) => Array.from(values).every(Number.isFinite))) return { outcome: "ran" };
  return { outcome: "failed", message: `${name}: expected finite numbers from the plain loops, got others` };
}
