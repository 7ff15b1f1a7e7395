// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "rollout/scripted_server.hpp"

#include <gppo/rollout/http.hpp>

#include <chrono>

using namespace gppo;
using Catch::Contains;

namespace {

const ServerCall post{"/generate", {{"input_ids", {1, 2}}}};

HttpClient client(const std::string& url, double deadline = 5) {
    return {url, {.deadline_seconds = deadline, .connect_seconds = 1, .connect_tries = 3}};
}

struct Stopwatch {
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
};

}  // namespace

TEST_CASE("a call posts JSON to the path below the address and returns the body",
          "[rollout][http]") {
    std::string seen;
    const ScriptedServer server([&](int socket, const std::string& request, int) {
        seen = request;
        ScriptedServer::send(socket, ScriptedServer::reply("{\"a\":1}"));
    });
    HttpClient http(server.url() + "/engine/", {.bearer = "secret"});
    CHECK(http.url() == server.url() + "/engine");
    const ServerReply reply = http(post);
    CHECK(reply.status == 200);
    CHECK(reply.body == "{\"a\":1}");
    CHECK(seen.starts_with("POST /engine/generate HTTP/1.1\r\n"));
    CHECK(seen.ends_with("\r\n\r\n{\"input_ids\":[1,2]}"));
    CHECK_THAT(seen, Contains("Content-Type: application/json"));
    CHECK_THAT(seen, Contains("Authorization: Bearer secret"));
    http({"/health", nullptr});
    CHECK(seen.starts_with("GET /engine/health HTTP/1.1\r\n"));
}

TEST_CASE("a deadline counts to the last byte, whatever trickles in", "[rollout][http]") {
    const auto drip = [](int socket, std::string text) {
        for (const char byte : text) {
            if (!ScriptedServer::send(socket, {byte})) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    };
    const std::string whole = ScriptedServer::reply(std::string(400, ' ') + "{}");
    const ScriptedServer silent([](int socket, const std::string&, int) {
        char byte = 0;
        ::recv(socket, &byte, 1, 0);  // until the client gives up
    });
    const ScriptedServer slow_head(
        [&](int socket, const std::string&, int) { drip(socket, whole); });
    const ScriptedServer slow_body([&](int socket, const std::string&, int) {
        ScriptedServer::send(socket, whole.substr(0, 90));
        drip(socket, whole.substr(90));
    });
    for (const ScriptedServer* server : {&silent, &slow_head, &slow_body}) {
        HttpClient http = client(server->url(), 0.4);
        const Stopwatch watch;
        CHECK_THROWS_WITH(http(post),
                          Contains(server->url() + "/generate: ") && Contains("deadline of 0.4 s"));
        CHECK(watch.seconds() >= 0.3);
        CHECK(watch.seconds() < 4);  // the drops would take 10
        CHECK(server->connections == 1);
    }
}

TEST_CASE("a connection that breaks after the request was sent is not tried again",
          "[rollout][http]") {
    const std::string whole = ScriptedServer::reply("{\"tokens\":[1,2,3]}");
    const ScriptedServer server([&](int socket, const std::string&, int n) {
        if (n == 1) ScriptedServer::send(socket, "HTTP/1.1 200 OK\r\nContent-Le");
        if (n == 2) ScriptedServer::send(socket, whole.substr(0, whole.size() - 5));
        if (n == 3)
            ScriptedServer::send(
                socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\"");
        if (n == 4) ScriptedServer::send(socket, "SSH-2.0-OpenSSH_9.2\r\n");
    });
    HttpClient http = client(server.url());
    for (int n = 0; n < 5; ++n) {
        CHECK_THROWS_WITH(http(post), Contains(server.url() + "/generate: the connection broke"));
        CHECK(server.connections == n + 1);
    }
}

TEST_CASE("only a connection that could not be made is tried again", "[rollout][http]") {
    int port = 0;
    {
        const ScriptedServer gone([](int, const std::string&, int) {});
        port = gone.port;
    }
    const std::string url = "http://127.0.0.1:" + std::to_string(port);
    HttpClient http = client(url);
    const Stopwatch watch;
    CHECK_THROWS_WITH(http(post), Contains(url + "/generate: cannot connect (tried 3 times)"));
    CHECK(watch.seconds() >= 0.59);  // 0.2 s, then 0.4 s
    CHECK(watch.seconds() < 10);
}

TEST_CASE("a status that is not 200 is an error with what the server said", "[rollout][http]") {
    const ScriptedServer server([](int socket, const std::string&, int) {
        ScriptedServer::send(socket, ScriptedServer::reply("{\"error\":\"out of\nmemory\"}",
                                                           "500 Internal Server Error"));
    });
    HttpClient http = client(server.url());
    CHECK_THROWS_WITH(http(post),
                      Contains("/generate: status 500: ") && Contains("out of\\nmemory"));
    CHECK(server.connections == 1);
}

TEST_CASE("an answer that does not end is cut off", "[rollout][http]") {
    const ScriptedServer server([](int socket, const std::string&, int) {
        ScriptedServer::send(socket, "HTTP/1.1 200 OK\r\n\r\n");
        const std::string block(1 << 16, ' ');
        for (int n = 0; n < 1000 && ScriptedServer::send(socket, block); ++n) continue;
    });
    HttpClient http(server.url(), {.largest_body = 1 << 20});
    CHECK_THROWS_WITH(http(post), Contains("too long"));
}

TEST_CASE("what is no address is refused", "[rollout][http]") {
    for (const char* url : {"", "127.0.0.1:80", "http://", "http://:80", "ftp://a", "http://a:b",
                            "http://a:", "http://a:123456", "http://a b", "http://user@a"})
        CHECK_THROWS_WITH(client(url), Contains("is no address"));
    for (const char* url :
         {"http://localhost:30000", "http://a/b/", "http://[::1]:8", "http://[::1]"})
        CHECK_NOTHROW(client(url));
}
