/** The address part of a heading: "Cut it up!" -> "cut-it-up". Letters and digits of every script stay. */
export function slug(text: string): string {
  return (
    text
      .toLowerCase()
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-|-$/g, "") || "section"
  );
}

/** Slugs that are given once: a second "Result" becomes "result-2". */
export function slugger(): (text: string) => string {
  const given = new Set<string>();
  return (text) => {
    const base = slug(text);
    let unique = base;
    for (let n = 2; given.has(unique); n++) unique = `${base}-${n}`;
    given.add(unique);
    return unique;
  };
}

/** A numbered folder: "04-vision-transformers" is the fourth, at the address "vision-transformers". */
export function numbered(folder: string): { number: number; slug: string } | undefined {
  const match = /^(\d{2})-([a-z0-9]+(?:-[a-z0-9]+)*)$/.exec(folder);
  return match ? { number: Number(match[1]), slug: match[2]! } : undefined;
}
