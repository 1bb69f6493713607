/** From a lesson's file to everything that its page needs: by mdx-bundler, with the plugins of this folder. */
import { readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import type { Element, Root } from "hast";
import { bundleMDX } from "mdx-bundler";
import rehypeKatex from "rehype-katex";
import remarkGfm from "remark-gfm";
import remarkMath from "remark-math";
import type { VFile } from "vfile";
import { parseFrontMatter, type FrontMatter } from "./front-matter";
import { codeHtml, highlighter } from "./highlight";
import { terms } from "./lesson-components";
import { checkCode, type LessonCell, type LessonExercise } from "./lesson-code";
import { lessonPlugin, nothingFound, type Found, type Heading } from "./lesson-plugin";
import { outputOf, readOutputs, type LessonOutputs } from "./outputs";
import { CourseError, type Problem } from "./problem";

export type LessonListing = { file: string; lines?: [number, number]; html: string };

export type CompiledLesson = {
  /** Relative to the repository, with forward slashes. */
  file: string;
  frontMatter: FrontMatter;
  /** A program that gives the lesson's React component: see render-lesson.ts. */
  program: string;
  headings: Heading[];
  cells: LessonCell[];
  exercises: LessonExercise[];
  listings: Map<string, LessonListing>;
  /** Keys of what it cites, in the order of their first mention. */
  citations: string[];
  found: Found;
  /** Pictures of the cells' outputs, by name, in base64. */
  images: LessonOutputs["images"];
};

export type CompileOptions = {
  root: string;
  /** Keys of content/references.json. */
  references: ReadonlySet<string>;
};

/** @throws CourseError that lists everything that is wrong in the file */
export async function compileLesson(path: string, { root, references }: CompileOptions): Promise<CompiledLesson> {
  const file = relative(root, path).replaceAll("\\", "/");
  const frontMatter = parseFrontMatter(readFileSync(path, "utf8"), file);
  const shiki = await highlighter();
  const found = nothingFound();
  const problems: Problem[] = [];
  const report = (line: number, what: string) => {
    if (!problems.some((known) => known.line === line && known.what === what)) problems.push({ file, line, what });
  };

  const program = await bundle(path, file, { file: path, root, shiki, found, report });
  const { cells, exercises } = checkCode(found, shiki, report);
  checkCitations(found, frontMatter, references, report);
  checkSkeleton(found, report);
  if (problems.length) throw new CourseError(problems.sort((a, b) => a.line - b.line));

  const outputs = readOutputs(path);
  return {
    file,
    frontMatter,
    program,
    headings: found.headings,
    cells: cells.map((cell) => ({ ...cell, output: outputOf(outputs, cell.id, cell.source) })),
    images: outputs.images,
    exercises,
    listings: new Map(
      [...found.listings].map(([key, { file, lines, code, lang }]) => [
        key,
        { file, lines, html: codeHtml(shiki, code, lang) },
      ]),
    ),
    citations: [...new Set(found.citations.map(({ id }) => id))],
    found,
  };
}

async function bundle(path: string, file: string, options: Parameters<typeof lessonPlugin>[0]): Promise<string> {
  try {
    const { code } = await bundleMDX({
      file: path,
      cwd: dirname(path),
      mdxOptions: (given: unknown) => {
        const mdx = given as { remarkPlugins?: unknown[]; rehypePlugins?: unknown[] };
        mdx.remarkPlugins = [...(mdx.remarkPlugins ?? []), remarkGfm, remarkMath, [lessonPlugin, options]];
        mdx.rehypePlugins = [
          ...(mdx.rehypePlugins ?? []),
          [rehypeKatex, katex],
          [mathProblems, options.report],
          reachableFormulas,
        ];
        return { ...mdx, development: false } as never; // its own type names a package that is not installed
      },
      esbuildOptions: (esbuild) => ({ ...esbuild, logLevel: "silent" }),
    });
    return code;
  } catch (error) {
    const failures = (error as { errors?: { text: string; location?: { line: number } | null }[] }).errors;
    if (!failures?.length) throw error;
    throw new CourseError(
      failures.map(({ text, location }) => ({ file, line: location?.line ?? 1, what: `MDX: ${text.split("\n")[0]}` })),
    );
  }
}

/** In formulas as in text and figures, one colour per kind of thing: \query{Q}, \key{K}, \value{V}, \patch{x}, \token{t}. */
const katex = {
  macros: Object.fromEntries(terms.map((kind) => [`\\${kind}`, `\\htmlClass{math-${kind}}{#1}`])),
  trust: ({ command }: { command: string }) => command === "\\htmlClass",
  strict: (code: string) => (code === "htmlExtension" ? "ignore" : "warn"),
};

/** KaTeX leaves its complaints as messages of the file. */
function mathProblems(report: (line: number, what: string) => void) {
  return (_: unknown, file: VFile) => {
    for (const message of file.messages.filter(({ source }) => source === "rehype-katex")) {
      const { cause } = message;
      report(message.line ?? 1, `formula: ${cause instanceof Error ? cause.message : message.reason}`);
    }
  };
}

function isFormula({ properties }: Element): boolean {
  return Array.isArray(properties.className) && properties.className.includes("katex-display");
}

/** A long formula scrolls on a narrow page; the keyboard must be able to get there. */
function reachableFormulas() {
  const reach = (node: Element | Root): void => {
    for (const child of node.children) {
      if (child.type === "element" && isFormula(child)) child.properties.tabIndex = 0;
      else if ("children" in child) reach(child); // a lesson's own components among them
    }
  };
  return reach;
}

function checkCitations(
  found: Found,
  { sources }: FrontMatter,
  references: ReadonlySet<string>,
  report: (line: number, what: string) => void,
): void {
  for (const { id, line } of found.citations) {
    if (!references.has(id)) report(line, `<Cite>: content/references.json has no ${id}`);
    else if (!sources.includes(id)) report(line, `<Cite>: expected ${id} among the sources of the front matter`);
  }
  const cited = new Set(found.citations.map(({ id }) => id));
  for (const source of sources) if (!cited.has(source)) report(1, `front matter: the source ${source} is not cited`);
}

function checkSkeleton({ components }: Found, report: (line: number, what: string) => void): void {
  for (const part of ["Objectives", "Recap"]) {
    if (!components.has(part)) report(1, `lesson: expected <${part}>, got none`);
  }
}
