#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/endian.h"
#include "base/transport.h"
#include "ottla/bytes.h"

// A broker, asked with raw requests: what is measured is the broker and not a client.
namespace bench {

using ottla::BytesView;

[[noreturn]] inline void fail(const char* program, const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", program, what.c_str());
  std::exit(1);
}

// A blocking connection to a broker on this machine. What fails ends the program.
class Connection {
 public:
  explicit Connection(const std::string& address) {
    const auto endpoint = ottla::base::Endpoint::parse(address);
    if (!endpoint) fail("bench", endpoint.error().to_string());
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(endpoint->port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      fail("bench", "cannot connect");
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(BytesView bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) fail("bench", "the broker hung up");
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // The next frame without its size; valid until the next call.
  BytesView receive() {
    char prefix[4];
    fill(prefix, sizeof prefix);
    const auto size = static_cast<std::size_t>(ottla::base::load_be<std::uint32_t>(prefix));
    if (frame_.size() < size) frame_.resize(size);
    fill(frame_.data(), size);
    return {frame_.data(), size};
  }

 private:
  void fill(char* into, std::size_t size) {
    while (size > 0) {
      const auto got = ::recv(socket_, into, size, MSG_WAITALL);
      if (got <= 0) fail("bench", "the broker hung up");
      into += got;
      size -= static_cast<std::size_t>(got);
    }
  }

  int socket_ = -1;
  std::vector<char> frame_;
};

}  // namespace bench
