/** The GPU's own clock: how long launches take, and what an adapter says of itself. */
import { expect, test } from "vitest";
import { inspectAdapter, openDevice } from "../../lib/gpu";
import { matmul, unary } from "../../lib/kernels";
import { nodeGpu } from "../gpu";
import { testDevice, uniform } from "./compare";

const product = { batch: 1, m: 64, k: 64, n: 64, aStep: 0, bStep: 0 };

test("more launches take longer, and leave the same numbers", async () => {
  const device = await testDevice();
  const [a, b] = [device.upload(uniform(64 * 64)), device.upload(uniform(64 * 64, 1, 2))];
  const [y] = device.run(matmul, [a, b], product);
  const before = [await device.read(y!), device.ledger().launches] as const;
  const few = await device.time(matmul, [a, b], [y!], product, 1);
  const many = await device.time(matmul, [a, b], [y!], product, 200);
  expect(few).toBeGreaterThan(0);
  expect(many).toBeGreaterThan(5 * few);
  expect(many).toBeLessThan(60_000); // milliseconds, not nanoseconds
  expect(device.ledger().launches).toBe(before[1] + 201);
  expect(await device.read(y!)).toEqual(before[0]);
});

test("what is recorded before and after keeps its order, and two times at once their own", async () => {
  const device = await testDevice();
  const x = device.upload(Float32Array.of(1, 2, 3));
  const [y] = device.run(unary.neg, [x], { length: 3 });
  const times = [1, 2].map(() => device.time(unary.square, [y!], [x], { length: 3 }, 3));
  const [z] = device.run(unary.neg, [x], { length: 3 });
  expect([...(await device.read(z!))]).toEqual([-1, -4, -9]);
  for (const time of await Promise.all(times)) expect(time).toBeGreaterThanOrEqual(0); // the clock may be too coarse for so little
});

test("a device without the clock says so, and one that is closed too", async () => {
  const gpu = await nodeGpu();
  const adapter = (await gpu.requestAdapter())!;
  const features = { info: adapter.info, limits: adapter.limits, features: new Set() };
  const requestDevice = (descriptor: GPUDeviceDescriptor) => adapter.requestDevice(descriptor);
  const plain = { requestAdapter: () => Promise.resolve({ ...features, requestDevice }) } as unknown as GPU;
  const device = await openDevice({ gpu: plain });
  const x = device.upload(Float32Array.of(1));
  await expect(device.time(unary.neg, [x], [x], { length: 1 }, 1)).rejects.toThrow(
    "expected a device that can time its passes (timestamp-query), got one that cannot",
  );
  device.dispose();
  await expect(device.time(unary.neg, [x], [x], { length: 1 }, 1)).rejects.toThrow("this device was closed");
});

test("an adapter tells its name, features and limits; where there is none, a sentence says so", async () => {
  const report = await inspectAdapter(await nodeGpu());
  expect(report.name).toContain(report.vendor);
  expect(report.features).toContain("timestamp-query");
  expect(report.features).toEqual([...report.features].sort());
  expect(report.limits.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(2 ** 27);
  const none = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
  await expect(inspectAdapter(none)).rejects.toThrow("the browser found no GPU that WebGPU can use.");
});
