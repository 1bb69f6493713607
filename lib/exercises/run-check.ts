/** Runs a check: its named tests, and what it expects outside of them. */
import { createExpect, type Expect } from "./expect";
import { ExpectationError } from "./failure";

export type TestStatus = "pass" | "fail" | "error";

export type TestResult = {
  name: string;
  /** fail: an expectation was not met. error: the learner's code threw, or did not end. */
  status: TestStatus;
  message?: string;
  hint?: string;
  /** Of the learner's code, counted from 1. */
  line?: number;
};

export type ExerciseResult = { status: TestStatus; tests: TestResult[] };

export type CheckTools = {
  expect: Expect;
  /** A named part of a check. Tests run one after the other; each runs whatever became of those before. */
  test(name: string, body: () => unknown): Promise<void>;
};

export type CheckOptions = {
  signal?: AbortSignal;
  /** In milliseconds [20,000]. */
  timeLimit?: number;
  /** What an expectation outside of any test is called. */
  title?: string;
  /** From an error of the learner's code to a sentence and a line. */
  explain?: (error: unknown) => { message: string; line?: number };
};

const plain = (error: unknown) => ({
  message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
});

/** Never rejects, except with the signal's reason when aborted. */
export async function runCheck(
  check: (tools: CheckTools) => unknown,
  { signal, timeLimit = 20_000, title = "Your code does what was asked", explain = plain }: CheckOptions = {},
): Promise<ExerciseResult> {
  const tests: TestResult[] = [];
  const limit = new AbortController();
  const stop = () => limit.abort(signal?.reason);
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(() => limit.abort(new Error(slow(timeLimit))), timeLimit);
  const ended = new Promise<never>((_, reject) => {
    if (limit.signal.aborted) reject(limit.signal.reason as Error);
    limit.signal.addEventListener("abort", () => reject(limit.signal.reason as Error), { once: true });
  });
  ended.catch(() => {});

  // Expectations on tensors that have not been read yet, of the part of the check that runs now.
  let pending: Promise<void>[] = [];
  const expect = createExpect((promise) => {
    promise.catch(() => {}); // looked at in `finish`
    pending.push(promise);
  }, limit.signal);
  const finish = async (own: Promise<void>[]) => {
    while (own.length) await Promise.all(own.splice(0));
  };
  const judge = async (name: string, body: () => unknown, always: boolean) => {
    const outer = pending;
    const own: Promise<void>[] = (pending = []);
    try {
      const run = async () => {
        await body();
        await finish(own);
      };
      await Promise.race([run(), ended]);
      if (always) tests.push({ name, status: "pass" });
    } catch (error) {
      signal?.throwIfAborted();
      tests.push(failed(name, error));
    } finally {
      pending = outer;
    }
  };
  const failed = (name: string, error: unknown): TestResult => {
    if (!(error instanceof ExpectationError)) return { name, status: "error", ...explain(error) };
    return { name, status: "fail", message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  };

  let queue: Promise<void> = Promise.resolve();
  const test: CheckTools["test"] = (name, body) => (queue = queue.then(() => judge(name, body, true)));
  try {
    // What the check expects outside of tests counts as one more, which is named only if it fails or is alone.
    const before = tests.length;
    await judge(title, () => check({ expect, test }), false);
    await queue;
    if (tests.length === before) tests.push({ name: title, status: "pass" });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
  return { status: statusOf(tests), tests };
}

export function statusOf(tests: readonly TestResult[]): TestStatus {
  if (tests.some(({ status }) => status === "error")) return "error";
  return tests.every(({ status }) => status === "pass") ? "pass" : "fail";
}

const slow = (limit: number) =>
  `the check was stopped after ${limit / 1000} seconds: does your code wait for something that never comes?`;
