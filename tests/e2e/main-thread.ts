/** How long the page's main thread is kept busy without a pause, as the browser's own trace says. */
import type { Browser, CDPSession, Page } from "playwright-core";

type TraceEvent = {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  tdur?: number;
  args?: { name?: string };
};

/** Milliseconds of the processor in one task, without the browser's own layout and painting. */
export type Task = { own: number; words: string };

/** What the browser does for any page; how long it takes says nothing about our code. */
const rendering = new Set(["Layout", "UpdateLayoutTree", "PrePaint", "Paint", "Layerize", "Commit", "ParseHTML"]);

/**
 * The longest tasks of every page's main thread during `act`, longest first. Processor time, not time on the clock:
 * tests share their cores with a GPU made of software.
 */
export async function longestTasks(browser: Browser, act: () => Promise<void>, count = 5): Promise<Task[]> {
  const session: CDPSession = await browser.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const categories = ["toplevel", "devtools.timeline", "v8.execute", "__metadata"];
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: categories, recordMode: "recordUntilFull" },
  });
  await act();
  const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.end");
  await complete;
  await session.detach();
  return tasksOf(events).slice(0, count);
}

function tasksOf(events: TraceEvent[]): Task[] {
  const key = ({ pid, tid }: TraceEvent) => `${pid}/${tid}`;
  const main = new Set(
    events.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain").map(key),
  );
  const spans = events.filter((event) => event.ph === "X" && event.tdur !== undefined && main.has(key(event)));
  // On a virtual machine a thread's clock may jump ahead: 20 ms of the processor within 0.02 ms have been seen.
  for (const span of spans) span.tdur = Math.min(span.tdur!, span.dur!);
  if (spans.length === 0) throw new Error("tests: expected a trace with tasks of a page's main thread, got none");
  return spans
    .filter(({ name, tdur }) => name.endsWith("RunTask") && tdur! > 10_000)
    .map((task) => {
      const inside = spans.filter(
        (event) =>
          key(event) === key(task) &&
          event !== task &&
          event.ts >= task.ts &&
          event.ts + event.dur! <= task.ts + task.dur!,
      );
      const browsers = inside.filter(({ name }) => rendering.has(name)).reduce((sum, { tdur }) => sum + tdur!, 0);
      const parts = inside.toSorted((a, b) => b.tdur! - a.tdur!).slice(0, 4);
      const words = parts.map(({ name, tdur }) => `${name} ${Math.round(tdur! / 1000)} ms`).join(", ");
      return { own: (task.tdur! - browsers) / 1000, words };
    })
    .sort((a, b) => b.own - a.own);
}

/** For messages: tasks above a limit, in words. */
export function tasksOver(limit: number, tasks: Task[]): string[] {
  return tasks.filter(({ own }) => own > limit).map(({ own, words }) => `${Math.round(own)} ms (${words})`);
}

/** Calls the page's own code for a while without a pause: what the tests must notice. */
export async function keepBusy(page: Page, milliseconds: number): Promise<void> {
  await page.evaluate((wanted) => {
    setTimeout(() => {
      const started = performance.now();
      while (performance.now() - started < wanted);
    });
    return new Promise((resolve) => setTimeout(resolve, 20));
  }, milliseconds);
}
