/** The first lesson's exercise: each typical mistake is told what it is, and not only that it is one. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compileCell } from "../../lib/cells";
import { gradeExercise } from "../../lib/notebook";
import { builtinValue, createBuiltins } from "../../lib/notebook/builtins";

const lesson = readFileSync("content/04-vision-transformers/01-patches/index.mdx", "utf8");
const fence = (role: string) => lesson.split(`\n\`\`\`js ${role}\n`)[1]!.split("\n```")[0]!;
const solution = fence("solution");
const builtins = createBuiltins();

async function grade(source: string) {
  const result = await gradeExercise(
    compileCell(source, { id: "exercise-patchify" }),
    compileCell(fence("check"), { id: "exercise-patchify-check" }),
    { value: (name) => builtinValue(builtins, name) },
  );
  const complaints = result.tests.filter(({ status }) => status !== "pass");
  return { status: result.status, complaints: complaints.map(({ name, hint }) => `${name}: ${hint ?? ""}`) };
}

/** The solution with one thing changed; the change must be possible. */
function changed(...changes: [from: string | RegExp, to: string][]): string {
  return changes.reduce((source, [from, to]) => {
    const next = source.replace(from, to);
    if (next === source) throw new Error(`the solution has no ${String(from)}`);
    return next;
  }, solution);
}
const topLoop = "for (let top = 0; top < height; top += patchSize)";
const leftLoop = "for (let left = 0; left < width; left += patchSize)";
const yLoop = "for (let y = 0; y < patchSize; y++)";
const xLoop = "for (let x = 0; x < patchSize; x++)";
const cLoop = "for (let c = 0; c < channels; c++)";
const swap = (one: string, other: string) => changed([one, "ONE"], [other, one], ["ONE", other]);

describe("patchify", () => {
  test("the solution passes, every test of it", async () => {
    expect(await grade(solution)).toEqual({ status: "pass", complaints: [] });
  });

  test.each([
    ["the starter", fence("starter"), "push a patch for each corner"],
    ["no return", changed(["  return patches;\n", ""]), "is there a return?"],
    ["columns before rows", swap(topLoop, leftLoop), "yours is the one below. Rows before columns"],
    ["transposed patches", swap(yLoop, xLoop), "Your patch goes down before it goes right"],
    [
      "channels last",
      changed([cLoop, "ONE"], [yLoop, "TWO"], [xLoop, cLoop], ["ONE", yLoop], ["TWO", xLoop]),
      "channels last",
    ],
    ["one flat list", changed(["patches.push(patch)", "patches.push(...patch)"]), "one long list of numbers"],
    ["one channel", changed(["c < channels", "c < 1"]), "That is one channel"],
    ["always the same channel", changed(["(c * height + top", "(top"]), "The second should begin at the same corner"],
    [
      "the last column forgotten",
      changed(["left < width", "left < width - patchSize"]),
      "The last column of patches is missing",
    ],
    [
      "off by one at the border",
      changed(["left < width", "left < width - patchSize"], ["top < height", "top < height - patchSize"]),
      "The last row and the last column of patches are missing",
    ],
    ["one too many in a line", changed(["x < patchSize", "x <= patchSize"]), "One too many in each line"],
    ["height for width", changed(["* width + left", "* height + left"]), "A row of the picture has width numbers"],
    ["out of the picture", changed(["+ left + x]", "+ left + x + 60]"]), "Your index leaves the picture"],
    [
      "one list for all patches",
      changed(["const patch = [];", ""], ["const patches = [];", "const patches = [], patch = [];"]),
      "start with a new list",
    ],
    [
      "written for one size",
      changed([yLoop, yLoop.replace("patchSize", "2")], [xLoop, xLoop.replace("patchSize", "2")]),
      "a size written into your code",
    ],
    [
      "pixels instead of patches",
      "const patchify = (p, { height: H, width: W }) => Array.from({ length: H * W }, (_, i) => [0, 1, 2].map((c) => p[c * H * W + i]));",
      "one list per pixel",
    ],
    [
      "overlapping patches",
      changed(
        ["top += patchSize", "top++"],
        ["left += patchSize", "left++"],
        ["top < height", "top <= height - patchSize"],
        ["left < width", "left <= width - patchSize"],
      ),
      "Your patches overlap",
    ],
  ])("%s", async (_, source, hint) => {
    const { status, complaints } = await grade(source);
    expect(status).toBe("fail");
    expect(complaints.join("\n")).toContain(hint);
  });

  test("code that throws is told its own line", async () => {
    const { status } = await grade("function patchify(pixels) {\n  return pixels.none.at(0);\n}");
    expect(status).toBe("error");
  });
});
