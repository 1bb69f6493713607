/**
 * The scene composer: the reader puts things on a ground, or chooses a picture of their own. An input element, for
 * `const made = view(await studio.composer(scenes))`.
 *
 * `.value` is `{ picture, scene }`: `picture` is always 128×128 pixels, drawn by lib/scenes, so that what the reader sees
 * are exactly the bytes that a model gets; `scene` is what it was drawn from, or undefined for an uploaded picture, which
 * is cut to its middle square and resized. Bubbling `input` events say that the value has changed: during a drag as often
 * as the page can follow (pace.ts), and one at its end.
 *
 * Everything works with the pointer, by touch and with the keyboard alone. An uploaded file never leaves the page.
 */
import { heldOutStyle, styles, trainingStyles, type Scene, type StyleName } from "../../lib/scenes";
import { element } from "../ui/element";
import type { Picture } from "../ui/paint";
import { grounds, groundName } from "./grounds";
import { lessonIsBusy, pace } from "./pace";
import { palette } from "./palette";
import {
  addItem,
  addThing,
  itemName,
  LARGEST,
  moveItem,
  MOST_ITEMS,
  removeItem,
  resizeItem,
  restyle,
  SMALLEST,
  type NewItem,
} from "./scene-editing";
import { shapesAndSigns } from "./shapes-and-signs";
import { describeItem, stage, type Step } from "./stage";
import { uploadedPicture } from "./upload";

export type Composed = { picture: Picture; scene?: Scene };
export type Composer = HTMLElement & { readonly value: Composed };

/** What the composer needs of the `scenes` builtin. */
export type SceneSource = {
  readonly things: readonly { name: string; kind: string }[];
  random(seed: number, options?: { style?: StyleName }): Scene | Promise<Scene>;
  draw(scene: Scene): Promise<Picture>;
  /** Whether a style has a drawing of a thing; without this, all are offered. */
  has?(thing: string, style: StyleName): boolean | Promise<boolean>;
};

export type ComposerOptions = {
  /** What to start with, and to return to with “Start again”; by default the random scene of `seed`. */
  scene?: Scene;
  seed?: number;
  /** The styles that are offered; by default all. */
  styles?: readonly StyleName[];
  /** Whether shapes and signs can be placed as well [false] */
  shapesAndSigns?: boolean;
};

let composers = 0;

/** Resolves when the first scene is drawn, so that `.value` is never empty. */
export async function composer(source: SceneSource, options: ComposerOptions = {}): Promise<Composer> {
  const { seed = 1 } = options;
  const first = options.scene ?? (await source.random(seed));
  const id = `studio-${++composers}`;

  let scene = first;
  let style = styleOf(first) ?? trainingStyles[0]!;
  let uploaded: { name: string; note?: string } | undefined;
  let selected: number | undefined;
  let frame: number | undefined; // the next one will draw the scene
  let value: Composed = { scene, picture: await source.draw(scene) };

  const surface = stage({ select, move, resize, remove }, `${id}-keys`);
  const things = palette(source.things, {
    add: (thing) => add(thing),
    drop: (thing, clientX, clientY) => {
      const at = surface.placeAt(clientX, clientY);
      if (at) add(thing, at);
    },
  });
  const controls = newControls(id, options.styles ?? styles.map(({ name }) => name), seed);
  const root = assemble() as unknown as Composer;
  Object.defineProperty(root, "value", { get: () => value });
  const events = pace(
    () => root.dispatchEvent(new Event("input", { bubbles: true })),
    () => lessonIsBusy(root),
  );
  wire();
  show();
  void redrawPalette();
  return root;

  // Changes of the scene

  function add(thing: string, at?: { x: number; y: number }): void {
    if (scene.items.length >= MOST_ITEMS) return sayFull();
    added(addThing(scene, thing, style, at));
  }

  function addOther(item: NewItem): void {
    if (scene.items.length >= MOST_ITEMS) return sayFull();
    added(addItem(scene, item));
  }

  function added(next: Scene): void {
    selected = scene.items.length;
    void change(next, `Added ${describeItem(next.items.at(-1)!)}.`);
  }

  function sayFull(): void {
    say(`There are ${MOST_ITEMS} things already. Delete one to make room.`);
  }

  function move(index: number, to: { x: number; y: number }, step: Step): void {
    const next = moveItem(scene, index, to);
    const { x, y } = next.items[index]!;
    const words = `${x} across, ${y} down.`;
    if (step === "drag") drag(next);
    else void change(next, words, step === "last");
  }

  function resize(index: number, size: number, step: Step): void {
    const next = resizeItem(scene, index, size);
    const words = `${next.items[index]!.size} pixels wide.`;
    if (step === "drag") drag(next);
    else void change(next, words, step === "last");
  }

  function remove(index: number): void {
    const name = itemName(scene.items[index]!);
    const next = removeItem(scene, index);
    selected = next.items.length ? Math.min(index, next.items.length - 1) : undefined;
    void change(next, `Removed ${name}.`);
    if (selected === undefined) things.element.querySelector("input")?.focus();
    else surface.focus(selected);
  }

  /** The same scene in another style; a thing that the style does not draw stays as it was. */
  async function drawnIn(chosen: StyleName): Promise<void> {
    const has = await drawnBy(chosen);
    const next = restyle(scene, chosen, has);
    const left = next.items.filter((item) => item.kind === "thing" && !has(item.thing)).map(itemName);
    const but = left.length ? ` It has no drawing of: ${left.join(", ")}.` : "";
    await change(next, `Drawn in ${styleTitle(chosen)}.${but}`);
  }

  /** Which things a style draws. */
  async function drawnBy(chosen: StyleName): Promise<(thing: string) => boolean> {
    const names = source.things.map(({ name }) => name);
    const has = await Promise.all(names.map(async (name) => (await source.has?.(name, chosen)) ?? true));
    return (thing) => has[names.indexOf(thing)] ?? true;
  }

  function select(index: number | undefined): void {
    selected = index;
    show();
  }

  /** One of many steps: drawn with the next frame, and told when the page can follow. */
  function drag(next: Scene): void {
    scene = next;
    uploaded = undefined;
    show();
    frame ??= requestAnimationFrame(() => {
      frame = undefined;
      void draw(false);
    });
  }

  /** `final` false: more like it may follow at once, as when an arrow key is held. */
  async function change(next: Scene, announcement: string, final = true): Promise<void> {
    scene = next;
    uploaded = undefined;
    show();
    say(announcement);
    await draw(final);
  }

  /** Draws the scene, makes it the value and tells the page. */
  async function draw(final: boolean): Promise<void> {
    if (frame !== undefined) cancelAnimationFrame(frame);
    frame = undefined;
    const drawn = scene;
    const picture = await source.draw(drawn);
    if (scene !== drawn || uploaded) return; // something newer is being drawn
    value = { scene, picture };
    surface.draw(picture);
    if (final) events.now();
    else events.soon();
  }

  async function upload(file: Blob | undefined, name: string): Promise<void> {
    if (!file) return;
    controls.error.textContent = "";
    try {
      const { picture, note } = await uploadedPicture(file);
      uploaded = { name, note };
      value = { picture };
      selected = undefined;
      show();
      surface.draw(picture);
      say(`${name} is in place of the scene.`);
      events.now();
    } catch (error) {
      controls.error.textContent = `${name}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  // What the page is told

  function say(words: string): void {
    controls.status.textContent = words;
  }

  // What the reader sees

  function show(): void {
    const item = uploaded || selected === undefined ? undefined : scene.items[selected];
    surface.update(uploaded ? undefined : scene, selected);
    controls.selection.hidden = !item;
    controls.hint.hidden = Boolean(item);
    controls.hint.textContent = uploaded
      ? `${uploaded.name}: its middle square, at 128×128 pixels. ${uploaded.note ? `${uploaded.note} ` : ""}The file stays on this device.`
      : "Drag a thing to move it, drag its corner to resize it.";
    if (item) {
      controls.selectedName.textContent = itemName(item);
      controls.size.value = String(item.size);
    }
    controls.style.value = style;
    controls.ground.value = groundName(scene.ground);
    controls.back.hidden = !uploaded;
  }

  async function redrawPalette(): Promise<void> {
    const of = style;
    const plain = grounds[0]!.ground;
    await things.redraw(await drawnBy(of), (thing) =>
      source.draw({ ground: plain, items: [{ kind: "thing", thing, style: of, x: 64, y: 64, size: 116 }] }),
    );
  }

  function wire(): void {
    const {
      size,
      style: styleSelect,
      ground,
      random,
      seed: seedInput,
      file,
      back,
      reset,
      remove: removeButton,
    } = controls;
    // Of all these, only the composer itself may say `input` to the page.
    for (const control of [size, styleSelect, ground, seedInput, file])
      control.addEventListener("input", (event) => event.stopPropagation());

    size.addEventListener("input", () => {
      if (selected !== undefined) resize(selected, Number(size.value), "key");
    });
    removeButton.addEventListener("click", () => {
      if (selected !== undefined) remove(selected);
    });
    styleSelect.addEventListener("change", () => {
      style = styleSelect.value as StyleName;
      void drawnIn(style);
      void redrawPalette();
    });
    ground.addEventListener("change", () => {
      const chosen = grounds.find(({ name }) => name === ground.value);
      if (chosen) void change({ ...scene, ground: chosen.ground }, `The ground is ${chosen.name}.`);
    });
    const randomScene = async () => {
      selected = undefined;
      const n = Math.max(0, Math.floor(Number(seedInput.value)) || 0);
      await change(await source.random(n, { style }), `The random scene of seed ${n}.`);
    };
    random.addEventListener("click", () => {
      seedInput.value = String((Number(seedInput.value) || 0) + 1);
      void randomScene();
    });
    seedInput.addEventListener("change", () => void randomScene());
    file.addEventListener("change", () => {
      const chosen = file.files?.[0];
      void upload(chosen, chosen?.name ?? "").then(() => (file.value = ""));
    });
    back.addEventListener("click", () => void change(scene, "Back to the scene."));
    reset.addEventListener("click", () => {
      selected = undefined;
      style = styleOf(first) ?? style;
      seedInput.value = String(seed);
      controls.error.textContent = "";
      void change(first, "As at the start.");
      void redrawPalette();
    });

    root.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      root.toggleAttribute("data-drop", true);
    });
    root.addEventListener("dragleave", (event) => {
      if (!root.contains(event.relatedTarget as Node | null)) root.toggleAttribute("data-drop", false);
    });
    root.addEventListener("drop", (event) => {
      const dropped = event.dataTransfer?.files[0];
      root.toggleAttribute("data-drop", false);
      if (!dropped) return;
      event.preventDefault();
      void upload(dropped, dropped.name);
    });
    surface.element.addEventListener("pointerdown", (event) => {
      if (!(event.target as Element).closest("button")) select(undefined);
    });
    surface.draw(value.picture);
  }

  function assemble(): HTMLElement {
    const { selection, hint, style: styleSelect, ground, random, seed: seedInput, upload: uploadLabel } = controls;
    return element(
      "div",
      { class: "studio", role: "group", "aria-label": "Compose a scene" },
      element(
        "div",
        { class: "studio-left" },
        surface.element,
        element("div", { class: "studio-under" }, selection, hint),
        element(
          "p",
          { class: "studio-hidden", id: `${id}-keys` },
          "Arrow keys move, with Shift faster. Plus and minus resize. Delete removes.",
        ),
      ),
      element(
        "div",
        { class: "studio-right" },
        things.element,
        options.shapesAndSigns ? shapesAndSigns(addOther) : undefined,
        element(
          "div",
          { class: "studio-row" },
          element("label", { class: "studio-label" }, "Style", styleSelect),
          element("label", { class: "studio-label" }, "Ground", ground),
        ),
        element(
          "div",
          { class: "studio-row studio-buttons" },
          random,
          element("label", { class: "studio-label studio-seed" }, "seed", seedInput),
          uploadLabel,
          controls.back,
          controls.reset,
        ),
        element("p", { class: "studio-note" }, "Or drop a picture here. It is read in this page and sent nowhere."),
        controls.error,
      ),
      controls.status,
    );
  }
}

function styleOf(scene: Scene): StyleName | undefined {
  for (const item of scene.items) if (item.kind === "thing") return item.style;
  return undefined;
}

function styleTitle(name: StyleName): string {
  return styles.find((style) => style.name === name)?.title ?? name;
}

function newControls(id: string, offered: readonly StyleName[], seed: number) {
  const option = (value: string, text: string) => element("option", { value }, text);
  const button = (text: string) => element("button", { type: "button", class: "studio-button" }, text);
  const file = element("input", { type: "file", accept: "image/*", class: "studio-hidden", id: `${id}-file` });
  const size = element("input", { type: "range", min: SMALLEST, max: LARGEST, step: 1 });
  const selectedName = element("b");
  const remove = button("Delete");
  return {
    file,
    size,
    selectedName,
    remove,
    selection: element(
      "div",
      { class: "studio-selection" },
      selectedName,
      element("label", { class: "studio-label" }, "Size", size),
      remove,
    ),
    hint: element("p", { class: "studio-note" }),
    style: element(
      "select",
      { class: "studio-input" },
      ...offered.map((name) => option(name, name === heldOutStyle ? `${styleTitle(name)} (unseen)` : styleTitle(name))),
    ),
    ground: element(
      "select",
      { class: "studio-input" },
      ...grounds.map(({ name }) => option(name, name)),
      option("other", "other"),
    ),
    random: button("Random scene"),
    seed: element("input", { type: "number", min: 0, step: 1, value: seed, class: "studio-input" }),
    upload: element("label", { class: "studio-button studio-upload" }, file, "Your own picture"),
    back: button("Back to the scene"),
    reset: button("Start again"),
    error: element("p", { class: "studio-error", role: "alert" }),
    status: element("p", { class: "studio-hidden", role: "status" }),
  };
}
