/**
 * What a reader wrote and reached, kept on this device only, under keys such as
 * "patchwork:vision-transformers/patches:cell:answer". A browser that refuses storage loses nothing else, and is told so.
 */
const PREFIX = "patchwork:";

export type Slot = {
  read(): string | undefined;
  /** Undefined removes it. @returns whether it is kept */
  write(value: string | undefined): boolean;
};

/** Why the last write was not kept: the browser forbids it, or there is no room. */
export type StorageProblem = "blocked" | "full";

const listeners = new Set<() => void>();
let problem: StorageProblem | undefined;
let changes = 0;

/** @param path such as ["vision-transformers/patches", "cell", "answer"] */
export function slot(...path: string[]): Slot {
  const key = PREFIX + path.join(":");
  return { read: () => read(key), write: (value) => write(key, value) };
}

function read(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(key: string, value: string | undefined): boolean {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
    problem = undefined;
  } catch (error) {
    problem = (error as Error | undefined)?.name === "QuotaExceededError" ? "full" : "blocked";
  }
  announce();
  return problem === undefined;
}

/** Of what was last written on this page. */
export const storageProblem = (): StorageProblem | undefined => problem;

/** Everything that belongs to lessons, by its key; settings of the page, such as its theme, are not among it. */
export function entries(): Map<string, string> {
  const found = new Map<string, string>();
  try {
    for (let i = 0; i < localStorage.length; i++) {
      const key = localStorage.key(i)!;
      if (isOfLesson(key)) found.set(key, localStorage.getItem(key) ?? "");
    }
  } catch {
    // storage is forbidden: nothing is kept
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const isOfLesson = (key: string) => /^patchwork:[\w-]+\/[\w-]+:./.test(key);

export function eraseEntries(): void {
  for (const key of entries().keys()) write(key, undefined);
}

const FORMAT = "patchwork-progress";

/** All of it, as the text of a file. */
export function exportEntries(date: Date): string {
  const file = { format: FORMAT, version: 1, date: date.toISOString(), entries: Object.fromEntries(entries()) };
  return JSON.stringify(file, null, 1);
}

/**
 * Takes over what such a file holds; where both have something, the file wins.
 * @returns how many entries are kept now. @throws one sentence for a file that is something else, or finds no room.
 */
export function importEntries(text: string): number {
  const wanted = parse(text);
  for (const [key, value] of wanted) {
    if (write(key, value)) continue;
    const why = problem === "full" ? "there is no room for all of it" : "this browser keeps nothing for this site";
    throw new Error(`progress: expected to keep ${wanted.length} entries, but ${why}`);
  }
  return wanted.length;
}

function parse(text: string): [key: string, value: string][] {
  let file: { format?: unknown; entries?: unknown } | null;
  try {
    file = JSON.parse(text) as typeof file;
  } catch {
    file = null;
  }
  if (file?.format !== FORMAT || typeof file.entries !== "object" || file.entries === null)
    throw new Error("progress: expected a file that this page exported, got something else");
  return Object.entries(file.entries).filter(
    (entry): entry is [string, string] => isOfLesson(entry[0]) && typeof entry[1] === "string",
  );
}

/** Called after each change, on this page or in another tab. */
export function subscribeStorage(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener("storage", announce);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("storage", announce);
  };
}

/** A number that is another one after each change: for React's useSyncExternalStore. */
export const storageChanges = (): number => changes;

function announce(): void {
  changes++;
  for (const listener of [...listeners]) listener();
}
