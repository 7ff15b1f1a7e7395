# SPDX-License-Identifier: Apache-2.0
"""docs/07_presets.md says what `gppo loss --list` says.

usage: presets_page.py path/to/gppo source_dir [--write]      (--write makes the page anew)
"""
import json
import subprocess
import sys
from pathlib import Path

page = Path(sys.argv[2]) / "docs" / "07_presets.md"
listed = subprocess.run([sys.argv[1], "loss", "--list"], capture_output=True, text=True, check=True)
presets = json.loads(listed.stdout)["preset"]

TEXT = """# Presets: the objective of a system, with all its conventions

"GRPO" is a different loss in every framework: the deviation's ddof and eps, what a group of one gets, whether log-ratios
are clamped before the exponential, what the sum is divided by. A preset fixes all of it at once.

    gppo rl -c recipe.toml --set rl.preset=verl_dapo          # keys beside it override it
    echo '{"preset": "trl_dapo", ...}' | gppo loss            # check our numbers from any language
    constexpr auto objective = gppo::preset::klear_math();    // C++: a value like any other Objective

A method without parameters here has its defaults (`gppo loss --list`). The headers in `include/gppo/preset/` name the
revision of the system each was read from, and what is deliberately different.

"""


def method(keys, name, parameters):
    values = ", ".join(f"{k} {v}" for k, v in keys.get(parameters, {}).items())
    return f"`{keys[name]}`" + (f" ({values})" if values else "")


def row(name, keys):
    cells = [f"`{name}`", method(keys, "policy", "policy_params"),
             method(keys, "advantage_estimator", "advantage_params"),
             method(keys, "aggregation", "aggregation_params")]
    more = []
    if keys.get("kl", "none") != "none":
        more.append(f"KL {method(keys, 'kl', 'kl_params')} x {keys.get('kl_coef', 0)}")
    if keys.get("correction", "none") != "none":
        more.append("correction " + method(keys, "correction", "correction_params"))
    if keys.get("entropy_coef"):
        more.append(f"entropy x {keys['entropy_coef']}")
    if keys.get("positive_coef"):
        more.append(f"SFT loss on positives x {keys['positive_coef']}")
    cells.append("; ".join(more))
    return "| " + " | ".join(cells) + " |"


lines = ["| preset | policy | advantage | aggregation | and |", "|---|---|---|---|---|"]
lines += [row(name, preset["keys"]) for name, preset in presets.items()]
text = TEXT + "\n".join(lines) + "\n\nWhat each is:\n\n"
text += "".join(f"- `{name}`: {preset['help']}.\n" for name, preset in presets.items())
if "--write" in sys.argv[3:]:
    page.write_text(text)
elif page.read_text() != text:
    raise SystemExit(f"{page} is not what gppo loss --list says: {sys.argv[0]} ... --write makes it anew")
print(f"{len(presets)} presets")
