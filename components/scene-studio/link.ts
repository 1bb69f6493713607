/** The state of the studio in the address: a link shows the same scene, question and model to somebody else. */
import { shapeNames, type Scene } from "../../lib/scenes";

export type LinkState = {
  scene?: Scene;
  question?: string;
  model?: string;
  stage?: string;
  /** Of Eagle: the experts that look. */
  experts?: string[];
};

/** Longer ones do not come from this page. */
const LONGEST = { link: 20_000, question: 300, items: 12 };

/** "#…", or nothing to say. */
export function linkOf(state: LinkState): string {
  const json = JSON.stringify(state);
  if (json === "{}") return "";
  const bytes = new TextEncoder().encode(json);
  const base64 = btoa(String.fromCharCode(...bytes));
  return `#${base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

/** What a link says; what is no such link says nothing. Nothing of it is run: it holds no code. */
export function readLink(hash: string): LinkState {
  if (hash.length < 2 || hash.length > LONGEST.link) return {};
  try {
    const base64 = hash.slice(1).replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    return checked(JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>);
  } catch {
    return {};
  }
}

function checked({ scene, question, model, stage, experts }: Record<string, unknown>): LinkState {
  const text = (value: unknown, longest = 80) =>
    typeof value === "string" && value.length <= longest ? value : undefined;
  const state: LinkState = {
    scene: isScene(scene) ? scene : undefined,
    question: text(question, LONGEST.question),
    model: text(model),
    stage: text(stage),
    experts: Array.isArray(experts) ? experts.filter((name): name is string => text(name) !== undefined) : undefined,
  };
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined));
}

/** Enough to draw it or to be told why not: the drawing itself checks names of things, styles and colours. */
function isScene(value: unknown): value is Scene {
  const { ground, items } = (value ?? {}) as { ground?: { kind?: unknown }; items?: unknown };
  if (!["plain", "stripes", "noise"].includes(ground?.kind as string)) return false;
  return Array.isArray(items) && items.length <= LONGEST.items && items.every(isItem);
}

function isItem(value: unknown): boolean {
  const { kind, x, y, size, thing, shape, text } = (value ?? {}) as Record<string, unknown>;
  const within = (n: unknown, low: number, high: number) => typeof n === "number" && n >= low && n <= high;
  if (!within(x, -128, 256) || !within(y, -128, 256) || !within(size, 1, 256)) return false;
  if (kind === "thing") return typeof thing === "string";
  if (kind === "shape") return (shapeNames as readonly unknown[]).includes(shape);
  return kind === "sign" && typeof text === "string" && text.length <= 40;
}
