// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"
#include "naive.hpp"

namespace {

/* What stands in a node's lists here. */
struct placed {
    cds_list_head at;
    ab_node* node;
    std::string pattern;
};

class tree {
public:
    tree() { ab_index_init(&index_); }
    ~tree() {
        while (!all_.empty()) {
            remove(0);
        }
        BOOST_CHECK_EQUAL(index_.root.uses, 0);
        BOOST_CHECK_EQUAL(index_.table.entries, 0);
        ab_index_deinit(&index_);
        BOOST_CHECK_EQUAL(ab_alloc_live(), live_);
    }
    void add(const std::string& pattern) {
        all_.push_back(std::make_unique<placed>());
        auto& one = *all_.back();
        one.pattern = pattern;
        ab_name name;
        BOOST_REQUIRE_EQUAL(ab_name_parse(&name, one.pattern.data(), pattern.size(), true), 0);
        ab_index_spare spare;
        BOOST_REQUIRE_EQUAL(ab_index_prepare(&index_, &name, &spare), 0);
        one.node = ab_index_insert(&index_, &name, &spare);
        ab_index_spare_free(&spare);
        ab_node_use(one.node);
        list_add_tail(&one.at, name.star ? &one.node->star[0] : &one.node->here[0]);
        BOOST_REQUIRE(ab_index_find(&index_, &name) == one.node);
    }
    void remove(std::size_t i) {
        ab_effects fx;
        ab_effects_init(&fx);
        list_del(&all_[i]->at);
        ab_node_unuse(&index_, all_[i]->node, &fx);
        ab_effects_finish(&fx);
        all_.erase(all_.begin() + i);
    }
    std::vector<std::string> walk(const std::string& text, std::size_t* visits = nullptr) {
        std::vector<std::string> found;
        ab_name name;
        BOOST_REQUIRE_EQUAL(ab_name_parse(&name, text.data(), text.size(), false), 0);
        ab_walk walk;
        ab_walk_init(&walk, &index_, &name);
        bool star;
        while (auto* node = ab_walk_next(&walk, &index_, &star)) {
            placed* one;
            list_for_each_entry(one, star ? &node->star[0] : &node->here[0], at) {
                found.push_back(one->pattern);
            }
            BOOST_REQUIRE_LE(walk.depth_of_stack, std::size(walk.stack));
            if (visits) {
                ++*visits;
            }
        }
        return found;
    }
    std::vector<std::string> naive_walk(const std::string& name) {
        std::vector<std::string> found;
        for (const auto& one : all_) {
            if (test::naive_matches(one->pattern, name)) {
                found.push_back(one->pattern);
            }
        }
        std::stable_sort(found.begin(), found.end(), test::naive_precedes);
        return found;
    }
    ab_index index_;
    std::vector<std::unique_ptr<placed>> all_;
    long live_ = ab_alloc_live();
};

std::string join(const std::vector<std::string>& all) {
    std::string text;
    for (const auto& one : all) {
        text += one + " ";
    }
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(index_)

BOOST_AUTO_TEST_CASE(a_walk_goes_from_exact_over_literal_and_percent_to_star) {
    tree all;
    for (const char* pattern : {"$.*", "$.%.*", "$.%.%", "$.%.B", "$.A.*", "$.A.%", "$.A.B",
                                "$.A", "$.A.B.C", "$.B.B", "$.A.B.*"}) {
        all.add(pattern);
    }
    BOOST_CHECK_EQUAL(join(all.walk("$.A.B")),
                      "$.A.B $.A.% $.A.* $.%.B $.%.% $.%.* $.* ");
    BOOST_CHECK_EQUAL(join(all.walk("$.A")), "$.A $.* ");
    BOOST_CHECK_EQUAL(join(all.walk("$.A.B.C")), "$.A.B.C $.A.B.* $.A.* $.%.* $.* ");
    BOOST_CHECK_EQUAL(join(all.walk("$.C")), "$.* ");
}

BOOST_AUTO_TEST_CASE(the_kernels_names_are_found_by_no_leading_wildcard) {
    tree all;
    for (const char* pattern : {"$.*", "$.%.Bound", "$.Autobus.%", "$.Autobus.*"}) {
        all.add(pattern);
    }
    BOOST_CHECK_EQUAL(join(all.walk("$.Autobus.Bound")), "$.Autobus.% $.Autobus.* ");
}

BOOST_AUTO_TEST_CASE(random_bindings_are_found_as_a_naive_search_finds_them) {
    std::mt19937_64 random(4);
    tree all;
    for (int i = 0; i < 3000; i++) {
        if (all.all_.size() > 60 || (all.all_.size() > 5 && random() % 3 == 0)) {
            all.remove(random() % all.all_.size());
        } else {
            all.add(test::random_pattern(random, 5));
        }
        const auto name = test::random_name(random, 5);
        BOOST_REQUIRE_EQUAL(join(all.walk(name)), join(all.naive_walk(name)));
    }
}

BOOST_AUTO_TEST_CASE(the_worst_patterns_dont_overrun_the_walk) {
    tree all;
    std::string name = "$";
    for (int i = 0; i < 16; i++) {
        name += ".w";
    }
    for (int i = 0; i < 16; i++) {
        for (int j = i; j < 16; j++) {
            auto words = test::split(name);
            words[i] = words[j] = "%";
            std::string pattern = "$", shorter = "$";
            for (int k = 0; k < 16; k++) {
                pattern += "." + words[k];
                shorter += k < 15 ? "." + words[k] : "";
            }
            all.add(pattern);
            all.add(shorter + ".*");
        }
    }
    std::size_t visits = 0;
    const auto found = all.walk(name, &visits);
    BOOST_CHECK_EQUAL(join(found), join(all.naive_walk(name)));
    BOOST_CHECK_EQUAL(found.size(), 2 * 136);
}

BOOST_AUTO_TEST_CASE(nodes_exist_while_a_binding_is_at_or_below_them) {
    tree all;
    all.add("$.A.B.C");
    BOOST_CHECK_EQUAL(all.index_.table.entries, 3);
    all.add("$.A.%.C");
    BOOST_CHECK_EQUAL(all.index_.table.entries, 4);
    all.remove(0);
    BOOST_CHECK_EQUAL(all.index_.table.entries, 2);
    all.remove(0);
    BOOST_CHECK_EQUAL(all.index_.table.entries, 0);
}

BOOST_AUTO_TEST_CASE(preparing_fails_whole_at_each_allocation) {
    static long left;
    const auto live = ab_alloc_live();
    ab_index all;
    ab_index_init(&all);
    const std::string text = "$.A." + std::string(100, 'x') + ".%.B.*";
    ab_name name;
    BOOST_REQUIRE_EQUAL(ab_name_parse(&name, text.data(), text.size(), true), 0);
    ab_alloc_fails = [] { return left-- == 0 ? 1 : 0; };
    int failures = 0;
    for (;; failures++) {
        left = failures;
        ab_index_spare spare;
        const int r = ab_index_prepare(&all, &name, &spare);
        if (!r) {
            ab_index_spare_free(&spare);
            break;
        }
        BOOST_CHECK_EQUAL(r, -ENOMEM);
        BOOST_CHECK_EQUAL(ab_alloc_live(), live);
    }
    ab_alloc_fails = nullptr;
    BOOST_CHECK_EQUAL(failures, 5);
    BOOST_CHECK_EQUAL(ab_alloc_live(), live);
    ab_index_deinit(&all);
}

BOOST_AUTO_TEST_SUITE_END()
