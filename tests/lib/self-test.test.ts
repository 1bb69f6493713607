/** The self-test of kernels and its page's words, on devices that are made of plain loops and can be broken at will. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { createEngineStore, type EngineState } from "../../components/engine/engine-state";
import { kernelWords } from "../../components/engine/kernel-words";
import { inBytes, inDifference, inTime } from "../../components/engine/numbers";
import { reportOf } from "../../components/engine/report";
import { summary } from "../../components/engine/verdict";
import { limits } from "../../components/engine/adapter-words";
import { selfTests } from "../../lib/kernels";
import {
  openExecutor,
  selfTestCases,
  selfTestKernels,
  type Executor,
  type OpenOptions,
  type SelfTestOptions,
  type SelfTestResult,
} from "../../lib/tensor";

type Bits = { length: number; dtype: "f32" | "f16"; numbers: Float32Array | Uint16Array };

type Faults = {
  /** Changes what a kernel has written. */
  spoil?: (kernel: string, output: Float32Array) => void;
  /** What a kernel does not care to write. */
  unwritten?: (kernel: string, value: number) => boolean;
  f16?: boolean;
  time?: Executor["time"];
  onRun?: (kernel: string) => void;
};

/** An executor that looks like a GPU's and runs the loops at once. Counts what is alive. */
function loopsAsShaders({ spoil, unwritten, f16 = true, time, onRun }: Faults = {}) {
  const alive = new Set<Bits>();
  const made = (numbers: Bits["numbers"]) => {
    const storage: Bits = { length: numbers.length, dtype: numbers instanceof Uint16Array ? "f16" : "f32", numbers };
    alive.add(storage);
    return storage;
  };
  // A kernel on words finds them as unsigned integers, as its shader does.
  const asWords = (kernel: string, { numbers }: Bits) =>
    kernel.startsWith("store") ? new Uint32Array(numbers.buffer) : numbers;
  const executor = {
    name: "webgpu",
    description: "loops in disguise",
    features: { f16, timestamps: time !== undefined, maxBindingBytes: 2 ** 27, limits: {} },
    time,
    upload: (values: Float32Array) => made(values.slice()),
    allocate: (length: number) => made(new Uint16Array(length)),
    write: ({ numbers }: Bits, _at: number, bytes: Uint8Array) =>
      Promise.resolve(new Uint8Array(numbers.buffer).set(bytes)),
    runInto(kernel, inputs, targets, shape) {
      onRun?.(kernel.name);
      const outputs = targets.map((target) => asWords(kernel.name, target as Bits));
      const given = inputs.map((input) => asWords(kernel.name, input as Bits));
      const loops = kernel.reference(given, shape, outputs);
      let step = loops.next();
      while (!step.done) step = loops.next();
      step.value.forEach((values, i) =>
        values.forEach((value, j) => {
          if (!unwritten?.(kernel.name, value)) outputs[i]![j] = value;
        }),
      );
      if (targets.length > 0) spoil?.(kernel.name, (targets[0] as Bits).numbers as Float32Array);
    },
    read: ({ numbers }: Bits) => Promise.resolve((numbers as Float32Array).slice()),
    free: (storage) => void alive.delete(storage as Bits),
    dispose: () => undefined,
  } as Partial<Executor> as Executor;
  return { executor, alive };
}

async function run(executor: Executor, options?: SelfTestOptions): Promise<SelfTestResult[]> {
  const results: SelfTestResult[] = [];
  for await (const result of selfTestKernels(executor, options)) results.push(result);
  return results;
}

const wrong = (results: SelfTestResult[]) =>
  results.filter(({ outcome }) => outcome === "differs" || outcome === "failed");

describe("the self-test", () => {
  test("a device that computes as the loops do agrees everywhere, and nothing stays on it", async () => {
    const { executor, alive } = loopsAsShaders();
    const results = await run(executor);
    expect(results.map(({ name }) => name)).toEqual(selfTestCases().map(({ name }) => name));
    expect(results.filter(({ outcome }) => outcome !== "agrees")).toEqual([]);
    expect(alive.size).toBe(0);
  });

  test.each<[string, Faults["spoil"], Partial<SelfTestResult>]>([
    [
      "one number is off",
      (kernel, y) => void (kernel === "softmax" && (y[7]! += 0.25)),
      {
        name: "softmax",
        error: expect.closeTo(0.25, 5) as number,
        message: "softmax: expected numbers within 3.0e-7 of the plain loops, got a difference of 0.25",
      },
    ],
    [
      "a number is not written",
      (kernel, y) => void (kernel === "gelu" && (y[64] = NaN)),
      {
        name: "gelu",
        error: Infinity,
        message: "gelu: expected numbers within 5.0e-7 of the plain loops, got something that is no number",
      },
    ],
    ["what must be exact is not", (kernel, y) => void (kernel === "concat" && (y[0]! += 1e-7)), { name: "concat" }],
  ])("%s: that kernel alone differs", async (_, spoil, expected) => {
    const results = wrong(await run(loopsAsShaders({ spoil }).executor));
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ outcome: "differs", ...expected });
  });

  test("words are compared bit by bit, and the message counts them", async () => {
    const spoil: Faults["spoil"] = (kernel, y) => {
      if (kernel === "storeHalves") new Uint32Array(y.buffer).set([1, 2], 4);
    };
    const results = wrong(await run(loopsAsShaders({ spoil }).executor));
    expect(results.length).toBe(selfTests().filter(({ kernel }) => kernel.name === "storeHalves").length);
    for (const { error, message } of results) {
      expect(error).toBe(2);
      expect(message).toContain("expected the words of the plain loops, bit by bit, got 2 others");
    }
  });

  test("results start as no numbers: a kernel that writes nothing is noticed, even where it should have written 0", async () => {
    const { executor } = loopsAsShaders();
    const results = await run({ ...executor, runInto: () => undefined });
    expect(wrong(results)).toHaveLength(results.length);
    const unwritten: Faults["unwritten"] = (kernel, value) => kernel === "relu" && value === 0;
    expect(wrong(await run(loopsAsShaders({ unwritten }).executor))).toEqual([
      expect.objectContaining({ name: "relu", error: Infinity }),
    ]);
  });

  test("a kernel that cannot run fails with what the device says; the others go on", async () => {
    const onRun = (kernel: string) => {
      if (kernel === "matmul") throw new Error("matmul: the kernel does not compile here: …");
    };
    const results = await run(loopsAsShaders({ onRun }).executor);
    expect(wrong(results)).toEqual([
      expect.objectContaining({
        name: "matmul",
        outcome: "failed",
        message: "matmul: the kernel does not compile here: …",
      }),
    ]);
    expect(results).toHaveLength(selfTestCases().length);
  });

  test("without shader-f16 the kernels that need it are left out, and only they", async () => {
    const results = await run(loopsAsShaders({ f16: false }).executor);
    const leftOut = results.filter(({ outcome }) => outcome === "left out").map(({ name }) => name);
    expect(leftOut).toEqual(
      selfTestCases()
        .filter(({ needsF16 }) => needsF16)
        .map(({ name }) => name),
    );
    expect(leftOut.length).toBeGreaterThan(0);
    expect(results.filter(({ outcome }) => outcome === "agrees")).toHaveLength(results.length - leftOut.length);
  });

  test("an abort ends it with the signal's reason, after the test that runs, and frees what is there", async () => {
    const own = new AbortController();
    const onRun = (kernel: string) => void (kernel === "layerNorm" && own.abort(new Error("enough")));
    const { executor, alive } = loopsAsShaders({ onRun });
    await expect(run(executor, { signal: own.signal })).rejects.toThrow("enough");
    expect(alive.size).toBe(0);
  });

  test("times: of one launch by the GPU's clock, in milliseconds; by the page's where there is none", async () => {
    const counts: number[] = [];
    const time: Executor["time"] = (_kernel, _inputs, _targets, _shape, launches) => {
      counts.push(launches);
      return Promise.resolve(0.5 * launches);
    };
    const [timed] = await run(loopsAsShaders({ time }).executor, { measure: true });
    expect(timed!.times!.device).toBeCloseTo(0.5);
    expect(timed!.times!.loops).toBeGreaterThan(0);
    expect(counts[0]).toBeGreaterThan(1); // browsers round their clock

    const slow = loopsAsShaders({}).executor;
    const late = {
      ...slow,
      read: async (storage: Parameters<Executor["read"]>[0]) => {
        await new Promise((resolve) => setTimeout(resolve, 3));
        return slow.read(storage);
      },
    };
    for await (const { times } of selfTestKernels(late, { measure: true })) {
      expect(times!.device).toBeGreaterThan(2.5);
      break;
    }
  });

  test("on the reference executor the loops run alone, and have to give numbers", async () => {
    const { executor } = await openExecutor({ prefer: "reference" });
    const results = await run(executor, { measure: true });
    expect(results.filter(({ outcome }) => outcome !== "ran")).toEqual([]);
    for (const { times, error } of results) {
      expect(times!.loops).toBeGreaterThan(0);
      expect([times!.device, error]).toEqual([undefined, undefined]);
    }
  });
});

describe("the page's state", () => {
  const cases = selfTestCases();
  afterEach(() => vi.unstubAllGlobals());

  /** A store on a device that the test holds. */
  function store(faults: Faults = {}) {
    const asked: OpenOptions[] = [];
    const device = { ...loopsAsShaders(faults).executor, dispose: vi.fn() };
    const open = (options: OpenOptions = {}) => {
      asked.push(options);
      return Promise.resolve({ executor: device });
    };
    return { store: createEngineStore({ open, measure: false }), asked, device };
  }

  test("ready, opening, running, done; the device is closed, and it was opened untested", async () => {
    const { store: page, asked, device } = store();
    const seen: string[] = [];
    page.subscribe(() => seen.push(page.current().test));
    expect(summary(page.current(), cases)).toMatch(/^\d+ kernels in \d+ tests\./);
    await page.start();
    expect([...new Set(seen)]).toEqual(["opening", "running", "done"]);
    expect(asked).toEqual([expect.objectContaining({ untested: true })]);
    expect(device.dispose).toHaveBeenCalledTimes(1);
    const kernels = new Set(cases.map(({ kernel }) => kernel)).size;
    expect(summary(page.current(), cases)).toBe(`${kernels} of ${kernels} kernels agree.`);
  });

  test("a broken kernel is in the summary and first in the report", async () => {
    const { store: page } = store({ f16: false, spoil: (kernel, y) => void (kernel === "gelu" && (y[0]! += 1)) });
    await page.start();
    expect(summary(page.current(), cases)).toMatch(/^(\d+) of (?!\1)\d+ kernels agree; gelu does not\. \d more need/);
    const rows = reportOf(page.current(), cases, "a browser")
      .split("\n")
      .filter((line) => line.startsWith("| "));
    const head = rows.findIndex((row) => row.startsWith("| kernel |"));
    expect(rows[head + 2]).toContain("| gelu | differs: gelu: expected numbers within 5.0e-7");
  });

  test("a kernel of which one case of several differs is wrong", async () => {
    let calls = 0;
    const spoil: Faults["spoil"] = (kernel, y) => {
      if (kernel === "storeHalves" && calls++ === 1) new Uint32Array(y.buffer)[4]! ^= 1;
    };
    const { store: page } = store({ spoil });
    await page.start();
    expect(wrong([...page.current().results])).toHaveLength(1);
    expect(summary(page.current(), cases)).toMatch(/^(\d+) of (?!\1)\d+ kernels agree; storeHalves does not\.$/);
  });

  test("stopped where it was; started again, it begins anew", async () => {
    const { store: page } = store({ onRun: (kernel) => void (kernel === "softmax" && stop()) });
    let stop = () => page.stop();
    await page.start();
    expect(page.current()).toMatchObject({ test: "stopped" });
    const done = page.current().results.length;
    expect(done).toBeLessThan(cases.length);
    expect(summary(page.current(), cases)).toBe(
      `Stopped after ${done} of ${cases.length} tests: ${done} of ${done} kernels agree.`,
    );
    stop = () => undefined;
    await page.start();
    expect(page.current().results).toHaveLength(cases.length);
  });

  test("a lost device has its sentence, with the kernel that ran", async () => {
    const { store: page, asked } = store({
      onRun: (kernel) => void (kernel === "softmax" && asked.at(-1)!.onLost!("gone")),
    });
    await page.start();
    expect(page.current().test).toBe("lost");
    expect(summary(page.current(), cases)).toMatch(
      /^The GPU was lost after \d+ of \d+ tests, during softmax\..*\(gone\)$/,
    );
  });

  test("what goes wrong outside of kernels is told too", async () => {
    const page = createEngineStore({ open: () => Promise.reject(new Error("no such thing")) });
    await page.start();
    expect(page.current().test).toBe("failed");
    expect(summary(page.current(), cases)).toBe("The test could not go on: no such thing");
  });

  test("without WebGPU the adapter's state says why", async () => {
    vi.stubGlobal("navigator", {});
    const page = createEngineStore();
    await page.look();
    expect(page.current().adapter).toEqual({ state: "none", because: "this browser has no WebGPU." });
    expect(reportOf(page.current(), cases, "a browser")).toContain("| WebGPU | none: this browser has no WebGPU. |");
  });
});

describe("words", () => {
  test("the report holds what somebody needs who looks for the mistake, as tables that Markdown accepts", () => {
    const state: EngineState = {
      adapter: {
        state: "found",
        report: {
          ...{ name: "x", vendor: "apple", architecture: "metal-3", device: "", description: "a | b", software: false },
          features: ["shader-f16", "subgroups"],
          limits: { maxBufferSize: 4294967292 },
        },
      },
      ...{ test: "done", executor: "webgpu", clock: "gpu" },
      results: [
        {
          name: "exp",
          kernel: "exp",
          outcome: "agrees",
          error: 1.1e-6,
          tolerance: 6.2e-6,
          times: { device: 0.021, loops: 2.5 },
        },
        { name: "log", kernel: "log", outcome: "failed", tolerance: 1e-6, message: "two\nlines" },
      ],
    };
    const report = reportOf(state, selfTestCases(), "Browser/1.0");
    for (const part of [
      "| Browser | Browser/1.0 |",
      "| Adapter | apple, metal-3, (not told), a \\| b |",
      "| Features | shader-f16, subgroups |",
      "| Result | 1 of 2 kernels agree; log does not. |",
      "| exp | agrees | 21 µs | 2.5 ms | 1.1e-6 | 6.2e-6 |",
      "| log | failed: two lines |  |  |  | 1.0e-6 |",
      "maxBufferSize: 4294967292",
    ])
      expect(report).toContain(part);
    for (const line of report.split("\n").filter((line) => line.startsWith("|")))
      expect(line.endsWith(" |")).toBe(true);
  });

  test("every kernel has words", () => {
    const missing = selfTestCases().filter((test) => !kernelWords(test));
    expect(missing).toEqual([]);
  });

  test("what the page says about our kernels is so", () => {
    const arrays = selfTests().map((test) => {
      return test.inputs().length + (test.targets?.() ?? test.kernel.outputs(test.shape)).length;
    });
    expect(Math.max(...arrays)).toBe(6);
    expect(limits.find(({ name }) => name === "maxStorageBuffersPerShaderStage")!.words).toContain("six");
    for (const { kernel } of selfTests()) expect(kernel.wgsl).toMatch(/@workgroup_size\((WORKGROUP_SIZE|8, 8)\)/);
  });

  test.each([
    [0, "0 bytes"],
    [16_384, "16 kB"],
    [2 ** 27, "128 MB"],
    [2 ** 30, "1 GB"],
    [2 ** 32 - 4, "4 GB"],
    [1.5 * 2 ** 30, "1.5 GB"],
  ])("%d bytes", (bytes, words) => expect(inBytes(bytes)).toBe(words));

  test.each([
    [0.00002, "< 0.1 µs"],
    [0.00039, "0.39 µs"],
    [0.002, "2 µs"],
    [0.0213, "21.3 µs"],
    [0.406, "406 µs"],
    [2.74, "2.7 ms"],
    [412.3, "412 ms"],
  ])("%d ms", (time, words) => expect(inTime(time)).toBe(words));

  test.each([
    [0, "0"],
    [5.7e-7, "5.7e-7"],
    [0.25, "0.25"],
    [34.2, "34"],
    [Infinity, "no number"],
  ])("a difference of %d", (difference, words) => expect(inDifference(difference)).toBe(words));
});
