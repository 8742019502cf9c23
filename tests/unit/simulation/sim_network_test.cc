#include "tests/simulation/sim_network.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/simulation/seeds.h"
#include "tests/unit/simulation/talk.h"

namespace ottla::simulation {
namespace {

using namespace std::chrono_literals;

std::string numbers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(i) + ' ';
  return text;
}

TEST(SimNetwork, carries_every_byte_in_order_in_both_directions) {
  for_each_seed(50, [](std::uint64_t seed) {
    TwoNodes nodes(seed);
    nodes.echo = true;
    auto talker = nodes.connect();
    ASSERT_TRUE(talker);
    std::string said;
    for (int i = 0; i < 40; ++i) {
      said += numbers(i * 10);
      talker->say(numbers(i * 10));
      nodes.world.run_for(100us);
    }
    EXPECT_TRUE(nodes.world.run_until([&] { return talker->heard.size() == said.size(); }, 10s));
    EXPECT_EQ(talker->heard, said);
    EXPECT_FALSE(talker->entered_twice);
  });
}

TEST(SimNetwork, cuts_what_is_written_into_pieces) {
  int pieces = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    TwoNodes nodes(seed);
    auto talker = nodes.connect();
    talker->say(numbers(100));
    nodes.world.run_for(1s);
    EXPECT_EQ(nodes.last_accepted().heard, numbers(100));
    pieces += nodes.last_accepted().readables;
  }
  EXPECT_GT(pieces, 150);
}

TEST(SimNetwork, tells_once_that_everything_has_left) {
  TwoNodes nodes(1);
  auto talker = nodes.connect();
  nodes.last_accepted();
  nodes.world.run_for(1s);
  EXPECT_EQ(talker->drains, 0);
  talker->say("abc");
  nodes.world.run_for(1s);
  EXPECT_EQ(talker->drains, 1);
  EXPECT_EQ(talker->stream().queued_bytes(), 0U);
}

TEST(SimNetwork, holds_a_writer_back_whose_peer_does_not_read) {
  TwoNodes nodes(1, {.network = {.least_window = 1000, .most_window = 2000}});
  auto talker = nodes.connect();
  Talker& slow = nodes.last_accepted();
  slow.stream().pause_reading();
  talker->say(std::string(100'000, 'x'));
  nodes.world.run_for(10s);
  EXPECT_GE(talker->stream().queued_bytes(), 98'000U);
  EXPECT_EQ(talker->drains, 0);
  EXPECT_TRUE(slow.heard.empty());
  slow.stream().resume_reading();
  EXPECT_TRUE(nodes.world.run_until([&] { return slow.heard.size() == 100'000; }, 10s));
  nodes.world.run_for(1s);
  EXPECT_EQ(talker->drains, 1);
}

TEST(SimNetwork, copies_what_is_written_before_the_writer_may_change_it) {
  TwoNodes nodes(3, {.network = {.least_latency = 5ms, .most_latency = 10ms}});
  auto talker = nodes.connect();
  auto buffer = base::SharedBuffer::copy_of("first");
  talker->stream().write({base::Slice::of(buffer)});
  nodes.world.run_until([&] { return talker->drains == 1; }, 1s);
  std::string("again").copy(buffer.data(), 5);
  nodes.world.run_for(1s);
  EXPECT_EQ(nodes.last_accepted().heard, "first");
}

TEST(SimNetwork, sends_pieces_of_files_and_closes_when_a_file_is_too_short) {
  TwoNodes nodes(1);
  auto talker = nodes.connect();
  Talker& server = nodes.last_accepted();
  std::shared_ptr<base::File> file =
      nodes.server.disk().open()->open("log", base::OpenMode::create).value();
  file->write_at(0, "0123456789").value();
  std::vector<base::Segment> segments;
  segments.emplace_back(base::Slice::own("<"));
  segments.emplace_back(base::FileRange{file, 2, 5});
  segments.emplace_back(base::Slice::own(">"));
  server.stream().write(std::move(segments));
  nodes.world.run_for(1s);
  EXPECT_EQ(talker->heard, "<23456>");
  server.stream().write({base::FileRange{file, 5, 6}});
  nodes.world.run_for(1s);
  ASSERT_TRUE(server.closed);
  EXPECT_EQ(server.closed->code(), ErrorCode::io_error);
  EXPECT_TRUE(talker->closed);
}

TEST(SimNetwork, tells_a_peer_of_a_close_after_all_that_was_sent_before) {
  for_each_seed(30, [](std::uint64_t seed) {
    TwoNodes nodes(seed, {.network = {.least_window = 1 << 20, .most_window = 1 << 20}});
    auto talker = nodes.connect();
    Talker& server = nodes.last_accepted();
    talker->say(numbers(1000));
    nodes.world.run_until([&] { return talker->drains == 1; }, 1s);
    talker->hang_up();
    nodes.world.run_for(1s);
    EXPECT_EQ(server.heard, numbers(1000));
    ASSERT_TRUE(server.closed);
    EXPECT_EQ(server.closed->code(), ErrorCode::connection_closed);
    EXPECT_TRUE(nodes.client.host().connections.empty());
    EXPECT_TRUE(nodes.server.host().connections.empty());
  });
}

TEST(SimNetwork, delivers_a_prefix_of_what_was_under_way_when_a_connection_breaks) {
  bool some_lost = false;
  for_each_seed(100, [&](std::uint64_t seed) {
    TwoNodes nodes(seed);
    auto talker = nodes.connect();
    Talker& server = nodes.last_accepted();
    const std::string said = numbers(2000);
    talker->say(said);
    nodes.world.run_for(500us);
    nodes.world.network().reset_connections(nodes.client.host(), nodes.server.host());
    nodes.world.run_for(1s);
    EXPECT_TRUE(said.starts_with(server.heard));
    some_lost = some_lost || server.heard.size() < said.size();
    EXPECT_TRUE(server.closed);
    EXPECT_TRUE(talker->closed);
  });
  EXPECT_TRUE(some_lost);
}

TEST(SimNetwork, breaks_connections_at_the_rate_it_was_told) {
  TwoNodes nodes(1, {.network = {.reset_one_in = 20}});
  nodes.echo = true;
  for (int i = 0; i < 20; ++i) {
    auto talker = nodes.connect();
    for (int j = 0; j < 10; ++j) {
      talker->say("hello");
      nodes.world.run_for(10ms);
    }
  }
  EXPECT_GT(nodes.world.network().connections_reset(), 3U);
}

TEST(SimNetwork, refuses_a_port_where_nobody_listens) {
  TwoNodes nodes(1);
  nodes.listener.reset();
  std::optional<Error> error;
  nodes.client.transport().connect({nodes.server.address(), 9092},
                                   [&](auto stream) { error = stream.error(); });
  nodes.world.run_for(1s);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), ErrorCode::connection_refused);
}

TEST(SimNetwork, does_not_answer_a_transport_that_is_gone) {
  TwoNodes nodes(1);
  auto held = std::make_shared<int>(0);
  nodes.client.transport().connect({nodes.server.address(), 9092}, [held](auto) { ++*held; });
  nodes.client.crash(Crash::process);
  EXPECT_EQ(held.use_count(), 1);
  nodes.world.run_for(1s);
  EXPECT_EQ(*held, 0);
}

TEST(SimNetwork, resolves_names_to_all_their_addresses) {
  TwoNodes nodes(1);
  nodes.world.network().add_name("brokers", {"10.0.0.2", "10.0.0.9"});
  std::vector<base::Endpoint> found;
  std::optional<Error> error;
  auto& transport = nodes.client.transport();
  transport.resolve({"brokers", 9092}, [&](auto result) { found = result.value(); });
  transport.resolve({"nobody", 9092}, [&](auto result) { error = result.error(); });
  nodes.world.run_for(1s);
  EXPECT_EQ(found, (std::vector<base::Endpoint>{{"10.0.0.2", 9092}, {"10.0.0.9", 9092}}));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), ErrorCode::name_not_resolved);
}

TEST(SimNetwork, gives_one_port_to_one_listener_and_free_ones_on_request) {
  TwoNodes nodes(1);
  auto& transport = nodes.server.transport();
  EXPECT_EQ(transport.listen({"", 9092}, [](auto) {}).error().code(), ErrorCode::already_in_use);
  auto one = transport.listen({"localhost", 0}, [](auto) {}).value();
  auto two = transport.listen({"", 0}, [](auto) {}).value();
  EXPECT_NE(one->local().port, two->local().port);
  EXPECT_FALSE(transport.listen({"client", 1}, [](auto) {}));
}

TEST(SimNetwork, holds_words_at_a_partition_and_delivers_them_when_it_heals) {
  TwoNodes nodes(1);
  auto talker = nodes.connect();
  Talker& server = nodes.last_accepted();
  nodes.world.network().partition(nodes.client.host(), nodes.server.host());
  talker->say("abc");
  server.say("def");
  nodes.world.run_for(10s);
  EXPECT_EQ(server.heard, "");
  nodes.world.network().heal();
  nodes.world.run_for(1s);
  EXPECT_EQ(server.heard, "abc");
  EXPECT_EQ(talker->heard, "def");
}

TEST(SimNetwork, lets_one_direction_pass_when_only_the_other_is_blocked) {
  TwoNodes nodes(1);
  auto talker = nodes.connect();
  Talker& server = nodes.last_accepted();
  nodes.world.network().block(nodes.server.host(), nodes.client.host());
  talker->say("abc");
  server.say("def");
  nodes.world.run_for(1s);
  EXPECT_EQ(server.heard, "abc");
  EXPECT_EQ(talker->heard, "");
}

TEST(SimNetwork, gives_up_a_connection_whose_peer_is_silent_for_too_long) {
  TwoNodes nodes(1, {.network = {.give_up = 5s}});
  auto talker = nodes.connect();
  Talker& server = nodes.last_accepted();
  nodes.world.network().partition(nodes.client.host(), nodes.server.host());
  talker->say("abc");
  nodes.world.run_for(10s);
  EXPECT_TRUE(talker->closed);
  EXPECT_FALSE(server.closed) << "it had nothing to say, so it cannot know";
  nodes.world.network().heal();
  nodes.world.run_for(1s);
  server.say("are you there?");
  nodes.world.run_for(1s);
  EXPECT_TRUE(server.closed);
}

TEST(SimNetwork, lets_a_connection_wait_at_a_partition) {
  TwoNodes nodes(1);
  nodes.world.network().isolate(nodes.server.host());
  bool answered = false;
  nodes.client.transport().connect({nodes.server.address(), 9092}, [&](auto) { answered = true; });
  nodes.world.run_for(30s);
  EXPECT_FALSE(answered);
  nodes.world.network().heal();
  nodes.world.run_for(1s);
  EXPECT_TRUE(answered);
}

TEST(SimNetwork, tells_peers_when_a_process_dies_but_not_when_a_machine_does) {
  for (const Crash how : {Crash::process, Crash::power}) {
    TwoNodes nodes(1);
    auto talker = nodes.connect();
    nodes.last_accepted();
    nodes.listener.reset();
    nodes.server.crash(how);
    nodes.world.run_for(10s);
    EXPECT_EQ(talker->closed.has_value(), how == Crash::process);
    nodes.server.start();
    nodes.listen();
    if (!talker->closed) talker->say("hello?");
    nodes.world.run_for(10s);
    EXPECT_TRUE(talker->closed);
    auto again = nodes.connect();
    ASSERT_TRUE(again);
    again->say("hello");
    nodes.world.run_for(10s);
    EXPECT_EQ(nodes.accepted.back()->heard, "hello");
  }
}

TEST(SimNetwork, lets_a_handler_destroy_its_stream_in_any_call) {
  class Destroyer final : public base::StreamHandler {
   public:
    explicit Destroyer(std::unique_ptr<base::Stream> given) : stream(std::move(given)) {
      stream->start(*this);
    }
    void on_readable() override { stream.reset(); }
    void on_closed(const Error&) override { ++late_calls; }
    std::unique_ptr<base::Stream> stream;
    int late_calls = 0;
  };
  TwoNodes nodes(1);
  std::unique_ptr<Destroyer> destroyer;
  auto second = nodes.server.transport()
                    .listen({"", 9093},
                            [&](std::unique_ptr<base::Stream> stream) {
                              destroyer = std::make_unique<Destroyer>(std::move(stream));
                            })
                    .value();
  std::unique_ptr<Talker> talker;
  nodes.client.transport().connect({nodes.server.address(), 9093}, [&](auto stream) {
    talker = std::make_unique<Talker>(std::move(*stream));
    talker->say("abc");
  });
  nodes.world.run_for(1s);
  ASSERT_TRUE(destroyer && talker);
  EXPECT_FALSE(destroyer->stream);
  EXPECT_EQ(destroyer->late_calls, 0);
  EXPECT_TRUE(talker->closed);
}

std::uint64_t trace_of(std::uint64_t seed) {
  TwoNodes nodes(seed, {.network = {.reset_one_in = 50}});
  nodes.echo = true;
  for (int i = 0; i < 5; ++i) {
    auto talker = nodes.connect();
    for (int j = 0; talker && j < 20; ++j) {
      talker->say(numbers(j));
      nodes.world.run_for(1ms);
    }
  }
  return nodes.world.scheduler().trace();
}

TEST(SimNetwork, does_the_same_for_the_same_seed) {
  EXPECT_EQ(trace_of(1), trace_of(1));
  EXPECT_EQ(trace_of(2), trace_of(2));
  EXPECT_NE(trace_of(1), trace_of(2));
}

}  // namespace
}  // namespace ottla::simulation
