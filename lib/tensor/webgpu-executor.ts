/** The executor that launches kernels on a GPU. */
import { openDevice, type DeviceOptions, type GpuArray } from "../gpu";
import { matmul, softmax } from "../kernels";
import type { Executor } from "./executor";

/** An adapter that hangs is as good as none. */
const PATIENCE_MS = 20_000;

/** Rejects with a sentence when there is no WebGPU here, or when it computes wrong results. */
export async function openWebgpuExecutor(options: DeviceOptions = {}): Promise<Executor> {
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
    await inTime(selfTest(executor));
  } catch (error) {
    opened?.dispose();
    throw error;
  }
  return executor;
}

async function open(options: DeviceOptions): Promise<Executor> {
  const device = await openDevice(options);
  return {
    name: "webgpu",
    description: device.description,
    upload: (values) => device.upload(values),
    run: (kernel, inputs, shape) => device.run(kernel, inputs as GpuArray[], shape),
    read: (storage, signal) => device.read(storage as GpuArray, signal),
    free: (storage) => device.free(storage as GpuArray),
    ledger: () => device.ledger(),
    dispose: () => device.dispose(),
  };
}

/** A product and a softmax of small whole numbers, whose results are known: some drivers compute garbage. */
async function selfTest(executor: Executor): Promise<void> {
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
