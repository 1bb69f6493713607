"use client";
/** A live cell: its bar with the state, its code, its output, its error. */
import {
  memo,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
  type ReactElement,
  type RefObject,
} from "react";
import styles from "./cells.module.css";
import { CodeArea, type CodeAreaHandle } from "./CodeArea";
import { FailureBox } from "./FailureBox";
import { useLesson } from "./lesson-context";
import type { CellProps } from "./props";
import { useScrollByKeyboard } from "./scroll-by-keyboard";
import { idle } from "./session";
import { slot } from "../ui/device-storage";
import { progressWords, questionWords, size, stateWords, type Shown } from "./words";

const unhydrated: Shown = { ...idle, state: "static" };

export function Cell(props: CellProps): ReactElement {
  const { id, source: original, compiled, codeHtml, label, hide = false, height, run, output } = props;
  const { session, announce } = useLesson();
  const name = label ?? id;
  const kept = useMemo(() => slot(session.lesson, "cell", id), [session, id]);
  const [source, setSource] = useState(original);
  const [ran, setRan] = useState(original); // the source of the last run
  const [showCode, setShowCode] = useState(!hide);
  const [copied, setCopied] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const code = useRef<CodeAreaHandle>(null);
  const asked = useRef(false);

  const status = useSyncExternalStore<Shown>(
    session.subscribe,
    () => session.status(id),
    () => unhydrated,
  );

  useEffect(() => {
    const own = kept.read() ?? original;
    // eslint-disable-next-line react-hooks/set-state-in-effect -- what this device kept is known only here
    setSource(own);
    setRan(own);
    return session.register({ compiled, label, manual: run === "manual", source: own, root: root.current! });
  }, [session, kept, original, compiled, label, run]);

  const changed = source !== ran;
  const edited = source !== original;
  const state = changed && status.state === "fulfilled" ? "stale" : status.state;
  const words = stateWords({ ...status, state }, { edited: changed, label: session.label, output: Boolean(output) });

  // Only what the reader asked for is announced.
  useEffect(() => {
    if (!asked.current || !settled.has(state)) return;
    asked.current = false;
    announce(`${name}: ${words}${status.failure && !status.failure.cause ? `. ${status.failure.message}` : ""}`);
  }, [state, words, name, status.failure, announce]);

  const download = status.progress;
  const loading = download?.total ? progressWords({ ...download, loaded: 0 }) : undefined;
  useEffect(() => {
    if (loading) announce(loading); // once a download: what and how much
  }, [loading, announce]);

  const { question, notes = [] } = status;
  const asks = question && questionWords(question);
  useEffect(() => {
    if (asks) announce(`${name}: ${asks}`);
  }, [asks, name, announce]);

  const change = (text: string) => {
    setSource(text);
    kept.write(text === original ? undefined : text);
  };
  const start = (text: string) => {
    asked.current = true;
    setRan(text);
    void session.run(id, text);
  };
  const reset = () => {
    change(original);
    start(original);
  };
  const copy = () => {
    void navigator.clipboard.writeText(source).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    });
  };

  const busy = state === "running" || state === "pending";
  const failedLine = changed ? undefined : status.failure?.line;

  return (
    <section
      id={`cell-${id}`}
      className={styles.cell}
      data-cell={id}
      data-run={run}
      data-state={state}
      data-outdated={status.outdated || undefined}
      aria-label={`Live cell: ${name}`}
    >
      <div className={styles.bar}>
        <span className={styles.dot} aria-hidden="true" />
        {label && <span className={styles.label}>{label}</span>}
        <span className={styles.state}>{words}</span>
        {edited && <span className={styles.edited}>edited</span>}
        <span className={styles.buttons}>
          {hide && (
            <button
              type="button"
              className={styles.quiet}
              aria-expanded={showCode}
              onClick={() => setShowCode(!showCode)}
            >
              {showCode ? "Hide code" : "Show code"}
            </button>
          )}
          {showCode && (
            <>
              <button type="button" className={styles.quiet} onClick={copy}>
                {copied ? "Copied" : "Copy"}
              </button>
              <button type="button" className={styles.quiet} onClick={() => code.current?.edit()}>
                Edit
              </button>
            </>
          )}
          {edited && (
            <button type="button" className={styles.button} onClick={reset}>
              Reset
            </button>
          )}
          {busy && state === "running" ? (
            <button type="button" className={styles.button} onClick={() => session.interrupt(id)}>
              Interrupt
            </button>
          ) : (
            <button type="button" className={styles.go} onClick={() => start(source)}>
              Run
            </button>
          )}
        </span>
      </div>
      {state === "running" && status.progress && (
        <progress
          className={styles.progress}
          aria-label={`Loading ${status.progress.what}`}
          max={status.progress.total || undefined}
          value={status.progress.total ? status.progress.loaded : undefined}
        />
      )}
      {showCode && (
        <CodeArea
          ref={code}
          html={codeHtml}
          original={original}
          source={source}
          label={`Code of ${name}`}
          failedLine={failedLine}
          runs="run"
          onChange={change}
          onRun={() => start(source)}
        />
      )}
      {question && (
        <div className={styles.question} role="group" aria-label={`A question of ${name}`}>
          <p>{asks}</p>
          <button type="button" className={styles.go} onClick={() => question.answer(true)}>
            Download {size(question.bytes)}
          </button>
          <button type="button" className={styles.button} onClick={() => question.answer(false)}>
            Not now
          </button>
        </div>
      )}
      {notes.map((note) => (
        <p key={note} className={styles.note}>
          {note}
        </p>
      ))}
      {status.state === "rejected" && status.failure && <FailureBox failure={status.failure} />}
      <Output ref={root} name={name} html={output?.html ?? ""} height={height} />
    </section>
  );
}

const settled = new Set<Shown["state"]>(["fulfilled", "rejected", "interrupted"]);

/** The runtime fills it: React draws it once. What is wider than the page scrolls, by keyboard too. */
const Output = memo(function Output({
  ref,
  name,
  html,
  height,
}: {
  ref: RefObject<HTMLDivElement | null>;
  name: string;
  html: string;
  height?: number;
}) {
  const inner = useMemo(() => ({ __html: html }), [html]);
  useScrollByKeyboard(ref, `Output of ${name}`);
  return (
    <div
      ref={ref}
      className={styles.output}
      data-output
      style={height === undefined ? undefined : { minHeight: height }}
      dangerouslySetInnerHTML={inner}
      suppressHydrationWarning
    />
  );
});
