// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { compileCell } from "../../lib/cells";
import { createNotebook, perCell, type LazyBuiltins, type Notebook } from "../../lib/notebook";

const builtins: LazyBuiltins = {
  display: () => perCell((context) => context.display),
  view: () => perCell((context) => context.view),
  signal: () => perCell((context) => context.signal),
  load: () => perCell((context) => () => context.progress({ what: "a model", loaded: 1, total: 4 })),
};

let notebook: Notebook;
const roots = new Map<string, HTMLElement>();

beforeEach(() => {
  roots.clear();
  notebook = createNotebook({ builtins, closest: (name) => (name === "scen" ? "scene" : undefined) });
});
afterEach(() => notebook.dispose());

function add(id: string, source: string, options: { manual?: boolean } = {}) {
  const root = document.createElement("div");
  document.body.append(root);
  roots.set(id, root);
  notebook.add(compileCell(source, { id }), { root, ...options });
}
const edit = (id: string, source: string) => notebook.run(id, compileCell(source, { id }));
const text = (id: string) => roots.get(id)!.textContent;
const state = (id: string) => notebook.status(id).state;
const until = (check: () => void) => vi.waitFor(check, { timeout: 4000, interval: 5 });
const reaches = (id: string, wanted: string) => until(() => expect(state(id)).toBe(wanted));
const shows = (id: string, wanted: string) => until(() => expect(text(id)).toBe(wanted));

describe("cells depend on each other", () => {
  test("an edit upstream updates the cells below", async () => {
    add("b", "display(a + 1)");
    add("a", "const a = 1;");
    add("c", "a * 10");
    notebook.start();
    await shows("b", "2");
    await shows("c", "10");
    edit("a", "const a = 5;");
    await shows("b", "6");
    await shows("c", "50");
    expect(notebook.status("b").took).toBeGreaterThanOrEqual(0);
  });

  test("independent cells start in the order of the document", async () => {
    const order: string[] = [];
    vi.stubGlobal("started", (id: string) => order.push(id));
    for (const id of ["one", "two", "three"]) add(id, `started("${id}")`);
    notebook.start();
    await reaches("three", "fulfilled");
    await reaches("one", "fulfilled");
    expect(order).toEqual(["one", "two", "three"]);
    vi.unstubAllGlobals();
  });

  test("a view gives its dependents each new value", async () => {
    add("slider", "const n = view(Object.assign(document.createElement('input'), {type: 'range', value: 3, max: 9}));");
    add("square", "n * n");
    notebook.start();
    await shows("square", "9");
    const slider = roots.get("slider")!.querySelector("input")!;
    slider.value = "4";
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await shows("square", "16");
  });

  test("while an input is computed anew, what a cell shows is outdated", async () => {
    add("a", "const a = await new Promise((resolve) => setTimeout(resolve, 30, 1));");
    add("b", "display(a)");
    notebook.start();
    await reaches("b", "pending");
    expect(notebook.status("b")).toMatchObject({ outdated: false, waitingFor: ["a"] });
    await shows("b", "1");
    edit("a", "const a = await new Promise((resolve) => setTimeout(resolve, 30, 2));");
    await reaches("b", "pending");
    expect(notebook.status("b")).toMatchObject({ outdated: true, waitingFor: ["a"] });
    expect(text("b")).toBe("1");
    await shows("b", "2");
    await until(() =>
      expect(notebook.status("b")).toMatchObject({ state: "fulfilled", outdated: false, waitingFor: [] }),
    );
  });

  test("a manual cell and its dependents wait for the reader", async () => {
    add("a", "const a = 2;");
    add("train", "display(a); const trained = a * 2;", { manual: true });
    add("b", "trained + 1");
    notebook.start();
    await reaches("a", "fulfilled");
    await until(() => expect(notebook.status("b").waitingFor).toEqual(["train"]));
    expect(state("train")).toBe("idle");
    notebook.run("train");
    await shows("b", "5");
    edit("a", "const a = 10;");
    await reaches("train", "stale");
    expect(text("train")).toBe("2");
    notebook.run("train");
    await shows("b", "21");
  });

  test("a value for an exercise: of a cell, of a global, of nothing", async () => {
    add("a", "const a = 1;");
    notebook.start();
    expect(await notebook.value("a")).toBe(1);
    expect(await notebook.value("Math")).toBe(Math);
    await expect(notebook.value("nothing")).rejects.toThrow("nothing is not defined");
  });
});

describe("a cell that never settles does not hold up its dependents after an edit", () => {
  test.each([
    ["an exported promise", "const a = new Promise(() => {});"],
    ["a top-level await", "const a = 1; await new Promise(() => {});"],
    ["an async generator", "const a = (async function* () { await new Promise(() => {}); yield 1; })();"],
    [
      "an async generator after its first value",
      "const a = (async function* () { yield 1; await new Promise(() => {}); })();",
    ],
  ])("%s", async (_, hanging) => {
    add("a", "const a = 1;");
    add("b", "a + 1");
    notebook.start();
    await shows("b", "2");
    edit("a", hanging);
    await new Promise((resolve) => setTimeout(resolve, 50));
    edit("a", "const a = 6;");
    await shows("b", "7");
  });

  test("a hanging dependent starts anew when its input changes", async () => {
    add("a", "const a = 1;");
    add("b", "if (a === 1) await new Promise(() => {}); display(a);");
    notebook.start();
    await reaches("b", "running");
    edit("a", "const a = 2;");
    await shows("b", "2");
  });

  test("the cell's signal aborts", async () => {
    const seen = vi.fn();
    vi.stubGlobal("seen", seen);
    add("a", "signal.addEventListener('abort', () => seen()); const a = 1; await new Promise(() => {});");
    notebook.start();
    await reaches("a", "running");
    edit("a", "const a = 2;");
    expect(seen).toHaveBeenCalledTimes(1);
    vi.unstubAllGlobals();
  });

  test("an interrupted cell says so; the cells below say whose fault it is; a run repairs both", async () => {
    add("a", "const a = await new Promise(() => {});");
    add("b", "a + 1");
    add("c", "b2 + a");
    edit("c", "const b2 = 1; display(b2 + a)");
    notebook.start();
    await reaches("a", "running");
    notebook.interrupt("a");
    await reaches("a", "interrupted");
    await reaches("b", "rejected");
    expect(notebook.status("b").failure).toMatchObject({ kind: "upstream", cause: "a" });
    edit("a", "const a = 1;");
    await shows("b", "2");
  });

  test("an interrupted promise among the outputs", async () => {
    add("a", "const a = new Promise(() => {});");
    add("b", "a + 1");
    notebook.start();
    await reaches("a", "running");
    await until(() => expect(notebook.status("b").waitingFor).toEqual(["a"]));
    notebook.interrupt("a");
    await reaches("a", "interrupted");
    await reaches("b", "rejected");
  });

  test("a loop that awaits ends when its cell is replaced", async () => {
    const tick = vi.fn();
    vi.stubGlobal("tick", tick);
    add("a", "for (;;) { tick(); await new Promise((resolve) => setTimeout(resolve, 1)); }");
    notebook.start();
    await reaches("a", "running");
    edit("a", "1");
    await shows("a", "1");
    await new Promise((resolve) => setTimeout(resolve, 20));
    const calls = tick.mock.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(tick.mock.calls.length).toBe(calls);
    vi.unstubAllGlobals();
  });
});

describe("what goes wrong is said where it went wrong", () => {
  test("a source that does not compile", async () => {
    add("a", "const a = 1;");
    add("b", "a + 1");
    notebook.start();
    await shows("b", "2");
    let error: unknown;
    try {
      compileCell("const a =\n  ;", { id: "a" });
    } catch (e) {
      error = e;
    }
    notebook.fail("a", error);
    await reaches("a", "rejected");
    expect(notebook.status("a").failure).toMatchObject({ kind: "syntax", line: 2, column: 3 });
    await until(() => expect(notebook.status("b").failure).toMatchObject({ kind: "upstream", cause: "a" }));
    edit("a", "const a = 3;");
    await shows("b", "4");
  });

  test("an unknown name, with its line and a suggestion", async () => {
    add("a", "1 +\n  scen.picture");
    notebook.start();
    await reaches("a", "rejected");
    expect(notebook.status("a").failure).toMatchObject({ kind: "unknown name", line: 2 });
    expect(notebook.status("a").failure!.message).toBe("scen is not defined by any cell: did you mean scene?");
  });

  test("an error in a function that another cell calls is the caller's, and its dependents name the first cell", async () => {
    add("a", "const a = 1;\n\nnull.x;");
    add("b", "const b = a + 1;");
    add("c", "b + 1");
    notebook.start();
    await reaches("c", "rejected");
    expect(notebook.status("a").failure).toMatchObject({ kind: "runtime", name: "TypeError", line: 3 });
    expect(notebook.status("b").failure).toMatchObject({ kind: "upstream", cause: "a" });
    expect(notebook.status("c").failure).toMatchObject({ kind: "upstream", cause: "a" });
  });

  test("an error clears the output of before; the next run shows its own", async () => {
    add("a", "display('fine')");
    notebook.start();
    await shows("a", "fine");
    edit("a", "display('half'); throw new Error('no');");
    await reaches("a", "rejected");
    expect(text("a")).toBe("");
    edit("a", "display('again')");
    await shows("a", "again");
  });

  test("a rejected promise among the outputs fails its own cell", async () => {
    add("a", "const a = Promise.reject(new Error('lost'));");
    notebook.start();
    await reaches("a", "rejected");
    expect(notebook.status("a").failure).toMatchObject({ message: "lost" });
  });

  test("a name defined twice marks both cells, until one lets go of it", async () => {
    add("a", "const x = 1;");
    add("b", "const y = 2;");
    add("c", "x + 1");
    notebook.start();
    await shows("c", "2");
    edit("b", "const x = 2;");
    await reaches("a", "rejected");
    expect(notebook.status("a").failure!.message).toBe("x is defined twice, here and in cell b: rename one of them");
    expect(notebook.status("b").failure!.message).toBe("x is defined twice, here and in cell a: rename one of them");
    await reaches("c", "rejected");
    edit("b", "const y = 2;");
    await shows("c", "2");
    await reaches("a", "fulfilled");
    await reaches("b", "fulfilled");
  });

  test("cells in a circle", async () => {
    add("a", "const a = b;");
    add("b", "const b = a;");
    notebook.start();
    await reaches("a", "rejected");
    expect(notebook.status("a").failure!.message).toContain("circle");
  });

  test("an endless loop is stopped, and a cell that it held up goes on", async () => {
    add("a", "const a = 1;\nwhile (true) {}");
    add("b", "display('still here')");
    notebook.start();
    await reaches("a", "rejected");
    expect(notebook.status("a").failure).toMatchObject({ kind: "endless", line: 2 });
    await shows("b", "still here");
  });

  test("endless recursion", async () => {
    add("a", "const f = (n) => f(n + 1);\nf(0);");
    notebook.start();
    await reaches("a", "rejected");
    expect(notebook.status("a").failure).toMatchObject({ kind: "endless", line: 1 });
  });
});

describe("output", () => {
  test("a late display of an old run does not appear", async () => {
    add("a", "display('old'); await new Promise((resolve) => setTimeout(resolve, 30)); display('late');");
    notebook.start();
    await shows("a", "old");
    edit("a", "display('new')");
    await shows("a", "new");
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(text("a")).toBe("new");
  });

  test("replacing a cell never shows undefined", async () => {
    add("a", "display('one')");
    notebook.start();
    await shows("a", "one");
    const seen: (string | null)[] = [];
    new MutationObserver(() => seen.push(text("a"))).observe(roots.get("a")!, { childList: true });
    edit("a", "display('two')");
    await shows("a", "two");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(seen).not.toContain("undefined");
  });

  test("a generator shows its latest value in the same place", async () => {
    add("a", "(function* () { yield 1; yield 2; yield 3; })()");
    notebook.start();
    await shows("a", "3");
  });

  test("progress of a download, gone at the end", async () => {
    add("a", "load(); await new Promise((resolve) => setTimeout(resolve, 30));");
    notebook.start();
    await until(() => expect(notebook.status("a").progress).toEqual({ what: "a model", loaded: 1, total: 4 }));
    await reaches("a", "fulfilled");
    expect(notebook.status("a").progress).toBeUndefined();
  });

  test("values as text", async () => {
    add("a", "({ name: 'cat', list: [1, 2], at: new Map([['x', 1]]), f() {} })");
    add("late", "({ late: Promise.resolve() })");
    notebook.start();
    await shows("a", '{ name: "cat", list: [1, 2], at: Map { x: 1 }, f: function f }');
    await shows("late", "{ late: a promise: write await before it to see its value }");
  });
});
