"use client";

/** The studio in small, for the front page: a scene, questions about it, one model that answers. The studio has the rest. */
import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import type { Progress, ScenesBuiltin } from "../../lib/notebook";
import type { Scene } from "../../lib/scenes";
import { paint } from "../ui/paint";
import type { Answers, Picture } from "./answers";
import type { StudioModel } from "./choice";
import { Asked, type AskedEntry } from "./Asked";
import { FIRST_SCENE } from "./first-scene";
import { linkOf } from "./link";
import styles from "./small-studio.module.css";
import { inWords } from "./words";

type Question = Awaited<ReturnType<ScenesBuiltin["questions"]>>[number];
type Shown = { scene: Scene; picture: Picture; questions: readonly Question[] };

const OFFERED = 5; // questions about a scene

/** @param model what answers; its weights are loaded with the first question */
export function SmallStudio({ model }: { model: Pick<StudioModel, "id" | "bytes" | "experts"> }): ReactNode {
  const [answers, setAnswers] = useState<Answers>();
  const [shown, setShown] = useState<Shown>();
  const [seed, setSeed] = useState(0);
  const [question, setQuestion] = useState("");
  const [asked, setAsked] = useState<AskedEntry>();
  const [progress, setProgress] = useState<Progress>();
  const [problem, setProblem] = useState("");
  const root = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const id = useId();

  // It opens when it comes into view, so that a visit to the top of the page costs nothing.
  useEffect(() => {
    let gone = false;
    const open = async () => {
      const { openAnswers } = await import("./answers");
      const opened = await openAnswers(setProgress);
      if (!gone) setAnswers(opened);
    };
    const watcher = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      open().catch((error: unknown) => setProblem((error as Error).message));
    });
    watcher.observe(root.current!);
    return () => {
      gone = true;
      watcher.disconnect();
    };
  }, []);

  useEffect(() => {
    if (!answers) return;
    let old = false;
    showScene(answers, seed).then(
      (next) => old || setShown(next),
      (error: unknown) => old || setProblem((error as Error).message),
    );
    return () => void (old = true);
  }, [answers, seed]);

  useEffect(() => {
    if (shown && canvas.current) paint(shown.picture, canvas.current);
  }, [shown]);

  function ask(words: string): void {
    const text = words.trim();
    if (!text || !shown) return;
    setQuestion(text);
    const truth = shown.questions.find((one) => one.question === text)?.answer;
    const key = (asked?.key ?? 0) + 1;
    const { id, experts } = model;
    const { picture, scene } = shown;
    setAsked({ key, choice: { model: id }, experts, question: text, truth, picture, scene });
  }

  /** The answer was about the scene before. */
  function showAnother(): void {
    setSeed(seed + 1);
    setAsked(undefined);
    setQuestion("");
  }

  const link = shown ? linkOf({ scene: shown.scene, model: model.id, ...(question ? { question } : {}) }) : "";
  return (
    <div className={styles.small} ref={root} data-small-studio={shown ? "ready" : "loading"}>
      <div className={styles.scene}>
        <canvas
          ref={canvas}
          width={128}
          height={128}
          role="img"
          aria-label={shown ? inWords(shown.scene) : "A scene"}
        />
        <button type="button" onClick={showAnother} disabled={!shown}>
          Another scene
        </button>
      </div>
      <form
        className={styles.ask}
        onSubmit={(event) => {
          event.preventDefault();
          ask(question);
        }}
      >
        <label htmlFor={id}>Your question</label>
        <div className={styles.line}>
          <input
            id={id}
            value={question}
            maxLength={300}
            autoComplete="off"
            placeholder="What is left of the cat?"
            onChange={(event) => setQuestion(event.target.value)}
          />
          <button type="submit" disabled={!shown || !question.trim()}>
            Ask
          </button>
        </div>
        <div className={styles.picks} role="group" aria-label="Questions about this scene">
          {shown?.questions.map(({ question }) => (
            <button key={question} type="button" onClick={() => ask(question)}>
              {question}
            </button>
          ))}
        </div>
        <p className={styles.note} role="status">
          {problem ||
            (progress && progress.total > 0
              ? `Loading ${progress.what}: ${(progress.loaded / 1e6).toFixed(1)} of ${(progress.total / 1e6).toFixed(1)} MB`
              : asked
                ? ""
                : `The first question loads the model, ${(model.bytes / 1e6).toFixed(1)} MB.`)}
        </p>
        {answers && asked && <Asked key={asked.key} entry={asked} answers={answers} newest />}
        <a href={`/studio/${link}`}>Compose your own scene in the studio</a>
      </form>
    </div>
  );
}

/** Seed 0 is the scene that the studio starts with. */
async function showScene({ scenes }: Answers, seed: number): Promise<Shown> {
  const scene = seed === 0 ? FIRST_SCENE : await scenes.random(seed);
  const [picture, questions] = await Promise.all([scenes.draw(scene), scenes.questions(scene, { seed: 1 })]);
  return { scene, picture, questions: questions.slice(0, OFFERED) };
}
