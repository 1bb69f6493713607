import { describe, expect, test } from "vitest";
import { compileCell } from "../../lib/cells";
import { createExpect, ExpectationError, runCheck, type Matchers } from "../../lib/exercises";
import { gradeExercise, perCell } from "../../lib/notebook";
import { tensor } from "../../lib/tensor";

/** The message of the expectation that was not met; undefined if it was. */
async function message(claim: (expect: (actual: unknown) => Matchers) => unknown): Promise<string | undefined> {
  try {
    await claim(createExpect());
  } catch (error) {
    if (error instanceof ExpectationError) return error.message;
    throw error;
  }
  return undefined;
}

describe("matchers speak in the learner's terms", () => {
  test.each<[string, (e: (actual: unknown) => Matchers) => unknown, string | undefined]>([
    ["toBe", (e) => e(2).toBe(2), undefined],
    ["toBe, other", (e) => e("a").toBe("b"), 'expected "b", got "a"'],
    ["toBe, alike", (e) => e([1]).toBe([1]), "expected the same [1], got another one like it"],
    ["toEqual", (e) => e({ a: [1, { b: 2 }] }).toEqual({ a: [1, { b: 2 }] }), undefined],
    ["toEqual, deep", (e) => e({ a: [1, { b: 2 }] }).toEqual({ a: [1, { b: 3 }] }), "a[1].b: expected 3, got 2"],
    ["toEqual, missing", (e) => e({}).toEqual({ a: 1 }), "a: expected 1, got undefined"],
    ["toEqual, surplus", (e) => e({ a: 1, b: 2 }).toEqual({ a: 1 }), "b: expected undefined, got 2"],
    ["toEqual, length", (e) => e([1, 2, 3]).toEqual([1, 2]), "expected 2 items, got 3"],
    ["toEqual, typed array and list", (e) => e(Uint8Array.of(1, 2)).toEqual([1, 2]), undefined],
    ["close numbers", (e) => e(0.1 + 0.2).toBeCloseTo(0.3), undefined],
    ["far numbers", (e) => e(0.2).toBeCloseTo(0.5), "expected 0.5, got 0.2"],
    ["NaN", (e) => e(NaN).toBeCloseTo(0.5), "expected 0.5, got NaN"],
    ["NaN is close to nothing", (e) => e(NaN).toBeCloseTo(NaN), "expected NaN, got NaN"],
    ["infinities are equal", (e) => e([Infinity]).toBeCloseTo([Infinity]), undefined],
    ["list", (e) => e([0.5, 0.2]).toBeCloseTo([0.5, 0.5]), "item 1: expected 0.5, got 0.2"],
    [
      "rows",
      (e) =>
        e([
          [1, 2],
          [3, 4],
        ]).toBeCloseTo([
          [1, 2],
          [3, 5],
        ]),
      "row 1, column 1: expected 5, got 4",
    ],
    ["many wrong", (e) => e([1, 2, 3]).toBeCloseTo([1, 9, 9]), "item 1: expected 9, got 2 (2 of 3 numbers differ)"],
    ["typed array", (e) => e(Float32Array.of(0.5)).toBeCloseTo([0.5]), undefined],
    ["tolerance", (e) => e(1.05).toBeCloseTo(1, { tolerance: 0.1 }), undefined],
    ["a tensor", (e) => e(tensor([[1, 2]])).toBeCloseTo([[1, 2]]), undefined],
    [
      "a tensor that differs",
      (e) => e(tensor([[1, 2]])).toBeCloseTo(tensor([[1, 3]])),
      "row 0, column 1: expected 3, got 2",
    ],
    [
      "a list of tensors' shapes",
      (e) =>
        e(
          tensor([
            [1, 2],
            [3, 4],
            [5, 6],
          ]),
        ).toBeClose([
          [1, 3, 5],
          [2, 4, 6],
        ]),
      "expected [2, 3], got [3, 2]: are rows and columns swapped?",
    ],
    ["shape", (e) => e([[1, 2, 3]]).toHaveShape([1, 3]), undefined],
    [
      "shape, swapped",
      (e) => e([[1, 2, 3]]).toHaveShape([3, 1]),
      "expected [3, 1], got [1, 3]: are rows and columns swapped?",
    ],
    [
      "shape, regrouped",
      (e) => e([1, 2, 3, 4]).toHaveShape([2, 2]),
      "expected [2, 2], got [4]: the right count of numbers, grouped in another way",
    ],
    ["shape, one short", (e) => e([1, 2]).toHaveShape([3]), "expected [3], got [2]: one too few along axis 0"],
    [
      "shape, ragged",
      (e) => e([[1, 2], [3]]).toHaveShape([2, 2]),
      "expected shape [2, 2], got rows differ: row 0 has shape [2], row 1 has [1]",
    ],
    ["shape, nothing returned", (e) => e(undefined).toHaveShape([2, 2]), "expected shape [2, 2], got undefined"],
    ["rows that sum", (e) => e([[0.5, 0.5]]).rowsToSumTo(1), undefined],
    [
      "rows that do not",
      (e) =>
        e([
          [0.5, 0.5],
          [0.5, 0.25],
        ]).rowsToSumTo(1),
      "row 1 should sum to 1, but sums to 0.75",
    ],
    ["rows of NaN", (e) => e([[NaN, 1]]).rowsToSumTo(1), "row 0 should sum to 1, but sums to NaN"],
    [
      "causal",
      (e) =>
        e([
          [1, 0],
          [0.5, 0.5],
        ]).toBeCausal(),
      undefined,
    ],
    [
      "not causal",
      (e) =>
        e([
          [1, 0, 0],
          [0.3, 0.3, 0.4],
          [0, 0, 1],
        ]).toBeCausal(),
      "row 1 looks at the future: its weight on token 2 is 0.4, expected 0",
    ],
    ["not square", (e) => e([[1, 0]]).toBeCausal(), "expected a square of weights, one row a token, got [1, 2]"],
    [
      "throws",
      (e) =>
        e(() => {
          throw new Error("expected [1], got [2]");
        }).toThrow("got [2]"),
      undefined,
    ],
    ["does not throw", (e) => e(() => 1).toThrow(), "expected an error, got none"],
    [
      "throws something else",
      (e) =>
        e(() => {
          throw new Error("a");
        }).toThrow(/b/),
      'expected an error that says /b/, got "a"',
    ],
    ["not", (e) => e(1).not.toBe(1), "expected anything but 1"],
    ["not close", (e) => e([1]).not.toBeCloseTo([2]), undefined],
    ["greater", (e) => e(1).toBeGreaterThan(2), "expected more than 2, got 1"],
  ])("%s", async (_, claim, expected) => {
    expect(await message(claim)).toBe(expected);
  });

  test("a hint comes along", () => {
    const claim = () => createExpect()([[2, 0]]).rowsToSumTo(1, "each query spreads its attention over all keys");
    expect(claim).toThrow(expect.objectContaining({ hint: "each query spreads its attention over all keys" }));
  });
});

describe("runCheck", () => {
  test("tests run in order, each whatever became of those before", async () => {
    const result = await runCheck(({ expect, test }) => {
      void test("first", () => expect(1).toBe(2));
      void test("second", async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        void expect(1).toBe(1);
      });
      void test("third", () => {
        throw new TypeError("x is not a function");
      });
    });
    expect(result.status).toBe("error");
    expect(result.tests.map(({ name, status }) => [name, status])).toEqual([
      ["first", "fail"],
      ["second", "pass"],
      ["third", "error"],
    ]);
    expect(result.tests[2]!.message).toBe("TypeError: x is not a function");
  });

  test("expectations outside of tests count", async () => {
    expect(await runCheck(({ expect }) => expect(1).toBe(1))).toMatchObject({
      status: "pass",
      tests: [{ status: "pass" }],
    });
    expect(await runCheck(({ expect }) => expect(1).toBe(2))).toMatchObject({
      status: "fail",
      tests: [{ message: "expected 2, got 1" }],
    });
  });

  test("an expectation on a tensor that nobody awaited still counts", async () => {
    const result = await runCheck(({ expect, test }) => {
      void test("forgotten", () => {
        void expect(tensor([1])).toBeCloseTo([2]);
      });
    });
    expect(result.tests).toMatchObject([{ status: "fail", message: "expected 2, got 1" }]);
  });

  test("a check that never ends is stopped", async () => {
    const result = await runCheck(() => new Promise(() => {}), { timeLimit: 30 });
    expect(result.status).toBe("error");
    expect(result.tests[0]!.message).toContain("stopped after 0.03 seconds");
  });

  test("an interrupt ends it", async () => {
    const controller = new AbortController();
    const running = runCheck(() => new Promise(() => {}), { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
  });
});

describe("gradeExercise", () => {
  const values: Record<string, unknown> = {
    tensor,
    double: (x: number) => 2 * x,
    signal: perCell(({ signal }) => signal),
  };
  const value = (name: string) =>
    name in values || name in globalThis
      ? Promise.resolve(values[name] ?? (globalThis as Record<string, unknown>)[name])
      : Promise.reject(new Error(`${name} is not defined`));
  const check = `expect(softmax([1, 1])).toBeCloseTo([0.5, 0.5]);
test("big scores", () => expect(softmax([1000, 1000])).toBeCloseTo([0.5, 0.5], "Which number makes the largest one 0?"));`;
  const starter = `function softmax(scores) {
  const exps = scores.map((s) => Math.exp(s));
  const total = exps.reduce((a, b) => a + b);
  return exps.map((e) => e / total);
}`;
  const solution = starter.replace("Math.exp(s)", "Math.exp(s - Math.max(...scores))");
  const grade = (code: string, by = check, timeLimit?: number) =>
    gradeExercise(compileCell(code, { id: "e" }), compileCell(by, { id: "e-check" }), { value, timeLimit });

  test("the starter fails with a message and a hint, the solution passes", async () => {
    expect(await grade(starter)).toEqual({
      status: "fail",
      tests: [
        {
          name: "big scores",
          status: "fail",
          message: "item 0: expected 0.5, got NaN (every number differs)",
          hint: "Which number makes the largest one 0?",
        },
      ],
    });
    expect(await grade(solution)).toEqual({ status: "pass", tests: [{ name: "big scores", status: "pass" }] });
  });

  test("an error of the learner's code has the learner's line", async () => {
    const result = await grade("function softmax(scores) {\n  return scores.nothing.map(1);\n}");
    expect(result.tests[0]).toMatchObject({ status: "error", line: 2 });
    expect(result.tests[0]!.message).toContain("TypeError");
  });

  test("an endless loop in the learner's code ends", async () => {
    const result = await grade("function softmax() {\n  while (true) {}\n}", "softmax()");
    expect(result.tests[0]).toMatchObject({ status: "error", line: 2 });
  });

  test("code that waits for ever ends", async () => {
    const result = await grade("const softmax = await new Promise(() => {});", "softmax", 50);
    expect(result.tests[0]!.message).toContain("stopped after");
  });

  test("the learner's names come before the lesson's, and the lesson's are there", async () => {
    expect(await grade("const mine = double(2);", "expect(mine).toBe(4)")).toMatchObject({ status: "pass" });
    expect(await grade("const double = (x) => 3 * x;", "expect(double(2)).toBe(6)")).toMatchObject({ status: "pass" });
  });

  test("a name that the check needs and the code lost", async () => {
    const result = await grade("const other = 1;", "softmax([1])");
    expect(result.tests[0]!.message).toContain("softmax is not defined. Has the name changed?");
  });

  test("tensors of the engine", async () => {
    const code = "const twice = (x) => x.mul(2);";
    expect(await grade(code, "expect(twice(tensor([1, 2]))).toBeClose(tensor([2, 4]))")).toMatchObject({
      status: "pass",
    });
    expect(await grade(code, "expect(twice(tensor([1, 2]))).toBeClose(tensor([2, 5]))")).toMatchObject({
      status: "fail",
    });
  });

  test("what it displays is shown, not lost", async () => {
    const shown: unknown[] = [];
    await gradeExercise(
      compileCell("const a = 1; display(a + 1);", { id: "e" }),
      compileCell("expect(a).toBe(1)", { id: "c" }),
      {
        value,
        display: (value) => shown.push(value),
      },
    );
    expect(shown).toEqual([2]);
  });
});
