// SPDX-License-Identifier: Apache-2.0
//
// A server on a free port of this machine that does what a test says with every connection, below
// HTTP: answers late, in drops, not at all.
#pragma once

#include <atomic>
#include <cstring>
#include <functional>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

class ScriptedServer {
  public:
    /// `serve(socket, request, n)`: n counts the connections from 0; the socket is closed after it.
    using Script = std::function<void(int socket, const std::string& request, int n)>;

    explicit ScriptedServer(Script serve) : serve_(std::move(serve)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
        ::listen(listener_, 16);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    ~ScriptedServer() {
        stop = true;
        thread_.join();
        ::close(listener_);
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port); }

    static bool send(int socket, const std::string& text) {
        return ::send(socket, text.data(), text.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(text.size());
    }
    static std::string reply(const std::string& body, const std::string& status = "200 OK") {
        return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body;
    }

    int port = 0;
    std::atomic<int> connections = 0;
    std::atomic<bool> stop = false;

  private:
    /// Head and body, as far as the peer sends them.
    static std::string request(int socket) {
        std::string text;
        char buffer[4096];
        for (;;) {
            const std::size_t head = text.find("\r\n\r\n");
            const std::size_t field = text.find("Content-Length: ");
            if (head != std::string::npos) {
                const std::size_t body =
                    field < head ? std::stoul(text.substr(field + 16)) : std::size_t{0};
                if (text.size() >= head + 4 + body) return text;
            }
            const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
            if (got <= 0) return text;
            text.append(buffer, static_cast<std::size_t>(got));
        }
    }
    void run() {
        while (!stop) {
            pollfd waiting{listener_, POLLIN, 0};
            if (::poll(&waiting, 1, 20) <= 0) continue;
            const int socket = ::accept(listener_, nullptr, nullptr);
            if (socket < 0) continue;
            serve_(socket, request(socket), connections++);
            ::close(socket);
        }
    }

    Script serve_;
    int listener_ = -1;
    std::thread thread_;
};
