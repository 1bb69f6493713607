"""The commands that are promised: `all` trains every model that ships, and what README and docs/models.md say can be called."""

import re
import unittest

from ..__main__ import CHAIN, STAGES, parse
from ..eagle.commands import ALL as EAGLE
from ..experts.commands import EXPERTS
from ..language.commands import STAGES as LANGUAGE
from ..mllama.commands import STEPS as MLLAMA
from ..paths import MODELS, ROOT


class Commands(unittest.TestCase):
    def test_all_trains_every_model_that_ships(self) -> None:
        trained = {line[0] for line in CHAIN} - {"expert"}
        trained |= set(EXPERTS) if ("expert", "all", "all") in CHAIN else set()
        trained |= {"reward"} if "reward" in MLLAMA else set()  # a stage of mllama, which ships by itself
        shipped = {folder.name for folder in MODELS.iterdir() if (folder / "config.json").exists()}
        self.assertEqual(shipped - trained, set())

    def test_every_line_of_the_chain_does_all_stages(self) -> None:
        for line in CHAIN:
            arguments = parse([*line, "--quick", "--threads", "1"])
            self.assertEqual(arguments.stage, "all")
            self.assertTrue(arguments.quick)
        for stages in (STAGES, EAGLE, MLLAMA, *LANGUAGE.values()):
            for needed in ("export", "evaluate"):
                self.assertIn(needed, stages)

    def test_models_start_from_what_stands_before_them(self) -> None:
        order = [line[0] for line in CHAIN]
        for later, earlier in (
            ("expert", "vit-classifier"),
            ("llama-small", "llama-tiny"),
            ("guard", "llama-small"),
            ("eagle", "expert"),
            ("eagle", "llama-tiny"),
            ("mllama", "expert"),
            ("mllama", "llama-tiny"),
        ):
            self.assertLess(order.index(earlier), order.index(later), f"{later} starts from {earlier}")

    def test_every_command_of_the_table_of_models_can_be_called(self) -> None:
        said = re.findall(r"`python -m training ([^`]+)`", (ROOT / "docs" / "models.md").read_text())
        self.assertGreater(len(said), 20)
        for line in sorted(set(said)):
            with self.subTest(line):
                parse(line.split())

    def test_every_model_can_be_measured_again(self) -> None:
        for folder in sorted(MODELS.iterdir()):
            if (folder / "config.json").exists():
                self.assertEqual(parse(["evaluate", folder.name]).stage, "evaluate")
