"use client";

/** Compose a scene, ask about it, and see who answers what: model by model, stage by stage, with these eyes or those. */
import { useCallback, useEffect, useId, useRef, useState, type ReactNode } from "react";
import type { Progress, ScenesBuiltin } from "../../lib/notebook";
import type { Scene } from "../../lib/scenes";
import type { Composed, Composer } from "../studio";
import type { Answers } from "./answers";
import { Asked, type AskedEntry } from "./Asked";
import { about, choiceOf, expertsAt, type Choice, type StudioModel } from "./choice";
import { FIRST_SCENE } from "./first-scene";
import { linkOf, readLink, type LinkState } from "./link";
import styles from "./scene-studio.module.css";

type Question = Awaited<ReturnType<ScenesBuiltin["questions"]>>[number];
type Session = { answers: Answers; composer: Composer; models: readonly StudioModel[] };

/** @param known the models, as the build found them */
export function SceneStudio({ models: known }: { models: readonly StudioModel[] }): ReactNode {
  const [session, setSession] = useState<Session>();
  const [problem, setProblem] = useState("");
  const [progress, setProgress] = useState<Progress>();
  const [questions, setQuestions] = useState<readonly Question[]>([]);
  const [question, setQuestion] = useState("");
  const [choice, setChoice] = useState<Choice>({ model: known[0]?.id ?? "" });
  const [asked, setAsked] = useState<readonly AskedEntry[]>([]);
  const [composed, setComposed] = useState<Composed>();
  const [copied, setCopied] = useState(false);
  const stage = useRef<HTMLDivElement>(null);
  const id = useId();
  const models = session?.models ?? known;
  const model = models.find((one) => one.id === choice.model);
  const experts = model ? expertsAt(model, choice.stage) : [];

  useEffect(() => {
    let gone = false;
    const link = readLink(location.hash);
    void open(link, known, setProgress)
      .then((opened) => {
        if (gone) return;
        stage.current?.replaceChildren(opened.composer);
        setComposed(opened.composer.value);
        opened.composer.addEventListener("input", () => setComposed(opened.composer.value));
        setSession(opened);
        setQuestion(link.question ?? "");
        const linked = opened.models.find((one) => one.id === link.model);
        if (linked) setChoice(choiceOf(linked, link));
      })
      .catch((error: unknown) => setProblem((error as Error).message));
    return () => void (gone = true);
  }, [known]);

  // Another link in the same window: only what follows the # is new, and no page is loaded for that.
  useEffect(() => {
    const follow = () => Object.keys(readLink(location.hash)).length > 0 && location.reload();
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);

  // What can be asked about this scene, with answers that are beyond doubt.
  const scene = composed?.scene;
  useEffect(() => {
    if (!session) return;
    let old = false;
    const wait = setTimeout(() => {
      const asking = scene ? session.answers.scenes.questions(scene, { seed: 1 }) : Promise.resolve([]);
      asking.then(
        (found) => old || setQuestions(found),
        () => old || setQuestions([]),
      );
    }, 250);
    return () => {
      old = true;
      clearTimeout(wait);
    };
  }, [session, scene]);

  useEffect(() => {
    if (!session) return;
    const wait = setTimeout(() => {
      const link = linkOf({ scene, ...(question ? { question } : {}), ...choice } as LinkState);
      history.replaceState(null, "", link || location.pathname);
    }, 300);
    return () => clearTimeout(wait);
  }, [session, scene, question, choice]);

  const ask = useCallback(
    (words: string) => {
      const text = words.trim();
      if (!text || !composed || !model) return;
      const truth = questions.find((one) => one.question === text)?.answer;
      setQuestion(text);
      setAsked((before) => {
        const { picture, scene } = composed;
        const all = expertsAt(model, choice.stage);
        const looked = all.length > 1 ? (choice.experts ?? all) : [];
        const key = (before[0]?.key ?? 0) + 1;
        const entry = { key, choice, experts: looked, question: text, truth, picture, scene, shown: true };
        return [entry, ...before].slice(0, MOST_ASKED);
      });
    },
    [composed, model, questions, choice],
  );

  return (
    <div className={styles.studio}>
      <div ref={stage} className={styles.compose} data-studio={session ? "ready" : "loading"}>
        <p>{problem ? `The studio could not open: ${problem}` : "Opening the scene …"}</p>
      </div>

      <div className={styles.side}>
        {models.length === 0 ? (
          <p className={styles.nobody}>
            No model that answers questions is shipped yet. You can compose a scene already.
          </p>
        ) : (
          <form
            className={styles.form}
            onSubmit={(event) => {
              event.preventDefault();
              ask(question);
            }}
          >
            <fieldset className={styles.who}>
              <legend>Who answers</legend>
              <label>
                Model
                <select
                  value={choice.model}
                  onChange={(event) => {
                    const next = models.find(({ id }) => id === event.target.value);
                    if (next) setChoice(choiceOf(next, {}));
                  }}
                >
                  {models.map(({ id, bytes }) => (
                    <option key={id} value={id}>
                      {id} ({(bytes / 1e6).toFixed(1)} MB)
                    </option>
                  ))}
                </select>
              </label>
              {model && model.stages.length > 0 && (
                <label>
                  Stage of training
                  <select
                    value={choice.stage ?? ""}
                    onChange={(event) => setChoice(choiceOf(model, { ...choice, stage: event.target.value }))}
                  >
                    <option value="">finished</option>
                    {model.stages.map(({ name }) => (
                      <option key={name} value={name}>
                        {name}
                      </option>
                    ))}
                  </select>
                </label>
              )}
            </fieldset>
            {model && <Words model={model} stage={choice.stage} />}
            {model && experts.length > 1 && (
              <Experts
                all={experts}
                choice={choice}
                onChange={(looking) => setChoice(choiceOf(model, { ...choice, experts: looking }))}
              />
            )}

            <label className={styles.question} htmlFor={`${id}-question`}>
              Your question
            </label>
            <div className={styles.line}>
              <input
                id={`${id}-question`}
                value={question}
                maxLength={300}
                autoComplete="off"
                placeholder="What is left of the cat?"
                onChange={(event) => setQuestion(event.target.value)}
              />
              <button type="submit" className={styles.go} disabled={!session || !question.trim()}>
                Ask
              </button>
            </div>
            {questions.length > 0 && (
              <div className={styles.picks} role="group" aria-label="Questions about this scene">
                {questions.map(({ question }) => (
                  <button key={question} type="button" onClick={() => ask(question)} disabled={!session}>
                    {question}
                  </button>
                ))}
              </div>
            )}
            <p className={styles.small}>
              <button
                type="button"
                className={styles.link}
                onClick={() => void navigator.clipboard.writeText(location.href).then(() => setCopied(true))}
              >
                Copy a link to this scene and question
              </button>
              <span role="status">{copied ? "Copied." : ""}</span>
            </p>
          </form>
        )}

        {progress && progress.total > 0 && (
          <p className={styles.loading} role="status">
            Loading {progress.what}: {(progress.loaded / 1e6).toFixed(1)} of {(progress.total / 1e6).toFixed(1)} MB
            <progress max={progress.total} value={progress.loaded} aria-label={`Loading ${progress.what}`} />
          </p>
        )}
        <div className={styles.asked}>
          {session &&
            asked.map((entry, i) => <Asked key={entry.key} entry={entry} answers={session.answers} newest={i === 0} />)}
        </div>
      </div>
    </div>
  );
}

const MOST_ASKED = 8;

function Words({ model, stage }: { model: StudioModel; stage: string | undefined }) {
  const words = model.stages.find(({ name }) => name === stage)?.words ?? about[model.id]?.words;
  const lesson = about[model.id]?.lesson;
  if (!words && !lesson) return null;
  return (
    <p className={styles.words}>
      {words} {lesson && <a href={lesson}>Its lesson</a>}
    </p>
  );
}

function Experts(props: {
  all: readonly string[];
  choice: Choice;
  onChange: (looking: readonly string[]) => void;
}): ReactNode {
  const { all, choice, onChange } = props;
  const on = choice.experts ?? all;
  const toggle = (name: string) =>
    onChange(all.filter((other) => (other === name ? !on.includes(name) : on.includes(other))));
  return (
    <fieldset className={styles.experts}>
      <legend>Encoders that look</legend>
      {all.map((name) => (
        <label key={name}>
          <input type="checkbox" checked={on.includes(name)} onChange={() => toggle(name)} />
          {name}
        </label>
      ))}
    </fieldset>
  );
}

async function open(
  link: LinkState,
  known: readonly StudioModel[],
  onProgress: (progress?: Progress) => void,
): Promise<Session> {
  const [{ openAnswers }, { composer }] = await Promise.all([import("./answers"), import("../studio")]);
  const answers = await openAnswers(onProgress);
  const models = await answers.withStages(known);
  const compose = (scene: Scene) => composer(answers.scenes, { scene, shapesAndSigns: true });
  try {
    return { answers, models, composer: await compose(link.scene ?? FIRST_SCENE) };
  } catch (error) {
    if (!link.scene) throw error;
    return { answers, models, composer: await compose(FIRST_SCENE) }; // the link's scene cannot be drawn
  }
}
