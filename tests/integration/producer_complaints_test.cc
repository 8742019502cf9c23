#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ottla/embedded_broker.h"
#include "ottla/ottla.h"

// What users of other producers complain of, with real threads and sockets.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Far more than anything here takes; only something that hangs needs it.
constexpr auto kHang = 60s;

// A port of the loopback that accepts connections, by the kernel alone, and never says a word; with
// `listening` false one that refuses them.
class SilentPort {
 public:
  explicit SilentPort(bool listening = true) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_, generic, size), 0);
    if (listening) {
      EXPECT_EQ(::listen(socket_, 16), 0);
    }
    EXPECT_EQ(::getsockname(socket_, generic, &size), 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~SilentPort() { ::close(socket_); }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;

  const std::string& address() const { return address_; }

 private:
  int socket_;
  std::string address_;
};

class ProducerComplaints : public testing::Test {
 protected:
  void start_broker(std::vector<EmbeddedTopic> topics = {{.name = "t"}}) {
    auto started = EmbeddedBroker::start({.topics = std::move(topics)});
    ASSERT_TRUE(started) << started.error();
    broker_.emplace(std::move(*started));
  }
  Producer open(const std::string& address, ProducerConfig config = {}) {
    config.bootstrap_servers = address;
    config.log_level = LogLevel::off;
    return Producer::open(std::move(config)).value();
  }
  Producer open(ProducerConfig config = {}) { return open(broker_->address(), std::move(config)); }

  std::optional<EmbeddedBroker> broker_;
};

TEST_F(ProducerComplaints, close_returns_though_no_broker_can_be_reached) {
  const SilentPort nobody(false);
  auto producer = open(nobody.address());
  std::thread sender([&] {
    const auto sent = producer.send({.topic = "t", .value = "v"}).get();
    EXPECT_EQ(sent.error().code(), ErrorCode::closed);
  });
  const auto began = Clock::now();
  (void)producer.close(100ms);
  sender.join();
  EXPECT_LT(Clock::now() - began, kHang);
}

TEST_F(ProducerComplaints, close_returns_while_connecting) {
  const SilentPort silent;
  auto producer = open(silent.address());
  auto known = producer.warm_up("t");
  const auto began = Clock::now();
  (void)producer.close(100ms);
  EXPECT_EQ(known.get().error().code(), ErrorCode::closed);
  EXPECT_LT(Clock::now() - began, kHang);
}

TEST_F(ProducerComplaints, the_destructor_returns_though_no_broker_can_be_reached) {
  const SilentPort silent;
  const auto began = Clock::now();
  std::optional<Future<void>> known;
  {
    auto producer =
        open(silent.address(), {.linger = 0ms, .delivery_timeout = 1s, .request_timeout = 500ms});
    known = producer.warm_up("t");
  }
  EXPECT_FALSE(known->get());
  EXPECT_LT(Clock::now() - began, kHang);
}

TEST_F(ProducerComplaints, close_ends_every_future_of_records_that_are_on_their_way) {
  start_broker();
  auto producer = open({.linger = 0ms});
  ASSERT_TRUE(producer.warm_up("t").get());
  broker_->delay_next(ApiKey::produce, 1h, 100);
  std::vector<Future<RecordMetadata>> sent;
  for (int i = 0; i < 100; ++i) sent.push_back(producer.send({.topic = "t", .value = "v"}));
  const auto closed = producer.close(200ms);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code(), ErrorCode::timed_out);
  for (auto& one : sent) {
    ASSERT_TRUE(one.ready());
    EXPECT_EQ(one.get().error().code(), ErrorCode::closed);
  }
  EXPECT_TRUE(producer.close()) << "again is nothing";
  EXPECT_EQ(producer.send({.topic = "t", .value = "v"}).get().error().code(), ErrorCode::closed);
}

TEST_F(ProducerComplaints, a_callback_that_closes_is_told_that_it_cannot) {
  start_broker();
  auto producer = open();
  std::promise<ErrorCode> answered;
  producer.send({.topic = "t", .value = "v"}, [&](const auto&) {
    const auto closed = producer.close();
    answered.set_value(closed ? ErrorCode::none : closed.error().code());
  });
  auto code = answered.get_future();
  ASSERT_EQ(code.wait_for(kHang), std::future_status::ready);
  EXPECT_EQ(code.get(), ErrorCode::invalid_argument);
  EXPECT_TRUE(producer.close());
}

TEST_F(ProducerComplaints, a_callback_may_destroy_the_producer) {
  start_broker();
  auto producer = std::make_unique<Producer>(open());
  std::promise<void> destroyed;
  auto& current = *producer;
  current.send({.topic = "t", .value = "v"}, [&](const auto&) {
    producer.reset();
    destroyed.set_value();
  });
  EXPECT_EQ(destroyed.get_future().wait_for(kHang), std::future_status::ready);
}

TEST_F(ProducerComplaints, memory_is_bounded_while_a_broker_takes_nothing) {
  start_broker();
  constexpr std::size_t kMemory = 1 << 20;
  auto producer = open({.linger = 0ms, .buffer_memory = kMemory});
  ASSERT_TRUE(producer.warm_up("t").get());
  broker_->delay_next(ApiKey::produce, 1h, 100);
  const std::string value(1000, 'v');
  std::vector<Future<RecordMetadata>> sent;
  while (sent.size() < 100'000) {
    auto one = producer.try_send({.topic = "t", .value = value});
    if (!one) {
      EXPECT_EQ(one.error().code(), ErrorCode::would_block);
      break;
    }
    sent.push_back(std::move(*one));
  }
  EXPECT_LT(sent.size() * value.size(), 2 * kMemory);
  EXPECT_LT(producer.metrics().value("buffer-available-bytes"), double{16384});
  (void)producer.close(0ms);
  for (auto& one : sent) EXPECT_TRUE(one.ready());
}

// What a forked child finds, as an exit code: 0 if all is as it should be.
int use_in_child(Producer& producer, Future<RecordMetadata>& pending) {
  const auto closed = [](const auto& result) {
    return !result && result.error().code() == ErrorCode::closed;
  };
  if (!closed(producer.send({.topic = "t", .value = "child"}).get())) return 1;
  bool called = false;
  producer.send({.topic = "t", .value = "child"},
                [&](const auto& result) { called = closed(result); });
  if (!called) return 2;
  if (!closed(producer.try_send({.topic = "t", .value = "child"}))) return 3;
  if (!closed(producer.flush().get())) return 4;
  if (!closed(producer.warm_up("t").get())) return 5;
  if (!closed(producer.partitions_for("t").get())) return 6;
  if (!closed(producer.close())) return 7;
  if (!producer.metrics().metrics.empty()) return 8;
  if (!pending.ready() && pending.get()) return 9;
  { const Producer moved(std::move(producer)); }
  return 0;
}

TEST_F(ProducerComplaints, in_a_forked_child_every_call_is_an_error_and_the_parent_goes_on) {
  start_broker();
  auto producer = open({.linger = 0ms});
  ASSERT_TRUE(producer.send({.topic = "t", .value = "a"}).get());
  broker_->delay_next(ApiKey::produce, 1s);
  auto pending = producer.send({.topic = "t", .value = "b"});
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(use_in_child(producer, pending));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(pending.get());
  EXPECT_EQ(producer.send({.topic = "t", .value = "c"}).get().value().offset(), 2)
      << "the child sent nothing";
}

// Batches expire while the network has them, connections break with half of a batch written, and
// memory is so short that each block is used again at once: no record may ever be found in another
// topic or partition than its own (the class of CVE-2026-35554).
class BufferReuse : public ProducerComplaints {
 protected:
  static constexpr int kTopics = 3;
  static constexpr int kPartitions = 2;
  static constexpr int kThreads = 3;

  static std::string topic(int number) { return "reuse-" + std::to_string(number); }
  static std::string tag(int topic, int partition) {
    return std::to_string(topic) + "/" + std::to_string(partition) + ":";
  }

  void SetUp() override {
    std::vector<EmbeddedTopic> topics;
    for (int i = 0; i < kTopics; ++i) {
      topics.push_back({.name = topic(i), .partitions = kPartitions});
    }
    start_broker(std::move(topics));
  }

  void send_all(Producer& producer, int thread, int count) {
    for (int i = 0; i < count; ++i) {
      if (i % 100 == 0) broker_->delay_next(ApiKey::produce, 55ms);
      if (i % 350 == 0) broker_->drop_connection_next(ApiKey::produce);
      const int to = (thread + i) % kTopics;
      const int partition = i % kPartitions;
      const auto value = tag(to, partition) + std::string(100 + (i * 37) % 400, 'x');
      producer.send({.topic = topic(to), .value = value, .partition = partition},
                    [&](const auto& result) { ++(result ? delivered_ : failed_); });
    }
  }

  // By a producer that has time.
  void send_one_to_each() {
    auto producer = open();
    for (int i = 0; i < kTopics; ++i) {
      for (int partition = 0; partition < kPartitions; ++partition) {
        const auto value = tag(i, partition);
        EXPECT_TRUE(
            producer.send({.topic = topic(i), .value = value, .partition = partition}).get());
        ++delivered_;
      }
    }
  }

  // How many records lie in the partition, all of which must be its own.
  std::uint64_t check(Consumer& consumer, int number, int partition) {
    const TopicPartition at{topic(number), partition};
    EXPECT_TRUE(consumer.assign({at}));
    const auto end = consumer.end_offsets({at}).get().value().at(at);
    std::uint64_t count = 0;
    while (consumer.position(at).get().value() < end) {
      const auto batch = consumer.poll(1s);
      EXPECT_TRUE(batch) << batch.error();
      if (!batch) break;
      for (const auto& record : *batch) {
        EXPECT_TRUE(record.value().starts_with(tag(number, partition))) << record.value();
        ++count;
      }
    }
    return count;
  }

  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::uint64_t> failed_{0};
};

TEST_F(BufferReuse, a_batch_that_expires_while_it_is_sent_keeps_its_memory) {
  constexpr int kRecords = 1000;  // of each thread
  auto producer = open({.linger = 0ms,
                        .batch_size = 2048,
                        .buffer_memory = 16384,
                        .max_block = 10s,
                        .delivery_timeout = 60ms,
                        .request_timeout = 50ms,
                        .retry_backoff = 1ms,
                        .reconnect_backoff = 1ms,
                        .reconnect_backoff_max = 5ms});
  for (int i = 0; i < kTopics; ++i) ASSERT_TRUE(producer.warm_up(topic(i)).get());
  std::vector<std::thread> senders;
  for (int i = 0; i < kThreads; ++i) {
    senders.emplace_back([&, i] { send_all(producer, i, kRecords); });
  }
  for (auto& sender : senders) sender.join();
  (void)producer.flush().get();
  EXPECT_EQ(delivered_ + failed_, std::uint64_t{kThreads} * kRecords);
  send_one_to_each();
  auto consumer = Consumer::open({.bootstrap_servers = broker_->address(),
                                  .auto_offset_reset = AutoOffsetReset::earliest,
                                  .log_level = LogLevel::off})
                      .value();
  std::uint64_t stored = 0;
  for (int i = 0; i < kTopics; ++i) {
    for (int partition = 0; partition < kPartitions; ++partition) {
      stored += check(consumer, i, partition);
    }
  }
  EXPECT_GE(stored, delivered_.load());
  EXPECT_LE(stored, std::uint64_t{kThreads} * kRecords + kTopics * kPartitions)
      << "something is stored twice";
}

}  // namespace
}  // namespace ottla::integration
