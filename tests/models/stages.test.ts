/** Stages of training, as files of what differs: each must be the model that its weights, written out whole, would be. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { loadModel, modelStages } from "../../lib/models";
import type { Executor } from "../../lib/tensor";
import { openFolder } from "../../lib/weights";
import { FakeCaches } from "../lib/fake-caches";
import { serveFiles, type FileServer } from "../lib/file-server";
import { distance, executorNames, openNamed, relativeDistance } from "./golden";
import { readPrompt } from "./image-text";
import { configOf, json, readFixture, safetensors, weightsOf, type Weights } from "./rewritten";

const BASE = "eagle-channel";
const OTHER = "eagle-deformable";
const MLLAMA = "mllama-odd";

/** Those whose names match, with other numbers. */
function changed(weights: Weights, names: RegExp): Weights {
  return Object.fromEntries(
    Object.entries(weights)
      .filter(([name]) => names.test(name))
      .map(([name, { shape, values }]) => [name, { shape, values: values.map((value) => -value / 2 + 0.01) }]),
  );
}

const base = weightsOf(BASE);
const projector = changed(base, /^multi_modal_projectors\./);
/** Of one expert instead of five: the projector takes fewer channels. */
const alone = {
  "multi_modal_projectors.0.linear_1.weight": { shape: [30, 24], values: Float32Array.from({ length: 720 }, sine) },
};
/** Other models, whose weights a stage takes: a language model, and one with a tower of vision among others. */
const words = changed(base, /^language_model\./);
const eyes = changed(base, /^vision_towers\.[01]\./);
const LANGUAGE = "language_model.";
const TOWER = "vision_towers.0.";
const called = (weights: Weights, from: string, to: string): Weights =>
  Object.fromEntries(Object.entries(weights).map(([name, weight]) => [to + name.slice(from.length), weight]));
const tower = Object.fromEntries(Object.entries(eyes).filter(([name]) => name.startsWith(TOWER)));
/** What the stage's own file has instead of the language model's. */
const ownNorm = changed(words, /\.model\.norm\.weight$/);
const speaks = { model: "words", prefix: LANGUAGE };
const sees = { model: "eyes", from: "seeing.", prefix: TOWER };
const oneExpert = { vision_configs: [(configOf(BASE).vision_configs as unknown[])[0]] };

function sine(_: unknown, i: number): number {
  return Math.sin(i) / 5;
}

const list = [
  { name: "projector", words: "Only the projector.", file: "stages/projector.safetensors", eval: "stages/p.json" },
  { name: "one-expert", words: "The first expert alone.", file: "stages/one.safetensors", config: oneExpert },
  { name: "deformable", words: "Another fusion.", file: "stages/deformable.safetensors", config: configOf(OTHER) },
  { name: "finished", words: "Everything trained." },
  { name: "shared", words: "Two other models.", file: "stages/own.safetensors", shared: [speaks, sees] },
  { name: "words-only", words: "", shared: [speaks] },
  { name: "twice", words: "", shared: [speaks, { model: "norm", prefix: LANGUAGE }] },
  { name: "one-shared", words: "", file: "stages/one.safetensors", config: oneExpert, shared: [{ model: "both" }] },
  { name: "mixed-up", words: "", file: "stages/strange.safetensors" },
  { name: "wide", words: "", file: "stages/wide.safetensors" },
  { name: "lost", words: "", file: "stages/lost.safetensors" },
  { name: "strange-config", words: "", file: "stages/strange.safetensors", config: { image_mean: [0, 0, 0] } },
];

let server: FileServer;
beforeAll(async () => {
  server = await serveFiles();
});
afterAll(() => server.close());
afterEach(() => vi.unstubAllGlobals());
beforeEach(() => {
  server.reset();
  put("eagle", BASE, {
    "stages.json": json({ stages: list }),
    "stages/projector.safetensors": safetensors(projector),
    "stages/one.safetensors": safetensors(alone),
    "stages/deformable.safetensors": readFixture(OTHER, "model.safetensors"),
    "stages/strange.safetensors": safetensors({ "reward.weight": { shape: [2], values: new Float32Array(2) } }),
    "stages/own.safetensors": safetensors({ ...projector, ...ownNorm }),
    "stages/wide.safetensors": safetensors({
      "multi_modal_projectors.0.linear_2.bias": { shape: [31], values: new Float32Array(31) },
    }),
  });
});

beforeEach(() => {
  const others = { logit_scale: { shape: [], values: new Float32Array(1) } };
  putWeights("words", called(words, LANGUAGE, ""));
  putWeights("norm", called(ownNorm, LANGUAGE, ""));
  putWeights("eyes", { ...called(tower, TOWER, "seeing."), ...others });
  putWeights("both", eyes);
});

function putWeights(id: string, weights: Weights): void {
  server.files.set(`/${id}/model.safetensors`, safetensors(weights));
}

/** A fixture's folder on the server, with further files. */
function put(id: string, fixture: string, files: Record<string, Uint8Array> = {}): void {
  for (const name of ["config.json", "preprocessor_config.json", "model.safetensors"]) {
    server.files.set(`/${id}/${name}`, readFixture(fixture, name));
  }
  for (const [name, bytes] of Object.entries(files)) server.files.set(`/${id}/${name}`, bytes);
}

describe.each(executorNames)("on %s", (name) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await openNamed(name);
  });
  afterAll(() => executor?.dispose());

  /** The scores for the fixture's prompt. */
  async function scores(id: string, stage?: string, fixture = BASE): Promise<Float32Array> {
    const { prompt } = await readPrompt(fixture, executor);
    const model = await loadModel(id, { executor, baseUrl: server.base, modelType: "eagle", stage });
    expect(model.stage).toBe(stage);
    const { logits } = await model.forward(prompt);
    const values = await logits.data();
    [logits, prompt.pixelValues, model].forEach((made) => made.dispose());
    return values;
  }

  test("weights that differ take the place of the finished ones; the others stay", async () => {
    const staged = await scores("eagle", "projector");
    put("whole", BASE, { "model.safetensors": safetensors({ ...base, ...projector }) });
    expect(distance(staged, await scores("whole"))).toBe(0);
    expect(relativeDistance(staged, await scores("eagle"))).toBeGreaterThan(0.05);
  });

  test("a stage without a file is the finished model", async () => {
    expect(distance(await scores("eagle", "finished"), await scores("eagle"))).toBe(0);
  });

  test("weights of other models: over the finished ones, and under the stage's own", async () => {
    const staged = await scores("eagle", "shared");
    const whole: Weights = { ...base, ...words, ...tower, ...projector, ...ownNorm };
    put("whole", BASE, { "model.safetensors": safetensors(whole) });
    expect(distance(staged, await scores("whole"))).toBe(0);
    put("whole", BASE, { "model.safetensors": safetensors({ ...whole, ...words }) });
    expect(distance(staged, await scores("whole"))).toBeGreaterThan(0);
  });

  test("weights of another model alone, and of two of which the later counts", async () => {
    const alone = await scores("eagle", "words-only");
    put("whole", BASE, { "model.safetensors": safetensors({ ...base, ...words }) });
    expect(distance(alone, await scores("whole"))).toBe(0);
    const twice = await scores("eagle", "twice");
    put("whole", BASE, { "model.safetensors": safetensors({ ...base, ...words, ...ownNorm }) });
    expect(distance(twice, await scores("whole"))).toBe(0);
    expect(distance(twice, alone)).toBeGreaterThan(0);
  });

  test("weights of another model that lie in shards", async () => {
    const wanted = await scores("eagle", "words-only");
    const all = called(words, LANGUAGE, "");
    const shards = [/embed/, /^(?!.*embed)/].map((part) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => part.test(name))),
    );
    const shardOf = Object.keys(all).map((name) => [name, `s${/embed/.test(name) ? 0 : 1}.safetensors`] as const);
    server.files.delete("/words/model.safetensors");
    shards.forEach((shard, i) => server.files.set(`/words/s${i}.safetensors`, safetensors(shard)));
    server.files.set("/words/model.safetensors.index.json", json({ weight_map: Object.fromEntries(shardOf) }));
    expect(distance(await scores("eagle", "words-only"), wanted)).toBe(0);
  });

  test("a config of its own: what it has no use for stays in the other model, too", async () => {
    const staged = await scores("eagle", "one-shared");
    const kept = Object.entries(base).filter(([name]) => !/^vision_towers\.[1-9]/.test(name));
    const whole = safetensors({ ...Object.fromEntries(kept), ...tower, ...alone });
    put("whole", BASE, { "config.json": json({ ...configOf(BASE), ...oneExpert }), "model.safetensors": whole });
    expect(distance(staged, await scores("whole"))).toBe(0);
  });

  test("a config of its own: other shapes, and weights that it has no use for stay where they are", async () => {
    const staged = await scores("eagle", "one-expert");
    const kept = Object.entries(base).filter(([name]) => !/^vision_towers\.[1-9]/.test(name));
    const config = { ...configOf(BASE), ...oneExpert };
    const whole = safetensors({ ...Object.fromEntries(kept), ...alone });
    put("whole", BASE, { "config.json": json(config), "model.safetensors": whole });
    expect(distance(staged, await scores("whole"))).toBe(0);
    expect(relativeDistance(staged, await scores("eagle"))).toBeGreaterThan(0.05);
  });

  test("another fusion with weights of its own, new ones among them: as its own checkpoint", async () => {
    put("other", OTHER);
    expect(distance(await scores("eagle", "deformable", OTHER), await scores("other", undefined, OTHER))).toBe(0);
  });

  test("of Llama 3.2 Vision: only what looks at pictures", async () => {
    const all = weightsOf(MLLAMA);
    const cross = changed(all, /cross_attn\.(q|o)_proj/);
    expect(Object.keys(cross).length).toBe(4);
    const stages = [{ name: "dpo", words: "", file: "stages/dpo.safetensors" }];
    put("mllama", MLLAMA, { "stages.json": json({ stages }), "stages/dpo.safetensors": safetensors(cross) });
    put("whole", MLLAMA, { "model.safetensors": safetensors({ ...all, ...cross }) });
    const text = [98, 5, 6, 7, 8];
    const picture = { width: 20, height: 14, data: Uint8ClampedArray.from({ length: 1120 }, (_, i) => (i * 37) % 256) };
    const scoresOf = async (id: string, stage?: string) => {
      const model = await loadModel(id, { executor, baseUrl: server.base, modelType: "mllama", stage });
      const prompt = model.prepare({
        text: text.map((id, i) => (i ? id : model.config.imageTokenIndex)),
        pictures: [picture],
      });
      const { logits } = await model.forward(prompt);
      const values = await logits.data();
      [logits, prompt.pixelValues!, model].forEach((made) => made.dispose());
      return values;
    };
    const staged = await scoresOf("mllama", "dpo");
    expect(distance(staged, await scoresOf("whole"))).toBe(0);
    expect(distance(staged, await scoresOf("mllama"))).toBeGreaterThan(0);
  });
});

describe("what a reader downloads", () => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await openNamed("reference");
  });
  const bytes = (path: string) => server.files.get(path)!.length;
  const load = (options: object = {}) =>
    loadModel("eagle", { executor, baseUrl: server.base, stage: "projector", ...options });

  test("the size that is agreed to, and progress, count both files, without what is replaced", async () => {
    const replaced = Object.values(projector).reduce((sum, { values }) => sum + values.byteLength, 0);
    const finished = await load({ stage: undefined });
    const all = finished.bytes + bytes("/eagle/stages/projector.safetensors") - replaced;
    finished.dispose();
    vi.stubGlobal("caches", new FakeCaches());
    const seen: [number, number][] = [];
    const confirmSize = vi.fn(() => true);
    const model = await load({ confirmSize, onProgress: (...now: [number, number]) => seen.push(now) });
    expect(model.bytes).toBe(all);
    expect(seen.at(-1)).toEqual([all, all]);
    seen.forEach(([loaded, total], i) => {
      expect(total).toBe(all);
      expect(loaded).toBeGreaterThanOrEqual(seen[i - 1]?.[0] ?? 0);
    });
    expect(confirmSize).toHaveBeenCalledTimes(1);
    const [asked] = confirmSize.mock.calls[0] as unknown as [number];
    expect(asked).toBeGreaterThan(all - 2 * 64 * 1024 - 1); // what came with the headers is there already
    expect(asked).toBeLessThan(all);
    model.dispose();
  });

  test("both count the files of other models, too", async () => {
    const finished = await load({ stage: undefined });
    const own = ["/eagle/stages/own.safetensors", "/words/model.safetensors", "/eyes/model.safetensors"];
    // Each weight once: the stage's norm is not also read from the model that has the words, nor a scale that none wants.
    const twice = [projector, words, tower, ownNorm].flatMap((weights) => Object.values(weights));
    const left = twice.reduce((sum, { values }) => sum + values.byteLength, 0) + 4;
    const all = finished.bytes + own.reduce((sum, path) => sum + bytes(path), 0) - left;
    finished.dispose();
    const seen: [number, number][] = [];
    vi.stubGlobal("caches", new FakeCaches());
    const confirmSize = vi.fn(() => true);
    const onProgress = (...now: [number, number]) => seen.push(now);
    const model = await load({ stage: "shared", confirmSize, onProgress });
    expect(model.bytes).toBe(all);
    expect(seen.at(-1)).toEqual([all, all]);
    expect(confirmSize).toHaveBeenCalledTimes(1);
    const [asked] = confirmSize.mock.calls[0] as unknown as [number];
    expect(asked).toBeLessThan(all);
    model.dispose();
  });

  test("what was kept of the other model on its own is not fetched again, nor by the next visit", async () => {
    vi.stubGlobal("caches", new FakeCaches());
    putWeights("eagle-too", base);
    for (const file of ["config.json", "preprocessor_config.json"]) {
      server.files.set(`/eagle-too/${file}`, readFixture(BASE, file));
    }
    server.files.set("/eagle/stages.json", json({ stages: [{ name: "too", shared: [{ model: "eagle-too" }] }] }));
    (await load({ stage: undefined })).dispose();
    (await loadModel("eagle-too", { executor, baseUrl: server.base })).dispose();
    for (const _ of ["first", "next"]) {
      server.asked = [];
      const confirmSize = vi.fn(() => true);
      (await load({ stage: "too", confirmSize })).dispose();
      const weights = server.asked.filter(({ path, sent }) => path.endsWith(".safetensors") && sent > 0);
      expect(weights).toEqual([]);
      expect(confirmSize).not.toHaveBeenCalled();
    }
  });

  test("the next visit fetches nothing", async () => {
    vi.stubGlobal("caches", new FakeCaches());
    (await load()).dispose();
    server.asked = [];
    const confirmSize = vi.fn(() => true);
    (await load({ confirmSize })).dispose();
    expect(server.asked.filter(({ sent }) => sent > 0)).toEqual([]);
    expect(confirmSize).not.toHaveBeenCalled();
  });

  test("from picked files, as a folder or one by one", async () => {
    const names = ["config.json", "preprocessor_config.json", "model.safetensors", "stages.json"];
    const file = (name: string, path?: string) => {
      const content = server.files.get(`/eagle/${name}`) as Uint8Array<ArrayBuffer>;
      const picked = new File([content], name.slice(name.lastIndexOf("/") + 1));
      return path ? Object.defineProperty(picked, "webkitRelativePath", { value: `${path}/${name}` }) : picked;
    };
    const wanted = (await load()).bytes;
    for (const path of [undefined, "eagle"]) {
      const picked = [...names, "stages/projector.safetensors"].map((name) => file(name, path));
      const model = await loadModel(picked, { executor, stage: "projector" });
      expect(model.bytes).toBe(wanted);
      model.dispose();
    }
  });
});

describe("what is wrong", () => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await openNamed("reference");
  });
  const load = (stage: string) => loadModel("eagle", { executor, baseUrl: server.base, stage });

  test.each<[string, RegExp]>([
    ["sft", /stages\.json: expected one of its stages \(projector, one-expert, .*finished, .*\), got "sft"$/],
    ["mixed-up", /strange\.safetensors: expected weights that the finished model has too, got "reward\.weight", which/],
    ["strange-config", /^eagle: 1 weight surplus \(reward\.weight\)$/],
    ["wide", /wide\.safetensors: expected "multi_modal_projectors\.0\.linear_2\.bias" of shape \[30\].*, got \[31\]$/],
    ["lost", /stages\/lost\.safetensors: expected a file, got 404/],
  ])("%s", async (stage, sentence) => {
    await expect(load(stage)).rejects.toThrow(sentence);
  });

  test.each<[object, RegExp]>([
    [{ stages: {} }, /stages\.json: stages: expected a list of at most 256, got/],
    [{ stages: [{ name: "" }] }, /stages\[0\]: name: expected a name, got ""/],
    [
      { stages: [{ name: "projector", file: "../x.safetensors" }] },
      /stages\[0\]: file: expected a \.safetensors file in/,
    ],
    [{ stages: [{ name: "projector", file: "/x.safetensors" }] }, /stages\[0\]: file: expected/],
    [{ stages: [{ name: "projector", eval: "https://x/y.json" }] }, /stages\[0\]: eval: expected a \.json file in/],
    [{ stages: [{ name: "projector", config: [] }] }, /stages\[0\]: config: expected an object/],
  ])("stages.json: %j", async (content, sentence) => {
    server.files.set("/eagle/stages.json", json(content));
    await expect(load("projector")).rejects.toThrow(sentence);
    await expect(modelStages("eagle", { baseUrl: server.base })).rejects.toThrow(sentence);
  });

  test.each<[object, RegExp]>([
    [{ shared: {} }, /stages\[0\]: shared: expected a list of at most 32, got/],
    [{ shared: Array(33).fill(speaks) }, /stages\[0\]: shared: expected a list of at most 32, got/],
    [{ shared: ["words"] }, /stages\[0\]: shared\[0\]: expected an object, got "words"$/],
    [{ shared: [speaks, {}] }, /shared\[1\]: model: expected the name of a folder beside this model's, got undefined$/],
    [{ shared: [{ model: ".." }] }, /shared\[0\]: model: expected the name of a folder beside .*, got "\.\."$/],
    [{ shared: [{ model: "../../x" }] }, /shared\[0\]: model: expected the name of a folder/],
    [{ shared: [{ model: "a/b" }] }, /shared\[0\]: model: expected the name of a folder/],
    [{ shared: [{ model: "a\\b" }] }, /shared\[0\]: model: expected the name of a folder/],
    [{ shared: [{ model: "https://x" }] }, /shared\[0\]: model: expected the name of a folder/],
    [{ shared: [{ model: "a?b" }] }, /shared\[0\]: model: expected the name of a folder/],
    [{ shared: [{ model: "a%2f..%2fb" }] }, /shared\[0\]: model: expected the name of a folder/],
    [{ shared: [{ model: "words", prefix: 1 }] }, /shared\[0\]: prefix: expected what names begin with, .* got 1$/],
    [{ shared: [{ model: "words", from: "x".repeat(201) }] }, /shared\[0\]: from: expected what names begin with/],
    [
      { shared: [{ model: "absent" }] },
      /\/absent\/model\.safetensors: expected a file, got 404.* of the model "absent"/,
    ],
    [
      { shared: [{ model: "words", from: "modle." }] },
      /\/words\/: expected weights to share whose names begin with "modle\.", got none$/,
    ],
    [
      { shared: [{ model: "words", prefix: "langauge." }] },
      /\/words\/model\.safetensors: expected weights that the finished model has too, got "langauge\./,
    ],
    [{ shared: [{ model: "words", prefix: "langauge." }], config: oneExpert }, /^eagle: .*surplus \(langauge\./],
    [
      { shared: [{ model: "narrow", prefix: LANGUAGE }] },
      /\/narrow\/model\.safetensors: expected "language_model\.model\.norm\.weight" of shape .*, got \[3\]$/,
    ],
    [
      { shared: [{ model: "narrow", prefix: LANGUAGE }], config: { image_mean: [0, 0, 0] } },
      /^eagle: 1 weight of wrong shape \(languageModel\.model\.norm\.weight: expected .*, got \[3\]\)$/,
    ],
  ])("a stage with %j", async (stage, sentence) => {
    putWeights("narrow", { "model.norm.weight": { shape: [3], values: new Float32Array(3) } });
    server.files.set("/eagle/stages.json", json({ stages: [{ name: "projector", ...stage }] }));
    await expect(load("projector")).rejects.toThrow(sentence);
  });

  test("picked files have no model beside them", async () => {
    const names = ["config.json", "preprocessor_config.json", "model.safetensors", "stages.json"];
    const picked = names.map((name) => new File([server.files.get(`/eagle/${name}`) as Uint8Array<ArrayBuffer>], name));
    await expect(loadModel(picked, { executor, stage: "words-only" })).rejects.toThrow(
      /^files\/: expected a model whose weights lie in one folder, got a stage that shares those of "words"/,
    );
  });

  test.each([
    ["https://example.org/models/eagle", "https://example.org/models/clip/"],
    ["https://example.org/models/eagle/?key=1", "https://example.org/models/clip/"],
    ["https://example.org/", "https://example.org/clip/"],
    ["file:///models/eagle", "file:///models/clip/"],
    ["/models/eagle", "/models/clip/"],
    ["models/eagle/", "models/clip/"],
    ["eagle", "clip/"],
    ["./", "./../clip/"],
    ["../", "../../clip/"],
  ])("beside %s lies %s", (address, other) => expect(openFolder(address).beside("clip").name).toBe(other));

  test("a model without stages", async () => {
    server.files.delete("/eagle/stages.json");
    await expect(load("projector")).rejects.toThrow(
      /eagle\/stages\.json: expected a file, got 404 .*: this model has no stages/,
    );
    expect(await modelStages("eagle", { baseUrl: server.base })).toEqual([]);
  });
});

test("a model's stages are listed as their file has them", async () => {
  const listed = list.map(({ shared, ...stage }) => ({
    ...stage,
    ...(shared && { shared: shared.map((one) => ({ from: "", prefix: "", ...one })) }),
  }));
  expect(await modelStages("eagle", { baseUrl: server.base })).toEqual(listed);
});
