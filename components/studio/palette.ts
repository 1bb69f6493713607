/**
 * The things that can be placed: a grid of small pictures, searchable by name. A click or Enter adds one; dragging one
 * onto the scene puts it there. One Tab stop: the arrow keys go from thing to thing.
 */
import { element } from "../ui/element";
import { pictureUrl, type Picture } from "../ui/paint";

export type PaletteActions = {
  add(thing: string): void;
  drop(thing: string, clientX: number, clientY: number): void;
};

export type Palette = {
  element: HTMLElement;
  /** Draws the things anew, in another style; a thing that the style lacks is left out. */
  redraw(has: (thing: string) => boolean, draw: (thing: string) => Promise<Picture>): Promise<void>;
};

/** Drawn between two rests, so that the page never waits longer than a frame for all of them. */
const DRAWN_AT_ONCE = 8;
/** Pixels of a thing's picture: twice what it takes on the page (studio.css), for screens with two to a pixel. */
const DRAWN_SIZE = 72;

export function palette(things: readonly { name: string; kind: string }[], actions: PaletteActions): Palette {
  const search = element("input", {
    type: "search",
    class: "studio-input",
    placeholder: "cat, food, vehicle …",
    autocomplete: "off",
    spellcheck: "false",
  });
  const found = element("p", { class: "studio-note", role: "status" });
  const grid = element("div", { class: "studio-things", role: "group", "aria-label": "Things to place" });
  const buttons = things.map(({ name, kind }) => {
    const button = element("button", { type: "button", title: name, "aria-label": name, tabindex: -1 });
    button.dataset.words = `${name} ${kind}`;
    button.addEventListener("pointerdown", (event) => onPointer(event, button, name));
    grid.append(button);
    return button;
  });
  const missing = new Set<HTMLButtonElement>();
  const root = element(
    "div",
    { class: "studio-palette", "data-live-only": "" },
    element("label", { class: "studio-label" }, "Find a thing", search),
    grid,
    found,
  );
  let drawing = 0;
  filter();

  search.addEventListener("input", (event) => {
    event.stopPropagation(); // the palette's input is not the composer's: only a new scene is
    filter();
  });
  search.addEventListener("keydown", (event) => {
    const [first] = shown();
    if (event.key === "Enter" && first) actions.add(first.title);
    else if (event.key === "ArrowDown" && first) go(first);
    else return;
    event.preventDefault();
  });
  grid.addEventListener("keydown", onKey);
  grid.addEventListener("click", (event) => {
    const button = (event.target as Element).closest("button");
    if (button) actions.add(button.title);
  });
  return { element: root, redraw };

  function shown(): HTMLButtonElement[] {
    return buttons.filter((button) => !button.hidden);
  }

  function filter(): void {
    const words = search.value.trim().toLowerCase();
    for (const button of buttons) button.hidden = missing.has(button) || !button.dataset.words!.includes(words);
    const now = shown();
    for (const button of buttons) button.tabIndex = button === now[0] ? 0 : -1;
    found.textContent = words && now.length === 0 ? `Nothing here is called “${search.value.trim()}”.` : "";
  }

  function go(button: HTMLButtonElement): void {
    for (const other of buttons) other.tabIndex = other === button ? 0 : -1;
    button.focus();
  }

  function onKey(event: KeyboardEvent): void {
    const now = shown();
    const at = now.indexOf(document.activeElement as HTMLButtonElement);
    if (at < 0) return;
    // Wide, the grid runs line by line; on a phone, column by column. `line` is how many buttons are in one of them.
    const byColumn = now.length > 1 && now[1]!.offsetTop > now[0]!.offsetTop;
    const side = byColumn ? "offsetLeft" : "offsetTop";
    const line = Math.max(1, now.filter((button) => button[side] === now[0]![side]).length);
    const [across, down] = byColumn ? [line, 1] : [1, line];
    const moves: Record<string, number> = {
      ArrowLeft: at - across,
      ArrowRight: at + across,
      ArrowUp: at - down,
      ArrowDown: at + down,
      Home: 0,
      End: now.length - 1,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (now[to]) go(now[to]);
  }

  /** A drag from the palette. The browser takes a swipe along the palette for scrolling and cancels the drag. */
  function onPointer(event: PointerEvent, button: HTMLButtonElement, thing: string): void {
    if (event.button !== 0) return;
    const start = { x: event.clientX, y: event.clientY };
    let ghost: HTMLElement | undefined;
    button.setPointerCapture(event.pointerId);
    const onMove = (now: PointerEvent) => {
      if (!ghost && Math.hypot(now.clientX - start.x, now.clientY - start.y) > 6) ghost = newGhost(button);
      if (ghost) ghost.style.translate = `${now.clientX}px ${now.clientY}px`;
    };
    const onEnd = (now: PointerEvent) => {
      button.removeEventListener("pointermove", onMove);
      button.removeEventListener("pointerup", onEnd);
      button.removeEventListener("pointercancel", onEnd);
      if (!ghost) return; // a click, which is listened for elsewhere
      ghost.remove();
      if (now.type !== "pointerup") return;
      grid.addEventListener("click", swallow, { capture: true, once: true });
      setTimeout(() => grid.removeEventListener("click", swallow, { capture: true }));
      actions.drop(thing, now.clientX, now.clientY);
    };
    button.addEventListener("pointermove", onMove);
    button.addEventListener("pointerup", onEnd);
    button.addEventListener("pointercancel", onEnd);
  }

  function newGhost(button: HTMLButtonElement): HTMLElement {
    const ghost = element("div", { class: "studio-ghost", "aria-hidden": "true" });
    ghost.style.backgroundImage = button.style.backgroundImage;
    root.append(ghost);
    return ghost;
  }

  async function redraw(has: (thing: string) => boolean, draw: (thing: string) => Promise<Picture>): Promise<void> {
    const current = ++drawing;
    missing.clear();
    for (const button of buttons) if (!has(button.title)) missing.add(button);
    filter();
    for (let i = 0; i < buttons.length; i += DRAWN_AT_ONCE) {
      for (const button of buttons.slice(i, i + DRAWN_AT_ONCE)) {
        if (missing.has(button)) continue;
        const picture = await draw(button.title);
        if (current !== drawing) return; // the style changed meanwhile
        const url = pictureUrl(picture, DRAWN_SIZE);
        button.style.backgroundImage = url ? `url(${url})` : "";
      }
      await new Promise((rest) => setTimeout(rest));
    }
  }
}

function swallow(event: Event): void {
  event.stopPropagation();
  event.preventDefault();
}
