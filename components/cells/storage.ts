/** What a reader wrote and reached, kept on this device only. A browser that refuses storage loses nothing else. */
const PREFIX = "patchwork";

export type Slot = { read(): string | undefined; write(value: string | undefined): void };

/** @param path such as ["vision-transformers/patches", "cell", "answer"] */
export function slot(...path: string[]): Slot {
  const key = [PREFIX, ...path].join(":");
  return {
    read() {
      try {
        return localStorage.getItem(key) ?? undefined;
      } catch {
        return undefined;
      }
    },
    write(value) {
      try {
        if (value === undefined) localStorage.removeItem(key);
        else localStorage.setItem(key, value);
      } catch {
        // storage is full or forbidden: the edit lives as long as the page
      }
    },
  };
}
