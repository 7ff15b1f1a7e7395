// SPDX-License-Identifier: Apache-2.0
//
// The Python program that runs the asserts of a script, in a sandbox of its own. The candidate's
// program is not in it: names it should define are asked for through the host, calls are made in
// its sandbox, and only plain data comes back. So no class, frame or patched function of the
// candidate ever meets an expected answer.
#pragma once

#include <gppo/sandbox/driver_values.hpp>

#include <string>

namespace gppo {

inline constexpr const char* sandbox_checker = R"python(
passed, total, asked, asserts, failures = 0, 0, 0, 0, []

def exchange(message):
    data = ('{%s,"p":%d,"t":%d}\n' % (message, passed, total)).encode()
    while data: data = data[os.write(3, data):]

def ask(op, target, name, a=(), k={}):
    global asked
    asked += 1
    exchange('"op":"%s","o":%d,"n":%s,"a":%s,"k":%s' % (op, target, quote(name), encode(list(a)), encode(k)))
    reply = decode(sys.stdin.readline())
    if reply['e'] is None: return reply
    name, _, text = reply['e'].partition(': ')
    kind = getattr(builtins, name, None)
    if not isinstance(kind, type) or not issubclass(kind, Exception) or issubclass(kind, AssertionError): kind = RuntimeError
    try: error = kind(text)
    except TypeError: error = RuntimeError(text)
    error.from_program = True
    raise error

class RemoteObject:
    """What the program has and plain data cannot say: a function, a class, an object of its own."""
    def __init__(self, number): self._handle_ = number
    def __getattr__(self, name):
        if name.startswith('__'): raise AttributeError(name)
        return ask('get', self._handle_, name)['v']
    def __call__(self, *a, **k):
        reply = ask('call', self._handle_, '', a, k)
        for i, new in reply['m']:
            if isinstance(a[i], list): a[i][:] = new
            else:
                a[i].clear()
                a[i].update(new)
        return reply['v']

class Names(dict):
    def __missing__(self, name):
        if hasattr(builtins, name) or name.startswith('__'): raise KeyError(name)
        try: value = ask('get', -1, name)['v']
        except KeyError:  # Python would take it for its own and forget whose it was
            error = NameError('name %r is not defined' % name)
            error.from_program = True
            raise error from None
        if isinstance(value, RemoteObject): self[name] = value
        return value

def same_list(a, b): return nodes(a) == nodes(b)
def same_tree(a, b): return levels(a) == levels(b)

def record(kind, text):
    global total
    total += 1
    failures.append((kind, text))

def right():
    global passed, total
    passed += 1
    total += 1

def wrong(e, line):
    text = 'line %d: %s: %s' % (line, type(e).__name__, str(e)[:200])
    if getattr(e, 'from_program', False): record('error', text)
    elif asked or isinstance(e, AssertionError): record('wrong', text)
    else: record('broken', text)

def counted(tree):
    """Each assert counts by itself, and the ones behind a failed one are still tried."""
    import ast
    class Count(ast.NodeTransformer):
        def visit_Assert(self, node):
            global asserts
            asserts += 1
            if isinstance(node.test, ast.Constant): return node
            if node.msg is not None: node.msg = None
            made = ast.parse('try: pass\nexcept Exception as _e: _wrong_(_e, %d)\nelse: _right_()' % node.lineno).body[0]
            made.body = [node]
            return made
    checks = any(isinstance(x, ast.Expr) and isinstance(x.value, ast.Call) and getattr(x.value.func, 'id', '') == 'check' for x in tree.body)
    return ast.fix_missing_locations(Count().visit(tree)), checks

def run_script(given):
    import ast
    names = Names(__name__='check', __builtins__=builtins, _wrong_=wrong, _right_=right, list_node=list_node,
                  tree_node=tree_node, ListNode=ListNode, TreeNode=TreeNode, is_same_list=same_list, is_same_tree=same_tree)
    entry = given['entry']
    try:
        if given['before']: exec(compile(given['before'], 'prompt.py', 'exec'), names)
    except Exception: pass  # HumanEval's prompts stand alone; others need not
    for name in (entry, 'check'): names.pop(name, None)
    tree, checks = counted(ast.parse(given['script'], 'script.py'))
    code = compile(tree, 'script.py', 'exec')
    if entry: names['candidate'] = ask('get', -1, entry)['v']
    exec(code, names)
    if dict.__contains__(names, 'check') and not checks and entry: names['check'](names['candidate'])
    for name in [n for n in names if n.startswith('test_')]:
        if callable(names[name]): names[name]()

class Solution(type(sys)):
    def __getattr__(self, name):
        if name.startswith('__'): raise AttributeError(name)
        return ask('get', -1, name)['v']

remote, known = RemoteObject, RemoteObject
sys.modules['solution'] = Solution('solution')
try:
    run_script(decode(sys.stdin.readline()))
    if total == 0 and asserts: record('wrong', 'what it answered left nothing to assert')
    elif total == 0: record('broken', 'the script asserts nothing')
except BaseException as e:
    line, at = 0, e.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == 'script.py': line = at.tb_lineno
        at = at.tb_next
    wrong(e, line)
kind, text = failures[0] if failures else ('ok', '')
exchange('"op":"end","o":-1,"n":%s,"a":%s,"k":null' % (quote(kind), quote(text)))
os._exit(0)
)python";

/// The whole program.
inline std::string checker_program() {
    return "import sys, os, builtins, _json\nHUGE = 1 << 63\n" +
           std::string(sandbox_driver_values) + sandbox_checker;
}

}  // namespace gppo
