/** The executor that launches kernels on a GPU. */
import { openDevice, type Device, type DeviceOptions, type GpuArray } from "../gpu";
import { matmul, softmax } from "../kernels";
import type { Executor } from "./executor";
import { widened } from "./halves";
import { withParts } from "./parts";
import { pauses } from "./pauses";
import { createWrite } from "./webgpu-write";

/** An adapter that hangs is as good as none. */
const PATIENCE_MS = 20_000;

export type WebgpuOptions = DeviceOptions & {
  /** Skips the small test of arithmetic: for whoever wants to find out what a GPU computes wrong. */
  untested?: boolean;
};

/** Rejects with a sentence when there is no WebGPU here, or when it computes wrong results. */
export async function openWebgpuExecutor(options: WebgpuOptions = {}): Promise<Executor> {
  let opened: Executor | undefined;
  let late = false;
  const opening = open(options).then((executor) => {
    opened = executor;
    if (late) executor.dispose();
    return executor;
  });
  opening.catch(() => undefined);
  const executor = await inTime(opening, () => (late = true));
  try {
    if (!options.untested) await inTime(smallTest(executor));
  } catch (error) {
    opened?.dispose();
    throw error;
  }
  return executor;
}

async function open(options: DeviceOptions): Promise<Executor> {
  const device = await openDevice(options);
  const write = createWrite(device);
  return withParts({
    name: "webgpu",
    description: device.description,
    features: {
      f16: device.features.has("shader-f16"),
      timestamps: device.features.has("timestamp-query"),
      maxBindingBytes: device.maxBindingBytes,
      limits: device.limits,
    },
    upload: (values) => device.upload(values),
    allocate: (length, dtype = "f32") => device.allocate(length, dtype, "allocate"),
    write: (storage, at, bytes, from) => write(storage as GpuArray, at, bytes, from),
    run: (kernel, inputs, shape) => device.run(kernel, inputs as GpuArray[], shape),
    runInto: (kernel, inputs, targets, shape) =>
      device.runInto(kernel, inputs as GpuArray[], targets as GpuArray[], shape),
    time: device.features.has("timestamp-query")
      ? (kernel, inputs, targets, shape, launches) =>
          device.time(kernel, inputs as GpuArray[], targets as GpuArray[], shape, launches)
      : undefined,
    read: (storage, signal) => read(device, storage as GpuArray, signal),
    free: (storage) => device.free(storage as GpuArray),
    ledger: () => device.ledger(),
    dispose: () => device.dispose(),
  });
}

/** Halves as the numbers that they stand for, with pauses: they may be a large weight. */
async function read(device: Device, array: GpuArray, signal?: AbortSignal): Promise<Float32Array> {
  if (array.dtype === "f32") return device.read(array, signal);
  const pause = pauses();
  return widened(await device.readHalves(array, signal), () => pause(signal));
}

/** A product and a softmax of small whole numbers, whose results are known: some drivers compute garbage. */
async function smallTest(executor: Executor): Promise<void> {
  const [m, k, n] = [3, 5, 4];
  const a = executor.upload(Float32Array.from({ length: m * k }, (_, i) => (i % 7) - 3));
  const b = executor.upload(Float32Array.from({ length: k * n }, (_, i) => (i % 5) - 2));
  const [product] = executor.run(matmul, [a, b], { batch: 1, m, k, n, aStep: 0, bStep: 0 });
  const [weights] = executor.run(softmax, [product!], { rows: m, cols: n });
  const [sums, rows] = await Promise.all([executor.read(product!), executor.read(weights!)]);
  for (const storage of [a, b, product!, weights!]) executor.free(storage);

  const expected = (i: number, j: number) => {
    let sum = 0;
    for (let l = 0; l < k; l++) sum += (((i * k + l) % 7) - 3) * (((l * n + j) % 5) - 2);
    return sum;
  };
  for (let i = 0; i < m; i++) {
    const total = [0, 1, 2, 3].reduce((sum, j) => sum + Math.exp(expected(i, j)), 0);
    for (let j = 0; j < n; j++) {
      const right = sums[i * n + j] === expected(i, j);
      const close = Math.abs(rows[i * n + j]! - Math.exp(expected(i, j)) / total) < 1e-4;
      if (!right || !close) throw new Error(`its GPU (${executor.description}) gave a wrong result in a small test.`);
    }
  }
}

function inTime<T>(work: Promise<T>, onTimeout?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      onTimeout?.();
      reject(new Error(`the GPU did not answer within ${PATIENCE_MS / 1000} seconds.`));
    }, PATIENCE_MS);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
