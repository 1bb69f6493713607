/** NOTICE, read: the third-party works that the course is made with, and their licences. */
export type NoticeWork = { name: string; facts: [key: string, value: string][] };
export type NoticeSection = { title: string; text: string; works: NoticeWork[] };

/**
 * A section is a title underlined with dashes; below it paragraphs, and works: a name, then indented lines of
 * `key  value`, two spaces or more between them.
 * @throws Error when the file has no section
 */
export function parseNotice(source: string): NoticeSection[] {
  const sections = source
    .replaceAll("\r\n", "\n")
    .split(/\n(?=[^\n]+\n-{3,}\n)/)
    .slice(1)
    .map((block): NoticeSection => {
      const [title = "", , ...rest] = block.split("\n");
      const parts = rest
        .join("\n")
        .split(/\n{2,}/)
        .map((part) => part.replace(/^\n+|\s+$/g, ""))
        .filter(Boolean);
      const isWork = (part: string) => /^\S.*\n {2}\S/.test(part);
      return {
        title,
        text: parts
          .filter((part) => !isWork(part))
          .map((part) => part.replaceAll("\n", " "))
          .join("\n"),
        works: parts.filter(isWork).map((part) => {
          const [name = "", ...lines] = part.split("\n");
          return { name, facts: lines.map((line) => line.trim().split(/\s{2,}/) as [string, string]) };
        }),
      };
    });
  if (sections.length === 0) throw new Error("NOTICE: expected a title underlined with dashes, found none");
  return sections;
}
