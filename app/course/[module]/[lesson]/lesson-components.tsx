/** Which component stands for which name in a lesson's text. lib/course leaves ids in the text; what they mean is here. */
import { Cell, Exercise, Hint } from "../../../../components/cells";
import { Note, Objectives, Pitfall, Recap } from "../../../../components/lesson/boxes";
import { Cite, type CitedSource } from "../../../../components/lesson/cite";
import { Figure } from "../../../../components/lesson/figure";
import { Measured } from "../../../../components/lesson/measured";
import { Quiz, QuizChoice, QuizLabel } from "../../../../components/lesson/quiz";
import { Beside, SideNote, SideNoteMark } from "../../../../components/lesson/side-note";
import { Source } from "../../../../components/lesson/source";
import { Term } from "../../../../components/lesson/term";
import {
  authorsInFull,
  authorsInShort,
  listingKey,
  yearOf,
  type Lesson,
  type LessonComponents,
  type Reference,
} from "../../../../lib/course";
import type { ReactNode } from "react";

export function lessonComponents(lesson: Lesson, sources: readonly CitedSource[]): LessonComponents {
  const cells = new Map(lesson.cells.map((cell) => [cell.id, cell]));
  const exercises = new Map(lesson.exercises.map((exercise) => [exercise.id, exercise]));
  return {
    Beside,
    Cell: ({ id }: { id: string }) => <Cell {...cells.get(id)!} />,
    Cite: ({ id }: { id: string }) => <Cite source={sources.find((source) => source.id === id)!} />,
    Exercise({ id, children }: { id: string; children: ReactNode }) {
      const { title, starter, solution, compiledStarter, check, starterHtml, solutionHtml, line } = exercises.get(id)!;
      const props = { id, title, starter, solution, compiledStarter, check, starterHtml, solutionHtml, line };
      return <Exercise {...props}>{children}</Exercise>;
    },
    Figure,
    Hint,
    Measured,
    Note,
    Objectives,
    Pitfall,
    Quiz,
    QuizChoice,
    QuizLabel,
    Recap,
    SideNote,
    SideNoteMark,
    Source: ({ file, lines }: { file: string; lines?: string }) => (
      <Source {...lesson.listings.get(listingKey(file, lines))!} />
    ),
    Term,
  };
}

/** Sources of the same authors and year get a letter: 2024a, 2024b. */
export function citedSources(references: readonly Reference[]): CitedSource[] {
  const called = (reference: Reference) => `${authorsInShort(reference)} ${yearOf(reference)}`;
  return references.map((reference) => {
    const namesakes = references.filter((other) => called(other) === called(reference));
    const letter = namesakes.length > 1 ? String.fromCharCode(97 + namesakes.indexOf(reference)) : "";
    return citedSource(reference, letter);
  });
}

function citedSource(reference: Reference, letter: string): CitedSource {
  return {
    id: reference.id,
    short: authorsInShort(reference),
    authors: authorsInFull(reference),
    title: reference.title,
    year: `${yearOf(reference)}${letter}`,
    where: reference["container-title"],
    url: reference.URL,
  };
}
