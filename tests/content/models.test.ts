/** What ships in public/models is complete and small, and docs/models.md tells of all of it what its eval.json says. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = "public/models";
const docs = readFileSync("docs/models.md", "utf8");
const ids = readdirSync(ROOT).filter((id) => existsSync(join(ROOT, id, "config.json")));
/** What `loadModel` downloads. */
const NEEDED = [
  "model.safetensors",
  "config.json",
  "preprocessor_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "chat_template.jinja",
  "generation_config.json",
];

type Measured = { splits: Record<string, { accuracy?: number; recall?: { accuracy: number } }>; parameters: number };
const json = (path: string) => JSON.parse(readFileSync(path, "utf8")) as unknown;
const evaluationOf = (id: string) => json(join(ROOT, id, "eval.json")) as Measured;

/** Every file in a folder and those below it. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}
const bytes = (files: readonly string[]) => files.reduce((sum, file) => sum + statSync(file).size, 0);

describe("files", () => {
  test.each(ids)("%s has weights, a config, a card and what it measures", (id) => {
    for (const file of ["model.safetensors", "config.json", "README.md", "eval.json"]) {
      expect(existsSync(join(ROOT, id, file)), `${id}/${file}`).toBe(true);
    }
    const card = readFileSync(join(ROOT, id, "README.md"), "utf8");
    expect(card).toContain("python -m training");
    expect(card.length).toBeGreaterThan(1000);
  });

  test("all models are at most 80 MB, and no file is longer than 25", () => {
    const files = filesIn(ROOT);
    expect(bytes(files)).toBeLessThanOrEqual(80e6);
    for (const file of files) expect(statSync(file).size, file).toBeLessThanOrEqual(25e6);
  });

  if (ids.includes("eagle")) {
    test("the default model that sees needs at most 12 MB to answer", () => {
      expect(bytes(NEEDED.map((name) => join(ROOT, "eagle", name)).filter(existsSync))).toBeLessThanOrEqual(12e6);
    });
  }

  test.each(ids.filter((id) => existsSync(join(ROOT, id, "stages.json"))))("%s has the files of its stages", (id) => {
    const { stages } = json(join(ROOT, id, "stages.json")) as {
      stages: { file?: string; eval?: string; shared?: { model: string }[] }[];
    };
    expect(stages.length).toBeGreaterThan(0);
    for (const { model } of stages.flatMap((stage) => stage.shared ?? [])) expect(ids).toContain(model);
    for (const file of stages.flatMap((stage) => [stage.file, stage.eval])) {
      if (file) expect(existsSync(join(ROOT, id, file)), `${id}/${file}`).toBe(true);
    }
  });
});

describe("docs/models.md", () => {
  /** The rows of the first table that belong to a model: its own, and those below it without a name. */
  function rowsOf(id: string): string[] {
    const lines = docs.split("\n").filter((line) => line.startsWith("|"));
    const first = lines.findIndex((line) => line.includes(`| [${id}](#${id}) `));
    expect(first, `a row of ${id}`).toBeGreaterThan(0);
    const next = lines.findIndex((line, i) => i > first && !/^\|\s+\|/.test(line));
    return lines.slice(first, next < 0 ? undefined : next);
  }

  test.each(ids)("%s: the parameters and shares that its eval.json has", (id) => {
    const { splits, parameters } = evaluationOf(id);
    const cells = rowsOf(id)[0]!
      .split("|")
      .map((cell) => cell.trim());
    expect(cells).toContain(parameters.toLocaleString("en-GB"));
    const shares = [cells[5]!, cells[6]!].map((cell) => Number(/^([\d.]+)%/.exec(cell)![1]));
    ["training", "heldOut"].forEach((split, i) => {
      const { accuracy, recall } = splits[split]!;
      expect(Math.abs(shares[i]! - 100 * (accuracy ?? recall!.accuracy)), `${id}, ${split}`).toBeLessThan(0.0501);
    });
    expect(docs).toContain(`\n## ${id}\n`);
    expect(cells[7]).toMatch(/^`python -m training .*all`$/);
  });

  test("tells of no model that does not ship", () => {
    const told = [...docs.matchAll(/^## (.+)$/gm)].map(([, id]) => id!);
    expect(told.sort()).toEqual([...ids].sort());
  });
});
