# SPDX-License-Identifier: Apache-2.0
"""GPPO, and every other policy of the library, in TRL: a GRPOTrainer whose loss is ours. Rollout, rewards, reference model,
accumulation and distribution stay TRL's.

    trainer = GppoTrainer(model=..., reward_funcs=..., args=GRPOConfig(...), objective=dict(policy="gppo"))

`objective` takes the names of `gppo loss`. A token mean counts the tokens of the whole step, as TRL's dapo, cispo and vespo
(unless loss_type is bnpo); other aggregations are means over a micro-batch, as its grpo. GRPOConfig's beta is a k3 penalty,
unless `objective` names one. TRL's own clip settings, entropy bonus and vLLM correction are not read: `objective` has them.
"""
import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "torch"))
import gppo_torch
import torch
from trl import GRPOTrainer

gppo_torch.load()


class GppoTrainer(GRPOTrainer):
    def __init__(self, *args, objective=None, **kwargs):
        super().__init__(*args, **kwargs)
        kl = {"kl": "k3", "kl_coef": self.beta} if self.beta else {}
        objective = {"policy": "gppo", "aggregation": "token_mean", **kl, **(objective or {})}
        self.global_tokens = objective["aggregation"] == "token_mean" and self.loss_type != "bnpo"
        self.policy_loss = gppo_torch.PolicyLoss(diagnostics=True, **objective)

    def _compute_loss(self, model, inputs):
        mode = "train" if self.model.training else "eval"
        completions, mask = inputs["completion_ids"], inputs["completion_mask"] * inputs.get("tool_mask", 1)
        ids = torch.cat([inputs["prompt_ids"], completions], 1)
        attention = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], 1)
        logp, entropy, _ = self._get_per_token_logps_and_entropies(
            model, ids, attention, completions.size(1), compute_entropy=True)
        logp = logp.float().contiguous()
        old, advantage = inputs.get("old_per_token_logps"), inputs["advantages"].float().contiguous()
        tensors = {"entropy": entropy.float().contiguous()}
        for ours, theirs in (("logp_ref", "ref_per_token_logps"), ("logp_rollout", "sampling_per_token_logps")):
            if inputs.get(theirs) is not None:
                tensors[ours] = inputs[theirs].float().contiguous()
        accumulation = self.current_gradient_accumulation_steps if mode == "train" else 1.0
        if self.global_tokens:
            tokens = inputs["num_items_in_batch"].clamp(min=1.0) / self.accelerator.num_processes
            window = accumulation / self.args.steps_per_generation if mode == "train" else 1.0
            tensors["coefficient"] = (1.0 / (tokens * window)).float().expand(len(logp)).contiguous()
        loss, statistics = self.policy_loss(logp, logp.detach() if old is None else old.float().contiguous(), advantage,
                                            mask.bool().contiguous(), **tensors)
        for name, value in zip(self.policy_loss.names, statistics.tolist()):
            self._metrics[mode]["gppo/" + name].append(value)
        return loss if self.global_tokens else loss / accumulation
