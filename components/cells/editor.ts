/** The editor, loaded when a reader first edits: CodeMirror 6 in the clothes of the static code. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  type CompletionContext,
  type CompletionResult,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { javascript, javascriptLanguage, localCompletionSource } from "@codemirror/lang-javascript";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { EditorState, Prec, StateEffect, StateField } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, keymap, type DecorationSet } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { builtins } from "../../lib/notebook";

export type EditorOptions = {
  parent: HTMLElement;
  source: string;
  /** For screen readers: whose code it is. */
  label: string;
  /** Names of other cells. */
  names: () => { name: string; cell: string }[];
  onChange: (source: string) => void;
  /** Mod-Enter. */
  onRun: () => void;
  /** What Mod-Enter does, in a word. */
  runs: "run" | "check";
};

export type Editor = {
  /** Puts the cursor where the reader clicked, or at the start. */
  focus(at?: { x: number; y: number }): void;
  replace(source: string): void;
  /** Marks a line, counted from 1, as the place of an error. */
  mark(line: number | undefined): void;
  destroy(): void;
};

export function createEditor(options: EditorOptions): Editor {
  const { parent, source, label, names, onChange, onRun, runs } = options;
  const mac = /Mac|iPhone|iPad/.test(navigator.platform);
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: source,
      extensions: [
        Prec.highest(keymap.of([{ key: "Mod-Enter", run: () => (onRun(), true) }])),
        Prec.low(keymap.of([{ key: "Escape", run: (view) => (view.setTabFocusMode(true), true) }])),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ icons: false }),
        javascript(),
        javascriptLanguage.data.of({ autocomplete: completion(names) }),
        javascriptLanguage.data.of({ autocomplete: localCompletionSource }),
        syntaxHighlighting(colours),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, indentWithTab]),
        EditorView.contentAttributes.of({
          "aria-label": label,
          "aria-description": `Press ${mac ? "Command" : "Control"} and Enter to ${runs}. Press Escape, then Tab, to leave the editor.`,
        }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          update.view.setTabFocusMode(false);
          onChange(update.state.doc.toString());
        }),
        EditorView.domEventHandlers({ blur: (_event, view) => view.setTabFocusMode(false) }),
        markedLine,
        look,
      ],
    }),
  });

  return {
    focus(at) {
      const anchor = at ? (view.posAtCoords(at, false) ?? 0) : 0;
      view.dispatch({ selection: { anchor } });
      view.focus();
    },
    replace(text) {
      if (view.state.doc.toString() !== text) {
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      }
    },
    mark: (line) => view.dispatch({ effects: markLine.of(line) }),
    destroy: () => view.destroy(),
  };
}

/** Builtins and their members, and the names of other cells. */
function completion(names: EditorOptions["names"]) {
  return (context: CompletionContext): CompletionResult | null => {
    const member = context.matchBefore(/\b\w+\.\w*$/);
    if (member) {
      const [object] = member.text.split(".");
      const entry = builtins.find(({ name }) => name === object);
      if (!entry?.members) return null;
      return {
        from: member.from + object!.length + 1,
        options: entry.members.map((label) => ({ label, type: "property" })),
        validFor: /^\w*$/,
      };
    }
    const word = context.matchBefore(/[\w$]+$/);
    if ((!word && !context.explicit) || context.matchBefore(/\.\s*[\w$]*$/)) return null;
    return {
      from: word?.from ?? context.pos,
      options: [
        ...names().map(({ name, cell }) => ({ label: name, detail: `from ${cell}`, type: "variable", boost: 1 })),
        ...builtins.map(({ name, description }) => ({ label: name, info: description, type: "function" })),
      ],
      validFor: /^[\w$]*$/,
    };
  };
}

const markLine = StateEffect.define<number | undefined>();

const markedLine = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(markLine)) continue;
      const line = effect.value;
      if (line === undefined || line > transaction.state.doc.lines) return Decoration.none;
      return Decoration.set([Decoration.line({ class: "cm-failed" }).range(transaction.state.doc.line(line).from)]);
    }
    return transaction.docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** The colours of lib/course/highlight.ts, by lezer's tags. */
const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--faint)" },
  { tag: [tags.keyword, tags.bool, tags.null, tags.self, tags.tagName], color: "var(--key)" },
  { tag: tags.operator, color: "var(--soft)" },
  { tag: [tags.operatorKeyword, tags.modifier], color: "var(--key)" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: "var(--query)" },
  { tag: tags.function(tags.definition(tags.variableName)), color: "var(--query)" },
  { tag: [tags.typeName, tags.className], color: "var(--patch)" },
  { tag: tags.number, color: "var(--token)" },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: "var(--value)" },
]);

const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--sunk)", font: "inherit" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { font: "inherit", lineHeight: "inherit", overflow: "auto" },
  ".cm-content": { padding: "14px 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 16px" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "color-mix(in srgb, var(--accent) 25%, transparent)",
  },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    backgroundColor: "transparent",
    outline: "1px solid var(--edge)",
  },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "transparent", color: "var(--bad)" },
  ".cm-failed": {
    backgroundColor: "var(--raised)",
    boxShadow: "inset 3px 0 var(--bad)",
  },
  ".cm-tooltip": {
    color: "var(--ink)",
    backgroundColor: "var(--raised)",
    border: "1px solid var(--edge)",
    borderRadius: "8px",
    overflow: "hidden",
  },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { color: "var(--paper)", backgroundColor: "var(--accent)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "13px", lineHeight: "1.5" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: 700 },
  ".cm-completionInfo": { font: "400 13px/1.5 var(--sans)", padding: "8px 10px", maxWidth: "320px" },
  ".cm-completionDetail": { fontStyle: "normal", opacity: 0.8 },
});
