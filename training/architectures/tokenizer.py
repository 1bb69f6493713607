"""Tokenizers of the kinds that language models and image-text models use, trained on a few lines, and what they make of
nasty strings and of chats: tests/fixtures/tokenizer-{llama3,llama2,smollm,clip,siglip}.

Training breaks ties by chance in the last two, so that a new run gives them other ids, and goldens that go with them.
"""

import json

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from ..paths import FIXTURES

FAMILY = "tokenizer"

TEXT = [
    "A patch of a picture becomes a token, and a token looks at the other tokens of the picture.",
    "The model reads the question, looks at the picture again, and writes the answer word by word.",
    "How many red cars are there? There are 3 red cars and 12 blue ones, so there are 15 in all.",
    "Attention is a weighted average: the weights are positive, and they sum to 1.",
    "It's what we've said: they'll look, you're right, I'd agree, and he'd say so too. DON'T SHOUT!",
    "def forward(self, x):\n    return self.norm(x) + self.bias  # 1024 numbers\n\n",
    "Größe, façade, naïve, señor, Ångström, œuvre; кошка и собака; γλώσσα; 日本語の文章; 中文字符; 한국어",
    "https://example.org/a/b?c=1&d=2 user@example.org 3.14159 1,000,000 2024-09-25",
    "A smile 🙂, a flag 🇩🇪, a family 👩‍👩‍👧‍👦, a thumb 👍🏽, and an arrow → or two ⇒.",
]

NASTY = [
    "",
    " ",
    "Hello, world!",
    "hello world",
    " leading and trailing ",
    "two  spaces   and    more",
    "tabs\tand\nnew\nlines\r\n\r\nand \n mixed \n\n\n end",
    "It's we've they'll you're I'd DON'T IT'S 'sun",
    "1 12 123 1234 12345 3.14 1,000,000 ½ ² Ⅷ ٣",
    "🙂 🇩🇪 👩‍👩‍👧‍👦 👍🏽 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "e\u0301 vs \u00e9, a\u0300\u0301\u0302, Å Å",
    "日本語の文章と中文字符 한국어 ไทย العربية हिन्दी",
    "\u00a0\u2003\u200b\u3000\ufeff\u2028",
    "\u0000\u0001\u007f\u0085",
    "ﬁ ﬃ Ⅳ ﷺ ㎏ ①",
    "ǅ İ ı ß ẞ Σ ς",
    "code: for(i=0;i<10;++i){a[i]*=2;}  // ok",
    "\\n \\\\ \" ' ` ~ ^ | <> {} [] ()",
    "a" * 70,
    "aaaa bbbb  aaaa",
    "the the the",
    "𝒜𝓁𝑔𝑒𝒷𝓇𝒶 𐍈 𠀀",
    "�",
    "mixed 中文and English混在123数字",
]

CHATS = [
    [{"role": "user", "content": "How many cars?"}],
    [
        {"role": "system", "content": "You look at pictures."},
        {"role": "user", "content": "  What is this?  "},
        {"role": "assistant", "content": "A cat.\n"},
        {"role": "user", "content": "Are you sure? <b>\"yes\" & 'no'</b> 🙂"},
    ],
]


def bpe_trainer(size: int, special: list[str], **options) -> trainers.BpeTrainer:
    return trainers.BpeTrainer(vocab_size=size, special_tokens=special, show_progress=False, **options)


LLAMA3_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

LLAMA3_CHAT = """{{- bos_token }}
{%- set said = messages %}
{%- if said[0]['role'] == 'system' %}
    {%- set rules = said[0]['content'] | trim %}
    {%- set said = said[1:] %}
{%- else %}
    {%- set rules = 'Be brief.' %}
{%- endif %}
{{- '<|start_header_id|>system<|end_header_id|>\\n\\n' }}
{%- if date is defined %}
{{- 'Today: ' + date + '\\n\\n' }}
{%- endif %}
{{- rules + '<|eot_id|>' }}
{%- for message in said %}
    {%- if message.role not in ['user', 'assistant'] %}
        {{- raise_exception('roles are user and assistant, not ' + message.role) }}
    {%- endif %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}
    {{- message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""

CHATML = (
    "{% for message in messages %}"
    "{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou answer in short sentences.<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

INST_CHAT = """{% for message in messages %}
{% if message['role'] == 'user' %}
{{ bos_token + '[INST] ' + message['content'] + ' [/INST]' }}
{% elif message['role'] == 'assistant' %}
{{ ' ' + message['content'] + ' ' + eos_token }}
{% endif %}
{% endfor %}"""


def llama3_tokenizer() -> PreTrainedTokenizerFast:
    special = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>"]
    special += ["<|eot_id|>", "<|image|>", "<|finetune_right_pad_id|>"]
    inner = Tokenizer(models.BPE(ignore_merges=True))
    split = pre_tokenizers.Split(Regex(LLAMA3_PATTERN), behavior="isolated", invert=False)
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=False)
    inner.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    inner.train_from_iterator(TEXT, bpe_trainer(420, [], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    inner.add_special_tokens(special)
    start = (special[0], inner.token_to_id(special[0]))
    template = processors.TemplateProcessing(
        single=f"{special[0]} $A", pair=f"{special[0]} $A {special[0]}:1 $B:1", special_tokens=[start]
    )
    inner.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True), template])
    inner.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token=special[0],
        eos_token="<|eot_id|>",
        pad_token="<|finetune_right_pad_id|>",
        padding_side="left",
        chat_template=LLAMA3_CHAT,
        clean_up_tokenization_spaces=True,
    )


def smollm_tokenizer() -> PreTrainedTokenizerFast:
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<file_sep>"]
    inner = Tokenizer(models.BPE())
    digits = pre_tokenizers.Digits(individual_digits=True)
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True)
    inner.pre_tokenizer = pre_tokenizers.Sequence([digits, byte_level])
    inner.train_from_iterator(TEXT, bpe_trainer(400, special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    inner.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        unk_token="<|endoftext|>",
        pad_token="<|im_end|>",
        chat_template=CHATML,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


def llama2_tokenizer() -> PreTrainedTokenizerFast:
    special = ["<unk>", "<s>", "</s>"]
    inner = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    inner.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    # Trained on words; without a pre-tokenizer, as in use, every text would be one word.
    inner.pre_tokenizer = pre_tokenizers.Split(Regex("▁[^▁]*"), behavior="isolated")
    bytes_first = special + [f"<0x{byte:02X}>" for byte in range(256)]
    ascii_only = [line for line in TEXT if line.isascii()]
    inner.train_from_iterator(ascii_only, bpe_trainer(420, bytes_first))
    # Training made special tokens of the bytes; in sentencepiece files they are plain tokens of the vocabulary.
    file = json.loads(inner.to_str())
    file["added_tokens"] = [token for token in file["added_tokens"] if token["content"] in special]
    file["pre_tokenizer"] = None
    inner = Tokenizer.from_str(json.dumps(file))
    inner.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)]
    )
    strip = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    inner.decoder = decoders.Sequence(strip)
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        chat_template=INST_CHAT,
        clean_up_tokenization_spaces=False,
    )


def clip_tokenizer() -> PreTrainedTokenizerFast:
    special = ["<|startoftext|>", "<|endoftext|>"]
    inner = Tokenizer(models.BPE(unk_token=special[1], end_of_word_suffix="</w>", continuing_subword_prefix=""))
    steps = [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    inner.normalizer = normalizers.Sequence(steps)
    pattern = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    split = pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True)
    inner.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    inner.train_from_iterator(
        TEXT, bpe_trainer(700, special, initial_alphabet=alphabet, end_of_word_suffix="</w>")
    )
    file = json.loads(inner.to_str())
    vocabulary = file["model"]["vocab"]
    for byte in sorted(alphabet):  # each byte also as a word of its own, as CLIP's file has them
        vocabulary.setdefault(byte + "</w>", len(vocabulary))
    inner = Tokenizer.from_str(json.dumps(file))
    ids = [(token, inner.token_to_id(token)) for token in special]
    inner.post_processor = processors.RobertaProcessing(ids[1], ids[0], trim_offsets=False, add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token=special[0], eos_token=special[1], unk_token=special[1], pad_token=special[1]
    )


def siglip_tokenizer() -> PreTrainedTokenizerFast:
    """SigLIP's: Unigram, lower case, punctuation left out, </s> behind a text."""
    special = ["<pad>", "</s>", "<unk>"]
    inner = Tokenizer(models.Unigram())
    punctuation = Regex(r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]""")
    steps = [normalizers.Lowercase(), normalizers.Replace(punctuation, ""), normalizers.Replace(Regex(r"\s+"), " ")]
    inner.normalizer = normalizers.Sequence([*steps, normalizers.Strip()])
    inner.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    trainer = trainers.UnigramTrainer(vocab_size=300, special_tokens=special, unk_token="<unk>", show_progress=False)
    inner.train_from_iterator(TEXT, trainer)
    inner.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B:1 </s>:1", special_tokens=[("</s>", 1)]
    )
    inner.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="</s>", unk_token="<unk>", pad_token="<pad>", padding_side="right"
    )


def tokenizer_files(tokenizer: PreTrainedTokenizerFast) -> dict[str, dict | str]:
    """tokenizer.json, tokenizer_config.json and chat_template.jinja as `save_pretrained` writes them."""
    folder = FIXTURES / ".tokenizer"
    tokenizer.save_pretrained(folder)
    files: dict[str, dict | str] = {}
    for path in sorted(folder.iterdir()):
        text = path.read_text(encoding="utf-8")
        files[path.name] = json.loads(text) if path.suffix == ".json" else text
        path.unlink()
    folder.rmdir()
    return files


def write_tokenizer(name: str, tokenizer: PreTrainedTokenizerFast, texts: list[str], padded: int) -> None:
    folder = FIXTURES / f"tokenizer-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in tokenizer_files(tokenizer).items():
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=0) + "\n"
        (folder / file).write_text(text, encoding="utf-8")
    ending = getattr(tokenizer.backend_tokenizer.model, "end_of_word_suffix", None)

    def decode(ids: list[int], **options) -> str:
        text = tokenizer.decode(ids, **options)
        return text.replace(ending, " ").strip() if ending else text  # as transformers' CLIPTokenizer does

    rows = []
    for text in NASTY + texts:
        ids = tokenizer(text).input_ids
        plain = tokenizer(text, add_special_tokens=False).input_ids
        rows.append(
            {
                "text": text,
                "ids": ids,
                "plain": plain,
                "decoded": decode(ids),
                "skipped": decode(ids, skip_special_tokens=True),
            }
        )
    batch = ["the picture", "How many red cars are there? 15", "a"]
    golden = {
        "command": f"python -m training architectures {FAMILY}",
        "texts": rows,
        "special": {"bos": tokenizer.bos_token_id, "eos": tokenizer.eos_token_id, "pad": tokenizer.pad_token_id},
        "paddingSide": tokenizer.padding_side,
        "chats": [],
    }
    if tokenizer.pad_token:
        longest = tokenizer(batch, padding=True)
        fixed = tokenizer(batch, padding="max_length", truncation=True, max_length=padded)
        rows = {"inputIds": longest["input_ids"], "attentionMask": longest["attention_mask"]}
        golden["batch"] = {"texts": batch, **rows}
        rows = {"inputIds": fixed["input_ids"], "attentionMask": fixed["attention_mask"]}
        golden["fixed"] = {"length": padded, **rows}
    if tokenizer.chat_template:
        for messages in CHATS:
            for prompt in (False, True):
                for variables in ({}, {"date": "26 July 2024"}):
                    text = tokenizer.apply_chat_template(
                        messages, add_generation_prompt=prompt, tokenize=False, **variables
                    )
                    ids = tokenizer(text, add_special_tokens=False).input_ids
                    entry = {"messages": messages, "addGenerationPrompt": prompt, "variables": variables}
                    golden["chats"].append(entry | {"text": text, "ids": ids})
    (folder / "golden.json").write_text(json.dumps(golden, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def write() -> None:
    llama3 = ["<|eot_id|>", "hi<|eot_id|>there", " <|image|> what?", "<|not_a_token|>", "a<|begin_of_text|>"]
    write_tokenizer("llama3", llama3_tokenizer(), llama3, 6)
    write_tokenizer("smollm", smollm_tokenizer(), ["<|im_start|>user\nhi<|im_end|>\n", "a<|endoftext|>b"], 6)
    llama2 = llama2_tokenizer()
    write_tokenizer("llama2", llama2, ["<s>a</s>", "a </s> b", "▁ and <0x0A>"], 6)
    write_tokenizer("clip", clip_tokenizer(), ["<|startoftext|>a PHOTO", "a photo of<|endoftext|>"], 7)
    write_tokenizer("siglip", siglip_tokenizer(), ["A photo, of 2 CATS!</s>", "<pad>"], 8)
