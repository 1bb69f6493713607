"use client";
/** Wraps the live parts of one lesson: one runtime for all of them, and the engine that they share. */
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactElement } from "react";
import { pageEngine, type EngineStatus } from "../../lib/notebook";
import { storageProblem, subscribeStorage } from "../ui/device-storage";
import styles from "./cells.module.css";
import { LessonContext } from "./lesson-context";
import type { LessonNotebookProps } from "./props";
import { createSession } from "./session";

export function LessonNotebook(props: LessonNotebookProps): ReactElement {
  const { lesson, builtins, modelsUrl, spritesUrl, children } = props;
  const [session] = useState(() => createSession({ lesson, builtins, modelsUrl, spritesUrl }));
  const [message, setMessage] = useState("");
  const root = useRef<HTMLDivElement>(null);
  const engine = useEngine();
  const unkept = useSyncExternalStore(subscribeStorage, storageProblem, () => undefined);

  useEffect(() => {
    void session.start();
    void pageEngine().executor();
    return () => session.stop();
  }, [session]);

  useEffect(() => {
    if (engine.executor) root.current?.closest("[data-lesson]")?.setAttribute("data-executor", engine.executor);
  }, [engine.executor]);

  // The same words twice are news only if something else was there between.
  const announce = useCallback((text: string) => {
    setMessage("");
    requestAnimationFrame(() => setMessage(text));
  }, []);
  const context = useMemo(() => ({ session, announce }), [session, announce]);

  return (
    <LessonContext value={context}>
      <div ref={root} className={styles.engine}>
        <div role="status">
          {engine.note && <p className={styles.engineNote}>{engine.note}</p>}
          {unkept && <p className={styles.engineNote}>{unkeptWords[unkept]}</p>}
        </div>
        <p className={styles.announcer} role="status">
          {message}
        </p>
      </div>
      {children}
    </LessonContext>
  );
}

const unkeptWords = {
  full: "This browser has no room left for this site. What you change and solve from now on lasts as long as this page is open; save your progress to a file on the course page, or erase some of it there.",
  blocked:
    "This browser keeps nothing for this site. What you change and solve lasts as long as this page is open; copy what you want to keep.",
};

const unopened: EngineStatus = {};

/** What computes on this page; empty until it is known. */
export function useEngine(): EngineStatus {
  return useSyncExternalStore(
    (listener) => pageEngine().subscribe(listener),
    () => pageEngine().status(),
    () => unopened,
  );
}
