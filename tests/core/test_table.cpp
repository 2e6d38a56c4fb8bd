// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"

namespace {

struct item {
    ab_entry entry;
    std::uint64_t key;
};

class table {
public:
    table() { ab_table_init(&table_); }
    ~table() {
        for (auto& [key, one] : items_) {
            ab_table_del(&table_, &one->entry);
        }
        ab_table_deinit(&table_);
    }
    void add(std::uint64_t key, std::uint64_t hash) {
        ab_table_spare spare;
        BOOST_REQUIRE_EQUAL(ab_table_prepare(table_.entries, table_.buckets, &spare), 0);
        auto& one = items_[key] = std::make_unique<item>();
        one->key = key;
        hashes_[key] = hash;
        ab_table_add(&table_, &one->entry, hash, &spare);
        ab_table_spare_free(&spare);
    }
    void remove(std::uint64_t key) {
        ab_table_del(&table_, &items_[key]->entry);
        items_.erase(key);
        hashes_.erase(key);
    }
    bool has(std::uint64_t key, std::uint64_t hash) {
        item* one;
        hlist_for_each_entry(one, ab_table_bucket(&table_, hash), entry.node) {
            if (one->key == key) {
                return true;
            }
        }
        return false;
    }
    std::size_t longest() {
        std::size_t most = 0;
        for (std::uint32_t i = 0; i < table_.buckets; i++) {
            std::size_t n = 0;
            item* one;
            hlist_for_each_entry(one, ab_table_bucket(&table_, i), entry.node) {
                n++;
            }
            most = std::max(most, n);
        }
        return most;
    }
    ab_table table_;
    std::map<std::uint64_t, std::unique_ptr<item>> items_;
    std::map<std::uint64_t, std::uint64_t> hashes_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(table_)

BOOST_AUTO_TEST_CASE(it_holds_what_a_map_holds_whatever_was_added_and_removed) {
    const auto live = ab_alloc_live();
    {
        std::mt19937_64 random(3);
        table all;
        for (int i = 0; i < 20000; i++) {
            const auto key = random() % 4000;
            if (!all.items_.count(key)) {
                all.add(key, key * 0x9e3779b97f4a7c15);
            } else if (random() % 3 == 0) {
                all.remove(key);
            }
            const auto other = random() % 4000;
            BOOST_REQUIRE_EQUAL(all.has(other, other * 0x9e3779b97f4a7c15),
                                all.items_.count(other) == 1);
        }
        BOOST_CHECK_EQUAL(all.table_.entries, all.items_.size());
        for (const auto& [key, hash] : all.hashes_) {
            BOOST_REQUIRE(all.has(key, hash));
        }
    }
    BOOST_CHECK_EQUAL(ab_alloc_live(), live);
}

BOOST_AUTO_TEST_CASE(it_grows_by_one_bucket_per_entry_so_that_chains_stay_short) {
    table all;
    for (std::uint64_t i = 0; i < 5000; i++) {
        all.add(i, i);
    }
    BOOST_CHECK_GE(all.table_.buckets, 4900);
    BOOST_CHECK_LE(all.longest(), 2);
}

BOOST_AUTO_TEST_CASE(without_a_spare_it_takes_the_entry_and_grows_later) {
    table all;
    ab_table_spare none{};
    for (std::uint64_t i = 0; i < 200; i++) {
        auto& one = all.items_[i] = std::make_unique<item>();
        one->key = i;
        ab_table_add(&all.table_, &one->entry, i, &none);
    }
    BOOST_CHECK_EQUAL(all.table_.buckets, AB_TABLE_FIRST);
    for (std::uint64_t i = 200; i < 210; i++) {
        all.add(i, i);
    }
    BOOST_CHECK_GT(all.table_.buckets, AB_TABLE_FIRST);
    for (std::uint64_t i = 0; i < 210; i++) {
        BOOST_CHECK(all.has(i, i));
    }
}

BOOST_AUTO_TEST_CASE(entries_of_one_hash_are_all_found) {
    table all;
    for (std::uint64_t i = 0; i < 300; i++) {
        all.add(i, 7);
    }
    for (std::uint64_t i = 0; i < 300; i++) {
        BOOST_CHECK(all.has(i, 7));
    }
    BOOST_CHECK(!all.has(300, 7));
}

BOOST_AUTO_TEST_CASE(preparing_without_memory_says_so_and_leaves_nothing) {
    const auto live = ab_alloc_live();
    ab_alloc_fails = [] { return 1; };
    ab_table_spare spare;
    const int r = ab_table_prepare(AB_TABLE_FIRST, AB_TABLE_FIRST, &spare);
    ab_alloc_fails = nullptr;
    BOOST_CHECK_EQUAL(r, -ENOMEM);
    BOOST_CHECK_EQUAL(ab_alloc_live(), live);
}

BOOST_AUTO_TEST_SUITE_END()
