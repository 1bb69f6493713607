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
export async function openDevice({ gpu = globalThis.navigator?.gpu, onLost }: DeviceOptions = {}): Promise<Device> {
  if (!gpu) throw new Error("this browser has no WebGPU.");
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("the browser found no GPU that WebGPU can use.");
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits; // large weights need more than the default
  const device = await adapter.requestDevice({ requiredLimits: { maxStorageBufferBindingSize, maxBufferSize } });
  return wrap(device, describe(adapter), onLost);
}

function wrap(device: GPUDevice, description: string, onLost?: (message: string) => void): Device {
  const memory = createMemory(device);
  const batches = createBatches(device);
  let end: string | undefined; // why nothing works any more

  const ended = device.lost.then(({ message, reason }) => {
    if (!end) {
      end = `gpu: the device was lost (${message || reason}), and with it everything on it; load the page again`;
      onLost?.(end);
    }
    return new Error(end);
  });

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
      const mapped = staging.mapAsync(GPUMapMode.READ).then(
        () => undefined,
        (reason: unknown) => firstOf(ended, soon(reason)), // a lost device is the better explanation, if there is one
      );
      const failure = await unlessAborted(
        signal,
        firstOf(Promise.all([mapped, batch.outcome, madeIn?.outcome]), ended),
      );
      if (failure instanceof Error) throw failure;
      const problem = failure.find((part) => part !== undefined);
      if (problem !== undefined) throw problem instanceof Error ? problem : new Error(String(problem));
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
      const lengths = kernel.outputs(shape);
      if (batches.full()) flush();
      const batch = batches.open();
      const outputs = lengths.map((length) => ({
        length,
        buffer: memory.allocate(length, kernel.name),
        madeIn: batch,
        freed: false,
      }));
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

/** Promise.race without its leak: nothing stays attached to the loser for longer than it lives. */
function firstOf<A, B>(a: Promise<A>, b: Promise<B>): Promise<A | B> {
  return Promise.race([a, b]);
}

/** A device's loss may be told a moment after the failures that it causes. */
function soon(reason: unknown): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve, 200, reason));
}

function unlessAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
