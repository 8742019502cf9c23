#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <utility>

#include "ottla/admin.h"
#include "ottla/consumer.h"

namespace ottla {
namespace {

using namespace std::chrono_literals;

template <class T>
bool closed(const Result<T>& result) {
  return !result && result.error().code() == ErrorCode::closed;
}

// What a forked child finds, as an exit code: 0 if all is as it should be. One that hangs is ended.
int in_child(const std::function<int()>& work) {
  const auto child = ::fork();
  if (child == 0) {
    ::alarm(30);
    ::_exit(work());
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "the child hung, or crashed";
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct Listener final : ConsumerRebalanceListener {
  void on_partitions_assigned(const std::vector<TopicPartition>&) override { ++calls; }
  void on_partitions_revoked(const std::vector<TopicPartition>&) override { ++calls; }
  int calls = 0;
};

int use_consumer(Consumer& consumer, const Listener& listener) {
  const std::vector<TopicPartition> one{{"t", 0}};
  if (!closed(consumer.poll(1h))) return 1;
  if (!closed(consumer.next().get())) return 2;
  if (!closed(consumer.assign(one)) || !closed(consumer.unsubscribe())) return 3;
  if (!closed(consumer.seek({"t", 0}, 1)) || !closed(consumer.seek_to_end(one))) return 4;
  if (!closed(consumer.pause(one)) || !closed(consumer.resume(one))) return 5;
  if (!closed(consumer.commit().get()) || !closed(consumer.committed(one).get())) return 6;
  if (!closed(consumer.position({"t", 0}).get())) return 7;
  if (!closed(consumer.end_offsets(one).get()) || !closed(consumer.list_topics().get())) return 8;
  if (!closed(consumer.partitions_for("t").get())) return 9;
  if (!consumer.assignment().empty() || !consumer.subscription().empty()) return 10;
  if (consumer.current_lag({"t", 0}) || !consumer.paused().empty()) return 11;
  if (!consumer.group_metadata().group_id.empty()) return 12;
  if (!closed(consumer.subscribe({"t"})) || !closed(consumer.enforce_rebalance("test"))) return 13;
  if (!closed(consumer.close())) return 14;
  { const Consumer moved(std::move(consumer)); }
  return listener.calls == 0 ? 0 : 15;
}

TEST(ForkedChild, every_call_of_a_consumer_is_an_error_and_its_end_leaves_the_parent_alone) {
  auto listener = std::make_shared<Listener>();
  auto consumer =
      Consumer::open(
          {.bootstrap_servers = "127.0.0.1:1", .group_id = "g", .log_level = LogLevel::off})
          .value();
  ASSERT_TRUE(consumer.subscribe({"t"}, listener));
  EXPECT_EQ(in_child([&] { return use_consumer(consumer, *listener); }), 0);
  EXPECT_EQ(consumer.subscription(), std::vector<std::string>{"t"});
  EXPECT_TRUE(consumer.close({.timeout = 0ms}));
}

int use_admin(Admin& admin) {
  if (!closed(admin.create_topics({{.name = "t"}}).get())) return 1;
  if (!closed(admin.delete_topics({"t"}).get()) || !closed(admin.list_topics().get())) return 2;
  if (!closed(admin.describe_topics({"t"}).get())) return 3;
  if (!closed(admin.describe_cluster().get())) return 4;
  if (!closed(admin.delete_records({{{"t", 0}, 1}}).get())) return 5;
  if (!closed(admin.describe_features().get())) return 6;
  if (!closed(admin.update_features({{"group.version", {.level = 1}}}).get())) return 7;
  if (!closed(admin.elect_leaders(ElectionType::preferred).get())) return 8;
  if (!closed(admin.close())) return 9;
  { const Admin moved(std::move(admin)); }
  return 0;
}

TEST(ForkedChild, every_call_of_an_admin_is_an_error_and_its_end_leaves_the_parent_alone) {
  auto admin =
      Admin::open({.bootstrap_servers = "127.0.0.1:1", .log_level = LogLevel::off}).value();
  EXPECT_EQ(in_child([&] { return use_admin(admin); }), 0);
  EXPECT_TRUE(admin.close());
}

}  // namespace
}  // namespace ottla
