#include "client/network/network_client.h"

#include <gtest/gtest.h>

#include "base/endian.h"
#include "tests/unit/client/network/network_world.h"

namespace ottla::client {
namespace {

const BrokerId kFirst(1);
const BrokerId kSecond(2);

base::SharedBuffer frame_of(std::int32_t size, const std::string& rest) {
  std::string bytes(4, '\0');
  base::store_be<std::int32_t>(bytes.data(), size);
  return base::SharedBuffer::own(bytes + rest);
}

std::string correlation_id_of(const protocol::RequestFrame& request, std::int32_t off_by = 0) {
  std::string bytes(4, '\0');
  base::store_be<std::int32_t>(bytes.data(), request.header.correlation_id + off_by);
  return bytes;
}

TEST(NetworkClient, connects_when_it_is_asked_something) {
  NetworkWorld world;
  world.start();
  world.sim.run_for(1s);
  EXPECT_EQ(world.sim.network().connections_made(), 0U);
  const auto& outcome = world.wait(world.ask());
  EXPECT_FALSE(outcome.error) << *outcome.error;
  EXPECT_EQ(outcome.broker, 1);
  EXPECT_EQ(world.broker(1).requests(ApiKey::api_versions), 1);
}

TEST(NetworkClient, rests_while_there_is_nothing_to_do) {
  NetworkWorld world;
  world.start();
  world.wait(world.ask());
  // The last timer to come is that of the request that was answered.
  world.sim.run_for(1min);
  const auto before = world.turns;
  world.sim.run_for(5min);
  EXPECT_EQ(world.turns, before);
}

// Every way in which bytes can be wrong: what waits fails, naming the broker, and the next request
// goes by a new connection.
TEST(NetworkClient, an_answer_that_cannot_be_ends_the_connection_and_names_the_broker) {
  using Answer = FakeBroker::Answer;
  using Frame = protocol::RequestFrame;
  const std::vector<std::pair<std::string, std::function<Answer(const Frame&)>>> lies = {
      {"malformed", [](const Frame& f) { return frame_of(6, correlation_id_of(f) + "\x7f\x7f"); }},
      {"malformed", [](const Frame& f) { return frame_of(4, correlation_id_of(f)); }},
      {"next", [](const Frame& f) { return frame_of(4, correlation_id_of(f, 1)); }},
      {"announced a frame of -1", [](const Frame&) { return frame_of(-1, "rest"); }},
      {"announced a frame of 3", [](const Frame&) { return frame_of(3, "rest"); }},
      {"announced a frame of 2147483647", [](const Frame&) { return frame_of(0x7fffffff, ""); }},
      // What a web server says.
      {"another security protocol",
       [](const Frame&) { return base::SharedBuffer::own("HTTP/1.1 400 Bad Request"); }},
  };
  for (const auto& [expected, lie] : lies) {
    NetworkWorld world;
    world.start();
    world.answer_bytes(1, lie);
    const auto first = world.ask();
    const auto second = world.ask();
    for (const auto place : {first, second}) {
      const auto& outcome = world.wait(place);
      ASSERT_TRUE(outcome.error) << expected;
      EXPECT_EQ(outcome.error->code(), ErrorCode::network_exception);
      EXPECT_EQ(outcome.error->context().broker, "broker1:9092") << outcome.error->to_string();
    }
    EXPECT_NE(world.outcomes[first].error->message().find(expected), std::string::npos)
        << world.outcomes[first].error->to_string();
    world.answer_metadata(1);
    EXPECT_FALSE(world.wait(world.ask()).error);
    EXPECT_EQ(world.broker(1).requests(ApiKey::api_versions), 2);
  }
}

TEST(NetworkClient, an_answer_in_pieces_is_put_together) {
  NetworkWorld world;
  world.sim.network().set_options({.least_window = 1, .most_window = 7});
  world.start();
  EXPECT_FALSE(world.wait(world.ask()).error);
}

TEST(NetworkClient, a_late_answer_ends_the_connection_and_what_waits_behind_it) {
  NetworkWorld world;
  world.config.request_timeout = 2s;
  world.start();
  world.wait(world.ask());
  world.stall(1);
  const auto asked = world.sim.now();
  const auto late = world.ask(kFirst, 1s);
  EXPECT_TRUE(world.wait(late).error) << "there is no broker 1 yet";
  const auto first = world.ask(kAnyBroker, 1s);
  const auto behind = world.ask(kAnyBroker, 1min);
  EXPECT_EQ(world.wait(first).error->code(), ErrorCode::request_timed_out);
  EXPECT_EQ(world.wait(behind).error->code(), ErrorCode::request_timed_out);
  EXPECT_EQ(world.outcomes[first].error->context().broker, "broker1:9092");
  EXPECT_GE(world.outcomes[first].when - asked, 1s);
  EXPECT_LT(world.outcomes[behind].when - asked, 1500ms) << "not its own time, the connection's";
}

TEST(NetworkClient, sends_no_more_than_may_be_in_flight_and_expires_the_rest) {
  NetworkWorld world;
  world.config.max_in_flight = 2;
  world.config.request_timeout = 3s;
  world.start();
  world.set_brokers({{kFirst, world.endpoint(1)}});
  world.wait(world.ask(kFirst));
  world.stall(1);
  for (int i = 0; i < 4; ++i) world.ask(kFirst, i < 2 ? 10s : 1s);
  world.sim.run_for(500ms);
  EXPECT_EQ(world.seen(1), 1 + 2);
  EXPECT_FALSE(world.outcomes[3].told);
  world.sim.run_for(1s);
  ASSERT_TRUE(world.outcomes[3].told && world.outcomes[4].told);
  EXPECT_EQ(world.outcomes[3].error->code(), ErrorCode::request_timed_out);
  EXPECT_EQ(world.outcomes[3].error->context().broker, "broker1:9092");
  EXPECT_FALSE(world.outcomes[1].told) << "those that have left are not late yet";
}

TEST(NetworkClient, obeys_a_throttle_and_keeps_the_order) {
  NetworkWorld world;
  world.start();
  world.answer_metadata(1, 5000);
  const auto throttled = world.sim.now();
  EXPECT_FALSE(world.wait(world.ask()).error);
  const auto next = world.ask();
  const auto after = world.ask();
  world.answer_metadata(1);
  world.sim.run_for(4s);
  EXPECT_FALSE(world.outcomes[next].told);
  EXPECT_EQ(world.seen(1), 1);
  EXPECT_GE(world.wait(next).when - throttled, 5s);
  EXPECT_LT(world.outcomes[next].when - throttled, 6s);
  EXPECT_FALSE(world.wait(after).error);
}

TEST(NetworkClient, asks_whoever_is_least_busy) {
  NetworkWorld world(2);
  world.start();
  world.set_brokers({{kFirst, world.endpoint(1)}, {kSecond, world.endpoint(2)}});
  world.wait(world.ask(kFirst));
  world.wait(world.ask(kSecond));
  world.stall(1);
  world.ask(kFirst);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(world.wait(world.ask()).broker, 2);
}

TEST(NetworkClient, waits_for_a_broker_to_come_back_and_tells_who_was_not_reached) {
  NetworkWorld world(2);
  world.config.request_timeout = 5s;
  world.node(1).crash(simulation::Crash::process);
  world.brokers[0].reset();
  world.brokers[1].reset();
  world.node(2).crash(simulation::Crash::process);
  world.start();
  const auto lost = world.ask();
  const auto asked = world.sim.now();
  const auto& outcome = world.wait(lost);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code(), ErrorCode::no_bootstrap_reachable);
  EXPECT_NE(outcome.error->message().find("broker1:9092"), std::string::npos);
  EXPECT_NE(outcome.error->message().find("broker2:9092"), std::string::npos);
  EXPECT_GE(outcome.when - asked, 5s);
  const auto patient = world.ask(kAnyBroker, 1min);
  world.sim.run_for(10s);
  world.node(2).start();
  world.brokers[1] = std::make_unique<FakeBroker>(world.node(2).runtime().loop(0),
                                                  base::Endpoint{"", NetworkWorld::kPort});
  world.answer_metadata(2);
  EXPECT_EQ(world.wait(patient).broker, 2);
}

TEST(NetworkClient, waits_longer_each_time_before_it_connects_again) {
  NetworkWorld world;
  world.config.reconnect = {100ms, 1600ms};
  world.brokers[0].reset();
  world.node(1).crash(simulation::Crash::process);
  world.start();
  world.ask(kAnyBroker, 30s);
  world.sim.run_for(20s);
  ASSERT_GT(world.failures.size(), 8U);
  EXPECT_LT(world.failures.size(), 25U);
  for (std::size_t i = 1; i < world.failures.size(); ++i) {
    const auto pause = world.failures[i].when - world.failures[i - 1].when;
    const auto doubled =
        std::min<base::Duration>(100ms * (1 << std::min<std::size_t>(i - 1, 8)), 1600ms);
    EXPECT_GE(pause, doubled * 8 / 10) << i;
    EXPECT_LE(pause, doubled * 12 / 10 + 100ms) << i;
  }
  world.wait(0);
}

TEST(NetworkClient, tries_every_address_of_a_name) {
  NetworkWorld world;
  world.sim.network().add_name("cluster", {"10.9.9.9", world.node(1).address()});
  world.config.bootstrap = {{"cluster", NetworkWorld::kPort}};
  world.config.connection_setup = {1s, 1s};
  world.start();
  const auto& outcome = world.wait(world.ask());
  EXPECT_FALSE(outcome.error) << *outcome.error;
  EXPECT_TRUE(world.failures.empty()) << "one address that works is enough";
}

TEST(NetworkClient, closes_what_was_idle_and_opens_it_again) {
  NetworkWorld world;
  world.config.connections_max_idle = 10s;
  world.start();
  world.wait(world.ask());
  world.sim.run_for(9s);
  world.wait(world.ask());
  EXPECT_EQ(world.broker(1).requests(ApiKey::api_versions), 1) << "it was used meanwhile";
  world.sim.run_for(11s);
  EXPECT_TRUE(world.failures.empty()) << "idling is no failure";
  EXPECT_FALSE(world.wait(world.ask()).error);
  EXPECT_EQ(world.broker(1).requests(ApiKey::api_versions), 2);
}

TEST(NetworkClient, waits_without_spinning_for_an_answer_beyond_the_idle_time) {
  NetworkWorld world;
  world.config.connections_max_idle = 1s;
  world.start();
  world.wait(world.ask());
  world.stall(1);
  const auto asked = world.ask(kAnyBroker, 10s);
  const auto before = world.turns;
  EXPECT_FALSE(world.sim.run_until([&] { return world.turns > before + 100; }, 9s));
  EXPECT_EQ(world.wait(asked).error->code(), ErrorCode::request_timed_out);
}

TEST(NetworkClient, requests_for_any_broker_wait_for_no_link_that_others_want) {
  NetworkWorld world(2);
  world.start();
  world.set_brokers({{kFirst, world.endpoint(1)}, {kSecond, world.endpoint(2)}});
  world.sim.network().isolate(world.node(1).host());
  world.ask(kFirst, 20s);
  world.sim.run_for(100ms);
  const auto asked = world.ask();
  const auto& outcome = world.wait(asked, 5s);
  EXPECT_TRUE(outcome.told);
  EXPECT_EQ(outcome.broker, 2);
}

TEST(NetworkClient, a_broker_with_any_id_answers_for_any_broker_and_a_dedicated_link_does_not) {
  const BrokerId large(2'000'000'000);
  NetworkWorld world(3);
  world.config.bootstrap = {world.endpoint(3)};
  world.start();
  EXPECT_EQ(world.wait(world.ask()).broker, 3);
  world.set_brokers({{.id = large, .endpoint = world.endpoint(1)},
                     {.id = large, .endpoint = world.endpoint(2), .dedicated = true}});
  EXPECT_EQ(world.wait(world.ask(large)).broker, 1);
  EXPECT_EQ(world.wait(world.ask({large, true})).broker, 2);
  world.sim.run_for(1s);
  EXPECT_EQ(world.wait(world.ask()).broker, 1) << "the bootstrap is over";
}

TEST(NetworkClient, a_broker_that_has_left_fails_what_it_was_asked) {
  NetworkWorld world(2);
  world.start();
  world.set_brokers({{kFirst, world.endpoint(1)}, {kSecond, world.endpoint(2)}});
  world.wait(world.ask(kSecond));
  world.stall(2);
  const auto asked = world.ask(kSecond);
  world.set_brokers({{kFirst, world.endpoint(1)}});
  EXPECT_EQ(world.wait(asked).error->code(), ErrorCode::network_exception);
  const auto& unknown = world.wait(world.ask(kSecond));
  ASSERT_TRUE(unknown.error);
  EXPECT_NE(unknown.error->message().find("broker 2 is not known"), std::string::npos);
}

TEST(NetworkClient, a_broker_that_has_moved_is_asked_at_its_new_address) {
  NetworkWorld world(2);
  world.start();
  world.set_brokers({{kFirst, world.endpoint(1)}});
  EXPECT_EQ(world.wait(world.ask(kFirst)).broker, 1);
  world.stall(1);
  const auto asked = world.ask(kFirst);
  world.set_brokers({{kFirst, world.endpoint(2)}});
  const auto& moved = world.wait(asked);
  ASSERT_TRUE(moved.error);
  EXPECT_NE(moved.error->message().find("moved to broker2:9092"), std::string::npos);
  EXPECT_EQ(world.wait(world.ask(kFirst)).broker, 2);
}

TEST(NetworkClient, an_api_that_a_broker_does_not_serve_is_named) {
  NetworkWorld world;
  world.start();
  world.wait(world.ask());
  bool told = false;
  world.on_loop([&] {
    auto make = [](std::int16_t) { return protocol::FindCoordinatorRequest{}; };
    auto done = [&](const Result<Response<protocol::FindCoordinatorResponse>>& response) {
      told = true;
      ASSERT_FALSE(response);
      EXPECT_EQ(response.error().code(), ErrorCode::unsupported_version);
      EXPECT_NE(response.error().message().find("FindCoordinator"), std::string::npos);
      EXPECT_EQ(response.error().context().broker, "broker1:9092");
    };
    world.network->send(make_request<protocol::FindCoordinatorRequest>(kAnyBroker, make, done));
  });
  ASSERT_TRUE(world.sim.run_until([&] { return told; }, 1min));
  EXPECT_FALSE(world.wait(world.ask()).error) << "the connection is as good as before";
}

TEST(NetworkClient, closing_fails_everything_once_and_whatever_comes_later) {
  NetworkWorld world;
  world.config.max_in_flight = 1;
  world.start();
  world.set_brokers({{kFirst, world.endpoint(1)}});
  world.wait(world.ask(kFirst));
  world.stall(1);
  const auto in_flight = world.ask(kFirst);
  const auto queued = world.ask(kFirst);
  const auto anywhere = world.ask();
  world.sim.run_for(100ms);
  // A user of the network asks again whenever it was told something.
  int asked_again = 0;
  world.on_outcome = [&] { ++asked_again; };
  world.on_loop([&] { world.network->close(); });
  for (const auto place : {in_flight, queued, anywhere}) {
    ASSERT_TRUE(world.outcomes[place].told);
    EXPECT_EQ(world.outcomes[place].error->code(), ErrorCode::closed);
  }
  EXPECT_EQ(asked_again, 3);
  EXPECT_EQ(world.wait(world.ask()).error->code(), ErrorCode::closed);
}

TEST(NetworkClient, begins_anew_with_the_bootstrap_addresses) {
  NetworkWorld world(2);
  world.config.bootstrap = {world.endpoint(1)};
  world.start();
  world.set_brokers({{BrokerId(2), world.endpoint(2)}});
  EXPECT_EQ(world.wait(world.ask()).broker, 2);
  world.stall(2);
  const auto unanswered = world.ask();
  world.sim.run_for(1s);
  world.on_loop([&] { world.network->rebootstrap(); });
  EXPECT_TRUE(world.wait(unanswered).error);
  EXPECT_EQ(world.wait(world.ask()).broker, 1);
  EXPECT_TRUE(world.wait(world.ask(BrokerId(2))).error) << "it is forgotten";
}

TEST(NetworkClient, leaves_the_bootstrap_addresses_alone_if_it_is_to) {
  for (const bool rebootstrap : {false, true}) {
    NetworkWorld world(2);
    world.config.bootstrap = {world.endpoint(1)};
    world.config.rebootstrap = rebootstrap;
    world.start();
    world.set_brokers({{BrokerId(2), world.endpoint(2)}});
    world.node(2).crash(simulation::Crash::process);
    const auto& outcome = world.wait(world.ask());
    EXPECT_EQ(outcome.broker, rebootstrap ? 1 : 0);
    EXPECT_EQ(outcome.error.has_value(), !rebootstrap);
  }
}

}  // namespace
}  // namespace ottla::client
