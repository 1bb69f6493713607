"""What the model after SFT answers to training questions when it draws by chance: wrong answers to learn from, candidates."""

import json
import time

import torch

from ..vlm.questions import questions_of
from ..vlm.scores import is_right
from .sample import sample
from .setup import Setup, Speaker

Answers = dict[str, int]  # an answer: how often it was drawn


def drawn_answers(setup: Setup) -> list[list[Answers]]:
    """Of each of the first `sampled_scenes` training scenes, of each of its questions. Kept in the run's folder."""
    path = setup.run / "drawn.json"
    if path.exists():
        return json.loads(path.read_text())
    recipe, scenes, began = setup.recipe, setup.data["train"], time.time()
    asked = questions_of(scenes, recipe.sampled_scenes)
    prompts = [[setup.prompts.ask(q.question).prompt for q in questions] for questions in asked]
    speaker = Speaker(setup.after("sft"), scenes)
    generator = torch.Generator().manual_seed(recipe.seed)
    ended = sample(
        speaker, list(range(len(asked))), prompts, setup.prompts, setup.stops, recipe.samples, recipe.temperature, generator
    )
    decode = lambda tokens: setup.tokenizer.decode(tokens, skip_special_tokens=True).strip()  # noqa: E731
    answers: list[list[Answers]] = []
    for scene in ended:
        answers.append([])
        for counts in scene:
            words: Answers = {}
            for tokens, times in counts.items():
                words[decode(tokens)] = words.get(decode(tokens), 0) + times
            answers[-1].append(words)
    total = sum(times for scene in answers for words in scene for times in words.values())
    right = sum(
        times
        for questions, scene in zip(asked, answers)
        for q, words in zip(questions, scene)
        for word, times in words.items()
        if is_right(q, word)
    )
    print(f"drawn: {total} answers in {time.time() - began:.0f} s, {right / total:.1%} right", flush=True)
    path.write_text(json.dumps(answers, ensure_ascii=False))
    return answers


def wrong_pairs(setup: Setup, wrong, rng) -> dict[int, list[tuple[str, str, str]]]:
    """Of each sampled scene (question, right answer, wrong one): the wrong one as the model said it, the commonest first, or if it
    said none a plausible one for half of the questions."""
    pairs: dict[int, list[tuple[str, str, str]]] = {}
    answers = drawn_answers(setup)
    for scene, (questions, drawn) in enumerate(zip(questions_of(setup.data["train"], len(answers)), answers)):
        found = []
        for question, words in zip(questions, drawn):
            bad = [word for word in sorted(words, key=words.get, reverse=True) if word and not is_right(question, word)]
            if bad:
                found.append((question.question, question.answer, bad[0]))
            elif rng.random() < 0.5:
                found.append((question.question, question.answer, wrong.draw(question, rng)))
        if found:
            pairs[scene] = found
    return pairs
