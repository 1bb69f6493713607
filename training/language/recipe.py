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
    steps: int = 1_650
    warmup: int = 50
    decay: float = 0.3  # the last part of the steps, in which the learning rate falls to zero
    lr: float = 3e-3
    weight_decay: float = 0.05
    muon_from: int = 0
    ema: float = 0.99  # of the weights; the average is what is evaluated and exported
    clip: float = 1.0
    prompt_weight: float = 0.25  # of a token in a user's turn, in the loss; all others weigh 1
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
    warmup=5,
    log_every=10,
    eval_every=20,
    eval_subset=20,
    save_every=20,
)


def settings(recipe: LanguageRecipe) -> dict:
    return asdict(recipe)
