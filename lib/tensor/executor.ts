/**
 * An executor knows how to run kernels on arrays. There are two: `webgpu` launches the shader, `reference` runs the
 * plain loops. Every tensor operation is written once, above this interface, and never asks which one it has.
 */
import type { Kernel, Ledger } from "../gpu";

export type { Ledger };

/** A flat array of f32 that belongs to one executor. Tensors that differ only in shape share one. */
export interface Storage {
  /** In numbers, not bytes. */
  readonly length: number;
}

export interface Executor {
  readonly name: "webgpu" | "reference";
  /** For readers: which device computes, such as "apple metal-3" or "plain loops in JavaScript". */
  readonly description: string;
  /** Copies the values. */
  upload(values: Float32Array): Storage;
  /** Returns at once; the work happens by the time that a result is read. One storage per output of the kernel. */
  run<Shape>(kernel: Kernel<Shape>, inputs: readonly Storage[], shape: Shape): Storage[];
  /** Rejects with the signal's reason when aborted, and with one sentence when the kernel or the device failed. */
  read(storage: Storage, signal?: AbortSignal): Promise<Float32Array>;
  free(storage: Storage): void;
  /** What is alive now: for tests, and for a reader who wonders where the memory went. */
  ledger(): Ledger;
  /** Frees everything. Later reads reject. */
  dispose(): void;
}
