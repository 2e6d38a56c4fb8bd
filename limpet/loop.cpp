// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/loop.hpp"

#include "limpet/fd.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <map>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace limpet {

namespace {

// Callbacks are shared: one that destroys its owner stays alive while it runs.
using schedule = std::multimap<instant, std::shared_ptr<loop::on_time>>;

} // namespace

// Watches have ids that are never used twice, so that an event that was fetched together with the
// one that made its watch go is known to be stale.
struct epoll_loop::state {
    owned_fd epoll;
    std::uint64_t next_id = 1;
    std::unordered_map<std::uint64_t, std::shared_ptr<loop::on_ready>> watches;
    schedule timers;
    bool stopped = false;

    void run_timers();
    int wait_milliseconds(duration most) const;
};

namespace {

class epoll_watch : public loop::watch {
public:
    epoll_watch(std::shared_ptr<epoll_loop::state> state, std::uint64_t id, int fd)
        : state_{std::move(state)}, id_{id}, fd_{fd} {}

    ~epoll_watch() override {
        ::epoll_ctl(state_->epoll.get(), EPOLL_CTL_DEL, fd_, nullptr);
        state_->watches.erase(id_);
    }

    void want(bool readable, bool writable) override {
        epoll_event event{};
        event.events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u);
        event.data.u64 = id_;
        if (::epoll_ctl(state_->epoll.get(), EPOLL_CTL_MOD, fd_, &event) != 0) {
            throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
        }
    }

private:
    std::shared_ptr<epoll_loop::state> state_;
    std::uint64_t id_;
    int fd_;
};

class epoll_timer : public loop::timer {
public:
    epoll_timer(std::shared_ptr<epoll_loop::state> state, loop::on_time call)
        : state_{std::move(state)}, call_{std::make_shared<loop::on_time>(std::move(call))} {}

    ~epoll_timer() override { clear(); }

    void set(instant when) override {
        clear();
        state_->timers.emplace(when, call_);
        when_ = when;
    }

    void clear() override {
        auto [at, end] = state_->timers.equal_range(when_);
        at = std::find_if(at, end, [&](const auto& entry) { return entry.second == call_; });
        if (at != end) {
            state_->timers.erase(at);
        }
    }

private:
    std::shared_ptr<epoll_loop::state> state_;
    std::shared_ptr<loop::on_time> call_;
    instant when_{};
};

} // namespace

// Only what was due at the beginning, so that a timer that sets itself again at once doesn't keep
// the descriptors waiting.
void epoll_loop::state::run_timers() {
    const instant until = std::chrono::steady_clock::now();
    while (!timers.empty() && timers.begin()->first <= until) {
        const auto call = timers.begin()->second;
        timers.erase(timers.begin());
        (*call)();
    }
}

int epoll_loop::state::wait_milliseconds(duration most) const {
    using std::chrono::milliseconds;
    duration wait = most;
    if (!timers.empty()) {
        wait = std::min(wait, timers.begin()->first - std::chrono::steady_clock::now());
    }
    const auto rounded = std::chrono::ceil<milliseconds>(std::max(wait, duration::zero()));
    return static_cast<int>(std::min<std::int64_t>(rounded.count(), 60'000));
}

epoll_loop::epoll_loop() : state_{std::make_shared<state>()} {
    state_->epoll = owned_fd{::epoll_create1(EPOLL_CLOEXEC)};
    if (!state_->epoll) {
        throw std::system_error{errno, std::generic_category(), "epoll_create1"};
    }
}

epoll_loop::~epoll_loop() = default;

instant epoll_loop::now() const {
    return std::chrono::steady_clock::now();
}

std::unique_ptr<loop::watch> epoll_loop::add_watch(int fd, on_ready call) {
    const std::uint64_t id = state_->next_id++;
    epoll_event event{};
    event.data.u64 = id;
    if (::epoll_ctl(state_->epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
        throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
    }
    state_->watches.emplace(id, std::make_shared<on_ready>(std::move(call)));
    return std::make_unique<epoll_watch>(state_, id, fd);
}

std::unique_ptr<loop::timer> epoll_loop::add_timer(on_time call) {
    return std::make_unique<epoll_timer>(state_, std::move(call));
}

void epoll_loop::run() {
    while (!std::exchange(state_->stopped, false)) {
        run_once(std::chrono::minutes{1});
    }
}

void epoll_loop::stop() {
    state_->stopped = true;
}

void epoll_loop::run_once(duration most) {
    std::array<epoll_event, 64> events;
    const int count = ::epoll_wait(state_->epoll.get(), events.data(), events.size(),
                                   state_->wait_milliseconds(most));
    if (count < 0 && errno != EINTR) {
        throw std::system_error{errno, std::generic_category(), "epoll_wait"};
    }
    for (int i = 0; i < count; i++) {
        const auto found = state_->watches.find(events[i].data.u64);
        if (found == state_->watches.end()) {
            continue;
        }
        const std::shared_ptr<on_ready> call = found->second;
        const bool broken = (events[i].events & (EPOLLERR | EPOLLHUP)) != 0;
        (*call)(broken || (events[i].events & EPOLLIN) != 0,
                broken || (events[i].events & EPOLLOUT) != 0);
    }
    state_->run_timers();
}

} // namespace limpet
