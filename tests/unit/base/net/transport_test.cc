#include <sys/resource.h>
#include <unistd.h>

#include <atomic>

#include "tests/unit/base/net/stream_test_base.h"

namespace ottla::base {
namespace {

class TransportTest : public StreamTest {
 protected:
  using Connected = Result<std::unique_ptr<Stream>>;

  Connected connect(const Endpoint& to, const SocketBuffers& buffers = {}) {
    Awaited<Connected> answer;
    bool returned = false;
    here([&] {
      auto then = [&](Connected result) {
        EXPECT_TRUE(returned) << "the answer comes later";
        answer.set(std::move(result));
      };
      transport().connect(to, std::move(then), buffers);
      returned = true;
    });
    return answer.get();
  }

  Result<std::vector<Endpoint>> resolve(const Endpoint& name) {
    Awaited<Result<std::vector<Endpoint>>> answer;
    here([&] {
      transport().resolve(name, [&](auto result) {
        EXPECT_TRUE(loop().on_loop_thread());
        answer.set(std::move(result));
      });
    });
    return answer.get();
  }

  static bool has_ipv6() {
    const FileDescriptor socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto loopback = parse_address({"::1", 0}).value();
    return socket && ::bind(socket.get(), loopback.get(), loopback.length) == 0;
  }
};

TEST_F(TransportTest, connects_and_talks) {
  prepare = [](TestHandler& handler) {
    handler.readable = [&] {
      handler.read_all();
      handler.write(Slice::own(std::exchange(handler.received, {})));
    };
  };
  auto stream = connect(server());
  ASSERT_TRUE(stream) << stream.error();
  EXPECT_EQ((*stream)->peer(), server());
  EXPECT_EQ((*stream)->local().host, "127.0.0.1");
  Awaited<std::string> answer;
  TestHandler client;
  client.stream = std::move(*stream);
  client.readable = [&] {
    client.read_all();
    if (client.received == "question") answer.set(client.received);
  };
  here([&] {
    client.stream->start(client);
    client.write(Slice::own("question"));
  });
  EXPECT_EQ(answer.get(), "question");
  here([&] { client.stream.reset(); });
  hang_up();
}

TEST_F(TransportTest, the_kernel_keeps_no_more_than_the_buffers_that_were_asked_for) {
  constexpr std::int32_t small = 4'096;
  constexpr std::size_t most = std::size_t{64} * 1024;  // the kernel's own least is larger
  constexpr std::size_t much = std::size_t{4} << 20;
  listen({"127.0.0.1", 0}, {.buffers = {.send = small, .receive = small}});
  Awaited<std::size_t> sent_by_server;
  prepare = [&](TestHandler& handler) {
    handler.write(Slice::own(std::string(much, 's')));
    sent_by_server.set(much - handler.stream->queued_bytes());
  };
  auto stream = connect(server(), {.send = small, .receive = small});
  ASSERT_TRUE(stream) << stream.error();
  EXPECT_LT(sent_by_server.get(), most);
  here([&] {
    TestHandler client;
    client.stream = std::move(*stream);
    client.write(Slice::own(std::string(much, 'c')));
    EXPECT_LT(much - client.stream->queued_bytes(), most);
    client.stream.reset();
  });
  hang_up();
}

TEST_F(TransportTest, a_stream_written_to_before_its_start_reports_after_it) {
  auto stream = connect(server());
  ASSERT_TRUE(stream);
  TestHandler client;
  client.stream = std::move(*stream);
  Event drained;
  client.drained = [&] { drained.set({}); };
  here([&] { client.write(Slice::own("early")); });
  here([&] { client.stream->start(client); });
  drained.get();
  here([&] { client.stream.reset(); });
  hang_up();
}

TEST_F(TransportTest, nobody_listening_is_a_refusal) {
  const auto bound = parse_address({"127.0.0.1", 0}).value();
  const FileDescriptor taken(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(taken.get(), bound.get(), bound.length), 0);
  const auto where = local_endpoint(taken.get());
  const auto refused = connect(where);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::connection_refused);
  EXPECT_EQ(refused.error().context().broker, where.to_string());
  hang_up();
}

TEST_F(TransportTest, only_addresses_are_connected_to) {
  for (const char* host : {"localhost", "", "1.2.3.4.5", "::g"}) {
    const auto refused = connect({host, 9092});
    ASSERT_FALSE(refused) << host;
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument) << host;
  }
  hang_up();
}

TEST_F(TransportTest, a_port_in_use_is_refused_by_name) {
  here([&] {
    const auto second = transport().listen(server(), [](auto) {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), ErrorCode::already_in_use);
    EXPECT_EQ(second.error().context().broker, server().to_string());
  });
  hang_up();
}

TEST_F(TransportTest, a_port_is_free_again_at_once) {
  RawPeer peer(server());
  accepted();
  const auto same = server();
  here([&] { drop_all(); });
  EXPECT_EQ(peer.receive_to_the_end(), "");
  listen(same);
  EXPECT_EQ(server(), same);
  hang_up();
}

TEST_F(TransportTest, listens_on_the_first_address_of_a_name) {
  listen({"localhost", 0});
  EXPECT_TRUE(server().host == "127.0.0.1" || server().host == "::1") << server().host;
  here([&] {
    const auto unknown = transport().listen({std::string(300, 'a'), 0}, [](auto) {});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code(), ErrorCode::name_not_resolved);
  });
  hang_up();
}

TEST_F(TransportTest, ipv6_loopback_works) {
  if (!has_ipv6()) {
    EXPECT_FALSE(here([&] { return transport().listen({"::1", 0}, [](auto) {}).has_value(); }));
    return;
  }
  listen({"::1", 0});
  EXPECT_EQ(server().host, "::1");
  auto stream = connect(server());
  ASSERT_TRUE(stream) << stream.error();
  EXPECT_EQ((*stream)->peer(), server());
  here([&] { stream->reset(); });
  hang_up();
}

TEST_F(TransportTest, an_empty_host_takes_both_families_and_shows_ipv4_as_such) {
  listen({"", 0});
  EXPECT_EQ(server().host, "");
  EXPECT_NE(server().port, 0);
  const auto accepted_host = [&](const Endpoint& to, int family) {
    Awaited<std::string> host;
    here([&] {
      prepare = [host](TestHandler& handler) mutable {
        EXPECT_EQ(handler.stream->local().host, handler.stream->peer().host);
        host.set(handler.stream->local().host);
      };
    });
    const RawPeer peer(to, family);
    return host.get();
  };
  EXPECT_EQ(accepted_host({"127.0.0.1", server().port}, AF_INET), "127.0.0.1");
  if (has_ipv6()) {
    EXPECT_EQ(accepted_host({"::1", server().port}, AF_INET6), "::1");
  }
  hang_up();
}

TEST_F(TransportTest, resolves_names_and_addresses) {
  const auto itself = resolve({"192.0.2.7", 9092}).value();
  EXPECT_EQ(itself, (std::vector<Endpoint>{{"192.0.2.7", 9092}}));
  const auto local = resolve({"localhost", 9092}).value();
  ASSERT_FALSE(local.empty());
  for (const auto& each : local) {
    EXPECT_EQ(each.port, 9092);
    EXPECT_TRUE(each.host == "127.0.0.1" || each.host == "::1") << each.host;
  }
  const auto unknown = resolve({std::string(300, 'a'), 9092});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), ErrorCode::name_not_resolved);
  EXPECT_EQ(resolve({"", 1}).error().code(), ErrorCode::name_not_resolved);
  hang_up();
}

TEST_F(TransportTest, a_listener_may_be_destroyed_while_it_accepts) {
  Event done;
  prepare = [&](TestHandler&) {
    stop_listening();
    done.set({});
  };
  RawPeer peer(server());
  done.get();
  const auto refused = connect(server());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::connection_refused);
  hang_up();
}

TEST_F(TransportTest, answers_that_are_not_given_by_the_end_are_dropped) {
  auto kept = std::make_shared<int>(0);
  here([&] {
    for (int i = 0; i < 20; ++i) {
      transport().connect(server(), [kept](Connected) { ++*kept; });
      transport().connect({"no address", 1}, [kept](Connected) { ++*kept; });
      transport().resolve({"localhost", 1}, [kept](auto) { ++*kept; });
    }
    drop_all();
  });
  end_runtime();
  EXPECT_EQ(kept.use_count(), 1);
  restart({});
}

// UBSan opens pipes to look at memory, and takes memory for broken when it cannot.
#ifdef __clang__
#if __has_feature(undefined_behavior_sanitizer)
#define OTTLA_TEST_NEEDS_DESCRIPTORS
#endif
#endif

#ifndef OTTLA_TEST_NEEDS_DESCRIPTORS
// Out of descriptors: the connection waits, the loop does not spin, one line says so.
TEST_F(TransportTest, without_descriptors_connections_wait_until_there_are_some) {
  std::atomic<int> lines{0};
  Event warned;
  RuntimeOptions options;
  options.log = Logger(
      [&](LogLevel, std::string_view room, std::string_view line) {
        EXPECT_EQ(room, "network");
        EXPECT_NE(line.find(server().to_string()), std::string_view::npos) << line;
        if (++lines == 1) warned.set({});
      },
      LogLevel::warn, "test");
  here([&] { drop_all(); });
  restart(options);
  listen({"127.0.0.1", 0});
  RawPeer peer;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const FileDescriptor lowest_free(::dup(peer.get()));
  rlimit none_left = before;
  none_left.rlim_cur = static_cast<rlim_t>(lowest_free.get()) + 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none_left), 0);
  peer.connect(server());
  warned.get();
  // Long enough for it to try again a few times.
  Event later;
  here([&] {
    loop().call_at(loop().now() + std::chrono::milliseconds(350), [&] { later.set({}); });
  });
  later.get();
  EXPECT_EQ(lines, 1);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  accepted();
  peer.send("hello");
  hang_up();
}
#endif

}  // namespace
}  // namespace ottla::base
