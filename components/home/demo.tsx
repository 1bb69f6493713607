"use client";

/** The front page's running demonstration. It shows what the build computed until the model is here, then computes itself. */
import {
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
} from "react";
import { paint } from "../ui/paint";
import { Answers, inWords, Patches } from "./drawing";
import styles from "./demo.module.css";
import { createLiveDemo, type DemoState } from "./live-demo";
import { CHOICES, FIRST, SIZE, type Sight } from "./scene";

/** What the build saw, as plain data: `picture` is an image's address. */
export type StaticSight = Pick<Sight, "answers" | "weights"> & { picture: string; parameterCount: number };

/** @param children what to do next: at the foot of the column beside the picture */
export function Demo({ first, children }: { first: StaticSight; children?: ReactNode }) {
  const [demo] = useState(() => createLiveDemo(FIRST, first));
  const { state, note, wanted, sight, picture } = useSyncExternalStore(demo.subscribe, demo.current, demo.current);
  const canvas = useRef<HTMLCanvasElement>(null);

  useEffect(() => {
    const { connection } = navigator as { connection?: { saveData?: boolean } };
    if (connection?.saveData) return; // then the first touch starts it
    const start = () => demo.want({});
    if (typeof requestIdleCallback === "function") requestIdleCallback(start, { timeout: 2000 });
    else setTimeout(start, 200);
  }, [demo]);

  useEffect(() => {
    if (picture && canvas.current) paint(picture, canvas.current);
  }, [picture]);

  function drag(event: PointerEvent<HTMLDivElement>) {
    if (event.type === "pointermove" && event.buttons === 0) return;
    const box = event.currentTarget.getBoundingClientRect();
    if (event.type === "pointerdown") event.currentTarget.setPointerCapture(event.pointerId);
    demo.want({
      x: Math.round(((event.clientX - box.left) / box.width) * SIZE),
      y: Math.round(((event.clientY - box.top) / box.height) * SIZE),
    });
  }

  function nudge(event: KeyboardEvent) {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    demo.want({ x: wanted.x + step[0], y: wanted.y + step[1] });
  }

  return (
    <section className={styles.demo} aria-label="A vision transformer at work" data-home-demo={state}>
      <div
        className={styles.stage}
        role="application"
        aria-roledescription="picture"
        aria-label={`A picture of one thing: ${wanted.thing}. Drag it, or move it with the arrow keys.`}
        tabIndex={0}
        onPointerDown={drag}
        onPointerMove={drag}
        onKeyDown={nudge}
      >
        <img src={first.picture} alt="" width={SIZE} height={SIZE} />
        <canvas ref={canvas} width={SIZE} height={SIZE} hidden={!picture} />
        <Patches weights={sight.weights} />
      </div>
      <div className={styles.side}>
        <p className={styles.question}>What is it?</p>
        <Answers answers={sight.answers} />
        <p className={styles.words} aria-live="polite">
          {inWords(sight)}
        </p>
        <div className={styles.things} role="group" aria-label="Another thing">
          {CHOICES.map((thing) => (
            <button
              key={thing}
              type="button"
              aria-pressed={thing === wanted.thing}
              onClick={() => demo.want({ thing })}
            >
              {thing}
            </button>
          ))}
        </div>
        <p className={styles.state}>
          <span className={styles.dot} data-state={state} aria-hidden="true" />
          {stateInWords(state, note)}
        </p>
        {children}
      </div>
    </section>
  );
}

const STEPS: Record<string, [x: number, y: number]> = {
  ArrowLeft: [-4, 0],
  ArrowRight: [4, 0],
  ArrowUp: [0, -4],
  ArrowDown: [0, 4],
};

function stateInWords(state: DemoState["state"], note: string): string {
  if (state === "live") return `Live: ${note}. Drag it.`;
  if (state === "loading") return note ? `Loading the model, ${note}` : "Loading the model";
  if (state === "failed") return `The model could not be loaded: ${note}`;
  return "Computed when this page was built";
}
