/** The import rules hold, and the check that says so can fail: each planted import breaks one rule. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const depcruise = resolve("node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
const config = resolve(".dependency-cruiser.cjs");

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "patchwork-boundaries-"));
  writeFileSync(join(root, "tsconfig.json"), "{}");
  writeFileSync(join(root, "package.json"), JSON.stringify({ dependencies: { react: "*" } }));
  symlinkSync(resolve("node_modules"), join(root, "node_modules"), "junction");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Writes the files, checks them, and returns the exit code and what was said. */
function check(files: Record<string, string>): { status: number | null; said: string } {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const folders = [...new Set(Object.keys(files).map((path) => path.split("/")[0]!))];
  const run = spawnSync(process.execPath, [depcruise, "--config", config, ...folders], { cwd: root, encoding: "utf8" });
  return { status: run.status, said: run.stdout + run.stderr };
}

describe("import rules", () => {
  test("an allowed import passes", () => {
    const { status, said } = check({
      "lib/kernels/index.ts": `import { grid } from "../gpu"; export const a = grid;`,
      "lib/gpu/index.ts": "export const grid = 1;",
    });
    expect(said).toContain("no dependency violations found");
    expect(status).toBe(0);
  });

  test.each<[string, string, Record<string, string>]>([
    [
      "the GPU layer that knows about kernels",
      "boundary: lib/gpu",
      { "lib/gpu/index.ts": `export * from "../kernels";`, "lib/kernels/index.ts": "export const softmax = 1;" },
    ],
    [
      "a model that reaches into a component",
      "boundary: lib/models",
      {
        "lib/models/index.ts": `export * from "../../components/ui";`,
        "components/ui/index.ts": "export const button = 1;",
      },
    ],
    [
      "React in lib",
      "lib without React",
      { "lib/tensor/index.ts": `import { useState } from "react"; export const a = useState;` },
    ],
    [
      "a file reached past its folder's index",
      "index: lib/gpu",
      { "lib/kernels/index.ts": `export * from "../gpu/device";`, "lib/gpu/device.ts": "export const device = 1;" },
    ],
    [
      "a cycle",
      "no cycles",
      {
        "lib/gpu/index.ts": `import { b } from "./b"; export const a = () => b;`,
        "lib/gpu/b.ts": `import { a } from "./index"; export const b = () => a;`,
      },
    ],
    ["an import that leads nowhere", "resolvable", { "lib/gpu/index.ts": `export * from "./nothing";` }],
  ])("%s fails", (_, rule, files) => {
    const { status, said } = check(files);
    expect(said).toContain(rule);
    expect(status).not.toBe(0);
  });
});
