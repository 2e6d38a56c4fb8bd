// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// Random traffic on random networks whose links break and come back, limpets that restart, programs
// that die. Afterwards every program's log is read, and must show: no announcement twice, each
// speaker's in order, no gap without a loss told in it, each accepted request answered once, none
// that was answered "not reached" or "nobody there" carried out, none carried out twice.
//
// AUTOBUS_SIM_SEED=N runs one world, AUTOBUS_SIM_WORLDS=N so many; AUTOBUS_SIM_TRACE=1 prints what
// the limpets say.

#include "tests/support/sim.hpp"
#include "tests/support/sim_checks.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

using namespace sim;
using autobus::message_type;
using autobus::status_kind;

namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* value = std::getenv(name);
    return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

struct counts {
    std::uint64_t announced = 0;
    std::uint64_t heard = 0;
    std::uint64_t missed = 0; // each with a loss told
    std::uint64_t replies = 0;
    std::uint64_t cuts = 0;
    std::uint64_t cuts_with_open_requests = 0;
    std::uint64_t restarts = 0;
    std::map<status_kind, std::uint64_t> statuses;
};

class schedule {
public:
    schedule(std::uint64_t seed, counts& sums) : net_{seed}, sums_{sums} {
        net_.trace = from_environment("AUTOBUS_SIM_TRACE", 0) != 0;
        limpet::bridge_limits limits;
        if (net_.random(3) == 0) {
            limits.queued_soft = 2048;
        }
        const std::uint64_t count = 3 + net_.random(3);
        for (std::uint64_t i = 0; i < count; ++i) {
            hosts_.push_back(&net_.add_host(std::string(1, static_cast<char>('a' + i)), limits));
        }
        // A chain, so that all can reach all, and some more links.
        for (std::size_t i = 1; i < hosts_.size(); ++i) {
            pairs_.emplace_back(i - 1, i);
        }
        for (std::size_t i = 0; i < hosts_.size(); ++i) {
            for (std::size_t k = i + 2; k < hosts_.size(); ++k) {
                if (net_.random(3) == 0) {
                    pairs_.emplace_back(i, k);
                }
            }
        }
    }

    void go() {
        link_all();
        for (host* each : hosts_) {
            listeners_.push_back(&each->start("listener"));
            listeners_.back()->listen("$.News.*");
            speakers_.push_back(&each->start("speaker"));
            askers_.push_back(&each->start("asker"));
            repliers_.push_back(start_replier(*each));
        }
        net_.run(10s);
        for (int step = 0; step < 400; ++step) {
            act();
            net_.run(std::chrono::microseconds(net_.random(60'000)));
        }
        for (const auto& [on, to] : deaf_) {
            net_.set_deaf(*on, to, false);
        }
        net_.run(10s);
        link_all();
        net_.run(10s);
        for (program* each : speakers_) {
            announce(*each); // what was missed at the end has something after it now
        }
        finish_repliers();
        net_.run(10s);
    }

    void check() {
        check_settled(net_);
        for (program* listener : listeners_) {
            for (program* speaker : speakers_) {
                check_announcements(*listener, *speaker);
            }
        }
        for (program* asker : askers_) {
            check_requests(*asker);
        }
    }

private:
    void link_all() {
        for (const auto& [one, other] : pairs_) {
            if (net_.link_between(*hosts_[one], *hosts_[other]) == nullptr) {
                net_.connect(*hosts_[one], *hosts_[other], {1ms, 5ms});
            }
        }
    }

    program* start_replier(host& home) {
        program& made = home.start("replier");
        made.reply_to("$.Ask." + home.name());
        made.on_message = [this, &made](const autobus::message& message) {
            if (!message.is_owed()) {
                return;
            }
            BOOST_TEST(done_.insert(std::string(message.data())).second,
                       "carried out twice: " << message.data());
            const std::uint64_t choice = net_.random(10);
            if (choice == 0) {
                owed_.emplace_back(&made, message.serial());
            } else if (choice == 1) {
                net_.at(std::chrono::milliseconds(net_.random(100)),
                        [this, &made, serial = message.serial()] { answer(made, serial); });
            } else {
                answer(made, message.serial());
            }
        };
        return &made;
    }

    // Only a limpet that has gone is no more there to be answered.
    void answer(program& replier, std::uint64_t serial) {
        if (replier.alive()) {
            const int code = replier.reply(serial, "re");
            BOOST_TEST((code == 0 || (code == ECONNREFUSED && restarts_ > 0)));
        }
    }

    void finish_repliers() {
        for (const auto& [replier, serial] : owed_) {
            answer(*replier, serial);
        }
    }

    void announce(program& speaker) {
        const std::uint64_t number = ++said_[&speaker];
        BOOST_TEST(speaker.announce("$.News." + speaker.home().name(), std::to_string(number)) ==
                   0);
        ++sums_.announced;
    }

    void ask(program& asker) {
        const std::string what = asker.home().name() + std::to_string(++asked_);
        const host& whom = *hosts_[net_.random(hosts_.size())];
        const std::uint64_t serial = asker.request("$.Ask." + whom.name(), what);
        if (serial != 0) {
            requests_[&asker][serial] = what;
        }
    }

    void cut_some() {
        const auto [one, other] = pairs_[net_.random(pairs_.size())];
        if (cable* on = net_.link_between(*hosts_[one], *hosts_[other])) {
            ++sums_.cuts;
            for (host* each : hosts_) {
                if (each->open_requests() > 0) {
                    ++sums_.cuts_with_open_requests;
                    break;
                }
            }
            net_.cut(*on);
        }
    }

    void restore_some() {
        const auto [one, other] = pairs_[net_.random(pairs_.size())];
        cable* on = net_.link_between(*hosts_[one], *hosts_[other]);
        // Not before both ends have noticed the end of the old one.
        if (on == nullptr && !half_open(*hosts_[one], *hosts_[other])) {
            net_.connect(*hosts_[one], *hosts_[other], {1ms, 5ms});
        }
    }

    static bool half_open(host& one, host& other) {
        const auto knows = [](host& here, host& there) {
            for (const Json::Value& peer : here.bridge().state()["peers"]) {
                if (peer["bus"].asString() == autobus::bus_id_to_string(there.bus())) {
                    return true;
                }
            }
            return false;
        };
        return knows(one, other) || knows(other, one);
    }

    void act() {
        const std::uint64_t choice = net_.random(100);
        host& home = *hosts_[net_.random(hosts_.size())];
        const auto index = static_cast<std::size_t>(std::find(hosts_.begin(), hosts_.end(), &home) -
                                                    hosts_.begin());
        if (choice < 45) {
            announce(*speakers_[index]);
        } else if (choice < 84) {
            ask(*askers_[index]);
        } else if (choice < 86) {
            cut_some();
        } else if (choice < 95) {
            restore_some();
        } else if (choice < 97) {
            repliers_[index]->kill();
            repliers_[index] = start_replier(home);
        } else if (choice < 98) {
            ++sums_.restarts;
            ++restarts_;
            // Always the same one in a world: if the limpets of two hosts forget each other at the
            // same time, nobody knows that anything is missing.
            hosts_[0]->restart_limpet();
        } else {
            const auto [one, other] = pairs_[net_.random(pairs_.size())];
            if (cable* on = net_.link_between(*hosts_[one], *hosts_[other])) {
                const int to = static_cast<int>(net_.random(2));
                deaf_.emplace_back(on, to);
                net_.set_deaf(*on, to, true);
                net_.at(1s, [this, on, to] { net_.set_deaf(*on, to, false); });
            }
        }
    }

    void check_announcements(program& listener, program& speaker) {
        const std::string name = "$.News." + speaker.home().name();
        std::uint64_t last = 0;
        std::uint64_t told = 0;
        for (const autobus::message& each : listener.log) {
            told += each.lost();
            if (each.name().str() != name) {
                continue;
            }
            const std::uint64_t number = std::stoull(std::string(each.data()));
            BOOST_TEST(number > last, listener.home().name() << " heard " << name << " " << number
                                                             << " after " << last);
            if (number > last + 1) {
                BOOST_TEST(told > 0u, listener.home().name()
                                          << " missed " << name << " between " << last << " and "
                                          << number << " untold");
                sums_.missed += number - last - 1;
            }
            ++sums_.heard;
            last = number;
            told = 0;
        }
        BOOST_TEST(last == said_[&speaker], listener.home().name()
                                                << " heard " << name << " up to " << last << " of "
                                                << said_[&speaker]);
    }

    void check_requests(program& asker) {
        for (const auto& [serial, what] : requests_[&asker]) {
            const auto all = answers(asker, serial);
            BOOST_TEST(all.size() == 1u, "request " << what << " has " << all.size() << " answers");
            if (all.size() != 1) {
                continue;
            }
            const auto kind = autobus::status_of(all[0]);
            if (!kind) {
                ++sums_.replies;
                BOOST_TEST(done_.contains(what));
                continue;
            }
            ++sums_.statuses[*kind];
            const bool unknown =
                *kind == status_kind::unreachable && all[0].reached() == autobus::reach::unknown;
            if (*kind != status_kind::ignored && !unknown) {
                BOOST_TEST(!done_.contains(what), what << " was carried out, but answered "
                                                       << autobus::status_name(*kind).str());
            }
        }
    }

    world net_;
    counts& sums_;
    std::vector<host*> hosts_;
    std::vector<std::pair<std::size_t, std::size_t>> pairs_;
    std::vector<program*> listeners_;
    std::vector<program*> speakers_;
    std::vector<program*> askers_;
    std::vector<program*> repliers_;
    std::map<program*, std::uint64_t> said_;
    std::map<program*, std::map<std::uint64_t, std::string>> requests_;
    std::vector<std::pair<program*, std::uint64_t>> owed_;
    std::set<std::string> done_;
    std::vector<std::pair<cable*, int>> deaf_;
    std::uint64_t asked_ = 0;
    std::uint64_t restarts_ = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(sim_random)

BOOST_AUTO_TEST_CASE(
    whatever_happens_nothing_comes_twice_no_loss_is_silent_each_request_has_one_answer) {
    const std::uint64_t worlds = from_environment("AUTOBUS_SIM_WORLDS", 60);
    const std::uint64_t only = from_environment("AUTOBUS_SIM_SEED", 0);
    counts sums;
    for (std::uint64_t seed = only == 0 ? 1 : only; seed <= (only == 0 ? worlds : only); ++seed) {
        BOOST_TEST_CONTEXT("AUTOBUS_SIM_SEED=" << seed) {
            schedule world{seed, sums};
            world.go();
            world.check();
        }
    }
    std::ostringstream line;
    line << sums.announced << " announced, " << sums.heard << " heard, " << sums.missed
         << " missed and told, " << sums.cuts << " cuts (" << sums.cuts_with_open_requests
         << " with open requests), " << sums.restarts << " limpet restarts, " << sums.replies
         << " replies";
    for (const auto& [kind, count] : sums.statuses) {
        line << ", " << count << " " << autobus::status_name(kind).str().substr(18);
    }
    BOOST_TEST_MESSAGE(line.str());
    if (only == 0) {
        BOOST_TEST(sums.heard > sums.announced);
        BOOST_TEST(sums.missed > 0u);
        BOOST_TEST(sums.replies > 0u);
        BOOST_TEST(sums.cuts_with_open_requests > 0u);
        for (const auto kind :
             {status_kind::ignored, status_kind::unreachable, status_kind::refused}) {
            BOOST_TEST(sums.statuses[kind] > 0u);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
