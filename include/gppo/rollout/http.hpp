// SPDX-License-Identifier: Apache-2.0
//
// The transport of a rollout server: one HTTP call after the other, each with a deadline that
// counts to the last byte, whatever trickles in. Only a connection that could not be made is tried
// again: once a request is sent, nobody knows whether the server did what it asked.
//
// Needs cpp-httplib (Debian and Ubuntu: libcpp-httplib-dev; pkg-config --cflags --libs
// cpp-httplib).
#pragma once

#if !__has_include(<httplib.h>)
#error \
    "gppo/rollout/http.hpp needs cpp-httplib: apt-get install libcpp-httplib-dev, pkg-config --cflags --libs cpp-httplib"
#endif

#include <gppo/rollout/server_call.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <httplib.h>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

namespace gppo {

struct HttpOptions {
    double deadline_seconds = 600;  ///< of one call, tries to connect included
    double connect_seconds = 5;     ///< of one try to connect
    int connect_tries = 5;          ///< waiting 0.2, 0.4, 0.8, … seconds between them
    std::string bearer{};           ///< sent as "Authorization: Bearer …" unless empty
    std::size_t largest_body = std::size_t{1} << 28;  ///< bytes
};

/// Not for two threads at a time.
class HttpClient {
  public:
    /// `url` is "http://host:port", with a path in front of every call's where the server has one.
    HttpClient(const std::string& url, HttpOptions options)
        : url_(without_slash(url)), options_(std::move(options)), client_(origin(url_)) {
        prefix_ = url_.substr(origin(url_).size());
        if (!options_.bearer.empty()) client_.set_bearer_token_auth(options_.bearer.c_str());
    }

    const std::string& url() const { return url_; }

    /// The reply with status 200. Throws Error naming the address.
    ServerReply operator()(const ServerCall& call) {
        const Clock::time_point end = Clock::now() + seconds(options_.deadline_seconds);
        const std::string address = url_ + call.path;
        httplib::Error error = httplib::Error::Unknown;
        bool late = false;
        for (int n = 1; n <= options_.connect_tries && !late; ++n) {
            ServerReply reply;
            error = attempt(call, end, reply);
            if (error == httplib::Error::Success) return checked(std::move(reply), address);
            late = Clock::now() >= end;
            if (!is_connecting(error)) break;
            const auto pause = std::min(end, Clock::now() + seconds(0.1 * (1 << std::min(n, 7))));
            if (n < options_.connect_tries) std::this_thread::sleep_until(pause);
        }
        throw Error(address + ": " + problem(error, late));
    }

  private:
    using Clock = std::chrono::steady_clock;

    static std::chrono::microseconds seconds(double s) {
        return std::chrono::microseconds(static_cast<std::int64_t>(s * 1e6));
    }
    static std::string without_slash(std::string url) {
        while (!url.empty() && url.back() == '/') url.pop_back();
        return url;
    }
    /// "http://host:port", what of the address names the server.
    static std::string origin(const std::string& url) {
        const std::size_t host = url.starts_with("http://")    ? 7
                                 : url.starts_with("https://") ? 8
                                                               : 0;
        const std::size_t end = std::min(url.find('/', host), url.size());
        const std::size_t colon = url.rfind(':', end);
        bool good = host > 0 && end > host && colon != host &&
                    url.find_first_of(" \t\r\n@?#") == std::string::npos;
        if (good && colon > host && url[end - 1] != ']') {
            const std::string port = url.substr(colon + 1, end - colon - 1);
            good = !port.empty() && port.size() <= 5 && port != "0" &&
                   port.find_first_not_of("0123456789") == std::string::npos;
        }
        expects(good, [&] {
            return "rollout server " + quoted_excerpt(url) +
                   " is no address: write http://host:port, e.g. http://127.0.0.1:30000";
        });
#ifndef CPPHTTPLIB_OPENSSL_SUPPORT
        expects(host == 7, [&] { return url + ": this build speaks http only"; });
#endif
        return url.substr(0, end);
    }
    static bool is_connecting(httplib::Error e) {
        return e == httplib::Error::Connection || e == httplib::Error::ConnectionTimeout ||
               e == httplib::Error::BindIPAddress;
    }

    /// One try. A watch ends the connection at the deadline: the library's own limits start anew
    /// with every byte that arrives. They are longer, because they end a millisecond early.
    httplib::Error attempt(const ServerCall& call, Clock::time_point end, ServerReply& reply) {
        const auto left =
            std::max(std::chrono::microseconds(1000),
                     std::chrono::duration_cast<std::chrono::microseconds>(end - Clock::now()));
        client_.set_connection_timeout(std::min(left, seconds(options_.connect_seconds)));
        client_.set_read_timeout(left + seconds(1));
        client_.set_write_timeout(left + seconds(1));
        httplib::Request request;
        request.method = call.body.is_null() ? "GET" : "POST";
        request.path = prefix_ + call.path;
        if (!call.body.is_null()) {
            request.body = call.body.dump();
            request.set_header("Content-Type", "application/json");
        }
        bool too_long = false;
        request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t,
                                       std::uint64_t) {
            too_long = size > options_.largest_body - reply.body.size();
            if (!too_long) reply.body.append(data, size);
            return !too_long && Clock::now() < end;
        };
        httplib::Response response;
        httplib::Error error = httplib::Error::Unknown;
        const bool done = send(request, response, error, end);
        expects(!too_long, [&] { return url_ + call.path + ": the answer is too long to be one"; });
        reply.status = response.status;
        if (done) return httplib::Error::Success;
        return error == httplib::Error::Success ? httplib::Error::Unknown : error;
    }

    bool send(httplib::Request& request, httplib::Response& response, httplib::Error& error,
              Clock::time_point end) {
        const std::jthread watch([&](std::stop_token stopped) {
            std::mutex mutex;
            std::unique_lock lock(mutex);
            std::condition_variable_any wake;
            wake.wait_until(lock, stopped, end, [] { return false; });
            if (!stopped.stop_requested()) client_.stop();
        });
        return client_.send(request, response, error);
    }

    static ServerReply checked(ServerReply reply, const std::string& address) {
        expects(reply.status == 200, [&] {
            return address + ": status " + std::to_string(reply.status) +
                   (reply.body.empty() ? "" : ": " + quoted_excerpt(reply.body, 300));
        });
        return reply;
    }

    std::string problem(httplib::Error error, bool late) const {
        char text[160];
        if (is_connecting(error)) {
            std::snprintf(text, sizeof text,
                          "cannot connect (tried %d times); is the server there?",
                          options_.connect_tries);
            return text;
        }
        if (late) {
            std::snprintf(text, sizeof text, "no whole answer within the deadline of %g s",
                          options_.deadline_seconds);
            return text;
        }
        return "the connection broke before the whole answer was there (" +
               httplib::to_string(error) + ")";
    }

    std::string url_, prefix_;
    HttpOptions options_;
    httplib::Client client_;
};

}  // namespace gppo
