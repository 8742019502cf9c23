#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "broker/security/acl_index.h"

// What a question costs with 100,000 ACLs: of 20,000 literal topics, 20,000 prefixes and
// everything, each with some of a hundred principals.
namespace ottla::broker {
namespace {

constexpr int kNames = 20'000;

AclBinding acl(std::string name, AclPatternType pattern, int user, AclOperation operation) {
  return {.resource_type = AclResourceType::topic,
          .resource_name = std::move(name),
          .pattern_type = pattern,
          .principal = "User:service-" + std::to_string(user),
          .operation = operation};
}

std::shared_ptr<const AclIndex> index() {
  std::vector<std::shared_ptr<const AclBinding>> acls;
  const auto add = [&acls](AclBinding binding) {
    acls.push_back(std::make_shared<const AclBinding>(std::move(binding)));
  };
  for (int i = 0; i < kNames; ++i) {
    const auto team = "team-" + std::to_string(i) + ".";
    const int user = i % 100;
    add(acl(team + "orders", AclPatternType::literal, user, AclOperation::read));
    add(acl(team + "orders", AclPatternType::literal, (user + 1) % 100, AclOperation::write));
    add(acl(team, AclPatternType::prefixed, user, AclOperation::read));
    add(acl(team, AclPatternType::prefixed, (user + 2) % 100, AclOperation::all));
    add(acl(team + "secret.", AclPatternType::prefixed, user, AclOperation::describe));
  }
  for (int i = 0; i < 100; ++i) {
    add(acl("*", AclPatternType::literal, i, AclOperation::describe_configs));
  }
  return AclIndex().with({}, acls);
}

void ask(benchmark::State& state, std::string_view suffix, AclOperation operation) {
  static const auto kIndex = index();
  std::vector<std::string> names;
  std::vector<std::string> users;
  // As far apart as the processor's cache does not like it.
  for (int i = 0; i < 4'096; ++i) {
    const int team = i * 7'919 % kNames;
    names.push_back("team-" + std::to_string(team) + "." + std::string(suffix));
    users.push_back("User:service-" + std::to_string(team % 100));
  }
  std::size_t at = 0;
  std::int64_t allowed = 0;
  for (auto _ : state) {
    const auto verdict = kIndex->ask({.principal = users[at],
                                      .host = "10.0.0.1",
                                      .operation = operation,
                                      .resource_type = AclResourceType::topic,
                                      .resource_name = names[at]});
    allowed += verdict == AclVerdict::allowed ? 1 : 0;
    at = (at + 1) % names.size();
  }
  state.counters["allowed"] =
      static_cast<double>(allowed) / static_cast<double>(state.iterations());
}

void allowed_by_name(benchmark::State& state) {
  ask(state, "orders", AclOperation::read);
}
void allowed_by_prefix(benchmark::State& state) {
  ask(state, "secret.keys", AclOperation::read);
}
void denied(benchmark::State& state) {
  ask(state, "orders", AclOperation::alter);
}
BENCHMARK(allowed_by_name);
BENCHMARK(allowed_by_prefix);
BENCHMARK(denied);

void one_more_acl(benchmark::State& state) {
  static const auto kIndex = index();
  const std::vector<std::shared_ptr<const AclBinding>> more{std::make_shared<const AclBinding>(
      acl("new", AclPatternType::literal, 1, AclOperation::read))};
  for (auto _ : state) benchmark::DoNotOptimize(kIndex->with({}, more));
}
BENCHMARK(one_more_acl);

}  // namespace
}  // namespace ottla::broker
