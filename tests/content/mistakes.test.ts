/** A mistake for each rule, planted in a small course that is right: each is reported, with its file and its line. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { CourseError, readCourse } from "../../lib/course";
import { measuredText } from "../../lib/course/measured-text";

const MODULE = JSON.stringify({ title: "Words", summary: "About words.", colour: "token" }, null, 2);
const LESSON = `---
title: One word
summary: What a word is.
minutes: 5
authors: [someone]
sources: [vaswani2017]
---

<Objectives>

- Say a word

</Objectives>

Text, with a source <Cite id="vaswani2017" />.

## A heading

\`\`\`js live id=one
const one = 1;
\`\`\`

\`\`\`js live
display(one + 1);
\`\`\`

<Exercise id="double" title="Double it">

\`\`\`js starter
const double = (x) => x;
\`\`\`

\`\`\`js solution
const double = (x) => 2 * x;
\`\`\`

\`\`\`js check
expect(double(2)).toBe(4);
\`\`\`

</Exercise>

<Recap>

- A word

</Recap>
`;
const REFERENCES = JSON.stringify(
  [
    {
      id: "vaswani2017",
      type: "paper-conference",
      title: "Attention Is All You Need",
      author: [{ family: "Vaswani", given: "Ashish" }],
      issued: { "date-parts": [[2017]] },
      URL: "https://arxiv.org/abs/1706.03762",
    },
  ],
  null,
  2,
);
const FILE = "content/01-words/01-one/index.mdx";
const RIGHT: Record<string, string> = {
  "content/references.json": REFERENCES,
  "content/01-words/module.json": MODULE,
  [FILE]: LESSON,
  "public/models/small/eval.json": JSON.stringify({
    splits: {
      training: { accuracy: 0.9764, count: 1300, kinds: { "facts/is.it": { accuracy: 0.5 }, where: { accuracy: 1 } } },
      heldOut: { accuracy: 0.7001 },
    },
    bytes: 11_812_345,
    perplexity: { said: 3.14159 },
  }),
};

const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** What the course says is wrong with these files; empty when nothing is. */
async function problems(files: Record<string, string | undefined>): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), "course-"));
  made.push(root);
  for (const [path, text] of Object.entries({ ...RIGHT, ...files })) {
    if (text === undefined) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  try {
    await readCourse({ root });
    return "";
  } catch (error) {
    if (error instanceof CourseError) return error.message;
    throw error;
  }
}

/** The lesson with one thing replaced, which must be there. */
function changed(what: string, by: string): string {
  expect(LESSON).toContain(what);
  return LESSON.replace(what, () => by);
}

/** The line of the file on which `text` begins. */
const lineIn = (file: string, text: string) => file.slice(0, file.indexOf(text)).split("\n").length;

describe("numbers of ours, read at build", () => {
  const root = () => {
    const folder = mkdtempSync(join(tmpdir(), "measured-"));
    made.push(folder);
    mkdirSync(join(folder, "public/models/small"), { recursive: true });
    writeFileSync(join(folder, "public/models/small/eval.json"), RIGHT["public/models/small/eval.json"]!);
    return folder;
  };
  test.each([
    ["a share", { path: "training.accuracy" }, "97.6 %"],
    ["the same by its whole path", { path: "splits.training.accuracy", digits: "2" }, "97.64 %"],
    ["a key with dots and slashes", { path: "training.kinds.facts/is.it.accuracy" }, "50.0 %"],
    ["all of them", { path: "training.kinds.where.accuracy" }, "100.0 %"],
    ["a difference", { path: "training.accuracy", minus: "heldOut.accuracy" }, "27.6 points"],
    ["the other way round", { path: "heldOut.accuracy", minus: "training.accuracy" }, "−27.6 points"],
    ["a count", { path: "training.count" }, "1,300"],
    ["a number", { path: "perplexity.said" }, "3.14"],
    ["bytes", { path: "bytes", as: "bytes" }, "11.8 MB"],
  ])("%s", (_, attributes, text) => {
    const shown = measuredText(root(), { model: "small", ...attributes });
    expect(shown.text.replaceAll("\u00a0", " ")).toBe(text);
    expect(shown.source).toContain(`public/models/small/eval.json: ${attributes.path}`);
  });

  test("in a lesson's text it is a number with its source", async () => {
    const text = LESSON.replace(
      "Text, with",
      'It knows <Measured model="small" path="training.accuracy" />. Text, with',
    );
    expect(await problems({ [FILE]: text })).toBe("");
  });
});

test("a formula has the colours of what it speaks of", async () => {
  const root = mkdtempSync(join(tmpdir(), "course-"));
  made.push(root);
  const text = LESSON.replace("Text, with", "$\\query{Q}\\key{K}^\\top$ and $$\n\\value{V}\n$$\n\nText, with");
  for (const [path, content] of Object.entries({ ...RIGHT, [FILE]: text })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  const { lessons } = await readCourse({ root });
  expect(lessons[0]!.found.hasMath).toBe(true);
  for (const kind of ["query", "key", "value"]) expect(lessons[0]!.program).toContain(`math-${kind}`);
});

test("the small course is right as it stands", async () => {
  expect(await problems({})).toBe("");
});

describe("front matter", () => {
  test.each([
    ["an unknown key", "minutes: 5", "minutes: 5\nminute: 5", 5, "unknown key “minute”: did you mean “minutes”?"],
    ["a missing key", "minutes: 5\n", "", 1, "minutes is missing: expected number"],
    ["a wrong type", "minutes: 5", "minutes: five", 4, "minutes: expected number, got string"],
    ["broken YAML", "title: One word", "title: [One word", 3, "not valid YAML"],
    ["a source that is not cited", "[vaswani2017]", "[vaswani2017, other2020]", 1, "the source other2020 is not cited"],
    [
      "a model that does not exist",
      "minutes: 5",
      "minutes: 5\nmodels: [no-such]",
      1,
      "there is no public/models/no-such",
    ],
    ["a lesson that does not exist", "minutes: 5", "minutes: 5\nrequires: [nothing]", 1, "there is no lesson nothing"],
    [
      "a lesson that requires itself",
      "minutes: 5",
      "minutes: 5\nrequires: [one]",
      1,
      "one does not come before this lesson",
    ],
  ])("%s", async (_, what, by, line, message) => {
    const said = await problems({ [FILE]: changed(what, by) });
    expect(said).toContain(message);
    expect(said).toContain(`${FILE}:${line}: `);
  });
});

describe("text", () => {
  const long = "Text, with a source";
  test.each([
    ["an import", long, 'import x from "y";\n\nText, with a source', "import does not work in a lesson"],
    ["an export", long, "export const x = 1;\n\nText, with a source", "export does not work in a lesson"],
    ["an expression", long, "{1 + 1} words, with a source", "an expression in {braces} does not run"],
    [
      "an unknown component",
      long,
      "<Nots>x</Nots> Text, with a source",
      "unknown component “<Nots>”: did you mean “<Note>”?",
    ],
    [
      "an unknown attribute",
      '<Cite id="vaswani2017" />',
      '<Cite key="x" id="vaswani2017" />',
      "<Cite>: unknown attribute “key”",
    ],
    [
      "an unknown source",
      '<Cite id="vaswani2017" />',
      '<Cite id="vaswani2017" /> <Cite id="no2000" />',
      "references.json has no no2000",
    ],
    [
      "an unknown kind of word",
      long,
      '<Term kind="patches">x</Term> Text, with a source',
      "unknown kind “patches”: did you mean “patch”?",
    ],
    ["a first heading", "## A heading", "# A heading", "the title is the only # heading"],
    ["a heading that skips a level", "## A heading", "#### A heading", "expected at most ## here, got ####"],
    ["an unclosed component", "</Objectives>", "", "MDX: "],
    [
      "a dead link",
      long,
      "[x](../02-two/index.mdx) Text, with a source",
      "link ../02-two/index.mdx: there is no such lesson",
    ],
    ["a dead anchor", long, "[x](#no-heading) Text, with a source", "there is no heading #no-heading"],
    ["a picture without a text", long, "![](x.png)\n\nText, with a source", "expected a text in the brackets"],
    ["a picture that is not there", long, "![x](x.png)\n\nText, with a source", "image x.png: there is no such file"],
    [
      "a number of a model that was not measured",
      long,
      '<Measured model="no-such" path="training.accuracy" /> Text, with a source',
      "<Measured>: there is no public/models/no-such/eval.json",
    ],
    [
      "a number that is not in the file",
      long,
      '<Measured model="small" path="training.accuracies" /> Text, with a source',
      "expected training.accuracies, got no accuracies; there is accuracy, count, kinds",
    ],
    [
      "a part of the file that is no number",
      long,
      '<Measured model="small" path="training.kinds" /> Text, with a source',
      "expected a number at training.kinds, got an object with facts/is.it, where",
    ],
    [
      "a number in a form that there is not",
      long,
      '<Measured model="small" path="training.accuracy" as="percents" /> Text, with a source',
      "unknown form “percents”: did you mean “percent”?",
    ],
    [
      "a file outside the models",
      long,
      '<Measured model="small" file="../../../package.json" path="version" /> Text, with a source',
      "there is no public/models/small/../../../package.json",
    ],
    ["a broken formula", long, "$\\frac{1}{$ Text, with a source", "formula: "],
    [
      "a file that is not there",
      long,
      '<Source file="lib/no.ts" />\n\nText, with a source',
      "there is no file lib/no.ts",
    ],
    [
      "a file outside",
      long,
      '<Source file="../../etc/hosts" />\n\nText, with a source',
      "there is no file ../../etc/hosts",
    ],
    [
      "lines that are not there",
      long,
      '<Source file="content/references.json" lines="1-999" />\n\nText, with a source',
      "expected lines within 1-",
    ],
    [
      "a quiz without a right choice",
      long,
      '<Quiz id="q">\n\nQ?\n\n- [ ] a\n\n  why\n\n- [ ] b\n\n  why\n\n</Quiz>\n\nText, with a source',
      "expected at least one right choice",
    ],
    [
      "a quiz without reasons",
      long,
      '<Quiz id="q">\n\nQ?\n\n- [x] a\n- [ ] b\n\n</Quiz>\n\nText, with a source',
      "expected a paragraph that says why",
    ],
    ["no recap", /<Recap>[\s\S]*<\/Recap>/.exec(LESSON)![0], "", "expected <Recap>, got none"],
  ])("%s", async (_, what, by, message) => {
    const said = await problems({ [FILE]: changed(what, by) });
    expect(said).toContain(message);
    expect(said).toMatch(new RegExp(`^${FILE}:\\d+: `));
  });

  test("a side note that follows no paragraph", async () => {
    const text = changed("\n\n```js live\n", "\n\n<SideNote>\n\nx\n\n</SideNote>\n\n```js live\n");
    expect(await problems({ [FILE]: text })).toBe(
      `${FILE}:${lineIn(text, "<SideNote>")}: <SideNote>: expected it after the paragraph that it belongs to`,
    );
  });
});

describe("cells and exercises", () => {
  test.each([
    [
      "a word that is not a role",
      "js live id=one",
      "js lvie id=one",
      "js lvie",
      "unknown word “lvie”: did you mean “live”?",
    ],
    [
      "an unknown option",
      "js live id=one",
      "js live idd=one",
      "js live idd",
      "unknown option “idd”: did you mean “id”?",
    ],
    [
      "an option with a wrong value",
      "js live id=one",
      "js live id=one height=tall",
      "js live id",
      "expected height in pixels",
    ],
    [
      "a language that cells do not have",
      "js live id=one",
      "py live id=one",
      "py live",
      "expected js live, got py live",
    ],
    ["a syntax error", "const one = 1;", "const one = ;", "const one", "cell one: "],
    [
      "an unknown name",
      "display(one + 1);",
      "display(one);\ndisplay(on);",
      "display(on)",
      "on is not defined by any cell or builtin",
    ],
    [
      "a name defined twice",
      "display(one + 1);",
      "display(1);\nconst one = 2;",
      "const one = 2",
      "one is also defined in cell one",
    ],
    ["an import in a cell", "display(one + 1);", 'import x from "y";', "import x", "import does not work in a cell"],
    ["two cells of one id", "js live\n", "js live id=one\n", "display(one", "two cells have the id one"],
    [
      "two cells of one label",
      "js live\n",
      "js live label=one\n",
      "js live label=one",
      "is called “one” like cell one: give it another label",
    ],
    ["no check", /```js check[\s\S]*?```/.exec(LESSON)![0], "", "<Exercise", "expected js check, got none"],
    ["a cell in an exercise", "js starter", "js live", "js live\nconst double", "a cell belongs outside"],
    ["a starter outside", "js live\n", "js starter\n", "js starter\ndisplay", "js starter belongs inside <Exercise>"],
    [
      "a syntax error in a check",
      "expect(double(2)).toBe(4);",
      "expect(double(2).toBe(4);",
      "expect(double(2).",
      "exercise double, check: ",
    ],
    ["an unknown name in a check", "expect(double(2))", "expect(doubel(2))", "expect(doubel", "doubel is not defined"],
  ])("%s", async (_, what, by, where, message) => {
    const text = changed(what, by);
    const said = await problems({ [FILE]: text });
    const lines = said.split("\n").filter((line) => line.includes(message));
    expect(lines, said).not.toEqual([]);
    expect(lines[0]).toContain(`${FILE}:${lineIn(text, where)}: `);
  });
});

describe("folders and modules", () => {
  test.each([
    [
      "a folder without a number",
      { "content/words/module.json": MODULE },
      "content/words:1: folder: expected a number",
    ],
    [
      "a number that is there twice",
      { "content/01-other/module.json": MODULE },
      "its number or its name is also that of",
    ],
    [
      "a module without its file",
      { "content/01-words/module.json": undefined },
      "content/01-words/module.json:1: module: expected this file",
    ],
    [
      "a lesson without its file",
      { "content/01-words/02-two/notes.txt": "" },
      "content/01-words/02-two/index.mdx:1: lesson: expected this file",
    ],
    [
      "an unknown key",
      { "content/01-words/module.json": MODULE.replace("summary", "sumary") },
      "content/01-words/module.json:3: module: unknown key “sumary”",
    ],
    [
      "a module that does not exist",
      { "content/01-words/module.json": MODULE.replace("{", '{ "requires": ["no"],') },
      "there is no module no",
    ],
    [
      "a reference with a wrong year",
      { "content/references.json": REFERENCES.replace("2017\n", '"2017"\n') },
      "content/references.json:3: references: vaswani2017",
    ],
  ] as [string, Record<string, string | undefined>, string][])("%s", async (_, files, message) => {
    expect(await problems(files)).toContain(message);
  });
});
