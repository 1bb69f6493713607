/**
 * A WebGPU device that runs kernels on arrays of f32.
 *
 * Launches are recorded into one compute pass and handed to the GPU in one submit, when somebody reads a result or when
 * a batch is full. Nothing comes back to the CPU unless it is read. What goes wrong on the GPU's side of things turns
 * up as the rejection of a read, in a sentence with the kernel's name.
 */
import { createBatches, type Batch } from "./batch";
import type { Kernel } from "./kernel";
import { createMemory, type Ledger } from "./memory";

export type { Ledger };

/** Numbers on the GPU. */
export type GpuArray = { readonly length: number; readonly buffer: GPUBuffer; readonly madeIn?: Batch; freed: boolean };

export interface Device {
  /** For readers, such as "apple metal-3". */
  readonly description: string;
  upload(values: Float32Array): GpuArray;
  /** One array per output of the kernel. Throws after the device was lost or disposed. */
  run<Shape>(kernel: Kernel<Shape>, inputs: readonly GpuArray[], shape: Shape): GpuArray[];
  read(array: GpuArray, signal?: AbortSignal): Promise<Float32Array>;
  /** Safe at any time: what is already recorded still sees the numbers. */
  free(array: GpuArray): void;
  /** Hands what is recorded to the GPU now. */
  flush(): void;
  ledger(): Ledger;
  dispose(): void;
}

export type DeviceOptions = {
  /** The browser's own unless given. */
  gpu?: GPU;
  /** Told once, in a sentence, if the device is lost; not when it is disposed. */
  onLost?(message: string): void;
};

/** Rejects with a sentence when there is no WebGPU, no adapter or no device. */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const gpu = options.gpu ?? globalThis.navigator?.gpu;
  if (!gpu) throw new Error("this browser has no WebGPU.");
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("the browser found no GPU that WebGPU can use.");
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits; // large weights need more than the default
  const device = await adapter.requestDevice({ requiredLimits: { maxStorageBufferBindingSize, maxBufferSize } });
  return wrap(device, describe(adapter), options);
}

function wrap(device: GPUDevice, description: string, options: DeviceOptions): Device {
  const memory = createMemory(device);
  const batches = createBatches(device);
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

  function flush(): void {
    batches.flush();
    memory.submitted();
  }

  async function read({ buffer, length, madeIn }: GpuArray, signal?: AbortSignal): Promise<Float32Array> {
    signal?.throwIfAborted();
    if (end) throw new Error(end);
    const size = length * 4;
    const staging = device.createBuffer({
      label: "read",
      size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const batch = batches.copy(buffer, staging, size);
    flush();
    try {
      const mapped = staging.mapAsync(GPUMapMode.READ).catch(rethrowSoon);
      const outcomes = Promise.all([batch.outcome, madeIn?.outcome, mapped]);
      const [problem, earlier] = await unlessAborted(signal, orEnded(outcomes));
      if (earlier ?? problem) throw new Error(earlier ?? problem);
      return new Float32Array(staging.getMappedRange().slice(0));
    } finally {
      staging.destroy();
    }
  }

  return {
    description,
    flush,
    read,

    upload(values) {
      if (end) throw new Error(end);
      return { length: values.length, buffer: memory.upload(values), freed: false };
    },

    run(kernel, inputs, shape) {
      if (end) throw new Error(end);
      if (batches.full()) flush();
      const madeIn = batches.open();
      const outputs = kernel
        .outputs(shape)
        .map((length) => ({ length, buffer: memory.allocate(length, kernel.name), madeIn, freed: false }));
      batches.launch(kernel, inputs, outputs, shape);
      return outputs;
    },

    free(array) {
      if (array.freed || end) return;
      array.freed = true;
      memory.free(array.buffer, batches.recording());
    },

    ledger: () => ({ ...memory.ledger(), ...batches.counts() }),

    dispose() {
      end ??= "gpu: this device was closed; open another one";
      device.destroy();
    },
  };
}

function describe({ info }: GPUAdapter): string {
  return [info.vendor, info.architecture || info.device, info.description].filter(Boolean).join(" ") || "a GPU";
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
