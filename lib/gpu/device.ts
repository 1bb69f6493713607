/**
 * A WebGPU device that runs kernels on arrays of f32, and of f16 packed in words.
 *
 * Launches are recorded into one compute pass and handed to the GPU in one submit, when somebody reads a result. Nothing
 * comes back to the CPU unless it is read. What goes wrong on the GPU's side of things turns up as the rejection of a
 * read, in a sentence with the kernel's name.
 */
import { adapterName, findAdapter, numbersOf } from "./adapter";
import { createBatches, type Batch } from "./batch";
import type { Kernel, NumberType } from "./kernel";
import { createMemory, type Ledger } from "./memory";
import { createReads } from "./reads";
import { createTimer } from "./timer";

export type { Ledger };

/** Numbers on the GPU. */
export type GpuArray = {
  readonly length: number;
  readonly dtype: NumberType;
  readonly buffer: GPUBuffer;
  /** What made it, as long as that may still fail. */
  madeIn?: Batch;
  freed: boolean;
};

export interface Device {
  /** For readers, such as "apple metal-3". */
  readonly description: string;
  /** What the device can do: `shader-f16` and `timestamp-query` are asked for where the adapter has them. */
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<string, number>>;
  /** The largest array. */
  readonly maxBindingBytes: number;
  upload(values: Float32Array): GpuArray;
  /** All zeros, in a buffer of its own that was nobody else's. */
  allocate(length: number, dtype: NumberType, label: string): GpuArray;
  /**
   * Bytes as they are into an array, from a byte that is a multiple of 4 on; zeros follow up to the next such. Whatever
   * was recorded before still sees the old numbers.
   */
  write(array: GpuArray, at: number, bytes: Uint8Array): void;
  /** Bytes as they are in an array of at least `room` bytes, for a kernel that makes numbers of them. */
  stage(bytes: Uint8Array, room: number): GpuArray;
  /** One array per output of the kernel. Throws after the device was lost or disposed. */
  run<Shape>(kernel: Kernel<Shape>, inputs: readonly GpuArray[], shape: Shape): GpuArray[];
  /** The same with arrays that exist, of which the kernel changes a part. */
  runInto<Shape>(kernel: Kernel<Shape>, inputs: readonly GpuArray[], targets: readonly GpuArray[], shape: Shape): void;
  /**
   * The milliseconds that the GPU spends on so many launches in a row, by its own clock. Browsers round it, to 0.1 ms for
   * instance, so ask for many. Rejects without the feature `timestamp-query`.
   */
  time<Shape>(
    kernel: Kernel<Shape>,
    inputs: readonly GpuArray[],
    targets: readonly GpuArray[],
    shape: Shape,
    launches: number,
  ): Promise<number>;
  /** An array of f32. */
  read(array: GpuArray, signal?: AbortSignal): Promise<Float32Array>;
  /** The bits of each number of an array of f16. */
  readHalves(array: GpuArray, signal?: AbortSignal): Promise<Uint16Array>;
  /** Safe at any time: what is already recorded still sees the numbers. */
  free(array: GpuArray): void;
  /** Hands what is recorded to the GPU now. */
  flush(): void;
  /** When the GPU has done all that was handed to it. Rejects when the device is lost or disposed. */
  idle(): Promise<void>;
  ledger(): Ledger;
  dispose(): void;
}

export type DeviceOptions = {
  /** The browser's own unless given. */
  gpu?: GPU;
  /** Told once, in a sentence, if the device is lost; not when it is disposed. */
  onLost?(message: string): void;
  /** Lowers the largest array, to see what happens on a smaller device. */
  maxBindingBytes?: number;
};

/** Rejects with a sentence when there is no WebGPU, no adapter or no device. */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const adapter = await findAdapter(options.gpu);
  // Large weights need more than the default. All other limits stay at what every device has: no kernel needs more.
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxStorageBufferBindingSize, maxBufferSize },
    requiredFeatures: WANTED.filter((feature) => adapter.features?.has(feature)),
  });
  return wrap(device, adapterName(adapter.info), options);
}

const WANTED: readonly GPUFeatureName[] = ["shader-f16", "timestamp-query"];

function wrap(device: GPUDevice, description: string, options: DeviceOptions): Device {
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const largest = Math.min(maxStorageBufferBindingSize, maxBufferSize, options.maxBindingBytes ?? Infinity);
  const maxBindingBytes = Math.floor(largest / 4) * 4; // of words: some devices say 2^31 - 1
  const batches = createBatches(device);
  const memory = createMemory(device, maxBindingBytes, (buffer) => batches.forget(buffer));
  const reads = createReads(device);
  const timer = createTimer(device, batches);
  const waiting = new Set<(error: Error) => void>(); // reads that hear of the end
  let end: string | undefined; // why nothing works any more

  void device.lost.then(({ message, reason }) => {
    if (!end) {
      end = `gpu: the device was lost (${message || reason}), and with it everything on it; load the page again`;
      options.onLost?.(end);
    }
    for (const fail of waiting) fail(new Error(end));
  });

  function orEnded<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      waiting.add(reject);
      void work.then(resolve, reject).finally(() => waiting.delete(reject));
    });
  }

  function checkOpen(): void {
    if (end) throw new Error(end);
  }

  function flush(): void {
    batches.flush();
    memory.submitted();
  }

  function writeBytes(buffer: GPUBuffer, at: number, bytes: Uint8Array): void {
    if (batches.recording()) flush(); // the queue's writes come before what is only recorded
    const whole = Math.floor(bytes.byteLength / 4) * 4;
    if (whole > 0) device.queue.writeBuffer(buffer, at, bytes.buffer, bytes.byteOffset, whole);
    if (whole === bytes.byteLength) return;
    const rest = new Uint8Array(4);
    rest.set(bytes.subarray(whole));
    device.queue.writeBuffer(buffer, at + whole, rest);
  }

  async function readBytes(
    array: Pick<GpuArray, "buffer" | "madeIn">,
    bytes: number,
    signal?: AbortSignal,
  ): Promise<ArrayBuffer> {
    signal?.throwIfAborted();
    checkOpen();
    const { buffer, madeIn } = array;
    const copy = (to: GPUBuffer, size: number) => {
      const batch = batches.encode((encoder) => encoder.copyBufferToBuffer(buffer, 0, to, 0, size));
      flush();
      return batch;
    };
    return reads.bytes(bytes, copy, async (mapped, batch) => {
      const outcomes = Promise.all([batch.outcome, madeIn?.outcome, mapped.catch(rethrowSoon)]);
      const [problem, earlier] = await unlessAborted(signal, orEnded(outcomes));
      if (earlier ?? problem) throw new Error(earlier ?? problem);
    });
  }

  function runInto<Shape>(
    kernel: Kernel<Shape>,
    inputs: readonly GpuArray[],
    targets: readonly GpuArray[],
    shape: Shape,
  ): void {
    checkOpen();
    if (batches.full()) flush();
    batches.launch(kernel, inputs, targets, shape);
    for (const target of targets) target.madeIn = batches.open();
  }

  /** `make` creates a buffer; the array fails with a sentence if there was no memory for it. */
  function madeWithCare(length: number, dtype: NumberType, make: () => GPUBuffer): GpuArray {
    device.pushErrorScope("out-of-memory");
    let buffer: GPUBuffer;
    let scope: Promise<GPUError | null>;
    try {
      buffer = make();
    } finally {
      scope = device.popErrorScope();
      scope.catch(() => undefined);
    }
    const inUse = memory.ledger().bytes - buffer.size;
    const outcome = scope.then(
      (error) =>
        error
          ? `gpu: expected room for ${buffer.size} more bytes on this device, which holds ${inUse} of ours already, ` +
            "got none; use a smaller model, or dtype f16"
          : undefined,
      () => undefined, // the device was lost, which is reported elsewhere
    );
    const array: GpuArray = { length, dtype, buffer, madeIn: { outcome }, freed: false };
    void outcome.then((problem) => {
      if (!problem && array.madeIn?.outcome === outcome) array.madeIn = undefined;
    });
    return array;
  }

  return {
    description,
    features: new Set<string>(device.features),
    limits: numbersOf(device.limits),
    maxBindingBytes,
    flush,

    async read(array, signal) {
      return new Float32Array(await readBytes(array, array.length * 4, signal));
    },

    async readHalves(array, signal) {
      return new Uint16Array(await readBytes(array, array.length * 2, signal));
    },

    upload(values) {
      checkOpen();
      return { length: values.length, dtype: "f32", buffer: memory.upload(values), freed: false };
    },

    allocate(length, dtype, label) {
      checkOpen();
      const bytes = length * (dtype === "f16" ? 2 : 4);
      return madeWithCare(length, dtype, () => memory.allocateZeros(bytes, label));
    },

    write({ buffer }, at, bytes) {
      checkOpen();
      writeBytes(buffer, at, bytes);
    },

    stage(bytes, room) {
      checkOpen();
      const buffer = memory.allocate(Math.max(room, bytes.byteLength), "stage");
      writeBytes(buffer, 0, bytes);
      return { length: buffer.size / 4, dtype: "f32", buffer, freed: false };
    },

    run(kernel, inputs, shape) {
      checkOpen();
      if (batches.full()) flush();
      const madeIn = batches.open();
      const outputs = kernel.outputs(shape).map((length): GpuArray => {
        return { length, dtype: "f32", buffer: memory.allocate(length * 4, kernel.name), madeIn, freed: false };
      });
      batches.launch(kernel, inputs, outputs, shape);
      return outputs;
    },

    runInto,

    async time(kernel, inputs, targets, shape, launches) {
      checkOpen();
      flush(); // so that the launches fit into one batch
      const stamps = timer.record(() => {
        for (let i = 0; i < launches; i++) runInto(kernel, inputs, targets, shape);
      });
      return timer.milliseconds(await readBytes(stamps, timer.BYTES));
    },

    free(array) {
      if (array.freed || end) return;
      array.freed = true;
      memory.free(array.buffer, batches.recording());
    },

    async idle() {
      checkOpen();
      flush();
      await orEnded(device.queue.onSubmittedWorkDone());
      checkOpen();
    },

    ledger: () => ({ ...memory.ledger(), ...batches.counts() }),

    dispose() {
      end ??= "gpu: this device was closed; open another one";
      device.destroy();
    },
  };
}

/** A device's loss may be told a moment after the failures that it causes, and is the better explanation. */
function rethrowSoon(reason: unknown): Promise<never> {
  return new Promise((_, reject) => setTimeout(reject, 200, reason));
}

function unlessAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
