// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/loop.hpp"

#include <map>
#include <memory>
#include <utility>

namespace limpet::test {

// A loop whose descriptors are real and whose time passes only when a test says so: an hour takes
// no time, and nothing times out because the machine is slow.
class fake_loop : public loop {
public:
    instant now() const override { return now_; }

    std::unique_ptr<watch> add_watch(int fd, on_ready call) override {
        return descriptors_.add_watch(fd, std::move(call));
    }

    std::unique_ptr<timer> add_timer(on_time call) override {
        return std::make_unique<fake_timer>(timers_, std::move(call));
    }

    // Handles what is ready and what is due; waits for descriptors at most this long, in real time.
    void run_once(duration most) {
        fire();
        descriptors_.run_once(most);
        fire();
    }

    // Lets time pass, timer by timer.
    void advance(duration length) {
        const instant end = now_ + length;
        while (!timers_->empty() && timers_->begin()->first <= end) {
            now_ = std::max(now_, timers_->begin()->first);
            run_once(duration::zero());
        }
        now_ = end;
        run_once(duration::zero());
    }

private:
    using schedule = std::multimap<instant, std::shared_ptr<on_time>>;

    class fake_timer : public timer {
    public:
        fake_timer(std::shared_ptr<schedule> timers, on_time call)
            : timers_{std::move(timers)}, call_{std::make_shared<on_time>(std::move(call))} {}
        ~fake_timer() override { clear(); }
        void set(instant when) override {
            clear();
            timers_->emplace(when, call_);
        }
        void clear() override {
            std::erase_if(*timers_, [this](const auto& one) { return one.second == call_; });
        }

    private:
        std::shared_ptr<schedule> timers_;
        std::shared_ptr<on_time> call_;
    };

    void fire() {
        for (std::size_t most = timers_->size(); most > 0; most--) {
            if (timers_->empty() || timers_->begin()->first > now_) {
                return;
            }
            const auto call = timers_->begin()->second;
            timers_->erase(timers_->begin());
            (*call)();
        }
    }

    instant now_ = instant{} + std::chrono::hours{1};
    std::shared_ptr<schedule> timers_ = std::make_shared<schedule>();
    epoll_loop descriptors_;
};

} // namespace limpet::test
