"""What was run is what the recipes say, or the model's card tells that it was "unlike the recipe"."""

import json
import unittest
from pathlib import Path

from .. import recipe as classifier
from ..eagle import recipe as eagle
from ..experts import recipes as experts
from ..language import recipe as language
from ..mllama import recipe as mllama
from ..paths import MODELS

TOLD = "unlike the recipe"
WATCHED = {"log_every", "eval_every", "eval_subset", "eval_scenes", "save_every"}  # how a run is looked at, not what it does


def log_of(model: str) -> dict:
    return json.loads((MODELS / model / "training-log.json").read_text())


def one_of(model: str, run: str) -> dict:
    """The log of one run."""
    log = log_of(model)
    stages = log.get("stages")
    return log if not stages else stages[run] if isinstance(stages, dict) else next(s for s in stages if s["name"] == run)


def runs() -> list[tuple[str, str, dict, dict]]:
    """(model, run, what the recipe says now, what the log says was run)"""
    single = {"vit-classifier": classifier.settings(classifier.FULL)}
    single |= {name: experts.settings(recipe) for name, recipe in experts.FULL.items()}
    texts = {"llama-tiny": language.FULL, "llama-small": language.SMALL, "guard": language.GUARD}
    single |= {name: language.settings(recipe) for name, recipe in texts.items()}
    found = [(name, name, said, log_of(name)["recipe"]) for name, said in single.items()]
    logged = log_of("eagle")["stages"]
    found += [("eagle", name, eagle.settings(stage), logged[name]["recipe"]) for name, stage in eagle.FULL.items() if name in logged]
    for stage in log_of("mllama")["stages"]:  # "dpo-seed6" and "reward-frozen" are runs of the stages "dpo" and "reward"
        name = stage["name"] if stage["name"] in mllama.FULL.stages else stage["name"].rpartition("-")[0]
        said = mllama.settings(mllama.FULL, name) | {"seed": stage["recipe"]["seed"]}
        found.append(("mllama", stage["name"], said, stage["recipe"]))
    return found


def differences(said: dict, done: dict) -> list[str]:
    """Of what both name: a setting that came later has no number in an older log."""
    said = json.loads(json.dumps(said))  # tuples are lists in a log
    return [f"{key}: recipe {said[key]}, run {done[key]}" for key in (said.keys() & done.keys()) - WATCHED if said[key] != done[key]]


class Recipes(unittest.TestCase):
    def test_the_recipe_is_what_was_run_or_the_card_says_otherwise(self) -> None:
        for model, run, said, done in runs():
            with self.subTest(model=model, run=run):
                found = differences(said, done)
                card = Path(MODELS / model / "README.md").read_text().lower()
                self.assertTrue(not found or TOLD in card, "; ".join(sorted(found)))

    def test_every_run_ended(self) -> None:
        for model, run, _, done in runs():
            one = one_of(model, run)
            self.assertEqual(one["totalSteps"], done["steps"], f"{model}, {run}")

    def test_a_learning_rate_that_rose_again_is_told(self) -> None:
        """After the warm-up it only falls, unless a run was planned anew: then the recipe alone does not repeat it."""
        for model, run, _, done in runs():
            one = one_of(model, run)
            rates = [step["lr"] for step in one["steps"] if step["step"] > done["warmup"]]
            rose = any(b > 1.001 * a for a, b in zip(rates, rates[1:]))
            with self.subTest(model=model, run=run):
                card = Path(MODELS / model / "README.md").read_text().lower()
                self.assertTrue(not rose or TOLD in card, "the learning rate fell and rose again")
