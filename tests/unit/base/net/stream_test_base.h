#pragma once

#include <sys/socket.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_descriptor.h"
#include "base/net/socket_address.h"
#include "tests/unit/base/net/runtime_test_base.h"

namespace ottla::base {

// The other end, as plain as a socket can be: blocking calls on the test's thread, which give up
// after half a minute.
class RawPeer {
 public:
  // Leaves the connection to `connect`, so that the descriptor is there before.
  explicit RawPeer(int family = AF_INET)
      : socket_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    ::setsockopt(get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  explicit RawPeer(const Endpoint& to, int family = AF_INET) : RawPeer(family) { connect(to); }

  void connect(const Endpoint& to) {
    const auto address = parse_address(to).value();
    ASSERT_EQ(::connect(get(), address.get(), address.length), 0) << to.to_string();
  }

  // Small windows, so that little of a transfer hides in the kernel. Before `connect`.
  void shrink_receive_buffer() {
    const int size = 16 << 10;
    ::setsockopt(get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      ASSERT_GT(sent, 0);
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // How much the kernel takes without waiting.
  std::size_t send_until_held_back(std::size_t at_most) {
    const std::string bytes(64 << 10, 'x');
    std::size_t total = 0;
    while (total < at_most) {
      const auto sent = ::send(get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0) break;
      total += static_cast<std::size_t>(sent);
    }
    return total;
  }

  std::string receive(std::size_t count) {
    std::string bytes(count, '\0');
    const auto got = ::recv(get(), bytes.data(), count, MSG_WAITALL);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }

  std::string receive_to_the_end() {
    std::string all;
    std::string bytes(64 << 10, '\0');
    for (;;) {
      const auto got = ::recv(get(), bytes.data(), bytes.size(), 0);
      if (got <= 0) return all;
      all.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }

  void close() { socket_ = FileDescriptor(); }

  // Ends with a reset instead of an orderly goodbye.
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }

  int get() const { return socket_.get(); }

 private:
  FileDescriptor socket_;
};

// What the server's end of a connection does; all on the loop's thread.
class TestHandler final : public StreamHandler {
 public:
  std::unique_ptr<Stream> stream;
  std::string received;
  int readable_calls = 0;
  int drained_calls = 0;
  std::function<void()> readable = [this] { read_all(); };
  std::function<void()> drained = [] {};
  std::function<void(const Error&)> closed = [](const Error&) {};

  void read_all() {
    char bytes[4096];
    for (auto n = stream->read(bytes); n > 0; n = stream->read(bytes)) received.append(bytes, n);
  }
  void write(Segment segment) {
    std::vector<Segment> segments;
    segments.push_back(std::move(segment));
    stream->write(std::move(segments));
  }

  void on_readable() override {
    ++readable_calls;
    readable();
  }
  void on_drained() override {
    ++drained_calls;
    drained();
  }
  void on_closed(const Error& error) override { closed(error); }
};

// A listener whose connections get the handlers that `prepare` sets up.
class StreamTest : public RuntimeTest {
 protected:
  StreamTest() { listen({"127.0.0.1", 0}); }
  ~StreamTest() override {
    here([&] { drop_all(); });
  }

  void listen(const Endpoint& at, const ListenOptions& options = {}) {
    here([&] {
      auto take = [this](auto stream) { accept(std::move(stream)); };
      listener_ = transport().listen(at, std::move(take), options).value();
      server_ = listener_->local();
    });
  }

  // The last act of a test: from here on no handler is called, so what they refer to may end.
  void hang_up() {
    here([&] { drop_all(); });
  }

  const Endpoint& server() const { return server_; }
  void stop_listening() { listener_.reset(); }
  void drop_all() {
    listener_.reset();
    handlers_.clear();
  }

  // Called on the loop's thread for each connection before it is started.
  std::function<void(TestHandler&)> prepare = [](TestHandler&) {};

  // The handler of the next connection, once it is accepted.
  TestHandler* accepted() { return accepted_->get(); }

 private:
  void accept(std::unique_ptr<Stream> stream) {
    auto& handler = *handlers_.emplace_back(std::make_unique<TestHandler>());
    handler.stream = std::move(stream);
    prepare(handler);
    if (handler.stream) handler.stream->start(handler);
    if (!accepted_->is_set()) accepted_->set(&handler);
  }

  std::unique_ptr<Listener> listener_;
  Endpoint server_;
  std::vector<std::unique_ptr<TestHandler>> handlers_;
  std::unique_ptr<Awaited<TestHandler*>> accepted_ = std::make_unique<Awaited<TestHandler*>>();
};

}  // namespace ottla::base
