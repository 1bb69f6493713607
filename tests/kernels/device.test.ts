import { afterAll, describe, expect, test, vi } from "vitest";
import { openDevice, type Kernel } from "../../lib/gpu";
import { matmul, stridedCopy, unary } from "../../lib/kernels";
import { nodeGpu } from "../gpu";
import { testDevice, uniform } from "./compare";

afterAll(async () => (await testDevice()).dispose());

/** A GPU whose device the test can reach, to take it away. */
async function gpuWithHandle(offered?: ReadonlySet<string>) {
  const gpu = await nodeGpu();
  const handle: { device?: GPUDevice; asked?: GPUDeviceDescriptor } = {};
  const requestAdapter = async (options?: GPURequestAdapterOptions) => {
    const adapter = (await gpu.requestAdapter(options))!;
    const requestDevice = async (descriptor?: GPUDeviceDescriptor) => {
      handle.asked = descriptor;
      return (handle.device = await adapter.requestDevice(descriptor));
    };
    const { info, limits, features } = adapter;
    return { info, limits, features: offered ?? features, requestDevice } as unknown as GPUAdapter;
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

  test("more launches than one buffer of params holds keep their own params and order", async () => {
    const device = await testDevice();
    const x = device.upload(uniform(600));
    const before = device.ledger().submits;
    const picks = Array.from(
      { length: 600 },
      (_, i) => device.run(stridedCopy, [x], { shape: [], strides: [], offset: i })[0]!,
    );
    const picked = await Promise.all(picks.map(async (pick) => (await device.read(pick))[0]!));
    expect(picked).toEqual([...uniform(600)]);
    expect(device.ledger().submits - before).toBe(600); // the first read submits all
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

  test("writes come after what was recorded before them", async () => {
    const device = await testDevice();
    const bytes = (values: Float32Array) => new Uint8Array(values.buffer);
    const x = device.allocate(64, "f32", "test");
    device.write(x, 0, bytes(uniform(64, 1, 1)));
    const [y] = device.run(unary.neg, [x], { length: 64 });
    device.write(x, 0, bytes(uniform(64, 1, 2)));
    expect(await device.read(y!)).toEqual(uniform(64, 1, 1).map((value) => -value));
    const staged = device.stage(bytes(uniform(64, 1, 3)), 0);
    const [z] = device.run(unary.neg, [staged], { length: 64 });
    device.free(staged);
    expect(device.stage(bytes(uniform(64, 1, 4)), 0).buffer).toBe(staged.buffer);
    expect(await device.read(z!)).toEqual(uniform(64, 1, 3).map((value) => -value));
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

  test("limits and features are asked for as needed, and said", async () => {
    const { gpu, handle } = await gpuWithHandle();
    const device = await openDevice({ gpu });
    const { limits, features } = (await (await nodeGpu()).requestAdapter())!;
    const { maxBufferSize, maxStorageBufferBindingSize } = limits;
    expect(handle.asked!.requiredLimits).toEqual({ maxBufferSize, maxStorageBufferBindingSize });
    expect(handle.device!.limits.maxStorageBufferBindingSize).toBe(maxStorageBufferBindingSize);
    expect(device.limits).toMatchObject({ maxBufferSize, maxComputeInvocationsPerWorkgroup: 256 });
    expect(device.maxBindingBytes).toBe(Math.min(maxBufferSize, maxStorageBufferBindingSize));
    const wanted = ["shader-f16", "timestamp-query"].filter((name) => features.has(name));
    expect(handle.asked!.requiredFeatures).toEqual(wanted);
    expect([...device.features]).toEqual(expect.arrayContaining(wanted));
    device.dispose();
  });

  test("an adapter without features is asked for none", async () => {
    const { gpu, handle } = await gpuWithHandle(new Set());
    (await openDevice({ gpu })).dispose();
    expect(handle.asked!.requiredFeatures).toEqual([]);
  });
});

describe("large arrays", () => {
  test("no memory is a sentence with both numbers", async () => {
    const { gpu, handle } = await gpuWithHandle();
    const device = await openDevice({ gpu });
    const x = device.upload(uniform(64));
    // What the browser says when it has no memory. A software adapter would take all of this machine's before it did.
    const pop = handle.device!.popErrorScope.bind(handle.device);
    handle.device!.popErrorScope = () => pop().then(() => ({ message: "out of memory" }));
    const array = device.allocate(1000, "f32", "test");
    handle.device!.popErrorScope = pop;
    await expect(device.read(array)).rejects.toThrow(
      /gpu: expected room for \d+ more bytes .* holds 256 of ours already/,
    );
    expect(await device.read(x)).toEqual(uniform(64));
    device.dispose();
  });

  test("a buffer of a size of its own is given back when it is freed", async () => {
    const device = await testDevice();
    const before = device.ledger();
    const array = device.allocate(1000, "f16", "test");
    expect(device.ledger()).toMatchObject({ buffers: before.buffers + 1, bytes: before.bytes + 2000 });
    device.free(array);
    expect(device.ledger()).toMatchObject({ ...before });
  });

  test("idle waits for what was handed over, and hears of the end", async () => {
    const device = await openDevice({ gpu: await nodeGpu() });
    const x = device.upload(uniform(64));
    device.run(unary.neg, [x], { length: 64 });
    await device.idle();
    expect(device.ledger().submits).toBe(1);
    const waiting = device.idle();
    device.dispose();
    await expect(waiting.then(() => device.idle())).rejects.toThrow(/closed/);
  });
});
