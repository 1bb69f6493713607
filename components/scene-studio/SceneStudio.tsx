"use client";

/** Compose a scene, ask about it, and see who answers what: model by model, stage by stage, with these eyes or those. */
import { useCallback, useEffect, useId, useRef, useState, type ReactNode } from "react";
import type { Progress, ScenesBuiltin } from "../../lib/notebook";
import type { Composed, Composer } from "../studio";
import type { Answers, Choice } from "./answers";
import { FIRST_SCENE } from "./first-scene";
import { linkOf, readLink, type LinkState } from "./link";
import { Asked, type AskedEntry } from "./Asked";
import styles from "./scene-studio.module.css";

/** A model of this site that answers questions, as the build found it. */
export type StudioModel = {
  id: string;
  /** Bytes of its weights. */
  bytes: number;
  stages: readonly { name: string; words: string }[];
  /** Names of its experts, if it has several. */
  experts: readonly string[];
};

type Question = Awaited<ReturnType<ScenesBuiltin["questions"]>>[number];
type Session = { answers: Answers; composer: Composer };

export function SceneStudio({ models }: { models: readonly StudioModel[] }): ReactNode {
  const [session, setSession] = useState<Session>();
  const [problem, setProblem] = useState("");
  const [progress, setProgress] = useState<Progress>();
  const [questions, setQuestions] = useState<readonly Question[]>([]);
  const [question, setQuestion] = useState("");
  const [choice, setChoice] = useState<Choice>({ model: models[0]?.id ?? "" });
  const [asked, setAsked] = useState<readonly AskedEntry[]>([]);
  const [composed, setComposed] = useState<Composed>();
  const [copied, setCopied] = useState(false);
  const stage = useRef<HTMLDivElement>(null);
  const id = useId();
  const model = models.find((one) => one.id === choice.model);

  useEffect(() => {
    let gone = false;
    const link = readLink(location.hash);
    void open(link, setProgress)
      .then((opened) => {
        if (gone) return;
        stage.current?.replaceChildren(opened.composer);
        setComposed(opened.composer.value);
        opened.composer.addEventListener("input", () => setComposed(opened.composer.value));
        setSession(opened);
        setQuestion(link.question ?? "");
        const known = models.find((one) => one.id === link.model);
        if (known) setChoice(choiceOf(known, link));
      })
      .catch((error: unknown) => setProblem((error as Error).message));
    return () => void (gone = true);
  }, [models]);

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
        const entry = { key: (before[0]?.key ?? 0) + 1, choice, question: text, truth, picture: composed.picture };
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
                onChange={(event) =>
                  setChoice(
                    choiceOf(
                      models.find(({ id }) => id === event.target.value)!,
                      {},
                    ),
                  )
                }
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
                  onChange={(event) => setChoice({ ...choice, stage: event.target.value || undefined })}
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
            {model && model.experts.length > 1 && (
              <Experts all={model.experts} choice={choice} onChange={(experts) => setChoice({ ...choice, experts })} />
            )}
          </fieldset>
          {model && <p className={styles.words}>{model.stages.find(({ name }) => name === choice.stage)?.words}</p>}

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
  );
}

const MOST_ASKED = 8;

function Experts(props: { all: readonly string[]; choice: Choice; onChange: (experts?: string[]) => void }) {
  const { all, choice, onChange } = props;
  const on = choice.experts ?? all;
  const toggle = (name: string) => {
    const next = all.filter((other) => (other === name ? !on.includes(name) : on.includes(other)));
    onChange(next.length === all.length ? undefined : next);
  };
  return (
    <div className={styles.experts} role="group" aria-label="Encoders that look">
      {all.map((name) => (
        <label key={name}>
          <input type="checkbox" checked={on.includes(name)} onChange={() => toggle(name)} />
          {name}
        </label>
      ))}
    </div>
  );
}

/** What a link says of a model, as far as the model has it. */
function choiceOf(model: StudioModel, { stage, experts }: LinkState): Choice {
  const known = experts?.filter((name) => model.experts.includes(name));
  return {
    model: model.id,
    ...(stage && model.stages.some(({ name }) => name === stage) ? { stage } : {}),
    ...(known && known.length < model.experts.length ? { experts: known } : {}),
  };
}

async function open(link: LinkState, onProgress: (progress?: Progress) => void): Promise<Session> {
  const [{ openAnswers }, { composer }] = await Promise.all([import("./answers"), import("../studio")]);
  const answers = await openAnswers(onProgress);
  try {
    return { answers, composer: await composer(answers.scenes, { scene: link.scene ?? FIRST_SCENE }) };
  } catch (error) {
    if (!link.scene) throw error;
    return { answers, composer: await composer(answers.scenes, { scene: FIRST_SCENE }) }; // the link's scene cannot be drawn
  }
}
