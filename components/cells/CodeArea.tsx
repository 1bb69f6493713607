"use client";
/**
 * Code that turns into an editor in place. Until the reader edits it is the static HTML of the page; then CodeMirror is
 * loaded and takes its place with the same look.
 */
import {
  memo,
  useCallback,
  useEffect,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
  type ReactElement,
  type Ref,
} from "react";
import styles from "./cells.module.css";
import type { Editor } from "./editor";
import { useLesson } from "./lesson-context";

export type CodeAreaHandle = {
  /** Turns the code into an editor, if it is none yet, and puts the cursor in it. */
  edit(at?: { x: number; y: number }): void;
};

export type CodeAreaProps = {
  ref?: Ref<CodeAreaHandle>;
  /** The code as shiki drew it; shown while the code is this, and nobody edits. */
  html: string;
  /** The code of that HTML. */
  original: string;
  source: string;
  label: string;
  failedLine?: number;
  runs: "run" | "check";
  onChange: (source: string) => void;
  onRun: () => void;
};

export function CodeArea(props: CodeAreaProps): ReactElement {
  const { ref, html, original, source, failedLine, runs } = props;
  const { session } = useLesson();
  const [wanted, setWanted] = useState(false);
  const [editing, setEditing] = useState(false);
  const host = useRef<HTMLDivElement>(null);
  const shown = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(undefined);
  const cursor = useRef<{ focus: boolean; at?: { x: number; y: number } }>({ focus: false });
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });

  const edit = useCallback((at?: { x: number; y: number }) => {
    if (editor.current) return editor.current.focus(at);
    cursor.current = { focus: true, at };
    setWanted(true);
  }, []);
  useImperativeHandle(ref, () => ({ edit }), [edit]);

  useEffect(() => {
    if (!wanted) return;
    let gone = false;
    void import("./editor").then(({ createEditor }) => {
      if (gone || !host.current) return;
      editor.current = createEditor({
        parent: host.current,
        source: latest.current.source,
        label: latest.current.label,
        runs,
        names: () => session.names(),
        onChange: (text) => latest.current.onChange(text),
        onRun: () => latest.current.onRun(),
      });
      editor.current.mark(latest.current.failedLine);
      setEditing(true);
    });
    return () => {
      gone = true;
      editor.current?.destroy();
      editor.current = undefined;
    };
  }, [wanted, session, runs]);

  useEffect(() => {
    if (!editing || !cursor.current.focus) return;
    cursor.current.focus = false;
    editor.current?.focus(cursor.current.at);
  }, [editing]);

  useEffect(() => editor.current?.replace(source), [source, editing]);

  useEffect(() => {
    editor.current?.mark(failedLine);
    shown.current?.querySelectorAll(".line").forEach((line, i) => {
      line.classList.toggle(styles.failedLine!, i + 1 === failedLine);
    });
  }, [failedLine, editing, source]);

  const open = (event: React.MouseEvent) => {
    if (getSelection()?.isCollapsed === false) return; // the reader selects, to copy
    edit({ x: event.clientX, y: event.clientY });
  };
  const openByKey = (event: React.KeyboardEvent) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    edit();
  };

  return (
    <div className={styles.codeArea}>
      <div ref={host} className={styles.editor} hidden={!editing} />
      {!editing && (
        // a shortcut of the Edit button
        <div ref={shown} className={styles.code} onClick={open} onKeyDown={openByKey}>
          {source === original ? <StaticCode html={html} /> : <PlainCode source={source} />}
        </div>
      )}
    </div>
  );
}

/** Drawn once: the failed line is marked in place. */
const StaticCode = memo(function StaticCode({ html }: { html: string }) {
  const inner = useMemo(() => ({ __html: html }), [html]);
  return <div dangerouslySetInnerHTML={inner} />;
});

/** Code of an earlier visit, which no build has coloured. */
function PlainCode({ source }: { source: string }) {
  return (
    <pre className="code" tabIndex={0}>
      <code>
        {source.split("\n").map((line, i) => (
          <span key={i}>
            {i > 0 && "\n"}
            <span className="line">{line}</span>
          </span>
        ))}
      </code>
    </pre>
  );
}
