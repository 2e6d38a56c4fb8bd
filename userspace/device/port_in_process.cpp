// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "autobus/in_process.hpp"
#include "userspace/device/explain.hpp"
#include "userspace/device/port.hpp"
#include "userspace/host/inproc.h"

#include <cerrno>
#include <fcntl.h>

namespace autobus {
namespace {

class in_process_port final : public port {
public:
    explicit in_process_port(ab_inproc_file* file) : file_(file) {}
    in_process_port(const in_process_port&) = delete;
    in_process_port& operator=(const in_process_port&) = delete;
    ~in_process_port() override { ab_inproc_close(file_); }

    ssize_t read(void* bytes, std::size_t size) override {
        return ab_inproc_read(file_, bytes, size);
    }
    ssize_t write(const void* bytes, std::size_t size) override {
        return ab_inproc_write(file_, bytes, size);
    }
    int ioctl(unsigned long command, void* argument) override {
        return ab_inproc_ioctl(file_, command, argument);
    }
    int poll() override { return ab_inproc_poll(file_); }
    int fd() const override { return ab_inproc_fd(file_); }

private:
    ab_inproc_file* file_;
};

// Keeps the bus while there is a file of it.
class owning_port final : public port {
public:
    owning_port(std::shared_ptr<void> bus, std::unique_ptr<port> inner)
        : bus_(std::move(bus)), inner_(std::move(inner)) {}

    ssize_t read(void* bytes, std::size_t size) override { return inner_->read(bytes, size); }
    ssize_t write(const void* bytes, std::size_t size) override {
        return inner_->write(bytes, size);
    }
    int ioctl(unsigned long command, void* argument) override {
        return inner_->ioctl(command, argument);
    }
    int poll() override { return inner_->poll(); }
    int fd() const override { return inner_->fd(); }

private:
    std::shared_ptr<void> bus_; // destroyed after inner_
    std::unique_ptr<port> inner_;
};

} // namespace

int open_in_process_port(ab_inproc_bus* bus, int flags, const ab_inproc_opener* opener,
                         std::unique_ptr<port>& opened) {
    ab_inproc_file* file = nullptr;
    const int failed = ab_inproc_open(bus, flags, opener, &file);
    if (failed != 0) {
        return failed;
    }
    opened = std::make_unique<in_process_port>(file);
    return 0;
}

struct in_process_bus::bus {
    ab_inproc_bus* handle;

    explicit bus(ab_inproc_bus* made) : handle(made) {}
    bus(const bus&) = delete;
    bus& operator=(const bus&) = delete;
    ~bus() { ab_inproc_bus_free(handle); }
};

in_process_bus::in_process_bus(std::shared_ptr<bus> bus) : bus_(std::move(bus)) {}
in_process_bus::~in_process_bus() = default;

result<std::unique_ptr<in_process_bus>> in_process_bus::create() {
    ab_inproc_bus* made = ab_inproc_bus_new();
    if (made == nullptr) {
        return explain(operation::open, ENOMEM, "make a bus in this process");
    }
    return std::unique_ptr<in_process_bus>(new in_process_bus(std::make_shared<bus>(made)));
}

result<device> in_process_bus::open(const open_options& options,
                                    const std::optional<in_process_opener>& opener) {
    ab_inproc_opener who{};
    if (opener) {
        who = {opener->who.tgid, opener->who.uid, opener->who.gid, opener->privileged ? 1 : 0};
    }
    std::unique_ptr<port> opened;
    const int failed =
        open_in_process_port(bus_->handle, open_flags(options), opener ? &who : nullptr, opened);
    if (failed != 0) {
        return explain(operation::open, -failed, "open the bus in this process");
    }
    return make_device(std::make_unique<owning_port>(bus_, std::move(opened)),
                       "the bus in this process", options);
}

} // namespace autobus
