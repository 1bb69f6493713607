/** Safetensors: good files, hostile headers, thousands of damaged ones, and the three float types as the tests read them. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { repeatedKey } from "../../lib/weights/repeated-key";
import { headerEnd, parseHeader, parseSafetensors } from "../../lib/weights/safetensors";
import { toFloat32 } from "../float32";

/** A file of the given header (JSON text, or what becomes it) and data. */
function fileOf(header: unknown, data: Uint8Array | number = 0, headerLength?: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = typeof data === "number" ? new Uint8Array(data) : data;
  const file = new Uint8Array(8 + text.length + bytes.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength ?? text.length), true);
  file.set(text, 8);
  file.set(bytes, 8 + text.length);
  return file;
}

const entry = (dtype: string, shape: unknown, from: unknown, to: unknown) => ({
  dtype,
  shape,
  data_offsets: [from, to],
});
const parse = (file: Uint8Array) => parseSafetensors(file, "model.safetensors");

describe("a good file", () => {
  test("names, types, shapes and places, in any order, with metadata, padding and an empty weight", () => {
    const header = JSON.stringify({
      __metadata__: { format: "pt", note: "a: b, {c}" },
      b: entry("F16", [2, 3], 8, 20),
      a: entry("F32", [2], 0, 8),
      scalar: entry("BF16", [], 20, 22),
      empty: entry("F32", [0, 7], 22, 22),
    });
    const start = 8 + header.length + 3;
    expect(parse(fileOf(`${header}   `, 22))).toEqual([
      { name: "b", dtype: "F16", shape: [2, 3], start: start + 8, end: start + 20 },
      { name: "a", dtype: "F32", shape: [2], start, end: start + 8 },
      { name: "scalar", dtype: "BF16", shape: [], start: start + 20, end: start + 22 },
      { name: "empty", dtype: "F32", shape: [0, 7], start: start + 22, end: start + 22 },
    ]);
  });

  test("no weights at all", () => expect(parse(fileOf({}))).toEqual([]));

  test("its header alone says the same, and must agree with the length of the file if that is known", () => {
    const file = fileOf({ a: entry("F32", [100], 0, 400) }, 400);
    const end = headerEnd(file.subarray(0, 8), "x");
    expect(end).toBe(file.length - 400);
    const start = file.subarray(0, end);
    expect(parseHeader(start, "x")).toEqual(parse(file));
    expect(parseHeader(start, "x", file.length)).toEqual(parse(file));
    expect(() => parseHeader(start, "x", file.length - 1)).toThrow(/the file is cut off/);
  });
});

describe("hostile headers", () => {
  const huge = 2 ** 52;
  test.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(0), /expected a safetensors file, got 0 bytes/],
    ["five bytes", new Uint8Array(5), /got 5 bytes/],
    [
      "a page of HTML",
      new TextEncoder().encode("<!doctype html><title>404</title>"),
      /header of 2 to 4194304 bytes, got \d+/,
    ],
    ["a header longer than the file", fileOf("{}", 0, 3000), /header of 3000 bytes, got 2: the file is cut off/],
    ["a header of 5 MB", fileOf("{}", 0, 5_000_000), /2 to 4194304 bytes, got 5000000/],
    ["a header of 2^63 bytes", fileOf("{}", 0, 2 ** 63), /2 to 4194304 bytes, got 9223372036854\d+/],
    ["a header of no bytes", fileOf("", 8), /2 to 4194304 bytes, got 0/],
    ["no JSON", fileOf("{a: 1}"), /header: expected JSON, got "\{a: 1\}"/],
    ["bytes that are not UTF-8", fileOf("{}").map((byte, i) => (i > 7 ? 0xff : byte)), /header: expected JSON, got/],
    ["a list", fileOf([]), /header: expected an object, got \[\]/],
    ["null", fileOf("null"), /header: expected an object, got null/],
    ["a million brackets", fileOf("[".repeat(1e6)), /header: expected JSON at most 8 deep, got 1000000/],
    ["a weight that is a number", fileOf({ a: 3 }), /entry of "a": expected an object/],
    ["a weight without a type", fileOf({ a: { shape: [], data_offsets: [0, 0] } }), /dtype of "a".*got undefined/],
    ["an unknown type", fileOf({ a: entry("F12", [1], 0, 4) }, 4), /dtype of "a": expected one of F64, .*, got "F12"/],
    ["a type of every object", fileOf({ a: entry("toString", [1], 0, 4) }, 4), /dtype of "a".*"toString"/],
    ["a shape of text", fileOf({ a: entry("F32", "big", 0, 4) }, 4), /shape of "a".*got "big"/],
    ["a shape below 0", fileOf({ a: entry("F32", [-1, -1], 0, 4) }, 4), /shape of "a".*got \[-1,-1\]/],
    ["a shape of halves", fileOf({ a: entry("F32", [0.5, 2], 0, 4) }, 4), /shape of "a".*got \[0.5,2\]/],
    ["a shape of 2^53", fileOf({ a: entry("F32", [2 ** 53], 0, 4) }, 4), /shape of "a"/],
    ["a shape of nine axes", fileOf({ a: entry("F32", Array(9).fill(1), 0, 4) }, 4), /a list of at most 8/],
    [
      "a shape whose product overflows",
      fileOf({ a: entry("F32", [huge, huge, huge, huge, huge, huge, huge, huge], 0, 4) }, 4),
      /data of "a": expected .* bytes, which is F32 .*, got 4/,
    ],
    ["a size that is not its shape's", fileOf({ a: entry("F32", [3], 0, 8) }, 8), /expected 12 bytes.*\[3\], got 8/],
    ["a type that is not its size's", fileOf({ a: entry("F16", [2], 0, 8) }, 8), /expected 4 bytes.*F16.*, got 8/],
    ["offsets of text", fileOf({ a: entry("F32", [1], "0", "4") }, 4), /data_offsets of "a": expected \[first byte/],
    ["offsets below 0", fileOf({ a: entry("F32", [1], -4, 0) }, 4), /data_offsets of "a"/],
    ["offsets backwards", fileOf({ a: entry("F32", [1], 4, 0) }, 4), /data_offsets of "a".*got \[4,0\]/],
    ["one offset", fileOf({ a: { dtype: "F32", shape: [1], data_offsets: [0] } }, 4), /data_offsets of "a"/],
    [
      "a weight outside the file",
      fileOf({ a: entry("F32", [1000], 0, 4000) }, 400),
      /expected \d+ bytes, as its header says, got \d+: the file is cut off/,
    ],
    ["bytes after the end", fileOf({ a: entry("F32", [1], 0, 4) }, 9), /something follows the last weight/],
    [
      "two weights on the same bytes",
      fileOf({ a: entry("F32", [2], 0, 8), b: entry("F32", [2], 0, 8) }, 8),
      /expected "b" to start at byte 8 of the data, got 0: it overlaps/,
    ],
    [
      "weights that overlap by half",
      fileOf({ a: entry("F32", [2], 0, 8), b: entry("F32", [2], 4, 12) }, 12),
      /"b" to start at byte 8 .* got 4: it overlaps/,
    ],
    [
      "a gap",
      fileOf({ a: entry("F32", [1], 0, 4), b: entry("F32", [1], 8, 12) }, 12),
      /"b" to start at byte 4 .* got 8: it leaves a gap/,
    ],
    [
      "a gap at the start",
      fileOf({ a: entry("F32", [1], 4, 8) }, 8),
      /"a" to start at byte 0 .* got 4: it leaves a gap/,
    ],
    [
      "a name twice",
      fileOf(
        '{"a": {"dtype":"F32","shape":[1],"data_offsets":[0,4]}, "a": {"dtype":"U8","shape":[4],"data_offsets":[0,4]}}',
        4,
      ),
      /each name once, got "a" twice/,
    ],
    [
      "a name twice, once with escapes",
      fileOf(
        '{"a": {"dtype":"F32","shape":[1],"data_offsets":[0,4]}, "\\u0061": {"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        4,
      ),
      /each name once, got "a" twice/,
    ],
    [
      "a shape twice",
      fileOf('{"a": {"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}', 4),
      /got "shape" twice/,
    ],
    ["a name of 100,000 letters", fileOf({ ["n".repeat(1e5)]: 3 }), /^.{0,250}$/s],
  ])("%s", (_, file, sentence) => {
    const started = performance.now();
    expect(() => parse(file)).toThrow(/^model\.safetensors: .*expected/s);
    expect(() => parse(file)).toThrow(sentence);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test("a name that every object has is only a name", () => {
    const header = '{"__proto__": {"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    expect(parse(fileOf(header, 4)).map(({ name }) => name)).toEqual(["__proto__"]);
  });

  test("as many weights as a header can hold are read in a moment", () => {
    const count = 50_000;
    const header: Record<string, unknown> = {};
    for (let i = 0; i < count; i++) header[`w${i}`] = entry("U8", [1], i, i + 1);
    const started = performance.now();
    expect(parse(fileOf(header, count))).toHaveLength(count);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test("3,000 damaged files: an answer that stays inside the file, or a sentence, soon", () => {
    const whole = new Uint8Array(readFileSync("tests/fixtures/vit-odd/model.safetensors"));
    const small = whole.subarray(0, whole.length); // the header is most of what can go wrong
    const headerEnd = 8 + Number(new DataView(small.buffer, small.byteOffset).getBigUint64(0, true));
    const random = generator(12);
    const pieces = [
      "0",
      "-1",
      "9",
      "e9",
      "[",
      "]",
      "{",
      "}",
      ",",
      ":",
      '"',
      "\\",
      "null",
      '"F16"',
      "1e400",
      "\0",
      "4096",
    ];
    const started = performance.now();
    let refused = 0;
    for (let round = 0; round < 3000; round++) {
      let file = small.slice();
      const where = round % 10 === 0 ? random(8) : 8 + random(headerEnd - 8);
      const kind = random(5);
      if (kind === 0) file[where] = random(256);
      else if (kind === 1) file.set(new TextEncoder().encode(pieces[random(pieces.length)]), where);
      else if (kind === 2)
        file = file.slice(0, random(file.length)); // cut off
      else if (kind === 3)
        file.copyWithin(where, where + 1 + random(40)); // bytes left out
      else file.copyWithin(where + 1 + random(200), where, where + 1 + random(200)); // bytes repeated
      try {
        for (const { shape, start, end } of parse(file)) {
          expect(start).toBeGreaterThanOrEqual(8);
          expect(end).toBeLessThanOrEqual(file.length);
          expect(shape.reduce((a, b) => a * b, 1)).toBeLessThanOrEqual(file.length);
        }
      } catch (error) {
        refused += 1;
        expect((error as Error).message).toMatch(/^model\.safetensors: .*expected .*got /s);
        expect((error as Error).message.length).toBeLessThan(400);
      }
    }
    expect(refused).toBeGreaterThan(2000); // the rest changed a name, or nothing
    expect(refused).toBeLessThan(3000);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe("numbers", () => {
  const one = (dtype: string, bytes: Uint8Array, count: number) => {
    const file = fileOf({ a: entry(dtype, [count], 0, bytes.length) }, bytes);
    return toFloat32(file, parse(file)[0]!);
  };

  test("f32, at a place that is not a multiple of 4", () => {
    const values = Float32Array.of(1, -0, 3.5e-42, Infinity, 1e38, Math.PI);
    const bytes = new Uint8Array(values.buffer);
    for (let padding = 0; padding < 4; padding++) {
      const header = JSON.stringify({ a: entry("F32", [6], 0, 24) }) + " ".repeat(padding);
      const file = fileOf(header, bytes);
      expect(toFloat32(file, parse(file)[0]!)).toEqual(values);
    }
  });

  test("f16: every one of its numbers", () => {
    const bytes = new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer);
    const values = one("F16", bytes, 65_536);
    const named: [number, number][] = [
      [0x0000, 0],
      [0x0001, 2 ** -24],
      [0x03ff, 1023 * 2 ** -24],
      [0x0400, 2 ** -14],
      [0x3555, 0.333251953125],
      [0x3c00, 1],
      [0x7bff, 65_504],
      [0x7c00, Infinity],
      [0xc000, -2],
    ];
    for (const [bits, value] of named) expect(values[bits]).toBe(value);
    expect(Object.is(values[0x8000], -0)).toBe(true);
    expect(values[0x7e00]).toBeNaN();
    for (let i = 1; i < 0x7c00; i++)
      expect(values[i]! > values[i - 1]! && values[0x8000 + i] === -values[i]!).toBe(true);
  });

  test("bf16 is the upper half of f32", () => {
    const bits = Uint16Array.of(0x3f80, 0xc000, 0x0000, 0x7f80, 0x3eab, 0x0001);
    const values = one("BF16", new Uint8Array(bits.buffer), bits.length);
    expect(values).toEqual(Float32Array.of(1, -2, 0, Infinity, 0.333984375, 2 ** -133));
  });

  test("whole numbers are refused", () => {
    expect(() => one("I64", new Uint8Array(8), 1)).toThrow("tests: a: expected F32, F16 or BF16, got I64");
  });
});

test("repeatedKey looks into every object, and only at keys", () => {
  expect(repeatedKey('{"a": "a", "b": ["a", "a", {"a": 1}], "c": {"a": {"b": 2}}}')).toBeUndefined();
  expect(repeatedKey('{"a": ":{\\"", "b": {"x": [{"y": 1, "y": 2}]}}')).toBe("y");
  expect(repeatedKey("[1, 2, 3]")).toBeUndefined();
});

/** Whole numbers below a limit, the same in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
