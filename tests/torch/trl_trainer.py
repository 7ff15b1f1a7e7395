# SPDX-License-Identifier: Apache-2.0
"""TRL's GRPOTrainer with our operator, on a tiny model: for the losses TRL has, its own gradients; GPPO where it has none.

usage: trl_trainer.py libgppo_torch_ops.so SOURCE_DIRECTORY [GPPO_BINARY]
"""
import contextlib
import io
import logging
import os
import random
import sys
import tempfile
import warnings

LIBRARY, SOURCE = sys.argv[1:3]
os.environ.update(GPPO_TORCH_OPS=LIBRARY, HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
sys.path.append(os.path.join(SOURCE, "examples", "trl"))
try:
    import torch
    from datasets import Dataset
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM
    from trl import GRPOConfig, GRPOTrainer
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)
from gppo_trainer import GppoTrainer

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
DIRECTORY = tempfile.mkdtemp()
CHARACTERS = "0123456789+= "


def tokenizer():
    special = ["<pad>", "<eos>", "<unk>"]
    vocabulary = {word: i for i, word in enumerate([*special, *CHARACTERS])}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    words.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>",
                                   padding_side="left")


def model():
    torch.manual_seed(1)
    config = Qwen3Config(vocab_size=16, hidden_size=16, intermediate_size=32, num_hidden_layers=1, head_dim=8,
                         num_attention_heads=2, num_key_value_heads=1, eos_token_id=1, pad_token_id=0)
    return Qwen3ForCausalLM(config)


def train(trainer_class, reward, steps=2, **settings):
    """Gradients of every micro-batch, losses of every step and the weights at the end."""
    objective = settings.pop("objective", None)
    config = dict(output_dir=DIRECTORY, per_device_train_batch_size=8, num_generations=4, max_completion_length=10,
                  gradient_accumulation_steps=2, num_iterations=2, max_steps=steps, learning_rate=0.05, logging_steps=1,
                  report_to=[], save_strategy="no", use_cpu=True, bf16=False, gradient_checkpointing=False, disable_tqdm=True,
                  lr_scheduler_type="constant", dataloader_pin_memory=False, seed=3, max_grad_norm=1e9)  # fmt: skip
    config.update(settings)
    rng = random.Random(0)
    rows = [{"prompt": f"{a}+{b}=", "answer": str(a + b)} for a, b in
            ((rng.randint(0, 9), rng.randint(0, 9)) for _ in range(64))]
    gradients, lengths = [], set()

    class Watched(trainer_class):
        def training_step(self, model, inputs, *more):
            loss = super().training_step(model, inputs, *more)
            gradients.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
            return loss

        def _compute_loss(self, model, inputs):
            lengths.update(inputs["completion_mask"].sum(1).tolist())
            return super()._compute_loss(model, inputs)

    more = {"objective": objective} if objective else {}
    trainer = Watched(model=model(), reward_funcs=reward, args=GRPOConfig(**config), train_dataset=Dataset.from_list(rows),
                      processing_class=tokenizer(), **more)
    trainer.train()
    assert len(lengths) > 2, "the completions should differ in length, or the mask is not tried"
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return gradients, losses, trainer


def digits(completions, **_):
    """A reward with variance for random completions."""
    return [sum(c in "13579" for c in text) / 10 - ("=" in text) for text in completions]


def agree():
    """The same seed, the same rollouts, the same micro-batches: the gradients may differ by rounding only. num_iterations 2
    makes the second steps off-policy."""
    band = {"low": 0.2, "high": 0.28}
    for theirs, ours in (
        (dict(loss_type="dapo"), dict(policy="clip_higher")),
        (dict(loss_type="dapo", delta=3.0), dict(policy="dual_clip", policy_params={**band, "cap": 3.0})),
        (dict(loss_type="grpo"), dict(policy="clip_higher", aggregation="seq_mean_token_mean")),
        (dict(loss_type="bnpo"), dict(policy="clip_higher", aggregation="token_mean")),
        (dict(loss_type="dr_grpo"), dict(policy="clip_higher", aggregation="seq_mean_token_sum_norm",
                                         aggregation_params={"horizon": 10})),
        (dict(loss_type="cispo", epsilon_high=5.0), dict(policy="cispo_cap")),
        (dict(loss_type="sapo"), dict(policy="sapo", aggregation="seq_mean_token_mean")),
        (dict(loss_type="vespo"), dict(policy="vespo")),
        (dict(loss_type="grpo", importance_sampling_level="sequence"),
         dict(policy="gspo", policy_params=band, aggregation="seq_mean_token_mean")),
        (dict(loss_type="luspo", importance_sampling_level="sequence"),
         dict(policy="luspo", policy_params=band, aggregation="seq_mean_token_mean")),
    ):  # fmt: skip
        settings = {"epsilon_high": 0.28, **theirs}
        with contextlib.redirect_stdout(io.StringIO()):
            want, want_losses, _ = train(GRPOTrainer, digits, **settings)
            got, losses, _ = train(GppoTrainer, digits, objective=ours, **settings)
        assert len(got) == len(want) >= 4, (len(got), len(want))
        worst = max(((a - b).norm() / b.norm().clamp(min=1e-12)).item() for a, b in zip(got, want))
        apart = max(abs(a - b) for a, b in zip(losses, want_losses))
        print(f"{theirs} against {ours['policy']}: gradients {worst:.1e}, losses {apart:.1e}", flush=True)
        assert worst < 5e-5 and apart < 5e-6, (theirs, losses, want_losses)


def gppo_learns():
    """GPPO with a KL penalty and our reward function, if there is a binary: it runs, its numbers are finite, and tokens
    outside the clip range keep a gradient."""
    binary = sys.argv[3] if len(sys.argv) > 3 else ""
    rewards = [digits]
    if os.path.exists(binary):
        os.environ["GPPO_BINARY"] = binary
        from gppo_rewards import maths_reward
        assert maths_reward(["so it is \\boxed{0.5}", [{"role": "assistant", "content": "3"}]], ["1/2", "4"]) == [1.0, 0.0]
        rewards.append(maths_reward)
    with contextlib.redirect_stdout(io.StringIO()):
        _, losses, trainer = train(GppoTrainer, rewards, steps=8, num_iterations=4)
    last = {key: value for entry in trainer.state.log_history for key, value in entry.items()}
    history = [entry for entry in trainer.state.log_history if "gppo/r2_mass" in entry]
    assert all(abs(x) < 1e6 for x in losses) and last["gppo/non_finite"] == 0
    assert any(entry["gppo/r2"] + entry["gppo/r3"] > 0 for entry in history), "no token left the range"
    assert any(entry["gppo/r2_mass"] + entry["gppo/r3_mass"] > 0 for entry in history)
    print(f"GPPO ran {len(history)} steps")


agree()
gppo_learns()
print("TRL's trainer computes the same gradients with our operator, and runs GPPO")
