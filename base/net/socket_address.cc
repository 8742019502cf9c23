#include "base/net/socket_address.h"
#include "base/system_message.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <cstring>
#include <memory>

namespace ottla::base {
namespace {

constexpr std::string_view kMappedPrefix = "::ffff:";

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

// The answer of the system's resolver, or its own error number.
int resolve(const Endpoint& name, int flags, std::vector<SocketAddress>& into) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const auto port = std::to_string(name.port);
  const int problem = ::getaddrinfo(name.host.c_str(), port.c_str(), &hints, &found);
  if (problem != 0) return problem;
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  for (const auto* each = found; each != nullptr; each = each->ai_next) {
    if (each->ai_family != AF_INET && each->ai_family != AF_INET6) continue;
    auto& address = into.emplace_back();
    std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
    address.length = each->ai_addrlen;
  }
  return into.empty() ? EAI_NONAME : 0;
}

template <class Ask>
Endpoint ask_endpoint(Ask ask) {
  SocketAddress address;
  if (ask(address) != 0) return {};
  return address.endpoint();
}

}  // namespace

Endpoint SocketAddress::endpoint() const {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(get(), length, host.data(), host.size(), port.data(), port.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {};
  }
  std::string_view text = host.data();
  const bool mapped = text.starts_with(kMappedPrefix) && text.find('.') != std::string_view::npos;
  if (mapped) text.remove_prefix(kMappedPrefix.size());
  return {std::string(text), static_cast<std::uint16_t>(std::strtoul(port.data(), nullptr, 10))};
}

Result<SocketAddress> parse_address(const Endpoint& address) {
  std::vector<SocketAddress> found;
  if (!address.host.empty() && resolve(address, AI_NUMERICHOST, found) == 0) return found.front();
  return Error(ErrorCode::invalid_argument,
               "'" + address.host + "' is not an address; resolve names before connecting",
               {.broker = address.to_string()});
}

Result<std::vector<SocketAddress>> look_up(const Endpoint& name) {
  std::vector<SocketAddress> found;
  const int problem = name.host.empty() ? EAI_NONAME : resolve(name, 0, found);
  if (problem == 0) return found;
  const std::string why =
      problem == EAI_SYSTEM ? system_message(errno) : std::string(::gai_strerror(problem));
  return Error(ErrorCode::name_not_resolved, "host '" + name.host + "': " + why,
               {.broker = name.to_string()});
}

Endpoint local_endpoint(int socket) {
  return ask_endpoint(
      [&](SocketAddress& into) { return ::getsockname(socket, into.get(), &into.length); });
}

Endpoint peer_endpoint(int socket) {
  return ask_endpoint(
      [&](SocketAddress& into) { return ::getpeername(socket, into.get(), &into.length); });
}

FileDescriptor open_socket(int family) {
  return FileDescriptor(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

void set_stream_options(int socket) {
  // A socket that refuses these still carries bytes.
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

void set_buffers(int socket, const SocketBuffers& buffers) {
  // A size that the kernel refuses leaves the one it has.
  const auto set = [&](int which, std::int32_t size) {
    if (size >= 0) ::setsockopt(socket, SOL_SOCKET, which, &size, sizeof size);
  };
  set(SO_SNDBUF, buffers.send);
  set(SO_RCVBUF, buffers.receive);
}

Error socket_error(int number, std::string_view action, const Endpoint& where) {
  auto code = ErrorCode::io_error;
  switch (number) {
    case EADDRINUSE:
      code = ErrorCode::already_in_use;
      break;
    case ECONNREFUSED:
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
      code = ErrorCode::connection_refused;
      break;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case ETIMEDOUT:
    case ENOTCONN:
      code = ErrorCode::connection_closed;
      break;
    default:
      break;
  }
  return Error(code, std::string(action) + ": " + system_message(number),
               {.broker = where.to_string()});
}

}  // namespace ottla::base
