/** What can be placed beside things: a shape in a colour, and a sign with a text of the reader's own. */
import { shapeColours, shapeNames, type ColourName, type ShapeName } from "../../lib/scenes";
import { element } from "../ui/element";
import type { NewItem } from "./scene-editing";

const LONGEST_TEXT = 8; // letters that a sign can show
const colours = Object.keys(shapeColours) as ColourName[];

/** @param add places it; a sign without a text is not placed */
export function shapesAndSigns(add: (item: NewItem) => void): HTMLElement {
  const shape = select(shapeNames);
  const colour = select(colours, "red");
  const text = element("input", {
    class: "studio-input",
    maxlength: LONGEST_TEXT,
    placeholder: "STOP",
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
  });
  const board = select(colours, "blue");
  const addShape = button("Add shape");
  const addSign = button("Add sign");
  const why = element("p", { class: "studio-error", role: "alert" });

  addShape.addEventListener("click", () =>
    add({ kind: "shape", shape: shape.value as ShapeName, colour: colour.value as ColourName, size: 36 }),
  );
  const sign = () => {
    const said = text.value.trim().toUpperCase();
    const fits = /^[A-Z0-9]+$/.test(said);
    why.textContent = fits ? "" : `A sign shows 1 to ${LONGEST_TEXT} letters from A to Z, or digits.`;
    if (fits) add({ kind: "sign", text: said, board: board.value as ColourName, size: Math.max(32, 14 * said.length) });
  };
  addSign.addEventListener("click", sign);
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // a form around it is not sent
    sign();
  });
  // Only the composer itself may say `input` to the page.
  for (const control of [shape, colour, text, board])
    control.addEventListener("input", (event) => event.stopPropagation());

  return element(
    "div",
    { class: "studio-more", "data-live-only": "" },
    element("label", { class: "studio-label" }, "Shape", shape),
    element("label", { class: "studio-label" }, "Its colour", colour),
    addShape,
    element("label", { class: "studio-label" }, "Sign", text),
    element("label", { class: "studio-label" }, "Its board", board),
    addSign,
    why,
  );
}

function select(names: readonly string[], chosen = names[0]): HTMLSelectElement {
  const made = element(
    "select",
    { class: "studio-input" },
    ...names.map((name) => element("option", { value: name }, name)),
  );
  made.value = chosen!;
  return made;
}

const button = (text: string) => element("button", { type: "button", class: "studio-button" }, text);
