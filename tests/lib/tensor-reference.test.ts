/** The reference executor as a good neighbour: it pauses, stops when told, and computes only what is read. */
import { describe, expect, test } from "vitest";
import { ones, openExecutor, range } from "../../lib/tensor";

const open = async () => (await openExecutor({ prefer: "reference" })).executor;

/** Milliseconds that this process has computed: the same however many others want the processor. */
function worked(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** For how long at most, in milliseconds of work, timers had to wait. */
async function longestPause(work: Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = worked();
  const tick = () => {
    const now = worked();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(tick, 1);
  await work;
  clearInterval(timer);
  tick();
  return longest;
}

describe("pauses", () => {
  test("inside one long operation", async () => {
    const executor = await open();
    const x = ones([400, 400], executor);
    const started = worked();
    const pause = await longestPause(x.matmul(x).data());
    const took = worked() - started;
    expect(took).toBeGreaterThan(30); // or the test says nothing
    expect(pause).toBeLessThan(Math.min(50, took / 2));
  });

  test("across many short ones", async () => {
    const executor = await open();
    const work = async () => {
      for (let i = 0; i < 3000; i++) await range(100, executor).exp().sum().item();
    };
    expect(await longestPause(work())).toBeLessThan(50);
  });

  test("in a wide row: one token, a large vocabulary", async () => {
    const executor = await open();
    const work = ones([1, 512], executor)
      .matmul(ones([512, 20_000], executor))
      .data();
    expect(await longestPause(work)).toBeLessThan(50);
  });

  test("control: loops that do not pause are seen", async () => {
    const busy = async () => {
      await Promise.resolve();
      const end = worked() + 80;
      while (worked() < end);
    };
    expect(await longestPause(busy())).toBeGreaterThan(50);
  });
});

describe("abort", () => {
  test("stops the work, and the executor goes on", async () => {
    const executor = await open();
    const x = ones([1000, 1000], executor); // seconds of work
    const controller = new AbortController();
    const reading = x.matmul(x).data(controller.signal);
    setTimeout(() => controller.abort(new Error("interrupted")), 20);
    const started = worked();
    await expect(reading).rejects.toThrow("interrupted");
    expect(await range(3, executor).sum().item()).toBe(3); // waits for the aborted loops to end
    expect(worked() - started).toBeLessThan(200);
  });

  test("an aborted result can be asked for again", async () => {
    const executor = await open();
    const y = ones([200, 200], executor).matmul(ones([200, 200], executor));
    const controller = new AbortController();
    const reading = y.data(controller.signal);
    controller.abort();
    await expect(reading).rejects.toThrow();
    expect((await y.data())[0]).toBe(200);
  });

  test("before it starts", async () => {
    const executor = await open();
    await expect(range(3, executor).data(AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
  });

  test("while waiting for another", async () => {
    const executor = await open();
    const x = ones([300, 300], executor);
    const first = x.matmul(x).data();
    const controller = new AbortController();
    const second = range(2, executor).exp().data(controller.signal);
    controller.abort(new Error("left the queue"));
    await expect(second).rejects.toThrow("left the queue");
    expect((await first)[0]).toBe(300);
  });

  test("a disposed executor", async () => {
    const executor = await open();
    const x = range(3, executor);
    executor.dispose();
    await expect(x.data()).rejects.toThrow("tensor: this executor was closed");
    expect(() => x.add(1)).toThrow("tensor: this executor was closed");
  });
});

describe("laziness", () => {
  test("what nobody reads is not computed; what was computed stays", async () => {
    const executor = await open();
    const x = range(3, executor).exp();
    x.sum();
    x.mean();
    expect(executor.ledger().launches).toBe(0);
    await x.data();
    await x.data();
    expect(executor.ledger().launches).toBe(1);
    await x.max().data();
    expect(executor.ledger().launches).toBe(2);
  });

  test("a very long chain", async () => {
    const executor = await open();
    let x = range(1, executor);
    for (let i = 0; i < 20_000; i++) x = x.add(1);
    expect(await x.item()).toBe(20_000);
  });

  test("a result that shares parts with another", async () => {
    const executor = await open();
    const x = range(4, executor).exp();
    const [a, b] = await Promise.all([x.sum().item(), x.add(x).sum().item()]);
    expect(b).toBeCloseTo(2 * a);
  });
});
