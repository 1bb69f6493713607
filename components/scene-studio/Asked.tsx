"use client";

/** One question and its answer, as it comes: candidates for the first token, tokens, and where the model looked. */
import { useEffect, useRef, useState } from "react";
import type { Answers, Choice, Picture } from "./answers";
import styles from "./scene-studio.module.css";

export type AskedEntry = { key: number; choice: Choice; question: string; truth?: string; picture: Picture };

type State = "asking" | "done" | "stopped" | "failed";

export function Asked({ entry, answers, newest }: { entry: AskedEntry; answers: Answers; newest: boolean }) {
  const { choice, question, truth, picture } = entry;
  const [state, setState] = useState<State>("asking");
  const [answer, setAnswer] = useState("");
  const [problem, setProblem] = useState("");
  const [more, setMore] = useState(false);
  const stop = useRef<AbortController>(undefined);
  const tokens = useRef<HTMLDivElement>(null);
  const candidates = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const controller = new AbortController();
    stop.current = controller;
    void (async () => {
      const figures = await import("../figures");
      const shown = figures.tokenStream();
      tokens.current?.replaceChildren(shown);
      try {
        for await (const part of answers.ask(choice, picture, question, controller.signal)) {
          if (part.kind === "candidates") candidates.current?.replaceChildren(figures.topClasses(part.candidates));
          else {
            shown.push(part.token);
            setAnswer((before) => before + part.token.text);
          }
        }
        setState("done");
      } catch (error) {
        if (controller.signal.aborted) return setState("stopped");
        setState("failed");
        setProblem((error as Error).message);
      }
    })();
    return () => controller.abort();
  }, [answers, choice, picture, question]);

  const right = truth === undefined ? undefined : same(answer, truth);
  return (
    <article className={styles.entry} data-answer={state} aria-busy={state === "asking"}>
      <p className={styles.head}>
        <b>{question}</b>
        <span>{said(choice)}</span>
      </p>
      <p className={styles.answer} role={newest ? "status" : undefined}>
        {answer || (state === "asking" ? "…" : state === "done" ? "(nothing)" : "")}
        {state === "asking" && (
          <button type="button" className={styles.link} onClick={() => stop.current?.abort()}>
            Stop
          </button>
        )}
      </p>
      {state === "done" && truth !== undefined && (
        <p className={right ? styles.right : styles.wrong}>
          {right ? "Right, by the scene." : `By the scene it is: ${truth}.`}
        </p>
      )}
      {problem && <p className={styles.wrong}>{problem}</p>}
      <details className={styles.more} onToggle={(event) => setMore(event.currentTarget.open)}>
        <summary>Tokens, other candidates, and where it looked</summary>
        <div ref={tokens} />
        <p className={styles.title}>The likeliest first tokens</p>
        <div ref={candidates} />
        {more && state !== "asking" && <Look entry={entry} answers={answers} />}
      </details>
    </article>
  );
}

/** The picture as the token that answers looks at it, layer by layer. */
function Look({ entry, answers }: { entry: AskedEntry; answers: Answers }) {
  const { choice, question, picture } = entry;
  const [layers, setLayers] = useState<readonly number[]>([]);
  const [layer, setLayer] = useState<number>();
  const [problem, setProblem] = useState("");
  const drawn = useRef<HTMLDivElement>(null);

  useEffect(() => {
    let old = false;
    void (async () => {
      try {
        const [look, figures] = await Promise.all([
          answers.look(choice, picture, question, layer),
          import("../figures"),
        ]);
        if (old) return;
        setLayers(look.layers);
        drawn.current?.replaceChildren(figures.lookedAt(look, { picture }));
      } catch (error) {
        if (!old) setProblem((error as Error).message);
      }
    })();
    return () => void (old = true);
  }, [answers, choice, picture, question, layer]);

  const at = layers.indexOf(layer ?? layers.at(-1) ?? -1);
  return (
    <>
      <p className={styles.title}>Where it looked as it began to answer</p>
      {layers.length > 1 && (
        <label className={styles.layer}>
          Layer {layers[at]}
          <input
            type="range"
            min={0}
            max={layers.length - 1}
            value={at}
            onChange={(event) => setLayer(layers[event.target.valueAsNumber])}
          />
        </label>
      )}
      <div ref={drawn} />
      {problem && <p className={styles.wrong}>{problem}</p>}
    </>
  );
}

function said({ model, stage, experts }: Choice): string {
  const eyes = experts === undefined ? "" : experts.length === 0 ? ", no encoder" : `, only ${experts.join(", ")}`;
  return `${model}, ${stage ?? "finished"}${eyes}`;
}

/** As the evaluation scores: without case, and without spaces around. */
const same = (answer: string, truth: string) => answer.trim().toLowerCase() === truth.trim().toLowerCase();
