"use client";

/** The front page's running demonstration. It shows what the build computed until the model is here, then computes itself. */
import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { paint } from "../ui/paint";
import { Answers, inWords, Patches, SIZE } from "./drawing";
import styles from "./demo.module.css";
import { CHOICES, sceneOf, type Sight } from "./look";

/** What the build saw, as plain data: `picture` is an image's address. */
export type StaticSight = { picture: string; answers: Sight["answers"]; weights: number[]; parameterCount: number };

type Live = "static" | "loading" | "live" | "failed";

export function Demo({ first }: { first: StaticSight }) {
  const [thing, setThing] = useState<string>(CHOICES[0]);
  const [place, setPlace] = useState({ x: 50, y: 74 });
  const [sight, setSight] = useState<Pick<Sight, "answers" | "weights">>(first);
  const [state, setState] = useState<Live>("static");
  const [note, setNote] = useState("");
  const canvas = useRef<HTMLCanvasElement>(null);
  const wanted = useRef({ thing, ...place });
  const eyes = useRef<Promise<{ see(scene: ReturnType<typeof sceneOf>): Promise<Sight> }>>(undefined);
  const looking = useRef(false);

  useEffect(() => {
    const { connection } = navigator as { connection?: { saveData?: boolean } };
    if (connection?.saveData) return; // then the first touch starts it
    const idle = window.requestIdleCallback ?? ((start: () => void) => window.setTimeout(start, 200));
    idle(() => void lookAgain());
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once
  }, []);

  async function open() {
    setState("loading");
    const [{ openEyes }, { pageEngine }] = await Promise.all([import("./look"), import("../../lib/notebook")]);
    const opened = await openEyes({}, (progress) => {
      if (progress) setNote(`${(progress.loaded / 1e6).toFixed(1)} of ${(progress.total / 1e6).toFixed(1)} MB`);
    });
    setState("live");
    setNote(pageEngine().status().executor === "webgpu" ? "WebGPU, this device" : "CPU, this device");
    return opened;
  }

  /** Follows what is wanted until it has been seen: one look at a time, and none is queued behind it. */
  async function lookAgain() {
    if (looking.current) return;
    looking.current = true;
    try {
      const { see } = await (eyes.current ??= open());
      for (let seen = ""; seen !== JSON.stringify(wanted.current);) {
        const { thing, x, y } = wanted.current;
        seen = JSON.stringify(wanted.current);
        const next = await see(sceneOf(thing, x, y));
        if (canvas.current) paint(next.picture, canvas.current).hidden = false;
        setSight(next);
      }
    } catch (error) {
      eyes.current = undefined;
      setState("failed");
      setNote((error as Error).message);
    } finally {
      looking.current = false;
    }
  }

  function want(next: Partial<typeof wanted.current>) {
    const { thing, x, y } = { ...wanted.current, ...next };
    wanted.current = { thing, x: clamp(x), y: clamp(y) };
    setThing(thing);
    setPlace({ x: wanted.current.x, y: wanted.current.y });
    void lookAgain();
  }

  function drag(event: PointerEvent<HTMLDivElement>) {
    if (event.type === "pointermove" && event.buttons === 0) return;
    const box = event.currentTarget.getBoundingClientRect();
    if (event.type === "pointerdown") event.currentTarget.setPointerCapture(event.pointerId);
    want({
      x: Math.round(((event.clientX - box.left) / box.width) * SIZE),
      y: Math.round(((event.clientY - box.top) / box.height) * SIZE),
    });
  }

  function nudge(event: KeyboardEvent) {
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [-4, 0],
      ArrowRight: [4, 0],
      ArrowUp: [0, -4],
      ArrowDown: [0, 4],
    };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    want({ x: wanted.current.x + step[0], y: wanted.current.y + step[1] });
  }

  return (
    <section className={styles.demo} aria-label="A vision transformer at work" data-home-demo={state}>
      <div
        className={styles.stage}
        role="application"
        aria-roledescription="picture"
        aria-label={`A picture of one thing: ${thing}. Drag it, or move it with the arrow keys.`}
        tabIndex={0}
        onPointerDown={drag}
        onPointerMove={drag}
        onKeyDown={nudge}
      >
        {/* eslint-disable-next-line @next/next/no-img-element */}
        <img src={first.picture} alt="" width={SIZE} height={SIZE} />
        <canvas ref={canvas} width={SIZE} height={SIZE} hidden />
        <Patches weights={sight.weights} />
      </div>
      <div className={styles.side}>
        <p className={styles.question}>What is it?</p>
        <Answers answers={sight.answers} />
        <p className={styles.words} aria-live="polite">
          {inWords(sight)}
        </p>
        <div className={styles.things} role="group" aria-label="Another thing">
          {CHOICES.map((choice) => (
            <button key={choice} type="button" aria-pressed={choice === thing} onClick={() => want({ thing: choice })}>
              {choice}
            </button>
          ))}
        </div>
        <p className={styles.state}>
          <span className={styles.dot} data-state={state} aria-hidden="true" />
          {stateInWords(state, note)}
        </p>
      </div>
    </section>
  );
}

function stateInWords(state: Live, note: string): string {
  if (state === "live") return `Live: ${note}. Drag it.`;
  if (state === "loading") return note ? `Loading the model, ${note}` : "Loading the model";
  if (state === "failed") return `The model could not be loaded: ${note}`;
  return "Computed when this page was built";
}

const clamp = (place: number) => Math.min(SIZE - 12, Math.max(12, place));
