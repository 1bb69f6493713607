/** Fixtures with other weights: checkpoints that tests make from those that are there. */
import { readFileSync } from "node:fs";
import { parseSafetensors } from "../../lib/weights";
import { withHeader } from "../lib/safetensors-file";

export type Weights = Record<string, { shape: readonly number[]; values: Float32Array }>;

export const readFixture = (fixture: string, file: string) =>
  new Uint8Array(readFileSync(`tests/fixtures/${fixture}/${file}`));

export const configOf = (fixture: string) =>
  JSON.parse(readFileSync(`tests/fixtures/${fixture}/config.json`, "utf8")) as Record<string, unknown>;

export const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** The f32 weights of a fixture. */
export function weightsOf(fixture: string): Weights {
  const file = readFixture(fixture, "model.safetensors");
  return Object.fromEntries(
    parseSafetensors(file, fixture).map(({ name, shape, start, end }) => {
      return [name, { shape, values: new Float32Array(file.slice(start, end).buffer) }];
    }),
  );
}

export function safetensors(weights: Weights): Uint8Array {
  let at = 0;
  const header = Object.entries(weights).map(([name, { shape, values }]) => {
    return [name, { dtype: "F32", shape, data_offsets: [at, (at += values.byteLength)] }];
  });
  return withHeader(
    JSON.stringify(Object.fromEntries(header)),
    Object.values(weights).map(({ values }) => values),
  );
}
