#include "tests/integration/raw_client.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/endian.h"
#include "base/transport.h"

namespace ottla::integration {

RawClient::RawClient(const std::string& address) {
  const auto endpoint = base::Endpoint::parse(address);
  if (!endpoint) return;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const auto port = std::to_string(endpoint->port);
  if (getaddrinfo(endpoint->host.c_str(), port.c_str(), &hints, &found) != 0) return;
  socket_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{.tv_sec = 30, .tv_usec = 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(socket_, found->ai_addr, found->ai_addrlen) != 0) {
    ::close(socket_);
    socket_ = -1;
  }
  freeaddrinfo(found);
}

RawClient::~RawClient() {
  if (socket_ >= 0) ::close(socket_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::finish_sending() {
  ::shutdown(socket_, SHUT_WR);
}

std::string RawClient::receive(std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const auto got = ::recv(socket_, bytes.data() + filled, size - filled, 0);
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

std::string RawClient::receive_frame() {
  const auto prefix = receive(4);
  if (prefix.size() < 4) return {};
  return receive(static_cast<std::size_t>(base::load_be<std::int32_t>(prefix.data())));
}

bool RawClient::closed_by_peer() {
  char byte = 0;
  while (true) {
    const auto got = ::recv(socket_, &byte, 1, 0);
    if (got == 0) return true;
    if (got < 0) return errno == ECONNRESET || errno == EPIPE;
  }
}

std::string framed(std::string_view body) {
  std::string bytes(4, '\0');
  base::store_be(bytes.data(), static_cast<std::int32_t>(body.size()));
  bytes += body;
  return bytes;
}

}  // namespace ottla::integration
