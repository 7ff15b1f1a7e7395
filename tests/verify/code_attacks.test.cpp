// SPDX-License-Identifier: Apache-2.0
#include "code_attacks.hpp"

#include "catch.hpp"

#include <gppo/verify/code_judge.hpp>
#include <gppo/verify/code_rows.hpp>

#include <arpa/inet.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <netinet/in.h>
#include <set>
#include <sys/socket.h>
#include <thread>

using gppo::CodeVerdict;
using gppo::Json;

namespace {

const gppo::CodeJudge* judge() {
    static const auto made = [] {
        try {
            gppo::CodeJudgeOptions options;
            options.whole_response = true;
            // GPPO_TEST_ISOLATION=landlock: the same attacks without namespaces.
            if (std::getenv("GPPO_TEST_ISOLATION") != nullptr)
                options.minimum = options.sandbox.level = gppo::IsolationLevel::landlock;
            return std::make_unique<gppo::CodeJudge>(options);
        } catch (const gppo::Error& error) {
            WARN(std::string("skipped: ") + error.what());
            return std::unique_ptr<gppo::CodeJudge>();
        }
    }();
    return made.get();
}

std::size_t open_descriptors() {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                      std::filesystem::directory_iterator()));
}

bool ended(pid_t process) {  // and its parent, where no namespace held it, has not said goodbye yet
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string text;
    std::getline(file, text);
    const auto end = text.rfind(") ");
    return end == text.npos || text[end + 2] == 'Z' || text[end + 2] == 'X';
}

/// Does it belong to a user that sandboxes of this process run as?
bool ours(const std::filesystem::path& path) {
    const unsigned first = 1'100'000'000u + static_cast<unsigned>(::getpid() % 4'200'000) * 200u;
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && info.st_uid >= first && info.st_uid < first + 200;
}

/// Our children, and processes of the users that sandboxes of this process run as.
std::size_t survivors() {
    std::size_t count = gppo::process_tree(::getpid()).size() - 1;
    std::error_code code;
    for (std::filesystem::directory_iterator entry("/proc", code), end; !code && entry != end;
         entry.increment(code)) {
        if (ours(entry->path()) && !ended(std::atoi(entry->path().filename().c_str()))) ++count;
    }
    return count;
}

std::set<std::string> traces() {
    std::set<std::string> found;
    for (const char* folder :
         {"/", "/tmp", "/usr", "/etc", "/dev", "/dev/shm", "/var/tmp", "/root", "."}) {
        std::error_code code;
        for (std::filesystem::directory_iterator entry(folder, code), end; !code && entry != end;
             entry.increment(code)) {
            const std::string name = entry->path().filename().string();
            if (name.find("gppo-attack") != name.npos || name == "huge" ||
                (name.starts_with("gppo-run-") && ours(entry->path())))
                found.insert(entry->path().string());
        }
    }
    return found;
}

/// Judges, and then: it did not pass, it was not our fault, and nothing is left of it.
void must_fail(const std::string& name, const Json& row, const std::string& program) {
    INFO(name);
    const auto before = open_descriptors();
    const auto old = traces();
    const auto result = judge()->judge(gppo::read_code_tests(row), program);
    INFO(verdict_name(result.verdict) << ": " << result.reason);
    CHECK(result.verdict != CodeVerdict::pass);
    CHECK(result.passed == 0);
    CHECK(result.verdict != CodeVerdict::infra_error);
    // Without a namespace, what was killed may take a moment to go.
    for (int i = 0; i < 100 && judge()->level() < gppo::IsolationLevel::bubblewrap; ++i)
        if (survivors() != 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(survivors() == 0);
    CHECK(open_descriptors() == before);
    CHECK(traces() == old);
}

const Json call_row{{"inputs", {{1}}}, {"outputs", {913755}}, {"fn_name", "f"}, {"timeout", 1}};
const Json print_row{
    {"inputs", {""}}, {"outputs", {"913755\n"}}, {"timeout", 0.5}, {"memory_limit_mb", 512}};
const Json script_row{
    {"functional",
     {"import math",
      "for i in range(2): assert math.fabs(f(1) - 913755) < 0.5 and f(1) == 913755"}},
    {"timeout", 1}};

}  // namespace

TEST_CASE("No attack on a function's tests passes", "[verify][code_attacks]") {
    if (!judge()) return;
    for (const auto& attack : attacks_on_calls)
        must_fail(attack.name, call_row, std::string(attack_helpers) + attack.code);
}

TEST_CASE("No attack on a script's tests passes", "[verify][code_attacks][slow]") {
    if (!judge()) return;
    REQUIRE(gppo::read_code_tests(script_row).kind == gppo::CodeTestKind::script);
    for (const auto& attack : attacks_on_calls)
        must_fail(attack.name, script_row, std::string(attack_helpers) + attack.code);
}

TEST_CASE("No attack on the host does harm or outlives its test", "[verify][code_attacks]") {
    if (!judge()) return;
    for (const auto& attack : attacks_on_the_host)
        must_fail(attack.name, print_row, std::string(attack_helpers) + attack.code);
    const auto right = judge()->judge(gppo::read_code_tests(print_row), "print(913755)");
    CHECK(right.verdict == CodeVerdict::pass);  // and the host still judges
}

TEST_CASE("What an attack on the system prints shows that nothing was allowed",
          "[verify][code_attacks]") {
    if (!judge() || judge()->level() != gppo::IsolationLevel::bubblewrap) return;
    for (const auto& attack : attacks_on_the_host) {
        const std::string name = attack.name;
        if (name != "namespaces, mounts, traces and other system calls" && name != "other users" &&
            name != "files outside its folder")
            continue;
        gppo::Sandbox sandbox{gppo::SandboxOptions{}};
        sandbox.program(std::string(attack_helpers) + attack.code);
        const auto run = sandbox.run("stdin", "", gppo::SandboxLimits{});
        INFO(name << run.errors);
        CHECK(run.output == "");
    }
}

TEST_CASE("A program reaches no server of the host", "[verify][code_attacks]") {
    if (!judge()) return;
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(server, 8) == 0);
    socklen_t size = sizeof address;
    ::getsockname(server, reinterpret_cast<sockaddr*>(&address), &size);
    const std::string port = std::to_string(ntohs(address.sin_port));
    for (const std::string& code :
         {"import socket\nsocket.create_connection(('127.0.0.1', " + port + "), 1)\nprint(913755)",
          "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.sendto(b'x', "
          "('127.0.0.1', " +
              port + "))\nprint(913755)",
          std::string("import socket\nsocket.socket(socket.AF_UNIX)\nprint(913755)"),
          "import os\nos.system('exec 9<>/dev/tcp/127.0.0.1/" + port + "')\nraise OSError"})
        must_fail("network", print_row, code);
    CHECK(::accept(server, nullptr, nullptr) < 0);
    ::close(server);
}

TEST_CASE("A program cannot stay for its next test", "[verify][code_attacks]") {
    if (!judge()) return;
    const Json row{{"inputs", {"1", "2", "3"}}, {"outputs", {"kept", "kept", "kept"}}};
    must_fail(
        "files", row,
        "import os\nprint('kept' if os.path.exists('/tmp/x') else 'new')\nopen('/tmp/x', 'w')");
    must_fail("processes", row, R"py(
import os, time
others = [p for p in os.listdir('/proc') if p.isdigit() and p not in ('1', str(os.getpid()))]
print('kept' if others else 'new', flush=True)
if os.fork() == 0: time.sleep(100)
)py");
}

TEST_CASE("Attacks on a checker that speaks with the program fail", "[verify][code_attacks]") {
    if (!judge()) return;
    const std::vector<CodeAttack> attacks{
        {"its own abs, math and check",
         "import builtins\ndef check(candidate): pass\nmath = None\n"
         "def fabs(x): return 0\nbuiltins.abs = lambda x: 0\ndef f(x): return 1\n"},
        {"a forged reply with changed arguments", R"py(
import os, sys
def f(x):
    frame = sys._getframe()
    while 'nonce' not in frame.f_locals: frame = frame.f_back
    os.write(3, ('%s value {"v":1,"m":[[0,[]],[99,[1]]],"e":null}\n' % frame.f_locals['nonce']).encode())
    os._exit(0)
)py"},
        {"a forged reply of another form", R"py(
import os, sys
def f(x):
    frame = sys._getframe()
    while 'nonce' not in frame.f_locals: frame = frame.f_back
    os.write(3, ('%s value {"op":"end","n":"ok","a":""}\n' % frame.f_locals['nonce']).encode())
    os.write(3, b'{"op":"end","n":"ok","a":"","p":9,"t":9}\n')
    os._exit(0)
)py"},
        {"an error that says that all is well",
         "class ok(Exception): pass\ndef f(x): raise ok('pass')\n"},
        {"ending the loop of the script", "def f(x): raise StopIteration\n"},
        {"an exception of the system", "def f(x): raise KeyboardInterrupt\n"},
        {"a number with methods of its own",
         "class N:\n    def __sub__(self, o): return 0\n    def __eq__(self, o): return True\n    "
         "__rsub__ = __float__ = __sub__\n"
         "def f(x): return N()\n"},
        {"reading requests ahead",
         "import os\ndata = os.read(4, 100000) if False else b''\ndef f(x):\n"
         "    os.set_blocking(4, False)\n    try: return os.read(4, 100000)\n    except OSError: "
         "return 0\n"},
        {"hanging in the second call",
         "n = 0\ndef f(x):\n    global n\n    n += 1\n    while n > 1: pass\n    return 913755\n"},
    };
    for (const auto& attack : attacks) must_fail(attack.name, script_row, attack.code);
}

TEST_CASE("No program makes a script fail that is not at fault", "[verify][code_attacks][slow]") {
    if (!judge()) return;
    struct Escape {
        const char *name, *script, *code;
    };
    for (const auto& [name, script, code] :
         {Escape{"an error as if the script did not parse", "x = f(1)\nassert x == 2",
                 "def f(x): raise SyntaxError('script.py')"},
          Escape{"nothing to assert", "for x in f(1): assert x == 2", "def f(x): return []"},
          Escape{"a loop without end", "for i in range(f(1)): pass\nassert f(1) == 2",
                 "def f(x): return 1 << 62"},
          Escape{"an answer that takes all memory", "x = [0] * f(1)\nassert len(x) == 2",
                 "def f(x): return 1 << 40"},
          Escape{
              "an error that is not told", "try: x = f(1)\nexcept Exception: x = 0\nassert x == 2",
              "class E(Exception):\n    def __str__(self): raise SystemExit(0)\ndef f(x): raise E"},
          Escape{
              "an object that hides", "x = f(1)\nassert x.a == 2",
              "class C:\n    def __getattr__(self, n): raise SystemExit(0)\ndef f(x): return C()"}})
        must_fail(name, {{"functional", script}, {"timeout", 1}}, code);
}

TEST_CASE("C++ programs and their compiler are held as well", "[verify][code_attacks][slow]") {
    if (!judge() || !std::filesystem::exists("/usr/bin/g++")) return;
    Json row = print_row;
    row["language"] = "cpp";
    const std::vector<CodeAttack> attacks{
        {"including a file of the host", "#include \"/etc/shadow\"\nint main() {}\n"},
        {"embedding a file of the host", "asm(\".incbin \\\"/etc/shadow\\\"\");\nint main() {}\n"},
        {"including without end", "#include \"/dev/zero\"\nint main() {}\n"},
        {"a fork bomb", "#include <unistd.h>\nint main() { for (;;) fork(); }\n"},
        {"a memory bomb",
         "#include <vector>\nint main() { std::vector<std::vector<int>> v; for (;;) "
         "v.emplace_back(1 << 22, 1); }\n"},
        {"rewriting its own binary", R"cpp(
#include <cstdio>
             int main() {
                 for (const char* path : {"/proc/self/exe", "/tmp/a.out", "/proc/self/fd/4"})
                     if (std::FILE* f = std::fopen(path, "r+b")) std::fputs("913755", f), std::fclose(f);
                 std::puts("no");
             }
         )cpp"},
        {"endless recursion",
         "int f(int x) { return x ? f(x + 1) + f(x - 1) : 0; }\nint main() { return f(1); }\n"},
        {"descriptors",
         "#include <unistd.h>\nint main() { for (int i = 0; i < 64; ++i) if (i != 1) "
         "(void)!write(i, \"0 0 0 0\", 7); }\n"},
    };
    for (const auto& attack : attacks) must_fail(attack.name, row, attack.code);
}
