"use client";
/** An exercise: prose, the reader's code, a check that talks about the idea, hints, and at last a solution. */
import { useCallback, useEffect, useMemo, useRef, useState, type ReactElement } from "react";
import type { ExerciseResult } from "../../lib/exercises";
import styles from "./cells.module.css";
import { CodeArea, type CodeAreaHandle } from "./CodeArea";
import { HintContext, type Hints } from "./Hint";
import { useLesson } from "./lesson-context";
import type { ExerciseProps } from "./props";
import { Results } from "./Results";
import { useScrollByKeyboard } from "./scroll-by-keyboard";
import { slot } from "../ui/device-storage";
import { useCheck } from "./use-check";

/** A solution is no secret, but the first tries are the reader's own. */
const TRIES_BEFORE_SOLUTION = 2;

export function Exercise(props: ExerciseProps): ReactElement {
  const { id, title, starter, solution, compiledStarter, check, starterHtml, solutionHtml, children } = props;
  const { session, announce } = useLesson();
  const kept = useMemo(() => slot(session.lesson, "exercise", id), [session, id]);
  const [source, setSource] = useState(starter);
  const [result, setResult] = useState<ExerciseResult>();
  const [checked, setChecked] = useState<string>(); // the source that the result is about
  const [tries, setTries] = useState(0);
  const [showSolution, setShowSolution] = useState(false);
  const code = useRef<CodeAreaHandle>(null);
  const output = useRef<HTMLDivElement>(null);
  useScrollByKeyboard(output, `Output of the exercise ${title}`);

  useEffect(() => {
    const saved = readSaved(kept.read());
    if (!saved) return;
    // eslint-disable-next-line react-hooks/set-state-in-effect -- what this device kept is known only here
    setSource(saved.source);
    setResult(saved.result);
    setChecked(saved.checked);
    setTries(saved.tries);
  }, [kept]);

  const save = (next: Partial<Saved>) => {
    const passed = readSaved(kept.read())?.passed;
    kept.write(JSON.stringify({ source, checked, result, tries, passed, ...next } satisfies Saved));
  };
  const finish = (next: ExerciseResult, of: string) => {
    const count = next.status === "pass" ? tries : tries + 1;
    setResult(next);
    setTries(count);
    setChecked(of);
    save({ result: next, checked: of, tries: count, ...(next.status === "pass" && { passed: true }) });
    announce(summary(next));
  };
  const { checking, start, stop } = useCheck({ session, compiledStarter, check, output, onResult: finish });

  const change = (text: string) => {
    setSource(text);
    save({ source: text });
  };
  const reset = () => {
    setSource(starter);
    setResult(undefined);
    output.current?.replaceChildren();
    save({ source: starter, result: undefined });
  };
  const hints = useHints();

  return (
    <section
      id={`exercise-${id}`}
      className={styles.exercise}
      data-exercise={id}
      data-result={result?.status ?? "none"}
      aria-labelledby={`exercise-${id}-title`}
    >
      <h3 id={`exercise-${id}-title`}>Exercise. {title}</h3>
      <HintContext value={hints}>
        <div className={styles.prose}>{children}</div>
      </HintContext>
      <div className={styles.frame}>
        <CodeArea
          ref={code}
          html={starterHtml}
          original={starter}
          source={source}
          label={`Your code for ${title}`}
          failedLine={checked === source ? result?.tests.find(({ line }) => line !== undefined)?.line : undefined}
          runs="check"
          onChange={change}
          onRun={() => start(source)}
        />
      </div>
      <div ref={output} className={styles.exerciseOutput} />
      <div className={styles.actions}>
        {checking ? (
          <button type="button" className={styles.button} onClick={stop}>
            Interrupt
          </button>
        ) : (
          <button type="button" className={styles.go} onClick={() => start(source)}>
            Check
          </button>
        )}
        <button type="button" className={styles.button} onClick={() => code.current?.edit()}>
          Edit
        </button>
        <button type="button" className={styles.button} onClick={reset} disabled={source === starter && !result}>
          Reset
        </button>
        {(tries >= TRIES_BEFORE_SOLUTION || result?.status === "pass") && (
          <button
            type="button"
            className={styles.button}
            aria-expanded={showSolution}
            onClick={() => setShowSolution(!showSolution)}
          >
            {showSolution ? "Hide solution" : "Show solution"}
          </button>
        )}
        <span className={styles.state}>{checking ? "checking" : ""}</span>
      </div>
      {result && <Results result={result} outdated={checked !== undefined && checked !== source} />}
      {showSolution && (
        <div className={styles.solution}>
          <h4>A solution</h4>
          <div className={styles.frame} dangerouslySetInnerHTML={{ __html: solutionHtml }} />
          <button
            type="button"
            className={styles.button}
            onClick={() => change(solution)}
            disabled={source === solution}
          >
            Put it in the editor
          </button>
        </div>
      )}
    </section>
  );
}

type Saved = {
  source: string;
  checked?: string;
  result?: ExerciseResult;
  tries: number;
  /** It passed once: a later edit does not take that back. */
  passed?: boolean;
};

function readSaved(text: string | undefined): Saved | undefined {
  if (text === undefined) return undefined;
  try {
    const saved = JSON.parse(text) as Saved;
    return typeof saved.source === "string" ? { ...saved, tries: saved.tries || 0 } : undefined;
  } catch {
    return undefined; // of another version
  }
}

function summary({ status, tests }: ExerciseResult): string {
  const failed = tests.filter(({ status }) => status !== "pass");
  if (status === "pass") return `Passed: ${tests.length} of ${tests.length}.`;
  return `Not yet: ${failed.length} of ${tests.length} failed. ${failed[0]?.name}: ${failed[0]?.message ?? ""}`;
}

function useHints(): Hints {
  const [ids, setIds] = useState<readonly string[]>([]);
  const [opened, setOpened] = useState(0);
  const register = useCallback((id: string) => {
    setIds((ids) => [...ids.filter((other) => other !== id), id]);
    return () => setIds((ids) => ids.filter((other) => other !== id));
  }, []);
  const open = useCallback((index: number) => setOpened((opened) => Math.max(opened, index + 1)), []);
  return useMemo(() => ({ ids, opened, register, open }), [ids, opened, register, open]);
}
