/** A cell's state, in words. */
import type { CellStatus, Failure, Progress, Question } from "../../lib/notebook";

export type Shown = Omit<CellStatus, "state"> & { state: CellStatus["state"] | "static" };

export function stateWords(
  status: Shown,
  { edited, label, output }: { edited: boolean; label: (id: string) => string; output?: boolean },
): string {
  const { state, waitingFor, progress, question, took, failure } = status;
  switch (state) {
    case "static":
      return output ? "output of the build, on plain loops" : "";
    case "idle":
      return "ready";
    case "pending":
      return waitingFor.length ? `waiting for ${waitingFor.map(label).join(", ")}` : "getting ready";
    case "running":
      if (question) return "asks before it downloads";
      return progress ? progressWords(progress) : "running";
    case "fulfilled":
      return took === undefined ? "done" : `done in ${duration(took)}`;
    case "stale":
      return edited ? "changed, not run yet" : "an input has changed, not run again yet";
    case "interrupted":
      return "interrupted";
    case "rejected":
      return failure ? failureWords(failure, label) : "failed";
  }
}

function failureWords({ cause, line }: Failure, label: (id: string) => string): string {
  if (cause !== undefined) return `failed because of ${label(cause)}`;
  return line === undefined ? "failed" : `failed, line ${line}`;
}

export function progressWords({ what, loaded, total }: Progress): string {
  if (!total) return `loading ${what}: ${size(loaded)}`;
  return `loading ${what}: ${size(loaded)} of ${size(total)}`;
}

/** What is asked before a big download. */
export function questionWords({ what, from, bytes }: Omit<Question, "answer">): string {
  const whence = from ? ` from ${from}` : "";
  return `This cell would download ${what}${whence}: ${size(bytes)}. It is kept on this device for the next visit, if there is room.`;
}

/** In decimal units, as browsers show downloads. */
export function size(bytes: number): string {
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function duration(milliseconds: number): string {
  if (milliseconds < 1) return "less than 1 ms";
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
