/** content/references.json: what the lessons cite, as CSL-JSON (https://docs.citationstyles.org), checked. */
import { z } from "zod";
import { CourseError } from "./problem";

const referenceSchema = z.strictObject({
  id: z.string().regex(/^[a-z]+\d{4}[a-z]?$/, "expected the first author and the year, as in vaswani2017"),
  type: z.enum(["article-journal", "paper-conference", "article", "book", "webpage", "post-weblog"]),
  title: z.string().min(1),
  author: z.array(z.strictObject({ family: z.string(), given: z.string().optional() })).min(1),
  issued: z.strictObject({ "date-parts": z.tuple([z.tuple([z.number().int()])]) }),
  "container-title": z.string().optional(),
  URL: z.url(),
});

export type Reference = z.infer<typeof referenceSchema>;

/** @throws CourseError that names the file and the line of each problem */
export function parseReferences(source: string, file: string): Map<string, Reference> {
  let data: unknown;
  try {
    data = JSON.parse(source);
  } catch (error) {
    throw new CourseError([{ file, line: 1, what: `references: not valid JSON: ${(error as Error).message}` }]);
  }
  const references = new Map<string, Reference>();
  const lineOf = (id: unknown) =>
    Math.max(1, source.split("\n").findIndex((line) => typeof id === "string" && line.includes(`"${id}"`)) + 1);
  for (const entry of z.array(z.looseObject({ id: z.string() })).parse(data)) {
    const parsed = referenceSchema.safeParse(entry);
    const problem = !parsed.success
      ? `${entry.id}: ${parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ")}`
      : references.has(entry.id)
        ? `${entry.id} is there twice`
        : undefined;
    if (problem) throw new CourseError([{ file, line: lineOf(entry.id), what: `references: ${problem}` }]);
    if (parsed.success) references.set(entry.id, parsed.data);
  }
  return references;
}

/** "Dosovitskiy et al." */
export function authorsInShort({ author }: Reference): string {
  const names = author.map(({ family }) => family);
  return names.length > 2 ? `${names[0]} et al.` : names.join(" and ");
}

/** "A. Dosovitskiy, L. Beyer, …" up to `most` names, then "and others". */
export function authorsInFull({ author }: Reference, most = 8): string {
  const names = author.map(({ family, given }) => (given ? `${initials(given)} ${family}` : family));
  const left = names.length - most;
  if (left > 0) return `${names.slice(0, most).join(", ")} and ${left === 1 ? "one other" : `${left} others`}`;
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0]!;
}

export const yearOf = (reference: Reference): number => reference.issued["date-parts"][0][0];

function initials(given: string): string {
  return given
    .split(/\s+/)
    .map((name) => `${name[0]}.`)
    .join(" ");
}
