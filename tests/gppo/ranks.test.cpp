// SPDX-License-Identifier: Apache-2.0
#include "ranks.hpp"

#include "catch.hpp"

#include <gppo/core/error.hpp>

#include <cstdlib>
#include <functional>
#include <netinet/in.h>
#include <numeric>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace {

using gppo::Index;
using gppo::View;

int unused_port() {
    const Socket socket(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* const address = reinterpret_cast<sockaddr*>(&at);
    ::bind(socket.get(), address, size);
    ::getsockname(socket.get(), address, &size);
    return ntohs(at.sin_port);
}

/// f(ranks) in a thread for each of `size` ranks. Returns their errors, "" where there was none.
std::vector<std::string> on_ranks(Index size, std::function<void(Ranks&)> f,
                                  std::chrono::seconds patience = std::chrono::seconds(20)) {
    const int port = unused_port();
    std::vector<std::string> errors(static_cast<std::size_t>(size));
    std::vector<std::jthread> threads;
    for (Index r = 0; r < size; ++r)
        threads.emplace_back([&, r] {
            try {
                Ranks ranks({r, size, "127.0.0.1", port}, patience);
                f(ranks);
            } catch (const gppo::Error& error) {
                errors[static_cast<std::size_t>(r)] = error.what();
            }
        });
    threads.clear();
    return errors;
}

void fill(std::vector<float>& x, Index rank) {
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = static_cast<float>((i * 7 + static_cast<std::size_t>(rank) * 13) % 101);
}

/// Counts what is not as it should be: checks belong to the test's own thread.
struct Mismatches {
    std::vector<Index> of_rank = std::vector<Index>(8);
    void add(const Ranks& ranks, bool wrong) {
        of_rank[static_cast<std::size_t>(ranks.rank())] += wrong;
    }
    Index total() const { return std::accumulate(of_rank.begin(), of_rank.end(), Index{0}); }
};

}  // namespace

TEST_CASE("shares lie one after the other and differ by one element at most", "[ranks]") {
    for (const Index n : {0, 1, 5, 12, 1000003}) {
        const auto errors = on_ranks(3, [n](Ranks& ranks) {
            Index at = 0;
            for (Index r = 0; r < 3; ++r) {
                const Share share = ranks.share(n, r);
                gppo::expects(share.first == at && share.count - n / 3 <= 1, "shares");
                at += share.count;
            }
            gppo::expects(at == n, "shares");
        });
        CHECK(errors == std::vector<std::string>(3));
    }
}

TEST_CASE("parts of a buffer are cut at multiples of what was asked for", "[ranks]") {
    for (const Index n : {0, 5, 300, 1000003}) {
        const auto errors = on_ranks(3, [n](Ranks& ranks) {
            gppo::expects(ranks.part(n).first == ranks.rank() * (n / 3), "parts are equal");
            ranks.cut_at(256);
            Index at = 0;
            for (Index r = 0; r < 3; ++r) {
                const Share part = ranks.part(n, r);
                gppo::expects(part.first == at && part.first % 256 == 0, "parts");
                gppo::expects(n / 3 - part.count < 256, "parts");
                gppo::expects(r == 2 || part.count == ranks.part(n, 0).count, "parts are equal");
                at += part.count;
            }
            gppo::expects(at == n, "parts");
        });
        CHECK(errors == std::vector<std::string>(3));
    }
}

TEST_CASE("that another rank is gone is seen without waiting for it", "[ranks]") {
    const auto errors = on_ranks(2, [](Ranks& ranks) {
        ranks.expects_alive();
        ranks.gather("both have asked");
        if (ranks.leads()) return;  // its connections close
        for (;;) ranks.expects_alive();
    });
    CHECK(errors[0].empty());
    CHECK_THAT(errors[1], Catch::Matchers::Contains("rank 1 lost rank 0"));
}

TEST_CASE("every item goes to one rank, and about the same of what they weigh to each", "[ranks]") {
    const std::vector<Index> sizes{9, 1, 1, 1, 4, 4, 20, 1, 1, 6};
    std::vector<Share> shares(3);
    on_ranks(3, [&](Ranks& ranks) {
        shares[static_cast<std::size_t>(ranks.rank())] = ranks.share_by(sizes);
    });
    Index next = 0;
    for (const Share& share : shares) {
        CHECK(share.first == next);
        next += share.count;
        const auto first = sizes.begin() + share.first;
        CHECK(std::accumulate(first, first + share.count, Index{0}) <= 48 / 3 + 10);
    }
    CHECK(next == 10);
    CHECK(Ranks().share_by(sizes).count == 10);
}

TEST_CASE("a sum of more than one piece is that of all ranks, with the same bits everywhere",
          "[ranks]") {
    const std::size_t n = 3 * ((1u << 20) + 5000) + 1;
    Mismatches wrong;
    const auto errors = on_ranks(3, [&](Ranks& ranks) {
        std::vector<float> mine(n), each(n), all(n);
        for (Index r = 0; r < 3; ++r) {
            fill(each, r);
            for (std::size_t i = 0; i < n; ++i) all[i] += each[i];
        }
        fill(mine, ranks.rank());
        ranks.sum(View<float>(mine));
        wrong.add(ranks, mine != all);
        wrong.add(ranks, ranks.sum(1.0 + static_cast<double>(ranks.rank())) != 6.0);
    });
    CHECK(errors == std::vector<std::string>(3));
    CHECK(wrong.total() == 0);
}

TEST_CASE("bytes, values and shares come back as they were given", "[ranks]") {
    Mismatches wrong;
    const auto errors = on_ranks(4, [&](Ranks& ranks) {
        const std::string mine(static_cast<std::size_t>(ranks.rank() * 70000), 'a');
        const auto all = ranks.gather(mine);
        for (std::size_t r = 0; r < 4; ++r) wrong.add(ranks, all[r].size() != r * 70000);
        wrong.add(ranks, ranks.gather_values(ranks.rank()) != std::vector<Index>{0, 1, 2, 3});
        wrong.add(ranks, ranks.broadcast(ranks.leads() ? "said" : "not this") != "said");
        std::vector<float> whole(1001), kept(1001);
        fill(whole, 0);
        std::vector<float> own(static_cast<std::size_t>(ranks.share(1001).count));
        std::vector<Share> shares;
        for (Index r = 0; r < 4; ++r)
            shares.push_back({4 * ranks.share(1001, r).first, 4 * ranks.share(1001, r).count});
        const auto bytes = [](auto& x) {
            return View<char>(reinterpret_cast<char*>(x.data()), 4 * std::ssize(x));
        };
        ranks.distribute(bytes(whole), bytes(own), shares);
        wrong.add(ranks, own.front() != whole[static_cast<std::size_t>(ranks.share(1001).first)]);
        ranks.collect(bytes(own), bytes(kept), shares);
        if (ranks.leads()) wrong.add(ranks, kept != whole);
        std::vector<float> told(10, static_cast<float>(ranks.rank()));
        ranks.broadcast(View<float>(told));
        wrong.add(ranks, told != std::vector<float>(10, 0.0f));
    });
    CHECK(errors == std::vector<std::string>(4));
    CHECK(wrong.total() == 0);
}

TEST_CASE("those that wait for a rank that is gone name it", "[ranks]") {
    const auto errors = on_ranks(3, [](Ranks& ranks) {
        ranks.gather("");
        if (ranks.rank() == 1) return;  // its connections close
        ranks.gather("");
    });
    CHECK(errors[1].empty());
    // One may find the other gone, which found it first.
    const std::string all = errors[0] + errors[2];
    CHECK(all.find("lost rank 1: its connection closed") != std::string::npos);
}

TEST_CASE("a rank that is there and says nothing is given up after the time that was set",
          "[ranks]") {
    const auto errors = on_ranks(
        2,
        [](Ranks& ranks) {
            ranks.gather("");
            if (ranks.rank() == 1) std::this_thread::sleep_for(std::chrono::seconds(2));
            if (ranks.rank() == 0) ranks.gather("");
        },
        std::chrono::seconds(1));
    CHECK(errors[1].empty());
    CHECK(errors[0].find("lost rank 1: not a byte came for 1 s") != std::string::npos);
}

TEST_CASE("a process without a launcher is alone, and what it gives it gets", "[ranks]") {
    Ranks ranks;
    std::vector<float> x{1, 2, 3};
    ranks.sum(View<float>(x));
    CHECK(x == std::vector<float>{1, 2, 3});
    CHECK(ranks.gather("a") == std::vector<std::string>{"a"});
    CHECK(ranks.sum(2.0) == 2.0);
    CHECK(ranks.alone());
    CHECK(ranks.leads());
}
