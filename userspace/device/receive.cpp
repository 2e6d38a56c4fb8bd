// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/device/device_state.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace autobus {
namespace {

// Room for a call's answer and what may come before it; grows when a record needs more.
constexpr std::size_t first_room = 64 * 1024;

std::size_t words(std::size_t bytes) {
    return (bytes + 7) / 8;
}

} // namespace

owned_fd::~owned_fd() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

deadline::deadline(wait_limit limit) : waits_(!limit || limit->count() > 0), unlimited_(!limit) {
    const auto now = std::chrono::steady_clock::now();
    if (limit) {
        // A limit beyond what the clock can count is none.
        const auto most = std::chrono::steady_clock::time_point::max() - now;
        unlimited_ = *limit >= most;
        end_ = unlimited_ ? now : now + *limit;
    }
}

wait_limit deadline::left() const {
    if (unlimited_) {
        return wait_forever;
    }
    return std::max(std::chrono::nanoseconds(0),
                    std::chrono::nanoseconds(end_ - std::chrono::steady_clock::now()));
}

int deadline::errno_of(int failed) const {
    return failed == EAGAIN && waits_ && !unlimited_ ? ETIMEDOUT : failed;
}

void set_wait(autobus_transfer& transfer, wait_limit limit) {
    if (!limit) {
        return;
    }
    if (limit->count() <= 0) {
        transfer.flags |= AUTOBUS_TRANSFER_DONTWAIT;
    } else {
        transfer.timeout = static_cast<std::uint64_t>(limit->count());
    }
}

// ---- The descriptor

result<int> device::state::make_ready_fd() {
    if (ready.get() >= 0) {
        return ready.get();
    }
    owned_fd epoll(::epoll_create1(EPOLL_CLOEXEC));
    owned_fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    if (epoll.get() < 0 || event.get() < 0 ||
        ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, file->fd(), &wanted) < 0 ||
        ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, event.get(), &wanted) < 0) {
        return explain(operation::describe, errno, "make a descriptor to poll " + where);
    }
    ready.swap(epoll);
    aside_event.swap(event);
    signal_aside();
    return ready.get();
}

void device::state::signal_aside() {
    if (aside_event.get() < 0 || aside_signalled == !aside.empty()) {
        return;
    }
    aside_signalled = !aside.empty();
    // Neither can fail: the counter goes from 0 to 1 and back.
    if (aside_signalled) {
        ::eventfd_write(aside_event.get(), 1);
    } else {
        eventfd_t ignored;
        ::eventfd_read(aside_event.get(), &ignored);
    }
}

result<int> device::fd() {
    return state_->make_ready_fd();
}

// ---- Receiving

bool device::state::drop_abandoned(const message_view& message) {
    return !abandoned.empty() && message.is_answer() && abandoned.erase(message.in_reply_to()) != 0;
}

std::size_t device::state::fill(std::vector<std::uint64_t>& into, wait_limit limit,
                                std::uint32_t most, int& failed) {
    for (;;) {
        autobus_transfer transfer{};
        transfer.size = sizeof(transfer);
        set_wait(transfer, limit);
        transfer.out = as_number(into.data());
        transfer.out_size = into.size() * sizeof(std::uint64_t);
        transfer.most = most;
        failed = -file->ioctl(AUTOBUS_IOC_RECEIVE, &transfer);
        if (failed != EMSGSIZE) {
            return failed == 0 ? transfer.out_done : 0;
        }
        int needed = 0;
        failed = -file->ioctl(FIONREAD, &needed);
        if (failed != 0) {
            return 0;
        }
        // Not larger only if the record has gone meanwhile.
        into.resize(std::max(into.size(), words(static_cast<std::size_t>(needed))));
    }
}

result<message> device::receive(wait_limit limit) {
    state& self = *state_;
    const deadline end(self.effective(limit));
    if (self.room.empty()) {
        self.room.resize(words(first_room));
    }
    for (;;) {
        std::string kept;
        std::string_view bytes;
        if (!self.aside.empty()) {
            kept = std::move(self.aside.front());
            self.aside.pop_front();
            self.signal_aside();
            bytes = kept;
        } else {
            int failed = 0;
            bytes = as_text(self.room, self.fill(self.room, end.left(), 1, failed));
            if (failed != 0) {
                return explain(operation::receive, end.errno_of(failed),
                               "receive from " + self.where);
            }
        }
        const auto view = decode(bytes);
        if (!view) {
            return view.error();
        }
        if (!self.drop_abandoned(*view)) {
            return message(*view);
        }
    }
}

receive_buffer::receive_buffer(std::size_t bytes) : room_(std::max<std::size_t>(1, words(bytes))) {}

result<std::size_t> device::receive_many(receive_buffer& buffer, wait_limit limit,
                                         std::uint32_t most) {
    state& self = *state_;
    const deadline end(self.effective(limit));
    buffer.messages_.clear();
    while (buffer.messages_.empty()) {
        std::size_t size = 0;
        if (!self.aside.empty()) {
            size = self.take_aside(buffer.room_, most);
        } else {
            int failed = 0;
            size = self.fill(buffer.room_, end.left(), most, failed);
            if (failed != 0) {
                return explain(operation::receive, end.errno_of(failed),
                               "receive from " + self.where);
            }
        }
        for (std::string_view bytes = as_text(buffer.room_, size); !bytes.empty();) {
            const auto view = decode(bytes);
            if (!view) {
                buffer.messages_.clear();
                return view.error();
            }
            if (!self.drop_abandoned(*view)) {
                buffer.messages_.push_back(*view);
            }
        }
    }
    return buffer.messages_.size();
}

std::size_t device::state::take_aside(std::vector<std::uint64_t>& into, std::uint32_t most) {
    into.resize(std::max(into.size(), words(aside.front().size())));
    std::size_t size = 0;
    for (std::uint32_t taken = 0; !aside.empty() && (most == 0 || taken < most); ++taken) {
        const std::string& record = aside.front();
        if (record.size() > into.size() * sizeof(std::uint64_t) - size) {
            break;
        }
        std::memcpy(reinterpret_cast<char*>(into.data()) + size, record.data(), record.size());
        size += record.size();
        aside.pop_front();
    }
    signal_aside();
    return size;
}

// ---- Calling

result<std::optional<message>> device::state::sort_in(std::string_view bytes,
                                                      std::uint64_t serial) {
    std::optional<message> answer;
    while (!bytes.empty()) {
        const std::string_view before = bytes;
        const auto view = decode(bytes);
        if (!view) {
            return view.error();
        }
        if (view->is_answer() && view->in_reply_to() == serial) {
            answer.emplace(*view);
        } else if (!drop_abandoned(*view)) {
            aside.emplace_back(before.substr(0, before.size() - bytes.size()));
        }
    }
    signal_aside();
    return answer;
}

int device::state::start_call(const std::string& record, wait_limit limit,
                              autobus_transfer& transfer) {
    transfer = {};
    transfer.size = sizeof(transfer);
    set_wait(transfer, limit);
    transfer.in = as_number(record.data());
    transfer.in_size = record.size();
    transfer.out = as_number(room.data());
    transfer.out_size = room.size() * sizeof(std::uint64_t);
    return -file->ioctl(AUTOBUS_IOC_CALL, &transfer);
}

result<message> device::state::await(std::uint64_t serial, const deadline& end,
                                     const std::string& context) {
    for (;;) {
        int failed = 0;
        const std::size_t size = fill(room, end.left(), 0, failed);
        if (failed != 0) {
            abandoned.insert(serial);
            return explain(operation::answer, end.errno_of(failed), context);
        }
        auto answer = sort_in(as_text(room, size), serial);
        if (!answer) {
            abandoned.insert(serial);
            return answer.error();
        }
        if (*answer) {
            return **std::move(answer);
        }
    }
}

result<message> device::call(const draft& request, wait_limit limit) {
    state& self = *state_;
    const std::string context = "request " + std::string(request.name.str());
    if (request.type != message_type::request) {
        return error(EINVAL, context, "only requests are answered; send() sends the rest");
    }
    std::string record;
    if (auto encoded = encode(request, record); !encoded) {
        return encoded.error();
    }
    if (self.room.empty()) {
        self.room.resize(words(first_room));
    }
    const deadline end(self.effective(limit));
    autobus_transfer transfer;
    const int failed = self.start_call(record, limit, transfer);
    if (transfer.sent == 0) {
        return explain(operation::request, failed, context);
    }
    if (failed == EINTR) {
        self.abandoned.insert(transfer.serial);
        return explain(operation::answer, EINTR, context);
    }
    auto answer = self.sort_in(as_text(self.room, transfer.out_done), transfer.serial);
    if (!answer) {
        self.abandoned.insert(transfer.serial);
        return answer.error();
    }
    if (*answer) {
        return **std::move(answer);
    }
    return self.await(transfer.serial, end, context);
}

result<message> device::call(name_view name, std::string_view data, wait_limit limit) {
    draft request;
    request.type = message_type::request;
    request.name = name;
    request.data = data;
    return call(request, limit);
}

} // namespace autobus
