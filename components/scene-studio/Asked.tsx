"use client";

/** One question and its answer, as it comes: tokens, candidates for the first, where the model looked, who saw it. */
import { useEffect, useRef, useState } from "react";
import type { Scene } from "../../lib/scenes";
import { paint } from "../ui/paint";
import type { Answers, Look, Picture } from "./answers";
import type { Choice } from "./choice";
import styles from "./scene-studio.module.css";
import { inWords, same, whatIsWhere } from "./words";

export type AskedEntry = {
  key: number;
  choice: Choice;
  /** The encoders that looked, of a model with several. */
  experts: readonly string[];
  question: string;
  truth?: string;
  picture: Picture;
  /** What the picture was drawn from; undefined for one of the reader's own. */
  scene?: Scene;
  /** Whether the picture is shown with the answer: where the one that was asked about may have changed since. */
  shown?: boolean;
};

type State = "asking" | "done" | "stopped" | "failed";
type Props = { entry: AskedEntry; answers: Answers };

export function Asked({ entry, answers, newest }: Props & { newest: boolean }) {
  const { choice, question, truth, picture, scene, shown, experts } = entry;
  const [state, setState] = useState<State>("asking");
  const [answer, setAnswer] = useState("");
  const [problem, setProblem] = useState("");
  const [more, setMore] = useState(false);
  const stop = useRef<AbortController>(undefined);
  const root = useRef<HTMLElement>(null);
  const tokens = useRef<HTMLDivElement>(null);
  const candidates = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const controller = new AbortController();
    stop.current = controller;
    void (async () => {
      const figures = await import("../figures");
      const stream = figures.tokenStream();
      try {
        for await (const part of answers.ask(choice, picture, question, controller.signal)) {
          if (part.kind === "candidates") candidates.current?.replaceChildren(figures.topClasses(part.candidates));
          else {
            stream.push(part.token);
            if (!stream.isConnected) tokens.current?.replaceChildren(stream);
            setAnswer((before) => before + part.token.text);
          }
        }
        setState("done");
      } catch (error) {
        if (stop.current !== controller) return; // it was asked anew
        if (controller.signal.aborted) return setState("stopped");
        setState("failed");
        setProblem((error as Error).message);
      }
    })();
    return () => controller.abort();
  }, [answers, choice, picture, question]);

  // On a phone, and on a low window, the answer would begin below what is to be seen.
  useEffect(() => {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    root.current!.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  }, []);

  const right = truth === undefined ? undefined : same(answer, truth);
  return (
    <article ref={root} className={styles.entry} data-answer={state} aria-busy={state === "asking"}>
      <div className={styles.head}>
        {shown && <Thumbnail picture={picture} label={inWords(scene)} />}
        <p>
          <b>{question}</b>
          <span>{said(choice)}</span>
        </p>
      </div>
      <p className={styles.answer} role={newest ? "status" : undefined}>
        {answer || (state === "asking" ? "…" : state === "done" ? "(nothing)" : "")}
        {state === "stopped" && <span className={styles.stopped}>Stopped.</span>}
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
      <div ref={tokens} className={styles.tokens} />
      <details className={styles.more} onToggle={(event) => setMore(event.currentTarget.open)}>
        <summary>Other candidates, and where it looked</summary>
        <p className={styles.title}>The likeliest first tokens</p>
        <div ref={candidates} />
        {more && state !== "asking" && state !== "failed" && (
          <>
            <LookedAt entry={entry} answers={answers} />
            {experts.length > 0 && <LeftOut entry={entry} answers={answers} />}
          </>
        )}
      </details>
    </article>
  );
}

function Thumbnail({ picture, label }: { picture: Picture; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => void paint(picture, canvas.current!), [picture]);
  return <canvas ref={canvas} className={styles.thumbnail} role="img" aria-label={label} />;
}

/** The picture as the token that answers looks at it, layer by layer. */
function LookedAt({ entry, answers }: Props) {
  const { choice, question, picture, scene } = entry;
  const [look, setLook] = useState<Look>();
  const [layer, setLayer] = useState<number>();
  const [problem, setProblem] = useState("");
  const drawn = useRef<HTMLDivElement>(null);

  useEffect(() => {
    let old = false;
    // A slider that is dragged passes by layers that nobody wants to see.
    const wait = setTimeout(
      () =>
        void (async () => {
          try {
            const [look, figures, known] = await Promise.all([
              answers.look(choice, picture, question, layer),
              import("../figures"),
              scene && answers.scenes.truth(scene),
            ]);
            if (old) return;
            setLook(look);
            const truth = scene && known && whatIsWhere(scene, known.owner, look.rows, look.columns);
            drawn.current?.replaceChildren(figures.lookedAt(look, { picture, truth }));
          } catch (error) {
            if (!old) setProblem((error as Error).message);
          }
        })(),
      layer === undefined ? 0 : 150,
    );
    return () => {
      old = true;
      clearTimeout(wait);
    };
  }, [answers, choice, picture, scene, question, layer]);

  const layers = look?.layers ?? [];
  const at = layers.indexOf(layer ?? layers.at(-1) ?? -1);
  return (
    <>
      <p className={styles.title}>Where it looked as it began to answer</p>
      {!look && !problem && <p className={styles.words}>Looking once more …</p>}
      {look && (
        <p className={styles.words}>
          {look.by === "cross-attention"
            ? "By cross-attention: these layers read nothing but the picture."
            : "By attention: the picture’s tokens stand among those of the question."}
        </p>
      )}
      {layers.length > 1 && (
        <label className={styles.layer}>
          <span>Layer {layers[at]}</span>
          <input
            type="range"
            min={0}
            max={layers.length - 1}
            value={at}
            aria-valuetext={`layer ${layers[at]}`}
            onChange={(event) => setLayer(layers[event.target.valueAsNumber])}
          />
        </label>
      )}
      <div ref={drawn} />
      {problem && <p className={styles.wrong}>{problem}</p>}
    </>
  );
}

/** What is left of the answer without each encoder in turn: it looks again that often, so only when asked. */
function LeftOut({ entry, answers }: Props) {
  const { choice, question, picture, experts } = entry;
  const [state, setState] = useState<"not asked" | "asking" | "done">("not asked");
  const [problem, setProblem] = useState("");
  const drawn = useRef<HTMLDivElement>(null);
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);

  async function ask(): Promise<void> {
    const { signal } = (stop.current = new AbortController());
    setState("asking");
    setProblem("");
    try {
      const [found, figures] = await Promise.all([
        answers.leaveOut(choice, picture, question, experts, signal),
        import("../figures"),
      ]);
      if (signal.aborted) return;
      const all = { label: "with all of them", share: found.probability, marked: true };
      const others = found.without.map(({ expert, probability }) => ({
        label: `without ${expert}`,
        share: probability,
      }));
      drawn.current?.replaceChildren(
        figures.bars([all, ...others], { what: `“${found.token}” as the first token of the answer` }),
      );
      setState("done");
    } catch (error) {
      if (signal.aborted) return;
      setState("not asked");
      setProblem((error as Error).message);
    }
  }

  return (
    <>
      <p className={styles.title}>What each encoder does for this answer</p>
      {state !== "done" && (
        <button type="button" className={styles.again} disabled={state === "asking"} onClick={() => void ask()}>
          {state === "asking" ? "Asking again …" : "Ask again without each of them"}
        </button>
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
