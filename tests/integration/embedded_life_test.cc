#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <iterator>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "ottla/embedded_broker.h"
#include "ottla/ottla.h"
#include "tests/simulation/seeds.h"

// Embedded brokers that begin and end while they are used: nothing is left of them.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;

std::ptrdiff_t entries(const std::filesystem::path& directory) {
  return std::distance(std::filesystem::directory_iterator(directory), {});
}

// File descriptors and threads of this process.
struct Held {
  std::ptrdiff_t descriptors = entries("/proc/self/fd");
  std::ptrdiff_t threads = entries("/proc/self/task");

  bool operator==(const Held&) const = default;
};

void PrintTo(const Held& held, std::ostream* out) {
  *out << held.descriptors << " descriptors, " << held.threads << " threads";
}

bool is_refused(const std::string& address) {
  const auto colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  if (::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr) != 1) return false;
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int outcome = ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
  const int number = errno;
  ::close(socket);
  return outcome != 0 && number == ECONNREFUSED;
}

// A broker with records on their way in, a fetch and a commit that wait, and whoever else is at
// work on it, until it goes.
class BusyBroker {
 public:
  BusyBroker(const Runtime& runtime, std::uint64_t seed, const std::string& directory)
      : seed_(seed),
        broker_(EmbeddedBroker::start({.topics = {{"a", 2}, {"quiet"}},
                                       .data_directory = directory,
                                       .runtime = runtime,
                                       .log_level = LogLevel::error})
                    .value()),
        producer_(Producer::open({.bootstrap_servers = broker_.address(),
                                  .max_block = 10s,
                                  .runtime = runtime,
                                  .log_level = LogLevel::off})
                      .value()),
        consumer_(Consumer::open({.bootstrap_servers = broker_.address(),
                                  .group_id = "g",
                                  .topics = {"a", "quiet"},
                                  .auto_offset_reset = AutoOffsetReset::earliest,
                                  .fetch_max_wait = 60s,
                                  .request_timeout = 120s,
                                  .runtime = runtime,
                                  .log_level = LogLevel::off})
                      .value()) {}

  // Ends the broker in one of several ways while all of this is under way.
  std::string end() {
    auto address = broker_.address();
    const auto sends = 1 + seed_ % 64;
    for (std::uint64_t i = 0; i < sends; ++i) {
      producer_.send({.topic = "a", .value = std::string(100 + i, 'v')}).forget();
    }
    auto polled = consumer_.next();
    if (seed_ % 3 != 0) producer_.flush().get(10s).value();
    std::thread other;
    if (seed_ % 4 == 0) {
      other = std::thread([this] {
        (void)broker_.advance(1h);
        (void)broker_.records("a");
        (void)broker_.groups();
      });
    }
    if (seed_ % 2 == 0) (void)broker_.close();
    if (other.joinable()) other.join();
    { const EmbeddedBroker ends_here(std::move(broker_)); }
    (void)producer_.close(0ms);
    (void)consumer_.close({.timeout = 0ms});
    return address;
  }

 private:
  const std::uint64_t seed_;
  EmbeddedBroker broker_;
  Producer producer_;
  Consumer consumer_;
};

class EmbeddedLife : public testing::Test {
 protected:
  EmbeddedLife() {
    const auto* name = testing::UnitTest::GetInstance()->current_test_info()->name();
    directory_ = std::filesystem::path(testing::TempDir()) /
                 ("ottla-" + std::string(name) + "-" + std::to_string(::getpid()));
    std::filesystem::create_directories(directory_);
  }
  ~EmbeddedLife() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path directory_;
};

// OTTLA_SEEDS_TIMES=100 makes it 10,000 cycles.
TEST_F(EmbeddedLife, leaves_nothing_behind_however_it_ends) {
  const Held before;
  {
    const auto runtime = Runtime::start().value();
    simulation::for_each_seed(100, [&](std::uint64_t seed) {
      const bool on_disk = seed % 10 == 0;
      const auto place = directory_ / std::to_string(seed);
      const auto address = BusyBroker(runtime, seed, on_disk ? place.string() : "").end();
      EXPECT_TRUE(is_refused(address)) << address;
      if (on_disk) std::filesystem::remove_all(place);
    });
  }
  EXPECT_EQ(Held(), before);
  EXPECT_EQ(entries(directory_), 0);
}

TEST_F(EmbeddedLife, takes_threads_of_its_own_with_it) {
  const Held before;
  simulation::for_each_seed(20, [&](std::uint64_t seed) { BusyBroker({}, seed, {}).end(); });
  EXPECT_EQ(Held(), before);
}

TEST_F(EmbeddedLife, costs_a_port_and_no_thread_on_a_shared_runtime) {
  constexpr int kMostThreads = 3;  // the network's and two workers, which are started when needed
  const Held none;
  const auto runtime = Runtime::start().value();
  std::vector<EmbeddedBroker> brokers;
  const auto start = [&] {
    brokers.push_back(EmbeddedBroker::start({.topics = {{"a"}}, .runtime = runtime}).value());
  };
  start();
  const Held one;
  for (int i = 0; i < 31; ++i) start();
  const Held many;
  EXPECT_EQ(many.descriptors, one.descriptors + 31);
  EXPECT_LE(many.threads, none.threads + kMostThreads);
}

TEST_F(EmbeddedLife, can_be_ended_in_a_callback) {
  const auto on_loop = Runtime::start({.callbacks_on_network_thread = true}).value();
  for (const auto& runtime : {Runtime::start().value(), Runtime(), on_loop}) {
    auto broker = std::make_unique<EmbeddedBroker>(
        EmbeddedBroker::start({.topics = {{"a"}}, .runtime = runtime}).value());
    auto producer =
        Producer::open({.bootstrap_servers = broker->address(), .runtime = runtime}).value();
    const auto address = broker->address();
    std::promise<bool> ended;
    producer.send({.topic = "a", .value = "v"}, [&](const Result<RecordMetadata>& stored) {
      broker.reset();
      ended.set_value(stored.has_value());
    });
    EXPECT_TRUE(ended.get_future().get());
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!is_refused(address)) ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
}

TEST_F(EmbeddedLife, is_not_started_by_the_thread_that_would_serve_it) {
  const auto runtime = Runtime::start({.callbacks_on_network_thread = true}).value();
  auto broker = EmbeddedBroker::start({.topics = {{"a"}}, .runtime = runtime}).value();
  auto producer =
      Producer::open({.bootstrap_servers = broker.address(), .runtime = runtime}).value();
  std::promise<ErrorCode> refused;
  producer.send({.topic = "a", .value = "v"}, [&](const Result<RecordMetadata>&) {
    const auto second = EmbeddedBroker::start({.runtime = runtime});
    refused.set_value(second ? ErrorCode::none : second.error().code());
  });
  EXPECT_EQ(refused.get_future().get(), ErrorCode::would_block);
}

TEST_F(EmbeddedLife, goes_on_where_the_one_before_it_on_the_directory_ended) {
  const auto runtime = Runtime::start().value();
  const auto start = [&] {
    return EmbeddedBroker::start({.data_directory = directory_.string(), .runtime = runtime});
  };
  {
    auto broker = start().value();
    auto producer = Producer::open({.bootstrap_servers = broker.address()}).value();
    ASSERT_TRUE(producer.send({.topic = "a", .value = "v"}).get());
    const auto second = start();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), ErrorCode::already_in_use);
  }
  auto broker = start().value();
  EXPECT_EQ(broker.records("a").value().at(0).value, "v");
  EXPECT_TRUE(broker.groups());
  EXPECT_TRUE(broker.transactions());
}

}  // namespace
}  // namespace ottla::integration
