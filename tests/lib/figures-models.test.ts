// @vitest-environment jsdom
/** Figures of what models compute, weigh and learn: the words say what the numbers say, and change when they do. */
import { beforeAll, describe, expect, test } from "vitest";
import {
  cacheMemory,
  evaluation,
  featureMap,
  lookedAt,
  modelDiagram,
  norms,
  ropeFrequencies,
  tokenStream,
  training,
} from "../../components/figures";
import { principalComponents } from "../../components/figures/principal-components";
import { inverseFrequencies } from "../../lib/nn";

/** The pixels that were put on a canvas. */
const painted = new WeakMap<HTMLCanvasElement, Uint8ClampedArray>();
beforeAll(() => {
  HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement) {
    return {
      createImageData: (width: number, height: number) => ({ data: new Uint8ClampedArray(width * height * 4) }),
      putImageData: ({ data }: ImageData) => void painted.set(this, data),
    };
  } as unknown as HTMLCanvasElement["getContext"];
});

const text = (figure: HTMLElement) => figure.querySelector("figcaption")!.textContent.replaceAll("\u00a0", " ");
const texts = (figure: HTMLElement, selector: string) =>
  [...figure.querySelectorAll(selector)].map((found) => found.textContent.replaceAll("\u00a0", " "));
const widths = (figure: HTMLElement, selector: string) =>
  [...figure.querySelectorAll<HTMLElement>(selector)].map(({ style }) => style.width);

describe("tokenStream", () => {
  test("tokens come one by one, each with its probability", () => {
    const figure = tokenStream();
    expect(text(figure)).toBe("No tokens yet.");
    figure.push({ text: "A", logprob: Math.log(0.5) });
    figure.push({ text: " cat", logprob: Math.log(0.9) });
    figure.push({ text: "", logprob: Math.log(0.25) });
    expect(texts(figure, ".fig-word-text")).toEqual(["A", "·cat", "(end)"]);
    expect(widths(figure, ".fig-word-bar i")).toEqual(["50%", "90%", "25%"]);
    expect(text(figure)).toBe("3 tokens: “A cat”. The model was surest of “cat” (90 %), least sure of the end (25 %).");
  });

  test("one token, or none with a word", () => {
    expect(text(tokenStream([{ text: "", probability: 0.005 }]))).toBe(
      "1 token, without a word. Its probability is 0.5 %.",
    );
    expect(text(tokenStream([{ text: "yes", probability: 0.8 }]))).toBe("1 token: “yes”. Its probability is 80 %.");
  });

  test("tokens of a tokenizer have a number instead", () => {
    const figure = tokenStream([
      { text: "two", token: 17 },
      { text: "\n", token: 3 },
    ]);
    expect(texts(figure, "small")).toEqual(["17", "3"]);
    expect(figure.querySelector(".fig-word-bar")).toBeNull();
    expect(text(figure)).toBe("2 tokens: “two”.");
  });
});

describe("norms", () => {
  const places = [
    {
      name: "embeddings",
      value: [
        [3, 4],
        [0, 1],
      ],
    },
    { name: "layer 0", value: { shape: [1, 2, 2], data: [6, 8, 0, 2] } },
  ];

  test("the mean of each place, its range, and the longest vector", () => {
    const figure = norms(places, { tokens: [" cat", "."] });
    expect(texts(figure, ".fig-bar-value")).toEqual(["3.00", "6.00"]);
    expect(widths(figure, ".fig-bar i")).toEqual(["30%", "60%"]);
    expect(widths(figure, ".fig-range")).toEqual(["40%", "80%"]);
    expect(text(figure)).toBe(
      "Length of a token’s vector, on average: embeddings, 3.00; layer 0, 6.00. A thin line goes from the shortest to " +
        "the longest. The longest of all is token 0 (“cat”) at layer 0, 10.0.",
    );
  });

  test("control: another vector, other words", () => {
    const other = [
      places[0]!,
      {
        name: "layer 0",
        value: [
          [0, 1],
          [6, 8],
        ],
      },
    ];
    expect(text(norms(other))).toContain("token 1 at layer 0, 10.0");
  });
});

describe("principal components", () => {
  /** 40 points of 5 numbers: much along one axis, less along a second, little along a third. */
  const rows = 40;
  const axes = [
    { at: 2, size: 9 },
    { at: 0, size: 4 },
    { at: 4, size: 1 },
  ];
  const wave = (r: number, k: number) => Math.sin((r + 0.5) * (k + 1) * 1.37 + k);
  const points = Float64Array.from({ length: rows * 5 }, (_, i) => {
    const axis = axes.findIndex(({ at }) => at === i % 5);
    return 7 + (axis < 0 ? 0 : axes[axis]!.size * wave(Math.floor(i / 5), axis));
  });

  test("finds the axes in their order; directions are unit vectors at right angles", () => {
    const { directions, shares, scores } = principalComponents({ rows, columns: 5, values: points }, 3);
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    axes.forEach(({ at }, k) => expect(directions[k]![at]).toBeGreaterThan(0.97));
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) expect(dot(directions[i]!, directions[j]!)).toBeCloseTo(i === j ? 1 : 0, 6);
    expect(shares[0]).toBeGreaterThan(shares[1]!);
    expect(shares[1]).toBeGreaterThan(shares[2]!);
    expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6); // three axes hold all there is
    expect(scores.reduce((sum, score) => sum + score[0]!, 0)).toBeCloseTo(0, 6); // around the mean
  });

  test("vectors that are all alike have no directions, and are no error", () => {
    const { shares, scores } = principalComponents({ rows: 4, columns: 3, values: new Float64Array(12).fill(2) }, 3);
    expect(shares).toEqual([0, 0, 0]);
    expect(scores.flat().every((score) => score === 0)).toBe(true);
  });
});

describe("featureMap", () => {
  /** 2 × 3 places: the left column has one vector, the right one another. */
  const vectors = [0, 1, 2, 0, 1, 2].flatMap((column) => [10 * column, 0, column === 1 ? 3 : 0, 1]);
  const map = { shape: [2, 3, 4], data: vectors };

  test("like vectors have like colours; the caption says how much they hold", () => {
    const figure = featureMap(map);
    const pixels = painted.get(figure.querySelector("canvas")!)!;
    const pixel = (i: number) => [...pixels.slice(4 * i, 4 * i + 4)];
    expect(pixel(0)).toEqual(pixel(3));
    expect(pixel(1)).toEqual(pixel(4));
    expect(pixel(0)).not.toEqual(pixel(2));
    expect([pixel(0)[0], pixel(2)[0]].sort()).toEqual([0, 255]);
    expect(text(figure)).toMatch(/^Each place is a vector of 4 numbers.* hold: red 9\d %, green [1-9]\.?\d? %/);
    expect(text(figure)).toContain("red at row 0, column 2");
  });

  test("several maps share their colours, and each has its picture", () => {
    const picture = { width: 2, height: 1, data: new Uint8ClampedArray(8) };
    const other = { shape: [1, 1, 4], data: vectors.slice(8, 12) };
    const figure = featureMap([map, other], { pictures: [picture, picture], titles: ["cat", "dog"] });
    const canvases = [...figure.querySelectorAll("canvas")].map((canvas) => painted.get(canvas)!);
    expect(canvases).toHaveLength(4);
    expect([...canvases[3]!.slice(0, 4)]).toEqual([...canvases[1]!.slice(8, 12)]);
    expect(texts(figure, "b")).toEqual(["cat", "dog"]);
  });

  test("what is no map is a sentence", () => {
    expect(() => featureMap({ shape: [2, 3, 5], data: vectors })).toThrow("[2, 3, 5] with 24 numbers");
    expect(() => featureMap({ shape: [2, 3, 4], data: (() => {}) as never })).toThrow("await map.data()");
    expect(() => featureMap([map, { shape: [1, 1, 2], data: [1, 2] }])).toThrow("vectors of 4 numbers, got one of 2");
  });
});

describe("training", () => {
  const log = {
    steps: [
      { step: 50, loss: 6.44, accuracy: 0.02, lr: 1e-3 },
      { step: 100, loss: 0.9, accuracy: 0.6, lr: 2e-3 },
      { step: 4600, loss: 1.1, accuracy: 0.58, lr: 0 },
    ],
    evaluations: [
      { step: 0, training: 0.01, heldOut: 0.02 },
      { step: 4600, training: 0.9, heldOut: 0.5 },
    ],
  };

  test("loss: first, last and lowest", () => {
    const figure = training(log);
    expect(text(figure)).toBe("Loss: 6.44 at step 50, 1.1 at step 4,600, lowest 0.9 at step 100.");
    const ys = figure
      .querySelector(".fig-series-0")!
      .getAttribute("d")!
      .match(/[\d.]+ [\d.]+/g)!
      .map((p) => Number(p.split(" ")[1]));
    expect(ys[1]).toBeGreaterThan(ys[0]!); // lower loss is lower on the page
    expect(ys[1]).toBeGreaterThan(ys[2]!);
  });

  test("what was measured on the way, as shares", () => {
    const figure = training(log, { fields: ["training", "heldOut"] });
    expect(text(figure)).toBe(
      "Accuracy, training styles: 1.0 % at step 0, 90 % at step 4,600; accuracy, a style it never saw: 2.0 % at step 0, 50 % at step 4,600.",
    );
    expect(texts(figure, "text")).toContain("100 %");
    expect(texts(figure, ".fig-key-1")).toEqual(["accuracy, a style it never saw"]);
  });

  test("several logs in one chart", () => {
    const figure = training({ eagle: log, llava: { steps: log.steps.slice(0, 2) } }, { fields: ["loss"] });
    expect(texts(figure, ".fig-key span").slice(0, 2)).toEqual(["eagle", "llava"]);
    expect(text(figure)).toContain("llava: 6.44 at step 50, 0.9 at step 100");
  });

  test("a field that is not there names those that are", () => {
    expect(() => training(log, { fields: ["los"] })).toThrow("one of loss, accuracy, lr, training, heldOut, got los");
    expect(() => training({ eagle: {} as never })).toThrow("training-log.json");
  });
});

describe("evaluation", () => {
  const share = (accuracy: number, count: number) => ({
    accuracy,
    count,
    interval95: [accuracy - 0.05, accuracy + 0.04],
  });
  const split = (all: number, colour: number, where: number) => ({
    ...share(all, 1300),
    kinds: { colour: share(colour, 200), where: share(where, 100) },
  });
  const eagle = { splits: { training: split(0.8, 0.9, 0.6), heldOut: split(0.5, 0.7, 0.4) } };
  const llava = { splits: { training: split(0.7, 0.75, 0.65), heldOut: split(0.4, 0.3, 0.5) } };

  test("every kind in both splits, with intervals", () => {
    const figure = evaluation(eagle);
    expect(texts(figure, "thead th")).toEqual(["training styles", "a style it never saw"]);
    expect(texts(figure, "tbody tr")).toEqual(["all80 %50 %", "colour90 %70 %", "where60 %40 %"]);
    expect(widths(figure, "i")).toEqual(["80%", "50%", "90%", "70%", "60%", "40%"]);
    const range = figure.querySelector<HTMLElement>(".fig-range")!.style;
    expect([range.left, range.width]).toEqual(["75%", "9%"]);
    expect(text(figure)).toBe(
      "Training styles: 80 % of 1,300 right, best at “colour” (90 %), worst at “where” (60 %); a style it never saw: " +
        "50 % of 1,300 right, best at “colour” (70 %), worst at “where” (40 %). Thin lines are 95 % intervals.",
    );
  });

  test("a language model's splits are not styles", () => {
    expect(texts(evaluation({ ...eagle, task: "text" }), "thead th")).toEqual([
      "like its training",
      "held out from training",
    ]);
    expect(texts(evaluation(eagle, { names: { heldOut: "OpenMoji" } }), "thead th")[1]).toBe("OpenMoji");
  });

  test("several models in one split, some kinds only", () => {
    const figure = evaluation({ eagle, llava }, { splits: ["heldOut"], only: ["where"] });
    expect(texts(figure, "thead th")).toEqual(["eagle", "llava"]);
    expect(texts(figure, "tbody tr")).toEqual(["all50 %40 %", "where40 %50 %"]);
  });

  test("what is not there is named", () => {
    expect(() => evaluation(eagle, { by: "styles" })).toThrow("expected by to be one of kinds, got styles");
    expect(() => evaluation(eagle, { splits: ["heldout"] })).toThrow("out of training, heldOut, got heldout");
    expect(() => evaluation({ eagle: 3 as never })).toThrow("contents of an eval.json");
  });
});

describe("modelDiagram", () => {
  const weight = (...shape: number[]) => ({ shape, dispose() {} });
  const layer = (D: number) => ({ norm: { weight: weight(D) }, mlp: { weight: weight(D, 2), bias: weight(D) } });
  const embedding = weight(10, 4);
  const weights = {
    model: { embedTokens: { weight: embedding }, layers: [layer(4), layer(4), layer(6)] },
    lmHead: { weight: embedding },
  };

  test("names, shapes and numbers; equal layers once; a shared weight once", () => {
    const figure = modelDiagram(weights, { name: "llama" });
    expect(texts(figure, ".fig-tree-times")).toEqual(["2 alike"]);
    expect(texts(figure, "code")).toEqual([
      "llama",
      "model",
      "embedTokens",
      "weight",
      "layers",
      "0 … 1",
      "norm",
      "weight",
      "mlp",
      "weight",
      "bias",
      "2",
      "norm",
      "weight",
      "mlp",
      "weight",
      "bias",
    ]);
    expect(texts(figure, ".fig-tree-shape")[0]).toBe("[10, 4]");
    const total = 40 + 2 * (4 + 8 + 4) + (6 + 12 + 6);
    expect(text(figure)).toBe(`llama: ${total} numbers in 10 weights: 58 % in layers and 42 % in embedTokens.`);
  });

  test("two levels are open; the rest opens with the keyboard", () => {
    const open = [...modelDiagram(weights).querySelectorAll("details")].map((details) => details.open);
    expect(open.slice(0, 3)).toEqual([true, true, false]);
    expect(modelDiagram(weights).querySelectorAll("summary").length).toBe(open.length);
  });

  test("what has no weights is a sentence", () => {
    expect(() => modelDiagram({ a: 1 })).toThrow("expected a tree of weights");
  });
});

describe("lookedAt", () => {
  const picture = { width: 8, height: 8, data: new Uint8ClampedArray(256) };
  const weights = [0, 0.1, 0, 0, 0, 0, 0.3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

  test("where most of the attention goes, and how much of it the picture gets", () => {
    const figure = lookedAt({ rows: 4, columns: 4, weights, share: 0.5, layer: 5 }, { picture });
    expect(text(figure)).toBe(
      "In layer 5, the token that answers gives 50 % of its attention to the picture. " +
        "Of that, most goes to row 1, column 2 (75 %), row 0, column 1 (25 %) and row 0, column 0 (0 %).",
    );
    const shades = [...figure.querySelectorAll(".fig-shade")].map((rect) => Number(rect.getAttribute("opacity")));
    expect(shades.indexOf(0)).toBe(6);
    expect(shades[1]).toBeLessThan(shades[0]!);
  });

  test("on what it looks, where that is known", () => {
    const truth = {
      patches: [-1, 0, 0, 0, 0, 0, 1, ...Array.from({ length: 9 }, () => -1)],
      labels: ["cat", "red star"],
    };
    const figure = lookedAt({ rows: 4, columns: 4, weights, share: 0.5 }, { picture, truth });
    expect(text(figure)).toMatch(
      /^The token that answers gives 50.% of its attention to the picture\. Of that, 75.% falls on the red star \(1 patch\), 25.% on the cat \(5 patches\) and 0.% on the ground \(10 patches\)\. The strongest places are row 1, column 2 \(75.%\), /,
    );
  });

  test("a grid that does not cut the picture is a sentence", () => {
    expect(() => lookedAt({ rows: 3, columns: 3, weights: weights.slice(0, 9) }, { picture })).toThrow("got 3×3");
  });
});

describe("ropeFrequencies", () => {
  const scaling = {
    ropeType: "llama3",
    factor: 8,
    lowFreqFactor: 1,
    highFreqFactor: 4,
    originalMaxPositionEmbeddings: 8192,
  } as const;
  const plain = inverseFrequencies({ headDim: 128, ropeTheta: 500_000 });
  const scaled = inverseFrequencies({ headDim: 128, ropeTheta: 500_000, ropeScaling: scaling });

  test("turns of the first and the last pair, and how many are slower than the context", () => {
    const figure = ropeFrequencies(
      [
        { name: "plain", frequencies: plain },
        { name: "llama3", frequencies: scaled },
      ],
      { context: 131_072 },
    );
    expect(text(figure)).toMatch(
      /^plain: pair 0 turns once in 6\.3 positions, pair 63 in 2,5\d\d,\d{3}; 15 of 64 pairs/,
    );
    expect(text(figure)).toMatch(
      /llama3: .* pair 63 in 20,\d{3},\d{3}; 25 of 64 pairs turn less than once in 131,072 positions\.$/,
    );
    expect(texts(figure, "text")).toContain("context: 131,072");
    expect(figure.querySelectorAll(".fig-series")).toHaveLength(2);
  });

  test("no frequencies is a sentence", () => {
    expect(() => ropeFrequencies([{ name: "x", frequencies: [] }])).toThrow("nn.inverseFrequencies");
  });
});

describe("cacheMemory", () => {
  const shape = { numHiddenLayers: 32, headDim: 128, bytes: 2 };
  const all = { ...shape, name: "32 heads", numKeyValueHeads: 32 };
  const grouped = { ...shape, name: "8 heads", numKeyValueHeads: 8 };

  test("Llama 3's cache at 131,072 positions: 17.2 GB, where all heads would need 68.7", () => {
    expect(text(cacheMemory([all, grouped]))).toBe(
      "At 131,072 positions: 32 heads, 68.7 GB (524 kB a position); 8 heads, 17.2 GB (131 kB a position). 32 heads needs 4 times what 8 heads needs.",
    );
    expect(text(cacheMemory([grouped], { at: 1000 }))).toBe("At 1,000 positions: 8 heads, 131 MB (131 kB a position).");
  });

  test("a config without heads is a sentence", () => {
    expect(() => cacheMemory([{ ...all, numKeyValueHeads: undefined as never }])).toThrow("got 32, undefined and 128");
  });
});

test("a chart has four colours, and says so when more are asked for", () => {
  const five = Array.from({ length: 5 }, (_, i) => ({ name: String(i), frequencies: [1, 0.1] }));
  expect(() => ropeFrequencies(five)).toThrow("at most 4 lines in one chart, got 5");
});
