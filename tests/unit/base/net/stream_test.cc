#include <string>

#include "tests/unit/base/net/stream_test_base.h"

namespace ottla::base {
namespace {

using namespace std::chrono_literals;

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (auto& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

TEST_F(StreamTest, echoes_what_it_gets) {
  prepare = [](TestHandler& handler) {
    handler.readable = [&] {
      handler.read_all();
      handler.write(Slice::own(std::exchange(handler.received, {})));
    };
  };
  RawPeer peer(server());
  for (const std::string message : {"hello", "again", "bye"}) {
    peer.send(message);
    EXPECT_EQ(peer.receive(message.size()), message);
  }
  hang_up();
}

TEST_F(StreamTest, knows_both_ends) {
  Awaited<std::pair<Endpoint, Endpoint>> ends;
  prepare = [&](TestHandler& handler) {
    ends.set({handler.stream->local(), handler.stream->peer()});
  };
  RawPeer peer(server());
  const auto [local, remote] = ends.get();
  EXPECT_EQ(local, server());
  EXPECT_EQ(remote, local_endpoint(peer.get()));
  hang_up();
}

TEST_F(StreamTest, a_large_write_waits_for_a_slow_reader_and_then_reports_once) {
  const auto bytes = pattern(24 << 20);
  Awaited<std::size_t> drained;
  prepare = [&](TestHandler& handler) {
    handler.drained = [&] { drained.set(handler.stream->queued_bytes()); };
    std::vector<Segment> segments;
    const auto shared = Slice::own(bytes);
    for (std::size_t at = 0; at < bytes.size(); at += 10'000) {
      segments.emplace_back(Slice{shared.owner, shared.bytes.substr(at, 10'000)});
    }
    handler.stream->write(std::move(segments));
    EXPECT_GT(handler.stream->queued_bytes(), bytes.size() / 2);
    EXPECT_EQ(handler.drained_calls, 0);
  };
  RawPeer peer;
  peer.shrink_receive_buffer();
  peer.connect(server());
  EXPECT_FALSE(drained.is_set());
  EXPECT_TRUE(peer.receive(bytes.size()) == bytes);
  EXPECT_EQ(drained.get(), 0u);
  auto* handler = accepted();
  here([&] { EXPECT_EQ(handler->drained_calls, 1); });
  hang_up();
}

TEST_F(StreamTest, on_drained_never_comes_from_within_write) {
  Event drained;
  prepare = [&](TestHandler& handler) {
    handler.drained = [&] { drained.set({}); };
    handler.readable = [&] {
      handler.read_all();
      if (handler.received != "question") return;
      handler.received.clear();
      handler.write(Slice::own("answer"));
      EXPECT_EQ(handler.stream->queued_bytes(), 0u);
      EXPECT_EQ(handler.drained_calls, 0);
    };
  };
  RawPeer peer(server());
  peer.send("question");
  EXPECT_EQ(peer.receive(6), "answer");
  drained.get();
  hang_up();
}

TEST_F(StreamTest, a_write_from_within_on_drained_is_reported_again) {
  Event third;
  prepare = [&](TestHandler& handler) {
    handler.drained = [&] {
      if (handler.drained_calls < 3) handler.write(Slice::own("x"));
      if (handler.drained_calls == 3) third.set({});
    };
    handler.write(Slice::own("x"));
  };
  RawPeer peer(server());
  third.get();
  EXPECT_EQ(peer.receive(3), "xxx");
  hang_up();
}

TEST_F(StreamTest, data_left_unread_is_told_again) {
  prepare = [](TestHandler& handler) {
    handler.readable = [&] {
      char byte[1];
      if (handler.stream->read(byte) == 1) handler.received += byte[0];
      if (handler.received.size() == 9) handler.write(Slice::own(handler.received));
    };
  };
  RawPeer peer(server());
  peer.send("one by on");
  EXPECT_EQ(peer.receive(9), "one by on");
  auto* handler = accepted();
  here([&] { EXPECT_GE(handler->readable_calls, 9); });
  hang_up();
}

TEST_F(StreamTest, a_hang_up_is_told_after_the_data_before_it) {
  Awaited<std::pair<Error, std::string>> closed;
  prepare = [&](TestHandler& handler) {
    handler.readable = [&] {
      char bytes[100];
      handler.received.append(bytes, handler.stream->read(bytes));
    };
    handler.closed = [&](const Error& error) { closed.set({error, handler.received}); };
  };
  RawPeer peer(server());
  const std::string last_words(5000, 'w');
  peer.send(last_words);
  peer.close();
  const auto [error, received] = closed.get();
  EXPECT_EQ(error.code(), ErrorCode::connection_closed);
  EXPECT_EQ(received, last_words);
  auto* handler = accepted();
  here([&] {
    char bytes[10];
    EXPECT_EQ(handler->stream->read(bytes), 0u);
    EXPECT_EQ(handler->stream->read({}), 0u);
    handler->write(Slice::own("into the void"));
    EXPECT_EQ(handler->stream->queued_bytes(), 0u);
  });
}

TEST_F(StreamTest, a_hang_up_without_a_word_is_told) {
  Awaited<Error> closed;
  prepare = [&](TestHandler& handler) {
    handler.closed = [&](const Error& error) { closed.set(error); };
  };
  RawPeer(server()).close();
  const auto error = closed.get();
  EXPECT_EQ(error.code(), ErrorCode::connection_closed);
  EXPECT_FALSE(error.context().broker.empty());
}

TEST_F(StreamTest, a_reset_is_told_with_its_reason) {
  Awaited<Error> closed;
  Event greeted;
  prepare = [&](TestHandler& handler) {
    handler.readable = [&] {
      handler.read_all();
      if (handler.received == "hi") greeted.set({});
      if (!handler.received.empty()) handler.received = "-";
    };
    handler.closed = [&](const Error& error) { closed.set(error); };
  };
  RawPeer peer(server());
  peer.send("hi");
  greeted.get();
  peer.reset();
  const auto error = closed.get();
  EXPECT_EQ(error.code(), ErrorCode::connection_closed);
  EXPECT_NE(error.message().find("reset"), std::string::npos) << error.message();
  hang_up();
}

TEST_F(StreamTest, writing_to_who_went_away_ends_in_on_closed_and_not_in_a_signal) {
  Awaited<Error> closed;
  prepare = [&](TestHandler& handler) {
    handler.stream->pause_reading();
    handler.drained = [&] { handler.write(Slice::own(std::string(1 << 20, 'x'))); };
    handler.closed = [&](const Error& error) { closed.set(error); };
    handler.write(Slice::own("first"));
  };
  RawPeer peer(server());
  EXPECT_EQ(peer.receive(5), "first");
  peer.reset();
  EXPECT_EQ(closed.get().code(), ErrorCode::connection_closed);
  hang_up();
}

TEST_F(StreamTest, a_paused_stream_holds_its_peer_back_and_loses_nothing) {
  constexpr std::size_t kMost = 64 << 20;
  prepare = [](TestHandler& handler) { handler.stream->pause_reading(); };
  RawPeer peer(server());
  const auto sent = peer.send_until_held_back(kMost);
  EXPECT_GT(sent, 0u);
  EXPECT_LT(sent, kMost);
  auto* handler = accepted();
  Event all;
  here([&] {
    EXPECT_EQ(handler->readable_calls, 0);
    handler->readable = [&] {
      handler->read_all();
      if (handler->received.size() == sent) all.set({});
    };
    handler->stream->resume_reading();
  });
  all.get();
  hang_up();
}

TEST_F(StreamTest, pausing_within_on_readable_is_kept_and_resuming_tells_what_is_left) {
  Event paused;
  Event rest;
  prepare = [&](TestHandler& handler) {
    handler.readable = [&] {
      char bytes[3];
      handler.received.append(bytes, handler.stream->read(bytes));
      if (handler.received.size() == 3) {
        handler.stream->pause_reading();
        paused.set({});
      }
      if (handler.received.size() == 6) rest.set({});
    };
  };
  RawPeer peer(server());
  peer.send("abcdef");
  paused.get();
  auto* handler = accepted();
  here([] {});
  here([&] {
    EXPECT_EQ(handler->readable_calls, 1);
    handler->stream->resume_reading();
    handler->stream->pause_reading();
    handler->stream->resume_reading();
  });
  rest.get();
  hang_up();
}

TEST_F(StreamTest, may_be_destroyed_in_every_callback) {
  const auto destroy = [](TestHandler& handler, Event& done) {
    handler.stream.reset();
    done.set({});
  };
  Event in_readable;
  prepare = [&](TestHandler& handler) {
    handler.readable = [&] {
      handler.write(Slice::own(std::string(8 << 20, 'x')));
      destroy(handler, in_readable);
    };
  };
  RawPeer first(server());
  first.send("x");
  in_readable.get();
  first.receive_to_the_end();

  Event in_drained;
  prepare = [&](TestHandler& handler) {
    handler.drained = [&] { destroy(handler, in_drained); };
    handler.write(Slice::own("x"));
  };
  RawPeer second(server());
  in_drained.get();
  EXPECT_EQ(second.receive_to_the_end(), "x");

  Event in_closed;
  prepare = [&](TestHandler& handler) {
    handler.closed = [&](const Error&) { destroy(handler, in_closed); };
  };
  RawPeer(server()).close();
  in_closed.get();

  Event in_accept;
  prepare = [&](TestHandler& handler) { destroy(handler, in_accept); };
  RawPeer fourth(server());
  in_accept.get();
  EXPECT_EQ(fourth.receive_to_the_end(), "");
  hang_up();
}

TEST_F(StreamTest, dropping_it_drops_what_has_not_left) {
  const auto bytes = std::make_shared<std::string>(16 << 20, 'x');
  prepare = [&](TestHandler& handler) { handler.write(Slice{bytes, *bytes}); };
  RawPeer peer;
  peer.shrink_receive_buffer();
  peer.connect(server());
  auto* handler = accepted();
  here([&] {
    EXPECT_EQ(bytes.use_count(), 2);
    handler->stream.reset();
    EXPECT_EQ(bytes.use_count(), 1);
  });
  EXPECT_LT(peer.receive_to_the_end().size(), bytes->size());
  hang_up();
}

TEST_F(StreamTest, many_connections_are_served_side_by_side) {
  prepare = [](TestHandler& handler) {
    handler.readable = [&] {
      handler.read_all();
      handler.write(Slice::own(std::exchange(handler.received, {})));
    };
  };
  std::vector<RawPeer> peers;
  for (int i = 0; i < 100; ++i) peers.emplace_back(server());
  for (std::size_t i = 0; i < peers.size(); ++i)
    peers[i].send(std::string(1000, char('0' + i % 10)));
  for (std::size_t i = peers.size(); i-- > 0;) {
    EXPECT_EQ(peers[i].receive(1000), std::string(1000, char('0' + i % 10)));
  }
  hang_up();
}

}  // namespace
}  // namespace ottla::base
