# SPDX-License-Identifier: Apache-2.0
"""gppo generate and gppo eval with [rollout]: against a server process that speaks the calls of SGLang, vLLM and
llama.cpp, and misbehaves as servers do. Errors are one line with the address and the field.

argv: the binary, the source directory. Standard library only. With GPPO_LLAMA_SERVER=PROGRAM also against a real llama.cpp
server, for which PyPI's gguf writes the model: its sources come with PyPI's llama-cpp-python (vendor/llama.cpp, target
llama-server)."""

import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

binary = os.path.abspath(sys.argv[1])
VOCABULARY = 0  # of the model, once there is one


class Fake(http.server.BaseHTTPRequestHandler):
    """Completes [a, b, …] with a, a+1, … and log-probs -0.5; `mode` says how it misbehaves."""

    mode, seen, weights, lock = "", [], "default", threading.Lock()
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def reply(self, answer, status=200):
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if self.mode == "truncated" else body)
        if self.mode == "truncated":
            self.close_connection = True

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "null")
        with self.lock:
            self.seen.append((self.path, body))
        if self.mode == "slow":
            time.sleep(3)
        if self.mode == "dropped":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if self.mode == "500":
            return self.reply({"error": "CUDA out of memory\nwhile allocating"}, 500)
        if self.mode == "html":
            return self.reply(b"<html>proxy error</html>")
        answer = {"/generate": self.sglang, "/v1/completions": self.vllm, "/completion": self.llama_cpp}.get(self.path)
        if answer:
            return self.reply(answer(body))
        if self.path == "/update_weights_from_disk":
            if self.mode != "stale":
                type(self).weights = body["weight_version"]
            good = self.mode != "refuses"
            return self.reply({"success": good, "message": "" if good else "no such\ndirectory"})
        self.reply({})

    def completion(self, prompt, count):
        tokens = [(prompt[-1] + i) % VOCABULARY for i in range(count)]
        logps = [-0.5] * count
        if self.mode == "short":
            logps.pop()
        if self.mode == "vary":  # completions of other lengths
            count = 1 + len(self.seen) % count
            tokens, logps = tokens[:count], logps[:count]
        if self.mode == "vocabulary":
            tokens[-1] = 100000
        if self.mode == "nan":
            logps[0] = None
        if self.mode == "long":
            tokens.append(1), logps.append(-1.0)
        return tokens, logps

    def sglang(self, body):
        tokens, logps = self.completion(body["input_ids"], body["sampling_params"]["max_new_tokens"])
        kind = "abort" if self.mode == "abort" else "length"
        return {"text": "", "output_ids": tokens,
                "meta_info": {"finish_reason": {"type": kind, "length": len(tokens)}, "weight_version": self.weights,
                              "output_token_logprobs": [[p, t, None] for p, t in zip(logps, tokens)]}}

    def vllm(self, body):
        assert body["return_token_ids"] and body["logprobs"] == 0 and body["model"] == "tiny", body
        tokens, logps = self.completion(body["prompt"], body["max_tokens"])
        return {"choices": [{"index": 0, "token_ids": tokens, "logprobs": {"token_logprobs": logps},
                             "finish_reason": "abort" if self.mode == "abort" else "length"}]}

    def llama_cpp(self, body):
        tokens, logps = self.completion(body["prompt"], body["n_predict"])
        return {"tokens": tokens, "stop_type": "limit", "truncated": False,
                "completion_probabilities": [{"id": t, "logprob": p} for p, t in zip(logps, tokens)]}


class Listener(http.server.ThreadingHTTPServer):
    request_queue_size = 128  # the default of 5 loses some of 16 connections made at once on a busy machine

    def handle_error(self, *ignored):  # a client that gave up
        pass


def make_model(directory):
    """A model directory of random weights, written by gppo sft without a step."""
    done = subprocess.run([binary, "sft", "--set", f"run.dir={directory}", "--set", "sft.steps=0", "--set",
                           "eval.prompts=2", "--set", "eval.max_new_tokens=4", "--set", "model.hidden_size=32",
                           "--set", "model.num_hidden_layers=1", "--set", "run.report=false"],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    global VOCABULARY
    with open(os.path.join(directory, "model", "config.json")) as file:
        VOCABULARY = json.load(file)["vocab_size"]
    return os.path.join(directory, "model")


def gppo(command, model, backend, url, *settings, check=True):
    options = [f"model.path={model}", f"rollout.backend={backend}", f"rollout.url={url}", "eval.max_new_tokens=5",
               "eval.samples=2", *settings]
    extra = ["--prompt", "1+2=", "--prompt", "7-3="] if command == "generate" else []
    done = subprocess.run([binary, command, *extra, *(word for option in options for word in ("--set", option))],
                          capture_output=True, text=True, timeout=120)
    if check:
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()] if command == "generate" else json.loads(done.stdout)
    assert done.returncode == 1 and done.stdout == "", (done.returncode, done.stdout)
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("gppo: "), done.stderr
    return done.stderr


def completes(model, url):
    for backend, path in (("sglang", "/generate"), ("vllm", "/v1/completions"), ("llama.cpp", "/completion")):
        Fake.seen.clear()
        rows = gppo("generate", model, backend, url, "rollout.model=tiny", "rollout.connections=3")
        assert [path] * 4 == [call for call, _ in Fake.seen], Fake.seen
        assert [row["prompt"] for row in rows] == ["1+2=", "1+2=", "7-3=", "7-3="]
        for row in rows:
            first = row["tokens"][0]
            assert row["tokens"] == [(first + i) % VOCABULARY for i in range(len(row["tokens"]))]
            assert len(row["tokens"]) == 5 or row["finish"] == "stop"
            assert row["logp"] == [-0.5] * len(row["tokens"])
            assert row.get("weights") == ("default" if backend == "sglang" else None), row
        judged = gppo("eval", model, backend, url, "rollout.model=tiny", "eval.prompts=3")
        assert judged["prompts"] == 3 and judged["avg@2"] == 0, judged
    assert len({body["seed"] for call, body in Fake.seen if call == "/completion"}) > 1


def loads_weights(model, url):
    Fake.seen.clear()
    rows = gppo("generate", model, "sglang", url, "rollout.load=true")
    assert [call for call, _ in Fake.seen][:3] == ["/pause_generation", "/update_weights_from_disk", "/continue_generation"]
    assert Fake.seen[1][1]["model_path"] == os.path.abspath(model)
    assert {row["weights"] for row in rows} == {model}, rows
    Fake.seen.clear()
    gppo("generate", model, "vllm", url, "rollout.load=true", "rollout.model=tiny")
    assert [call for call, _ in Fake.seen][:4] == ["/pause?mode=abort", "/collective_rpc", "/reset_prefix_cache", "/resume"]
    assert "cannot load other weights" in gppo("generate", model, "llama.cpp", url, "rollout.load=true", check=False)
    Fake.mode = "refuses"
    Fake.seen.clear()
    said = gppo("generate", model, "sglang", url, "rollout.load=true", check=False)
    assert "/update_weights_from_disk: field success is false" in said, said
    assert Fake.seen[-1][0] == "/continue_generation"  # not left paused
    Fake.mode, Fake.weights = "stale", "step-1"
    assert 'written by weights "step-1"' in gppo("generate", model, "sglang", url, "rollout.load=true", check=False)
    Fake.mode, Fake.weights = "", "default"


def misbehaves(model, url):
    expected = {
        "slow": (": no whole answer within the deadline of 0.5 s", "rollout.deadline=0.5"),
        "dropped": (": the connection broke before the whole answer was there",),
        "truncated": (": the connection broke before the whole answer was there",),
        "500": (': status 500: "{\\"error\\"',),
        "html": (': the answer is not JSON: "<html>',),
        "vocabulary": ("holds token 100000, the vocabulary has ",),
        "long": ("holds 6 tokens, 5 were asked for",),
        "nan": ("must be a log-probability, it is null",),
        "short": (" 4",),
    }
    for backend in ("sglang", "vllm", "llama.cpp"):
        for mode, (message, *settings) in expected.items():
            Fake.mode = mode
            Fake.seen.clear()
            said = gppo("generate", model, backend, url, "rollout.model=tiny", "rollout.connections=1", *settings, check=False)
            assert message in said and said.startswith(f"gppo: {url}/"), (backend, mode, said)
            assert len(Fake.seen) == 1, (backend, mode, Fake.seen)  # nothing that was sent is sent again
    for backend in ("sglang", "vllm"):
        Fake.mode = "abort"
        assert "aborted" in gppo("generate", model, backend, url, "rollout.model=tiny", check=False)
    Fake.mode = ""


def trains(model, url, work):
    """gppo rl has the server load what it has learnt, under one version after the other."""
    Fake.mode = "vary"
    Fake.seen.clear()
    settings = [f"run.dir={work}/rl", f"model.path={model}", "tokenizer.kind=file", "rollout.backend=sglang", f"rollout.url={url}",
                "rl.steps=3", "rl.prompts=4", "rl.group=4", "rl.max_new_tokens=12", "reward.overlong_buffer=11",
                "eval.prompts=2", "eval.max_new_tokens=4", "run.report=false", "rl.lr=1e-2"]
    words = [word for each in settings for word in ("--set", each)]
    done = subprocess.run([binary, "rl", *words], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    loads = [body for call, body in Fake.seen if call == "/update_weights_from_disk"]
    assert [body["weight_version"] for body in loads] == ["rl-0", "rl-1", "rl-2", "rl-3"], loads
    assert all(os.path.isabs(body["model_path"]) and os.path.exists(body["model_path"] + "/model.safetensors") for body in loads)
    steps = [json.loads(line) for line in open(f"{work}/rl/metrics.jsonl")]
    assert any(row.get("actor/grad_norm", 0) > 0 for row in steps), steps
    Fake.mode = ""
    words[words.index("rollout.backend=sglang")] = "rollout.backend=vllm"
    refused = subprocess.run([binary, "rl", *words, "--overwrite", "--set", "rollout.model=tiny", "--set", "rl.temperature=0.7"],
                             capture_output=True, text=True, timeout=300)
    assert refused.returncode == 1 and "rl.temperature must be 1" in refused.stderr, refused.stderr
    Fake.weights = "default"


def absent(model):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # nobody listens
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        assert f"gppo: {url}/generate: cannot connect" in gppo("generate", model, "sglang", url, check=False)
    assert "is no address" in gppo("generate", model, "sglang", "localhost:30000", check=False)


def real_llama_cpp(model, work):
    """Greedy completions of a llama.cpp server that holds the same weights are ours, log-probs to rounding."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from _gguf import write_gguf
    write_gguf(model, f"{work}/model.gguf")
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    server = subprocess.Popen([os.environ["GPPO_LLAMA_SERVER"], "-m", f"{work}/model.gguf", "--port", str(port), "-t", "1", "-np", "2",
                               "-c", "512", "-ctk", "f32", "-ctv", "f32", "--no-warmup"],
                              stdout=subprocess.DEVNULL, stderr=open(f"{work}/server.log", "w"))
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            time.sleep(0.2)
            try:
                with socket.create_connection(("127.0.0.1", port), 1):
                    break
            except OSError:
                assert server.poll() is None, "llama-server ended: " + open(f"{work}/server.log").read()[-400:]
        time.sleep(1)
        for settings in (["eval.greedy=true"], ["eval.greedy=true", "eval.max_new_tokens=40"]):
            theirs = gppo("generate", model, "llama.cpp", url, "eval.samples=1", *settings)
            ours = gppo("generate", model, "local", url, "eval.samples=1", *settings)
            worst = 0.0
            for a, b in zip(theirs, ours):
                assert a["tokens"] == b["tokens"] and a["finish"] == b["finish"], (a, b)
                worst = max([worst] + [abs(p - q) for p, q in zip(a["logp"], b["logp"])])
            assert worst < 2e-3, worst
            print(f"llama.cpp: the same {sum(len(a['tokens']) for a in theirs)} tokens, log-probs to {worst:.1e}")
        sampled = gppo("generate", model, "llama.cpp", url, "eval.samples=8", "eval.max_new_tokens=20")
        assert len(sampled) == 16 and len({tuple(row["tokens"]) for row in sampled}) > 2
    finally:
        server.terminate()
        server.wait(20)


with tempfile.TemporaryDirectory() as work:
    tiny = make_model(os.path.join(work, "run"))
    listener = Listener(("127.0.0.1", 0), Fake)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{listener.server_address[1]}"
    probe = subprocess.run([binary, "generate", "--prompt", "1", "--set", f"model.path={tiny}", "--set", "rollout.backend=sglang",
                            "--set", f"rollout.url={address}"], capture_output=True, text=True, timeout=60)
    if "needs an HTTP client" in probe.stderr:
        print("skipped: this build has no HTTP client (libcpp-httplib-dev)")
        sys.exit(77)
    completes(tiny, address)
    loads_weights(tiny, address)
    misbehaves(tiny, address)
    trains(tiny, address, work)
    absent(tiny)
    listener.shutdown()
    if "GPPO_LLAMA_SERVER" in os.environ:
        real_llama_cpp(tiny, work)
    else:
        print("llama.cpp: left out (GPPO_LLAMA_SERVER is not set)")
print("ok")
