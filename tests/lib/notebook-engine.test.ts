// @vitest-environment jsdom
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { compileCell } from "../../lib/cells";
import {
  builtinNames,
  builtins,
  builtinValue,
  createBuiltins,
  createEngine,
  createNotebook,
  type Engine,
  type Notebook,
} from "../../lib/notebook";
import { openExecutor, type Executor, type OpenOptions } from "../../lib/tensor";

/** Opens reference executors, keeps how it was asked, and can lose the last device. */
function fakeDevices() {
  const asked: OpenOptions[] = [];
  const open = async (options: OpenOptions = {}): Promise<{ executor: Executor; note?: string }> => {
    asked.push(options);
    const { executor } = await openExecutor({ prefer: "reference" });
    return { executor: { ...executor, name: options.prefer ?? "webgpu" } };
  };
  return { open, asked, lose: () => asked.at(-1)!.onLost!("the driver stopped") };
}

let notebook: Notebook | undefined;
afterEach(() => notebook?.dispose());

function start(engine: Engine, cells: Record<string, string>): Record<string, HTMLElement> {
  notebook = createNotebook({ builtins: createBuiltins({ engine }) });
  const roots: Record<string, HTMLElement> = {};
  for (const [id, source] of Object.entries(cells)) {
    roots[id] = document.createElement("div");
    notebook.add(compileCell(source, { id }), { root: roots[id] });
  }
  notebook.start();
  return roots;
}
const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 });

describe("the engine of a page", () => {
  test("opens once, when it is first needed", async () => {
    const devices = fakeDevices();
    const engine = createEngine({ open: devices.open });
    expect(engine.status()).toEqual({});
    const [a, b] = await Promise.all([engine.executor(), engine.executor()]);
    expect(a).toBe(b);
    expect(devices.asked).toHaveLength(1);
    expect(engine.status()).toMatchObject({ executor: "webgpu" });
  });

  test("the cells that use it run anew after a loss; the others do not", async () => {
    const devices = fakeDevices();
    const engine = createEngine({ open: devices.open });
    const ran = vi.fn();
    vi.stubGlobal("ran", ran);
    const roots = start(engine, {
      sum: "ran('sum'); display(executor.name + ' ' + (await tensor([1, 2]).sum().item()));",
      other: "ran('other'); display('other');",
    });
    await until(() => expect(roots.sum!.textContent).toBe("webgpu 3"));
    devices.lose();
    await until(() => expect(ran.mock.calls.flat().filter((id) => id === "sum")).toHaveLength(2));
    await until(() => expect(notebook!.status("sum").state).toBe("fulfilled"));
    expect(ran.mock.calls.flat().filter((id) => id === "other")).toHaveLength(1);
    expect(engine.status().note).toContain("has been opened again");
    vi.unstubAllGlobals();
  });

  test("a second loss goes on without the GPU, and says so", async () => {
    const devices = fakeDevices();
    const engine = createEngine({ open: devices.open });
    await engine.executor();
    devices.lose();
    await engine.executor();
    devices.lose();
    expect((await engine.executor()).name).toBe("reference");
    expect(engine.status()).toMatchObject({
      executor: "reference",
      note: expect.stringContaining("lost twice") as string,
    });
  });

  test("prefers what it was told", async () => {
    const devices = fakeDevices();
    await createEngine({ prefer: "reference", open: devices.open }).executor();
    expect(devices.asked[0]!.prefer).toBe("reference");
  });
});

describe("builtins", () => {
  const engine = createEngine({ prefer: "reference" });
  const url = (path: string) => pathToFileURL(resolve(path)).href;
  const all = createBuiltins({ engine, modelsUrl: url("tests/fixtures"), spritesUrl: url("public/sprites") });

  test("the table names each once, with a description", () => {
    expect(new Set(builtinNames).size).toBe(builtinNames.length);
    for (const { name, description } of builtins) {
      expect(name).toMatch(/^\w+$/);
      expect(description).not.toMatch(/\n|^$/);
    }
    expect(Object.keys(all)).toEqual(expect.arrayContaining([...builtinNames]));
  });

  test("members for completion exist", async () => {
    for (const { name, members = [] } of builtins) {
      if (["models", "figures", "studio", "transformers", "expect"].includes(name)) continue;
      const value = (await builtinValue(all, name)) as Record<string, unknown>;
      for (const member of members) expect(value, `${name}.${member}`).toHaveProperty(member);
    }
  });

  test("those of app/ are missed with a sentence", async () => {
    await expect(builtinValue(all, "figures")).rejects.toThrow("figures is not available on this page");
    expect(await builtinValue(createBuiltins({ engine }, { figures: () => ({ a: 1 }) }), "figures")).toEqual({ a: 1 });
  });
});
