/** Where models come from: the Hub, an address, this site, a folder, files that the reader picked. */
import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { loadModel } from "../../lib/models";
import type { Checkpoint } from "../../lib/models/checkpoints/checkpoint";
import type * as ViTCheckpoint from "../../lib/models/checkpoints/vit";
import { modelAddress } from "../../lib/models/model-address";
import type { Executor } from "../../lib/tensor";
import { FakeCaches } from "../lib/fake-caches";
import { serveFiles, type FileServer } from "../lib/file-server";
import { openNamed } from "./golden";

const ODD = "tests/fixtures/vit-odd";
const NAMES = ["config.json", "preprocessor_config.json", "model.safetensors"];
const bytesOf = (name: string) => new Uint8Array(readFileSync(`${ODD}/${name}`));
const WEIGHTS = bytesOf("model.safetensors").length;

let executor: Executor;
let server: FileServer;
beforeAll(async () => {
  executor = await openNamed("reference");
  server = await serveFiles();
});
afterAll(() => server.close());
beforeEach(() => server.reset());
afterEach(() => vi.unstubAllGlobals());

describe("an address", () => {
  test.each<[string, object, string]>([
    ["vit-classifier", {}, "/models/vit-classifier"],
    ["vit-classifier", { baseUrl: "https://example.org/m/" }, "https://example.org/m/vit-classifier"],
    ["vit-classifier", { checkpoint: "step-1" }, "/models/vit-classifier/checkpoints/step-1"],
    ["a/b/c", {}, "/models/a/b/c"],
    ["openai/clip-vit-base-patch32", {}, "https://huggingface.co/openai/clip-vit-base-patch32/resolve/main/"],
    ["org/name", { baseUrl: "/models" }, "https://huggingface.co/org/name/resolve/main/"],
    ["org/name@v1.0", {}, "https://huggingface.co/org/name/resolve/v1.0/"],
    [
      "facebook/convnext-tiny-224@refs/pr/4",
      {},
      "https://huggingface.co/facebook/convnext-tiny-224/resolve/refs%2Fpr%2F4/",
    ],
    ["org/name", { checkpoint: "step-1" }, "https://huggingface.co/org/name/resolve/main/checkpoints/step-1"],
    ["https://huggingface.co/org/name", {}, "https://huggingface.co/org/name/resolve/main/"],
    [
      "https://huggingface.co/org/name/tree/refs%2Fpr%2F4",
      {},
      "https://huggingface.co/org/name/resolve/refs%2Fpr%2F4/",
    ],
    ["https://huggingface.co/org/name/tree/main/?x=1#y", {}, "https://huggingface.co/org/name/resolve/main/"],
    ["https://huggingface.co/org/name/resolve/main", {}, "https://huggingface.co/org/name/resolve/main"],
    ["https://example.org/m/x", {}, "https://example.org/m/x"],
    ["/m/x", {}, "/m/x"],
    ["./x", {}, "./x"],
    ["file:///m/x", {}, "file:///m/x"],
  ])("%s %j", (source, options, address) => expect(modelAddress(source, options)).toBe(address));

  test.each<[string, RegExp]>([
    ["", /^models: expected a model id of letters/],
    ["a b", /expected a model id/],
    ["a//b", /expected a model id/],
    ["name@main", /expected a model id/],
    ["org/../x", /expected a model id/],
    ["org/..", /expected a repository as "organisation\/name"/],
    ["%2e%2e/x", /expected a repository/],
    ["org/a..b", /expected a repository/],
    ["org/name@", /expected a revision such as "main"/],
    ["org/name@../..", /expected a revision/],
    ["org/name@a b", /expected a revision/],
    ["org/name@main?x", /expected a revision/],
  ])("no address: %j", (source, sentence) => expect(() => modelAddress(source)).toThrow(sentence));
});

/** The Hub, played by a function: what it answers for a path, and what was asked. */
function hub(answer: (path: string, init?: RequestInit) => Response) {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (url: string, init?: RequestInit) => {
    asked.push(url);
    return Promise.resolve(answer(url.replace("https://huggingface.co", ""), init));
  });
  return asked;
}

describe("the Hub", () => {
  test("every file of a revision, its weights in ranges", async () => {
    const asked = hub((path, init) => {
      const bytes = bytesOf(path.split("/").at(-1)!);
      const range = /bytes=(\d+)-(\d+)/.exec(new Headers(init?.headers).get("range") ?? "");
      if (!range) return new Response(bytes);
      const [from, to] = [Number(range[1]), Math.min(Number(range[2]) + 1, bytes.length)];
      const headers = { "content-range": `bytes ${from}-${to - 1}/${bytes.length}` };
      return new Response(bytes.slice(from, to), { status: 206, headers });
    });
    const model = await loadModel("org/vit@refs/pr/4", { executor });
    expect(model).toMatchObject({ modelType: "vit", bytes: WEIGHTS, dtype: "f32", executor });
    expect(new Set(asked)).toEqual(
      new Set(NAMES.map((name) => `https://huggingface.co/org/vit/resolve/refs%2Fpr%2F4/${name}`)),
    );
    model.dispose();
  });

  const refuse = (status: number, statusText: string, code?: string) => () =>
    new Response("no", { status, statusText, headers: code ? { "x-error-code": code } : {} });
  test.each<[string, () => Response, RegExp]>([
    [
      "gated",
      refuse(401, "Unauthorized", "GatedRepo"),
      /config\.json: expected a file that everybody may read, got 401 Unauthorized: this is private, gated, or not there; if it is gated, accept its licence on its page \(https:\/\/huggingface\.co\/org\/name\), download its files and pick them here: this page cannot log in$/,
    ],
    ["private", refuse(403, "Forbidden"), /got 403 Forbidden: this is private, gated, or not there/],
    [
      "no such repository",
      refuse(404, "Not Found", "RepoNotFound"),
      /expected a repository org\/name, got 404 Not Found: the Hub has none of that name$/,
    ],
    [
      "no such revision",
      refuse(404, "Not Found", "RevisionNotFound"),
      /expected a revision v9 of org\/name, got 404 Not Found: https:\/\/huggingface\.co\/org\/name\/tree\/main has the others$/,
    ],
    [
      "no such file",
      refuse(404, "Not Found", "EntryNotFound"),
      /config\.json: expected a file, got 404 Not Found: https:\/\/huggingface\.co\/org\/name\/tree\/v9 lists what is there$/,
    ],
  ])("%s", async (_, answer, sentence) => {
    hub(answer);
    await expect(loadModel("org/name@v9", { executor })).rejects.toThrow(sentence);
  });

  test("a repository with weights of another format says so", async () => {
    hub((path) =>
      path.endsWith(".json") && !path.endsWith("index.json")
        ? new Response(bytesOf(path.split("/").at(-1)!))
        : refuse(404, "Not Found", "EntryNotFound")(),
    );
    await expect(loadModel("org/name", { executor })).rejects.toThrow(
      /model\.safetensors: expected a file, got 404 Not Found: .*; and there is no model\.safetensors\.index\.json either: only weights in safetensors files can be read$/,
    );
  });
});

describe("any other server", () => {
  beforeEach(() => NAMES.forEach((name) => server.files.set(`/vit/${name}`, bytesOf(name))));

  test("a folder, and what stands behind its `?` is sent with each file", async () => {
    const paths: string[] = [];
    server.instead = (request) => {
      paths.push(request.url!);
      return false;
    };
    const model = await loadModel(`${server.base}/vit?key=1`, { executor });
    expect(paths.every((path) => path.endsWith("?key=1"))).toBe(true);
    expect(model.bytes).toBe(WEIGHTS);
    model.dispose();
  });

  test("size asked before, and no is an AbortError; a small file is there before anyone could ask", async () => {
    const confirmSize = vi.fn(() => false);
    const error = loadModel(`${server.base}/vit`, { executor, confirmSize });
    if (WEIGHTS > 64 * 1024) {
      await expect(error).rejects.toMatchObject({ name: "AbortError" });
      expect(confirmSize).toHaveBeenCalledTimes(1);
    } else {
      (await error).dispose();
      expect(confirmSize).not.toHaveBeenCalled();
    }
  });

  test("no room to keep it: the model says so in its note", async () => {
    const caches = new FakeCaches();
    caches.room = 5000;
    vi.stubGlobal("caches", caches);
    const model = await loadModel(`${server.base}/vit`, { executor });
    expect(model.note).toMatch(/^There is no room left in this browser's storage/);
    model.dispose();
    vi.unstubAllGlobals();
    const quiet = await loadModel(`${server.base}/vit`, { executor });
    expect(quiet.note).toBeUndefined();
    quiet.dispose();
  });

  test("403 elsewhere names no page of the Hub", async () => {
    server.instead = (_, response) => Boolean(response.writeHead(403).end());
    await expect(loadModel(`${server.base}/vit`, { executor })).rejects.toThrow(
      /got 403 Forbidden: this is private, gated, or not there; if it is gated, accept its licence, download its files/,
    );
  });
});

describe("picked files", () => {
  const file = (name: string, path = "") => {
    const picked = new File([bytesOf(name)], name);
    return path ? Object.defineProperty(picked, "webkitRelativePath", { value: `${path}/${name}` }) : picked;
  };

  test("load without a network, in any order, beside others", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new Error("no network")));
    const others = [new File(["# A model"], "README.md"), ...[...NAMES].reverse().map((name) => file(name))];
    const seen: [number, number][] = [];
    const confirmSize = vi.fn(() => false);
    const onProgress = (...now: [number, number]) => seen.push(now);
    const model = await loadModel(others, { executor, onProgress, confirmSize });
    expect(model).toMatchObject({ modelType: "vit", bytes: WEIGHTS });
    expect(seen.at(-1)).toEqual([WEIGHTS, WEIGHTS]);
    expect(confirmSize).not.toHaveBeenCalled();
    model.dispose();
  });

  test("a whole folder: its own files count, not those of its checkpoints", async () => {
    const broken = Object.defineProperty(new File(["{"], "config.json"), "webkitRelativePath", {
      value: "vit/checkpoints/step-1/config.json",
    });
    const whole = NAMES.map((name) => file(name, "vit"));
    for (const picked of [
      [broken, ...whole],
      [...whole, broken],
    ]) {
      const model = await loadModel(picked, { executor });
      expect(model.modelType).toBe("vit");
      model.dispose();
    }
  });

  test.each(NAMES)("without %s: a sentence", async (missing) => {
    const picked = NAMES.filter((name) => name !== missing).map((name) => file(name));
    await expect(loadModel(picked, { executor })).rejects.toThrow(
      `files/${missing}: expected it among the files that were picked, got ${picked.map(({ name }) => name).join(", ")}; ` +
        "pick all files of the model's folder",
    );
  });

  test("nothing picked", async () => {
    await expect(loadModel([], { executor })).rejects.toThrow(/^files\/config\.json: .* got none; pick all files/);
  });
});

test("what fails after the weights were loaded frees them, and closes the executor that was opened for it", async () => {
  vi.resetModules();
  let opened: Executor | undefined;
  vi.doMock("../../lib/models/checkpoints/vit", async (original) => {
    const { loadViT } = await original<typeof ViTCheckpoint>();
    return {
      async loadViT(checkpoint: Checkpoint) {
        opened = (await loadViT(checkpoint)).executor;
        throw new Error("too late");
      },
    };
  });
  const { loadModel } = await import("../../lib/models");
  const own = await openNamed("reference");
  const before = own.ledger();
  await expect(loadModel(`./${ODD}`, { executor: own })).rejects.toThrow("too late");
  expect(opened).toBe(own);
  expect(own.ledger()).toEqual(before);
  await expect(loadModel(`./${ODD}`, { device: "reference" })).rejects.toThrow("too late");
  expect(opened).not.toBe(own);
  expect(() => opened!.upload(new Float32Array(1))).toThrow("this executor was closed");
  vi.doUnmock("../../lib/models/checkpoints/vit");
});

describe("what the model is asked to be", () => {
  test("another model_type than the wanted one is refused", async () => {
    await expect(loadModel(`./${ODD}`, { executor, modelType: "llama" })).rejects.toThrow(
      /vit-odd\/config\.json: expected model_type llama, got "vit"$/,
    );
  });

  test("a device is opened for the model, and closed with it", async () => {
    const model = await loadModel(`./${ODD}`, { device: "reference", modelType: "vit" });
    expect(model.executor.name).toBe("reference");
    expect(model.note).toBeUndefined();
    const { logits } = await model.forward({
      pixelValues: model.preprocess({ width: 1, height: 1, data: new Uint8ClampedArray(4) }),
    });
    expect(await logits.data()).toHaveLength(7);
    model.dispose();
    expect(() => model.executor.upload(new Float32Array(1))).toThrow("this executor was closed");
  });

  test("without WebGPU the plain loops come, and the note says so", async () => {
    const model = await loadModel(`./${ODD}`, { device: "webgpu" });
    expect(model.executor.name).toBe("reference");
    expect(model.note).toMatch(/^Running without the GPU, more slowly: /);
    model.dispose();
  });

  test("halves: matrices only, and half the memory", async () => {
    const own = await openNamed("reference");
    const before = own.ledger().bytes;
    const full = await loadModel(`./${ODD}`, { executor: own, modelType: "vit" });
    const bytes = own.ledger().bytes - before;
    const half = await loadModel(`./${ODD}`, { executor: own, modelType: "vit", dtype: "f16" });
    expect(own.ledger().bytes - before - bytes).toBeLessThan(bytes * 0.62);
    expect(half.dtype).toBe("f16");
    const layer = half.weights.vit.encoder.layer[0]!;
    expect(layer.intermediate.dense.weight.dtype).toBe("f16");
    expect(layer.intermediate.dense.bias!.dtype).toBe("f32");
    expect(layer.layernormBefore.weight.dtype).toBe("f32");
    expect(half.weights.vit.embeddings.positionEmbeddings.dtype).toBe("f32");
    const picture = { width: 9, height: 7, data: Uint8ClampedArray.from({ length: 252 }, (_, i) => (i * 37) % 256) };
    const logitsOf = async (model: typeof full) => [
      ...(await (await model.forward({ pixelValues: model.preprocess(picture) })).logits.data()),
    ];
    const [a, b] = [await logitsOf(full), await logitsOf(half)];
    const largest = Math.max(...a.map(Math.abs));
    a.forEach((value, i) => expect(Math.abs(value - b[i]!)).toBeLessThan(2e-2 * largest));
    expect(a).not.toEqual(b);
    expect(b.indexOf(Math.max(...b))).toBe(a.indexOf(Math.max(...a)));
    own.dispose();
  });
});
