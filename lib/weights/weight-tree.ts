/**
 * A checkpoint's weights as a typed tree. A weight's path in the tree is its name in the file, in camelCase:
 * `vit.encoder.layer.3.layernorm_before.weight` is `vit.encoder.layer[3].layernormBefore.weight`.
 *
 * The model says what it needs as a tree of shapes; the file has to match it exactly. Whatever is missing, surplus, of
 * another shape or of a type that is not a float is told in one error, and nothing is loaded.
 */
import type { Tensor } from "../tensor";
import type { StoredTensor } from "./safetensors";

/** The shape of each weight of a tree of weights `W`, in a tree of the same form. */
export type Shapes<W> = W extends Tensor
  ? readonly number[]
  : W extends readonly (infer Item)[]
    ? Shapes<Item>[]
    : { [Key in keyof W]: Shapes<W[Key]> };

/** File and model disagree. The message names the first few of each kind; the lists are whole. */
export class WeightsError extends Error {
  override readonly name = "WeightsError";
  constructor(
    message: string,
    readonly missing: string[],
    readonly surplus: string[],
    readonly misshapen: string[],
    readonly mistyped: string[],
  ) {
    super(message);
  }
}

/** A name in a checkpoint as a path in the tree: `q_proj` becomes `qProj`, dots stay. */
export function camelCase(name: string): string {
  return name.replace(/(?<=[^._])_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

type Tree = readonly number[] | Tree[] | { [key: string]: Tree | undefined };

/** A shape is a list of numbers; a list of layers is a list of objects. */
function isShape(tree: Tree): tree is readonly number[] {
  return Array.isArray(tree) && tree.every((side) => typeof side === "number");
}

/** The shape at each path. */
export function flatten(shapes: unknown, path = "", found = new Map<string, readonly number[]>()) {
  const tree = shapes as Tree;
  if (isShape(tree) && path !== "") return found.set(path, tree);
  for (const [key, child] of Object.entries(tree)) {
    if (child !== undefined) flatten(child, path ? `${path}.${key}` : key, found);
  }
  return found;
}

/** The tree of shapes with each shape replaced by its weight. */
export function grow(shapes: unknown, loaded: Map<string, Tensor>, path = ""): unknown {
  const tree = shapes as Tree;
  if (isShape(tree) && path !== "") return loaded.get(path);
  const entries = Object.entries(tree)
    .filter(([, child]) => child !== undefined)
    .map(([key, child]) => [key, grow(child, loaded, path ? `${path}.${key}` : key)] as const);
  return Array.isArray(tree) ? entries.map(([, child]) => child) : Object.fromEntries(entries);
}

const floats = ["F32", "F16", "BF16"];

/**
 * The stored weight for each wanted path, in the file's order.
 * @param model what errors call the model: its model_type
 * @param elsewhere names of further weights, of which nothing else is known
 * @param pathOf where in the tree a weight of this name belongs; undefined for one that is none of the model's
 */
export function match(
  model: string,
  stored: StoredTensor[],
  elsewhere: readonly string[],
  pathOf: (name: string) => string | undefined,
  wanted: Map<string, readonly number[]>,
  hints: Record<string, string> = {},
): Map<string, StoredTensor> {
  const found = new Map<string, StoredTensor>();
  const surplus: string[] = [];
  const misshapen: string[] = [];
  const mistyped: string[] = [];
  for (const entry of stored) {
    const path = pathOf(entry.name);
    if (path === undefined) continue;
    const shape = wanted.get(path);
    if (!shape || found.has(path)) {
      surplus.push(path);
      continue;
    }
    found.set(path, entry);
    if (shape.join() !== entry.shape.join()) {
      const hint = hints[path] ? `; ${hints[path]}` : "";
      misshapen.push(`${path}: expected [${shape.join(", ")}], got [${entry.shape.join(", ")}]${hint}`);
    }
    if (!floats.includes(entry.dtype)) mistyped.push(`${path}: expected ${floats.join(", ")}, got ${entry.dtype}`);
  }
  surplus.push(...elsewhere.map(pathOf).filter((path) => path !== undefined));
  const missing = [...wanted.keys()].filter((path) => !found.has(path));
  if (missing.length + surplus.length + misshapen.length + mistyped.length === 0) return found;

  const weights = (list: string[]) => (list.length === 1 ? "1 weight" : `${list.length} weights`);
  const parts = [
    { list: missing, said: "missing" },
    { list: surplus, said: "surplus" },
    { list: misshapen, said: "of wrong shape" },
    { list: mistyped, said: "of wrong type" },
  ].filter(({ list }) => list.length > 0);
  const sentence = parts
    .map(({ list, said }, i) => `${i === 0 ? weights(list) : list.length} ${said} (${firstFew(list)})`)
    .join(", ");
  throw new WeightsError(`${model}: ${sentence}`, missing, surplus, misshapen, mistyped);
}

function firstFew(list: string[]): string {
  return list.length <= 6 ? list.join(", ") : `${list.slice(0, 5).join(", ")}, … and ${list.length - 5} more`;
}
