// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/protocol/time.hpp"

#include <functional>
#include <memory>

namespace limpet {

// Waits for descriptors and times on behalf of everything in a limpet. Callbacks run one at a time,
// from run(); each may destroy any watch or timer, its own too, and then none of them runs again.
//
// One thread, except for what says otherwise.
class loop {
public:
    // Stands for one descriptor. Give it back before the descriptor is closed.
    class watch {
    public:
        virtual ~watch() = default;
        virtual void want(bool readable, bool writable) = 0;
    };

    // Calls back once for each time that it was set.
    class timer {
    public:
        virtual ~timer() = default;
        virtual void set(instant when) = 0;
        virtual void clear() = 0;
    };

    // What is true of the descriptor. An error or a hang-up makes both true: whoever tries learns.
    using on_ready = std::function<void(bool readable, bool writable)>;
    using on_time = std::function<void()>;

    virtual ~loop() = default;

    virtual instant now() const = 0;
    [[nodiscard]] virtual std::unique_ptr<watch> add_watch(int fd, on_ready call) = 0;
    [[nodiscard]] virtual std::unique_ptr<timer> add_timer(on_time call) = 0;
};

// The loop of a process.
class epoll_loop : public loop {
public:
    epoll_loop();
    ~epoll_loop() override;
    epoll_loop(const epoll_loop&) = delete;
    epoll_loop& operator=(const epoll_loop&) = delete;

    instant now() const override;
    std::unique_ptr<watch> add_watch(int fd, on_ready call) override;
    std::unique_ptr<timer> add_timer(on_time call) override;

    // Until stop(), which may be called from a callback.
    void run();
    void stop();

    // Waits at most this long for something to happen and handles what did.
    void run_once(duration most);

    struct state;

private:
    std::shared_ptr<state> state_;
};

} // namespace limpet
