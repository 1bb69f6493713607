/** The course as a whole: content/ read in the order of its numbered folders, and everything that spans lessons checked. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { compileLesson, type CompiledLesson } from "./compile-lesson";
import { downloadBytes } from "./downloads";
import { checkLinks } from "./links";
import { parseModule, type ModuleFile } from "./module-file";
import { CourseError, type Problem } from "./problem";
import { parseReferences, type Reference } from "./references";
import { numbered } from "./slug";

export type Lesson = CompiledLesson & {
  slug: string;
  /** Its place in its module, from 1. */
  number: number;
  module: CourseModule;
  /** /course/vision-transformers/patches/ */
  address: string;
  requires: Lesson[];
  /** Bytes that a reader loads at most, besides the page: its models, and the sprites if it draws scenes. */
  downloadBytes: number;
};

export type CourseModule = Omit<ModuleFile, "requires"> & {
  slug: string;
  number: number;
  requires: CourseModule[];
  lessons: Lesson[];
};

export type Course = {
  modules: CourseModule[];
  /** All lessons, in order, drafts left out. */
  lessons: Lesson[];
  references: ReadonlyMap<string, Reference>;
};

export type CourseOptions = {
  /** The root of the repository, with content/ and public/. */
  root: string;
};

/** @throws CourseError that lists what is wrong, with file and line */
export async function readCourse({ root }: CourseOptions): Promise<Course> {
  const content = resolve(root, "content");
  const problems: Problem[] = [];
  const referencesFile = join(content, "references.json");
  const references = existsSync(referencesFile)
    ? parseReferences(readFileSync(referencesFile, "utf8"), "content/references.json")
    : new Map<string, Reference>();

  const modules: CourseModule[] = [];
  const requiredModules = new Map<CourseModule, string[]>();
  for (const folder of folders(content, root, problems)) {
    const path = join(content, folder.name, "module.json");
    const file = relative(root, path).replaceAll("\\", "/");
    if (!existsSync(path)) {
      problems.push({ file, line: 1, what: "module: expected this file, got none" });
      continue;
    }
    const module: CourseModule = {
      ...parseModule(readFileSync(path, "utf8"), file),
      ...folder.place,
      requires: [],
      lessons: [],
    };
    requiredModules.set(module, parseModule(readFileSync(path, "utf8"), file).requires);
    for (const lesson of folders(join(content, folder.name), root, problems)) {
      const path = join(content, folder.name, lesson.name, "index.mdx");
      if (!existsSync(path)) {
        const file = relative(root, path).replaceAll("\\", "/");
        problems.push({ file, line: 1, what: "lesson: expected this file, got none" });
        continue;
      }
      try {
        const compiled = await compileLesson(path, { root, references: new Set(references.keys()) });
        if (compiled.frontMatter.draft) continue;
        module.lessons.push({
          ...compiled,
          ...lesson.place,
          module,
          address: `/course/${module.slug}/${lesson.place.slug}/`,
          requires: [],
          downloadBytes: downloadBytes(compiled, root, problems),
        });
      } catch (error) {
        if (!(error instanceof CourseError)) throw error;
        problems.push(...error.problems);
      }
    }
    modules.push(module);
  }

  const lessons = modules.flatMap((module) => module.lessons);
  for (const [module, required] of requiredModules) resolveModules(module, required, modules, problems);
  for (const lesson of lessons) resolveLessons(lesson, lessons, problems);
  problems.push(...checkLinks(lessons));
  if (problems.length) throw new CourseError(problems);
  return { modules, lessons, references };
}

type Folder = { name: string; place: { number: number; slug: string } };

/** The numbered folders inside a folder, in order. Every other folder, and a number that is there twice, is a problem. */
function folders(path: string, root: string, problems: Problem[]): Folder[] {
  const found: Folder[] = [];
  for (const entry of readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    const file = relative(root, join(path, entry.name)).replaceAll("\\", "/");
    const place = numbered(entry.name);
    const twin = found.find((other) => other.place.number === place?.number || other.place.slug === place?.slug);
    if (!place)
      problems.push({ file, line: 1, what: "folder: expected a number and a name, as in 04-vision-transformers" });
    else if (twin)
      problems.push({ file, line: 1, what: `folder: its number or its name is also that of ${twin.name}` });
    else found.push({ name: entry.name, place });
  }
  return found.sort((a, b) => a.place.number - b.place.number);
}

function resolveModules(module: CourseModule, required: string[], modules: CourseModule[], problems: Problem[]): void {
  for (const name of required) {
    const other = modules.find(({ slug }) => slug === name);
    const file = `content/${String(module.number).padStart(2, "0")}-${module.slug}/module.json`;
    if (!other) problems.push({ file, line: 1, what: `requires: there is no module ${name}` });
    else if (other.number >= module.number)
      problems.push({ file, line: 1, what: `requires: ${name} does not come before this module` });
    else module.requires.push(other);
  }
}

/** What a lesson requires comes before it; so there can be no circle. */
function resolveLessons(lesson: Lesson, lessons: Lesson[], problems: Problem[]): void {
  const { file, frontMatter } = lesson;
  for (const name of frontMatter.requires) {
    const matches = lessons.filter(({ slug, module }) => slug === name || `${module.slug}/${slug}` === name);
    const [other] = matches;
    const line = 1;
    if (!other) problems.push({ file, line, what: `requires: there is no lesson ${name}` });
    else if (matches.length > 1) {
      problems.push({
        file,
        line,
        what: `requires: expected module/lesson, got ${name}, which ${matches.length} lessons are called`,
      });
    } else if (lessons.indexOf(other) >= lessons.indexOf(lesson)) {
      problems.push({ file, line, what: `requires: ${name} does not come before this lesson` });
    } else lesson.requires.push(other);
  }
}
