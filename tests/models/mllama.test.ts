/**
 * Llama 3.2 Vision against transformers. tests/fixtures/mllama-odd holds a checkpoint of odd sizes with random weights, two
 * rows of text with three pictures of one, two and three tiles, and what transformers makes of them:
 * `python -m training architectures mllama`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generate } from "../../lib/generation";
import type { Picture } from "../../lib/images";
import { loadModel, seeOnly } from "../../lib/models";
import { decoderState } from "../../lib/models/decoder-state";
import { embedTokens, llamaForCausalLM, type LlamaLayer } from "../../lib/models/llama";
import type { MllamaInputs } from "../../lib/models/mllama";
import { crossAttentionMask } from "../../lib/models/mllama-mask";
import type { MllamaForConditionalGeneration } from "../../lib/models/mllama-model";
import type { MllamaCrossLayer } from "../../lib/models/mllama-text";
import { withFirstToken } from "../../lib/models/checkpoints/mllama";
import { parseMllamaConfig } from "../../lib/models/checkpoints/mllama-config";
import { concat, tensor, zeros, type Executor, type Tensor } from "../../lib/tensor";
import { distance, executorNames, openNamed, readGolden, relativeDistance } from "./golden";

const FOLDER = "tests/fixtures/mllama-odd";
const FIXTURES = pathToFileURL("tests/fixtures").href;
const golden = await readGolden(`${FOLDER}/golden.safetensors`);
const IMAGE = 101;
const V = 101;

/** A golden list of whole numbers as rows. */
const rows = (name: string): number[][] => {
  const { shape, values } = golden.get(name)!;
  return Array.from({ length: shape[0]! }, (_, b) => [...values.subarray(b * shape[1]!, (b + 1) * shape[1]!)]);
};
const ids = rows("input_ids"); // 14 tokens; the second row ends with padding
const attentionMask = rows("attention_mask");
const numTiles = [[2, 1], [3]];
const options = { imageTokenIndex: IMAGE, maxNumTiles: 4 };

type Images = Required<Pick<MllamaInputs, "pixelValues" | "aspectRatioIds" | "aspectRatioMask">>;

describe.each(executorNames)("on %s", (name) => {
  let executor: Executor;
  let model: MllamaForConditionalGeneration;
  let images: Images;
  beforeAll(async () => {
    executor = await openNamed(name);
    model = await loadModel("mllama-odd", { executor, baseUrl: FIXTURES, modelType: "mllama" });
    const { values, shape } = golden.get("pixel_values")!;
    const mask = golden.get("aspect_ratio_mask")!.values; // [2, 2, 4]
    const slots = (b: number, i: number) => [...mask.subarray((b * 2 + i) * 4, (b * 2 + i + 1) * 4)];
    images = {
      pixelValues: tensor(values, shape, executor),
      aspectRatioIds: rows("aspect_ratio_ids"),
      aspectRatioMask: [0, 1].map((b) => [0, 1].map((i) => slots(b, i))),
    };
  });
  afterAll(() => executor?.dispose());

  const logitsOf = async (inputs: MllamaInputs, of = model): Promise<Float32Array> =>
    (await of.forward(inputs)).logits.data();
  /** Images of row `b`, from number `from` to before number `to`. */
  const imagesOf = (b: number, from = 0, to = 2): Images => ({
    pixelValues: images.pixelValues.slice([b, b + 1], [from, to]),
    aspectRatioIds: [images.aspectRatioIds[b]!.slice(from, to)],
    aspectRatioMask: [images.aspectRatioMask[b]!.slice(from, to)],
  });
  const highest = (scores: Float32Array) => scores.indexOf(Math.max(...scores));

  test("logits and named values, of two rows with three pictures", async () => {
    const seen = new Map<string, Tensor>();
    const inputs = { inputIds: ids, attentionMask, ...images };
    const named: Record<string, string> = {
      "visionModel.layernormPre.output": "vision.layernorm_pre",
      "visionModel.globalTransformer.layers.0.output": "vision.global_transformer.0",
      "visionModel.output": "vision.last_hidden_state",
      "multiModalProjector.output": "projector",
      ...Object.fromEntries([0, 1, 2, 3, 4].map((i) => [`languageModel.model.layers.${i}.output`, `text.layers.${i}`])),
      logits: "logits",
    };
    const lookedAt = "languageModel.model.layers.3.crossAttn.probs";
    const probe = seeOnly([...Object.keys(named), lookedAt], (name, value) => seen.set(name, value));
    const { logits } = await model.forward(inputs, { probe });
    expect(logits.shape).toEqual([2, 14, V]);
    for (const [ours, theirs] of Object.entries(named)) {
      const error = relativeDistance(await seen.get(ours)!.data(), golden.get(theirs)!.values);
      expect(error, ours).toBeLessThan(1e-4);
    }

    const probs = seen.get(lookedAt)!; // [2, 6, 14, 2 · 4 · 17]
    expect(probs.shape).toEqual([2, 6, 14, 136]);
    const values = await probs.data();
    /** How much token t of row b looks at tiles, in the first head. */
    const look = (b: number, t: number, from: number, to: number) => {
      const row = (b * 6 * 14 + t) * 136;
      return values.subarray(row + from * 17, row + to * 17).reduce((sum, share) => sum + share, 0);
    };
    for (const b of [0, 1]) for (let t = 0; t < 14; t++) expect(look(b, t, 0, 8)).toBeCloseTo(1, 5);
    expect(look(0, 3, 0, 2)).toBeCloseTo(1, 5); // after the first picture: at its two tiles only
    expect(look(0, 9, 4, 5)).toBeCloseTo(1, 5); // after the second: at its tile only
    expect(look(1, 5, 0, 3)).toBeCloseTo(1, 5);
    expect(look(0, 0, 2, 4)).toBeGreaterThan(0.1); // before any picture: at everything, even at empty tiles
  });

  test("text alone", async () => {
    const logits = await logitsOf({ inputIds: rows("text.input_ids") });
    expect(relativeDistance(logits, golden.get("text.logits")!.values)).toBeLessThan(1e-4);
  });

  test("with dtype f16: the same within 2 %, and the same next tokens", async () => {
    const half = await loadModel("mllama-odd", { executor, baseUrl: FIXTURES, modelType: "mllama", dtype: "f16" });
    const logits = await logitsOf({ inputIds: ids, attentionMask, ...images }, half);
    const wanted = golden.get("logits")!.values;
    const error = relativeDistance(logits, wanted);
    expect(error).toBeLessThan(2e-2);
    expect(error).toBeGreaterThan(1e-6); // halves were used
    for (const last of [13, 14 + 9]) {
      const at = [last * V, (last + 1) * V] as const;
      expect(highest(logits.subarray(...at))).toBe(highest(wanted.subarray(...at)));
    }
    half.dispose();
  });

  describe("decoding", () => {
    test("generate says what transformers says", async () => {
      const said: number[] = [];
      const prompt = { inputIds: [ids[0]!], ...imagesOf(0), maxNewTokens: 7 };
      for await (const { token } of generate({ ...model, generationConfig: { eosTokenIds: [] } }, prompt))
        said.push(token);
      expect(said).toEqual(rows("generate.tokens")[0]);
    });

    test("two rows at once, padded on the left: tokens and scores", async () => {
      const inputIds = rows("left.input_ids");
      const cache = model.createCache({ capacity: 32, batch: 2 });
      const padding = inputIds.map((row) => row.map((token) => (token === 99 ? 0 : 1)));
      const tokens = rows("left.tokens");
      const wanted = golden.get("left.logits")!.values; // [2, 7, V]
      let inputs: MllamaInputs = { inputIds, attentionMask: padding, ...images, cache, logitsToKeep: 1 };
      for (let step = 0; step < 7; step++) {
        const { logits } = await model.forward(inputs);
        expect(logits.shape).toEqual([2, 1, V]);
        const values = await logits.data();
        for (const b of [0, 1]) {
          const scores = values.subarray(b * V, (b + 1) * V);
          const at = (b * 7 + step) * V;
          expect(relativeDistance(scores, wanted.subarray(at, at + V))).toBeLessThan(1e-4);
          expect(highest(scores)).toBe(tokens[b]![step]);
        }
        inputs = { inputIds: tokens.map((row) => [row[step]!]), cache };
      }
      cache.dispose();
    });

    test("a prompt in pieces, then token by token, gives what it gives at once", async () => {
      const mask = crossAttentionMask([ids[0]!], { ...options, numTiles: [numTiles[0]!] });
      const cache = model.createCache({ capacity: 14 });
      const wanted = golden.get("logits")!.values.subarray(0, 14 * V);
      const parts = [
        [0, 5],
        [5, 9],
        [9, 10],
        [10, 11],
        [11, 14],
      ] as const;
      for (const [from, to] of parts) {
        const logits = await logitsOf({
          inputIds: [ids[0]!.slice(from, to)],
          ...(from === 0 && imagesOf(0)),
          ...(from < 9 && { crossAttentionMask: [mask[0]!.slice(from, to)] }), // later tokens look where the last one did
          cache,
        });
        expect(relativeDistance(logits, wanted.subarray(from * V, to * V))).toBeLessThan(1e-4);
      }
      expect([cache.length, cache.cross.images]).toEqual([14, 2]);
      cache.dispose();
    });

    test("a second picture may come later", async () => {
      const inputIds = [[IMAGE, ...ids[0]!.slice(3)]]; // starts with its picture: earlier tokens would see both
      const whole = await logitsOf({ inputIds, ...imagesOf(0) });
      const cache = model.createCache({ capacity: 12 });
      const first = await logitsOf({ inputIds: [inputIds[0]!.slice(0, 5)], ...imagesOf(0, 0, 1), cache });
      const second = await logitsOf({ inputIds: [inputIds[0]!.slice(5)], ...imagesOf(0, 1, 2), cache });
      expect(distance(first, whole.subarray(0, 5 * V))).toBeLessThan(1e-3);
      expect(distance(second, whole.subarray(5 * V))).toBeLessThan(1e-3);
      cache.dispose();
    });
  });

  describe("properties", () => {
    /** Does something with other numbers in every gate between text and pictures, and puts the trained ones back. */
    async function withGates<T>(value: number, body: () => Promise<T>): Promise<T> {
      const layers = model.weights.languageModel.model.layers.filter(
        (layer): layer is MllamaCrossLayer => "crossAttn" in layer,
      );
      const trained = layers.map((layer) => ({ ...layer }));
      const gate = tensor([value], [1], executor);
      layers.forEach((layer) => Object.assign(layer, { crossAttnAttnGate: gate, crossAttnMlpGate: gate }));
      try {
        return await body();
      } finally {
        layers.forEach((layer, i) => Object.assign(layer, trained[i]));
      }
    }

    test("with gates at 0 the text's scores are bit for bit those of the text alone, and of a Llama", async () => {
      const inputIds = [ids[0]!];
      const seeing = await withGates(0, () => logitsOf({ inputIds, ...imagesOf(0) }));
      expect(await logitsOf({ inputIds })).toEqual(seeing);

      const { model: text, lmHead } = model.weights.languageModel;
      const layers = text.layers.filter((layer): layer is LlamaLayer => !("crossAttn" in layer));
      const config = { ...model.config.textConfig, numHiddenLayers: layers.length };
      const state = decoderState(config, { batch: 1, tokens: 14, executor });
      const llama = llamaForCausalLM(
        embedTokens(inputIds, text),
        { model: { ...text, layers }, lmHead },
        config,
        state,
      );
      expect(await llama.data()).toEqual(seeing);

      const open = await withGates(1e-3, () => logitsOf({ inputIds, ...imagesOf(0) }));
      expect(distance(open, seeing)).toBeGreaterThan(1e-5); // control: gates that are hardly open are noticed
    });

    test("the order of pictures matters only with what the mask says of them", async () => {
      const inputIds = [ids[0]!];
      const mask = crossAttentionMask(inputIds, { ...options, numTiles: [numTiles[0]!] });
      const [a, b] = [imagesOf(0, 0, 1), imagesOf(0, 1, 2)];
      const swapped = {
        pixelValues: concat([b.pixelValues, a.pixelValues], 1),
        aspectRatioIds: [[...b.aspectRatioIds[0]!, ...a.aspectRatioIds[0]!]],
        aspectRatioMask: [[...b.aspectRatioMask[0]!, ...a.aspectRatioMask[0]!]],
      };
      const straight = golden.get("logits")!.values.subarray(0, 14 * V);
      const turned = mask.map((row) => row.map((looks) => [...looks].reverse()));
      const both = await logitsOf({ inputIds, ...swapped, crossAttentionMask: turned });
      expect(relativeDistance(both, straight)).toBeLessThan(1e-4);
      // Control: the pictures alone exchanged.
      expect(relativeDistance(await logitsOf({ inputIds, ...swapped }), straight)).toBeGreaterThan(1e-2);
    });

    test("a batch gives what its rows give one by one, if they start with their picture", async () => {
      // A token before the first picture looks at all slots, those that fill the batch included: there they differ.
      const inputIds = [
        [IMAGE, ...ids[0]!.slice(3, 12)],
        [IMAGE, ...ids[1]!.slice(2, 8), 60, 61, 62],
      ];
      const both = await logitsOf({ inputIds, ...images });
      const first = await logitsOf({ inputIds: [inputIds[0]!], ...imagesOf(0) });
      const second = await logitsOf({ inputIds: [inputIds[1]!], ...imagesOf(1, 0, 1) });
      expect(relativeDistance(both.subarray(0, first.length), first)).toBeLessThan(1e-5);
      expect(relativeDistance(both.subarray(first.length), second)).toBeLessThan(1e-5);
      expect(relativeDistance(second, first)).toBeGreaterThan(0.1);
    });

    if (name === "reference")
      test("control: a pixel of the last tile, a tile more, and another grid are noticed", async () => {
        const inputIds = [ids[1]!.slice(0, 10)];
        const one = imagesOf(1, 0, 1);
        const straight = await logitsOf({ inputIds, ...one });
        const pixels = await one.pixelValues.data();
        pixels[2 * 3 * 400 + 17]! += 3;
        const changed = { ...one, pixelValues: tensor(pixels, [1, 1, 4, 3, 20, 20], executor) };
        for (const other of [
          changed,
          { ...one, aspectRatioIds: [[3]] },
          { ...one, aspectRatioMask: [[[1, 1, 1, 1]]] },
        ]) {
          expect(relativeDistance(await logitsOf({ inputIds, ...other }), straight)).toBeGreaterThan(1e-4);
        }
      });
  });

  // Who frees what is decided above the executors, and a second device costs a minute of compiling shaders.
  if (name === "reference")
    test("what a pass and a cache take is given back", async () => {
      const own = await openNamed(name);
      const alive = () => (({ buffers, bytes }) => ({ buffers, bytes }))(own.ledger());
      const before = alive();
      const model = await loadModel("mllama-odd", { executor: own, baseUrl: FIXTURES, modelType: "mllama" });
      const loaded = alive();
      const pixelValues = zeros([1, 1, 4, 3, 20, 20], own);
      const cache = model.createCache({ capacity: 8 });
      const prompt = { pixelValues, aspectRatioIds: [[1]], aspectRatioMask: [[[1, 0, 0, 0]]], cache };
      for (const inputs of [
        { inputIds: [[IMAGE, 5]], ...prompt },
        { inputIds: [[7]], cache },
      ]) {
        const { logits } = await model.forward(inputs);
        await logits.data();
        logits.dispose();
      }
      expect(cache.bytes).toBe((3 * 2 * 2 * 8 * 6 + 2 * 2 * 2 * 68 * 6) * 4); // 3 layers of text, 2 with 4 · 17 tokens
      cache.dispose();
      pixelValues.dispose();
      expect(alive()).toEqual(loaded);
      model.dispose();
      expect(alive()).toEqual(before);
      own.dispose();
    });

  test("what does not fit is refused in a sentence", async () => {
    const one = imagesOf(1, 0, 1);
    const refused: [MllamaInputs, RegExp][] = [
      [{ inputIds: [[5, 6]], ...one }, /an image token \(101\) in row 0 for each of its 1 images, got 0/],
      [{ inputIds: [[IMAGE, 6]], pixelValues: one.pixelValues }, /with aspectRatioIds and aspectRatioMask/],
      [{ inputIds: [[IMAGE]], ...one, aspectRatioIds: [[9]] }, /aspectRatioIds of 1 images from 0 to 8, got 9/],
      [
        { inputIds: [[IMAGE]], ...one, aspectRatioMask: [[[1, 1]]] },
        /aspectRatioMask of 1 images × 4 tiles, got rows of 2/,
      ],
      [{ inputIds: [[IMAGE]], ...one, crossAttentionMask: [[[[1]]]] }, /of 1 × 1 × 1 × 4 .* got 1 × 1 × 1 × 1/],
      [{ inputIds: [[109]] }, /token ids from 0 to 108, got 109/],
      [
        { inputIds: [[IMAGE]], ...one, pixelValues: zeros([1, 1, 4, 3, 24, 24], executor) },
        /pixelValues of images \[N, 4, 3, 20, 20\] .* got \[1, 4, 3, 24, 24\]/,
      ],
    ];
    for (const [inputs, sentence] of refused) await expect(model.forward(inputs)).rejects.toThrow(sentence);
    const signal = AbortSignal.abort(new Error("the reader left"));
    await expect(model.forward({ inputIds: [[5]] }, { signal })).rejects.toThrow("the reader left");
  });
});

describe("prompts", () => {
  const picture: Picture = { width: 50, height: 30, data: new Uint8ClampedArray(50 * 30 * 4).fill(255) };

  test("a picture, its grid, and who sees it", async () => {
    const executor = await openNamed("reference");
    const model = await loadModel("mllama-odd", { executor, baseUrl: FIXTURES, modelType: "mllama" });
    const prompt = model.prepare({ text: [1, IMAGE, 7], pictures: [picture] });
    expect(prompt).toMatchObject({ inputIds: [[1, IMAGE, 7]], attentionMask: [[1, 1, 1]], aspectRatioIds: [[6]] });
    expect(prompt.pixelValues!.shape).toEqual([1, 1, 4, 3, 20, 20]);
    expect(prompt.crossAttentionMask).toEqual([[[[0, 0, 0, 0]], [[1, 1, 1, 1]], [[1, 1, 1, 1]]]]);
    expect((await model.forward({ ...prompt, logitsToKeep: 1 })).logits.shape).toEqual([1, 1, V]);
    expect(model.prepare({ text: [1, 7] })).toEqual({ inputIds: [[1, 7]], attentionMask: [[1, 1]] });
    expect(() => model.prepare({ text: [1, IMAGE] })).toThrow("for each of its 0 images, got 1");
    expect(() => model.prepare({ text: [1, 7], pictures: [picture] })).toThrow("for each of its 1 images, got 0");
    expect(() => model.prepare({ text: "words" })).toThrow("expected a tokenizer.json beside the weights");
  });

  const cases = JSON.parse(readFileSync("tests/fixtures/mllama-processor/cases.json", "utf8")) as {
    prompts: { inputIds: number[]; numTiles: number[]; mask: string }[];
    /** A text, and the same with its first token. */
    texts: [string, string][];
  };

  test.each(cases.texts)("%s becomes %s", (text, whole) => {
    expect(withFirstToken(text, "<|begin_of_text|>")).toBe(whole);
  });

  test("masks as transformers makes them, for images anywhere in a text", () => {
    expect(cases.prompts.length).toBeGreaterThan(25);
    for (const { inputIds, numTiles, mask } of cases.prompts) {
      const ours = crossAttentionMask([inputIds], { ...options, numTiles: [numTiles] });
      expect([inputIds, ours.flat(4).join("")]).toEqual([inputIds, mask]);
    }
  });
});

test("files of transformers 5 have other names, and load too", async () => {
  const executor = await openNamed("reference");
  const folder = mkdtempSync(`${tmpdir()}/mllama-`);
  try {
    for (const file of ["config.json", "preprocessor_config.json"])
      writeFileSync(`${folder}/${file}`, readFileSync(`${FOLDER}/${file}`));
    writeFileSync(
      `${folder}/model.safetensors`,
      renamed(readFileSync(`${FOLDER}/model.safetensors`), (name) =>
        name === "language_model.lm_head.weight"
          ? "lm_head.weight"
          : `model.${name.replace("language_model.model.", "language_model.")}`,
      ),
    );
    const model = await loadModel(folder, { executor, modelType: "mllama" });
    const { logits } = await model.forward({ inputIds: rows("text.input_ids") });
    expect(relativeDistance(await logits.data(), golden.get("text.logits")!.values)).toBeLessThan(1e-4);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** A safetensors file with other names. */
function renamed(file: Buffer, rename: (name: string) => string): Buffer {
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString("utf8", 8, 8 + length)) as Record<string, unknown>;
  const entries = Object.entries(header).map(([name, entry]) => [name === "__metadata__" ? name : rename(name), entry]);
  const text = JSON.stringify(Object.fromEntries(entries));
  const padded = Buffer.from(text.padEnd(Math.ceil(Buffer.byteLength(text) / 8) * 8));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([start, padded, file.subarray(8 + length)]);
}

describe("config.json", () => {
  const config = JSON.parse(readFileSync(`${FOLDER}/config.json`, "utf8")) as Record<string, Record<string, unknown>>;

  test("a sparse one means Llama 3.2 11B Vision of 448 pixels", () => {
    const { visionConfig, textConfig, imageTokenIndex } = parseMllamaConfig({ model_type: "mllama" });
    expect(imageTokenIndex).toBe(128_256);
    expect(visionConfig).toMatchObject({
      hiddenSize: 1280,
      numHiddenLayers: 32,
      numGlobalLayers: 8,
      visionOutputDim: 7680,
    });
    expect(visionConfig.supportedAspectRatios).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
      [1, 4],
      [2, 1],
      [2, 2],
      [3, 1],
      [4, 1],
    ]);
    expect(textConfig).toMatchObject({
      vocabSize: 128_256,
      numHiddenLayers: 40,
      numKeyValueHeads: 8,
      rmsNormEps: 1e-5,
    });
    expect(textConfig).toMatchObject({ ropeTheta: 500_000, headDim: 128 });
    expect(textConfig.crossAttentionLayers).toEqual([3, 8, 13, 18, 23, 28, 33, 38]);
  });

  test.each<[string, string, Record<string, unknown>, RegExp]>([
    [
      "taps beyond the layers",
      "vision_config",
      { intermediate_layers_indices: [1, 3] },
      /layers below num_hidden_layers \(3\)/,
    ],
    ["taps in disorder", "vision_config", { intermediate_layers_indices: [2, 1] }, /each above the one before/],
    ["another output size", "vision_config", { vision_output_dim: 71 }, /vision_output_dim: expected .* = 72, got 71/],
    ["a grid of too many tiles", "vision_config", { supported_aspect_ratios: [[3, 2]] }, /at most max_num_tiles \(4\)/],
    [
      "a tile that is not square",
      "vision_config",
      { image_size: [20, 30] },
      /image_size: expected the same height and width/,
    ],
    [
      "heads that do not divide",
      "vision_config",
      { attention_heads: 7 },
      /attention_heads: .* divides hidden_size \(24\)/,
    ],
    ["a billion tiles", "vision_config", { max_num_tiles: 1e9 }, /max_num_tiles: expected a whole number from 1 to 16/],
    [
      "a cross layer that is not there",
      "text_config",
      { cross_attention_layers: [5] },
      /below num_hidden_layers \(5\)/,
    ],
    ["tied embeddings", "text_config", { tie_word_embeddings: true }, /tie_word_embeddings: expected false/],
    ["absurd layers", "text_config", { num_hidden_layers: 1e12 }, /num_hidden_layers: expected/],
  ])("%s is refused in a sentence", (_, part, change, sentence) => {
    expect(() => parseMllamaConfig({ ...config, [part]: { ...config[part], ...change } })).toThrow(sentence);
  });
});
