"""`python -m training mllama <stage>`: one stage of Llama 3.2 Vision, or all of them."""

from argparse import Namespace

from .dpo import train_dpo
from .evaluate import evaluate
from .export import export
from .golden import write_golden
from .rejection import train_rejection
from .reward import train_reward
from .setup import Setup, open_setup
from .synthetic import train_synthetic
from .tasks import CaptionTask, QuestionTask


def train_noisy(setup: Setup) -> None:
    setup.train(CaptionTask(setup, "noisy", setup.start, noisy=True), "noisy")


def train_clean(setup: Setup) -> None:
    setup.train(CaptionTask(setup, "clean", setup.after("noisy"), noisy=False), "clean")


def train_sft(setup: Setup) -> None:
    setup.train(QuestionTask(setup, "sft", setup.after("clean")), "sft")


STEPS = {
    "noisy": train_noisy,
    "clean": train_clean,
    "sft": train_sft,
    "reward": train_reward,
    "rejection": train_rejection,
    "dpo": train_dpo,
    "synthetic": train_synthetic,
    "export": export,
    "evaluate": evaluate,
    "golden": write_golden,
}
STAGES = (*STEPS, "all")


def stage(name: str, arguments: Namespace) -> None:
    setup = open_setup(arguments.quick, arguments.threads, arguments.compile)
    for step in STEPS if name == "all" else [name]:
        STEPS[step](setup)
