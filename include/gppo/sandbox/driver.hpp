// SPDX-License-Identifier: Apache-2.0
//
// The Python program that runs inside the sandbox. It stays clean: it forks once for each test and
// only the fork touches the candidate's program. All it ever reports is how a fork ended; a fork
// writes its answers to pipes that the host reads. A candidate can rewrite the driver in its own
// fork; what it gains is to choose its own answer, which it may do anyway. Expected answers and
// verdicts are never here.
//
// Messages on descriptor 3, from the host: "preload MODULES", "program", "run MODE NONCE LIMITS"
// with descriptors (input, output, errors, answers, extra). To the host: "ready", then for each run
// "STATUS CPU_MICROSECONDS KILOBYTES DIRTY".
#pragma once

#include <gppo/sandbox/driver_values.hpp>

#include <string>

namespace gppo {

inline constexpr const char* sandbox_driver_start = R"python(
import sys, os, gc, builtins, _socket, _json, _signal, resource
sys.path[:] = [p for p in sys.path if p]
HUGE = 1 << 63
INIT = os.getpid() == 1
sock = _socket.socket(fileno=3)
program, given = b'', {}

)python";

inline constexpr const char* sandbox_driver = R"python(
# --- in the fork ---
def write_all(fd, data):
    while data: data = data[os.write(fd, data):]

def tell(nonce, kind, text=''):
    write_all(3, ('%s %s %s\n' % (nonce, kind, text)).encode('utf-8', 'backslashreplace'))

def error_text(e):
    try: return quote((type(e).__name__ + ': ' + str(e))[:300])
    except BaseException: return quote(type(e).__name__)

def finish(status):
    try:
        if 'threading' in sys.modules: sys.modules['threading']._shutdown()
        import atexit
        atexit._run_exitfuncs()
        space.clear()
        gc.collect()
    except BaseException: pass
    for stream in (sys.stdout, sys.__stdout__, sys.stderr):
        try: stream.flush()
        except BaseException: status = status or 120
    os._exit(status)

def exit_status(e):
    if e.code is None: return 0
    if isinstance(e.code, int): return e.code & 255
    print(e.code, file=sys.stderr)
    return 1

def load(name, nonce):
    """Runs the candidate's program as module `name`; ends this process if that fails."""
    global space
    module = type(sys)(name)
    sys.modules[name] = module
    space = module.__dict__
    space['__builtins__'] = builtins
    try: code = compile(program, 'solution.py', 'exec', dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as e:
        tell(nonce, 'compile', error_text(e))
        os._exit(1)
    space.update(given)
    try:
        exec(code, space)
        return 0
    except SystemExit as e:
        if name == '__main__': return exit_status(e)
        tell(nonce, 'error', quote('the program ended before it could be called'))
    except MemoryError: tell(nonce, 'memory')
    except BaseException as e:
        if name != '__main__': tell(nonce, 'error', error_text(e))
        sys.excepthook(*sys.exc_info())
    if name != '__main__': os._exit(1)
    return 1

def resolve(name):
    head, _, tail = name.partition('.')
    if not tail and head not in space and 'Solution' in space: head, tail = 'Solution', head
    thing = space[head]
    return getattr(thing() if isinstance(thing, type) else thing, tail) if tail else thing

def report(nonce, work):
    """The text of work() as a value, or why there is none."""
    try: text = work()
    except MemoryError: tell(nonce, 'memory')
    except BaseException as e: tell(nonce, 'error', error_text(e))
    else: tell(nonce, 'value', text)

def run_call(nonce, fd):
    load('solution', nonce)
    with open(fd, 'r', encoding='utf-8') as file: text = file.read()
    def work():
        request = decode(text)
        return encode(resolve(request['f'])(*request['a'], **request['k']))
    report(nonce, work)
    finish(0)

def run_session(nonce, fd):
    global handles
    handles = []
    load('solution', nonce)
    tell(nonce, 'value', 'null')
    def work():
        request = decode(line)
        op, target, name = request['op'], request['o'], request['n']
        if op == 'get':
            thing = resolve(name) if target < 0 else getattr(handles[target], name)
            if callable(thing):
                handles.append(thing)
                return '{"v":{"h":[%d,""]},"m":[],"e":null}' % (len(handles) - 1)
            return '{"v":%s,"m":[],"e":null}' % encode(thing)
        a, k = request['a'], request['k']
        before = [encode(x) if isinstance(x, (list, dict, set)) else None for x in a]
        value = encode(handles[target](*a, **k))
        after = [None if old is None else encode(x) for old, x in zip(before, a)]
        changed = ','.join(['[%d,%s]' % (i, new) for i, (old, new) in enumerate(zip(before, after)) if old != new])
        return '{"v":%s,"m":[%s],"e":null}' % (value, changed)
    for line in open(fd, 'r', encoding='utf-8'): report(nonce, work)
    finish(0)

def run_binary():
    for s in (_signal.SIGPIPE, _signal.SIGXFSZ): _signal.signal(s, _signal.SIG_DFL)
    os.close(3)
    os.set_inheritable(4, False)
    os.execve(4, ['solution'], {'PATH': '/usr/bin:/bin', 'HOME': '/tmp'})

def run_compiler(words, directory):
    os.environ['TMPDIR'] = os.environ['HOME'] = directory
    child = os.fork()
    if child == 0: os.execv(words[0], words)
    _, status = os.waitpid(child, 0)
    if status == 0:
        with open('a.out', 'rb') as made:
            while True:
                block = made.read(1 << 20)
                if not block: break
                write_all(3, block)
    os._exit(1 if status else 0)

def limit(what, soft, hard=None):
    try: resource.setrlimit(what, (soft, hard if hard is not None else soft))
    except (ValueError, OSError):
        top = resource.getrlimit(what)[1]
        resource.setrlimit(what, (top if soft > top else soft, top if soft > top else soft))

def fork_main(mode, nonce, limits, words, fds, directory):
    try: os.setsid()
    except OSError: pass
    sock.close()
    _signal.signal(_signal.SIGINT, _signal.default_int_handler)
    for i, fd in enumerate(fds): os.dup2(fd, i)
    os.closerange(len(fds), 1024)
    os.chdir(directory)
    cpu, memory, size, files, processes, stack = limits
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_STACK, stack)
    limit(resource.RLIMIT_CPU, cpu)
    limit(resource.RLIMIT_FSIZE, size)
    limit(resource.RLIMIT_NOFILE, files)
    limit(resource.RLIMIT_NPROC, processes)
    limit(resource.RLIMIT_AS, memory)
    if mode == 'stdin': finish(load('__main__', nonce))
    elif mode == 'call': run_call(nonce, 4)
    elif mode == 'session': run_session(nonce, 4)
    elif mode == 'binary': run_binary()
    elif mode == 'compile': run_compiler(words, directory)

# --- in the driver ---
def sweep(path, count):
    for entry in os.scandir(path):
        count += 1
        if count > 1000: raise OSError('too many files')
        if entry.is_dir(follow_symlinks=False):
            os.chmod(entry.path, 0o700)
            count = sweep(entry.path, count)
            os.rmdir(entry.path)
        else: os.unlink(entry.path)
    return count

def end_all():
    """Kills and reaps whatever a run left behind. Only the first process of a namespace may do that."""
    while INIT:
        try: os.kill(-1, 9)
        except ProcessLookupError: pass
        try: os.waitpid(-1, 0)
        except ChildProcessError: return

def give(part):
    """What a program may use without importing it. Names of builtins stay what they are."""
    if part == 'nodes':
        given.update(ListNode=ListNode, TreeNode=TreeNode)
        return
    module = __import__(part)
    given[part] = module
    if part in ('random', 'datetime', 're'): return
    for word in dir(module):
        if word[0] == '_' or hasattr(builtins, word): continue
        if word == part and (part + '.').encode() in program: continue
        given[word] = getattr(module, word)

def receive():
    data, extra, _, _ = sock.recvmsg(65536, 256)
    fds = []
    for level, kind, raw in extra:
        fds += [int.from_bytes(raw[i:i + 4], sys.byteorder) for i in range(0, len(raw), 4)]
    return data.decode(), fds

def main(directory):
    global program
    # The first process of a namespace gets no signal it has no handler for; Python has one for this.
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    sock.send(b'ready')
    while True:
        text, fds = receive()
        if not text: os._exit(0)
        verb, *words = text.split('\x1f')
        if verb == 'preload':
            for name in words: give(name)
        elif verb == 'import':
            for name in words: __import__(name)
        elif verb == 'program':
            with open(fds[0], 'rb') as file: program = file.read()
            gc.collect()
            gc.freeze()
        elif verb == 'run':
            child = os.fork()
            if child == 0:
                try: fork_main(words[0], words[1], [int(w) for w in words[2:8]], words[8:], fds, directory)
                except BaseException as e:
                    try: tell(words[1], 'error', error_text(e))
                    except BaseException: pass
                finally: os._exit(1)
            for fd in fds: os.close(fd)
            _, status, usage = os.wait4(child, 0)
            end_all()
            try: dirty = not INIT or sweep('/tmp', 0) < 0
            except BaseException: dirty = True
            cpu = int(1e6 * (usage.ru_utime + usage.ru_stime))
            sock.send(b'%d %d %d %d' % (status, cpu, usage.ru_maxrss, dirty))

main(sys.argv[1])
)python";

/// The whole program.
inline std::string sandbox_program() {
    return std::string(sandbox_driver_start) + sandbox_driver_values + sandbox_driver;
}

}  // namespace gppo
