/**
 * Thousands of damaged checkpoints, the same ones in every run: each loads to the right shapes, or is refused in a
 * sentence, soon and without much memory. What is damaged: config.json of every architecture, the other small files
 * beside it, the header of the weights, and the index of shards.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { loadModel } from "../../lib/models";
import type { Executor } from "../../lib/tensor";
import { openNamed } from "./golden";

const FIXTURES = "tests/fixtures";
/** Bytes that one load may allocate: the largest fixture is far below, a wrong size is far above. */
const MOST = 16e6;
/** Milliseconds that one load may take, on a busy machine. */
const PATIENCE = 3000;

/** Mutations per architecture; with the other tests some thousand in all. */
const ROUNDS = 80;

type Files = Record<string, Uint8Array>;

/** One checkpoint of each architecture: the first of its model_type. */
const checkpoints = readdirSync(FIXTURES).filter((name, i, all) => {
  const type = typeOf(name);
  return type !== undefined && all.findIndex((other) => typeOf(other) === type) === i;
});

function typeOf(name: string): string | undefined {
  const [config, weights] = ["config.json", "model.safetensors"].map((file) => `${FIXTURES}/${name}/${file}`);
  if (!existsSync(config!) || !existsSync(weights!)) return undefined;
  return (JSON.parse(readFileSync(config!, "utf8")) as { model_type: string }).model_type;
}

const filesOf = (name: string): Files =>
  Object.fromEntries(
    readdirSync(`${FIXTURES}/${name}`)
      .filter((file) => file !== "golden.safetensors" && /\.(json|jinja|safetensors)$/.test(file))
      .map((file) => [file, new Uint8Array(readFileSync(`${FIXTURES}/${name}/${file}`))]),
  );

/** The reference executor, which counts what is asked of it. */
let executor: Executor & { allocated: number };
beforeAll(async () => {
  const real = await openNamed("reference");
  executor = {
    ...real,
    allocated: 0,
    allocate(length, dtype, rowLength) {
      executor.allocated += length * 4;
      if (executor.allocated > MOST) throw new Error(`hostile: ${executor.allocated} bytes were asked for`);
      return real.allocate(length, dtype, rowLength);
    },
  };
});

type Outcome = { parameterCount: number } | { refused: string };

/** Loads, and fails on anything but a model or a sentence. */
async function attempt(files: Files): Promise<Outcome> {
  const picked = Object.entries(files).map(([name, bytes]) => new File([bytes as Uint8Array<ArrayBuffer>], name));
  const started = performance.now();
  executor.allocated = 0;
  const before = executor.ledger().bytes;
  let outcome: Outcome;
  try {
    const model = await loadModel(picked, { executor });
    outcome = { parameterCount: model.parameterCount };
    model.dispose();
  } catch (error) {
    if (!(error instanceof Error) || /^(Type|Range|Reference|Syntax)Error$/.test(error.name)) throw error;
    outcome = { refused: error.message };
    expect(error.message).toMatch(/^(files\/|[a-z][\w ]*: )/); // a file, or the model by its model_type
    expect(error.message).not.toMatch(/^hostile: |undefined is|not a function|of undefined|of null|Invalid array/);
    expect(error.message.length).toBeLessThan(2500);
  }
  expect(performance.now() - started).toBeLessThan(PATIENCE);
  expect(executor.ledger().bytes).toBe(before); // an error leaves nothing behind
  return outcome;
}

const count = async (rounds: number, mutate: (round: number) => Files, right: (parameterCount: number) => void) => {
  let refused = 0;
  for (let round = 0; round < rounds; round++) {
    const files = mutate(round);
    const outcome = await attempt(files).catch((error: unknown) => {
      const what = Object.entries(files).filter(([name]) => name.endsWith(".json"));
      const shown = what.map(([name, bytes]) => `${name}: ${new TextDecoder().decode(bytes.slice(0, 3000))}`);
      throw new Error(`round ${round}: ${String(error)}\n${shown.join("\n")}`, { cause: error });
    });
    if ("refused" in outcome) refused += 1;
    else right(outcome.parameterCount);
  }
  return refused;
};

test("control: as they are, all of them load", async () => {
  expect(checkpoints).toContain("vit-odd");
  for (const name of checkpoints) expect(await attempt(filesOf(name))).toHaveProperty("parameterCount");
});

describe("config.json and the small files beside it", () => {
  test.each(checkpoints)("of %s", async (name) => {
    const files = filesOf(name);
    const whole = (await attempt(files)) as { parameterCount: number };
    const random = generator(7 + name.length);
    const small = Object.keys(files).filter((file) => file.endsWith(".json") && files[file]!.length < 20_000);
    const refused = await count(
      ROUNDS,
      (round) => {
        const file = round % 3 === 0 ? small[random(small.length)]! : "config.json";
        const json = JSON.parse(new TextDecoder().decode(files[file])) as unknown;
        return { ...files, [file]: bytesOf(JSON.stringify(damaged(json, random))) };
      },
      (parameterCount) => expect(parameterCount).toBeLessThanOrEqual(whole.parameterCount),
    );
    expect(refused).toBeGreaterThan(ROUNDS / 5);
    expect(refused).toBeLessThan(ROUNDS);
  });

  test("bytes of config.json: cut, changed, repeated", async () => {
    const files = filesOf("vit-odd");
    const whole = (await attempt(files)) as { parameterCount: number };
    const random = generator(5);
    const refused = await count(
      300,
      () => ({ ...files, "config.json": scribbled(files["config.json"]!, random) }),
      (got) => expect(got).toBe(whole.parameterCount),
    );
    expect(refused).toBeGreaterThan(100);
  });
});

describe("the header of the weights", () => {
  const files = filesOf("vit-odd");
  const weights = files["model.safetensors"]!;
  const end = 8 + Number(new DataView(weights.buffer, weights.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(weights.subarray(8, end))) as Record<string, unknown>;
  const withHeader = (text: Uint8Array) => {
    const file = new Uint8Array(8 + text.length + weights.length - end);
    new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
    file.set(text, 8);
    file.set(weights.subarray(end), 8 + text.length);
    return { ...files, "model.safetensors": file };
  };
  let parameterCount: number;
  beforeAll(async () => ({ parameterCount } = (await attempt(files)) as { parameterCount: number }));

  test("its bytes", async () => {
    const random = generator(1);
    const refused = await count(
      400,
      () => ({ ...files, "model.safetensors": scribbled(weights, random, 0, end) }),
      (got) => expect(got).toBe(parameterCount),
    );
    expect(refused).toBeGreaterThan(250);
  });

  test("its values", async () => {
    const random = generator(2);
    const refused = await count(
      400,
      () => withHeader(bytesOf(JSON.stringify(damaged(header, random)))),
      (got) => expect(got).toBe(parameterCount),
    );
    expect(refused).toBeGreaterThan(250);
  });

  test("two entries exchanged: of one shape they load, of two they do not", async () => {
    const random = generator(3);
    const names = Object.keys(header).filter((name) => name !== "__metadata__");
    const refused = await count(
      200,
      () => {
        const [a, b] = [names[random(names.length)]!, names[random(names.length)]!];
        return withHeader(bytesOf(JSON.stringify({ ...header, [a]: header[b], [b]: header[a] })));
      },
      (got) => expect(got).toBe(parameterCount),
    );
    expect(refused).toBeGreaterThan(50);
    expect(refused).toBeLessThan(200);
  });
});

test("the index of shards", async () => {
  const { "model.safetensors": weights, ...files } = filesOf("vit-odd");
  const end = 8 + Number(new DataView(weights!.buffer, weights!.byteOffset).getBigUint64(0, true));
  const names = Object.keys(JSON.parse(new TextDecoder().decode(weights!.subarray(8, end))) as object);
  const shard = "model-00001-of-00001.safetensors";
  const weight_map = Object.fromEntries(names.filter((name) => name !== "__metadata__").map((name) => [name, shard]));
  const index = { metadata: { total_size: weights!.length - end }, weight_map };
  const make = (bytes: Uint8Array) => ({ ...files, [shard]: weights!, "model.safetensors.index.json": bytes });
  const whole = (await attempt(make(bytesOf(JSON.stringify(index))))) as { parameterCount: number };
  const random = generator(4);
  const refused = await count(
    500,
    (round) =>
      make(
        round % 2 === 0
          ? bytesOf(JSON.stringify(damaged(index, random)))
          : scribbled(bytesOf(JSON.stringify(index)), random),
      ),
    (got) => expect(got).toBe(whole.parameterCount),
  );
  expect(refused).toBeGreaterThan(250);
  expect(refused).toBeLessThan(500);
});

/** What a value may become: sizes that make no sense, other types, and too much of something. */
const hostile: readonly unknown[] = [
  0,
  -1,
  1,
  3,
  0.5,
  1e9,
  2 ** 31,
  2 ** 53,
  1e308,
  -1e308,
  "",
  "x",
  "../../x",
  "__proto__",
  "9".repeat(300),
  true,
  false,
  null,
  [],
  {},
  [1, 2, 3],
  ["a"],
  [[[[]]]],
  { length: 1e9 },
  { 0: "a", 1: "b" },
  Array.from({ length: 5000 }, (_, i) => i),
  JSON.parse("[".repeat(100) + "]".repeat(100)) as unknown,
];

/** The same JSON with one value changed, left out, or put under another name. */
function damaged(json: unknown, random: (below: number) => number): unknown {
  const copy = structuredClone(json);
  const places: [Record<string, unknown>, string][] = [];
  const walk = (node: unknown) => {
    if (typeof node !== "object" || node === null) return;
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key]);
      walk((node as Record<string, unknown>)[key]);
    }
  };
  walk(copy);
  const [parent, key] = places[random(places.length)]!;
  const value = parent[key];
  const kind = random(10);
  if (kind === 0) delete parent[key];
  else if (kind === 1) {
    parent[`${key}_`] = value;
    delete parent[key];
  } else if (typeof value === "number" && kind < 5)
    parent[key] = [value + 1, value - 1, value * 2, value / 2][random(4)];
  else parent[key] = hostile[random(hostile.length)];
  return copy;
}

const PIECES = ["0", "-1", "9", "e9", "[", "]", "{", "}", ",", ":", '"', "\\", "null", '"F16"', "1e400", "\0", "4096"];

/** The same bytes with some of them changed, left out, repeated or cut off, between two places. */
function scribbled(bytes: Uint8Array, random: (below: number) => number, from = 0, to = bytes.length): Uint8Array {
  const file = bytes.slice();
  const where = from + random(to - from);
  const kind = random(5);
  if (kind === 0) file[where] = random(256);
  else if (kind === 1) file.set(bytesOf(PIECES[random(PIECES.length)]!).subarray(0, file.length - where), where);
  else if (kind === 2) return file.slice(0, random(file.length));
  else if (kind === 3) file.copyWithin(where, where + 1 + random(40), to);
  else file.copyWithin(where + 1 + random(20), where, Math.min(to, where + 1 + random(200)));
  return file;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Whole numbers below a limit, the same in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
