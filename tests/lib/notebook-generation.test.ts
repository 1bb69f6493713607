// @vitest-environment jsdom
/** Models that write and models that see, from cells: text as it comes, interrupts, a question before a download. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { compileCell } from "../../lib/cells";
import {
  builtins as table,
  builtinValue,
  createBuiltins,
  createEngine,
  createNotebook,
  perCell,
  type CellContext,
  type Notebook,
} from "../../lib/notebook";
import { perCellLater } from "../../lib/notebook/cell-context";
import { shareLoad } from "../../lib/notebook/shared-load";
import { asStream } from "../../lib/notebook/stream";

const modelsUrl = pathToFileURL(resolve("tests/fixtures")).href;
const real = createBuiltins({ engine: createEngine({ prefer: "reference" }), modelsUrl });
const golden = JSON.parse(readFileSync("tests/fixtures/smollm-like/text.json", "utf8")) as {
  prompt: string;
  greedy: string;
};

/** Pieces that come when the test says so. */
let give: (piece: string | undefined) => void;
let ended: unknown;
async function* slow() {
  try {
    for (;;) {
      const piece = await new Promise<string | undefined>((resolve) => (give = resolve));
      if (piece === undefined) return;
      yield piece;
    }
  } finally {
    ended = true;
  }
}

let notebook: Notebook;
const roots = new Map<string, HTMLElement>();
beforeEach(() => {
  ended = false;
  give = undefined!;
  roots.clear();
  const ask = perCell(
    ({ confirm }: CellContext) =>
      () =>
        confirm({ what: "a model", from: "example.org", bytes: 3e8 }),
  );
  const note = perCell((context) => context.note);
  const library = perCellLater(async ({ confirm, signal }) => {
    if (await confirm({ what: "a library", bytes: 7 })) return { answer: 42 };
    throw signal.reason;
  });
  notebook = createNotebook({
    builtins: { ...real, slow: () => () => asStream(slow()), ask: () => ask, note: () => note, library: () => library },
  });
});
afterEach(() => notebook.dispose());

function start(cells: Record<string, string>) {
  for (const [id, source] of Object.entries(cells)) {
    const root = document.createElement("div");
    roots.set(id, root);
    notebook.add(compileCell(source, { id }), { root });
  }
  notebook.start();
}
const text = (id: string) => roots.get(id)!.textContent;
const until = (check: () => void) => vi.waitFor(check, { timeout: 50_000, interval: 5 });
const reaches = (id: string, state: string) =>
  until(() => expect(notebook.status(id).state, JSON.stringify(notebook.status(id).failure)).toBe(state));
const shows = (id: string, wanted: string) => until(() => expect(text(id)).toBe(wanted));

describe("text as it comes", () => {
  test("each piece is shown when it is there; the result is the whole, for other cells", async () => {
    start({ a: "const said = await stream(slow());", b: "said.length" });
    await until(() => expect(give).toBeDefined());
    await until(() => expect(roots.get("a")!.querySelector("[aria-busy]")).not.toBeNull());
    give("one ");
    await shows("a", "one ");
    expect(notebook.status("a").state).toBe("running");
    give("two");
    await shows("a", "one two");
    give(undefined);
    await reaches("a", "fulfilled");
    await shows("b", "7");
    expect(text("a")).toBe("one two");
    expect(roots.get("a")!.querySelector("[aria-busy]")).toBeNull();
  });

  test("an expression that gives text in pieces is shown in pieces, without a word more", async () => {
    start({ a: "slow()" });
    await until(() => expect(give).toBeDefined());
    give("A");
    await shows("a", "A");
    give("B");
    await shows("a", "AB");
    give(undefined);
    await reaches("a", "fulfilled");
    expect(text("a")).toBe("AB");
  });

  test("an interrupted cell keeps what has come, and the model is told to stop", async () => {
    start({ a: "const said = await stream(slow());" });
    await until(() => expect(roots.get("a")!.querySelector("[aria-busy]")).not.toBeNull());
    give("so far");
    await shows("a", "so far");
    notebook.interrupt("a");
    await reaches("a", "interrupted");
    expect(text("a")).toBe("so far");
    give("too late");
    await until(() => expect(ended).toBe(true));
    expect(text("a")).toBe("so far");
  });

  test("what is no list of pieces is a sentence", async () => {
    start({ a: "await stream(3)" });
    await reaches("a", "rejected");
    expect(notebook.status("a").failure!.message).toContain("expected what generate, complete or chat gives");
  });
});

describe("a model that writes", { timeout: 180_000 }, () => {
  test("complete, generate and chat, from cells that use one model", async () => {
    const asked = JSON.stringify([{ role: "user", content: "Count to five." }]);
    start({
      model: 'const model = await models.load("smollm-like");\ndisplay(model.modelType);',
      chat: `chat(model, ${asked}, { maxNewTokens: 4 })`,
      alone: 'chat(model, "Count to five.", { maxNewTokens: 4 })',
      tokens: `const inputIds = model.tokenizer.encode(model.tokenizer.applyChatTemplate(${asked}, { addGenerationPrompt: true }), { addSpecialTokens: false });
const tokens = await stream(generate(model, { inputIds, maxNewTokens: 4 }));`,
      count: "tokens.map(({ logprob }) => logprob <= 0).join()",
      complete: 'complete(model, "Once", { maxNewTokens: 3, temperature: 1, seed: 5 })',
      again: 'complete(model, "Once", { maxNewTokens: 3, temperature: 1, seed: 5 })',
    });
    for (const id of ["chat", "alone", "tokens", "count", "complete", "again"]) await reaches(id, "fulfilled");
    expect(text("chat").length).toBeGreaterThan(0);
    expect(text("alone")).toBe(text("chat"));
    expect(text("tokens")).toBe(text("chat"));
    expect(text("count")).toMatch(/^true(,true)*$/);
    expect(text("again")).toBe(text("complete"));
  });

  test("a cell gives transformers' own text", async () => {
    start({
      model: 'const model = await models.load("smollm-like");\ndisplay(model.modelType);',
      words: `const inputIds = model.tokenizer.encode(${JSON.stringify(golden.prompt)}, { addSpecialTokens: false });`,
      golden: "stream(generate({ ...model, generationConfig: { eosTokenIds: [] } }, { inputIds, maxNewTokens: 24 }))",
    });
    await reaches("golden", "fulfilled");
    expect(text("golden").length).toBeGreaterThan(8);
    expect(text("golden").startsWith(golden.greedy) || golden.greedy.startsWith(text("golden"))).toBe(true);
  });

  test("an interrupt ends generation between tokens", async () => {
    start({
      model: 'const model = await models.load("smollm-like");\ndisplay(model.generationConfig.eosTokenIds.length);',
      long: 'const all = await stream(complete({ ...model, generationConfig: { eosTokenIds: [] } }, "Once", { maxNewTokens: 100000, capacity: 64 }));',
    });
    await until(() => expect(text("long")?.length).toBeGreaterThan(3));
    notebook.interrupt("long");
    await reaches("long", "interrupted");
    const kept = text("long");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(text("long")).toBe(kept);
  });
});

describe("a question before a download", () => {
  test("the cell waits, says what and how much, and goes on after a yes", async () => {
    start({ a: "display(await ask())" });
    await until(() => expect(notebook.status("a").question).toMatchObject({ what: "a model", bytes: 3e8 }));
    expect(notebook.status("a").state).toBe("running");
    notebook.status("a").question!.answer(true);
    await shows("a", "true");
    await reaches("a", "fulfilled");
    expect(notebook.status("a").question).toBeUndefined();
  });

  test("a no interrupts it, and the next run asks again", async () => {
    start({ a: "display(await ask())" });
    await until(() => expect(notebook.status("a").question).toBeDefined());
    notebook.status("a").question!.answer(false);
    await reaches("a", "interrupted");
    expect(notebook.status("a").question).toBeUndefined();
    notebook.run("a");
    await until(() => expect(notebook.status("a").question).toBeDefined());
    expect(notebook.status("a").state).toBe("running");
  });

  test("a builtin that takes time: the cell's code begins once it is there", async () => {
    start({ a: 'display("begun"); const n = library.answer;', b: "n + 1" });
    await until(() => expect(notebook.status("a").question).toMatchObject({ what: "a library", bytes: 7 }));
    expect(text("a")).toBe("");
    notebook.status("a").question!.answer(false);
    await reaches("a", "interrupted");
    notebook.run("a");
    await until(() => expect(notebook.status("a").question).toBeDefined());
    notebook.status("a").question!.answer(true);
    await shows("a", "begun");
    await shows("b", "43");
  });

  const context = (answers: (boolean | undefined)[], controller = new AbortController()) => {
    const asked: number[] = [];
    return {
      asked,
      signal: controller.signal,
      onProgress: () => {},
      confirm: (bytes: number, withdrawn: AbortSignal) => {
        asked.push(bytes);
        const answer = answers.shift();
        if (answer === false) controller.abort(new Error("not now"));
        return new Promise<boolean>((resolve) => {
          if (answer !== undefined) resolve(answer);
          withdrawn.addEventListener("abort", () => resolve(false));
        });
      },
    };
  };
  const model = { modelType: "llama" } as never;

  test("cells that wait for one download are all asked; one yes is enough, one no is not a no", async () => {
    const load = shareLoad(async ({ confirmSize }) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (await confirmSize(7)) return model;
      throw new Error("declined");
    });
    const [no, silent, yes] = [context([false]), context([undefined]), context([true])];
    const results = [no, silent, yes].map((cell) => load.join(cell));
    await expect(results[0]).rejects.toThrow("not now");
    expect(await results[1]).toBe(model);
    expect(await results[2]).toBe(model);
    expect([no, silent, yes].map(({ asked }) => asked)).toEqual([[7], [7], [7]]);
  });

  test("when every cell has said no, the download is given up", async () => {
    const load = shareLoad(async ({ confirmSize }) => {
      await confirmSize(7);
      return model;
    });
    await expect(load.join(context([false]))).rejects.toThrow("not now");
    await expect(load.loaded).rejects.toThrow("not now");
  });
});

test("notes of a run are its own: the next run begins without", async () => {
  start({ n: "const n = 1;", a: 'if (n === 1) { note("kept for today only"); note("kept for today only"); }' });
  await reaches("a", "fulfilled");
  expect(notebook.status("a").notes).toEqual(["kept for today only"]);
  notebook.run("n", compileCell("const n = 2;", { id: "n" }));
  await until(() => expect(notebook.status("a").notes).toBeUndefined());
});

describe("the table of builtins", () => {
  const context = { signal: new AbortController().signal } as CellContext;
  const withMembers = table.filter(({ members, define, name }) => members && define && name !== "transformers");

  test.each(withMembers.map((entry) => [entry.name, entry] as const))(
    "every member that the editor offers for %s is there",
    async (name, { members }) => {
      const value = (await builtinValue(real, name)) as { make?: (context: CellContext) => object };
      const made = typeof value?.make === "function" ? value.make(context) : value;
      const offered = name === "expect" ? (made as unknown as (value: unknown) => object)(1) : made;
      expect(members!.filter((member) => !(member in offered))).toEqual([]);
    },
  );
});
