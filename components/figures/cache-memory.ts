/**
 * What a decoder's memory of keys and values weighs, by how many positions it holds:
 * bytes = 2 · layers · heads of keys and values · head size · bytes a number · positions.
 */
import { chart, type Line } from "./chart";
import { frame } from "./frame";

/** As in config.json; `numKeyValueHeads` is what grouped-query attention makes small. */
export type CacheShape = {
  name: string;
  numHiddenLayers: number;
  numKeyValueHeads: number;
  headDim: number;
  /** Of one number [4, as this engine stores them] */
  bytes?: number;
};

export type CacheMemoryOptions = {
  /** Up to how many positions [131,072] */
  positions?: number;
  /** A number of positions to mark. */
  at?: number;
};

export function cacheMemory(shapes: readonly CacheShape[], options: CacheMemoryOptions = {}): HTMLElement {
  const { positions = 131_072, at } = options;
  const lines = shapes.map((shape): Line => {
    const each = bytesPerPosition(shape);
    const lengths = Array.from({ length: 33 }, (_, i) => 128 * (positions / 128) ** (i / 32));
    return { name: shape.name, points: lengths.map((length) => [length, each * length] as const) };
  });
  const drawn = chart(lines, {
    x: { label: "positions", scale: "log" },
    y: { label: "memory", scale: "log", format: size },
    at,
  });
  return frame("cache-memory", drawn, describeCache(shapes, { positions: at ?? positions }));
}

export function bytesPerPosition({ name, numHiddenLayers, numKeyValueHeads, headDim, bytes = 4 }: CacheShape): number {
  const each = 2 * numHiddenLayers * numKeyValueHeads * headDim * bytes;
  if (Number.isFinite(each) && each > 0) return each;
  throw new RangeError(
    `cacheMemory: expected numHiddenLayers, numKeyValueHeads and headDim above 0 for ${name}, ` +
      `got ${numHiddenLayers}, ${numKeyValueHeads} and ${headDim}`,
  );
}

export function describeCache(shapes: readonly CacheShape[], { positions }: { positions: number }): string {
  const weights = shapes.map((shape) => ({ name: shape.name, bytes: bytesPerPosition(shape) }));
  const said = weights.map(({ name, bytes }) => `${name}, ${size(bytes * positions)} (${size(bytes)} a position)`);
  const [most, least] = [...weights]
    .sort((a, b) => b.bytes - a.bytes)
    .filter((_, i, all) => i === 0 || i === all.length - 1);
  const times = least
    ? ` ${most!.name} needs ${Number((most!.bytes / least.bytes).toPrecision(3))} times what ${least.name} needs.`
    : "";
  return `At ${positions.toLocaleString("en")} positions: ${said.join("; ")}.${times}`;
}

/** In decimal units, as memory of devices is sold. */
function size(bytes: number): string {
  const [unit, of] =
    bytes >= 1e9 ? ["GB", 1e9] : bytes >= 1e6 ? ["MB", 1e6] : bytes >= 1e3 ? ["kB", 1e3] : ["bytes", 1];
  return `${Number((bytes / of).toPrecision(3))}\u00a0${unit}`;
}
