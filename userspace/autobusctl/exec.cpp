// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/autobusctl/exec.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace autobus::ctl {
namespace {

// A file in memory; closes itself.
class memory_file {
public:
    memory_file() : fd_(::memfd_create("autobusctl", MFD_CLOEXEC)) {}
    memory_file(const memory_file&) = delete;
    memory_file& operator=(const memory_file&) = delete;
    ~memory_file() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }

    int fd() const { return fd_; }

    // 0 or an errno. Stands at its beginning afterwards.
    int fill(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t done = ::write(fd_, bytes.data(), bytes.size());
            if (done < 0) {
                return errno;
            }
            bytes.remove_prefix(static_cast<std::size_t>(done));
        }
        return ::lseek(fd_, 0, SEEK_SET) < 0 ? errno : 0;
    }

    // 0 or an errno.
    int read_all(std::string& bytes) const {
        struct stat found;
        if (::fstat(fd_, &found) < 0) {
            return errno;
        }
        bytes.resize(static_cast<std::size_t>(found.st_size));
        for (std::size_t at = 0; at < bytes.size();) {
            const ssize_t done =
                ::pread(fd_, bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
            if (done < 0) {
                return errno;
            }
            if (done == 0) {
                bytes.resize(at);
            }
            at += static_cast<std::size_t>(done);
        }
        return 0;
    }

private:
    int fd_;
};

// How the child begins: with these files, all signals as usual.
class spawn_setup {
public:
    spawn_setup(int input, int output) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
        posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
    }
    spawn_setup(const spawn_setup&) = delete;
    spawn_setup& operator=(const spawn_setup&) = delete;
    ~spawn_setup() {
        posix_spawnattr_destroy(&attributes_);
        posix_spawn_file_actions_destroy(&actions_);
    }

    const posix_spawn_file_actions_t* actions() const { return &actions_; }
    const posix_spawnattr_t* attributes() const { return &attributes_; }

private:
    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
};

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const std::string& text : texts) {
        pointers.push_back(const_cast<char*>(text.c_str()));
    }
    return pointers;
}

std::string failure_of(int status) {
    if (WIFSIGNALED(status)) {
        return "killed by signal " + std::to_string(WTERMSIG(status));
    }
    return WEXITSTATUS(status) == 0 ? "" : "exit status " + std::to_string(WEXITSTATUS(status));
}

// Waits for the child; tells it once to end if stop_fd says so. 0 or an errno.
int wait_for(pid_t child, int stop_fd, int& status) {
    const int child_fd = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    while (child_fd >= 0) {
        std::array<pollfd, 2> fds{{{child_fd, POLLIN, 0}, {stop_fd, POLLIN, 0}}};
        if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) {
            break;
        }
        if (fds[0].revents != 0) {
            break;
        }
        if (fds[1].revents != 0) {
            ::kill(child, SIGTERM);
            break;
        }
    }
    if (child_fd >= 0) {
        ::close(child_fd);
    }
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

} // namespace

result<command_result> run_command(const std::vector<std::string>& argv,
                                   const std::vector<std::string>& environment,
                                   std::string_view input, int stop_fd) {
    const std::string context = "run " + argv.front();
    memory_file in;
    memory_file out;
    if (in.fd() < 0 || out.fd() < 0) {
        return error(errno, context);
    }
    if (const int failed = in.fill(input); failed != 0) {
        return error(failed, context);
    }
    auto arguments = pointers_to(argv);
    arguments.push_back(nullptr);
    auto variables = pointers_to(environment);
    for (char** ours = environ; *ours != nullptr; ++ours) {
        variables.push_back(*ours);
    }
    variables.push_back(nullptr);
    const spawn_setup setup(in.fd(), out.fd());
    pid_t child = 0;
    if (const int failed = posix_spawnp(&child, argv.front().c_str(), setup.actions(),
                                        setup.attributes(), arguments.data(), variables.data())) {
        return error(failed, context);
    }
    int status = 0;
    if (const int failed = wait_for(child, stop_fd, status); failed != 0) {
        return error(failed, context);
    }
    command_result done;
    done.failure = failure_of(status);
    if (const int failed = out.read_all(done.output); failed != 0) {
        return error(failed, context);
    }
    return done;
}

} // namespace autobus::ctl
