/** The studio's parts that need no page: what a link keeps, what can be asked, where a model looks. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { about, choiceOf, expertsAt, type StudioModel } from "../../components/scene-studio/choice";
import { linkOf, readLink, type LinkState } from "../../components/scene-studio/link";
import { inWords, same, whatIsWhere } from "../../components/scene-studio/words";
import { answeringModels } from "../../lib/course";
import type { Answering } from "../../lib/evaluation";
import { loadModel } from "../../lib/models";
import { openExecutor } from "../../lib/tensor";
import { pictureAttention } from "../../lib/notebook/picture-attention";
import { sceneService } from "../../lib/notebook/scene-service";
import { openFolder } from "../../lib/weights";
import type { Scene } from "../../lib/scenes";

const scene: Scene = {
  ground: { kind: "plain", colour: [223, 232, 234] },
  items: [
    { kind: "thing", thing: "cat", style: "noto", x: 36, y: 70, size: 56 },
    { kind: "shape", shape: "star", colour: "red", x: 98, y: 66, size: 40 },
  ],
};

describe("a link", () => {
  test("keeps the scene, the question and who is asked; words in any script", () => {
    const state: LinkState = {
      scene,
      question: "Où est le chat? 🙂",
      model: "eagle",
      stage: "projector",
      experts: ["clip"],
    };
    expect(linkOf(state)).toMatch(/^#[\w-]+$/);
    expect(readLink(linkOf(state))).toEqual(state);
  });

  test("of nothing is nothing; what is no link says nothing", () => {
    expect(linkOf({})).toBe("");
    for (const hash of ["", "#", "#%", "#e30", "#bnVsbA", `#${"A".repeat(30_000)}`]) expect(readLink(hash)).toEqual({});
  });

  test("what cannot be a scene is left out, and the rest is kept", () => {
    const item = scene.items[0]!;
    const wrong: unknown[] = [
      { items: [] },
      { ...scene, ground: { kind: "picture" } },
      { ...scene, items: Array.from({ length: 13 }, () => item) },
      { ...scene, items: [{ ...item, x: 1e9 }] },
      { ...scene, items: [{ ...item, size: "50" }] },
      { ...scene, items: [{ kind: "script" }] },
    ];
    for (const scene of wrong)
      expect(readLink(linkOf({ scene: scene as Scene, model: "eagle" }))).toEqual({ model: "eagle" });
    expect(readLink(linkOf({ question: "?".repeat(301), experts: [3 as never, "clip"] }))).toEqual({
      experts: ["clip"],
    });
  });
});

describe("who answers", () => {
  const model: StudioModel = {
    id: "eagle",
    bytes: 1,
    experts: ["clip", "convnext", "text"],
    stages: [
      { name: "projector", words: "" },
      { name: "llava", words: "", experts: ["clip"] },
    ],
  };

  test("some encoders of those that the stage has; all of them need not be said", () => {
    expect(choiceOf(model, {})).toEqual({ model: "eagle" });
    expect(choiceOf(model, { experts: ["text", "clip"] })).toEqual({ model: "eagle", experts: ["clip", "text"] });
    expect(choiceOf(model, { experts: [] })).toEqual({ model: "eagle", experts: [] });
    expect(choiceOf(model, { experts: ["text", "convnext", "clip"] })).toEqual({ model: "eagle" });
    expect(choiceOf(model, { stage: "projector", experts: ["sam", "text"] })).toEqual({
      model: "eagle",
      stage: "projector",
      experts: ["text"],
    });
  });

  test("a stage with other encoders keeps none that it lacks; a stage that is not there is the finished model", () => {
    expect(expertsAt(model, "llava")).toEqual(["clip"]);
    expect(expertsAt(model, "projector")).toEqual(model.experts);
    expect(choiceOf(model, { stage: "llava", experts: ["clip", "text"] })).toEqual({ model: "eagle", stage: "llava" });
    expect(choiceOf(model, { stage: "" })).toEqual({ model: "eagle" });
    expect(choiceOf(model, { stage: "sft" })).toEqual({ model: "eagle" });
  });

  test("every model of the studio is told in a sentence", () => {
    const ids = answeringModels(resolve(".")).map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(1);
    expect(Object.keys(about)).toEqual(expect.arrayContaining(ids));
  });
});

describe("in words", () => {
  test("a scene, an empty one, and a picture of the reader's own", () => {
    expect(inWords(scene)).toBe("A scene with cat, red star");
    const sign = { kind: "sign", text: "STOP", board: "red", x: 20, y: 20, size: 40 } as const;
    expect(inWords({ ...scene, items: [sign] })).toBe("A scene with sign STOP");
    expect(inWords({ ...scene, items: [] })).toBe("An empty scene");
    expect(inWords(undefined)).toBe("Your own picture");
  });

  test("what is where: the item that covers most of a place, if it covers a quarter of it", () => {
    const owner = new Int16Array(128 * 128).fill(-1);
    const fill = (item: number, left: number, top: number, right: number, bottom: number) => {
      for (let y = top; y < bottom; y++) owner.fill(item, y * 128 + left, y * 128 + right);
    };
    fill(0, 0, 0, 64, 64); // all of place 0
    fill(1, 0, 0, 32, 32); // on top of a quarter of it
    fill(1, 64, 0, 96, 32); // a quarter of place 1
    fill(0, 0, 64, 31, 96); // less than a quarter of place 2
    const truth = whatIsWhere(scene, owner, 2, 2);
    expect(truth).toEqual({ patches: [0, 1, -1, -1], labels: ["cat", "red star"] });
    expect(whatIsWhere(scene, owner, 4, 4).patches.slice(0, 4)).toEqual([1, 0, 1, -1]);
  });

  test("an answer is the scene's without regard to case and spaces, and to nothing else", () => {
    expect(same(" Cat", "cat")).toBe(true);
    expect(same("cats", "cat")).toBe(false);
  });
});

describe("questions about a scene", () => {
  const scenes = sceneService((file) => openFolder(resolve("public/sprites")).read(file));

  test("have answers that the scene gives, the same each time", async () => {
    const questions = await scenes.questions(scene, { seed: 3 });
    expect(questions.length).toBeGreaterThan(2);
    expect(await scenes.questions(scene, { seed: 3 })).toEqual(questions);
    for (const { question, answer } of questions)
      expect([typeof question, typeof answer]).toEqual(["string", "string"]);
    const presence = (await scenes.questions(scene, { seed: 3, perKind: 8 })).filter(({ kind }) => kind === "is there");
    expect(presence.length).toBeGreaterThan(1);
    for (const { question, answer } of presence)
      expect(answer, question).toBe(/\bcat\b|\bstar\b|red/.test(question) ? "yes" : "no");
  });
});

/** The fixtures have weights but no words: one token a letter is enough here. */
function withLetters(model: Answering, image: number): Answering {
  const tokenizer = {
    applyChatTemplate: (messages: { content: string }[]) => messages[0]!.content,
    encode: (text: string) =>
      [...text.replace("<|image|>", "\u0000")].map((letter) =>
        letter === "\u0000" ? image : 3 + (letter.charCodeAt(0) % 7),
      ),
  };
  return { ...model, tokenizer: tokenizer as never };
}

describe("where a model looks", { timeout: 120_000 }, () => {
  const load = async (id: string) => {
    const { executor } = await openExecutor({ prefer: "reference" });
    return (await loadModel(id, { executor, baseUrl: pathToFileURL(resolve("tests/fixtures")).href })) as Answering;
  };
  const picture = (bright: (x: number, y: number) => boolean) => {
    const data = new Uint8ClampedArray(64 * 64 * 4).fill(255);
    for (let i = 0; i < 64 * 64; i++) data.fill(bright(i % 64, Math.floor(i / 64)) ? 240 : 20, 4 * i, 4 * i + 3);
    return { width: 64, height: 64, data };
  };

  test("Eagle: the last token's attention to the picture's tokens, of every layer", async () => {
    const loaded = await load("eagle-channel");
    if (loaded.modelType !== "eagle") throw new Error(`expected an eagle, got a ${loaded.modelType}`);
    const model = withLetters(loaded, loaded.config.imageTokenId);
    const look = await pictureAttention(
      model,
      picture((x) => x > 32),
      "what?",
    );
    const { rows, columns } = loaded.config.grid;
    expect([look.rows, look.columns]).toEqual([rows, columns]);
    expect(look.weights).toHaveLength(rows * columns);
    expect(look.layers).toHaveLength(loaded.config.textConfig.numHiddenLayers);
    expect(look.layer).toBe(look.layers.at(-1));
    expect(look.share).toBeGreaterThan(0);
    expect(look.share).toBeLessThan(1); // the words take the rest
    expect(look.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(look.share, 5);

    const first = await pictureAttention(
      model,
      picture((x) => x > 32),
      "what?",
      { layer: 0 },
    );
    expect([...first.weights]).not.toEqual([...look.weights]);
    const blind = await pictureAttention(
      model,
      picture((x) => x > 32),
      "what?",
      { experts: [] },
    );
    expect([...blind.weights]).not.toEqual([...look.weights]);
    await expect(
      pictureAttention(
        model,
        picture(() => true),
        "what?",
        { layer: 99 },
      ),
    ).rejects.toThrow("got 99");
  });

  test("Llama 3.2 Vision: all of it goes to the picture, by cross-attention", async () => {
    const loaded = await load("mllama-odd");
    if (loaded.modelType !== "mllama") throw new Error(`expected an mllama, got a ${loaded.modelType}`);
    const model = withLetters(loaded, loaded.config.imageTokenIndex);
    const look = await pictureAttention(
      model,
      picture((_, y) => y > 20),
      "why?",
    );
    expect(look.layers).toEqual([...loaded.config.textConfig.crossAttentionLayers]);
    expect(look.weights).toHaveLength(look.rows * look.columns);
    expect(look.share).toBeGreaterThan(0.2);
    expect(look.share).toBeLessThanOrEqual(1.0001); // the class tokens of the tiles take the rest
  });
});
