/**
 * The scene as the model sees it, with a button over each item: pointer, touch and keyboard move, resize and delete it.
 * The stage does not change the scene itself; it asks for changes through `actions`.
 */
import { SCENE_SIZE, type Item, type Scene } from "../../lib/scenes";
import { element } from "../ui/element";
import { paint, type Picture } from "../ui/paint";
import { itemName, type Place } from "./scene-editing";

/** What a change comes from: the pointer on its way, the end of that way, or a key, which may be held. */
export type Step = "drag" | "last" | "key";

export type StageActions = {
  select(index: number | undefined): void;
  move(index: number, to: Place, step: Step): void;
  resize(index: number, size: number, step: Step): void;
  remove(index: number): void;
};

export type Stage = {
  element: HTMLElement;
  draw(picture: Picture): void;
  /** `scene` undefined: an uploaded picture is shown, and there is nothing to drag. */
  update(scene: Scene | undefined, selected: number | undefined): void;
  focus(index: number): void;
  /** Where a point of the window lies in the scene, in its pixels; undefined when it is outside. */
  placeAt(clientX: number, clientY: number): Place | undefined;
};

const NEAR = 1; // pixels an arrow key moves
const FAR = 8; // the same with Shift

export function stage(actions: StageActions, helpId: string): Stage {
  const canvas = element("canvas", {
    width: SCENE_SIZE,
    height: SCENE_SIZE,
    role: "img",
    "aria-label": "The scene",
  });
  const root = element("div", { class: "studio-stage" }, canvas);
  let scene: Scene | undefined;
  const buttons: HTMLButtonElement[] = [];

  return { element: root, draw: (picture) => void paint(picture, canvas), update, focus, placeAt };

  function update(next: Scene | undefined, selected: number | undefined): void {
    scene = next;
    const items = scene?.items ?? [];
    canvas.setAttribute("aria-label", describe(scene));
    while (buttons.length > items.length) buttons.pop()!.remove();
    while (buttons.length < items.length) root.append(newButton(buttons.length));
    items.forEach((item, i) => place(buttons[i]!, item, i === selected));
  }

  function place(button: HTMLButtonElement, item: Item, selected: boolean): void {
    const share = (pixels: number) => `${(pixels / SCENE_SIZE) * 100}%`;
    Object.assign(button.style, {
      left: share(item.x - item.size / 2),
      top: share(item.y - item.size / 2),
      width: share(item.size),
      height: share(item.size),
    });
    button.toggleAttribute("data-selected", selected);
    button.setAttribute("aria-label", describeItem(item));
  }

  function newButton(index: number): HTMLButtonElement {
    const handle = element("span", { class: "studio-handle", "aria-hidden": "true" });
    const button = element("button", { type: "button", class: "studio-item", "aria-describedby": helpId }, handle);
    button.addEventListener("focus", () => actions.select(index));
    button.addEventListener("keydown", (event) => onKey(event, index));
    button.addEventListener("pointerdown", (event) => onPointer(event, index, event.target === handle));
    buttons[index] = button;
    return button;
  }

  function onKey(event: KeyboardEvent, index: number): void {
    const item = scene?.items[index];
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? FAR : NEAR;
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    const move = moves[event.key];
    if (move) actions.move(index, { x: item.x + move[0], y: item.y + move[1] }, "key");
    else if (event.key === "+" || event.key === "=") actions.resize(index, item.size + 4, "key");
    else if (event.key === "-" || event.key === "_") actions.resize(index, item.size - 4, "key");
    else if (event.key === "Delete" || event.key === "Backspace") actions.remove(index);
    else return;
    event.preventDefault();
  }

  function onPointer(event: PointerEvent, index: number, resizing: boolean): void {
    const button = buttons[index]!;
    const item = scene?.items[index];
    if (!item || event.button !== 0) return;
    event.preventDefault(); // no text selection, no native drag
    button.focus({ preventScroll: true });
    button.setPointerCapture(event.pointerId);
    const pixel = root.getBoundingClientRect().width / SCENE_SIZE;
    const start = { x: event.clientX, y: event.clientY };
    let moved = false;

    const drag = (now: PointerEvent, step: Step) => {
      const dx = (now.clientX - start.x) / pixel;
      const dy = (now.clientY - start.y) / pixel;
      if (!moved && Math.hypot(dx, dy) < 1) return; // a click, not a drag
      moved = true;
      if (resizing) actions.resize(index, item.size + 2 * Math.max(dx, dy), step);
      else actions.move(index, { x: item.x + dx, y: item.y + dy }, step);
    };
    const onMove = (now: PointerEvent) => drag(now, "drag");
    const onEnd = (now: PointerEvent) => {
      drag(now, "last");
      button.removeEventListener("pointermove", onMove);
      button.removeEventListener("pointerup", onEnd);
      button.removeEventListener("pointercancel", onEnd);
    };
    button.addEventListener("pointermove", onMove);
    button.addEventListener("pointerup", onEnd);
    button.addEventListener("pointercancel", onEnd);
  }

  function focus(index: number): void {
    buttons[index]?.focus({ preventScroll: true });
  }

  function placeAt(clientX: number, clientY: number): Place | undefined {
    const box = root.getBoundingClientRect();
    const x = ((clientX - box.left) / box.width) * SCENE_SIZE;
    const y = ((clientY - box.top) / box.height) * SCENE_SIZE;
    return x >= 0 && y >= 0 && x <= SCENE_SIZE && y <= SCENE_SIZE ? { x, y } : undefined;
  }
}

export function describeItem(item: Item): string {
  return `${itemName(item)}, ${Math.round(item.x)} across, ${Math.round(item.y)} down, ${Math.round(item.size)} pixels wide`;
}

export function describe(scene: Scene | undefined): string {
  if (!scene) return "The picture that you chose";
  if (scene.items.length === 0) return "An empty scene";
  return `A scene: ${scene.items.map(describeItem).join("; ")}`;
}
