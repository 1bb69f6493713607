/** Every lesson of the course: it compiles, its links lead somewhere, its exercises can be failed and solved. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { readCourse } from "../../lib/course";
import { builtinValue, createBuiltins, createEngine, gradeExercise } from "../../lib/notebook";

const url = (path: string) => pathToFileURL(resolve(path)).href;
const builtins = createBuiltins({
  engine: createEngine({ prefer: "reference" }),
  modelsUrl: url("public/models"),
  spritesUrl: url("public/sprites"),
});

const course = await readCourse({ root: resolve(".") }); // throws a list of everything that is wrong in content/

test("the course has its modules and at least one lesson", () => {
  expect(course.modules.map(({ number }) => number)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
  expect(course.lessons.map(({ address }) => address)).toContain("/course/vision-transformers/patches/");
});

test("every reference is cited somewhere", () => {
  const cited = new Set(course.lessons.flatMap(({ citations }) => citations));
  expect([...course.references.keys()].filter((id) => !cited.has(id))).toEqual([]);
});

describe.each(course.lessons.map((lesson) => [lesson.address, lesson] as const))("%s", (_, lesson) => {
  test("has at least two live cells and an exercise", () => {
    expect(lesson.cells.length).toBeGreaterThanOrEqual(2);
    expect(lesson.exercises.length).toBeGreaterThanOrEqual(1);
  });

  test("says how much it downloads, if it loads a model", () => {
    expect(lesson.downloadBytes > 1000).toBe(lesson.frontMatter.models.length > 0);
  });

  test("every line of its code is coloured", () => {
    for (const { id, source, codeHtml } of lesson.cells) {
      const text = codeHtml.replace(/<[^>]*>/g, "");
      const plain = source.replace(/[&<>]/g, (c) => ({ "&": "&#x26;", "<": "&#x3C;", ">": ">" })[c]!);
      expect(text, id).toBe(plain);
      expect(codeHtml, id).toMatch(/var\(--(key|query|token|value)\)/);
    }
  });

  test.each(lesson.exercises.map((exercise) => [exercise.id, exercise] as const))(
    "exercise %s: the starter fails with a message, the solution passes",
    async (_, { compiledStarter, compiledSolution, check }) => {
      const value = (name: string) => builtinValue(builtins, name);
      const started = await gradeExercise(compiledStarter, check, { value });
      expect(started.status).not.toBe("pass");
      const failed = started.tests.filter(({ status }) => status !== "pass");
      expect(failed.length).toBeGreaterThan(0);
      for (const { message } of failed) expect(message?.length).toBeGreaterThan(10);

      const solved = await gradeExercise(compiledSolution, check, { value });
      expect(solved.tests.filter(({ status }) => status !== "pass")).toEqual([]);
      expect(solved.status).toBe("pass");
    },
  );
});
