"""What the trainer runs in the stages that learn from text about pictures: captions, answers."""

import copy
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..experts.data import SPLITS
from ..vlm.questions import questions_of
from ..vlm.rows import Asked, Rows, pack
from ..vlm.scores import greedy, score
from .model import ADAPTER, Pictures, TrainingMllama, compile_layers, is_matrix
from .pictures import pictures_of
from .setup import TEXT_END, Setup, Speaker


class TextTask:
    """Next-token loss on what is to be said. `texts(scene, generator)` gives what a row says about a scene."""

    def __init__(self, setup: Setup, stage: str, model: TrainingMllama, parts: tuple[str, ...] = ADAPTER):
        self.setup, self.recipe = setup, setup.recipe.stages[stage]
        self.model = copy.deepcopy(model).train()
        self.model.train_only(*parts)
        self.average = copy.deepcopy(self.model).eval()
        if setup.compiled:
            compile_layers(self.model)
        self.encoder = list(self.model.vision_model.parameters())
        self.before: list[Tensor] | None = None  # the encoder's weights before the last step
        self.train = setup.data["train"]
        self.members = np.arange(setup.recipe.sampled_scenes, len(self.train))  # the scenes that are trained on
        self.epoch: tuple[int, np.ndarray] = (-1, self.members)

    @property
    def scenes(self) -> int:
        return len(self.members)

    def texts(self, scene: int, rng: np.random.Generator) -> list[Asked]:
        raise NotImplementedError

    def prompts(self):
        return self.setup.prompts

    def chosen(self, step: int) -> np.ndarray:
        """Every scene once, in random order, then in another. -> [B]"""
        size, count = self.recipe.batch_size, len(self.members)
        places = np.arange(step * size, (step + 1) * size)
        epochs = {}
        for epoch in sorted(set((places // count).tolist())):
            if self.epoch[0] != epoch:
                self.epoch = (epoch, np.random.default_rng([self.recipe.seed, epoch]).permutation(count))
            epochs[epoch] = self.epoch[1]
        return self.members[np.array([epochs[place // count][place % count] for place in places])]

    @torch.no_grad()
    def slow_encoder(self) -> None:
        """Takes most of the encoder's last step back, which is a lower learning rate for it."""
        if self.before is not None:
            torch._foreach_lerp_(self.encoder, self.before, 1 - self.setup.recipe.encoder_pace)
        self.before = [weight.clone() for weight in self.encoder]

    def batch(self, step: int, generator: torch.Generator) -> tuple:
        self.slow_encoder()
        indices = self.chosen(step)
        small = torch.rand(len(indices), generator=generator) < self.setup.recipe.small
        pictures = pictures_of(self.train.rows(indices), small)
        rng = np.random.default_rng([self.recipe.seed, step])
        rows = pack([self.texts(int(i), rng) for i in indices], self.prompts(), self.recipe.length, self.recipe.said)
        return (*pictures.tensors(), *rows.tensors())

    def losses(self, patches: Tensor, ids: Tensor, empty: Tensor, *tensors: Tensor):
        """-> (loss, share of the tokens that are guessed)"""
        rows = Rows(*tensors)
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.model(Pictures(patches, ids, empty), rows)
        logits, labels, weights = logits.float().flatten(0, 1), rows.labels.flatten(), rows.weights.flatten()
        each = F.cross_entropy(logits, labels, reduction="none")
        right = ((logits.detach().argmax(1) == labels) * weights).sum() / weights.sum()
        return (each * weights).sum() / weights.sum(), right

    def scores(self, outputs: Tensor, batch: tuple) -> dict[str, float]:
        """How many of the tokens are guessed; how far each layer's gate is open."""
        return {"tokens": float(outputs), **{f"gate{i}": open_ for i, open_ in self.model.gates().items()}}

    def is_matrix(self, name: str, weight: Tensor) -> bool:
        return is_matrix(name, weight)

    def measure(self) -> dict[str, float]:
        """Share of questions about unseen scenes that are answered right."""
        return {name: self.accuracy(split) for name, split in SPLITS.items()}

    def accuracy(self, split: str) -> float:
        scenes = self.setup.data[split]
        asked = questions_of(scenes, self.recipe.eval_subset)
        said = greedy(Speaker(self.average, scenes), asked, self.setup.prompts, self.setup.stops)
        return score(asked, said)["accuracy"]


class CaptionPrompts:
    """`<|begin_of_text|><|image|>caption<|end_of_text|>`, as the published base model is prompted; each caption has an image
    token of its own, so that each is the function of a row of its own."""

    def __init__(self, setup: Setup):
        tokenizer = setup.tokenizer
        self.prefix, self.padding = [tokenizer.bos_token_id], tokenizer.pad_token_id
        self.image, self.end = setup.prompts.image, tokenizer.convert_tokens_to_ids(TEXT_END)
        self.encode: Callable = lambda text: tokenizer(text, add_special_tokens=False).input_ids

    def teach(self, caption: str) -> Asked:
        return Asked((self.image,), (*self.encode(caption), self.end))


class CaptionTask(TextTask):
    """Says the captions of a picture. `measure`: the share of the tokens of true captions that it guesses."""

    def __init__(self, setup: Setup, stage: str, model: TrainingMllama, noisy: bool):
        super().__init__(setup, stage, model, ADAPTER[:2] if noisy else ADAPTER)
        self.forms = CaptionPrompts(setup)
        self.captions = [[line] for line in self.train.lines("noisy.txt")] if noisy else self.train.captions

    def prompts(self):
        return self.forms

    def texts(self, scene: int, rng: np.random.Generator) -> list[Asked]:
        return [self.forms.teach(caption) for caption in rng.permutation(self.captions[scene])]

    @torch.no_grad()
    def accuracy(self, split: str) -> float:
        scenes, sums = self.setup.data[split], np.zeros(2)
        for start in range(0, self.recipe.eval_subset, 25):
            indices = list(range(start, start + 25))
            rows = pack([[self.forms.teach(scenes.captions[i][0])] for i in indices], self.forms)
            right = (Speaker(self.average, scenes)(indices, rows).argmax(-1) == rows.labels) * rows.weights
            sums += [float(right.sum()), float(rows.weights.sum())]
        return round(sums[0] / sums[1], 4)


class QuestionTask(TextTask):
    """Answers the questions about a picture. `asked`: other questions than the scenes' own, by scene."""

    def __init__(
        self,
        setup: Setup,
        stage: str,
        model: TrainingMllama,
        parts: tuple[str, ...] = ADAPTER,
        asked: dict[int, list[tuple[str, str]]] | None = None,
    ):
        super().__init__(setup, stage, model, parts)
        if asked is None:
            own = questions_of(self.train)
            self.asked = {scene: [(q.question, q.answer) for q in questions] for scene, questions in enumerate(own)}
        else:
            self.asked = {scene: pairs for scene, pairs in asked.items() if pairs}
            self.members = np.array(sorted(self.asked))

    def texts(self, scene: int, rng: np.random.Generator) -> list[Asked]:
        pairs = self.asked[scene]
        return [self.setup.prompts.teach(*pairs[i]) for i in rng.permutation(len(pairs))]
