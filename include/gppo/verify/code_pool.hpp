// SPDX-License-Identifier: Apache-2.0
//
// Workers that judge programs while others train. The queue is bounded: who submits faster than
// programs run waits. A job that no worker starts before its deadline is infra_error.
#pragma once

#include <gppo/verify/code_judge.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gppo {

/// A job that owns what it needs.
struct CodePoolJob {
    std::shared_ptr<const CodeTests> tests;
    std::string response;
    std::uint64_t prompt = 0, step = 0;
    std::chrono::steady_clock::time_point deadline =
        std::chrono::steady_clock::time_point::max();  ///< to begin
};

class CodePool {
  public:
    /// `judge` must outlive the pool. `capacity` jobs may wait.
    CodePool(const CodeJudge& judge, int threads, std::size_t capacity)
        : judge_(judge), capacity_(std::max<std::size_t>(capacity, 1)) {
        for (int i = 0; i < std::max(threads, 1); ++i) workers_.emplace_back([this] { work(); });
    }
    CodePool(const CodePool&) = delete;
    CodePool& operator=(const CodePool&) = delete;

    /// Jobs that run are finished, jobs that wait are infra_error.
    ~CodePool() {
        {
            const std::lock_guard lock(mutex_);
            ended_ = true;
        }
        changed_.notify_all();
        for (auto& worker : workers_) worker.join();
        for (auto& waiting : queue_)
            waiting.promise.set_value({CodeVerdict::infra_error, 0, 0, "the pool was closed"});
    }

    /// Waits while the queue is full.
    std::future<CodeJudgement> submit(CodePoolJob job) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return queue_.size() < capacity_; });
        queue_.push_back({std::move(job), {}});
        auto result = queue_.back().promise.get_future();
        lock.unlock();
        changed_.notify_all();
        return result;
    }

  private:
    struct Waiting {
        CodePoolJob job;
        std::promise<CodeJudgement> promise;
    };

    void work() {
        for (;;) {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return ended_ || !queue_.empty(); });
            if (ended_) return;
            Waiting next = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            changed_.notify_all();
            next.promise.set_value(judged(next.job));
        }
    }

    CodeJudgement judged(const CodePoolJob& job) const {
        if (std::chrono::steady_clock::now() > job.deadline)
            return {CodeVerdict::infra_error, 0, 0, "no worker was free before the deadline"};
        return judge_.judge(*job.tests, job.response, job.prompt, job.step);
    }

    const CodeJudge& judge_;
    std::size_t capacity_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Waiting> queue_;
    bool ended_ = false;
    std::vector<std::thread> workers_;
};

}  // namespace gppo
