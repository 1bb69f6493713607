/**
 * What every cell can name. This table is the only list: the editor's completion, the static check of names, the
 * documentation and the runtime all read it. A value is loaded when the first cell asks for it.
 */
import { perCell, perCellLater, type BuiltinDefinition, type LazyBuiltins } from "./cell-context";
import { pageEngine, type Engine } from "./engine";
import { streamTo } from "./stream";

export type BuiltinEntry = {
  name: string;
  /** One line, for completion and documentation. */
  description: string;
  /** The members that a reader meets first, for completion. */
  members?: readonly string[];
  /** Undefined: app/ passes it in, because lib/ may not import components. */
  define?: (page: Page) => BuiltinDefinition;
};

export type Page = {
  engine: Engine;
  /** Where the models of this site lie ["/models"]. */
  modelsUrl: string;
  /** Where the sprites lie ["/sprites"]. */
  spritesUrl: string;
};

export const builtins: readonly BuiltinEntry[] = [
  {
    name: "display",
    description: "display(value): shows a value, an element or a figure under the cell",
    define: () => () => perCell((context) => context.display),
  },
  {
    name: "view",
    description: "const x = view(input): shows an input; x is its value, and cells that use x follow it",
    define: () => () => perCell((context) => context.view),
  },
  {
    name: "tensor",
    description: "tensor([[1, 2], [3, 4]]): numbers with a shape, on the GPU if there is one",
    define: (page) => page.engine.builtin(async () => (await import("../tensor")).tensor),
  },
  {
    name: "nn",
    description: "layers as functions: nn.linear, nn.softmax, nn.layerNorm, nn.attention, nn.patchify",
    members: ["linear", "softmax", "layerNorm", "gelu", "attention", "patchEmbedding", "patchify", "unpatchify"],
    define: (page) => page.engine.builtin(() => import("../nn")),
  },
  {
    name: "models",
    description:
      'models.load("vit-classifier"), models.classify(model, picture), models.featureMap(model, picture), models.evaluation(id)',
    members: [
      "load",
      "classify",
      "zeroShot",
      "featureMap",
      "imageEmbedding",
      "openPicture",
      "stages",
      "pictureAttention",
      "attentionMap",
      "fuse",
      "evaluation",
      "log",
      "file",
    ],
    define: (page) =>
      page.engine.builtin(async (executor) =>
        (await import("./models-builtin")).modelsBuiltin(executor, page.modelsUrl),
      ),
  },
  {
    name: "chat",
    description:
      'chat(model, "What is this?", { pictures: [picture] }): answers a question, or the last of messages, in pieces of text',
    define: () => async () => (await import("./generation-builtin")).generationBuiltin("chat"),
  },
  {
    name: "complete",
    description: "complete(model, prompt, { maxNewTokens, temperature, seed }): goes on with a text, in pieces",
    define: () => async () => (await import("./generation-builtin")).generationBuiltin("complete"),
  },
  {
    name: "generate",
    description:
      "generate(model, { inputIds }): token after token, each with its text and the log of its probability; for await",
    define: () => async () => (await import("./generation-builtin")).generationBuiltin("generate"),
  },
  {
    name: "stream",
    description: "await stream(chat(…)): shows pieces of text as they come; the result is the whole text",
    define: () => () => perCell((context) => streamTo(context)),
  },
  {
    name: "images",
    description: "pictures: images.decodePicture(file), images.preprocess(picture, config), images.resize",
    members: ["decodePicture", "inspectPicture", "preprocess", "resize"],
    define: () => () => import("../images"),
  },
  {
    name: "scenes",
    description:
      "scenes of emoji: scenes.random(seed), scenes.draw(scene), scenes.truth(scene), scenes.things, scenes.styles",
    members: ["random", "draw", "truth", "questions", "has", "things", "styles", "trainingStyles", "heldOutStyle"],
    define: (page) => async () => (await import("./scenes-builtin")).scenesBuiltin(page.spritesUrl),
  },
  {
    name: "figures",
    description:
      "drawings from tensors: figures.patches(picture), figures.topClasses(answers), figures.attention(map, …)",
    members: [
      "picture",
      "patches",
      "tokens",
      "topClasses",
      "attention",
      "headGrid",
      "overlays",
      "heatmap",
      "numbers",
      "similarity",
      "gallery",
      "bars",
      "curve",
      "tokenStream",
      "lookedAt",
      "featureMap",
      "norms",
      "training",
      "evaluation",
      "modelDiagram",
      "ropeFrequencies",
      "cacheMemory",
      "profile",
      "weights",
      "tradeOff",
    ],
  },
  {
    name: "studio",
    description: "the scene studio: view(await studio.composer(scenes)) lets the reader make a picture",
    members: ["composer"],
  },
  {
    name: "Plot",
    description: "Observable Plot: Plot.barY(data, …).plot()",
    members: ["plot", "barX", "barY", "dot", "line", "lineY", "cell", "rectY", "ruleY", "text", "identity"],
    define: () => () => import("@observablehq/plot"),
  },
  {
    name: "Inputs",
    description: "inputs for view(): Inputs.range([0, 1]), Inputs.select([…]), Inputs.toggle()",
    members: ["range", "select", "radio", "checkbox", "toggle", "text", "button", "table"],
    define: () => async () => (await import("./inputs-builtin")).inputsBuiltin(),
  },
  {
    name: "html",
    description: "html`<b>${text}</b>`: an element from a template",
    define: () => async () => (await import("htl")).html,
  },
  {
    name: "svg",
    description: "svg`<circle r=${r} />`: a drawing from a template",
    define: () => async () => (await import("htl")).svg,
  },
  {
    name: "transformers",
    description: "Transformers.js: other people's models, as ONNX; asks before it downloads its runtime",
    members: ["pipeline", "AutoModel", "AutoProcessor", "AutoTokenizer", "RawImage", "Tensor", "env"],
    define: (page) => () =>
      perCellLater(async (context) =>
        (await import("./transformers-builtin")).transformersBuiltin(context, page.modelsUrl),
      ),
  },
  {
    name: "expect",
    description: "expect(value).toBeCloseTo(other): fails the cell when it does not hold",
    members: ["toBe", "toEqual", "toBeCloseTo", "toHaveShape", "rowsToSumTo", "toBeCausal", "toThrow"],
    define: () => async () => (await import("../exercises")).expect,
  },
  {
    name: "executor",
    description: "what runs the kernels here: executor.name is webgpu or reference",
    define: (page) => page.engine.builtin((executor) => executor),
  },
  {
    name: "signal",
    description: "aborts when this cell is interrupted or runs anew: pass it on to what takes long",
    define: () => () => perCell((context) => context.signal),
  },
  {
    name: "invalidation",
    description: "a promise that resolves when this cell runs anew: invalidation.then(cleanUp)",
    define: () => () =>
      perCell(
        ({ signal }) =>
          new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true })),
      ),
  },
];

export const builtinNames: readonly string[] = builtins.map(({ name }) => name);

/** For checks of an exercise only. */
export const checkNames: readonly string[] = ["test"];

/**
 * @param given builtins of app/ (`figures`, `studio`), or others in place of those of the table
 */
export function createBuiltins(page: Partial<Page> = {}, given: LazyBuiltins = {}): LazyBuiltins {
  const { engine = pageEngine(), modelsUrl = "/models", spritesUrl = "/sprites" } = page;
  const result: LazyBuiltins = {};
  for (const { name, define } of builtins) {
    const own = given[name];
    if (own) result[name] = own;
    else if (define) result[name] = define({ engine, modelsUrl, spritesUrl });
    else result[name] = () => Promise.reject(new Error(`${name} is not available on this page`));
  }
  return { ...given, ...result };
}

/** The value of a builtin outside of a notebook: for tests of content, and for exercises in Node. */
export async function builtinValue(all: LazyBuiltins, name: string): Promise<unknown> {
  const define = Object.hasOwn(all, name) ? all[name] : undefined;
  if (!define) {
    if (name in globalThis) return (globalThis as Record<string, unknown>)[name];
    throw new ReferenceError(`${name} is not defined`);
  }
  const value = await define();
  const generator = value as { next?: () => Promise<{ value: unknown }> } | null;
  return typeof generator?.next === "function" ? (await generator.next()).value : value;
}
