/** What a reader can know about a cell at one moment. Immutable: a change is a new object. */
export type CellState = "idle" | "pending" | "running" | "fulfilled" | "rejected" | "interrupted" | "stale";

export type CellStatus = {
  /**
   * idle: has not run. pending: waits for other cells. running. fulfilled. rejected: failed. interrupted: by the reader.
   * stale: what it shows is from before a change, and it waits for the reader to run it.
   */
  state: CellState;
  /** The output is from an earlier run than the one that is under way, or that has ended without one. */
  outdated: boolean;
  /** While pending: the cells that it waits for. */
  waitingFor: string[];
  /** While running: a download. */
  progress?: Progress;
  /** While running: what the cell asks before it goes on. */
  question?: Question;
  /** What the reader should know about this run, such as that a model could not be kept for the next visit. */
  notes?: readonly string[];
  /** Of the last complete run, in milliseconds, without the time spent waiting for other cells. */
  took?: number;
  failure?: Failure;
};

export type Progress = { what: string; /** Bytes. */ loaded: number; /** Bytes, or 0 if not known. */ total: number };

/** Before a big download. Not to answer is to leave the cell waiting. */
export type Question = {
  /** What would be downloaded, and from where: "SmolVLM-256M", "huggingface.co". */
  what: string;
  from?: string;
  bytes: number;
  answer(yes: boolean): void;
};

export type Failure = {
  kind: "syntax" | "runtime" | "endless" | "upstream" | "unknown name" | "duplicate";
  /** Such as TypeError. */
  name: string;
  message: string;
  /** Of the reader's source, counted from 1. */
  line?: number;
  /** Counted from 1. */
  column?: number;
  /** The cell that failed first, if it is another. */
  cause?: string;
};

export const newStatus: CellStatus = { state: "idle", outdated: false, waitingFor: [] };
