# SPDX-License-Identifier: Apache-2.0
"""A model directory of ours as one GGUF file in fp32 or bf16, for llama.cpp. Needs PyPI's gguf and numpy."""

import json
import pathlib
import struct

LAYER = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
         "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
         "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}
OTHER = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight", "lm_head.weight": "output.weight"}


def tensors(path):
    import numpy as np
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    for name, t in json.loads(data[8:8 + size]).items():
        if name != "__metadata__":
            begin, end = t["data_offsets"]
            yield name, np.frombuffer(data[8 + size + begin:8 + size + end], np.float32).reshape(t["shape"])


def llama_name(name):
    if name in OTHER:
        return OTHER[name]
    _, _, layer, module = name.removesuffix(".weight").split(".", 3)
    return f"blk.{layer}.{LAYER[module]}.weight"


def write_gguf(directory, path, bf16=False):
    """bf16: the matrices; llama.cpp wants the norms in fp32."""
    import gguf
    kind = gguf.GGMLQuantizationType.BF16
    directory = pathlib.Path(directory)
    c = json.loads((directory / "config.json").read_text())
    t = json.loads((directory / "tokenizer.json").read_text())
    out = gguf.GGUFWriter(path, "qwen3")
    out.add_context_length(c["max_position_embeddings"])
    out.add_embedding_length(c["hidden_size"])
    out.add_block_count(c["num_hidden_layers"])
    out.add_feed_forward_length(c["intermediate_size"])
    out.add_head_count(c["num_attention_heads"])
    out.add_head_count_kv(c["num_key_value_heads"])
    out.add_key_length(c["head_dim"])
    out.add_value_length(c["head_dim"])
    out.add_layer_norm_rms_eps(c["rms_norm_eps"])
    out.add_rope_freq_base(c.get("rope_theta") or c["rope_parameters"]["rope_theta"])
    words = {index: token for token, index in t["model"]["vocab"].items()}
    special = {each["id"]: each["content"] for each in t["added_tokens"]}
    names = [special.get(i) or words.get(i) or f"[unused{i}]" for i in range(c["vocab_size"])]
    kinds = [gguf.TokenType.CONTROL if i in special else gguf.TokenType.NORMAL if i in words else gguf.TokenType.UNUSED
             for i in range(c["vocab_size"])]
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("qwen2")
    out.add_token_list(names)
    out.add_token_types(kinds)
    merges = [each if isinstance(each, str) else " ".join(each) for each in t["model"].get("merges", [])]
    out.add_token_merges(merges or [f"{names[0]} {names[1]}"])
    out.add_eos_token_id(c["eos_token_id"])
    out.add_add_bos_token(False)
    for name, tensor in tensors(directory / "model.safetensors"):
        if bf16 and tensor.ndim == 2:
            out.add_tensor(llama_name(name), gguf.quantize(tensor, kind), raw_dtype=kind)
        else:
            out.add_tensor(llama_name(name), tensor)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
