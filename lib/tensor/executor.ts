/**
 * An executor knows how to run kernels on arrays. There are two: `webgpu` launches the shader, `reference` runs the
 * plain loops. Every tensor operation is written once, above this interface, and never asks which one it has.
 */
import type { Kernel, Ledger, NumberType } from "../gpu";

export type { Ledger, NumberType };

/** How numbers lie in a safetensors file, lowest byte first. */
export type StoredType = "F32" | "F16" | "BF16";

/** A flat array of numbers that belongs to one executor. Tensors that differ only in shape share one. */
export interface Storage {
  /** In numbers, not bytes. */
  readonly length: number;
  /** f16 holds halves, two in a word. */
  readonly dtype: NumberType;
  /** A matrix that is larger than one binding: some of its rows in each part, in order. */
  readonly parts?: readonly Storage[];
}

/** What this executor can do, for readers and for operations that choose between variants of a kernel. */
export type Features = {
  /** Whether shaders know halves. Without it the same numbers come from f32 that are rounded to halves. */
  f16: boolean;
  /** Whether the GPU can time its passes. */
  timestamps: boolean;
  /** An array that is larger than this is kept in parts. */
  maxBindingBytes: number;
  /** What the device allows, by the names of WebGPU; empty without a device. */
  limits: Readonly<Record<string, number>>;
};

export interface Executor {
  readonly name: "webgpu" | "reference";
  /** For readers: which device computes, such as "apple metal-3" or "plain loops in JavaScript". */
  readonly description: string;
  readonly features: Features;
  /** Copies the values. */
  upload(values: Float32Array): Storage;
  /**
   * Room for numbers that come later by `write`; zeros until then. `rowLength` says how many numbers must stay together:
   * with it, what is larger than one binding is kept in parts.
   * @throws RangeError with both sizes, if the device cannot hold it.
   */
  allocate(length: number, dtype?: NumberType, rowLength?: number): Storage;
  /**
   * Stored numbers straight to the device, converted there, from number `at` on. `bytes` may start at any address and
   * holds whole numbers; leave it unchanged until the promise is fulfilled, which is when the device can take more: the
   * queue never holds more than a few pieces. Numbers beyond f16 become ±65504 in an f16 storage.
   */
  write(storage: Storage, at: number, bytes: Uint8Array, from: StoredType): Promise<void>;
  /** Returns at once; the work happens by the time that a result is read. One storage per output of the kernel. */
  run<Shape>(kernel: Kernel<Shape>, inputs: readonly Storage[], shape: Shape): Storage[];
  /**
   * The same for a kernel that changes a part of existing numbers. Results that were asked for earlier keep what they
   * saw; everything after sees the change.
   */
  runInto<Shape>(kernel: Kernel<Shape>, inputs: readonly Storage[], targets: readonly Storage[], shape: Shape): void;
  /**
   * Where the GPU can time its passes: the milliseconds that it spends on so many launches in a row. Browsers round its
   * clock, to 0.1 ms for instance, so ask for many, but for a few thousand at most.
   */
  time?<Shape>(
    kernel: Kernel<Shape>,
    inputs: readonly Storage[],
    targets: readonly Storage[],
    shape: Shape,
    launches: number,
  ): Promise<number>;
  /** Rejects with the signal's reason when aborted, and with one sentence when the kernel or the device failed. */
  read(storage: Storage, signal?: AbortSignal): Promise<Float32Array>;
  free(storage: Storage): void;
  /** What is alive now: for tests, and for a reader who wonders where the memory went. */
  ledger(): Ledger;
  /** Frees everything. Later reads reject. */
  dispose(): void;
}
