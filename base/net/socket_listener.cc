#include "base/net/socket_listener.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/net/socket_address.h"
#include "base/net/socket_stream.h"
#include "base/system_message.h"

namespace ottla::base {
namespace {

// What one turn may accept: who is served already waits for no more than these.
constexpr int kAcceptsPerTurn = 8;
constexpr auto kPauseWhenExhausted = std::chrono::milliseconds(100);

// The listening socket. Shared with the event that is running, so that the user may destroy the
// listener from within `on_accept`.
class Acceptor final : public SocketEvents, public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(AsioLoop& loop, Endpoint local, Transport::OnAccept on_accept, const Logger& log)
      : loop_(loop), local_(std::move(local)), on_accept_(std::move(on_accept)), log_(log) {}

  Result<void> open(FileDescriptor socket) {
    auto watched = loop_.watch(std::move(socket), *this);
    if (!watched) return watched.error();
    socket_ = std::move(*watched);
    socket_->await_readable();
    return {};
  }

  void detach() {
    socket_.reset();
    loop_.cancel(retry_);
  }

  const Endpoint& local() const { return local_; }

  void on_socket_readable() override {
    const auto self = shared_from_this();
    for (int i = 0; i < kAcceptsPerTurn && socket_ != nullptr; ++i) {
      FileDescriptor accepted(uninterrupted([&] {
        return ::accept4(socket_->descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      }));
      if (accepted) {
        deliver(std::move(accepted));
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        break;
      } else if (is_exhausted(errno)) {
        return try_later(errno);
      }
      // Otherwise that one connection broke before it was accepted.
    }
    if (socket_ != nullptr) socket_->await_readable();
  }

  void on_socket_writable() override {}

 private:
  static bool is_exhausted(int number) {
    return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
  }

  void deliver(FileDescriptor accepted) {
    exhausted_ = false;
    auto stream = make_socket_stream(loop_, std::move(accepted));
    if (stream) {
      on_accept_(std::move(*stream));
    } else {
      log_.warn("a connection to " + local_.to_string() +
                " was dropped: " + stream.error().to_string());
    }
  }

  // The socket stays readable: to wait for it would be to spin.
  void try_later(int number) {
    if (!exhausted_) {
      log_.warn("cannot accept connections at " + local_.to_string() + ": " +
                system_message(number) + "; new ones wait until there is room");
    }
    exhausted_ = true;
    retry_ = loop_.call_at(loop_.now() + kPauseWhenExhausted, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->on_socket_readable();
    });
  }

  AsioLoop& loop_;
  const Endpoint local_;
  Transport::OnAccept on_accept_;
  const Logger log_;
  std::unique_ptr<WatchedSocket> socket_;
  TimerId retry_ = TimerId::none;
  bool exhausted_ = false;
};

class SocketListener final : public Listener {
 public:
  explicit SocketListener(std::shared_ptr<Acceptor> acceptor) : acceptor_(std::move(acceptor)) {}
  ~SocketListener() override { acceptor_->detach(); }
  const Endpoint& local() const override { return acceptor_->local(); }

 private:
  const std::shared_ptr<Acceptor> acceptor_;
};

SocketAddress every_address(int family, std::uint16_t port) {
  SocketAddress address;
  if (family == AF_INET6) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    v6.sin6_addr = in6addr_any;
    address.length = sizeof v6;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(INADDR_ANY);
    address.length = sizeof v4;
  }
  return address;
}

// Where to try to listen, best first.
Result<std::vector<SocketAddress>> candidates(const Endpoint& at) {
  if (at.host.empty()) {
    return std::vector{every_address(AF_INET6, at.port), every_address(AF_INET, at.port)};
  }
  auto found = look_up(at);
  if (!found) return found;
  std::stable_sort(found->begin(), found->end(), [](const auto& a, const auto& b) {
    return a.family() == AF_INET && b.family() != AF_INET;
  });
  return found;
}

// A listening socket, or an empty one with errno.
FileDescriptor listen_at(const SocketAddress& address, const ListenOptions& options) {
  auto socket = open_socket(address.family());
  if (!socket) return socket;
  const int on = 1;
  const int off = 0;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.family() == AF_INET6) {
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  // Accepted sockets have the same.
  set_buffers(socket.get(), options.buffers);
  if (::bind(socket.get(), address.get(), address.length) == 0 &&
      ::listen(socket.get(), options.backlog) == 0) {
    return socket;
  }
  const int number = errno;
  socket = FileDescriptor();
  errno = number;
  return socket;
}

bool lacks_family(int number) {
  return number == EAFNOSUPPORT || number == EADDRNOTAVAIL || number == EPROTONOSUPPORT;
}

}  // namespace

Result<std::unique_ptr<Listener>> make_socket_listener(AsioLoop& loop, const Endpoint& at,
                                                       Transport::OnAccept on_accept,
                                                       const ListenOptions& options,
                                                       const Logger& log) {
  const auto addresses = candidates(at);
  if (!addresses) return addresses.error();
  FileDescriptor socket;
  int number = EADDRNOTAVAIL;
  for (const auto& address : *addresses) {
    socket = listen_at(address, options);
    if (socket) break;
    number = errno;
    if (!lacks_family(number)) break;
  }
  if (!socket) return socket_error(number, "listen", at);
  Endpoint local = local_endpoint(socket.get());
  if (at.host.empty()) local.host.clear();
  auto acceptor = std::make_shared<Acceptor>(loop, std::move(local), std::move(on_accept), log);
  if (auto opened = acceptor->open(std::move(socket)); !opened) return opened.error();
  return std::unique_ptr<Listener>(std::make_unique<SocketListener>(std::move(acceptor)));
}

}  // namespace ottla::base
