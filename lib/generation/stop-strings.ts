/** Ends a text where one of the given strings begins, even when several tokens make it up. */
export type StopScanner = {
  /** @returns what is surely no part of a stop string, and whether one was found: then that is all. */
  push(text: string): { text: string; stopped: boolean };
  /** What was held back, at the end. */
  end(): string;
};

export function openStopScanner(stop: readonly string[]): StopScanner {
  let held = "";
  return {
    push(text) {
      held += text;
      const found = stop.map((string) => held.indexOf(string)).filter((at) => at >= 0);
      if (found.length > 0) {
        const before = held.slice(0, Math.min(...found));
        held = "";
        return { text: before, stopped: true };
      }
      const sure = held.length - Math.max(0, ...stop.map((string) => begun(held, string)));
      const out = held.slice(0, sure);
      held = held.slice(sure);
      return { text: out, stopped: false };
    },
    end() {
      const rest = held;
      held = "";
      return rest;
    },
  };
}

/** How many characters at the end of the text are the beginning of the string. */
function begun(text: string, string: string): number {
  for (let length = Math.min(text.length, string.length - 1); length > 0; length--) {
    if (text.endsWith(string.slice(0, length))) return length;
  }
  return 0;
}
