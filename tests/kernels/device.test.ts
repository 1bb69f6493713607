import { afterAll, describe, expect, test, vi } from "vitest";
import { openDevice, type Kernel } from "../../lib/gpu";
import { matmul, stridedCopy, unary } from "../../lib/kernels";
import { nodeGpu } from "../gpu";
import { testDevice, uniform } from "./compare";

afterAll(async () => (await testDevice()).dispose());

/** A GPU whose device the test can reach, to take it away. */
async function gpuWithHandle() {
  const gpu = await nodeGpu();
  const handle: { device?: GPUDevice; limits?: GPUDeviceDescriptor["requiredLimits"] } = {};
  const requestAdapter = async (options?: GPURequestAdapterOptions) => {
    const adapter = (await gpu.requestAdapter(options))!;
    const requestDevice = async (descriptor?: GPUDeviceDescriptor) => {
      handle.limits = descriptor?.requiredLimits;
      return (handle.device = await adapter.requestDevice(descriptor));
    };
    return { info: adapter.info, limits: adapter.limits, requestDevice } as unknown as GPUAdapter;
  };
  return { handle, gpu: { requestAdapter } as unknown as GPU };
}

describe("launches", () => {
  test("many launches are one submit, and nothing is read unasked", async () => {
    const device = await testDevice();
    let x = device.upload(Float32Array.of(1, 2, 3));
    const before = device.ledger();
    for (let i = 0; i < 100; i++) [x] = device.run(unary.neg, [x], { length: 3 }) as [typeof x];
    expect(device.ledger().submits).toBe(before.submits);
    expect([...(await device.read(x))]).toEqual([1, 2, 3]);
    expect(device.ledger()).toMatchObject({ launches: before.launches + 100, submits: before.submits + 1 });
  });

  test("more launches than one batch holds keep their own params and order", async () => {
    const device = await testDevice();
    const x = device.upload(uniform(600));
    const before = device.ledger().submits;
    const picks = Array.from(
      { length: 600 },
      (_, i) => device.run(stridedCopy, [x], { shape: [], strides: [], offset: i })[0]!,
    );
    const picked = await Promise.all(picks.map(async (pick) => (await device.read(pick))[0]!));
    expect(picked).toEqual([...uniform(600)]);
    expect(device.ledger().submits - before).toBe(2 + 600); // two full batches; the first read submits the third
  });

  test("a freed buffer is reused only when that is safe", async () => {
    const device = await testDevice();
    const x = device.upload(uniform(64, 1, 1));
    const [y] = device.run(unary.neg, [x], { length: 64 });
    device.free(x); // recorded, not submitted: y still needs x
    const z = device.upload(uniform(64, 1, 2)); // must not overwrite x
    expect(await device.read(y!)).toEqual(uniform(64, 1, 1).map((value) => -value));
    expect(await device.read(z)).toEqual(uniform(64, 1, 2));
    const w = device.upload(uniform(64, 1, 3));
    expect(w.buffer).toBe(x.buffer); // now it may
    expect(await device.read(w)).toEqual(uniform(64, 1, 3));
  });

  test("the ledger counts what is alive; equal passes need no new memory", async () => {
    const device = await testDevice();
    const pass = async () => {
      const x = device.upload(uniform(1000));
      const [y] = device.run(unary.exp, [x], { length: 1000 });
      await device.read(y!);
      device.free(x);
      device.free(y!);
      device.free(y!); // twice does no harm
    };
    const before = device.ledger();
    await pass();
    const after = device.ledger();
    expect(after).toMatchObject({ buffers: before.buffers, bytes: before.bytes });
    await pass();
    expect(device.ledger().pooledBytes).toBe(after.pooledBytes);
  });
});

describe("what goes wrong", () => {
  const broken: Kernel<{ length: number }> = { ...unary.exp, name: "broken", wgsl: "fn main() { let x = ; }" };
  const misbound: Kernel<{ length: number }> = {
    ...unary.exp,
    name: "misbound",
    wgsl: unary.exp.wgsl.replace("binding(1)", "binding(7)"),
  };

  test.each([
    ["a shader that does not compile", broken],
    ["a shader that binds otherwise", misbound],
  ])("%s rejects the read, by name; other work goes on", async (_, kernel) => {
    const device = await testDevice();
    const x = device.upload(Float32Array.of(1));
    const [bad] = device.run(kernel, [x], { length: 1 });
    await expect(device.read(bad!)).rejects.toThrow(new RegExp(`^${kernel.name}: the kernel does not compile here`));
    const [later] = device.run(unary.neg, [bad!], { length: 1 });
    await expect(device.read(later!)).rejects.toThrow(kernel.name); // built on it, in a later batch
    const [good] = device.run(unary.neg, [x], { length: 1 });
    expect([...(await device.read(good!))]).toEqual([-1]);
  });

  test("an array larger than the device allows is refused in a sentence", async () => {
    const device = await testDevice();
    const x = device.upload(Float32Array.of(1));
    const huge = 2 ** 31;
    expect(() => device.run(unary.neg, [x], { length: huge })).toThrow(/gpu: expected at most \d+ bytes .* for neg/);
  });

  test("aborting a read rejects it with the signal's reason", async () => {
    const device = await testDevice();
    const x = device.upload(uniform(4));
    await expect(device.read(x, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
    const controller = new AbortController();
    const reading = device.read(x, controller.signal);
    controller.abort(new Error("never mind"));
    await expect(reading).rejects.toThrow("never mind");
    expect(await device.read(x)).toEqual(uniform(4));
  });

  test("a lost device rejects pending and later reads, and tells once", async () => {
    const { gpu, handle } = await gpuWithHandle();
    const onLost = vi.fn();
    const device = await openDevice({ gpu, onLost });
    const size = 128;
    const a = device.upload(uniform(size * size));
    const [b] = device.run(matmul, [a, a], { batch: 1, m: size, k: size, n: size, aStep: 0, bStep: 0 });
    const pending = [device.read(b!), device.read(a)];
    handle.device!.destroy();
    for (const reading of pending) await expect(reading).rejects.toThrow(/^gpu: the device was lost/);
    await expect(device.read(a)).rejects.toThrow(/^gpu: the device was lost/);
    expect(() => device.upload(uniform(1))).toThrow(/lost/);
    expect(() => device.run(unary.neg, [a], { length: 1 })).toThrow(/lost/);
    expect(onLost).toHaveBeenCalledOnce();
    expect(onLost.mock.calls[0]![0]).toMatch(/^gpu: the device was lost/);
  });

  test("a disposed device says so, and is not lost", async () => {
    const onLost = vi.fn();
    const device = await openDevice({ gpu: await nodeGpu(), onLost });
    const x = device.upload(uniform(1));
    const pending = device.read(x);
    device.dispose();
    await expect(pending).rejects.toThrow(/closed/);
    await expect(device.read(x)).rejects.toThrow(/closed/);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(onLost).not.toHaveBeenCalled();
  });

  test("no WebGPU, no adapter", async () => {
    await expect(openDevice({ gpu: null as unknown as undefined })).rejects.toThrow("no WebGPU");
    const none = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
    await expect(openDevice({ gpu: none })).rejects.toThrow("no GPU that WebGPU can use");
  });

  test("the adapter's own limits are asked for", async () => {
    const { gpu, handle } = await gpuWithHandle();
    const device = await openDevice({ gpu });
    const adapter = (await (await nodeGpu()).requestAdapter())!;
    expect(handle.limits).toMatchObject({ maxBufferSize: adapter.limits.maxBufferSize });
    expect(handle.device!.limits.maxStorageBufferBindingSize).toBe(adapter.limits.maxStorageBufferBindingSize);
    device.dispose();
  });
});
