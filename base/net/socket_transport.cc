#include "base/net/socket_transport.h"

#include <sys/socket.h>

#include <optional>

#include "base/net/socket_address.h"
#include "base/net/socket_listener.h"
#include "base/net/socket_stream.h"

namespace ottla::base {
namespace {

// However the attempt failed, no connection could be made; only what lies in this process (no
// descriptors, no memory) keeps its own code.
Error connect_error(int number, const Endpoint& to) {
  const auto error = socket_error(number, "connect", to);
  if (error.code() == ErrorCode::io_error) return error;
  return Error(ErrorCode::connection_refused, error.message(), error.context());
}

}  // namespace

// One attempt to connect. The transport owns it until its answer.
class SocketTransport::Connecting final : public SocketEvents,
                                          public std::enable_shared_from_this<Connecting> {
 public:
  Connecting(SocketTransport& transport, Endpoint to, OnConnect on_connect,
             const SocketBuffers& buffers)
      : transport_(transport),
        to_(std::move(to)),
        on_connect_(std::move(on_connect)),
        buffers_(buffers) {}

  void begin() {
    early_error_ = try_begin();
    if (!early_error_) return;
    transport_.loop_.post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->finish();
    });
  }

  void on_socket_readable() override {}
  void on_socket_writable() override { finish(); }

 private:
  std::optional<Error> try_begin() {
    const auto address = parse_address(to_);
    if (!address) return address.error();
    auto socket = open_socket(address->family());
    if (!socket) return connect_error(errno, to_);
    set_buffers(socket.get(), buffers_);
    // An interrupted connect goes on by itself.
    if (::connect(socket.get(), address->get(), address->length) != 0 && errno != EINPROGRESS &&
        errno != EINTR) {
      return connect_error(errno, to_);
    }
    auto watched = transport_.loop_.watch(std::move(socket), *this);
    if (!watched) return watched.error();
    socket_ = std::move(*watched);
    socket_->await_writable();
    return std::nullopt;
  }

  Result<std::unique_ptr<Stream>> outcome() {
    if (early_error_) return *early_error_;
    int number = 0;
    socklen_t size = sizeof number;
    ::getsockopt(socket_->descriptor(), SOL_SOCKET, SO_ERROR, &number, &size);
    if (number != 0) return connect_error(number, to_);
    // An attempt at a local port nobody listens at can, by chance, meet itself.
    if (local_endpoint(socket_->descriptor()) == peer_endpoint(socket_->descriptor())) {
      return connect_error(ECONNREFUSED, to_);
    }
    return make_socket_stream(transport_.loop_, socket_->release());
  }

  void finish() {
    const auto self = shared_from_this();
    auto result = outcome();
    transport_.connecting_.erase(self);
    on_connect_(std::move(result));
  }

  SocketTransport& transport_;
  const Endpoint to_;
  OnConnect on_connect_;
  const SocketBuffers buffers_;
  std::optional<Error> early_error_;
  std::unique_ptr<WatchedSocket> socket_;
};

SocketTransport::SocketTransport(AsioLoop& loop, WorkerPool& resolvers, Logger log)
    : loop_(loop), resolvers_(resolvers), log_(std::move(log)) {}

SocketTransport::~SocketTransport() = default;

Result<std::unique_ptr<Listener>> SocketTransport::listen(const Endpoint& at, OnAccept on_accept,
                                                          const ListenOptions& options) {
  return make_socket_listener(loop_, at, std::move(on_accept), options, log_);
}

void SocketTransport::connect(const Endpoint& address, OnConnect on_connect,
                              const SocketBuffers& buffers) {
  const auto attempt = std::make_shared<Connecting>(*this, address, std::move(on_connect), buffers);
  connecting_.insert(attempt);
  attempt->begin();
}

void SocketTransport::resolve(const Endpoint& name, OnResolve on_resolve) {
  if (parse_address(name)) {
    loop_.post([answer = std::move(on_resolve), name]() mutable { answer(std::vector{name}); });
    return;
  }
  resolvers_.add([&loop = loop_, answer = std::move(on_resolve), name]() mutable {
    auto found = look_up(name);
    Result<std::vector<Endpoint>> result = std::vector<Endpoint>();
    if (found) {
      for (const auto& address : *found) result->push_back(address.endpoint());
    } else {
      result = std::move(found).error();
    }
    loop.post([then = std::move(answer), result = std::move(result)]() mutable {
      then(std::move(result));
    });
  });
}

}  // namespace ottla::base
