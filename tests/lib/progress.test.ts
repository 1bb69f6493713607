// @vitest-environment jsdom
/** What a reader did stays on the device: kept, taken to another one, erased; and what happens where it cannot be kept. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { done, nextToRead, NOT_READ, readOn, readSlot } from "../../components/lesson/lesson-progress";
import {
  entries,
  eraseEntries,
  exportEntries,
  importEntries,
  slot,
  storageChanges,
  storageProblem,
  subscribeStorage,
} from "../../components/ui/device-storage";

const lesson = "vision-transformers/patches";
const exercises = ["patchify", "other"];
const solve = (id: string, value: object) => slot(lesson, "exercise", id).write(JSON.stringify(value));

beforeEach(() => localStorage.clear());
afterEach(() => {
  vi.restoreAllMocks();
  slot("x/y", "z").write(undefined);
});

describe("progress of a lesson", () => {
  test("nothing at first; then read; then solved", () => {
    expect(done({ lesson, exercises })).toEqual({ read: false, solved: 0, whole: false });
    readSlot(lesson).write("2026-11-23T12:00:00.000Z");
    expect(done({ lesson, exercises })).toEqual({ read: true, solved: 0, whole: false });
    solve("patchify", { source: "", result: { status: "pass" } });
    expect(done({ lesson, exercises }).solved).toBe(1);
    solve("other", { source: "", result: { status: "fail" } });
    expect(done({ lesson, exercises }).whole).toBe(false);
    solve("other", { source: "", result: { status: "fail" }, passed: true }); // passed once, changed since
    expect(done({ lesson, exercises })).toEqual({ read: true, solved: 2, whole: true });
  });

  test("the reader's own word counts; another lesson's does not", () => {
    readSlot(lesson).write(NOT_READ);
    expect(readOn(lesson)).toBeUndefined();
    readSlot("attention/patches").write("2026-11-23T12:00:00.000Z");
    expect(readOn(lesson)).toBeUndefined();
  });

  test("what is no JSON counts as nothing", () => {
    slot(lesson, "exercise", "patchify").write("{");
    expect(done({ lesson, exercises }).solved).toBe(0);
  });
});

describe("where to go on", () => {
  const lessons = ["a/one", "a/two", "b/three", "b/four"].map((lesson) => ({ lesson }));
  const read = (lesson: string, day: number) => readSlot(lesson).write(`2026-11-${day}T12:00:00.000Z`);
  const next = () => nextToRead(lessons)?.lesson;

  test("at the beginning, as long as nothing is read", () => expect(next()).toBe("a/one"));

  test("behind the lesson that was read last, whatever was read or left out before it", () => {
    read("b/three", 20);
    expect(next()).toBe("b/four");
    read("a/one", 21);
    expect(next()).toBe("a/two");
    read("a/two", 22);
    expect(next()).toBe("b/four");
  });

  test("what was left out, when nothing follows; then nothing", () => {
    ["a/one", "b/three", "b/four"].forEach((lesson, i) => read(lesson, 20 + i));
    expect(next()).toBe("a/two");
    readSlot("b/four").write(NOT_READ);
    expect(next()).toBe("b/four");
    ["a/two", "b/four"].forEach((lesson) => read(lesson, 25));
    expect(next()).toBeUndefined();
  });
});

describe("to a file and back", () => {
  test("everything of the lessons, and nothing else", () => {
    localStorage.setItem("patchwork:theme", "dark");
    localStorage.setItem("another-site", "1");
    slot(lesson, "cell", "answer").write("1 + 1");
    readSlot(lesson).write("2026-11-23T12:00:00.000Z");
    const text = exportEntries(new Date("2026-11-24"));
    expect(Object.keys((JSON.parse(text) as { entries: object }).entries)).toEqual([
      "patchwork:vision-transformers/patches:cell:answer",
      "patchwork:vision-transformers/patches:read",
    ]);

    eraseEntries();
    expect(entries().size).toBe(0);
    expect(localStorage.getItem("patchwork:theme")).toBe("dark");
    expect(localStorage.getItem("another-site")).toBe("1");

    expect(importEntries(text)).toBe(2);
    expect(slot(lesson, "cell", "answer").read()).toBe("1 + 1");
    expect(readOn(lesson)).toBe("2026-11-23T12:00:00.000Z");
  });

  test("a file that is something else, and keys that are none of ours", () => {
    for (const text of ["", "{}", "[]", "null", '{"format":"patchwork-progress"}'])
      expect(() => importEntries(text)).toThrow("expected a file that this page exported");
    const entries = { "patchwork:theme": "dark", other: "1", "patchwork:a/b:cell:c": 3, "patchwork:a/b:cell:d": "ok" };
    expect(importEntries(JSON.stringify({ format: "patchwork-progress", version: 1, entries }))).toBe(1);
    expect(Object.keys(localStorage)).toEqual(["patchwork:a/b:cell:d"]);
  });
});

describe("a browser that keeps nothing", () => {
  const refuse = (name: string) =>
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("no", name);
    });

  test("no room, or forbidden: said, and over when a write is kept again", () => {
    const heard = vi.fn();
    const leave = subscribeStorage(heard);
    const before = storageChanges();
    refuse("QuotaExceededError");
    expect(slot(lesson, "cell", "a").write("x")).toBe(false);
    expect(storageProblem()).toBe("full");
    vi.restoreAllMocks();
    refuse("SecurityError");
    slot(lesson, "cell", "a").write("x");
    expect(storageProblem()).toBe("blocked");
    vi.restoreAllMocks();
    expect(slot(lesson, "cell", "a").write("x")).toBe(true);
    expect(storageProblem()).toBeUndefined();
    expect(heard).toHaveBeenCalledTimes(3);
    expect(storageChanges()).toBe(before + 3);
    leave();
    slot(lesson, "cell", "a").write("y");
    expect(heard).toHaveBeenCalledTimes(3);
  });

  test("reading is no error, and a file that finds no room is a sentence", () => {
    slot(lesson, "cell", "a").write("x");
    const text = exportEntries(new Date());
    refuse("QuotaExceededError");
    expect(() => importEntries(text)).toThrow("there is no room for all of it");
    vi.restoreAllMocks();
    vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
      throw new DOMException("no", "SecurityError");
    });
    expect(slot(lesson, "cell", "a").read()).toBeUndefined();
    expect(entries().size).toBe(0);
  });
});
