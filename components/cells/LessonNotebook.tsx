"use client";
/** Wraps the live parts of one lesson: one runtime for all of them, and the engine that they share. */
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactElement } from "react";
import { pageEngine, type EngineStatus } from "../../lib/notebook";
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
        <div role="status">{engine.note && <p className={styles.engineNote}>{engine.note}</p>}</div>
        <p className={styles.announcer} role="status">
          {message}
        </p>
      </div>
      {children}
    </LessonContext>
  );
}

const unopened: EngineStatus = {};

/** What computes on this page; empty until it is known. */
export function useEngine(): EngineStatus {
  return useSyncExternalStore(
    (listener) => pageEngine().subscribe(listener),
    () => pageEngine().status(),
    () => unopened,
  );
}
