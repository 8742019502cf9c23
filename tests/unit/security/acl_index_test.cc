#include "broker/security/acl_index.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"

namespace ottla::broker {
namespace {

using Acls = std::vector<std::shared_ptr<const AclBinding>>;

AclBinding acl(std::string name, AclOperation operation,
               AclPatternType pattern = AclPatternType::literal) {
  return {.resource_type = AclResourceType::topic,
          .resource_name = std::move(name),
          .pattern_type = pattern,
          .principal = "User:alice",
          .host = "*",
          .operation = operation,
          .permission = AclPermission::allow};
}

AclBinding denying(AclBinding binding) {
  binding.permission = AclPermission::deny;
  return binding;
}

std::shared_ptr<const AclIndex> index_of(const std::vector<AclBinding>& bindings) {
  Acls acls;
  for (const auto& each : bindings) acls.push_back(std::make_shared<const AclBinding>(each));
  return AclIndex().with({}, acls);
}

AclQuestion question(std::string_view name, AclOperation operation) {
  return {.principal = "User:alice",
          .host = "10.0.0.1",
          .operation = operation,
          .resource_type = AclResourceType::topic,
          .resource_name = name};
}

AclVerdict ask(const std::vector<AclBinding>& bindings, std::string_view name,
               AclOperation operation) {
  return index_of(bindings)->ask(question(name, operation));
}

TEST(AclIndex, allows_what_is_named_and_nothing_else) {
  const std::vector acls{acl("orders", AclOperation::read)};
  EXPECT_EQ(ask(acls, "orders", AclOperation::read), AclVerdict::allowed);
  EXPECT_EQ(ask(acls, "orders", AclOperation::write), AclVerdict::denied);
  EXPECT_EQ(ask(acls, "order", AclOperation::read), AclVerdict::no_acls);
  EXPECT_EQ(ask(acls, "orders2", AclOperation::read), AclVerdict::no_acls);
  auto other_type = question("orders", AclOperation::read);
  other_type.resource_type = AclResourceType::group;
  EXPECT_EQ(index_of(acls)->ask(other_type), AclVerdict::no_acls);
  auto other_user = question("orders", AclOperation::read);
  other_user.principal = "User:bob";
  EXPECT_EQ(index_of(acls)->ask(other_user), AclVerdict::denied);
}

TEST(AclIndex, a_prefix_is_of_all_names_that_begin_with_it) {
  const std::vector acls{acl("team-a.", AclOperation::read, AclPatternType::prefixed),
                         acl("team-a.z", AclOperation::write, AclPatternType::prefixed),
                         acl("team-b.", AclOperation::write, AclPatternType::prefixed)};
  EXPECT_EQ(ask(acls, "team-a.", AclOperation::read), AclVerdict::allowed);
  EXPECT_EQ(ask(acls, "team-a.zebra", AclOperation::read), AclVerdict::allowed);
  EXPECT_EQ(ask(acls, "team-a.zebra", AclOperation::write), AclVerdict::allowed);
  EXPECT_EQ(ask(acls, "team-a.zz", AclOperation::write), AclVerdict::allowed);
  EXPECT_EQ(ask(acls, "team-a.yak", AclOperation::write), AclVerdict::denied);
  EXPECT_EQ(ask(acls, "team-a", AclOperation::read), AclVerdict::no_acls);
  EXPECT_EQ(ask(acls, "team-c.x", AclOperation::read), AclVerdict::no_acls);
}

TEST(AclIndex, a_literal_star_is_every_name_and_a_prefixed_one_is_a_star) {
  EXPECT_EQ(ask({acl("*", AclOperation::read)}, "orders", AclOperation::read), AclVerdict::allowed);
  const std::vector prefixed{acl("*", AclOperation::read, AclPatternType::prefixed)};
  EXPECT_EQ(ask(prefixed, "orders", AclOperation::read), AclVerdict::no_acls);
}

TEST(AclIndex, one_denial_wins_wherever_it_stands) {
  for (const auto& denied : {acl("orders", AclOperation::read), acl("*", AclOperation::read),
                             acl("ord", AclOperation::all, AclPatternType::prefixed)}) {
    const std::vector acls{acl("orders", AclOperation::all), denying(denied)};
    EXPECT_EQ(ask(acls, "orders", AclOperation::read), AclVerdict::denied);
  }
  auto everybody = denying(acl("orders", AclOperation::read));
  everybody.principal = "User:*";
  EXPECT_EQ(ask({acl("orders", AclOperation::read), everybody}, "orders", AclOperation::read),
            AclVerdict::denied);
}

TEST(AclIndex, allowing_one_operation_allows_those_it_needs) {
  using enum AclOperation;
  for (const auto implying : {read, write, remove, alter, describe, all}) {
    EXPECT_EQ(ask({acl("t", implying)}, "t", describe), AclVerdict::allowed) << to_string(implying);
  }
  for (const auto other : {create, alter_configs, describe_configs, cluster_action}) {
    EXPECT_EQ(ask({acl("t", other)}, "t", describe), AclVerdict::denied) << to_string(other);
  }
  EXPECT_EQ(ask({acl("t", alter_configs)}, "t", describe_configs), AclVerdict::allowed);
  EXPECT_EQ(ask({acl("t", read)}, "t", describe_configs), AclVerdict::denied);
}

TEST(AclIndex, denying_one_operation_denies_no_other) {
  using enum AclOperation;
  const std::vector acls{acl("t", all), denying(acl("t", read))};
  EXPECT_EQ(ask(acls, "t", read), AclVerdict::denied);
  EXPECT_EQ(ask(acls, "t", describe), AclVerdict::allowed);
}

TEST(AclIndex, a_host_is_compared_whole) {
  auto from_elsewhere = acl("t", AclOperation::read);
  from_elsewhere.host = "10.0.0.11";
  EXPECT_EQ(ask({from_elsewhere}, "t", AclOperation::read), AclVerdict::denied);
  auto from_here = acl("t", AclOperation::read);
  from_here.host = "10.0.0.1";
  EXPECT_EQ(ask({from_here}, "t", AclOperation::read), AclVerdict::allowed);
}

// CVE-2024-27309: taking one ACL away took others of the resource with it.
TEST(AclIndex, taking_one_acl_away_leaves_the_others_of_the_resource) {
  auto bobs = acl("t", AclOperation::read);
  bobs.principal = "User:bob";
  const Acls acls{std::make_shared<const AclBinding>(acl("t", AclOperation::read)),
                  std::make_shared<const AclBinding>(acl("t", AclOperation::write)),
                  std::make_shared<const AclBinding>(bobs)};
  const auto before = AclIndex().with({}, acls);
  const auto after = before->with(AclIndex::Acls(acls).first(1), {});
  EXPECT_EQ(after->ask(question("t", AclOperation::read)), AclVerdict::denied);
  EXPECT_EQ(after->ask(question("t", AclOperation::write)), AclVerdict::allowed);
  auto of_bob = question("t", AclOperation::read);
  of_bob.principal = "User:bob";
  EXPECT_EQ(after->ask(of_bob), AclVerdict::allowed);
  EXPECT_EQ(before->ask(question("t", AclOperation::read)), AclVerdict::allowed);
  const auto none = after->with(AclIndex::Acls(acls).subspan(1), {});
  EXPECT_EQ(none->ask(of_bob), AclVerdict::no_acls);
}

TEST(AclIndex, may_write_somewhere_unless_all_that_is_allowed_is_denied) {
  using enum AclOperation;
  const auto prefixed = AclPatternType::prefixed;
  const auto some = [](const std::vector<AclBinding>& acls) {
    return index_of(acls)->allows_some(question({}, write));
  };
  EXPECT_FALSE(some({}));
  EXPECT_TRUE(some({acl("t", write)}));
  EXPECT_FALSE(some({acl("t", read)}));
  EXPECT_FALSE(some({acl("t", write), denying(acl("t", write))}));
  EXPECT_FALSE(some({acl("t", write), denying(acl("*", write))}));
  EXPECT_FALSE(some({acl("topic", write), denying(acl("to", write, prefixed))}));
  EXPECT_TRUE(some({acl("topic", write), denying(acl("tot", write, prefixed))}));
  EXPECT_TRUE(some({acl("to", write, prefixed), denying(acl("topic", write))}));
  EXPECT_FALSE(some({acl("topic", write, prefixed), denying(acl("to", write, prefixed))}));
  EXPECT_TRUE(some({acl("*", write), denying(acl("t", write))}));
}

// What Kafka's documentation says, by a look at every ACL.
AclVerdict judged(const std::vector<AclBinding>& acls, const AclQuestion& asked) {
  bool any = false;
  bool allowed = false;
  for (const auto& each : acls) {
    const AclBindingFilter of_resource{.resource_type = asked.resource_type,
                                       .resource_name = std::string(asked.resource_name),
                                       .pattern_type = AclPatternType::match};
    if (!of_resource.matches(each)) continue;
    any = true;
    if (each.principal != asked.principal && each.principal != "User:*") continue;
    if (each.host != "*" && each.host != asked.host) continue;
    const bool allows = each.permission == AclPermission::allow;
    const bool implied =
        allows && asked.operation == AclOperation::describe && each.operation == AclOperation::read;
    if (each.operation != asked.operation && each.operation != AclOperation::all && !implied) {
      continue;
    }
    if (!allows) return AclVerdict::denied;
    allowed = true;
  }
  if (allowed) return AclVerdict::allowed;
  return any ? AclVerdict::denied : AclVerdict::no_acls;
}

// Whether a name is allowed: one that an ACL has, or one that is longer than all of them.
bool judged_for_some(const std::vector<AclBinding>& acls, const AclQuestion& asked) {
  std::vector<std::string> names{"#"};
  for (const auto& each : acls) {
    const bool prefixed = each.pattern_type == AclPatternType::prefixed;
    if (prefixed || each.resource_name != "*") names.push_back(each.resource_name);
    if (prefixed) names.push_back(each.resource_name + "#");
  }
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    auto of_name = asked;
    of_name.resource_name = name;
    return judged(acls, of_name) == AclVerdict::allowed;
  });
}

TEST(AclIndex, answers_as_a_look_at_every_acl_would_through_random_changes) {
  base::Random random(27);
  const auto pick = [&random](std::initializer_list<const char*> words) {
    return std::string(words.begin()[random.below(words.size())]);
  };
  const auto name = [&] {
    std::string made;
    for (auto left = 1 + random.below(4); left > 0; --left) made += pick({"a", "b", "ab"});
    return made;
  };
  Acls all;
  auto index = std::make_shared<const AclIndex>();
  int open_rounds = 0;
  for (int round = 0; round < 300; ++round) {
    Acls removed;
    Acls added;
    for (std::uint64_t i = random.below(4); i > 0 && !all.empty(); --i) {
      const auto at = all.begin() + static_cast<std::ptrdiff_t>(random.below(all.size()));
      removed.push_back(*at);
      all.erase(at);
    }
    for (std::uint64_t i = random.below(5); i > 0; --i) {
      const bool prefixed = random.below(2) == 0;
      auto made = acl(random.below(12) == 0 && !prefixed ? "*" : name(), AclOperation::read,
                      prefixed ? AclPatternType::prefixed : AclPatternType::literal);
      made.principal = pick({"User:alice", "User:bob", "User:*"});
      made.host = pick({"*", "10.0.0.1", "10.0.0.2"});
      made.operation = random.below(2) == 0 ? AclOperation::read : AclOperation::all;
      if (random.below(4) == 0) made.permission = AclPermission::deny;
      added.push_back(std::make_shared<const AclBinding>(std::move(made)));
      all.push_back(added.back());
    }
    index = index->with(removed, added);
    std::vector<AclBinding> acls;
    for (const auto& each : all) acls.push_back(*each);
    for (int i = 0; i < 20; ++i) {
      const auto asked_name = name();
      const auto operation = random.below(2) == 0 ? AclOperation::read : AclOperation::describe;
      const auto asked = question(asked_name, operation);
      ASSERT_EQ(index->ask(asked), judged(acls, asked)) << asked_name << " in round " << round;
    }
    const auto some = question({}, AclOperation::read);
    ASSERT_EQ(index->allows_some(some), judged_for_some(acls, some)) << "in round " << round;
    if (index->allows_some(some)) ++open_rounds;
  }
  EXPECT_GT(open_rounds, 10);
  EXPECT_LT(open_rounds, 290);
}

}  // namespace
}  // namespace ottla::broker
