#include "broker/server/connection.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/endian.h"
#include "broker/server/server.h"
#include "ottla/api_key.h"
#include "protocol/sasl/plain.h"
#include "tests/simulation/simulation.h"

namespace ottla::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Keeps the requests until the test answers them.
class Keeper final : public FrameHandler {
 public:
  void on_frame(const std::shared_ptr<Connection>& connection, Frame frame, Reply reply) override {
    connections.push_back(connection);
    bodies.emplace_back(frame.bytes.view());
    frames.push_back(std::move(frame));
    replies.push_back(std::make_unique<Reply>(std::move(reply)));
  }
  base::Duration delay_connection(const std::string&) override {
    ++connections_counted;
    return connection_delay;
  }
  void answer(std::size_t request, const std::string& text) {
    std::vector<base::Segment> segments;
    segments.emplace_back(base::Slice::own(text));
    replies[request]->send(std::move(segments));
    frames[request] = {};
  }

  std::vector<std::weak_ptr<Connection>> connections;
  std::vector<std::string> bodies;
  std::vector<Frame> frames;
  std::vector<std::unique_ptr<Reply>> replies;
  base::Duration connection_delay{};
  int connections_counted = 0;
};

// A client that collects what it gets, if it reads at all.
class Client final : public base::StreamHandler {
 public:
  void on_readable() override {
    std::string buffer(65536, '\0');
    while (const auto count = stream->read(buffer)) received.append(buffer, 0, count);
  }
  void on_closed(const Error&) override { closed = true; }

  std::unique_ptr<base::Stream> stream;
  std::string received;
  bool closed = false;
};

std::string request(ApiKey api, const std::string& body) {
  std::string bytes(6, '\0');
  base::store_be(bytes.data(), static_cast<std::int32_t>(body.size() + 2));
  base::store_be(bytes.data() + 4, static_cast<std::int16_t>(api));
  return bytes + body;
}

// The server lets a quarter of them be connections, as the broker's own program raises them.
void raise_limit_of_open_files() {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

class ConnectionTest : public testing::Test {
 protected:
  ConnectionTest()
      : broker_(simulation_.add_node("broker")), client_node_(simulation_.add_node("client")) {
    raise_limit_of_open_files();
    broker_.start();
    client_node_.start();
  }

  void serve() {
    on(broker_, [this] {
      server_ = std::make_unique<Server>(
          broker_.runtime().loop(0), config_, Server::Files(),
          base::Logger([this](auto, auto, std::string_view line) { lines_.emplace_back(line); },
                       LogLevel::warn, "server"));
      ListenerConfig listener;
      listener.endpoint = {.host = broker_.address(), .port = 9092};
      ASSERT_TRUE(server_->listen(listener).has_value());
      server_->open(keeper_);
    });
  }

  void TearDown() override {
    on(broker_, [this] { server_.reset(); });
    on(client_node_, [this] { clients_.clear(); });
  }

  Client& connect() { return connect_from(client_node_); }

  Client& connect_from(simulation::SimNode& node) {
    auto& client = *clients_.emplace_back(std::make_unique<Client>());
    on(node, [&] {
      node.transport().connect({.host = broker_.address(), .port = 9092},
                               [&client](Result<std::unique_ptr<base::Stream>> stream) {
                                 client.stream = std::move(*stream);
                                 client.stream->start(client);
                               });
    });
    EXPECT_TRUE(simulation_.run_until([&] { return client.stream != nullptr; }, seconds(5)));
    return client;
  }

  void send(Client& client, const std::string& bytes) {
    on(client_node_, [&] {
      std::vector<base::Segment> segments;
      segments.emplace_back(base::Slice::own(bytes));
      client.stream->write(std::move(segments));
    });
  }

  bool handed_out(std::size_t count) {
    return simulation_.run_until([&] { return keeper_.bodies.size() >= count; }, seconds(5));
  }

  void answer(std::size_t request, const std::string& text) {
    on(broker_, [&] { keeper_.answer(request, text); });
  }

  bool received(Client& client, const std::string& text) {
    return simulation_.run_until([&] { return client.received == text; }, seconds(5));
  }

  void on(simulation::SimNode& node, const std::function<void()>& act) {
    bool done = false;
    node.loop().post([&] {
      act();
      done = true;
    });
    ASSERT_TRUE(simulation_.run_until([&] { return done; }, seconds(1)));
  }

  simulation::Simulation simulation_{7};
  simulation::SimNode& broker_;
  simulation::SimNode& client_node_;
  BrokerConfig config_;
  Keeper keeper_;
  std::unique_ptr<Server> server_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::string> lines_;  // of the log
};

TEST_F(ConnectionTest, a_produce_follows_one_that_still_waits_and_all_else_does_not) {
  serve();
  auto& client = connect();
  send(client, request(ApiKey::produce, "1") + request(ApiKey::produce, "2") +
                   request(ApiKey::metadata, "3") + request(ApiKey::produce, "4"));
  ASSERT_TRUE(handed_out(2));
  simulation_.run_for(seconds(1));
  EXPECT_EQ(keeper_.bodies.size(), 2U);
  answer(0, "a");
  simulation_.run_for(seconds(1));
  EXPECT_EQ(keeper_.bodies.size(), 2U);
  answer(1, "b");
  ASSERT_TRUE(handed_out(3));
  simulation_.run_for(seconds(1));
  EXPECT_EQ(keeper_.bodies.size(), 3U);
  answer(2, "c");
  ASSERT_TRUE(handed_out(4));
  answer(3, "d");
  EXPECT_TRUE(received(client, "abcd"));
}

TEST_F(ConnectionTest, answers_leave_in_the_order_of_the_requests) {
  serve();
  auto& client = connect();
  send(client, request(ApiKey::produce, "1") + request(ApiKey::produce, "2") +
                   request(ApiKey::produce, "3"));
  ASSERT_TRUE(handed_out(3));
  answer(2, "c");
  answer(1, "b");
  simulation_.run_for(seconds(1));
  EXPECT_EQ(client.received, "");
  answer(0, "a");
  EXPECT_TRUE(received(client, "abc"));
}

TEST_F(ConnectionTest, hands_out_at_most_sixteen_unanswered_requests) {
  serve();
  auto& client = connect();
  std::string bytes;
  for (int i = 0; i < 40; ++i) bytes += request(ApiKey::produce, std::to_string(i));
  send(client, bytes);
  ASSERT_TRUE(handed_out(16));
  simulation_.run_for(seconds(1));
  EXPECT_EQ(keeper_.bodies.size(), 16U);
  for (std::size_t i = 0; i < 40; ++i) {
    ASSERT_TRUE(handed_out(i + 1));
    answer(i, "x");
  }
  EXPECT_TRUE(received(client, std::string(40, 'x')));
}

TEST_F(ConnectionTest, a_request_that_is_let_go_of_closes_the_connection) {
  serve();
  auto& client = connect();
  auto& bystander = connect();
  send(client, request(ApiKey::metadata, "1"));
  ASSERT_TRUE(handed_out(1));
  on(broker_, [&] { keeper_.replies[0].reset(); });
  EXPECT_TRUE(simulation_.run_until([&] { return client.closed; }, seconds(5)));
  EXPECT_FALSE(bystander.closed);
}

TEST_F(ConnectionTest, an_idle_client_is_closed_and_a_waiting_one_is_not) {
  config_.connections_max_idle_ms = 1000;
  serve();
  auto& idle = connect();
  auto& waiting = connect();
  send(waiting, request(ApiKey::metadata, "1"));
  ASSERT_TRUE(handed_out(1));
  simulation_.run_for(seconds(5));
  EXPECT_TRUE(idle.closed);
  EXPECT_FALSE(waiting.closed);
  answer(0, "a");
  EXPECT_TRUE(received(waiting, "a"));
}

TEST_F(ConnectionTest, who_has_used_too_much_is_answered_and_then_not_heard_for_a_while) {
  serve();
  auto& client = connect();
  auto& bystander = connect();
  send(client, request(ApiKey::produce, "1") + request(ApiKey::produce, "2"));
  ASSERT_TRUE(handed_out(2));
  on(broker_, [&] { keeper_.replies[0]->mute(seconds(5)); });
  answer(0, "a");
  EXPECT_TRUE(received(client, "a"));
  // What was handed out before is answered all the same.
  answer(1, "b");
  EXPECT_TRUE(received(client, "ab"));
  send(client, request(ApiKey::produce, "3"));
  send(bystander, request(ApiKey::produce, "4"));
  ASSERT_TRUE(handed_out(3));
  EXPECT_EQ(keeper_.bodies[2].substr(2), "4");
  simulation_.run_for(milliseconds(4'500));
  EXPECT_EQ(keeper_.bodies.size(), 3U);
  simulation_.run_for(seconds(1));
  ASSERT_EQ(keeper_.bodies.size(), 4U);
  EXPECT_EQ(keeper_.bodies[3].substr(2), "3");
}

TEST_F(ConnectionTest, requests_that_came_before_the_mute_are_handled_and_later_ones_wait) {
  serve();
  auto& client = connect();
  send(client, request(ApiKey::metadata, "1") + request(ApiKey::metadata, "2"));
  ASSERT_TRUE(handed_out(1));
  on(broker_, [&] { keeper_.replies[0]->mute(seconds(5)); });
  answer(0, "a");
  const auto muted = simulation_.now();
  ASSERT_TRUE(handed_out(2));
  EXPECT_LT(simulation_.now() - muted, seconds(1));
  on(broker_, [&] { keeper_.replies[1]->mute(seconds(8)); });
  answer(1, "b");
  EXPECT_TRUE(received(client, "ab"));
  send(client, request(ApiKey::metadata, "3"));
  simulation_.run_for(milliseconds(7'500));
  EXPECT_EQ(keeper_.bodies.size(), 2U);
  EXPECT_TRUE(handed_out(3));
}

TEST_F(ConnectionTest, a_muted_client_finishes_its_frame_so_that_others_get_the_memory) {
  config_.queued_max_request_bytes = 100;
  serve();
  auto& muted = connect();
  auto& bystander = connect();
  const auto large = request(ApiKey::produce, std::string(200'000, 'x'));
  send(muted, request(ApiKey::produce, "1") + large.substr(0, 10'000));
  ASSERT_TRUE(handed_out(1));
  simulation_.run_for(seconds(1));
  on(broker_, [&] { keeper_.replies[0]->mute(seconds(20)); });
  answer(0, "a");
  send(bystander, request(ApiKey::metadata, "2"));
  simulation_.run_for(seconds(1));
  EXPECT_EQ(keeper_.bodies.size(), 1U);
  send(muted, large.substr(10'000) + request(ApiKey::produce, "3"));
  ASSERT_TRUE(handed_out(2));
  EXPECT_EQ(keeper_.bodies[1].size(), large.size() - 4);
  answer(1, "b");
  ASSERT_TRUE(handed_out(3));
  EXPECT_EQ(keeper_.bodies[2].substr(2), "2");
  answer(2, "c");
  EXPECT_TRUE(received(bystander, "c"));
  simulation_.run_for(seconds(5));
  EXPECT_EQ(keeper_.bodies.size(), 3U);
  simulation_.run_for(seconds(15));
  ASSERT_EQ(keeper_.bodies.size(), 4U);
  EXPECT_EQ(keeper_.bodies[3].substr(2), "3");
}

TEST_F(ConnectionTest, a_muted_client_whose_frame_does_not_go_on_loses_its_connection) {
  config_.queued_max_request_bytes = 100;
  serve();
  auto& muted = connect();
  auto& bystander = connect();
  const auto large = request(ApiKey::produce, std::string(200'000, 'x'));
  send(muted, request(ApiKey::produce, "1") + large.substr(0, 10'000));
  ASSERT_TRUE(handed_out(1));
  on(broker_, [&] { keeper_.replies[0]->mute(seconds(1000)); });
  answer(0, "a");
  send(bystander, request(ApiKey::metadata, "2"));
  simulation_.run_for(seconds(65));
  EXPECT_TRUE(muted.closed);
  ASSERT_EQ(keeper_.bodies.size(), 2U);
  EXPECT_EQ(keeper_.bodies[1].substr(2), "2");
}

TEST_F(ConnectionTest, a_frame_that_begins_in_what_was_read_before_is_watched_too) {
  serve();
  auto& client = connect();
  std::string bytes;
  for (int i = 0; i < 17; ++i) bytes += request(ApiKey::produce, "1");
  send(client, bytes + request(ApiKey::produce, std::string(1000, 'x')).substr(0, 100));
  for (std::size_t i = 0; i < 17; ++i) {
    ASSERT_TRUE(handed_out(i + 1));
    answer(i, "a");
  }
  simulation_.run_for(seconds(65));
  EXPECT_TRUE(client.closed);
}

TEST_F(ConnectionTest, who_is_muted_for_longer_than_one_may_idle_is_closed) {
  config_.connections_max_idle_ms = 1000;
  serve();
  auto& client = connect();
  send(client, request(ApiKey::metadata, "1"));
  ASSERT_TRUE(handed_out(1));
  on(broker_, [&] { keeper_.replies[0]->mute(seconds(1000)); });
  answer(0, "a");
  ASSERT_TRUE(received(client, "a"));
  on(client_node_, [&] { client.stream.reset(); });
  simulation_.run_for(seconds(3));
  EXPECT_EQ(server_->connection_count(), 0U);
}

TEST_F(ConnectionTest, one_that_comes_too_soon_after_others_is_served_later) {
  serve();
  keeper_.connection_delay = seconds(3);
  auto& client = connect();
  send(client, request(ApiKey::metadata, "1"));
  simulation_.run_for(milliseconds(2'500));
  EXPECT_EQ(keeper_.bodies.size(), 0U);
  ASSERT_TRUE(handed_out(1));
  answer(0, "a");
  EXPECT_TRUE(received(client, "a"));
}

TEST_F(ConnectionTest, a_server_that_closes_serves_nobody_who_still_waits) {
  serve();
  keeper_.connection_delay = seconds(3);
  auto& client = connect();
  send(client, request(ApiKey::metadata, "1"));
  simulation_.run_for(seconds(1));
  EXPECT_FALSE(client.closed);
  on(broker_, [&] { server_->close(); });
  simulation_.run_for(seconds(1));
  EXPECT_TRUE(client.closed);
  simulation_.run_for(seconds(5));
  EXPECT_EQ(keeper_.bodies.size(), 0U);
}

TEST_F(ConnectionTest, one_that_is_refused_does_not_count_and_one_that_waits_takes_a_place) {
  config_.max_connections_per_ip = 1;
  serve();
  keeper_.connection_delay = seconds(10);
  auto& waiting = connect();
  auto& refused = connect();
  EXPECT_TRUE(simulation_.run_until([&] { return refused.closed; }, seconds(5)));
  EXPECT_EQ(keeper_.connections_counted, 1);
  send(waiting, request(ApiKey::metadata, "1"));
  simulation_.run_for(seconds(10));
  ASSERT_EQ(keeper_.bodies.size(), 1U);
  on(client_node_, [&] { waiting.stream.reset(); });
  simulation_.run_for(seconds(1));
  keeper_.connection_delay = {};
  auto& next = connect();
  send(next, request(ApiKey::metadata, "2"));
  EXPECT_TRUE(handed_out(2));
}

TEST_F(ConnectionTest, a_host_of_which_many_wait_is_refused_and_another_one_is_not) {
  serve();
  auto& other_node = simulation_.add_node("other");
  other_node.start();
  keeper_.connection_delay = seconds(1000);
  for (int i = 0; i < 100; ++i) connect();
  auto& refused = connect();
  EXPECT_TRUE(simulation_.run_until([&] { return refused.closed; }, seconds(5)));
  EXPECT_FALSE(clients_[99]->closed);
  keeper_.connection_delay = {};
  auto& other = connect_from(other_node);
  send(other, request(ApiKey::metadata, "1"));
  EXPECT_TRUE(handed_out(1));
  on(other_node, [&] { other.stream.reset(); });
}

TEST_F(ConnectionTest, a_spent_budget_holds_others_back_until_it_is_free) {
  config_.queued_max_request_bytes = 100;
  serve();
  auto& first = connect();
  auto& second = connect();
  send(first, request(ApiKey::metadata, std::string(200, '1')));
  ASSERT_TRUE(handed_out(1));
  send(second, request(ApiKey::metadata, "2"));
  simulation_.run_for(seconds(1));
  EXPECT_EQ(keeper_.bodies.size(), 1U);
  answer(0, "a");
  ASSERT_TRUE(handed_out(2));
  answer(1, "b");
  EXPECT_TRUE(received(second, "b"));
}

TEST_F(ConnectionTest, a_budget_held_by_a_client_that_leaves_is_free_again) {
  config_.queued_max_request_bytes = 100;
  serve();
  auto& first = connect();
  auto& second = connect();
  send(first, request(ApiKey::metadata, std::string(200, '1')).substr(0, 50));
  simulation_.run_for(seconds(1));
  send(second, request(ApiKey::metadata, "2"));
  simulation_.run_for(seconds(1));
  EXPECT_EQ(keeper_.bodies.size(), 0U);
  on(client_node_, [&] { first.stream.reset(); });
  ASSERT_TRUE(handed_out(1));
  EXPECT_EQ(keeper_.bodies[0].substr(2), "2");
}

TEST_F(ConnectionTest, a_frame_that_begins_and_does_not_go_on_ends_its_connection) {
  serve();
  auto& stalled = connect();
  auto& pausing = connect();
  const auto large = request(ApiKey::produce, std::string(1 << 20, 'x'));
  send(stalled, large.substr(0, 100));
  const auto whole = request(ApiKey::produce, "1");
  for (int i = 0; i < 8; ++i) {  // what begins is finished, and the next begins: no reason to end
    send(pausing, whole.substr(0, 6));
    simulation_.run_for(seconds(10));
    send(pausing, whole.substr(6));
    ASSERT_TRUE(handed_out(static_cast<std::size_t>(i) + 1));
    answer(static_cast<std::size_t>(i), "a");
  }
  EXPECT_TRUE(stalled.closed);
  EXPECT_FALSE(pausing.closed);
}

TEST_F(ConnectionTest, a_client_that_goes_ends_what_waits_for_it) {
  serve();
  auto& client = connect();
  send(client, request(ApiKey::fetch, "1"));
  ASSERT_TRUE(handed_out(1));
  bool abandoned = false;
  on(broker_, [&] { keeper_.replies[0]->abandon_with([&] { abandoned = true; }); });
  simulation_.run_for(seconds(1));
  EXPECT_FALSE(abandoned);
  on(client_node_, [&] { client.stream.reset(); });
  EXPECT_TRUE(simulation_.run_until([&] { return abandoned; }, seconds(5)));
}

TEST_F(ConnectionTest, what_was_answered_is_not_abandoned) {
  serve();
  auto& client = connect();
  send(client, request(ApiKey::fetch, "1"));
  ASSERT_TRUE(handed_out(1));
  bool abandoned = false;
  on(broker_, [&] { keeper_.replies[0]->abandon_with([&] { abandoned = true; }); });
  answer(0, "a");
  ASSERT_TRUE(received(client, "a"));
  on(client_node_, [&] { client.stream.reset(); });
  simulation_.run_for(seconds(5));
  EXPECT_FALSE(abandoned);
}

TEST_F(ConnectionTest, a_client_that_does_not_read_gets_no_further_request_handled) {
  serve();
  auto& client = connect();
  on(client_node_, [&] { client.stream->pause_reading(); });
  for (int i = 0; i < 10; ++i) send(client, request(ApiKey::metadata, std::to_string(i)));
  ASSERT_TRUE(handed_out(1));
  std::size_t answered = 0;
  while (answered < keeper_.bodies.size()) {
    answer(answered++, std::string(4 << 20, 'x'));
    simulation_.run_for(seconds(1));
  }
  EXPECT_LT(keeper_.bodies.size(), 3U);
  on(client_node_, [&] { client.stream->resume_reading(); });
  while (answered < 10) {
    ASSERT_TRUE(handed_out(answered + 1));
    answer(answered++, "y");
  }
}

TEST_F(ConnectionTest, one_host_has_so_many_connections_that_have_not_logged_in) {
  config_.sasl_listeners["PLAINTEXT"].mechanisms["PLAIN"].passwords["alice"] = "wonder";
  serve();
  auto& first = connect();
  for (std::size_t i = 1; i < UnknownClients::kMostOfHost; ++i) connect();
  auto& refused = connect();
  auto& again = connect();
  EXPECT_TRUE(simulation_.run_until([&] { return refused.closed && again.closed; }, seconds(5)));
  EXPECT_FALSE(first.closed);
  send(first, request(ApiKey::sasl_authenticate, "1"));
  ASSERT_TRUE(handed_out(1));
  on(broker_, [&] {
    auto& sasl = *keeper_.connections[0].lock()->sasl();
    ASSERT_TRUE(sasl.on_handshake("PLAIN"));
    ASSERT_TRUE(sasl.on_authenticate(protocol::encode_plain({"alice", "wonder"}),
                                     *MetadataImage::empty("cluster"), {}));
  });
  answer(0, "a");
  ASSERT_TRUE(received(first, "a"));
  auto& let_in = connect();
  send(let_in, request(ApiKey::sasl_handshake, "2"));
  EXPECT_TRUE(handed_out(2));
}

TEST_F(ConnectionTest, a_connection_that_ends_without_logging_in_makes_room) {
  config_.sasl_listeners["PLAINTEXT"].mechanisms["PLAIN"] = {};
  serve();
  auto& first = connect();
  for (std::size_t i = 1; i < UnknownClients::kMostOfHost; ++i) connect();
  on(client_node_, [&] { first.stream.reset(); });
  simulation_.run_for(seconds(1));
  auto& let_in = connect();
  send(let_in, request(ApiKey::sasl_handshake, "1"));
  EXPECT_TRUE(handed_out(1));
}

TEST_F(ConnectionTest, refusing_those_who_have_not_logged_in_is_logged_once_a_second) {
  config_.sasl_listeners["PLAINTEXT"].mechanisms["PLAIN"] = {};
  serve();
  for (std::size_t i = 0; i < UnknownClients::kMostOfHost; ++i) connect();
  const auto begun = simulation_.now();
  for (int i = 0; i < 20; ++i) connect();
  const auto took = simulation_.now() - begun;
  const auto warnings = [this] {
    return std::count_if(lines_.begin(), lines_.end(), [](const std::string& line) {
      return line.find(" from one host") != std::string::npos;
    });
  };
  EXPECT_GE(warnings(), 1);
  EXPECT_LE(warnings(), 1 + took / seconds(1));
}

TEST_F(ConnectionTest, where_nobody_logs_in_one_host_may_have_more_connections) {
  serve();
  for (std::size_t i = 0; i < UnknownClients::kMostOfHost; ++i) connect();
  auto& one_more = connect();
  send(one_more, request(ApiKey::metadata, "1"));
  EXPECT_TRUE(handed_out(1));
}

TEST_F(ConnectionTest, a_client_that_has_not_logged_in_may_leave_little_unread) {
  constexpr std::size_t kAnswer = 32 << 10;
  config_.sasl_listeners["PLAINTEXT"].mechanisms["PLAIN"] = {};
  serve();
  auto& client = connect();
  on(client_node_, [&] { client.stream->pause_reading(); });
  for (int i = 0; i < 100; ++i) send(client, request(ApiKey::api_versions, std::to_string(i)));
  ASSERT_TRUE(handed_out(1));
  std::size_t answered = 0;
  while (answered < keeper_.bodies.size()) {
    answer(answered++, std::string(kAnswer, 'x'));
    simulation_.run_for(milliseconds(50));
  }
  // What the network holds, and one answer that went beyond the limit.
  EXPECT_LT(answered * kAnswer, std::size_t{1 << 20});
  EXPECT_FALSE(client.closed);
}

}  // namespace
}  // namespace ottla::broker
