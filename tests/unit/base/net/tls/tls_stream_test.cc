#include <sys/stat.h>

#include <string>

#include "base/random.h"
#include "tests/unit/base/net/stubborn_file.h"
#include "tests/unit/base/net/tls/tls_test_base.h"

namespace ottla::base {
namespace {

using namespace std::chrono_literals;

std::string noise(std::size_t size) {
  Random random(size);
  std::string bytes;
  while (bytes.size() < size) {
    const auto word = random.next();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  bytes.resize(size);
  return bytes;
}

// Sends back what it gets.
void echo(TestHandler& handler) {
  handler.readable = [&] {
    handler.read_all();
    if (!handler.received.empty()) handler.write(Slice::own(std::exchange(handler.received, {})));
  };
}

class TlsStreamTest : public TlsTest {
 protected:
  // What a client gets back of what it sends in these pieces.
  std::string echoed(const Context& client, std::vector<Segment> segments, std::size_t size) {
    Awaited<std::string> all;
    auto shared = std::make_shared<std::vector<Segment>>(std::move(segments));
    prepare_server = echo;
    prepare_client = [&, shared, size](TestHandler& handler) {
      handler.readable = [&, size] {
        handler.read_all();
        if (handler.received.size() == size) all.set(handler.received);
      };
      handler.stream->write(std::move(*shared));
    };
    connect(client);
    return all.get();
  }
};

TEST_F(TlsStreamTest, bytes_arrive_whole_in_every_version) {
  const auto bytes = noise(3 << 20);
  for (const std::string version : {"TLSv1.3", "TLSv1.2"}) {
    auto config = trusting(ca);
    config.enabled_protocols = {version};
    std::vector<Segment> segments;
    const auto shared = Slice::own(bytes);
    Random random(7);
    for (std::size_t at = 0; at < bytes.size();) {
      const auto most = random.one_in(10) ? std::size_t{200'000} : std::size_t{3000};
      const auto part =
          std::min(bytes.size() - at, 1 + static_cast<std::size_t>(random.below(most)));
      segments.emplace_back(Slice{shared.owner, shared.bytes.substr(at, part)});
      at += part;
    }
    const auto back = echoed(make_tls_client(config).value(), std::move(segments), bytes.size());
    EXPECT_TRUE(back == bytes) << version;
  }
  end_all();
}

TEST_F(TlsStreamTest, cold_and_warm_pieces_of_files_are_sent) {
  const auto bytes = noise(1 << 20);
  const auto directory = make_memory_directory();
  const std::shared_ptr<File> warm = directory->open("0.log", OpenMode::create).value();
  warm->write_at(0, bytes).value();
  for (const auto& file :
       {warm, std::shared_ptr<File>(std::make_shared<StubbornFile>(warm, false))}) {
    std::vector<Segment> segments;
    segments.emplace_back(Slice::own("head"));
    segments.emplace_back(FileRange{file, 1, bytes.size() - 1});
    segments.emplace_back(FileRange{file, 7, 100});
    segments.emplace_back(Slice::own("tail"));
    const auto expected = "head" + bytes.substr(1) + bytes.substr(7, 100) + "tail";
    EXPECT_TRUE(echoed(client_context, std::move(segments), expected.size()) == expected);
  }
  end_all();
}

TEST_F(TlsStreamTest, a_file_that_ends_too_early_ends_the_connection) {
  const auto directory = make_memory_directory();
  const std::shared_ptr<File> file = directory->open("0.log", OpenMode::create).value();
  file->write_at(0, "short").value();
  Awaited<Error> closed;
  prepare_server = [&](TestHandler& handler) {
    handler.closed = [&](const Error& error) { closed.set(error); };
    std::vector<Segment> segments;
    segments.emplace_back(FileRange{file, 0, 100});
    handler.stream->write(std::move(segments));
  };
  connect(client_context);
  EXPECT_EQ(closed.get().code(), ErrorCode::io_error);
  end_all();
}

TEST_F(TlsStreamTest, records_are_full_where_there_is_enough) {
  constexpr std::size_t kSize = 1 << 20;
  prepare_server = [](TestHandler& handler) {
    std::vector<Segment> segments;
    const auto all = Slice::own(std::string(kSize, 'x'));
    for (std::size_t at = 0; at < kSize; at += 1000) {
      segments.emplace_back(Slice{all.owner, all.bytes.substr(at, 1000)});
    }
    handler.stream->write(std::move(segments));
  };
  OpensslPeer peer(server());
  int records = 0;
  SSL_CTX_set_msg_callback(&peer.context(), [](int is_write, int, int type, const void*,
                                               std::size_t, SSL*, void* counter) {
    if (is_write == 0 && type == SSL3_RT_HEADER) ++*static_cast<int*>(counter);
  });
  SSL_CTX_set_msg_callback_arg(&peer.context(), &records);
  ASSERT_TRUE(peer.shake_hands());
  records = 0;
  EXPECT_EQ(peer.receive(kSize).size(), kSize);
  // Those of the data, the session ticket, and a part for each turn.
  EXPECT_LE(records, 64 + 8);
  end_all();
}

TEST_F(TlsStreamTest, data_left_unread_is_told_again) {
  Event all;
  prepare_server = [&](TestHandler& handler) {
    handler.readable = [&] {
      char byte[1];
      if (handler.stream->read(byte) == 1) handler.received += byte[0];
      if (handler.received == "one by one") all.set({});
    };
  };
  prepare_client = [](TestHandler& handler) { handler.write(Slice::own("one by one")); };
  connect(client_context);
  all.get();
  end_all();
}

TEST_F(TlsStreamTest, a_paused_stream_loses_nothing) {
  const auto bytes = noise(2 << 20);
  Event paused;
  Event all;
  prepare_server = [&](TestHandler& handler) {
    handler.readable = [&] {
      char some[10];
      handler.received.append(some, handler.stream->read(some));
      if (handler.received.empty()) return;
      handler.stream->pause_reading();
      paused.set({});
    };
  };
  prepare_client = [&](TestHandler& handler) { handler.write(Slice::own(bytes)); };
  connect(client_context);
  paused.get();
  auto* handler = accepted();
  here([&] {
    const auto calls = handler->readable_calls;
    EXPECT_LE(calls, 2);
    handler->readable = [&, handler] {
      handler->read_all();
      if (handler->received.size() == bytes.size()) all.set({});
    };
    handler->stream->resume_reading();
  });
  all.get();
  here([&] { EXPECT_TRUE(handler->received == bytes); });
  end_all();
}

TEST_F(TlsStreamTest, on_drained_comes_once_when_everything_has_left) {
  const auto bytes = noise(4 << 20);
  Awaited<std::size_t> drained;
  prepare_server = [&](TestHandler& handler) {
    handler.drained = [&] { drained.set(handler.stream->queued_bytes()); };
    handler.write(Slice::own(bytes));
    EXPECT_EQ(handler.stream->queued_bytes(), bytes.size());
  };
  OpensslPeer peer(server());
  ASSERT_TRUE(peer.shake_hands());
  EXPECT_TRUE(peer.receive(bytes.size()) == bytes);
  EXPECT_EQ(drained.get(), 0u);
  auto* handler = accepted();
  here([&] { EXPECT_EQ(handler->drained_calls, 1); });
  end_all();
}

TEST_F(TlsStreamTest, a_goodbye_is_told_after_the_data_before_it) {
  Awaited<std::pair<Error, std::string>> closed;
  prepare_server = [&](TestHandler& handler) {
    handler.closed = [&](const Error& error) { closed.set({error, handler.received}); };
  };
  OpensslPeer peer(server());
  ASSERT_TRUE(peer.shake_hands());
  const std::string last_words(50'000, 'w');
  peer.send(last_words);
  peer.say_goodbye();
  // Closed with the server's tickets unread the socket would be reset, and what was sent lost.
  ::shutdown(peer.socket().get(), SHUT_WR);
  const auto [error, received] = closed.get();
  EXPECT_EQ(error.code(), ErrorCode::connection_closed);
  EXPECT_EQ(error.message(), "the peer closed the connection");
  EXPECT_EQ(received, last_words);
  end_all();
}

TEST_F(TlsStreamTest, a_connection_that_is_cut_is_told_apart_from_a_goodbye) {
  Awaited<Error> closed;
  prepare_server = [&](TestHandler& handler) {
    handler.closed = [&](const Error& error) { closed.set(error); };
  };
  OpensslPeer peer(server());
  ASSERT_TRUE(peer.shake_hands());
  peer.send("and then");
  peer.socket().close();
  const auto error = closed.get();
  EXPECT_EQ(error.code(), ErrorCode::connection_closed);
  EXPECT_NE(error.message().find("without a goodbye"), std::string::npos) << error;
  end_all();
}

TEST_F(TlsStreamTest, a_peer_that_is_left_hears_a_goodbye) {
  prepare_server = [](TestHandler& handler) {
    handler.drained = [&] { handler.stream.reset(); };
    handler.write(Slice::own("last"));
  };
  OpensslPeer peer(server());
  ASSERT_TRUE(peer.shake_hands());
  EXPECT_EQ(peer.receive(4), "last");
  EXPECT_TRUE(peer.was_goodbye());
  end_all();
}

TEST_F(TlsStreamTest, damaged_records_end_the_connection) {
  Awaited<Error> closed;
  prepare_server = [&](TestHandler& handler) {
    handler.closed = [&](const Error& error) { closed.set(error); };
  };
  OpensslPeer peer(server());
  ASSERT_TRUE(peer.shake_hands());
  peer.send("good");
  peer.socket().send(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
  EXPECT_EQ(closed.get().code(), ErrorCode::io_error);
  end_all();
}

TEST_F(TlsStreamTest, may_be_destroyed_in_every_callback) {
  Event in_readable;
  prepare_server = [&](TestHandler& handler) {
    handler.readable = [&] {
      handler.write(Slice::own(std::string(8 << 20, 'x')));
      handler.stream.reset();
      in_readable.set({});
    };
  };
  OpensslPeer first(server());
  ASSERT_TRUE(first.shake_hands());
  first.send("x");
  in_readable.get();

  Event in_drained;
  prepare_server = [&](TestHandler& handler) {
    handler.drained = [&] {
      handler.stream.reset();
      in_drained.set({});
    };
    handler.write(Slice::own("x"));
  };
  OpensslPeer second(server());
  ASSERT_TRUE(second.shake_hands());
  in_drained.get();

  Event in_closed;
  prepare_server = [&](TestHandler& handler) {
    handler.closed = [&](const Error&) {
      handler.stream.reset();
      in_closed.set({});
    };
  };
  RawPeer(server()).close();
  in_closed.get();

  Event in_accept;
  prepare_server = [&](TestHandler& handler) {
    handler.stream.reset();
    in_accept.set({});
  };
  RawPeer fourth(server());
  in_accept.get();
  EXPECT_EQ(fourth.receive_to_the_end(), "");
  end_all();
}

TEST_F(TlsStreamTest, dropping_it_drops_what_has_not_left) {
  const auto bytes = std::make_shared<std::string>(16 << 20, 'x');
  Event open;
  bool written = false;
  prepare_server = [&](TestHandler& handler) {
    handler.readable = [&] {
      // It may be called when there is nothing, and again.
      if (written) return;
      written = true;
      handler.stream->write({Slice{bytes, *bytes}});
      open.set({});
    };
  };
  OpensslPeer peer(server());
  ASSERT_TRUE(peer.shake_hands());
  peer.send("x");
  open.get();
  auto* handler = accepted();
  here([&] {
    EXPECT_EQ(bytes.use_count(), 2);
    handler->stream.reset();
    EXPECT_EQ(bytes.use_count(), 1);
  });
  end_all();
}

}  // namespace
}  // namespace ottla::base
