/** What the build shows of each cell belongs to the cell's code of today. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { readCourse, sourceHash } from "../../lib/course";
import { outputOf, readOutputs } from "../../lib/course/outputs";

const { lessons } = await readCourse({ root: resolve(".") });

describe.each(lessons.map((lesson) => [lesson.address, lesson] as const))("%s", (_, { cells, images }) => {
  test("each cell that runs by itself has an output of its present code (else: npm run render:lessons)", () => {
    const without = cells.filter(({ run, output }) => run !== "manual" && !output).map(({ id }) => id);
    expect(without).toEqual([]);
  });

  test("every picture is there, and none that nobody shows", () => {
    const html = cells.map(({ output }) => output?.html ?? "").join("");
    const shown = [...html.matchAll(/src="\/outputs\/([^"]+)"/g)].map(([, name]) => name!);
    expect([...new Set(shown)].sort()).toEqual(Object.keys(images).sort());
  });

  test("nothing in it takes the focus or runs", () => {
    for (const { id, output } of cells) {
      expect(output?.html ?? "", id).not.toMatch(
        /<script|\son[a-z]+=|<canvas[^>]*tabindex|<(?:button|input|select)(?![^>]*disabled)/,
      );
    }
  });
});

describe("outputs.json", () => {
  const image = { name: "0123456789abcdef.webp", data: "AAAA" };
  const file = (content: string) => {
    const folder = mkdtempSync(join(tmpdir(), "outputs-"));
    writeFileSync(join(folder, "outputs.json"), content);
    return join(folder, "index.mdx");
  };

  test("an output of other code is not shown", () => {
    const cells = { a: { source: sourceHash("1 + 1"), html: `<img src="outputs/${image.name}">`, text: "2" } };
    const outputs = readOutputs(file(JSON.stringify({ command: "", cells, images: { [image.name]: image.data } })));
    expect(outputOf(outputs, "a", "1 + 1")).toEqual({ html: `<img src="/outputs/${image.name}">`, text: "2" });
    expect(outputOf(outputs, "a", "1 + 2")).toBeUndefined();
    expect(outputOf(outputs, "b", "1 + 1")).toBeUndefined();
  });

  test("a lesson without one has no outputs; one that is something else is refused", () => {
    expect(readOutputs(join(tmpdir(), "no-such-lesson", "index.mdx"))).toMatchObject({ cells: {}, images: {} });
    expect(() => readOutputs(file("{"))).toThrow("run it again");
    const images = { "../../index.html": image.data };
    expect(() => readOutputs(file(JSON.stringify({ command: "", cells: {}, images })))).toThrow("run it again");
  });
});
