// @vitest-environment jsdom
/** The scene composer: each way of changing the scene changes `.value`, says so to the page, and tells a screen reader. */
import { File as NodeFile } from "node:buffer"; // jsdom's own cannot be read
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { composer, type Composer, type SceneSource } from "../../components/studio";
import { things, type Scene } from "../../lib/scenes";

beforeAll(() => {
  HTMLCanvasElement.prototype.getContext = () => null; // jsdom has no canvas; the drawing is looked at in a browser
});

const thing = (name: string, x: number, y: number, size = 40) =>
  ({ kind: "thing", thing: name, style: "noto", x, y, size }) as const;
const cat: Scene = { ground: { kind: "plain", colour: [223, 232, 234] }, items: [thing("cat", 64, 64)] };

/** Draws nothing, but a picture of its own for each scene. */
const source = {
  things,
  random: vi.fn<SceneSource["random"]>((seed) => ({ ...cat, items: [thing("dog", seed, 50)] })),
  draw: vi.fn<SceneSource["draw"]>((scene) => {
    const data = new Uint8ClampedArray(128 * 128 * 4).fill(scene.items.length);
    return Promise.resolve({ width: 128, height: 128, data });
  }),
} satisfies SceneSource;

let made: Composer;
let events: number;

beforeEach(async () => {
  vi.clearAllMocks();
  made = await composer(source, { scene: cat });
  document.body.append(made);
  events = 0;
  const own = made;
  made.addEventListener("input", () => (events += own === made ? 1 : 0)); // an earlier test's may still be waiting
});
afterEach(() => made.remove());

const settled = () => new Promise((resolve) => setTimeout(resolve));
const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
const stage = () => made.querySelector(".studio-stage")!;
const items = () => [...stage().querySelectorAll("button")];
const status = () => [...made.querySelectorAll("[role=status]")].map((e) => e.textContent).join(" ");
const button = (name: string) => [...made.querySelectorAll("button")].find((b) => b.textContent === name)!;
const palette = (name: string) => made.querySelector<HTMLButtonElement>(`.studio-things button[title="${name}"]`)!;

async function press(key: string, options: KeyboardEventInit = {}, on: Element = items()[0]!): Promise<void> {
  on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...options }));
  await settled();
}

describe("shapes and signs, where they are offered", () => {
  const more = () => made.querySelector(".studio-more")!;
  const [select, input] = [() => [...more().querySelectorAll("select")], () => more().querySelector("input")!];
  beforeEach(async () => {
    made.remove();
    made = await composer(source, { scene: cat, shapesAndSigns: true });
    document.body.append(made);
    events = 0;
    made.addEventListener("input", () => events++);
  });

  test("a shape in a colour is put where there is room, and said", async () => {
    [select()[0]!.value, select()[1]!.value] = ["star", "green"];
    button("Add shape").click();
    await settled();
    expect(made.value.scene!.items[1]).toEqual({
      kind: "shape",
      shape: "star",
      colour: "green",
      size: 36,
      x: 28,
      y: 28,
    });
    expect(events).toBe(1);
    expect(status()).toContain("Added green star");
  });

  test("a sign says what was typed, in capitals; Enter adds it, and typing is no new scene", async () => {
    input().value = " cafe ";
    input().dispatchEvent(new Event("input", { bubbles: true }));
    expect(events).toBe(0);
    await press("Enter", {}, input());
    expect(made.value.scene!.items[1]).toMatchObject({ kind: "sign", text: "CAFE", board: "blue", size: 56 });
    expect(events).toBe(1);
  });

  test.each(["", "é", "A B"])("a sign cannot say %o, and it is told why", async (text) => {
    input().value = text;
    button("Add sign").click();
    await settled();
    expect(made.value.scene!.items).toHaveLength(1);
    expect(more().querySelector("[role=alert]")!.textContent).toContain("letters from A to Z");
  });

  test("not where nobody asked for them", async () => {
    expect((await composer(source, { scene: cat })).querySelector(".studio-more")).toBeNull();
  });
});

describe("composer", () => {
  test("has a value from the start", () => {
    expect(made.value.scene).toEqual(cat);
    expect(made.value.picture).toMatchObject({ width: 128, height: 128 });
    expect(items().map((item) => item.getAttribute("aria-label"))).toEqual(["cat, 64 across, 64 down, 40 pixels wide"]);
  });

  test("without a scene it starts with a random one", async () => {
    const other = await composer(source, { seed: 9 });
    expect(source.random).toHaveBeenCalledWith(9);
    expect(other.value.scene!.items[0]).toMatchObject({ thing: "dog", x: 9 });
  });
});

describe("with the keyboard alone", () => {
  test("arrows move, with Shift faster, and not off the scene", async () => {
    await press("ArrowLeft");
    await press("ArrowDown", { shiftKey: true });
    expect(made.value.scene!.items[0]).toMatchObject({ x: 63, y: 72 });
    await vi.waitFor(() => expect(events).toBe(2)); // the second waits a moment: the key may be held
    expect(status()).toContain("63 across, 72 down.");
    for (let i = 0; i < 20; i++) await press("ArrowRight", { shiftKey: true });
    expect(made.value.scene!.items[0]).toMatchObject({ x: 128 });
  });

  test("plus and minus resize, within limits", async () => {
    await press("+");
    expect(made.value.scene!.items[0]!.size).toBe(44);
    expect(status()).toContain("44 pixels wide.");
    for (let i = 0; i < 20; i++) await press("-");
    expect(made.value.scene!.items[0]!.size).toBe(16);
  });

  test("Delete removes, and the focus goes to what is left", async () => {
    palette("apple").click();
    await settled();
    await press("Delete");
    expect(made.value.scene!.items).toMatchObject([{ thing: "apple" }]);
    expect(status()).toContain("Removed cat.");
    expect(document.activeElement).toBe(items()[0]);
    await press("Backspace");
    expect(made.value.scene!.items).toEqual([]);
    expect(document.activeElement).toBe(made.querySelector("input[type=search]"));
  });

  test("keys of the browser are left alone", async () => {
    await press("ArrowLeft", { altKey: true });
    await press("-", { ctrlKey: true });
    expect(events).toBe(0);
  });

  test("search finds by name and by kind, Enter adds the first", async () => {
    const search = made.querySelector<HTMLInputElement>("input[type=search]")!;
    const shown = () => [...made.querySelectorAll<HTMLButtonElement>(".studio-things button:not([hidden])")];
    search.value = "vehicle";
    search.dispatchEvent(new Event("input", { bubbles: true }));
    expect(shown().map((b) => b.title)).toEqual(things.filter((t) => t.kind === "vehicle").map((t) => t.name));
    expect(events).toBe(0); // searching does not change the scene
    await press("Enter", {}, search);
    expect(made.value.scene!.items.at(-1)).toMatchObject({ thing: "car" });
    search.value = "unicorn";
    search.dispatchEvent(new Event("input", { bubbles: true }));
    expect(shown()).toEqual([]);
    expect(status()).toContain("Nothing here is called “unicorn”.");
  });

  test("the palette is one Tab stop, and arrows go through it", async () => {
    const stops = () =>
      [...made.querySelectorAll<HTMLButtonElement>(".studio-things button")].filter((b) => b.tabIndex === 0);
    expect(stops().map((b) => b.title)).toEqual(["cat"]);
    palette("cat").focus();
    await press("ArrowRight", {}, palette("cat"));
    expect(document.activeElement).toBe(palette("dog"));
    expect(stops().map((b) => b.title)).toEqual(["dog"]);
  });
});

describe("with the pointer", () => {
  test("a drag moves; the page is told while it lasts, but not at every step, and once at the end", async () => {
    stage().getBoundingClientRect = () => ({ left: 0, top: 0, width: 256, height: 256 }) as DOMRect; // 2 CSS pixels each
    HTMLElement.prototype.setPointerCapture = () => undefined;
    const [item] = items();
    const point = (type: string, clientX: number, clientY: number) =>
      item!.dispatchEvent(new MouseEvent(type, { clientX, clientY, button: 0, bubbles: true, cancelable: true }));
    point("pointerdown", 100, 100);
    for (let i = 1; i <= 10; i++) {
      point("pointermove", 100 + 2 * i, 100);
      await frame();
    }
    expect(made.value.scene!.items[0]).toMatchObject({ x: 74, y: 64 });
    const during = events;
    expect(during).toBeGreaterThanOrEqual(1);
    expect(during).toBeLessThan(10);
    point("pointerup", 100 + 24, 100 + 4);
    await settled();
    expect(made.value.scene!.items[0]).toMatchObject({ x: 76, y: 66 });
    expect(events).toBe(during + 1);
    expect(status()).toContain("76 across, 66 down.");
  });

  test("while the cells of the lesson compute, a drag waits for them; its end does not", async () => {
    const lesson = document.createElement("div");
    lesson.dataset.lesson = "";
    const cell = document.createElement("div");
    cell.dataset.cell = "answer";
    cell.dataset.state = "running";
    document.body.append(lesson);
    lesson.append(made, cell);
    await press("ArrowLeft");
    await press("ArrowLeft");
    expect(events).toBe(1); // nothing had been told for long: the first is told, the second waits
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(events).toBe(1);
    cell.dataset.state = "fulfilled";
    await vi.waitFor(() => expect(events).toBe(2));
    expect(made.value.scene!.items[0]).toMatchObject({ x: 62 });
    cell.dataset.state = "running";
    palette("apple").click();
    await settled();
    expect(events).toBe(3);
    lesson.remove();
  });
});

describe("controls", () => {
  test("the style redraws all things, and new ones follow it", async () => {
    const [style] = made.querySelectorAll("select");
    style!.value = "openmoji";
    style!.dispatchEvent(new Event("change"));
    await settled();
    palette("apple").click();
    await settled();
    expect(made.value.scene!.items).toMatchObject([{ style: "openmoji" }, { thing: "apple", style: "openmoji" }]);
    expect(style!.selectedOptions[0]!.textContent).toBe("OpenMoji (unseen)");
  });

  test("an ink of the old style is not carried into the new one", async () => {
    made.remove();
    const items = [{ ...thing("cat", 64, 64), style: "emojione-monotone" as const, ink: [200, 0, 0] as const }];
    made = await composer(source, { scene: { ...cat, items } });
    const [style] = made.querySelectorAll("select");
    style!.value = "noto";
    style!.dispatchEvent(new Event("change"));
    await settled();
    expect(made.value.scene!.items[0]).toEqual({ ...thing("cat", 64, 64), ink: undefined, appearance: undefined });
  });

  test("a thing that a style does not draw stays as it was, and is not offered", async () => {
    made.remove();
    const has = (name: string, style: string) => style !== "openmoji" || name !== "cat";
    made = await composer({ ...source, has }, { scene: { ...cat, items: [...cat.items, thing("dog", 20, 20)] } });
    const [style] = made.querySelectorAll("select");
    style!.value = "openmoji";
    style!.dispatchEvent(new Event("change"));
    await vi.waitFor(() => expect(palette("cat").hidden).toBe(true));
    expect(palette("dog").hidden).toBe(false);
    expect(made.value.scene!.items).toMatchObject([{ style: "noto" }, { style: "openmoji" }]);
    expect(status()).toContain("It has no drawing of: cat.");
  });

  test("a ground", async () => {
    const ground = made.querySelectorAll("select")[1]!;
    const before = made.value.scene!.ground;
    ground.value = ground.options[1]!.value;
    ground.dispatchEvent(new Event("change"));
    await settled();
    expect(made.value.scene!.ground).not.toEqual(before);
    expect(made.value.scene!.items).toEqual(cat.items);
  });

  test("random scenes by seed, and back to the start", async () => {
    button("Random scene").click();
    await settled();
    expect(made.value.scene!.items[0]).toMatchObject({ thing: "dog", x: 2 }); // the seed after 1
    expect(source.random).toHaveBeenLastCalledWith(2, { style: "noto" });
    const seed = made.querySelector<HTMLInputElement>("input[type=number]")!;
    seed.value = "30";
    seed.dispatchEvent(new Event("change"));
    await settled();
    expect(made.value.scene!.items[0]).toMatchObject({ x: 30 });
    button("Start again").click();
    await settled();
    expect(made.value.scene).toEqual(cat);
    expect(seed.value).toBe("1");
  });

  test("there is an end to what fits", async () => {
    for (let i = 0; i < 20; i++) {
      palette("bee").click();
      await settled();
    }
    expect(made.value.scene!.items).toHaveLength(12);
    expect(status()).toContain("There are 12 things already.");
  });
});

describe("an own picture", () => {
  const choose = async (file: NodeFile) => {
    const input = made.querySelector<HTMLInputElement>("input[type=file]")!;
    Object.defineProperty(input, "files", { value: [file], configurable: true });
    Object.defineProperty(input, "value", { value: "", writable: true, configurable: true });
    input.dispatchEvent(new Event("change"));
    await vi.waitFor(() => expect(made.querySelector(".studio-error")!.textContent).not.toBe(""));
  };

  test("what is not a picture is explained in place, and the scene stays", async () => {
    await choose(new NodeFile(["hello"], "notes.txt", { type: "text/plain" }));
    expect(made.querySelector(".studio-error")!.textContent).toMatch(/^notes\.txt: .*expected/);
    expect(made.value.scene).toEqual(cat);
    expect(events).toBe(0);
  });
});
