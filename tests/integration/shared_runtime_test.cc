#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ottla/admin.h"
#include "ottla/consumer.h"
#include "ottla/embedded_broker.h"
#include "ottla/producer.h"
#include "ottla/runtime.h"

// Clients and brokers of a process on the same threads.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;

std::ptrdiff_t entries(const char* directory) {
  return std::distance(std::filesystem::directory_iterator(directory), {});
}

class SharedRuntime : public testing::Test {
 protected:
  EmbeddedBroker start_broker() {
    return EmbeddedBroker::start({.topics = {{.name = "t"}}, .runtime = runtime_}).value();
  }
  Producer open_producer(const EmbeddedBroker& broker) {
    return Producer::open({.bootstrap_servers = broker.address(), .runtime = runtime_}).value();
  }

  Runtime runtime_ = Runtime::start().value();
};

TEST_F(SharedRuntime, has_few_threads_however_many_clients_and_brokers) {
  constexpr int started_when_used = 4;  // two workers, one for names and one for callbacks
  const auto most = entries("/proc/self/task") + started_when_used;
  std::vector<EmbeddedBroker> brokers;
  std::vector<Producer> producers;
  std::vector<Consumer> consumers;
  for (int i = 0; i < 8; ++i) {
    brokers.push_back(start_broker());
    producers.push_back(open_producer(brokers.back()));
    const auto sent = producers.back().send({.topic = "t", .value = std::to_string(i)}).get();
    ASSERT_TRUE(sent) << sent.error();
    consumers.push_back(Consumer::open({.bootstrap_servers = brokers.back().address(),
                                        .group_id = "g",
                                        .topics = {"t"},
                                        .auto_offset_reset = AutoOffsetReset::earliest,
                                        .runtime = runtime_})
                            .value());
    const auto polled = consumers.back().poll(30s);
    ASSERT_TRUE(polled) << polled.error();
    ASSERT_EQ(polled->size(), 1U);
  }
  EXPECT_LE(entries("/proc/self/task"), most);
}

TEST_F(SharedRuntime, refuses_a_number_of_workers_that_makes_no_sense) {
  for (const auto workers : {-1, 0, 65}) {
    const auto started = Runtime::start({.workers = workers});
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code(), ErrorCode::invalid_argument);
    EXPECT_NE(started.error().message().find("workers"), std::string::npos);
  }
}

TEST_F(SharedRuntime, refuses_a_look_that_is_too_long) {
  for (const auto look : {-1us, 10'001us}) {
    const auto started = Runtime::start({.busy_poll = look});
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code(), ErrorCode::invalid_argument);
    EXPECT_NE(started.error().message().find("busy_poll"), std::string::npos);
  }
}

TEST_F(SharedRuntime, may_look_long_and_call_back_on_the_network_thread) {
  runtime_ = Runtime::start({.busy_poll = 200us, .callbacks_on_network_thread = true}).value();
  auto broker = start_broker();
  auto producer = std::make_unique<Producer>(open_producer(broker));
  auto other = open_producer(broker);
  std::promise<std::thread::id> first;
  std::promise<std::thread::id> second;
  std::promise<ErrorCode> waited;
  producer->send({.topic = "t", .value = "a"}, [&](const Result<RecordMetadata>& sent) {
    EXPECT_TRUE(sent);
    first.set_value(std::this_thread::get_id());
  });
  other.send({.topic = "t", .value = "b"}, [&](const Result<RecordMetadata>&) {
    second.set_value(std::this_thread::get_id());
    waited.set_value(other.send({.topic = "t", .value = "c"}).get().error().code());
  });
  const auto id = first.get_future().get();
  EXPECT_EQ(second.get_future().get(), id);
  EXPECT_NE(id, std::this_thread::get_id());
  EXPECT_EQ(waited.get_future().get(), ErrorCode::would_block);
  // A client may end there, too.
  std::promise<void> ended;
  other.send({.topic = "t", .value = "d"}, [&](const Result<RecordMetadata>&) {
    producer.reset();
    ended.set_value();
  });
  ended.get_future().get();
  EXPECT_TRUE(other.flush().get());
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    EXPECT_NE(name, "ottla-callback");
  }
}

TEST_F(SharedRuntime, opens_nothing_in_a_forked_child_and_leaves_the_threads_to_the_parent) {
  auto broker = start_broker();
  auto producer = open_producer(broker);
  ASSERT_TRUE(producer.send({.topic = "t", .value = "v"}).get());
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto refused = Admin::open({.bootstrap_servers = "b:1", .runtime = runtime_});
    const bool closed = !refused && refused.error().code() == ErrorCode::closed;
    { const Producer moved(std::move(producer)); }
    runtime_ = {};
    ::_exit(closed ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(producer.send({.topic = "t", .value = "w"}).get());
}

}  // namespace
}  // namespace ottla::integration
