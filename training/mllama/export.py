"""From the runs to public/models/mllama: the model after DPO in f16, SFT and rejection sampling as differences, the logs;
and to public/models/reward: the head and the layers that the reward model has of its own."""

import copy
import json
import shutil

import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import GenerationConfig, MllamaForConditionalGeneration

from ..architectures.mllama import hub_name
from ..language.tokenizer import save_tokenizer
from ..vlm.questions import questions_of
from ..vlm.rows import pack
from ..vlm.stages import save_stage
from .config import PATCH, PROCESSOR, TILE, TILES
from .pictures import pictures_of
from .reward import trained_reward_model
from .setup import Setup
from .start import language_weights, llama_folder

WORDS = {
    "sft": "After fine-tuning of the encoder and the layers that look, on questions.",
    "rejection": "After learning those of its own answers that the reward model rates highest.",
}
LOGGED = (
    "noisy", "clean", "sft", "reward-frozen", "reward", "rejection", "dpo", "synthetic", "synthetic-without",
)  # fmt: skip


def export(setup: Setup) -> None:
    out = setup.out
    shutil.rmtree(out / "stages", ignore_errors=True)
    (out / "stages.json").unlink(missing_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    config = setup.start.config
    config.dtype = "float16"
    config.save_pretrained(out)
    text = config.text_config
    ids = {"bos_token_id": text.bos_token_id, "eos_token_id": text.eos_token_id, "pad_token_id": text.pad_token_id}
    GenerationConfig(**ids).save_pretrained(out)
    save_tokenizer(setup.tokenizer, out)
    (out / "preprocessor_config.json").write_text(json.dumps(PROCESSOR, indent=2) + "\n")
    states = {stage: halves(setup, stage) for stage in ("dpo", *WORDS)}
    check_language(setup, states)
    save_file(states["dpo"], out / "model.safetensors", metadata={"format": "pt"})
    (out / "model.safetensors").chmod(0o644)
    for stage, words in WORDS.items():
        save_stage(out, stage, words, states[stage])
    check_same_logits(setup, states["dpo"])
    export_reward(setup)
    (out / "training-log.json").write_text(json.dumps({"stages": [log_of(setup, name) for name in LOGGED]}, indent=1) + "\n")


def halves(setup: Setup, stage: str) -> dict[str, Tensor]:
    return {name: value.half().contiguous() for name, value in setup.after(stage).hub_state().items()}


def check_language(setup: Setup, states: dict[str, dict[str, Tensor]]) -> None:
    """llama-tiny must be in each stage as it was, bit for bit."""
    for name, value in language_weights(llama_folder(setup.quick), setup.recipe).items():
        for stage, state in states.items():
            if not torch.equal(state[name], value):
                raise SystemExit(f"export: expected {name} of stage {stage} as llama-tiny has it, got other numbers")


def hub_model(setup: Setup, state: dict[str, Tensor]) -> MllamaForConditionalGeneration:
    """The model of transformers with our weights, in f32. Version 5.23 takes the states that leave a layer, where the published
    model was trained with those that enter it: each index less one is the same state (docs/decisions/0008)."""
    config = copy.deepcopy(setup.start.config)
    config.vision_config.intermediate_layers_indices = [i - 1 for i in config.vision_config.intermediate_layers_indices]
    config.dtype, config._attn_implementation = torch.float32, "eager"
    model = MllamaForConditionalGeneration(config)
    model.load_state_dict({name: state[hub_name(name)].float() for name in model.state_dict()})
    return model.float().eval()


@torch.no_grad()
def check_same_logits(setup: Setup, state: dict[str, Tensor]) -> None:
    """The model of transformers, asked one question at a time, must give what the model in training gives in a row of many."""
    ours, theirs = copy.deepcopy(setup.start).eval(), hub_model(setup, state)
    ours.load_hub(state)
    scenes = setup.data["test"]
    asked = questions_of(scenes, 3)
    pictures = pictures_of(scenes.rows(torch.arange(3).numpy()), torch.tensor([False, False, True]))
    rows = pack([[setup.prompts.ask(q.question) for q in questions] for questions in asked], setup.prompts)
    logits, apart, n = ours(pictures, rows), 0.0, TILE // PATCH
    for b, questions in enumerate(asked):
        tiles = pictures.patches[b].view(TILES, n, n, 3, PATCH, PATCH).permute(0, 3, 1, 4, 2, 5).reshape(1, 1, TILES, 3, TILE, TILE)
        there = (1 - pictures.empty[b]).long()
        for place, question in enumerate(questions):
            ids = setup.prompts.whole(question.question)
            sees = torch.zeros(1, len(ids), 1, 4, dtype=torch.long)
            sees[0, ids.index(setup.prompts.image) :, 0] = there
            wanted = theirs(
                input_ids=torch.tensor([ids]), pixel_values=tiles, aspect_ratio_ids=pictures.ids[b : b + 1, None],
                aspect_ratio_mask=there[None, None], cross_attention_mask=sees,
            ).logits[0, -1]  # fmt: skip
            apart = max(apart, float((logits[b, place] - wanted).abs().max() / wanted.abs().max()))
    if apart > 1e-4:
        raise SystemExit(f"export: expected the same logits from transformers to 1e-4, got {apart:.1e} apart")
    print(f"export: transformers gives the same logits, at most {apart:.1e} apart, relative to the largest")


def export_reward(setup: Setup) -> None:
    """What differs from the stage `sft` of mllama, and the head."""
    out = setup.out.parent / "reward" if not setup.quick else setup.run / "reward-export"
    out.mkdir(parents=True, exist_ok=True)
    sft = halves(setup, "sft")
    own = {name: value.half().contiguous() for name, value in trained_reward_model(setup).hub_state().items()}
    changed = {name: value for name, value in own.items() if name not in sft or not torch.equal(value, sft[name])}
    save_file(changed, out / "model.safetensors", metadata={"format": "pt"})
    (out / "model.safetensors").chmod(0o644)
    config = {
        "model_type": "mllama_reward",
        "base": "mllama",
        "base_stage": "sft",
        "head": "reward_head.weight",
        "reads": "the last hidden state, after the final norm, at the answer's <|eot_id|>",
    }
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def log_of(setup: Setup, name: str) -> dict:
    state = setup.state(name)
    batch = state["log"]["recipe"]["batch_size"]
    facts = {"totalSteps": state["step"], "samples": state["step"] * batch, "seconds": round(state["seconds"])}
    return {"name": name, **facts, **state["log"]}


