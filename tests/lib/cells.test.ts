import { describe, expect, test } from "vitest";
import { CellSyntaxError, checkCells, compileCell } from "../../lib/cells";
import { builtinNames, createGuard, EndlessLoopError, evaluate, locate } from "../../lib/notebook";

const compile = (source: string, id = "x") => compileCell(source, { id });

/** Runs a cell's body with its inputs by name. */
function run(source: string, inputs: Record<string, unknown> = {}, budget = 100): unknown {
  const cell = compile(source);
  const guard = createGuard(new AbortController().signal, budget);
  return evaluate(cell)(guard)(...cell.inputs.map((name) => inputs[name]));
}

function syntaxError(source: string): CellSyntaxError {
  try {
    compile(source);
  } catch (error) {
    if (error instanceof CellSyntaxError) return error;
    throw error;
  }
  throw new Error("expected a syntax error, got none");
}

describe("compileCell", () => {
  test("an expression shows itself", () => {
    expect(compile("a + 1")).toMatchObject({ inputs: ["a"], outputs: [], autodisplay: true });
    expect(run("a + 1", { a: 2 })).toBe(3);
  });

  test("declarations are outputs; what nothing declares is an input", () => {
    const cell = compile("const { a, b: [c] } = load();\nfunction f() { return a; }\nclass G {}\nlet d;");
    expect(cell).toMatchObject({ inputs: ["load"], outputs: ["a", "c", "f", "G", "d"], autodisplay: false });
    expect(cell.lines).toMatchObject({ a: 1, load: 1, f: 2, G: 3 });
    expect(run("const a = 1, b = a + 1;")).toEqual({ a: 1, b: 2 });
  });

  test("await makes it asynchronous", async () => {
    expect(await run("const a = await p;", { p: Promise.resolve(4) })).toEqual({ a: 4 });
  });

  test("display turns autodisplay off", () => {
    expect(compile("display(1)").autodisplay).toBe(false);
  });

  test("nothing, comments only, and a comment at the end are cells", () => {
    expect(run("")).toBeUndefined();
    expect(run("// later")).toBeUndefined();
    expect(run("1 + 1 // two")).toBe(2);
  });

  test("plain data: it survives JSON", () => {
    const cell = compile("for (const x of xs) x();");
    expect(JSON.parse(JSON.stringify(cell))).toEqual(cell);
  });

  test("strict mode: a forgotten const is an error, not a global", () => {
    expect(() => run("(() => { Object.freeze([]).length = 1; })()")).toThrow(TypeError);
  });
});

describe("a syntax error says where", () => {
  test.each([
    ["const a = ;", 1, 11],
    ["const a = 1;\n  const b = ;", 2, 13],
    ["ok();\n\nx = 3;", 3, 1],
    ['const a = 1;\nimport x from "y";', 2, 1],
    ['const x =\n  await import("y");', 2, 9],
    ["const a = 1;\nconst Math = 2;", 2, 7],
    ["__guard(1)", 1, 1],
  ])("%j", (source, line, column) => {
    expect(syntaxError(source)).toMatchObject({ line, column });
  });

  test("in words", () => {
    expect(syntaxError("x = 3").message).toContain("x belongs to another cell");
    expect(syntaxError('import x from "y"').message).toContain("import does not work in a cell");
    expect(syntaxError("const Math = 2").message).toContain("a name of JavaScript itself");
    expect(syntaxError("const a = ;").message).not.toMatch(/\(\d+:\d+\)/);
  });
});

describe("loop guards", () => {
  test.each([
    ["while (true) {}", 1],
    ["while (true);", 1],
    ["let n = 0;\nfor (;;) n++;", 2],
    ["let n = 0;\n\ndo n++; while (true)", 3],
    ["const f = () => {\n  for (;;) {}\n};\nf();", 2],
    ["for (const x of (function* () { for (;;) yield 1; })()) x;", 1],
    ["try {\n  while (true) {}\n} catch {\n  while (true) {}\n}", 4],
    ["const fib = (n) => n < 2 ? n : fib(n - 1) + fib(n - 2);\nfib(90);", 1],
    ["for (;;) [1, 2, 3].map((x) => x);", 1],
  ])("%j is stopped at line %i", (source, line) => {
    const started = performance.now();
    let error: unknown;
    try {
      run(source);
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(EndlessLoopError);
    expect((error as EndlessLoopError).line).toBe(line);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test("a loop that awaits only what is already there is stopped as well", async () => {
    await expect(run("for (;;) await null;")).rejects.toThrow(EndlessLoopError);
  });

  test("a loop that lets the page breathe may take longer than the budget", async () => {
    const slow = "let n = 0;\nfor (let i = 0; i < 20; i++) { await pause(); n++; }";
    const pause = () => new Promise((resolve) => setTimeout(resolve, 10));
    expect(await run(slow, { pause }, 50)).toEqual({ n: 20 });
  });

  test("a loop that awaits ends when its cell has been aborted", async () => {
    const cell = compile("for (;;) await pause();");
    const controller = new AbortController();
    const pause = () => new Promise((resolve) => setTimeout(resolve, 1));
    const running = evaluate(cell)(createGuard(controller.signal))(pause);
    controller.abort(new Error("replaced"));
    await expect(running).rejects.toThrow("replaced");
  });

  test("each run has its own clock", () => {
    expect(() => run("while (true) {}")).toThrow(EndlessLoopError);
    expect(run("let n = 0; for (let i = 0; i < 10; i++) n++;")).toEqual({ n: 10 });
  });

  const log = (source: string) => `const log = [];\n${source}`;
  test.each<[string, string, unknown[]]>([
    [
      "labels and continue",
      "outer: for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) { if (j === 1) continue outer; log.push([i, j]); }",
      [
        [0, 0],
        [1, 0],
        [2, 0],
      ],
    ],
    ["labels and break", "outer: while (true) { do { break outer; } while (true); }", []],
    [
      "a label inside of a loop without braces",
      "for (let i = 0; i < 2; i++) inner: for (;;) { log.push(i); break inner; }",
      [0, 1],
    ],
    ["single statements", "for (let i = 0; i < 3; i++) if (i % 2) log.push(i); else log.push(-i);", [-0, 1, -2]],
    [
      "else that belongs to the inner if",
      "let i = 0;\nif (true) while (i < 2) log.push(i++);\nelse log.push('no');",
      [0, 1],
    ],
    [
      "no semicolons",
      "let i = 0\nwhile (i < 2) log.push(i++)\ndo log.push(i--)\nwhile (i > 0)\nlog.push('end')",
      [0, 1, 2, 1, "end"],
    ],
    [
      "closures in loops",
      "const fs = [];\nfor (let i = 0; i < 3; i++) fs.push(() => i);\nlog.push(...fs.map((f) => f()));",
      [0, 1, 2],
    ],
    ["for in", "for (const key in { a: 1, b: 2 }) log.push(key);", ["a", "b"]],
    [
      "generators",
      "function* g() { for (let i = 0; ; i++) yield i; }\nfor (const x of g()) { if (x > 2) break; log.push(x); }",
      [0, 1, 2],
    ],
    ["an arrow that gives an object", "const f = (x) => ({ x });\nlog.push(f(1).x);", [1]],
    ["an arrow that gives a sequence", "const f = (x) => (x, x + 1);\nlog.push(f(1));", [2]],
    ["arrows in arrows", "const f = (x) => (y) => x + y;\nlog.push(f(1)(2));", [3]],
    ["a loop whose body ends with an arrow", "let f\nfor (let i = 0; i < 2; i++) f = () => i\nlog.push(f())", [1]],
    [
      "classes",
      "class A { constructor() { this.n = 1; } get twice() { return this.n * 2; } static s = () => 5; }\nclass B extends A { constructor() { super(); this.n++; } }\nlog.push(new B().twice, A.s());",
      [4, 5],
    ],
    ["names of functions", "const f = () => 1;\nlog.push(f.name, (function g() {}).name);", ["f", "g"]],
    [
      "defaults and this",
      "const o = { n: 3, m(k = 2) { return [1].map(() => this.n * k); } };\nlog.push(...o.m());",
      [6],
    ],
    ["switch in a loop", "for (const x of [1, 2]) switch (x) { case 1: continue; default: log.push(x); }", [2]],
    ["templates", "for (const x of [1]) log.push(`${(() => `a${x}`)()}`);", ["a1"]],
  ])("do not change what code means: %s", (_, source, expected) => {
    expect((run(log(source)) as { log: unknown[] }).log).toEqual(expected);
  });

  test("async functions, async arrows, for await", async () => {
    const source = `const log = [];
async function f(x) { return x; }
const g = async (x) => (await f(x)) + 1;
async function* h() { for (let i = 0; i < 2; i++) yield g(i); }
for await (const x of h()) log.push(x);`;
    expect((await run(source)) as object).toMatchObject({ log: [1, 2] });
  });
});

describe("an error leads to the reader's own line and column", () => {
  const thrown = (source: string) => {
    const cell = compile(source);
    try {
      evaluate(cell)(createGuard(new AbortController().signal))();
    } catch (error) {
      return locate(error, cell);
    }
    throw new Error("expected an error, got none");
  };

  test.each([
    ["null.x", 1, 6],
    ["const a = 1;\n\n  null.x;", 3, 8],
    ["for (const x of [1]) null.x;", 1, 27],
    ["for (const a of [1]) for (const b of [1]) null.x;", 1, 48],
    ["const f = (x) => x.y.z;\nf({});", 1, 22],
    ["// first\n(() => {\n  throw new Error('no');\n})()", 3, 9],
  ])("%j", (source, line, column) => {
    expect(thrown(source)).toEqual({ line, column });
  });

  const cell = compile("a();\nb();\nc();", "look-up");
  const withStack = (stack: string) => Object.assign(new Error("x"), { stack });
  test.each([
    ["Chromium", "Error: x\n    at f (cell-look-up.js:3:7)\n    at cell-look-up.js:4:1"],
    ["Chromium, through eval", "Error: x\n    at f (eval at evaluate (http://x/a.js:1:1), cell-look-up.js:3:7)"],
    ["Chromium, in a promise", "Error: x\n    at lib (http://x/_next/a.js:9:9)\n    at async cell-look-up.js:3:7"],
    ["Firefox", "f@cell-look-up.js:3:7\n@cell-look-up.js:4:1\n"],
    ["Firefox, below a library", "matmul@http://x/_next/a.js:1:200\nf@cell-look-up.js:3:7\n"],
    ["Safari", "f@cell-look-up.js:3:7\neval code@\n"],
  ])("stacks of %s", (_, stack) => {
    expect(locate(withStack(stack), cell)).toEqual({ line: 2, column: 7 });
  });

  test("another cell's line is not this one's", () => {
    expect(locate(withStack("Error: x\n    at f (cell-look.js:3:7)"), cell)).toBeUndefined();
    expect(locate(withStack("f@cell-do-look-up.js:3:7"), cell)).toBeUndefined();
    expect(locate("thrown text", cell)).toBeUndefined();
  });
});

describe("checkCells", () => {
  const check = (...sources: string[]) =>
    checkCells(
      sources.map((source, i) => compile(source, `c${i + 1}`)),
      builtinNames,
    );
  const errors = (...sources: string[]) => check(...sources).filter(({ severity }) => severity === "error");

  test("a good lesson has no problems, in any order", () => {
    expect(check("display(b)", "const b = a + 1;", "const a = await tensor([1]).array();")).toEqual([]);
  });

  test("a name twice, with both places", () => {
    expect(errors("const a = 1;", "\nconst a = 2;", "a")).toEqual([
      { cell: "c1", line: 1, severity: "error", message: "a is also defined in cell c2: rename one" },
      { cell: "c2", line: 2, severity: "error", message: "a is also defined in cell c1: rename one" },
    ]);
  });

  test("a builtin's name", () => {
    expect(errors("const tensor = 1;", "tensor")[0]!.message).toContain("tensor is a builtin");
  });

  test("an unknown name, with its line and a suggestion", () => {
    expect(errors("1 +\nscens.random(1)")).toEqual([
      {
        cell: "c1",
        line: 2,
        severity: "error",
        message: "scens is not defined by any cell or builtin: did you mean scenes?",
      },
    ]);
    expect(errors("qqq")[0]!.message).toBe("qqq is not defined by any cell or builtin");
  });

  test("names of JavaScript and of browsers are known", () => {
    expect(errors("[structuredClone, GPUBufferUsage, Math, document, localStorage, OffscreenCanvas]")).toEqual([]);
  });

  test("cells in a circle", () => {
    const messages = errors("const a = b;", "const b = c;", "const c = a;", "const d = a;").map(
      ({ message }) => message,
    );
    expect(messages).toHaveLength(3);
    expect(messages[0]).toContain("circle");
  });

  test("a cell without effect is a note", () => {
    expect(check("const a = 1;")).toEqual([
      { cell: "c1", line: 1, severity: "note", message: "shows nothing, and no other cell uses a" },
    ]);
  });

  test("two cells with one id", () => {
    expect(checkCells([compile("1", "a"), compile("2", "a")], [])[0]!.message).toContain("two cells have the id a");
  });
});
