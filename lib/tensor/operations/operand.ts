/** What operations take and give: a tensor without its methods. */
import type { Kernel } from "../../gpu";
import type { Executor, Storage } from "../executor";
import type { Shape } from "../shape";
import { plain } from "./weights";

export interface Operand {
  readonly executor: Executor;
  readonly storage: Storage;
  readonly shape: Shape;
}

export type Result = { storage: Storage; shape: readonly number[] };

/** Runs a kernel with one output on operands that must live on one executor. */
export function run<S>(
  what: string,
  kernel: Kernel<S>,
  operands: readonly Operand[],
  kernelShape: S,
  shape: Shape,
): Result {
  const [storage] = runAll(what, kernel, operands, kernelShape);
  return { storage: storage!, shape };
}

/** The same for a kernel with several outputs. */
export function runAll<S>(what: string, kernel: Kernel<S>, operands: readonly Operand[], kernelShape: S): Storage[] {
  const executor = sameExecutor(what, operands);
  return withPlain(what, executor, operands, (storages) => executor.run(kernel, storages, kernelShape));
}

/** Lends each operand's numbers as plain f32: what is kept as halves is widened for the call. */
export function withPlain<T>(
  what: string,
  executor: Executor,
  operands: readonly Operand[],
  use: (storages: Storage[]) => T,
): T {
  const lent = operands.map(({ storage }) => plain(what, executor, storage));
  try {
    return use(lent.map(({ storage }) => storage));
  } finally {
    for (const { storage, ours } of lent) if (ours) executor.free(storage);
  }
}

export function sameExecutor(what: string, operands: readonly Operand[]): Executor {
  const { executor } = operands[0]!;
  const stranger = operands.find((operand) => operand.executor !== executor);
  if (stranger) {
    const names =
      executor.name === stranger.executor.name
        ? `two different ${executor.name} executors`
        : `${executor.name} and ${stranger.executor.name}`;
    throw new TypeError(`${what}: expected tensors of one executor, got ${names}; make them all with the same one`);
  }
  return executor;
}

/** Refuses what is not a tensor with a message, rather than failing somewhere inside. */
export function checkOperand(what: string, value: unknown): void {
  if (typeof value !== "object" || value === null || !("storage" in value && "shape" in value)) {
    const got = Array.isArray(value) ? "an array" : value === null ? "null" : typeof value;
    throw new TypeError(`${what}: expected a tensor, got ${got}; wrap numbers in tensor(…)`);
  }
}

/** Uploads a few numbers for one operation, and frees them after it. */
export function withUploaded<T>(executor: Executor, values: Float32Array, use: (uploaded: Operand) => T): T {
  const storage = executor.upload(values);
  try {
    return use({ executor, storage, shape: [values.length] });
  } finally {
    executor.free(storage);
  }
}
