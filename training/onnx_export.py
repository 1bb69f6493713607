"""The classifier as an ONNX graph, for Transformers.js: `python -m training vit-classifier onnx`.

    x = [cls; conv(pixels)] + positions;  x += attention(norm(x));  x += mlp(norm(x));  logits = norm(x)[cls] · Cᵀ + c
model.onnx holds no weight. Each of its initializers is a place in the model.safetensors beside it (ONNX calls that
external data: a file, an offset, a length), in f16 as stored, and a Cast makes it f32. So both runtimes read one file, and
the graph is small. ONNX forbids ".." in such a file name: the graph has to lie in the folder of the weights.
Sources: onnx.ai/onnx/repo-docs/ExternalData.html, github.com/huggingface/safetensors#format; names: hub_weights of vit.py.
"""

import json
import struct
from pathlib import Path

import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper

from .vit import hub_model

GRAPH, WEIGHTS = "model.onnx", "model.safetensors"
OPSET = 20  # the first with Gelu
IR_VERSION = 9  # that opset's
TOLERANCE = 1e-4  # of logits


class Graph:
    """Nodes in the order in which they are computed; every value has the name of what made it."""

    def __init__(self, weights: Path):
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        with weights.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            self.stored: dict[str, dict] = json.loads(file.read(length))
        self.start = 8 + length  # of the file's data

    def add(self, op: str, name: str, *inputs: str, **attributes) -> str:
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def weight(self, name: str) -> str:
        """A tensor of the checkpoint, as f32."""
        if self.stored[name]["dtype"] != "F16":
            raise SystemExit(f"onnx: expected {name} in F16, got {self.stored[name]['dtype']}")
        begin, end = self.stored[name]["data_offsets"]
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT16, dims=self.stored[name]["shape"])
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in {"location": WEIGHTS, "offset": self.start + begin, "length": end - begin}.items():
            tensor.external_data.add(key=key, value=str(value))
        self.initializers.append(tensor)
        return self.add("Cast", f"{name}.f32", name, to=TensorProto.FLOAT)

    def integers(self, name: str, *values: int) -> str:
        """A small constant: a shape, or an index."""
        self.initializers.append(helper.make_tensor(name, TensorProto.INT64, [len(values)], values))
        return name

    def linear(self, name: str, x: str) -> str:
        """x · Wᵀ + b."""
        transposed = self.add("Transpose", f"{name}.transposed", self.weight(f"{name}.weight"), perm=[1, 0])
        product = self.add("MatMul", f"{name}.product", x, transposed)
        return self.add("Add", f"{name}.output", product, self.weight(f"{name}.bias"))

    def layer_norm(self, name: str, x: str, eps: float) -> str:
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.add("LayerNormalization", f"{name}.output", x, scale, bias, axis=-1, epsilon=eps)


def attention(graph: Graph, name: str, x: str, heads: int, width: int) -> str:
    """[B, T, D] -> [B, T, D]"""
    split = graph.integers(f"{name}.split", 0, 0, heads, width // heads)  # a 0 keeps a length
    merge = graph.integers(f"{name}.merge", 0, 0, width)

    def part(role: str, perm: list[int]) -> str:
        rows = graph.linear(f"{name}.attention.{role}", x)
        by_head = graph.add("Reshape", f"{name}.{role}.heads", rows, split)
        return graph.add("Transpose", f"{name}.{role}", by_head, perm=perm)

    query, value = part("query", [0, 2, 1, 3]), part("value", [0, 2, 1, 3])  # [B, H, T, E]
    key = part("key", [0, 2, 3, 1])  # [B, H, E, T]
    scale = helper.make_tensor(f"{name}.scale", TensorProto.FLOAT, [], [(width // heads) ** -0.5])
    graph.initializers.append(scale)
    scores = graph.add("Mul", f"{name}.scores", graph.add("MatMul", f"{name}.products", query, key), scale.name)
    probs = graph.add("Softmax", f"{name}.probs", scores, axis=-1)
    mixed = graph.add("Transpose", f"{name}.mixed", graph.add("MatMul", f"{name}.heads", probs, value), perm=[0, 2, 1, 3])
    return graph.linear(f"{name}.output.dense", graph.add("Reshape", f"{name}.merged", mixed, merge))


def vit_graph(config: dict, weights: Path) -> onnx.ModelProto:
    """pixel_values [B, C, S, S] -> logits [B, K], for any B."""
    if config["hidden_act"] != "gelu" or not config["qkv_bias"]:
        raise SystemExit("onnx: expected GELU, and queries, keys and values with a bias; the graph is written for these")
    graph = Graph(weights)
    width, size, patch = config["hidden_size"], config["image_size"], config["patch_size"]
    heads, eps, labels = config["num_attention_heads"], config["layer_norm_eps"], len(config["id2label"])

    projection = "vit.embeddings.patch_embeddings.projection"
    kernel = {"kernel_shape": [patch, patch], "strides": [patch, patch]}
    filters = [graph.weight(f"{projection}.weight"), graph.weight(f"{projection}.bias")]
    grid = graph.add("Conv", f"{projection}.output", "pixel_values", *filters, **kernel)  # [B, D, S / P, S / P]
    columns = graph.add("Reshape", "patches.columns", grid, graph.integers("patches.shape", 0, width, -1))
    patches = graph.add("Transpose", "patches", columns, perm=[0, 2, 1])  # [B, N, D]
    batch = graph.add("Shape", "batch", "pixel_values", start=0, end=1)
    one_each = graph.add("Concat", "cls.shape", batch, graph.integers("cls.rest", 1, width), axis=0)
    cls = graph.add("Expand", "cls", graph.weight("vit.embeddings.cls_token"), one_each)  # [B, 1, D]
    tokens = graph.add("Concat", "tokens", cls, patches, axis=1)
    x = graph.add("Add", "vit.embeddings.output", tokens, graph.weight("vit.embeddings.position_embeddings"))

    for i in range(config["num_hidden_layers"]):
        layer = f"vit.encoder.layer.{i}"
        looked = attention(graph, f"{layer}.attention", graph.layer_norm(f"{layer}.layernorm_before", x, eps), heads, width)
        x = graph.add("Add", f"{layer}.between", x, looked)
        wide = graph.linear(f"{layer}.intermediate.dense", graph.layer_norm(f"{layer}.layernorm_after", x, eps))
        thought = graph.linear(f"{layer}.output.dense", graph.add("Gelu", f"{layer}.gelu", wide))
        x = graph.add("Add", f"{layer}.output", x, thought)

    first = graph.add("Gather", "first", graph.layer_norm("vit.layernorm", x, eps), graph.integers("first.index", 0), axis=1)
    answer = graph.add("Reshape", "answer", first, graph.integers("answer.shape", 0, width))  # [B, D]
    graph.add("Identity", "logits", graph.linear("classifier", answer))

    pixels = helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["batch", config["num_channels"], size, size])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", labels])
    made = helper.make_graph(graph.nodes, "vit-classifier", [pixels], [logits], graph.initializers)
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(made, producer_name="patchwork", opset_imports=opset, ir_version=IR_VERSION)


def export_onnx(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    path = folder / GRAPH
    path.write_bytes(vit_graph(config, folder / WEIGHTS).SerializeToString())
    onnx.checker.check_model(str(path), full_check=True)
    check_same_answers(folder)
    print(f"onnx: {path.stat().st_size / 1e3:.0f} kB, without weights")


def check_same_answers(folder: Path) -> None:
    """ONNX Runtime must load the graph from where it lies, and give what `transformers` gives; for more pictures than one."""
    reference = hub_model(str(folder))
    size = reference.config.image_size
    session = onnxruntime.InferenceSession(folder / GRAPH, providers=["CPUExecutionProvider"])
    for batch in (1, 4):
        pixel_values = torch.rand(batch, 3, size, size, generator=torch.Generator().manual_seed(batch)) * 2 - 1
        with torch.no_grad():
            expected = reference(pixel_values=pixel_values).logits
        (logits,) = session.run(["logits"], {"pixel_values": pixel_values.numpy()})
        apart = (torch.from_numpy(logits) - expected).abs().max().item()
        if apart > TOLERANCE:
            raise SystemExit(f"onnx: expected the logits of transformers to {TOLERANCE}, got {apart:.1e} apart")
    print(f"onnx: logits at most {apart:.1e} from those of transformers, which reach {expected.abs().max().item():.1f}")
