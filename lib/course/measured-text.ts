/**
 * <Measured model="eagle" path="training.accuracy" />: a number of ours in prose, read from eval.json at build, so that no
 * text can claim what nobody measured.
 */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { measured } from "../notebook";
import { unknownName } from "./schema-problems";

const forms = ["percent", "points", "number", "bytes"] as const;
type Form = (typeof forms)[number];

export type MeasuredText = {
  text: string;
  /** The number itself, unrounded. */
  value: string;
  /** The file and the path. */
  source: string;
};

/**
 * @param attributes model: a folder of public/models; path: in its `file` [eval.json]; minus: another path, whose value is
 *   subtracted; as: how it is written [percent for shares, points for their differences, number]; digits: after the point
 * @throws one sentence about what is wrong
 */
export function measuredText(root: string, attributes: Record<string, string | true>): MeasuredText {
  const { model, path, minus, file = "eval.json", as, digits } = attributes;
  if (typeof model !== "string" || typeof path !== "string") throw new Error("<Measured>: expected a model and a path");
  const name = `public/models/${model}/${String(file)}`;
  const json = readJson(root, name);
  const read = (path: string): number => {
    const value = measured(json, path, `<Measured>: ${name}`);
    if (typeof value === "number") return value;
    throw new Error(`<Measured>: ${name}: expected a number at ${path}, got ${kindOf(value)}`);
  };
  const value = typeof minus === "string" ? read(path) - read(minus) : read(path);
  const form = as === undefined ? formOf(read(path), minus !== undefined) : checkedForm(as);
  const places = digits === undefined ? undefined : checkedDigits(digits);
  const source = typeof minus === "string" ? `${name}: ${path} − ${minus}` : `${name}: ${path}`;
  return { text: written(value, form, places), value: String(value), source };
}

function readJson(root: string, name: string): unknown {
  const path = resolve(root, name);
  if (name.includes("..") || !existsSync(path)) throw new Error(`<Measured>: there is no ${name}`);
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new Error(`<Measured>: expected JSON in ${name}, got something else`);
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return `an object with ${Object.keys(value).slice(0, 6).join(", ")}`;
  return JSON.stringify(value) ?? "nothing";
}

function formOf(value: number, difference: boolean): Form {
  if (value < 0 || value > 1) return "number";
  return difference ? "points" : "percent";
}

function checkedForm(as: string | true): Form {
  if (forms.includes(as as Form)) return as as Form;
  throw new Error(`<Measured>: ${unknownName("form", String(as), forms)}`);
}

function checkedDigits(digits: string | true): number {
  const places = Number(digits);
  if (Number.isInteger(places) && places >= 0 && places <= 6) return places;
  throw new Error(`<Measured>: expected digits from 0 to 6, got ${String(digits)}`);
}

function written(value: number, form: Form, digits: number | undefined): string {
  const minus = (text: string) => text.replace("-", "−");
  switch (form) {
    case "percent":
      return minus(`${(100 * value).toFixed(digits ?? 1)}\u00a0%`);
    case "points":
      return minus(`${(100 * value).toFixed(digits ?? 1)}\u00a0points`);
    case "bytes":
      return Math.abs(value) < 1e6
        ? `${(value / 1e3).toFixed(digits ?? 0)}\u00a0kB`
        : `${(value / 1e6).toFixed(digits ?? 1)}\u00a0MB`;
    case "number": {
      const places = digits ?? (Number.isInteger(value) ? 0 : 2);
      return minus(value.toLocaleString("en", { minimumFractionDigits: places, maximumFractionDigits: places }));
    }
  }
}
