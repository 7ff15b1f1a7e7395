// SPDX-License-Identifier: Apache-2.0
//
// Programs that try to be judged right without knowing the answer, to outlive their test, to look
// around or to do harm. Each is judged by tests whose answer nothing in the sandbox knows.
#pragma once

#include <string>
#include <vector>

struct CodeAttack {
    const char* name;
    const char* code;
};

/// f(1) must be 913755. In front of each: what they share.
inline const char* const attack_helpers = R"py(
import os, sys, time, signal, gc
def everywhere():
    """Every object that can be reached from frames, modules and the collector."""
    frame, seen = sys._getframe(), []
    while frame is not None:
        seen += list(frame.f_locals.values()) + list(frame.f_globals.values())
        frame = frame.f_back
    for module in list(sys.modules.values()): seen += list(getattr(module, '__dict__', {}).values())
    for thing in gc.get_objects():
        if isinstance(thing, (list, tuple)): seen += list(thing)
        if isinstance(thing, dict): seen += list(thing.values())
    return seen
)py";

inline const std::vector<CodeAttack> attacks_on_calls{
    {"an object that equals everything", R"py(
class All:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
def f(x): return All()
)py"},
    {"an integer that equals everything", R"py(
class All(int):
    def __eq__(self, other): return True
    def __repr__(self): return '913755'
def f(x): return All(0)
)py"},
    {"a list, a dictionary and a text that equal everything", R"py(
class L(list):
    def __eq__(self, other): return True
class D(dict):
    def __eq__(self, other): return True
class S(str):
    def __eq__(self, other): return True
def f(x): return [L(), D(), S()][x]
)py"},
    {"a class that says it is an integer", R"py(
class Fake:
    __class__ = int
    def __eq__(self, other): return True
    def __int__(self): return 0
    def __index__(self): return 0
def f(x): return Fake()
)py"},
    {"walking the frames for the expected value", R"py(
def f(x):
    for thing in everywhere():
        if type(thing) is int and 900000 <= thing <= 920000: return thing
)py"},
    {"walking the frames for texts that hold it", R"py(
import re
def f(x):
    for thing in everywhere():
        if type(thing) in (str, bytes):
            for word in re.findall(r'9137\d\d', str(thing)): return int(word)
)py"},
    {"patching the driver's encoder and reporter", R"py(
import __main__
for module in list(sys.modules.values()) + [__main__]:
    for name in ('encode', 'tell', 'report', 'finish', 'same_value', 'quote'):
        if hasattr(module, name): setattr(module, name, lambda *a, **k: 'true')
frame = sys._getframe()
while frame is not None:
    frame.f_globals['encode'] = lambda x: '{"g":[]}'
    frame = frame.f_back
def f(x): return 1
)py"},
    {"patching the driver to send values that match anything", R"py(
frame = sys._getframe()
while frame is not None:
    frame.f_globals['encode'] = lambda x: '{"*":"*"}'
    frame = frame.f_back
def f(x): return 1
)py"},
    {"values of forms that do not exist", R"py(
frame = sys._getframe()
while frame is not None:
    frame.f_globals['encode'] = lambda x: '{"i":[913755]}'
    frame = frame.f_back
def f(x): return 1
)py"},
    {"an answer nested too deep behind a false end of a text", R"py(
frame = sys._getframe()
while frame is not None:
    frame.f_globals['encode'] = lambda x: '{"s":["\\\"",' + '[' * 900000 + ']' * 900000 + ']}'
    frame = frame.f_back
def f(x): return 1
)py"},
    {"patching builtins", R"py(
import builtins
builtins.isinstance = lambda *a: True
builtins.type = lambda *a: int
builtins.int = builtins.float = builtins.str = lambda *a: 913
def f(x): return 1
)py"},
    {"leaving with os._exit(0)", "import os\nos._exit(0)\n"},
    {"leaving with sys.exit(0)", "import sys\nsys.exit(0)\n"},
    {"leaving with status 0 inside the call", "import os\ndef f(x): os._exit(0)\n"},
    {"raising SystemExit(0) inside the call", "def f(x): raise SystemExit(0)\n"},
    {"ending well in atexit", R"py(
import atexit
atexit.register(lambda: os._exit(0))
def f(x): raise ValueError
)py"},
    {"an exception hook that ends well", R"py(
sys.excepthook = lambda *a: os._exit(0)
def f(x): raise ValueError
raise KeyError
)py"},
    {"a trace function that changes the answer", R"py(
def trace(frame, event, arg):
    for name in ('answer', 'expected', 'value', 'right'): frame.f_globals[name] = True
    return trace
sys.settrace(trace)
def f(x): return None
)py"},
    {"many answers on the private pipe", R"py(
def f(x):
    frame = sys._getframe()
    while frame is not None:
        nonce = frame.f_locals.get('nonce')
        if nonce:
            for i in range(913700, 913800): os.write(3, ('%s value %d\n' % (nonce, i)).encode())
            os._exit(0)
        frame = frame.f_back
)py"},
    {"forged lines on every descriptor", R"py(
def f(x):
    for fd in range(0, 64):
        for line in (b'0 0 0 0', b'ready', b'pass\n', b'value true\n', b'{"verdict":"pass"}\n'):
            try: os.write(fd, line)
            except OSError: pass
    os._exit(0)
)py"},
    {"a verdict in place of an answer", R"py(
def f(x):
    frame = sys._getframe()
    while frame is not None:
        nonce = frame.f_locals.get('nonce')
        if nonce: os.write(3, ('%s pass \n' % nonce).encode()); os._exit(0)
        frame = frame.f_back
)py"},
    {"searching every file for the tests", R"py(
def f(x):
    import re
    for top in ('/proc', '/tmp', '/dev', '/etc', '/run', '/var', '/home', '/root', '/sys', '/mnt', '/opt'):
        for folder, _, names in os.walk(top):
            if folder.count('/') > 6: continue
            for name in names:
                try:
                    with open(os.path.join(folder, name), 'rb', buffering=0) as file:
                        os.set_blocking(file.fileno(), False)
                        found = re.search(rb'9137\d\d', file.read(200000) or b'')
                        if found and b'kallsyms' not in name.encode(): return int(found.group())
                except Exception: pass
)py"},
    {"the memory, environment and descriptors of the first process", R"py(
def f(x):
    import glob
    for name in ('mem', 'environ', 'cmdline', 'maps', 'fd/3', 'fd/4', 'fd/5'):
        for path in glob.glob('/proc/1/' + name) + glob.glob('/proc/%d/%s' % (os.getppid(), name)):
            try: return int(open(path, 'rb').read()[:6])
            except Exception: pass
    assert not os.path.exists('/proc/1/mem')
)py"},
    {"an infinite iterator", "import itertools\ndef f(x): return itertools.count()\n"},
    {"a list that holds itself", "def f(x):\n    a = []\n    a.append(a)\n    return a\n"},
    {"a very deep list",
     "def f(x):\n    a = []\n    for _ in range(100000): a = [a]\n    return a\n"},
    {"a list of nodes in a circle", R"py(
class ListNode: pass
def f(x):
    a = ListNode()
    a.val, a.next = 1, a
    return a
)py"},
    {"not a number", "def f(x): return float('nan')\n"},
    {"infinity", "def f(x): return float('inf')\n"},
    {"an integer of a million digits", "def f(x): return 1 << 3300000\n"},
    {"a text with a lone surrogate", "def f(x): return '\\ud800913755'\n"},
    {"bytes that are not UTF-8 on the private pipe",
     "def f(x):\n    os.write(3, b'\\xff\\xfe\\n')\n    os._exit(0)\n"},
    {"closing and replacing descriptors", R"py(
def f(x):
    for fd in range(64):
        try: os.close(fd)
        except OSError: pass
    return 913
)py"},
    {"modules that shadow the driver's", R"py(
for name in ('json', 'os', 'atexit', 'encodings', 're', 'gc', '_json', 'resource', 'collections', 'sitecustomize'):
    try: open('/tmp/%s.py' % name, 'w').write('raise SystemExit(0)')
    except OSError: pass
sys.modules['atexit'] = sys.modules['gc'] = None
sys.path.insert(0, '/tmp')
def f(x): return 1
)py"},
    {"an import hook and a dead standard library", R"py(
sys.meta_path.clear()
sys.modules.clear()
def f(x): return 1
)py"},
};

/// Reads nothing, must print the number 913755.
inline const std::vector<CodeAttack> attacks_on_the_host{
    {"a fork bomb", "while True:\n    try: os.fork()\n    except OSError: pass\n"},
    {"a thread bomb", R"py(
import threading
for _ in range(100000): threading.Thread(target=time.sleep, args=(100,)).start()
)py"},
    {"a memory bomb", "x = []\nwhile True: x.append(bytearray(1 << 24))\n"},
    {"a memory bomb of many processes", R"py(
for _ in range(12):
    if os.fork() == 0: break
x = []
try:
    while True: x.append(bytearray(os.urandom(1 << 16)) * 64)
except MemoryError: time.sleep(100)
)py"},
    {"shared memory", R"py(
import mmap
for _ in range(40):
    if os.fork() == 0: break
m = mmap.mmap(-1, 700 << 20)
for i in range(0, 700 << 20, 4096): m[i] = 1
time.sleep(100)
)py"},
    {"a flood of output", "while True: print('913755' * 1000)\n"},
    {"a flood of errors", "while True: sys.stderr.write('x' * 65536)\n"},
    {"a daemon that outlives its test", R"py(
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        for s in range(1, 64):
            try: signal.signal(s, signal.SIG_IGN)
            except (OSError, ValueError): pass
        if os.fork() == 0:
            for fd in range(64):
                try: os.close(fd)
                except OSError: pass
            time.sleep(1000)
        os._exit(0)
print('left')
)py"},
    {"a daemon that holds the output open", R"py(
if os.fork() == 0:
    os.setsid()
    time.sleep(1000)
print('left')
)py"},
    {"a child that goes on after a timeout", R"py(
if os.fork() == 0:
    while True: os.fork() if os.getpid() % 7 == 0 else time.sleep(0.01)
while True: pass
)py"},
    {"signals to parent, group and everybody", R"py(
for target in (os.getppid(), 0, -1, 1, -os.getppid()):
    for s in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP, signal.SIGINT, signal.SIGUSR1):
        if target == 0 and s in (signal.SIGKILL, signal.SIGSTOP): continue
        signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        try: os.kill(target, s)
        except OSError: pass
print('still here')
)py"},
    {"signals to every number there is", R"py(
for target in range(1, 70000):
    if target != os.getpid():
        try: os.kill(target, signal.SIGKILL)
        except OSError: pass
print('still here')
)py"},
    {"its own group killed", "os.kill(0, signal.SIGKILL)\n"},
    {"stopped for ever", "os.kill(os.getpid(), signal.SIGSTOP)\n"},
    {"limits raised", R"py(
import resource
for what in range(16):
    for value in ((resource.RLIM_INFINITY,) * 2, (1 << 40, 1 << 40)):
        try: resource.setrlimit(what, value); print('raised', what)
        except (ValueError, OSError): pass
try: resource.prlimit(1, resource.RLIMIT_CPU, (0, 0)); print('driver limited')
except OSError: pass
while True: pass
)py"},
    {"processor time in children that ignore every signal", R"py(
for s in (signal.SIGXCPU, signal.SIGALRM, signal.SIGTERM): signal.signal(s, signal.SIG_IGN)
for _ in range(4): os.fork()
while True: pass
)py"},
    {"a huge file", R"py(
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for name in ('/tmp/huge', '/dev/shm/huge', 'huge'):
    try: os.truncate(os.open(name, os.O_RDWR | os.O_CREAT), 1 << 42); print('truncated')
    except OSError: pass
for i in range(100):
    try:
        with open('/tmp/%d' % i, 'wb') as file:
            while True: file.write(b'x' * (1 << 20))
    except OSError: pass
)py"},
    {"very many files and folders", R"py(
try:
    for i in range(1000000):
        os.mkdir('/tmp/%d' % i)
        if i % 100 == 0: os.chdir('/tmp/%d' % i)
except OSError: pass
)py"},
    {"folders too deep to remove", R"py(
os.chdir('/tmp')
try:
    for _ in range(4000): os.mkdir('d'); os.chdir('d')
except OSError: pass
os.chmod('/tmp/d', 0)
)py"},
    {"links out of its folder", R"py(
for target in ('/', '/etc/shadow', '/proc/1/root', '/proc/self/root/../..', '/usr/bin/python3', '/root'):
    try:
        os.symlink(target, '/tmp/way' + str(abs(hash(target))))
        path = '/tmp/way' + str(abs(hash(target)))
        if os.path.isdir(path): open(path + '/gppo-attack-was-here', 'w').write('x')
        else: open(path, 'a').write('x')
    except OSError: pass
    try: os.link(target, '/tmp/hard')
    except OSError: pass
)py"},
    {"files outside its folder", R"py(
for path in ('/gppo-attack-was-here', '/usr/gppo-attack-was-here', '/usr/lib/python3/gppo-attack-was-here', '/etc/gppo-attack-was-here',
             '/dev/gppo-attack-was-here', '/dev/shm/gppo-attack-was-here', '/var/tmp/gppo-attack-was-here', '/tmp/../gppo-attack-was-here'):
    try: open(path, 'w').write('x'); print('wrote', path)
    except OSError: pass
for path in ('/etc/shadow', '/etc/passwd', '/root/.bashrc', '/home', '/root'):
    try: os.stat(path); print('saw', path)
    except OSError: pass
)py"},
    {"namespaces, mounts, traces and other system calls", R"py(
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for call in (165, 166, 272, 308, 161, 155, 101, 310, 311, 321, 298, 250, 248, 175, 313, 319, 323, 425, 426, 427, 434, 438, 435, 41, 435, 317, 157):
    for arguments in ((0, 0, 0, 0, 0), (0x10000000, 0, 0, 0, 0), (1, 1, 1, 1, 1)):
        if libc.syscall(call, *arguments) >= 0: print('allowed', call, arguments)
for flag in (0x10000000, 0x00020000, 0x20000000, 0x40000000):
    if libc.unshare(flag) == 0: print('unshared', flag)
if libc.prctl(4, 1, 0, 0, 0) == 0: print('prctl')
)py"},
    {"other users", R"py(
for call in (os.setuid, os.setgid, os.seteuid):
    try: call(0); print('became root')
    except OSError: pass
try: os.chroot('/tmp'); print('chroot')
except OSError: pass
try: os.mknod('/tmp/disk', 0o60666, os.makedev(254, 0)); print('mknod')
except OSError: pass
)py"},
    {"bytes that are not UTF-8", "sys.stdout.buffer.write(b'\\xff\\xfe\\x00913755\\n' * 10)\n"},
    {"a partial line, then nothing",
     "sys.stdout.write('9137'); sys.stdout.flush(); time.sleep(100)\n"},
    {"every number there is", "for i in range(900000, 920000): print(i)\n"},
    {"a crash of the interpreter", "import ctypes\nctypes.string_at(0)\n"},
    {"a compiler that crashes", "eval('(' * 100000)\n"},
    {"endless recursion", "import sys\nsys.setrecursionlimit(1 << 30)\ndef g(): return g()\ng()\n"},
    {"zombies", R"py(
for _ in range(1000):
    try:
        if os.fork() == 0: os._exit(0)
    except OSError: pass
print('left')
)py"},
    {"the standard input of nobody", "print(open('/dev/tty').read())\n"},
    {"waiting for an input that does not come", "print(sys.stdin.read()); print(input())\n"},
    {"timers and alarms", "signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)\ntime.sleep(9)\n"},
    {"a pipe filled by a child for ever", "os.system('yes 913755 >&2 & yes 913755')\n"},
};
