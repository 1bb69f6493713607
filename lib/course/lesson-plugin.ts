/**
 * A remark plugin: from the text of a lesson to the tree that is rendered, and to a list of what is in it.
 * Live fences become <Cell id>, the fences of an exercise go into its record, other fences are highlighted; headings get
 * ids; figures and side notes get numbers; a quiz's list becomes choices. What a reader would stumble over is a problem
 * with a line.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, extname, relative, resolve } from "node:path";
import type { HighlighterCore } from "shiki/core";
import { parseFence, type CellOptions, type Role } from "./fence";
import { codeNodes, languages } from "./highlight";
import { attributesOf, terms } from "./lesson-components";
import { measuredText } from "./measured-text";
import { component, isComponent, lineOf, textOf, type MdxNode } from "./lesson-nodes";
import { list } from "./problem";
import { unknownName } from "./schema-problems";
import { slugger } from "./slug";

export type Heading = { id: string; text: string; depth: number; line: number };
export type Code = { source: string; line: number };
export type FoundCell = Code & { id: string } & Omit<CellOptions, "id">;
export type FoundExercise = { id: string; title: string; line: number; anchor: string } & Record<
  Exclude<Role, "live">,
  Code
>;
export type FoundLink = { url: string; line: number };
export type Listing = { file: string; lines?: [first: number, last: number]; code: string; lang: string };

/** What the text of a lesson holds, in its order. */
export type Found = {
  headings: Heading[];
  cells: FoundCell[];
  exercises: FoundExercise[];
  quizzes: string[];
  /** By the value of a <Source>'s `file` and `lines`. */
  listings: Map<string, Listing>;
  citations: { id: string; line: number }[];
  /** The names of all components. */
  components: Set<string>;
  links: FoundLink[];
  /** Ids that a link may lead to. */
  anchors: Set<string>;
  hasMath: boolean;
};

export type PluginOptions = {
  /** The lesson's own path. */
  file: string;
  /** The root of the repository, which <Source> reads from. */
  root: string;
  shiki: HighlighterCore;
  found: Found;
  report: (line: number, what: string) => void;
};

export const nothingFound = (): Found => ({
  headings: [],
  cells: [],
  exercises: [],
  quizzes: [],
  listings: new Map(),
  citations: [],
  components: new Set(),
  links: [],
  anchors: new Set(),
  hasMath: false,
});

const LARGEST_PICTURE = 200_000; // bytes: pictures are put into the page
const pictureTypes: Record<string, string> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".webp": "image/webp",
  ".avif": "image/avif",
  ".svg": "image/svg+xml",
};

export function lessonPlugin(options: PluginOptions) {
  const { file, root, shiki, found, report } = options;
  const uniqueId = slugger();
  let figures = 0;
  let notes = 0;

  return (tree: MdxNode) => {
    tree.children = within(tree.children ?? []);
    for (const { id } of found.headings) found.anchors.add(id);
  };

  /** Every node of a list, each in its new form, in order. */
  function within(nodes: MdxNode[]): MdxNode[] {
    const result: MdxNode[] = [];
    for (const node of nodes) {
      const next = visit(node);
      if (node.name === "SideNote" && node.type === "mdxJsxFlowElement") besideThePrevious(result, next[0]!);
      else result.push(...next);
    }
    return result;
  }

  function visit(node: MdxNode): MdxNode[] {
    switch (node.type) {
      case "mdxjsEsm":
        if (!node.value) return [node]; // the front matter, which mdx-bundler exports
        report(
          lineOf(node),
          `${/^\s*export/.test(node.value ?? "") ? "export" : "import"} does not work in a lesson: its components and builtins are already there`,
        );
        return [];
      case "mdxFlowExpression":
      case "mdxTextExpression":
        if (!/^\s*(\/\*[\s\S]*\*\/\s*)*$/.test(node.value ?? "")) {
          report(
            lineOf(node),
            "an expression in {braces} does not run in a lesson's text: use a live cell, or write \\{ for a brace",
          );
        }
        return [];
      case "text":
        node.value = unbroken(node.value ?? "");
        return [node];
      case "code":
        return fence(node);
      case "heading":
        return [heading(node)];
      case "image":
        return [image(node)];
      case "math":
      case "inlineMath":
        found.hasMath = true;
        return [node];
      case "link":
      case "definition":
        found.links.push({ url: node.url ?? "", line: lineOf(node) });
        node.url = lessonAddress(node.url ?? "");
        break;
    }
    if (isComponent(node)) return [element(node)];
    if (node.children) node.children = within(node.children);
    return [node];
  }

  function fence(node: MdxNode): MdxNode[] {
    const line = lineOf(node);
    const source = node.value ?? "";
    const parsed = attempt(line, () => parseFence(node.lang, node.meta));
    if (!parsed) return [];
    const { role, options } = parsed;
    if (role === "live") {
      const id = options.id ?? `cell-${found.cells.length + 1}`;
      if (!source.trim()) report(line, `cell ${id}: expected code, got nothing`);
      found.cells.push({ ...options, id, source, line });
      return [component("Cell", { id }, [], node)];
    }
    if (role) {
      report(line, `fence: js ${role} belongs inside <Exercise>`);
      return [];
    }
    const lang = node.lang ?? "text";
    if (!(languages as readonly string[]).includes(lang)) {
      report(line, `fence: ${unknownName("language", lang, languages)}`);
      return [];
    }
    const { properties, children } = codeNodes(shiki, source, lang);
    return [{ type: "highlighted", data: { hName: "pre", hProperties: properties, hChildren: children } }];
  }

  function heading(node: MdxNode): MdxNode {
    const line = lineOf(node);
    const depth = node.depth ?? 2;
    const text = textOf(node).trim();
    const before = found.headings.at(-1)?.depth ?? 1;
    if (depth === 1)
      report(line, "heading: the title is the only # heading, and it comes from the front matter: use ##");
    else if (depth > before + 1)
      report(line, `heading: expected at most ${"#".repeat(before + 1)} here, got ${"#".repeat(depth)}`);
    const id = uniqueId(text);
    found.headings.push({ id, text, depth, line });
    node.children = within(node.children ?? []);
    node.data = { ...node.data, hProperties: { ...node.data?.hProperties, id } };
    return node;
  }

  function image(node: MdxNode): MdxNode {
    const line = lineOf(node);
    const url = node.url ?? "";
    if (!node.alt?.trim())
      report(line, `image ${url}: expected a text in the brackets that says what it shows, got none`);
    const type = pictureTypes[extname(url).toLowerCase()];
    const path = url.startsWith("/") ? resolve(root, "public", `.${url}`) : resolve(dirname(file), url);
    if (/^[a-z]+:/i.test(url))
      report(line, `image ${url}: expected a file beside the lesson, got an address elsewhere`);
    else if (!existsSync(path)) report(line, `image ${url}: there is no such file`);
    else if (!type)
      report(
        line,
        `image ${url}: expected ${list(Object.keys(pictureTypes), "or")}, got ${extname(url) || "no ending"}`,
      );
    else if (!url.startsWith("/")) {
      const { size } = statSync(path);
      if (size > LARGEST_PICTURE)
        report(line, `image ${url}: expected at most ${LARGEST_PICTURE / 1000} kB, got ${Math.ceil(size / 1000)} kB`);
      else node.url = `data:${type};base64,${readFileSync(path).toString("base64")}`;
    }
    return node;
  }

  function element(node: MdxNode): MdxNode {
    const line = lineOf(node);
    const attributes = attributesOf(node, report);
    found.components.add(node.name ?? "");
    const id = typeof attributes.id === "string" ? attributes.id : undefined;
    switch (node.name ?? "") {
      case "Exercise":
        return exercise(node, id ?? "exercise", typeof attributes.title === "string" ? attributes.title : "");
      case "Quiz":
        return quiz(node, id ?? "quiz");
      case "Cite":
        if (id) found.citations.push({ id, line });
        break;
      case "Term":
        if (typeof attributes.kind === "string" && !(terms as readonly string[]).includes(attributes.kind)) {
          report(line, `<Term>: ${unknownName("kind", attributes.kind, terms)}`);
        }
        break;
      case "Measured": {
        const shown = attempt(line, () => measuredText(root, attributes));
        return { ...component("Measured", { ...shown }, [], node), type: node.type };
      }
      case "Source":
        listing(attributes.file, attributes.lines, line);
        break;
      case "Figure": {
        const number = String(++figures);
        const anchor = id ?? `figure-${number}`;
        found.anchors.add(anchor);
        return component(
          "Figure",
          { id: anchor, number, caption: String(attributes.caption ?? ""), wide: attributes.wide },
          within(node.children ?? []),
          node,
        );
      }
      case "SideNote":
        return component("SideNote", { number: String(++notes) }, within(node.children ?? []), node);
      case "a": {
        const href = node.attributes?.find(({ name }) => name === "href")?.value;
        if (typeof href === "string") found.links.push({ url: href, line });
        break;
      }
      case "img":
        report(line, "image: expected ![what it shows](file.png), got <img>");
        break;
      default:
    }
    node.children = within(node.children ?? []);
    return node;
  }

  /** A side note and the paragraph that it belongs to, as one. */
  function besideThePrevious(before: MdxNode[], note: MdxNode): void {
    const paragraph = before.at(-1);
    if (paragraph?.type !== "paragraph") {
      report(lineOf(note), "<SideNote>: expected it after the paragraph that it belongs to");
      return;
    }
    const number = String(notes);
    paragraph.children!.push({ ...component("SideNoteMark", { number }, [], note), type: "mdxJsxTextElement" });
    before[before.length - 1] = component("Beside", {}, [note, paragraph], note);
  }

  function exercise(node: MdxNode, id: string, title: string): MdxNode {
    const line = lineOf(node);
    const anchor = `exercise-${id}`; // the id that the component has
    const parts: Partial<Record<Exclude<Role, "live">, Code>> = {};
    found.headings.push({ id: anchor, text: `Exercise. ${title}`, depth: 3, line });

    const prose = (node.children ?? []).filter((child) => {
      if (child.type !== "code") return true;
      const fenceLine = lineOf(child);
      const parsed = attempt(fenceLine, () => parseFence(child.lang, child.meta));
      if (!parsed?.role) return parsed !== undefined;
      if (parsed.role === "live")
        report(fenceLine, `exercise ${id}: expected starter, solution or check, got live: a cell belongs outside`);
      else if (parts[parsed.role]) report(fenceLine, `exercise ${id}: js ${parsed.role} is there twice`);
      else parts[parsed.role] = { source: child.value ?? "", line: fenceLine };
      return false;
    });
    const missing = (["starter", "solution", "check"] as const).filter((role) => !parts[role]);
    if (missing.length) report(line, `exercise ${id}: expected ${list(missing.map((role) => `js ${role}`))}, got none`);
    if (found.exercises.some((other) => other.id === id)) report(line, `exercise ${id}: the name is there twice`);
    if (!missing.length) {
      found.exercises.push({
        id,
        title,
        line,
        anchor,
        starter: parts.starter!,
        solution: parts.solution!,
        check: parts.check!,
      });
    }
    return component("Exercise", { id }, within(prose), node);
  }

  /** A list of tasks becomes choices: the first paragraph is the choice, the rest says why. */
  function quiz(node: MdxNode, id: string): MdxNode {
    const line = lineOf(node);
    if (found.quizzes.includes(id)) report(line, `quiz ${id}: the name is there twice`);
    found.quizzes.push(id);
    const choices = (node.children ?? []).find(({ type }) => type === "list");
    const items = choices?.children ?? [];
    if (items.length < 2 || items.some(({ checked }) => checked == null)) {
      report(line, `quiz ${id}: expected a list of choices, - [ ] wrong and - [x] right`);
    } else if (!items.some(({ checked }) => checked)) {
      report(line, `quiz ${id}: expected at least one right choice, - [x], got none`);
    }
    const question = (node.children ?? []).filter((child) => child !== choices);
    if (!question.length) report(line, `quiz ${id}: expected a question before the choices, got none`);
    return component(
      "Quiz",
      { id },
      [
        ...within(question),
        ...items.map((item) => {
          const [choice, ...why] = item.children ?? [];
          if (!why.length)
            report(lineOf(item), `quiz ${id}: expected a paragraph that says why, below the choice, got none`);
          const label = component("QuizLabel", {}, within(choice?.children ?? []), item);
          return component(
            "QuizChoice",
            { quiz: id, right: item.checked ? true : undefined },
            [label, ...within(why)],
            item,
          );
        }),
      ],
      node,
    );
  }

  function listing(name: string | true | undefined, range: string | true | undefined, line: number): void {
    if (typeof name !== "string") return;
    const path = resolve(root, name);
    const inside = !relative(root, path).startsWith("..");
    if (!inside || !existsSync(path) || !statSync(path).isFile()) {
      report(line, `<Source>: there is no file ${name} in this repository`);
      return;
    }
    const all = readFileSync(path, "utf8").replace(/\n$/, "").split("\n");
    const match = typeof range === "string" ? /^(\d+)-(\d+)$/.exec(range) : undefined;
    if (range !== undefined && !match) report(line, `<Source>: expected lines="first-last", got ${String(range)}`);
    const [first, last] = match ? [Number(match[1]), Number(match[2])] : [1, all.length];
    if (first < 1 || first > last || last > all.length) {
      report(line, `<Source>: expected lines within 1-${all.length} of ${name}, got ${first}-${last}`);
      return;
    }
    const lang = extname(path).slice(1).replace("mjs", "js");
    found.listings.set(listingKey(name, typeof range === "string" ? range : undefined), {
      file: name,
      lines: match ? [first, last] : undefined,
      code: all.slice(first - 1, last).join("\n"),
      lang: (languages as readonly string[]).includes(lang) ? lang : "text",
    });
  }

  function attempt<T>(line: number, parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      report(line, (error as Error).message);
      return undefined;
    }
  }
}

export const listingKey = (file: string, lines?: string): string => (lines ? `${file}:${lines}` : file);

/** A link to another lesson's file works on the page as well: ../02-the-block/index.mdx -> ../the-block/ */
export function lessonAddress(url: string): string {
  return /^\.{1,2}\/(?!.*:)/.test(url) ? url.replace(/\/index\.mdx(?=#|$)/, "/").replace(/(^|\/)\d{2}-/g, "$1") : url;
}

/** No line breaks between a number and its unit, or within 8 × 8. */
export function unbroken(text: string): string {
  return text.replace(/(\d) (?=%)/g, "$1\u00a0").replace(/(\d) × (?=\d)/g, "$1\u00a0×\u00a0");
}
