/** Links inside the course lead to a lesson that exists, and to a place in it that exists. */
import { dirname, posix } from "node:path";
import type { Lesson } from "./course";
import type { Problem } from "./problem";

/** Pages that are not lessons. */
const pages = new Set(["/", "/course/", "/credits/", "/engine/", "/studio/"]);

export function checkLinks(lessons: readonly Lesson[]): Problem[] {
  return lessons.flatMap((lesson) =>
    lesson.found.links.flatMap(({ url, line }) => {
      const what = problemOf(url, lesson, lessons);
      return what ? [{ file: lesson.file, line, what: `link ${url}: ${what}` }] : [];
    }),
  );
}

function problemOf(url: string, from: Lesson, lessons: readonly Lesson[]): string | undefined {
  if (/^https?:\/\/[^\s/]+/.test(url)) return undefined;
  if (/^[a-z]+:/i.test(url)) return "expected https, a lesson's file or #a-heading";
  const [path = "", anchor] = url.split("#");
  const target = path === "" ? from : lessons.find((lesson) => leadsTo(path, from, lesson));
  if (!target) return pages.has(path) ? undefined : "there is no such lesson";
  const anchors = target.found.anchors;
  return anchor && !anchors.has(anchor) ? `there is no heading #${anchor} in ${target.file}` : undefined;
}

/** By the lesson's file, as in ../02-the-block/index.mdx, or by its address. */
function leadsTo(path: string, from: Lesson, to: Lesson): boolean {
  return (
    path === to.address || posix.join(dirname(from.file), path.replace(/index\.mdx$/, ""), "index.mdx") === to.file
  );
}
