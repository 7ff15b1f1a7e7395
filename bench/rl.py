# SPDX-License-Identifier: Apache-2.0
"""A whole RL step of model A (64 completions of 16 tokens, 8 a prompt): ours against TRL's GRPOTrainer.

usage: rl.py WORKER OUTPUT_DIRECTORY [--quick]
"""
import side_by_side
side_by_side.restart_pinned()
import contextlib
import io
import logging
import random
import sys
import tempfile
import time
import warnings

warnings.filterwarnings("ignore")
import torch
from side_by_side import Results, Worker
from train import MODELS, make
from datasets import Dataset
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

torch.set_num_threads(int(side_by_side.THREADS))
logging.disable(logging.WARNING)


def tokenizer():
    vocabulary = {t: i for i, t in enumerate(["<pad>", "<bos>", "<eos>", "<unk>"] + list("0123456789+-*= ?"))}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer, core.decoder = pre_tokenizers.Split(Regex("."), "isolated"), decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=core, pad_token="<pad>", bos_token="<bos>", eos_token="<eos>",
                                   unk_token="<unk>", padding_side="left")


def sums(count):
    draw = random.Random(0)
    pairs = [(draw.randint(0, 9), draw.randint(0, 9)) for _ in range(count)]
    return Dataset.from_list([dict(prompt=f"{a}+{b}=", answer=str(a + b)) for a, b in pairs])


def reward(completions, answer, **_):
    return [float(text.strip().startswith(gold)) + sum(c in text for c in gold) / len(gold)
            for text, gold in zip(completions, answer)]


class Steps(TrainerCallback):
    """Runs our step before each of TRL's, so that the two are interleaved, and times TRL's."""

    def __init__(self, ours):
        self.ours, self.our_times, self.times = ours, [], []

    def on_step_begin(self, *_, **__):
        self.our_times.append(self.ours())
        self.start = time.perf_counter()

    def on_step_end(self, *_, **__):
        self.times.append(time.perf_counter() - self.start)


def trl_steps(worker, loss, steps, bf16):
    torch.manual_seed(0)
    model = make(**MODELS["A"])
    model.generation_config.eos_token_id = None
    with tempfile.TemporaryDirectory() as out:
        config = GRPOConfig(
            output_dir=out, per_device_train_batch_size=64, num_generations=8, max_completion_length=16,
            max_steps=steps, loss_type=loss, learning_rate=1e-3, logging_steps=1, report_to=[], save_strategy="no",
            use_cpu=True, bf16=bf16, gradient_checkpointing=False, disable_tqdm=True, temperature=1.0,
            lr_scheduler_type="constant", dataloader_pin_memory=False, optim="adamw_torch_fused",
            generation_kwargs=dict(min_new_tokens=16))
        watch = Steps(lambda: worker.time("rl_A"))
        with contextlib.redirect_stdout(io.StringIO()):
            GRPOTrainer(model=model, reward_funcs=reward, args=config, train_dataset=sums(2048),
                        processing_class=tokenizer(), callbacks=[watch]).train()
    return sorted(watch.our_times[2:]), sorted(watch.times[2:])


def main():
    out, quick = sys.argv[2], "--quick" in sys.argv
    results = Results("rl")
    for precision in ("fp32", "bf16"):
        worker = Worker(sys.argv[1], precision)
        for loss, bf16 in (("dapo", False), ("grpo", False), ("cispo", False), ("dapo", True)):
            if precision == "bf16" and loss != "dapo":
                continue
            ours, peer = trl_steps(worker, loss, 6 if quick else 16, bf16)
            results.add(f"rl step A 64x16 {precision}", f"TRL {loss} {'bf16' if bf16 else 'fp32'}", ours, peer)
        print(f"  where ours goes, {precision}:", worker.ask("profile_rl_A").get("parts"), file=sys.stderr)
        worker.close()
    results.save(out)


if __name__ == "__main__":
    main()
