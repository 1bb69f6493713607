"""What `llama-tiny` is, what it reads, and how it is trained: every number that decides the result."""

from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True)
class LanguageRecipe:
    # model: LlamaForCausalLM
    hidden_size: int = 192
    num_hidden_layers: int = 6
    num_attention_heads: int = 6
    num_key_value_heads: int = 2
    intermediate_size: int = 576
    rope_theta: float = 10_000.0
    rope_factor: float = 4.0  # of llama3 scaling; the model is trained with it from the first step
    max_position_embeddings: int = 1024
    vocab_size: int = 2_000  # special tokens among them
    # data: `npm run stories`
    train_documents: int = 60_000
    first_documents: int = 8_000  # of these: short stories and copying, which are read before all others
    test_documents: int = 1_000
    question_stories: int = 300
    length: int = 256  # tokens of a row, into which whole documents are packed
    # optimisation
    seed: int = 4
    batch_size: int = 8  # rows
    steps: int = 1_700
    warmup: int = 50
    decay: float = 0.25  # the last part of the steps, in which the learning rate falls to zero
    lr: float = 3e-3
    weight_decay: float = 0.05
    muon_from: int = 0
    ema: float = 0.99  # of the weights; the average is what is evaluated and exported
    clip: float = 1.0
    prompt_weight: float = 0.25  # of a token in a user's turn, in the loss; all others weigh 1
    later_prompt_weight: float = 0.05  # stories are random: once their words are known, little is left to learn from them
    later: int = 800  # the step from which that is so
    # bookkeeping
    log_every: int = 20
    eval_every: int = 250
    eval_subset: int = 400  # questions, and documents, as it goes
    save_every: int = 100
    saved: tuple[float, ...] = (0.05, 0.15, 0.4, 0.7, 1)


FULL = LanguageRecipe()
QUICK = replace(
    FULL,
    hidden_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    intermediate_size=96,
    vocab_size=600,
    train_documents=600,
    first_documents=200,
    test_documents=60,
    question_stories=10,
    batch_size=4,
    steps=40,
    later=20,
    warmup=5,
    log_every=10,
    eval_every=20,
    eval_subset=20,
    save_every=20,
)


@dataclass(frozen=True)
class SmallRecipe(LanguageRecipe):
    """Of llama-small; what llama-tiny has too is the same, for both read the same corpus."""

    shapes: tuple[tuple[int, int], ...] = ((5, 288), (4, 416))  # layers, MLP width: at most 60 % of the parameters
    prune_batches: int = 6
    teacher_share: float = 0.7
    seed: int = 5
    steps: int = 220
    warmup: int = 20
    decay: float = 0.8
    lr: float = 1.5e-3
    ema: float = 0.97
    eval_every: int = 110
    eval_subset: int = 200
    saved: tuple[float, ...] = (1,)


@dataclass(frozen=True)
class GuardRecipe(LanguageRecipe):
    prompts: int = 24_000
    held_out_prompts: int = 800
    prompt_weight: float = 0.1
    seed: int = 6
    steps: int = 900
    warmup: int = 10
    decay: float = 0.8
    lr: float = 1e-3
    ema: float = 0.99
    eval_every: int = 300
    saved: tuple[float, ...] = (1,)


SMALL = SmallRecipe()
GUARD = GuardRecipe()


def quick(recipe):
    """The same with little of everything; sizes of the model, the corpus and the tokenizer are those of QUICK."""
    shared = {name: value for name, value in asdict(QUICK).items() if name in QUICK_NAMES}
    shared |= {"shapes": ((1, 64), (2, 48)), "prune_batches": 2} if isinstance(recipe, SmallRecipe) else {}
    shared |= {"prompts": 300, "held_out_prompts": 60} if isinstance(recipe, GuardRecipe) else {}
    return replace(recipe, **shared, steps=20, warmup=3, eval_every=10, log_every=5, save_every=10)


QUICK_NAMES = (
    "hidden_size num_hidden_layers num_attention_heads num_key_value_heads intermediate_size vocab_size train_documents "
    "first_documents test_documents question_stories batch_size eval_subset"
).split()


def settings(recipe: LanguageRecipe) -> dict:
    return asdict(recipe)
